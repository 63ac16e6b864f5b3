"""Quiver's index beside index libraries, on one thread; see scripts/bench for the options.

Every engine runs in a process of its own, pinned to the same core, and only one works at a time.
Settings are swept interleaved: the first of every engine, then the second, and all of it again.
"""

import argparse
import hashlib
import json
import math
import os
import pathlib
import sys

import numpy as np
from index_data import SEED, SETS, derived, folder_of, of_other_sources, read
from index_peers import LIMIT, PEERS
from pinned_engine import PinnedEngine, say

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECALLS = (0.90, 0.95, 0.98, 0.99)
# Recall targets, as a client may set them.
TARGETS = (0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.965, 0.975, 0.98, 0.985, 0.99,
           0.993, 0.996, 0.998)  # fmt: skip


class Child(PinnedEngine):
    def __init__(self, name: str, variant: str, command: list[str]):
        self.name, self.variant = name, variant
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
        super().__init__(f"{name} {variant}", command, env={**kept, "OMP_NUM_THREADS": "1"})
        self.measured: dict[object, list[dict]] = {}


class Peer(Child):
    def __init__(self, name, variant, work: "Work"):
        # The path tells what was built, so that nothing else is taken for it.
        self.folder = work.cache / f"{name}-{variant}".replace("√", "root")
        command = [
            sys.executable, str(pathlib.Path(__file__).with_name("index_peers.py")), name,
            variant, str(work.base), str(work.queries), work.metric, str(self.folder),
        ]  # fmt: skip
        super().__init__(name, variant, command)
        self.build = self.read()
        # Pairs come as lists, and settings are what is measured by.
        self.settings = [tuple(s) if isinstance(s, list) else s for s in self.build["settings"]]

    def search(self, setting) -> dict:
        answer = self.ask(json.dumps(setting))
        answer["found"] = np.load(self.folder / "found.npy")
        return answer


class Quiver(Child):
    def __init__(self, work: "Work"):
        self.out = work.cache / "quiver-found.bin"
        program = ROOT / ".build" / "release" / "quiver-bench"
        command = [
            str(program), "--base", str(work.base), "--queries", str(work.queries), "--metric",
            work.metric, "--out", str(self.out),
        ]  # fmt: skip
        super().__init__("quiver", "", command)
        self.build = self.read()
        self.settings = [f"recall {target}" for target in TARGETS]

    def search(self, setting) -> dict:
        answer = self.ask(setting)
        found = np.fromfile(self.out, "<u4").reshape(-1, LIMIT)
        return {
            "cpu_s": answer["cpu_s"], "p50_ms": answer["p50_ms"], "p99_ms": answer["p99_ms"],
            "found": found.astype(np.int64),
        }  # fmt: skip


class Work:
    """The data, in the form that every engine reads, and where indexes are kept.

    With `queries_of`, texts whose source begins with one of these ask, and the others are the rows.
    """

    def __init__(self, options, queries_of: str | None = None):
        folder = folder_of(options.data)
        base, queries = read(folder, "base"), read(folder, "queries")
        self.metric = options.metric or SETS.get(options.data, "cosine")
        truth = folder / "gt.npy"
        whole = options.points is None or options.points == len(base)
        if queries_of:
            base, queries = of_other_sources(folder, base, queries_of.split(","))
            whole = False
        if options.points and options.points > len(base):
            if self.metric != "cosine":
                raise SystemExit(f"bench: {options.data} has only {len(base):,} rows")
            say(f"{len(base) / options.points:.0%} of the rows are as they are, the others derived")
            base = derived(base, options.points, SEED)
        base, queries = base[: options.points], queries[: options.queries]
        if self.metric == "cosine":
            base, queries = (
                rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
                for rows in (base, queries)
            )
        of = queries_of or ""
        key = hashlib.sha256(f"{folder.resolve()} {len(base)} {self.metric}{of}".encode())
        self.cache = ROOT / ".quiver" / "bench-cache" / key.hexdigest()[:12]
        self.cache.mkdir(parents=True, exist_ok=True)
        self.base, self.queries = self.cache / "base.npy", self.cache / "queries.npy"
        if not self.base.exists():
            np.save(self.base, np.ascontiguousarray(base, np.float32))
        np.save(self.queries, np.ascontiguousarray(queries, np.float32))
        self.shape = base.shape
        if whole and truth.exists():
            ids = np.load(truth)[: len(queries), :LIMIT]
        else:
            ids = nearest(base, queries, self.metric)
        self.truth = ids

    def recall(self, found: np.ndarray) -> float:
        return recall_of(found, self.truth)


