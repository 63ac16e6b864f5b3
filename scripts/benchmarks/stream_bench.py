"""An index whose rows come and go, after the streaming tasks of big-ann; see scripts/bench.

Each pattern runs through one process of `quiver-bench stream`, which enters rows, takes rows out
and keeps the lists in shape as the server does, on one thread. At every checkpoint its index is
searched with a number of lists, and one built of the same rows with more and more lists, until it
has scanned as many entries: the difference in recall between the two, at equal entries scanned, is
what living costs. hnswlib goes through the same, its deleted rows marked, and qdrant-edge, which
is optimized after every step; what a call costs in Python is part of the times of both.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

import numpy as np
from index_bench import LIMIT, ROOT, Child, nearest, recall_of
from pinned_engine import say

STEPS, CHECKPOINTS = 20, 4
PROBES = (24, 32, 40, 48, 56, 64, 76, 90)
LIVING = 48
PATTERNS = (
    "clustered arrival", "sliding window", "expiry", "replacement within", "replacement across",
    "drift", "deletes of a tenth", "deletes of half",
)  # fmt: skip


class Stream:
    """All rows that will come, when each comes and when it goes, and the queries of every step."""

    def __init__(self, pattern: str, points: int, dimension: int):
        self.random = np.random.default_rng(31)
        self.centers = self.random.normal(size=(400, dimension)).astype(np.float32)
        self.rows: list[np.ndarray] = []
        self.clusters: list[int] = []
        self.live: list[int] = []
        self.steps: list[tuple[list[int], list[int]]] = []
        self.asked: dict[int, np.ndarray] = {}
        self.pattern, part = pattern, points // STEPS
        everywhere = range(len(self.centers))
        first = range(len(self.centers) // 4) if pattern == "clustered arrival" else everywhere
        self.steps.append((self.come(points // 4 if first != everywhere else points, first), []))
        for step in range(1, STEPS + 1):
            self.steps.append(self.advance(step, part, everywhere))
            if step % (STEPS // CHECKPOINTS) == 0:
                self.asked[step] = self.near_rows(300)

    def come(self, count: int, clusters) -> list[int]:
        chosen = self.random.choice(np.asarray(clusters), count)
        first = len(self.rows)
        noise = self.random.normal(size=(count, self.centers.shape[1])).astype(np.float32)
        self.rows += list(self.centers[chosen] + 0.6 * noise)
        self.clusters += chosen.tolist()
        self.live += range(first, first + count)
        return list(range(first, first + count))

    def go(self, victims) -> list[int]:
        gone = set(int(row) for row in victims)
        self.live = [row for row in self.live if row not in gone]
        return sorted(gone)

    def advance(self, step: int, part: int, everywhere) -> tuple[list[int], list[int]]:
        pattern, live = self.pattern, self.live
        if pattern == "clustered arrival":
            size = len(self.centers) * 3 // 4 // STEPS
            start = len(self.centers) // 4 + size * (step - 1)
            return self.come(part, range(start, start + size)), []
        if pattern == "sliding window":
            gone = self.go(live[:part])
            return self.come(part, everywhere), gone
        if pattern == "expiry":
            old = live[: len(live) // 2]
            gone = self.go(self.random.choice(old, part, replace=False))
            return self.come(part, everywhere), gone
        if pattern.startswith("replacement"):
            victims = self.random.choice(live, part, replace=False)
            shift = 7 if pattern.endswith("across") else 0
            homes = [(self.clusters[row] + shift) % len(self.centers) for row in victims]
            gone = self.go(victims)
            return [row for home in homes for row in self.come(1, [home])], gone
        if pattern == "drift":
            move = self.random.normal(size=self.centers.shape).astype(np.float32)
            self.centers = self.centers + 0.15 * move
            gone = self.go(live[:part])
            return self.come(part, everywhere), gone
        if step % (STEPS // CHECKPOINTS) == 0:
            share = 0.1 if pattern.endswith("tenth") else 0.5
            return [], self.go(self.random.choice(live, int(share * len(live)), replace=False))
        return self.come(part, everywhere), []

    def near_rows(self, count: int) -> np.ndarray:
        own = self.random.choice(self.live, count)
        noise = self.random.normal(size=(count, self.centers.shape[1])).astype(np.float32)
        return np.stack([self.rows[row] for row in own]) + 0.25 * noise


class Quiver(Child):
    def __init__(self, folder: pathlib.Path):
        self.folder, self.out = folder, folder / "found.bin"
        program = ROOT / ".build" / "release" / "quiver-bench"
        super().__init__("quiver", "", [
            str(program), "stream", "--base", str(folder / "base.npy"), "--out", str(self.out),
        ])  # fmt: skip

    def change(self, gone: list[int], come: list[int]) -> float:
        seconds = 0.0
        for word, rows in (("remove", gone), ("add", come)):
            path = self.folder / "rows.bin"
            np.asarray(rows, "<u4").tofile(path)
            seconds += self.ask(f"{word} {path}")["cpu_s"] if rows else 0
        return seconds

    def search(self, words: str, truth: np.ndarray) -> dict:
        answer = self.ask(f"{words} {self.folder / 'queries.npy'}")
        found = np.fromfile(self.out, "<u4").reshape(-1, LIMIT).astype(np.int64)
        return {**answer, "recall": recall_of(found, truth)}

    def checkpoint(self, truth: np.ndarray) -> dict:
        living = self.search(f"living {LIVING}", truth)
        fresh = [self.search(f"fresh {probes}", truth) for probes in PROBES]
        entries = [answer["entries"] for answer in fresh]
        anew = float(np.interp(living["entries"], entries, [row["recall"] for row in fresh]))
        usual = self.search("default 0", truth)
        return {
            "recall": living["recall"], "anew": anew, "default": usual["recall"],
            "us_a_query": 1e6 * usual["search_s"] / len(truth), "lists": living["lists"],
            "lists_anew": fresh[0]["lists"],
        }  # fmt: skip


class Hnswlib:
    """M 16, 200 candidates while it is built and 96 while it is searched."""

    def __init__(self, rows: np.ndarray):
        import hnswlib

        self.rows = rows
        self.index = hnswlib.Index("l2", rows.shape[1])
        self.index.init_index(len(rows), ef_construction=200, M=16)
        self.index.set_ef(96)

    def change(self, gone: list[int], come: list[int]) -> float:
        start = time.process_time()
        for row in gone:
            self.index.mark_deleted(row)
        if come:
            self.index.add_items(self.rows[come], come, num_threads=1)
        return time.process_time() - start

    def checkpoint(self, queries: np.ndarray, truth: np.ndarray) -> dict:
        start = time.process_time()
        found = self.index.knn_query(queries, LIMIT, num_threads=1)[0]
        seconds = time.process_time() - start
        recall = recall_of(found.astype(np.int64), truth)
        return {"default": recall, "us_a_query": 1e6 * seconds / len(queries)}


class QdrantEdge:
    """M 16, 100 candidates while it is built and 96 while it is searched."""

    def __init__(self, rows: np.ndarray, folder: pathlib.Path):
        import qdrant_edge as q

        self.q, self.rows = q, rows
        self.params = q.SearchParams(hnsw_ef=96)
        folder.mkdir()
        self.shard = q.EdgeShard.create(str(folder), q.EdgeConfig(
            vectors=q.EdgeVectorParams(rows.shape[1], q.Distance.Euclid, on_disk=False),
            hnsw_config=q.HnswIndexConfig(16, 100, 1, max_indexing_threads=1, on_disk=False),
            optimizers=q.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1),
        ))  # fmt: skip

    def change(self, gone: list[int], come: list[int]) -> float:
        q = self.q
        points = [q.Point(row, self.rows[row].tolist()) for row in come]
        start = time.process_time()
        if gone:
            self.shard.update(q.UpdateOperation.delete_points(list(gone)))
        for first in range(0, len(points), 2_000):
            self.shard.update(q.UpdateOperation.upsert_points(points[first : first + 2_000]))
        self.shard.optimize()
        return time.process_time() - start

    def checkpoint(self, queries: np.ndarray, truth: np.ndarray) -> dict:
        asked = [query.tolist() for query in queries]
        start = time.process_time()
        found = [[hit.id for hit in self.shard.query(self.request(query))] for query in asked]
        seconds = time.process_time() - start
        recall = recall_of(np.asarray(found, np.int64), truth)
        return {"default": recall, "us_a_query": 1e6 * seconds / len(queries)}

    def request(self, query: list[float]):
        nearest = self.q.Query.Nearest(query)
        return self.q.QueryRequest(limit=LIMIT, query=nearest, params=self.params)


def run(pattern: str, options, folder: pathlib.Path) -> list[dict]:
    stream = Stream(pattern, options.points, options.dimension)
    rows = np.asarray(stream.rows, np.float32)
    np.save(folder / "base.npy", rows)
    engines = {"quiver": Quiver(folder)}
    if "hnswlib" in options.engines.split(","):
        engines["hnswlib"] = Hnswlib(rows)
    if "qdrant-edge" in options.engines.split(","):
        engines["qdrant-edge"] = QdrantEdge(rows, folder / "edge")
    spent, changed = dict.fromkeys(engines, 0.0), 0
    found: list[dict] = []
    live: set[int] = set()
    for step, (come, gone) in enumerate(stream.steps):
        live = live - set(gone) | set(come)
        changed += (len(come) + len(gone)) if step else 0
        for name, engine in engines.items():
            seconds = engine.change(gone, come)
            spent[name] += seconds if step else 0
        if step not in stream.asked:
            continue
        queries = stream.asked[step]
        np.save(folder / "queries.npy", queries)
        ids = np.asarray(sorted(live))
        truth = ids[nearest(rows[ids], queries, "l2")]
        for name, engine in engines.items():
            asked = (truth,) if name == "quiver" else (queries, truth)
            row = engine.checkpoint(*asked)
            cost = 1e6 * spent[name] / max(1, changed)
            found.append(
                {"pattern": pattern, "step": step, "engine": name, **row, "us_a_change": cost})
            say(f"  {pattern}, step {step}, {name}: {row}")
    engines["quiver"].close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench stream")
    parser.add_argument("--points", type=int, default=40_000)
    parser.add_argument("--dimension", type=int, default=64)
    parser.add_argument("--engines", default="quiver,hnswlib,qdrant-edge")
    parser.add_argument("--patterns", default=",".join(PATTERNS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows: list[dict] = []
    for pattern in options.patterns.split(","):
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            rows += run(pattern, options, pathlib.Path(folder))
    if options.json:
        for row in rows:
            print(json.dumps(row))
        return 0
    print(f"{'pattern':20} {'step':>4} {'engine':>11} {'lived':>7} {'anew':>7} {'default':>8} "
          f"{'us a query':>10} {'us a change':>11}")  # fmt: skip
    for row in rows:
        lived, anew = (f"{row[key]:.4f}" if key in row else "" for key in ("recall", "anew"))
        print(f"{row['pattern']:20} {row['step']:4} {row['engine']:>11} {lived:>7} {anew:>7} "
              f"{row['default']:8.4f} {row['us_a_query']:10.1f} "
              f"{row['us_a_change']:11.1f}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
