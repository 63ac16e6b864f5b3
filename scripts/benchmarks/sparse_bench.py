"""Quiver's search of sparse vectors beside other engines, one thread, CPU time; see scripts/bench.

Every engine runs in a process of its own, pinned to the same core, and only one works at a time.
Rounds are interleaved, and the best of each engine counts. `quiver:float16`, `quiver:uint8` and the
like are engines whose vectors have that datatype; `seismic:30:1.0` is one with that effort.
"""

import argparse
import hashlib
import json
import pathlib
import sys
import tempfile

import numpy as np
import sparse_data
from pinned_engine import PinnedEngine, say

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 10
POINTS = {"bm25": 100_000, "splade": 1_000_000}
ENGINES = {
    "bm25": ["quiver", "qdrant-edge", "tantivy", "bm25s", "pisa"],
    "splade": ["quiver", "qdrant-edge", "pisa", "seismic:10:0.7", "seismic:30:1.0"],
}
NONE = 0xFFFFFFFF


class Child(PinnedEngine):
    def __init__(self, name: str, command: list[str], out: pathlib.Path):
        self.name, self.out, self.rounds = name, out, []
        with out.with_suffix(".log").open("w") as log:
            super().__init__(name, command, stderr=log)
        self.build = self.read()

    def round(self) -> None:
        self.rounds.append(self.ask(""))

    def best(self) -> dict:
        return min(self.rounds, key=lambda round: round["cpu_s"])

    def answers(self) -> list[list]:
        """For each query pairs of id and score."""
        if not self.name.startswith("quiver"):
            return json.loads(pathlib.Path(self.rounds[-1]["found"]).read_text())
        found = np.fromfile(self.out, "<u4").reshape(-1, 2, LIMIT)
        scores = found.view("<f4")
        return [
            [(int(i), float(s)) for i, s in zip(found[q, 0], scores[q, 1]) if i != NONE]
            for q in range(len(found))
        ]


def start(name: str, kind: str, base, queries, folder: pathlib.Path) -> Child:
    out = folder / f"{name.replace(':', '-')}.found"
    engine, _, datatype = name.partition(":")
    if engine == "quiver":
        program = ROOT / ".build" / "release" / "quiver-bench"
        command = [str(program), "sparse", "--base", str(base), "--queries", str(queries),
                   "--out", str(out), "--datatype", datatype or "float32",
                   *["--rarity"] * (kind == "bm25")]  # fmt: skip
    else:
        peers = pathlib.Path(__file__).with_name("sparse_peers.py")
        command = [sys.executable, str(peers), name, kind, str(base), str(queries),
                   str(folder / name.replace(":", "-"))]  # fmt: skip
    return Child(name, command, out)


def data(options) -> tuple[pathlib.Path, pathlib.Path]:
    folder = pathlib.Path(options.data)
    key = f"{folder.resolve()} {options.kind} {options.points} {options.queries} {options.seed}"
    cache = ROOT / ".quiver" / "bench-cache" / hashlib.sha256(key.encode()).hexdigest()[:12]
    base, queries = cache / "base.rows", cache / "queries.rows"
    if not queries.exists():
        say(f"making the {options.kind} vectors")
        cache.mkdir(parents=True, exist_ok=True)
        make = sparse_data.bm25 if options.kind == "bm25" else sparse_data.splade
        rows, asked = make(folder, options.points, options.queries)
        sparse_data.write(base, rows)
        sparse_data.write(queries, asked)
    return base, queries


def same(ours: list, theirs: list) -> bool:
    """Whether the scores agree; what scores alike may come in another order."""
    return len(ours) == len(theirs) and all(
        abs(a[1] - b[1]) <= 1e-4 * max(1, abs(b[1])) for a, b in zip(ours, theirs)
    )


def recall(truth: list[list], found: list[list]) -> float:
    """The share of the true neighbours that were found."""
    hits = sum(len({i for i, _ in a} & {i for i, _ in b}) for a, b in zip(truth, found))
    return hits / max(1, sum(map(len, truth)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench sparse")
    parser.add_argument("--data", required=True)
    parser.add_argument("--kind", choices=POINTS, default="bm25")
    parser.add_argument("--points", type=int)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--engines")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.points = options.points or POINTS[options.kind]
    options.seed = sparse_data.SEED
    names = options.engines.split(",") if options.engines else ENGINES[options.kind]
    base, queries = data(options)
    with tempfile.TemporaryDirectory() as folder:
        children = []
        for name in names:
            say(f"building {name}")
            try:
                children.append(start(name, options.kind, base, queries, pathlib.Path(folder)))
            except RuntimeError as error:
                say(f"{error}: left out")
        for round in range(options.repeats):
            say(f"round {round + 1} of {options.repeats}")
            for child in children:
                child.round()
        report(children, options)
        for child in children:
            child.close()


def report(children: list[Child], options) -> None:
    ours = next((child for child in children if child.name == "quiver"), None)
    truth = ours and ours.answers()
    rows = []
    for child in children:
        best = child.best()
        answers = child.answers()
        build = child.build
        if "row_bytes" in build:
            bytes = [build[part] / build["elements"] for part in ("row_bytes", "index_bytes")]
            say(f"{child.name}: {bytes[0]:.2f} bytes an element in rows, {bytes[1]:.2f} in the "
                f"index; {build['kernels']}")  # fmt: skip
        row = {
            "engine": child.name, "queries/CPU-s": len(answers) / best["cpu_s"],
            "p50 ms": best["p50_ms"], "p99 ms": best["p99_ms"],
            "build CPU-s": child.build["build_cpu_s"],
        }  # fmt: skip
        if ours:
            row["× quiver"] = best["cpu_s"] / len(answers) * len(truth) / ours.best()["cpu_s"]
            row["same top 10"] = sum(map(same, truth, answers)) / len(truth)
            row["recall@10"] = recall(truth, answers)
        rows.append(row)
    if ours:
        build = ours.build
        count = build["elements"]
        each = count / build["points"]
        say(f"{options.kind}: {build['points']:,} rows of {each:.0f} elements")
    if options.json:
        for row in rows:
            print(json.dumps(row))
        return
    print(" | ".join(rows[0]))
    for row in rows:
        print(" | ".join(f"{v:,.3f}" if isinstance(v, float) else str(v) for v in row.values()))


if __name__ == "__main__":
    main()