def nearest(base: np.ndarray, queries: np.ndarray, metric: str) -> np.ndarray:
    """The exact nearest rows of every query, block by block."""
    result = np.empty((len(queries), LIMIT), np.int64)
    lengths = (base.astype(np.float64) ** 2).sum(1)
    for first in range(0, len(queries), 64):
        part = queries[first : first + 64]
        scores = part @ base.T
        if metric == "l2":
            scores = 2 * scores - lengths
        result[first : first + 64] = np.argpartition(-scores, LIMIT, axis=1)[:, :LIMIT]
    return result


def recall_of(found: np.ndarray, truth: np.ndarray) -> float:
    """The share of the true neighbours, by id, that was found."""
    hits = sum(len(set(map(int, a)) & set(map(int, b))) for a, b in zip(found, truth))
    return hits / truth.size


def at_recall(points: list[tuple[float, float]], recall: float) -> float | None:
    """Queries per CPU-second at a recall, between the measured points of best speed.

    Interpolated in the logarithm of the speed over the logarithm of what is missed; `None` beyond
    the highest recall measured. Below the lowest one its speed stands, which is a lower bound.
    """
    best: list[tuple[float, float]] = []
    for r, speed in sorted(points, reverse=True):
        if not best or speed > best[-1][1]:
            best.append((r, speed))
    best.reverse()
    if not best or recall > best[-1][0]:
        return None
    if recall <= best[0][0]:
        return best[0][1]
    for (r0, s0), (r1, s1) in zip(best, best[1:]):
        if r0 <= recall <= r1:
            x0, x1, x = (math.log(max(1 - r, 1e-6)) for r in (r0, r1, recall))
            share = (x - x0) / (x1 - x0) if x1 != x0 else 1
            return math.exp(math.log(s0) + share * (math.log(s1) - math.log(s0)))
    return None


def sweep(children: list[Child], work: Work, repeats: int) -> None:
    for repeat in range(repeats):
        say(f"Sweep {repeat + 1} of {repeats} …")
        for step in range(max(len(child.settings) for child in children)):
            for child in children:
                if step < len(child.settings):
                    setting = child.settings[step]
                    child.measured.setdefault(setting, []).append(child.search(setting))


