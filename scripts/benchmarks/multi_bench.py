"""Multivectors and datatypes on one thread; see scripts/bench for the options.

Rerank: the best of 100 candidates by MaxSim, Quiver's scorer beside qdrant-edge and maxsim-cpu,
each in a process of its own, pinned to the same core. What a call of qdrant-edge costs in Python
whatever it finds, a query over one point, is taken off. Search: the index over the same vectors
kept as each datatype, with the recall that exact scans of that datatype give as truth. Search of a
collection of multivectors: texts of twelve of 2,000 subjects each, asked for with 32 of the vectors
of one of them, moved a little; what lists find beside what a scan finds.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from index_bench import LIMIT, ROOT
from pinned_engine import pinned, say

PROGRAM = ROOT / ".build" / "release" / "quiver-bench"
DIMENSION, TOKENS = 128, 32
ELEMENTS = ("float32", "float16", "uint8", "turbo4")
PEERS = ("qdrant-edge", "maxsim-cpu")
TARGETS = (0.95, 0.99)


def run(command: list) -> dict:
    return run_all(command)[-1]


def run_all(command: list) -> list[dict]:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, preexec_fn=pinned
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(done.stderr[-500:])
    return [json.loads(line) for line in lines]


class Rerank:
    """Rows of 40 to 160 token vectors around seeded topics, and queries with candidates."""

    def __init__(self, folder: pathlib.Path, rows: int, queries: int):
        random = np.random.default_rng(20)
        self.folder, self.queries = folder, queries
        self.counts = random.integers(40, 161, size=rows).astype("<u4")
        topics = random.normal(size=(500, DIMENSION))
        self.vectors = self.tokens(random, topics, int(self.counts.sum()))
        self.asked = self.tokens(random, topics, queries * TOKENS)
        self.candidates = np.stack(
            [random.choice(rows, 100, replace=False) for _ in range(queries)]
        ).astype("<u4")
        np.save(folder / "vectors.npy", self.vectors)
        np.save(folder / "queries.npy", self.asked)
        self.counts.tofile(folder / "counts.bin")
        self.candidates.tofile(folder / "candidates.bin")

    @staticmethod
    def tokens(random, topics, count: int) -> np.ndarray:
        rows = topics[random.integers(len(topics), size=count)]
        rows = rows + 1.2 * random.normal(size=rows.shape)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def truth(self) -> np.ndarray:
        """Scores of each query's candidates, in double."""
        ends = np.cumsum(self.counts)
        scores = np.empty(self.candidates.shape)
        for number, own in enumerate(self.candidates):
            query = self.asked[number * TOKENS : (number + 1) * TOKENS].astype(np.float64)
            for place, row in enumerate(own):
                row_vectors = self.vectors[ends[row] - self.counts[row] : ends[row]]
                scores[number, place] = (query @ row_vectors.T.astype(np.float64)).max(1).sum()
        return scores

    def quiver(self, element: str) -> dict:
        out = self.folder / "scores.bin"
        answer = run([
            PROGRAM, "multi", "--vectors", self.folder / "vectors.npy", "--counts",
            self.folder / "counts.bin", "--queries", self.folder / "queries.npy",
            "--query-vectors", TOKENS, "--candidates", self.folder / "candidates.bin",
            "--element", element, "--out", out,
        ])  # fmt: skip
        scores = np.fromfile(out, "<f4").reshape(self.candidates.shape)
        return {"cpu_s": answer["cpu_s"], "scores": scores}

    def peer(self, name: str) -> dict:
        peer = pathlib.Path(__file__).with_name("multi_peer.py")
        answer = run([sys.executable, peer, name, self.folder, TOKENS])
        return {"cpu_s": answer["cpu_s"], "scores": np.load(self.folder / f"{name}.npy")}


def best(scores: np.ndarray) -> list[set]:
    return [set(np.argsort(-own, kind="stable")[:LIMIT]) for own in scores]


def rerank(folder: pathlib.Path, options) -> list[dict]:
    work = Rerank(folder, options.rows, options.queries)
    truth = best(work.truth())
    rows = []
    engines = [("quiver", element) for element in ELEMENTS if element != "uint8"]
    for name, element in engines + [(peer, "float32") for peer in PEERS]:
        say(f"{name} {element} …")
        try:
            answer = work.quiver(element) if name == "quiver" else work.peer(name)
        except (RuntimeError, OSError) as error:
            say(f"{name}: {error}")
            continue
        same = [len(a & b) / LIMIT for a, b in zip(truth, best(answer["scores"]))]
        rows.append({
            "what": "rerank 100", "engine": name, "datatype": element,
            "CPU ms/query": answer["cpu_s"] / work.queries * 1e3, "recall@10": float(np.mean(same)),
        })  # fmt: skip
    return rows


