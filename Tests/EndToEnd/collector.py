"""A collector of traces, and a provider of embeddings that keeps what it was told of them."""

import http.server
import json
import threading
import time
import zlib

from process import until


class Receiver:
    """An HTTP server on a port of its own, in a thread."""

    def __init__(self, answer):
        outer = self
        self.requests: list[tuple[str, dict, bytes]] = []
        # When each of them had come, in nanoseconds.
        self.arrivals: list[int] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.reply(404, b"{}")

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.arrivals.append(time.time_ns())
                outer.requests.append((self.path, headers, body))
                self.reply(*answer(self.path, body))

            def reply(self, status, reply):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Collector(Receiver):
    """Takes spans, and tells of each by what it is called and what it belongs below."""

    def __init__(self, status: int = 200):
        self.status = status
        super().__init__(lambda path, body: (self.status, b"{}"))

    @property
    def messages(self) -> list[list[dict]]:
        """The spans of each message."""
        return [spans_of(body) for _, _, body in list(self.requests)]

    @property
    def spans(self) -> list[dict]:
        return [span for message in self.messages for span in message]

    def trace(self, trace: str, *names: str, seconds: float = 20) -> list[dict]:
        """The spans of a trace, once those of these names are among them."""

        def complete():
            spans = [span for span in self.spans if span["traceId"] == trace]
            return spans if {*names} <= {span["name"] for span in spans} else None

        try:
            return until(complete, seconds)
        except TimeoutError:
            spans = [(s["service"], s["name"]) for s in self.spans if s["traceId"] == trace]
            raise AssertionError(f"{names} are not all among {spans}") from None


def spans_of(body: bytes) -> list[dict]:
    found = []
    for resource in json.loads(body)["resourceSpans"]:
        service = attributes(resource["resource"])["service.name"]
        for scope in resource["scopeSpans"]:
            found += [{"service": service, **span} for span in scope["spans"]]
    return found


def attributes(of: dict) -> dict:
    """What is said of a span or a resource."""
    found = {}
    for entry in of.get("attributes", []):
        ((kind, value),) = entry["value"].items()
        found[entry["key"]] = int(value) if kind == "intValue" else value
    return found


def embeddings(size: int = 8) -> Receiver:
    """A provider in OpenAI's manner, whose vectors are the hashes of words."""

    def answer(path, body):
        data = []
        for index, text in enumerate(json.loads(body)["input"]):
            vector = [0.01] * size
            for word in text.lower().split():
                vector[zlib.crc32(word.strip(".,?").encode()) % size] += 1.0
            data.append({"index": index, "embedding": vector})
        return 200, json.dumps({"data": data}).encode()

    return Receiver(answer)
