"""A server under moderate, mixed load for minutes: does its memory grow? See scripts/bench.

The number of points stays the same, so that resident memory should. The load is all that makes a
heap grow: batches of several sizes that overwrite points, deletions, searches with payloads, long
scrolls, and collections that come and go.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import re
import sys
import tempfile
import threading
import time

import numpy as np
import orjson
from data import load
from engines import Quiver

NAME, BATCHES = "soak", (1, 100, 500)
PAYLOAD = "fifty bytes of text, as stand for what people store" * 8
# The share of its size that memory may grow by in ten minutes and still count as steady.
STEADY = 0.05


class Connection:
    def __init__(self, port: int):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def call(self, method: str, path: str, body=None):
        data = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        self.http.request(method, path, data, {"Content-Type": "application/json"})
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"bench: {method} {path}: {answer.status} {text[:300]}")
        return text


class Load(threading.Thread):
    """Calls one kind of request, so many times a second, until it is told to stop."""

    def __init__(self, port: int, rate: float, work):
        super().__init__(daemon=True)
        self.connection = Connection(port)
        self.pause, self.work = 1 / rate, work
        self.stopping, self.calls, self.failure = threading.Event(), 0, None

    def run(self):
        due = time.monotonic()
        try:
            while not self.stopping.is_set():
                self.work(self.connection, self.calls)
                self.calls += 1
                due = max(due + self.pause, time.monotonic() - 1)
                self.stopping.wait(max(0, due - time.monotonic()))
        except BaseException as error:
            self.failure = error


def point(id: int, vector, note: int) -> dict:
    return {"id": id, "vector": vector, "payload": {"id": id, "note": note, "text": PAYLOAD}}


def works(rows: np.ndarray, queries: np.ndarray, scale: float):
    """Every kind of request with its rate a second."""
    chance = random.Random(5)
    points = f"/collections/{NAME}/points"

    def write(connection, call):
        size = BATCHES[call % len(BATCHES)]
        ids = chance.sample(range(len(rows)), size)
        batch = [point(id, rows[(id + call) % len(rows)], call) for id in ids]
        connection.call("PUT", points + "?wait=true", {"points": batch})

    def replace(connection, call):
        ids = chance.sample(range(len(rows)), 50)
        connection.call("POST", points + "/delete?wait=true", {"points": ids})
        batch = [point(id, rows[id], call) for id in ids]
        connection.call("PUT", points + "?wait=true", {"points": batch})

    def search(connection, call):
        body = {"query": queries[call % len(queries)], "limit": (10, 100)[call % 2],
                "with_payload": True}  # fmt: skip
        connection.call("POST", points + "/query", body)

    def scroll(connection, call):
        body = {"limit": 1000, "offset": chance.randrange(len(rows)), "with_vector": True}
        connection.call("POST", points + "/scroll", body)

    def collections(connection, call):
        path = f"/collections/short-lived-{call % 3}"
        connection.call("PUT", path, {"vectors": {"size": rows.shape[1], "distance": "Cosine"}})
        batch = [point(id, rows[id], call) for id in range(300)]
        connection.call("PUT", path + "/points?wait=true", {"points": batch})
        connection.call("DELETE", path)

    rates = [(write, 4), (replace, 1), (search, 20), (scroll, 0.5), (collections, 0.2)]
    return [(work, rate * scale) for work, rate in rates]


def memory(pid: int) -> dict[str, float]:
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {
        name: int(re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)[1]) / 1e3
        for name, key in [("resident_MB", "VmRSS"), ("anonymous_MB", "RssAnon")]
    }


def formula(connection: Connection) -> float:
    text = connection.call("GET", "/metrics").decode()
    return float(re.search(r"^memory_formula_bytes (\S+)", text, re.MULTILINE)[1]) / 1e6


def growth(samples: list[dict], key: str) -> float:
    """MB in ten minutes, by the line through the second half of the samples."""
    half = samples[len(samples) // 2 :]
    minutes = [s["minute"] for s in half]
    return float(np.polyfit(minutes, [s[key] for s in half], 1)[0]) * 10


def run(options) -> tuple[list[dict], dict]:
    rows, queries, _ = load(options.data, options.points, 500)
    if options.preload:
        os.environ["LD_PRELOAD"] = options.preload
    with tempfile.TemporaryDirectory() as folder:
        engine = Quiver(pathlib.Path(folder) / "quiver")
        engine.start()
        os.environ.pop("LD_PRELOAD", None)
        try:
            return soak(engine, rows, queries, options)
        finally:
            engine.stop()


def soak(engine, rows, queries, options) -> tuple[list[dict], dict]:
    setup = Connection(engine.port)
    vectors = {"size": rows.shape[1], "distance": "Cosine"}
    setup.call("PUT", f"/collections/{NAME}", {"vectors": vectors})
    for first in range(0, len(rows), 500):
        batch = [point(first + n, row, 0) for n, row in enumerate(rows[first : first + 500])]
        setup.call("PUT", f"/collections/{NAME}/points?wait=true", {"points": batch})
    loads = [Load(engine.port, rate, work) for work, rate in works(rows, queries, options.rate)]
    for each in loads:
        each.start()
    samples, started, pid = [], time.monotonic(), engine.processes().pid
    while (elapsed := time.monotonic() - started) < options.minutes * 60:
        sample = {"minute": elapsed / 60, **memory(pid), "formula_MB": formula(setup)}
        # The formula has what comes and goes, such as write buffers; the rest is the heap's.
        sample["rest_MB"] = sample["resident_MB"] - sample["formula_MB"]
        samples.append(sample)
        time.sleep(options.minutes * 60 / 120)
        for each in loads:
            if each.failure:
                raise SystemExit(f"bench: {each.work.__name__}: {each.failure}")
    for each in loads:
        each.stopping.set()
    return samples, {each.work.__name__: each.calls for each in loads}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=1, help="times the usual load")
    parser.add_argument("--data")
    parser.add_argument("--preload", help="another allocator's library, such as jemalloc's")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    samples, calls = run(options)
    grown = {key: growth(samples, key) for key in ("resident_MB", "rest_MB")}
    last = samples[-1]["resident_MB"]
    verdict = "grows" if grown["rest_MB"] > STEADY * last else "steady"
    if options.json:
        for sample in samples:
            print(json.dumps(sample))
        print(json.dumps({"growth_MB_in_10_minutes": grown, "verdict": verdict, "calls": calls}))
        return
    print(f"allocator: {options.preload or 'the C library'}, calls: {calls}", file=sys.stderr)
    print("minute  resident MB  anonymous MB  formula MB  rest MB")
    for sample in samples[:: max(1, len(samples) // 20)]:
        print("{minute:6.1f}  {resident_MB:11.1f}  {anonymous_MB:12.1f}  {formula_MB:10.1f}"
              "  {rest_MB:7.1f}".format(**sample))  # fmt: skip
    print(
        f"second half, in ten minutes: resident {grown['resident_MB']:+.1f} MB of {last:.1f}, "
        f"without what the formula has {grown['rest_MB']:+.1f} MB: {verdict}"
    )


if __name__ == "__main__":
    main()
