"""Runs the same work on every engine; see scripts/bench for the options."""

import argparse
import itertools
import json
import multiprocessing
import pathlib
import sys
import tempfile
import time

import numpy as np
from data import DIMENSION, load, nearest
from engines import ENGINES, ROOT
from measure import Stopwatch

BATCHES = (1, 100, 1_000)
CONNECTIONS = (1, 8)
LIMIT = 10
# How often each query is asked before anything is measured, and then.
WARM_UP, ROUNDS = 4, 5


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def ingest(engine, options, base, queries) -> list[dict]:
    """Points in batches of each size, each into a collection of its own."""
    rows = []
    for batch in BATCHES:
        # Single points take a disk's time each: fewer of them say as much.
        points = min(len(base), 500 * batch)
        connection, name = engine.connect(), f"batch-{batch}"
        engine.create(connection, name)
        watch = Stopwatch(engine.processes())
        for first in range(0, points, batch):
            engine.upsert(connection, name, first, base[first : first + batch])
        seconds = watch.seconds()
        # What an engine does later, indexing above all, is work for these points as well.
        engine.settle(connection, name, points)
        cpu = watch.cpu_seconds()
        rows.append({
            "batch": batch, "points": points, "points/s": points / seconds,
            "CPU µs/point": cpu / points * 1e6,
        })  # fmt: skip
    return rows


def ask(engine, name, queries, payload, results) -> None:
    """One connection's searches, in a process of its own."""
    calls, ids = engine.searching(engine.connect(), name, queries, LIMIT, payload)
    calls[0]()
    results.put("ready")
    results.get_start()
    times, answers = [], []
    for _ in range(ROUNDS):
        answers.clear()
        for call in calls:
            started = time.perf_counter()
            answers.append(call())
            times.append(time.perf_counter() - started)
    results.put((times, [ids(answer) for answer in answers]))


def warm_up(engine, connection, name, queries) -> None:
    """Fills caches, and has engines that learn from queries do so."""
    calls, _ = engine.searching(connection, name, queries, LIMIT, payload=False)
    for call in calls * WARM_UP:
        call()


class Results:
    """A queue to the measuring process and a starting signal from it."""

    def __init__(self, context):
        self.queue = context.Queue()
        self.start = context.Event()

    def put(self, value) -> None:
        self.queue.put(value)

    def get_start(self) -> None:
        self.start.wait()


def search(engine, options, base, queries) -> list[dict]:
    """Searches over different numbers of connections, on one filled collection, with payloads and
    without."""
    connection, name = engine.connect(), "searched"
    engine.create(connection, name)
    for first in range(0, len(base), 1_000):
        engine.upsert(connection, name, first, base[first : first + 1_000])
    engine.settle(connection, name, len(base))
    warm_up(engine, connection, name, queries)
    engine.settle(connection, name, len(base))
    truth = nearest(base, queries, LIMIT)
    context = multiprocessing.get_context("fork")
    rows = []
    for payload, connections in itertools.product((False, True), CONNECTIONS):
        results = Results(context)
        parts = np.array_split(queries, connections)
        workers = [
            context.Process(target=ask, args=(engine, name, part, payload, results))
            for part in parts
        ]
        for worker in workers:
            worker.start()
        for _ in workers:
            results.queue.get(timeout=120)
        watch = Stopwatch(engine.processes())
        results.start.set()
        answers = [results.queue.get(timeout=600) for _ in workers]
        seconds, cpu = watch.seconds(), watch.cpu_seconds()
        for worker in workers:
            worker.join()
        asked = ROUNDS * len(queries)
        times = np.concatenate([times for times, _ in answers])
        row = {
            "connections": connections, "payload": "yes" if payload else "no",
            "points": len(base), "QPS": asked / seconds,
            "p50 ms": np.percentile(times, 50) * 1e3, "p99 ms": np.percentile(times, 99) * 1e3,
            "CPU µs/query": cpu / asked * 1e6,
        }  # fmt: skip
        if connections == 1:
            recall = recall_of(answers[0][1], truth)
        rows.append({**row, "recall@10": recall})
    resident = engine.processes().resident_bytes()
    for row in rows:
        row["memory MB"] = resident / 1e6
        row["memory ×"] = resident / (len(base) * DIMENSION * 4)
    return rows


def recall_of(found: list[list[int]], truth: np.ndarray) -> float:
    return float(
        np.mean([len({*ids} & {*map(int, row)}) / LIMIT for ids, row in zip(found, truth)])
    )


def show(rows: list[dict]) -> None:
    """A table; behind each figure of another engine its ratio to the first one's."""

    def label(row):
        return row.get("batch", (row.get("payload"), row.get("connections")))

    columns = [c for c in rows[0] if c not in ("bench", "data")]
    reference = {label(row): row for row in rows if row["engine"] == rows[0]["engine"]}
    table = [columns]
    for row in sorted(rows, key=label):
        cells = []
        for column in columns:
            value = row[column]
            if isinstance(value, float):
                text = f"{value:,.3f}" if value < 10 else f"{value:,.0f}"
                first = reference.get(label(row), {}).get(column)
                if row is not reference.get(label(row)) and first and column != "recall@10":
                    text += f" ({value / first:.2f}×)"
            else:
                text = f"{value:,}" if isinstance(value, int) else value
            cells.append(text)
        table.append(cells)
    widths = [max(len(cells[i]) for cells in table) for i in range(len(columns))]
    for cells in table:
        print("  ".join(cell.rjust(width) for cell, width in zip(cells, widths)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("bench", choices=("ingest", "search"))
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = options.engines.split(",")
    if unknown := [name for name in names if name not in ENGINES]:
        parser.error(f"unknown engine {unknown[0]}; there are {', '.join(ENGINES)}")
    if options.points < LIMIT + 1 or options.queries < max(CONNECTIONS):
        parser.error(f"at least {LIMIT + 1} points and {max(CONNECTIONS)} queries are needed")
    base, queries, data = load(options.data, options.points, options.queries)
    say(f"{len(base):,} points, {len(queries):,} queries, {DIMENSION} dimensions: {data}")
    measure, rows = {"ingest": ingest, "search": search}[options.bench], []
    (ROOT / ".quiver").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / ".quiver", prefix="bench-") as folder:
        for name in names:
            engine = ENGINES[name](pathlib.Path(folder) / name)
            say(f"Measuring {name} …")
            try:
                engine.start()
                for row in measure(engine, options, base, queries):
                    row = {"bench": options.bench, "engine": name, "data": data, **row}
                    rows.append(row)
                    if options.json:
                        print(json.dumps(row), flush=True)
            except Exception as error:
                say(f"{name} is left out: {type(error).__name__}: {error}")
            finally:
                engine.stop()
    if rows and not options.json:
        show(rows)
    return 0 if any(row["engine"] == names[0] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
