"""What a request costs the server beyond its search, driven by wrk; see scripts/bench."""

import argparse
import concurrent.futures
import contextlib
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading

from engines import JSON, PlainQuiver, Quiver, send
from measure import Stopwatch

POINT = b'{"points": [{"id": 1, "vector": [0.5, 0.25, 0.125, 0.75]}]}'
QUERY = '{"query": [0.5, 0.25, 0.125, 0.75], "limit": 1}'

# The clients of the mixed load, their bodies and the answers that they read.
HEAVY_CLIENTS, BODY_BYTES, ANSWER_POINTS, DIMENSION = 8, 30_000_000, 1000, 1536


def posting_script(body: str) -> str:
    """A script that has wrk post this."""
    return (
        'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        f"wrk.body = '{body}'\n"
    )


def under_wrk(server: Quiver, path: str, script, connections: int, seconds: int):
    """What wrk prints about a path that it asks for all the time, the number of requests among it,
    and a watch that began with them."""
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--latency"]
    command += ["--script", str(script)] if script else []
    url = f"http://127.0.0.1:{server.port}{path}"
    subprocess.run([*command, "--duration", "1", url], check=True, stdout=subprocess.DEVNULL)
    watch = Stopwatch(server.processes())
    run = subprocess.run(
        [*command, "--duration", str(seconds), url], check=True, capture_output=True, text=True
    )
    if "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        sys.exit(run.stdout)
    return run.stdout, int(re.search(r"(\d+) requests in", run.stdout)[1]), watch


def drive(server: Quiver, path: str, script, options, connections=None) -> dict:
    printed, requests, watch = under_wrk(
        server, path, script, connections or options.connections, options.seconds
    )
    cpu, seconds = watch.cpu_seconds(), watch.seconds()
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", printed)
    scale = {"us": 1e-3, "ms": 1.0, "s": 1e3}[tail[2]]
    return {
        "requests": requests,
        "requests_per_second": round(requests / seconds),
        "cpu_us_per_request": round(cpu / requests * 1e6, 1),
        "p99_ms": round(float(tail[1]) * scale, 2),
    }


def heavy_body() -> bytes:
    """An upsert of a little less than 30 MB."""
    draw = random.Random(7)
    vector = "[" + ",".join(f"{draw.uniform(-1, 1):.7f}" for _ in range(DIMENSION)) + "]"
    count = BODY_BYTES // (len(vector) + 30)
    points = (f'{{"id":{i},"vector":{vector}}}' for i in range(count))
    return ('{"points":[' + ",".join(points) + "]}").encode()


@contextlib.contextmanager
def heavy_load(server: Quiver):
    """Clients that, without a pause, send large bodies and read large answers, in turn."""
    body, stopping = heavy_body(), threading.Event()
    wanted = json.dumps({"limit": ANSWER_POINTS, "with_vector": True}).encode()
    requests = [0]

    def work() -> None:
        connection = server.connect()
        while not stopping.is_set():
            connection.request("PUT", "/collections/heavy/points?wait=true", body, JSON)
            if connection.getresponse().read() and not stopping.is_set():
                send(connection, "POST", "/collections/heavy/points/scroll", wanted)
            requests[0] += 2

    vectors = {"vectors": {"size": DIMENSION, "distance": "Cosine"}}
    connection = server.connect()
    send(connection, "PUT", "/collections/heavy", json.dumps(vectors).encode())
    connection.request("PUT", "/collections/heavy/points?wait=true", body, JSON)
    connection.getresponse().read()
    threads = [threading.Thread(target=work) for _ in range(HEAVY_CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield requests
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def measure_mixed(server: Quiver, idle: Quiver, options) -> dict:
    """How long a probe waits while others move as much as the server lets them, and how long one of
    a server that does nothing else waits at the same time: the machine has its clients to run."""
    with heavy_load(server) as requests, concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = []
        for _ in range(options.repeats):
            both = [
                pool.submit(drive, one, "/healthz", None, options, 1) for one in (server, idle)
            ]
            runs.append([probe.result()["p99_ms"] for probe in both])
    p99, control = min(runs)
    return {"p99_ms": p99, "idle_p99_ms": control, "heavy_requests": requests[0]}


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
        script.write_text(posting_script(QUERY))
        server, idle = PlainQuiver(folder / "server"), PlainQuiver(folder / "idle")
        try:
            server.start()
            idle.start()
            connection = server.connect()
            vectors = {"vectors": {"size": 4, "distance": "Cosine"}}
            send(connection, "PUT", "/collections/one", json.dumps(vectors).encode())
            send(connection, "PUT", "/collections/one/points?wait=true", POINT)
            for what, path, posting in (
                ("GET /healthz", "/healthz", None),
                ("query over one point", "/collections/one/points/query", script),
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
            mixed = measure_mixed(server, idle, options)
            if options.json:
                print(json.dumps({"what": "GET /healthz beside a mixed load", **mixed}))
            else:
                print(
                    f"GET /healthz beside {HEAVY_CLIENTS} clients that send 30 MB and read "
                    f"{ANSWER_POINTS} x {DIMENSION}-d: p99 {mixed['p99_ms']} ms, "
                    f"beside {mixed['idle_p99_ms']} ms of an idle server at the same time; "
                    f"{mixed['heavy_requests']} of their requests"
                )
        finally:
            server.stop()
            idle.stop()


if __name__ == "__main__":
    main()
