"""What a request costs the server beyond its search, driven by wrk; see scripts/bench."""

import argparse
import http.client
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from engines import Quiver
from measure import Stopwatch

JSON = {"Content-Type": "application/json"}
POINT = {"points": [{"id": 1, "vector": [0.5, 0.25, 0.125, 0.75]}]}
POSTING = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"query": [0.5, 0.25, 0.125, 0.75], "limit": 1}'
"""


class Server(Quiver):
    """The server, reached without a client library."""

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ping(self, connection) -> None:
        send(connection, "GET", "/readyz")


def send(connection, method: str, path: str, body=None) -> None:
    connection.request(method, path, json.dumps(body) if body else None, JSON)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")


def drive(server: Server, path: str, script: str | None, options) -> dict:
    command = ["wrk", "--threads", "1", "--connections", str(options.connections), "--latency"]
    command += ["--script", script] if script else []
    url = f"http://127.0.0.1:{server.port}{path}"
    subprocess.run([*command, "--duration", "1", url], check=True, stdout=subprocess.DEVNULL)
    watch = Stopwatch(server.processes())
    run = subprocess.run(
        [*command, "--duration", str(options.seconds), url],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    cpu, seconds = watch.cpu_seconds(), watch.seconds()
    if "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        sys.exit(run.stdout)
    requests = int(re.search(r"(\d+) requests in", run.stdout)[1])
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", run.stdout)
    scale = {"us": 1e-3, "ms": 1.0, "s": 1e3}[tail[2]]
    return {
        "requests": requests,
        "requests_per_second": round(requests / seconds),
        "cpu_us_per_request": round(cpu / requests * 1e6, 1),
        "p99_ms": round(float(tail[1]) * scale, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench http")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quiver-bench-") as scratch:
        folder = pathlib.Path(scratch)
        script = folder / "query.lua"
        script.write_text(POSTING)
        server = Server(folder / "server")
        server.start()
        try:
            connection = server.connect()
            vectors = {"vectors": {"size": 4, "distance": "Cosine"}}
            send(connection, "PUT", "/collections/one", vectors)
            send(connection, "PUT", "/collections/one/points?wait=true", POINT)
            for what, path, posting in (
                ("GET /healthz", "/healthz", None),
                ("query over one point", "/collections/one/points/query", str(script)),
            ):
                runs = [drive(server, path, posting, options) for _ in range(options.repeats)]
                best = min(runs, key=lambda run: run["cpu_us_per_request"])
                row = {"what": what, "connections": options.connections, **best}
                if options.json:
                    print(json.dumps(row), flush=True)
                else:
                    print(
                        f"{what:<22} {options.connections} connections: "
                        f"{row['cpu_us_per_request']:.1f} µs of server CPU a request, "
                        f"{row['requests_per_second']} a second, p99 {row['p99_ms']} ms",
                        flush=True,
                    )
        finally:
            server.stop()


if __name__ == "__main__":
    main()
