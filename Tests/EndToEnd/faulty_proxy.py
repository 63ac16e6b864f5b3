"""A proxy before an object store that loses, delays and refuses what a test tells it to."""

import http.client
import http.server
import threading
import time

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


class FaultyProxy:
    """Passes requests on; `fault` says of each write of a log's segment what goes wrong with it.

    It is given the number of the write and gives `lost` (it never arrives), `reply` (the store
    carries it out and the answer is lost), `twice` (the store is asked twice, and the second answer
    arrives), `503`, a number of seconds that it waits, or None.
    """

    def __init__(self, target: str, address: tuple[str, int] = ("127.0.0.1", 0)):
        self.fault = lambda number: None
        self.writes = 0
        self.lock = threading.Lock()
        host = target.removeprefix("http://")
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                """Says nothing."""

            def hang_up(self):
                self.close_connection = True
                self.connection.close()

            def carry_out(self, body: bytes):
                connection = http.client.HTTPConnection(host, timeout=60)
                try:
                    # The signature is over the name that the client knows.
                    connection.putrequest(
                        self.command, self.path, skip_host=True, skip_accept_encoding=True
                    )
                    for name, value in self.headers.items():
                        if name.lower() not in HOP_BY_HOP:
                            connection.putheader(name, value)
                    connection.endheaders(body)
                    answer = connection.getresponse()
                    return answer, answer.read()
                finally:
                    connection.close()

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                fault = proxy.chosen(self.command, self.path)
                if fault == "lost":
                    return self.hang_up()
                if fault == "503":
                    self.send_response(503)
                    self.send_header("content-length", "0")
                    return self.end_headers()
                if isinstance(fault, int | float):
                    time.sleep(fault)
                try:
                    if fault == "twice":
                        self.carry_out(body)
                    answer, content = self.carry_out(body)
                except (OSError, http.client.HTTPException):
                    return self.hang_up()
                if fault == "reply":
                    return self.hang_up()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP_BY_HOP | {"content-length", "date", "server"}:
                        self.send_header(name, value)
                length = answer.getheader("content-length") or str(len(content))
                self.send_header("content-length", length)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = pass_on

        self.server = http.server.ThreadingHTTPServer(address, Handler)
        self.endpoint = f"http://{address[0]}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def chosen(self, method: str, path: str):
        """What goes wrong with a request."""
        if method != "PUT" or "/log/" not in path:
            return None
        with self.lock:
            self.writes += 1
            number = self.writes
        return self.fault(number)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
