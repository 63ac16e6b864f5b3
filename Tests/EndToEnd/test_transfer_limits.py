"""The bounds of what moves points: what it sends at once, what it reads, how often it tries."""

import http.client
import http.server
import json
import threading

import pytest
from transfers import run, write_lines

UPLOADS = "/points?wait=true"


class Between:
    """Passes requests on to a server, keeps the uploads, and answers itself what it is told to."""

    def __init__(self, service):
        self.uploads = []
        self.answer = lambda method, path: None
        between = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Says nothing."""

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.command == "PUT" and self.path.split("?")[0].endswith("/points"):
                    between.uploads.append(body)
                if own := between.answer(self.command, self.path):
                    status, headers = own
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.close_connection = True
                    return
                connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
                headers = {"content-type": "application/json"}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                self.send_response(answer.status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = pass_on

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def between(server, wire):
    between = Between(server)
    yield between
    between.stop()
    wire.send("DELETE", "/collections/bounded")


def load(between, file, code: int = 0) -> str:
    options = ("--collection", "bounded", "--url", between.url, "--distance", "Dot")
    return run("import", file, *options, code=code)[1]


def points(count: int, text: str = ""):
    return ({"id": n, "vector": [1.0, 2.0], "payload": {"t": text}} for n in range(count))


def test_points_of_an_upload(between, tmp_path):
    """As many as `uploadPoints` says."""
    load(between, write_lines(tmp_path / "many.jsonl", points(600)))
    assert [len(json.loads(body)["points"]) for body in between.uploads] == [256, 256, 88]


def test_bytes_of_an_upload(between, tmp_path):
    """It ends with the point that passes `uploadBytes`."""
    load(between, write_lines(tmp_path / "large.jsonl", points(20, "x" * (1 << 20))))
    assert [len(json.loads(body)["points"]) for body in between.uploads] == [8, 8, 4]
    assert max(map(len, between.uploads)) < (9 << 20) + 1000


@pytest.mark.parametrize("extra, is_read", [(0, True), (2 << 20, False)])
def test_bytes_of_a_line(between, tmp_path, extra, is_read):
    """Up to `lineBytes`."""
    line = b'{"id": 1, "vector": [1.0, 2.0], "payload": {}}'
    file = tmp_path / "long.jsonl"
    file.write_bytes(line + b" " * ((32 << 20) - len(line) + extra) + b"\n")
    told = load(between, file, code=0 if is_read else 1)
    assert is_read or "has more than" in told, told


@pytest.mark.parametrize("extra, reason", [(0, "not a checkpoint"), (2 << 20, "has more than")])
def test_bytes_of_what_is_remembered(between, tmp_path, extra, reason):
    """Up to `Checkpoint.bytesMax`."""
    file = write_lines(tmp_path / "few.jsonl", points(3))
    (tmp_path / "few.jsonl.import").write_bytes(b" " * ((16 << 20) + extra) + b"\n")
    assert reason in load(between, file, code=1)


def test_bytes_of_an_answer(between, tmp_path):
    """Up to `answerBytes`."""
    between.answer = lambda method, path: (200, {"content-length": str((128 << 20) + 1)})
    told = load(between, write_lines(tmp_path / "few.jsonl", points(3)), code=1)
    assert "the answer is too large" in told, told


def test_attempts(between, tmp_path):
    """As many `attempts` as are made."""
    asked = []

    def answer(method, path):
        if method == "PUT" and "/points" in path:
            asked.append(path)
            return 503, {"content-length": "0", "retry-after": "0"}
        return None

    between.answer = answer
    told = load(between, write_lines(tmp_path / "few.jsonl", points(3)), code=1)
    assert len(asked) == 24
    assert "503" in told
