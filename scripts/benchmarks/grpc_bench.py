"""What queries and durable writes cost the server over gRPC and over REST; see scripts/bench."""

import argparse
import http.client
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import grpc
import numpy as np
from engines import ROOT, Quiver, free_port, send
from http_bench import posting_script, under_wrk
from measure import Stopwatch
from qdrant_client import grpc as messages

DIMENSION = 384
NAME = "points"


class Server(Quiver):
    """The server, on both of its ports."""

    def __init__(self, folder: pathlib.Path):
        super().__init__(folder)
        self.grpc_port = free_port()

    def environment(self):
        return {**super().environment(), "QUIVER__SERVICE__GRPC_PORT": str(self.grpc_port)}


def framed(message) -> bytes:
    body = message.SerializeToString()
    return b"\0" + struct.pack(">I", len(body)) + body


def dense(values) -> "messages.DenseVector":
    return messages.DenseVector(data=values.tolist())


def load(seconds: float, watch: Stopwatch, requests: int) -> dict:
    return {
        "requests": requests,
        "requests_per_second": round(requests / seconds),
        "cpu_us_per_request": round(watch.cpu_seconds() / requests * 1e6, 1),
    }


def by_h2load(server: Server, folder: pathlib.Path, name: str, query, options) -> dict:
    body = folder / "query.bin"
    body.write_bytes(
        framed(
            messages.QueryPoints(
                collection_name=name, limit=10,
                query=messages.Query(nearest=messages.VectorInput(dense=dense(query))),
            )
        )
    )  # fmt: skip
    command = [
        "h2load", "--threads", "1", "--clients", str(options.connections),
        "--max-concurrent-streams", "1", "--data", str(body),
        "--header", "content-type: application/grpc", "--header", "te: trailers",
        f"http://127.0.0.1:{server.grpc_port}/qdrant.Points/Query",
    ]  # fmt: skip
    subprocess.run([*command, "--duration", "1"], check=True, stdout=subprocess.DEVNULL)
    watch = Stopwatch(server.processes())
    run = subprocess.run(
        [*command, "--duration", str(options.seconds)], check=True, capture_output=True, text=True
    )
    found = re.search(r"requests: (\d+) total.*?(\d+) succeeded, (\d+) failed", run.stdout)
    if not found or int(found[3]):
        sys.exit(run.stdout)
    return load(watch.seconds(), watch, int(found[2]))


def by_wrk(server: Server, folder: pathlib.Path, name: str, query, options) -> dict:
    script = folder / "query.lua"
    script.write_text(posting_script(json.dumps({"query": query.tolist(), "limit": 10})))
    path = f"/collections/{name}/points/query"
    _, requests, watch = under_wrk(server, path, script, options.connections, options.seconds)
    return load(watch.seconds(), watch, requests)


def writes(server: Server, send, bodies: list[bytes], points: int) -> dict:
    watch = Stopwatch(server.processes())
    for body in bodies:
        send(body)
    return {
        "requests": len(bodies),
        "points_per_second": round(points / watch.seconds()),
        "cpu_us_per_point": round(watch.cpu_seconds() / points * 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench grpc")
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = np.random.default_rng(1).standard_normal((options.points, DIMENSION), np.float32)
    with tempfile.TemporaryDirectory(prefix="quiver-bench-") as scratch:
        folder = pathlib.Path(scratch)
        server = Server(folder / "server")
        server.start()
        try:
            report = measure(server, rows, folder, options)
        finally:
            server.stop()
        speed = decoding(folder, rows)
    for what, over_grpc, over_rest, unit in report:
        ratio = round(over_grpc[unit] / over_rest[unit], 2)
        row = {"what": what, "grpc": over_grpc, "rest": over_rest, "ratio": ratio}
        if options.json:
            print(json.dumps(row), flush=True)
        else:
            print(
                f"{what:<30} gRPC {over_grpc[unit]} µs of server CPU, REST {over_rest[unit]}: "
                f"{ratio}",
                flush=True,
            )
    what = "vectors off the wire"
    if options.json:
        print(json.dumps({"what": what, **speed}), flush=True)
    else:
        print(f"{what:<30} {speed['gigabytes_per_second']:.2f} GB/s on one thread", flush=True)


def measure(server, rows, folder, options) -> list:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)

    def put(path: str, text: bytes) -> None:
        send(connection, "PUT", path, text)

    vectors = {"vectors": {"size": DIMENSION, "distance": "Cosine"}}
    best = {}
    options_of_channel = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(
        f"127.0.0.1:{server.grpc_port}", options=options_of_channel
    ) as channel:
        upsert = channel.unary_unary("/qdrant.Points/Upsert", bytes, bytes)
        for run in range(options.repeats):
            for transport in ("grpc", "rest"):
                name = f"{NAME}-{run}-{transport}"
                put(f"/collections/{name}", json.dumps(vectors).encode())
                if transport == "grpc":
                    bodies = [grpc_batch(name, rows, first) for first in batches(rows)]
                    outcome = writes(server, upsert, bodies, len(rows))
                else:
                    path = f"/collections/{name}/points?wait=true"
                    bodies = [rest_batch(rows, first) for first in batches(rows)]
                    outcome = writes(server, lambda b, p=path: put(p, b), bodies, len(rows))
                keep(best, ("write", transport), outcome, "cpu_us_per_point")
                connection.request("DELETE", f"/collections/{name}")
                connection.getresponse().read()
        for name, some in ((NAME, rows), (f"{NAME}-one", rows[:1])):
            put(f"/collections/{name}", json.dumps(vectors).encode())
            for first in batches(some):
                upsert(grpc_batch(name, some, first))
    server.settle(server.connect(), NAME, len(rows))
    query = rows[0] + 0.5
    for _ in range(options.repeats):
        for name in (NAME, f"{NAME}-one"):
            for transport, run in (("grpc", by_h2load), ("rest", by_wrk)):
                outcome = run(server, folder, name, query, options)
                keep(best, (name, transport), outcome, "cpu_us_per_request")
    one = f"{NAME}-one"
    return [
        ("query, limit 10", best[NAME, "grpc"], best[NAME, "rest"], "cpu_us_per_request"),
        ("query over one point", best[one, "grpc"], best[one, "rest"], "cpu_us_per_request"),
        ("durable write, 1,000 a batch", best["write", "grpc"], best["write", "rest"],
         "cpu_us_per_point"),
    ]  # fmt: skip


def decoding(folder: pathlib.Path, rows) -> dict:
    """How fast a batch of vectors is read off the wire, on one thread."""
    message = folder / "batch.bin"
    message.write_bytes(grpc_batch(NAME, rows, 0))
    command = [str(ROOT / ".build" / "release" / "quiver-bench"), "wire", str(message)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


def keep(best: dict, key, outcome: dict, unit: str) -> None:
    if key not in best or outcome[unit] < best[key][unit]:
        best[key] = outcome


def batches(rows) -> range:
    return range(0, len(rows), 1000)


def grpc_batch(name: str, rows, first: int) -> bytes:
    return messages.UpsertPoints(
        collection_name=name, wait=True,
        points=[
            messages.PointStruct(
                id=messages.PointId(num=first + number),
                vectors=messages.Vectors(vector=messages.Vector(dense=dense(row))),
            )
            for number, row in enumerate(rows[first : first + 1000])
        ],
    ).SerializeToString()  # fmt: skip


def rest_batch(rows, first: int) -> bytes:
    points = [
        {"id": first + number, "vector": row.tolist()}
        for number, row in enumerate(rows[first : first + 1000])
    ]
    return json.dumps({"points": points}).encode()


if __name__ == "__main__":
    main()