def rows_of(child: Child, work: Work) -> list[dict]:
    rows = []
    for setting, answers in child.measured.items():
        count = len(work.truth)
        middle = sorted(answers, key=lambda answer: answer["cpu_s"])[len(answers) // 2]
        times = sorted(middle.get("times", []))
        p50 = middle.get("p50_ms", times[len(times) // 2] * 1e3 if times else None)
        p99 = middle.get("p99_ms", times[len(times) * 99 // 100] * 1e3 if times else None)
        name = f"{child.variant} {setting}".strip()
        rows.append({
            "engine": child.name, "setting": name, "variant": child.variant,
            "recall10": work.recall(middle["found"]), "qps_cpu": count / middle["cpu_s"],
            "p50_ms": p50, "p99_ms": p99, "build_cpu_s": child.build["build_cpu_s"],
            "bytes_per_vector": child.build["bytes_per_vector"],
        })  # fmt: skip
    return rows


def show(rows: list[dict]) -> None:
    print(f"{'engine':14} {'setting':12} {'recall@10':>9} {'queries/CPU-s':>13} {'p50 ms':>8} "
          f"{'p99 ms':>8} {'build CPU-s':>11} {'bytes/vector':>12}")  # fmt: skip
    for row in rows:
        print(f"{row['engine']:14} {row['setting']:12} {row['recall10']:9.4f} "
              f"{row['qps_cpu']:13,.0f} {row['p50_ms']:8.3f} {row['p99_ms']:8.3f} "
              f"{row['build_cpu_s']:11.1f} {row['bytes_per_vector']:12.0f}")  # fmt: skip
    print("\nQueries per CPU-second at equal recall, and Quiver's as a multiple of it:")
    print(f"{'':22}" + "".join(f"{recall:>20}" for recall in RECALLS))
    speeds = {}
    for row in rows:
        speeds.setdefault((row["engine"], row["variant"]), []).append(
            (row["recall10"], row["qps_cpu"])
        )
    ours = [at_recall(speeds.get(("quiver", ""), []), recall) for recall in RECALLS]
    for (engine, variant), points in speeds.items():
        cells = []
        for recall, own in zip(RECALLS, ours):
            speed = at_recall(points, recall)
            text = "-" if speed is None else f"{speed:,.0f}"
            if speed and own and engine != "quiver":
                text += f" ({own / speed:.2f}×)"
            cells.append(f"{text:>20}")
        print(f"{(engine + ' ' + variant).strip():22}" + "".join(cells))


def variants_of(name: str) -> list[str]:
    """The variants of an engine, or the one of NAME:VARIANT; none if there is no such."""
    peer, _, wanted = name.partition(":")
    known = list(PEERS[peer][1]) if peer in PEERS else []
    return [variant for variant in known if wanted in ("", variant)]


def show_promises(child: Child, work: Work) -> None:
    """What was asked for right after the build, and what was found."""
    print("\nRecall that Quiver was asked for, and what it gave:")
    given = {
        setting: work.recall(answers[0]["found"]) for setting, answers in child.measured.items()
    }
    for recall in RECALLS:
        print(f"{recall:12.2f} {given[f'recall {recall}']:9.4f}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench index")
    parser.add_argument("--data", required=True)
    parser.add_argument("--metric", choices=("cosine", "l2", "dot"))
    parser.add_argument("--engines", default="quiver," + ",".join(PEERS))
    parser.add_argument("--points", type=int)
    parser.add_argument("--queries", type=int)
    parser.add_argument("--queries-of")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = options.engines.split(",")
    if unknown := [name for name in names if name != "quiver" and not variants_of(name)]:
        parser.error(f"unknown engine {unknown[0]}; there are quiver, {', '.join(PEERS)}")
    work = Work(options, options.queries_of)
    say(f"{work.shape[0]:,} rows of {work.shape[1]}, {len(work.truth):,} queries, {work.metric}")
    if not options.keep:
        for told in work.cache.glob("*/build.json"):
            told.unlink()
    children: list[Child] = []
    missing = []
    for name in names:
        for variant in ("",) if name == "quiver" else variants_of(name):
            say(f"Building {name} {variant} …")
            try:
                peer = name.partition(":")[0]
                children.append(Quiver(work) if name == "quiver" else Peer(peer, variant, work))
            except Exception as error:
                missing.append(f"{name} {variant}: {error}")
    sweep(children, work, options.repeats)
    rows = [row for child in children for row in rows_of(child, work)]
    for child in children:
        child.close()
    ours = [child for child in children if child.name == "quiver"]
    if options.json:
        for row in rows:
            print(json.dumps({k: v for k, v in row.items() if k != "variant"}), flush=True)
    else:
        show(rows)
        for child in ours:
            show_promises(child, work)
    for text in missing:
        say(f"left out: {text}")
    return 1 if any(text.startswith("quiver") for text in missing) else 0


if __name__ == "__main__":
    sys.exit(main())
