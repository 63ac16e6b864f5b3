"""One large collection in a real server, alone; see scripts/bench for the options.

Points beyond the rows of the data are derived from them; see index_data.py.
"""

import argparse
import http.client
import json
import multiprocessing
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
import orjson
from data import nearest, normalised
from engines import ROOT, Quiver, prepared_posts
from index_data import derived, read
from measure import Stopwatch

SEED, LIMIT, BATCH = 23, 10, 1_000
IDLE_SECONDS = 20


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def probe(port: int, name: str, bodies: list[bytes], stop, results) -> None:
    """Searches all the time, a little apart, and tells how long each took."""
    calls, times = prepared_posts(port, f"/collections/{name}/points/query", bodies), []
    while not stop.is_set():
        started = time.perf_counter()
        calls[len(times) % len(calls)]()
        times.append(time.perf_counter() - started)
        time.sleep(0.02)
    results.put(times)


def ask(port: int, name: str, bodies: list[bytes], results) -> None:
    calls, times, found = prepared_posts(port, f"/collections/{name}/points/query", bodies), [], []
    calls[0]()
    for call in calls:
        started = time.perf_counter()
        text = call()
        times.append(time.perf_counter() - started)
        found.append([hit["id"] for hit in json.loads(text)["result"]["points"]])
    results.put((times, found))


def search(engine, name, queries, truth, connections: int) -> dict:
    results = multiprocessing.Queue()
    bodies = [orjson.dumps({"query": q.tolist(), "limit": LIMIT}) for q in queries]
    parts = np.array_split(np.arange(len(bodies)), connections)
    workers = [
        multiprocessing.Process(
            target=ask, args=(engine.port, name, [bodies[i] for i in part], results)
        )
        for part in parts
    ]
    watch = Stopwatch(engine.processes())
    for worker in workers:
        worker.start()
    answers = [results.get() for _ in workers]
    seconds, cpu = watch.seconds(), watch.cpu_seconds()
    times = np.concatenate([times for times, _ in answers])
    row = {
        "connections": connections, "QPS": len(bodies) / seconds,
        "p50_ms": float(np.percentile(times, 50) * 1e3),
        "p99_ms": float(np.percentile(times, 99) * 1e3), "cpu_us": cpu / len(bodies) * 1e6,
    }  # fmt: skip
    if connections == 1:
        found = answers[0][1]
        row["recall10"] = float(
            np.mean([len(set(a) & set(map(int, b))) / LIMIT for a, b in zip(found, truth)])
        )
    return row


def load(engine, name: str, rows: np.ndarray, bodies: list[bytes]) -> dict:
    """Upserts everything while another connection searches."""
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    prober = multiprocessing.Process(
        target=probe, args=(engine.port, name, bodies, stop, results)
    )
    watch = Stopwatch(engine.processes())
    prober.start()
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=600)
    for first in range(0, len(rows), BATCH):
        part = rows[first : first + BATCH]
        batch = {"ids": list(range(first, first + len(part))), "vectors": part}
        body = orjson.dumps({"batch": batch}, option=orjson.OPT_SERIALIZE_NUMPY)
        connection.request("PUT", f"/collections/{name}/points?wait=true", body,
                           {"Content-Type": "application/json"})  # fmt: skip
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(text[:300])
    seconds = watch.seconds()
    engine.settle(engine.connect(), name, len(rows))
    settled = watch.seconds()
    stop.set()
    times = results.get()
    return {
        "ingest_points_per_s": len(rows) / seconds, "green_after_s": settled - seconds,
        "cpu_us_per_point": watch.cpu_seconds() / len(rows) * 1e6,
        "p50_ms_meanwhile": float(np.percentile(times, 50) * 1e3),
        "p99_ms_meanwhile": float(np.percentile(times, 99) * 1e3),
    }  # fmt: skip


def idle(engine, name: str, bodies: list[bytes], loaded: dict) -> dict:
    """What the same searches take once nothing else goes on, and how much longer they took."""
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    prober = multiprocessing.Process(
        target=probe, args=(engine.port, name, bodies, stop, results)
    )
    prober.start()
    time.sleep(IDLE_SECONDS)
    stop.set()
    times = results.get()
    p99 = float(np.percentile(times, 99) * 1e3)
    return {
        "p50_ms_idle": float(np.percentile(times, 50) * 1e3), "p99_ms_idle": p99,
        "p99_meanwhile_beside_idle": loaded["p99_ms_meanwhile"] / p99,
    }  # fmt: skip


def reopen(engine) -> float:
    """Seconds from the start after a kill until the server says that it is ready."""
    engine.process.send_signal(signal.SIGKILL)
    engine.process.wait()
    started = time.perf_counter()
    with (engine.folder / "log").open("ab") as log:
        engine.process = subprocess.Popen(
            engine.command(), cwd=engine.folder, env=engine.environment(), stdout=log, stderr=log
        )
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return time.perf_counter() - started
        except OSError:
            pass
        time.sleep(0.02)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench scale")
    parser.add_argument("--data", required=True)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(options.data)
    rows = derived(read(folder, "base"), options.points, SEED)
    queries = normalised(read(folder, "queries"))
    queries = queries[: options.queries]
    say(f"{len(rows):,} rows of {rows.shape[1]}, seed {SEED}")
    truth = nearest(rows, queries, LIMIT)
    bodies = [orjson.dumps({"query": q.tolist(), "limit": LIMIT}) for q in queries[:200]]
    (ROOT / ".quiver").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / ".quiver", prefix="scale-") as folder:
        engine = Quiver(pathlib.Path(folder) / "quiver")
        engine.start()
        try:
            engine.create(engine.connect(), "c")
            say("Loading …")
            result = {"points": len(rows), **load(engine, "c", rows, bodies)}
            log = (engine.folder / "log").read_text()
            built = re.findall(r"milliseconds=(\d+) rows=(\d+)", log)
            result["builds_s"] = {rows: int(ms) / 1000 for ms, rows in built}
            result["memory_mb"] = engine.processes().resident_bytes() / 1e6
            # The last index is calibrated with the queries that came meanwhile.
            engine.settle(engine.connect(), "c", len(rows))
            result.update(idle(engine, "c", bodies, result))
            say("Searching …")
            for connections in (1, 2):
                for key, value in search(engine, "c", queries, truth, connections).items():
                    if key != "connections":
                        result[f"{key}_{connections}"] = value
            say("Killing …")
            result["reopen_s"] = reopen(engine)
        finally:
            engine.stop()
    if options.json:
        print(json.dumps(result))
    else:
        for key, value in result.items():
            print(f"{key:22} {value:,.3f}" if isinstance(value, float) else f"{key:22} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