def collection(folder: pathlib.Path, options) -> list[dict]:
    random = np.random.default_rng(5)
    counts = random.integers(40, 161, size=options.texts)
    subjects = random.normal(size=(2_000, DIMENSION))
    texts = []
    for count in counts:
        own = subjects[random.integers(len(subjects), size=12)]
        own = own + 0.5 * random.normal(size=DIMENSION)
        rows = own[random.integers(12, size=count)]
        rows = rows + 0.8 * random.normal(size=rows.shape)
        texts.append((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    asked = []
    for number in random.integers(len(texts), size=50):
        rows = texts[number][random.integers(counts[number], size=TOKENS)]
        rows = rows + 0.08 * random.normal(size=rows.shape)
        asked.append((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    np.save(folder / "texts.npy", np.concatenate(texts))
    np.save(folder / "asked.npy", np.concatenate(asked))
    counts.astype("<u4").tofile(folder / "texts.bin")
    say(f"search of {options.texts} multivectors …")
    answers = run_all([
        PROGRAM, "multi", "--vectors", folder / "texts.npy", "--counts", folder / "texts.bin",
        "--queries", folder / "asked.npy", "--query-vectors", TOKENS,
    ])  # fmt: skip
    return [
        {
            "what": f"search all, {a['by']}", "engine": "quiver", "datatype": "float32",
            "CPU ms/query": a["cpu_s"] / a["queries"] * 1e3, "recall@10": a["recall"],
            "bytes/row": a["index_bytes"] / a["rows"], "build CPU-s": a["build_cpu_s"],
        }
        for a in answers
    ]  # fmt: skip


def search(folder: pathlib.Path, options) -> list[dict]:
    if options.data is None:
        return []
    data = pathlib.Path(options.data)
    read = {
        name: np.asarray(np.load(data / f"{name}.f16.npy", mmap_mode="r")[:count], np.float32)
        for name, count in (("base", options.points), ("queries", 2_000))
    }
    low, high = read["base"].min(), read["base"].max()
    for name, rows in read.items():
        np.save(folder / f"{name}.npy", rows)
        # Signed numbers have no bytes: they are moved and stretched.
        np.save(folder / f"{name}-uint8.npy", np.clip((rows - low) / (high - low), 0, 1) * 255)
    rows = []
    for element in ELEMENTS:
        say(f"search {element} …")
        suffix = "-uint8" if element == "uint8" else ""
        out = folder / "found.bin"
        command = [
            PROGRAM, "--base", folder / f"base{suffix}.npy", "--queries",
            folder / f"queries{suffix}.npy", "--metric", "cosine", "--element", element, "--out",
            out,
        ]  # fmt: skip
        child = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, preexec_fn=pinned,
        )  # fmt: skip
        build = json.loads(child.stdout.readline())

        def ask(line: str) -> tuple[dict, np.ndarray]:
            child.stdin.write(line + "\n")
            child.stdin.flush()
            answer = json.loads(child.stdout.readline())
            return answer, np.fromfile(out, "<u4").reshape(-1, LIMIT)

        _, truth = ask("exact")
        for target in TARGETS:
            answer, found = min((ask(f"recall {target}") for _ in range(3)),
                                key=lambda pair: pair[0]["cpu_s"])  # fmt: skip
            same = [len(set(a) & set(b)) / LIMIT for a, b in zip(truth, found)]
            rows.append({
                "what": f"search {target}", "engine": "quiver", "datatype": element,
                "CPU ms/query": 1e3 / answer["qps_cpu"], "recall@10": float(np.mean(same)),
                "bytes/row": build["row_bytes"] + build["bytes_per_vector"],
                "build CPU-s": build["build_cpu_s"],
            })  # fmt: skip
        child.stdin.close()
        child.wait()
    return rows


def show(rows: list[dict], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    names = ["what", "engine", "datatype", "CPU ms/query", "recall@10", "bytes/row", "build CPU-s"]
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names))
    for row in rows:
        cells = [row.get(name, "") for name in names]
        print("| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else c for c in cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench multi")
    parser.add_argument("--data", help="a folder with base.f16.npy and queries.f16.npy")
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--texts", type=int, default=5_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quiver-multi-") as folder:
        parts = (rerank, collection, search)
        rows = [row for part in parts for row in part(pathlib.Path(folder), options)]
    show(rows, options.json)


if __name__ == "__main__":
    main()
