"""Searches under filters, Quiver's engine beside qdrant-edge; see scripts/bench for the options.

Both engines run in this machine's processes, without HTTP: each in one of its own, pinned to the
same core, one working at a time. Both hold the same points with the same payloads and keyword
indexes; both answer the same requests one by one, and both look up the ids of what they find.
What a call into qdrant-edge costs in Python whatever it finds is taken off.
"""

import argparse
import json
import pathlib
import shutil
import sys

import numpy as np
from index_bench import LIMIT, ROOT, Child, Work, say

SHARES = (2, 10, 100, 1000)
TOPICS = (10, 100)
RECALLS = (0.90, 0.95, 0.98)
#: Points a tenant has, and how many tenants of that size there are in 100,000 points.
TENANTS = ((10_000, 1), (3_000, 3), (1_000, 10), (300, 40), (100, 150), (30, 500), (10, 2900))


class Workload:
    """Requests with a filter each: the field, and for every query the value it must have."""

    def __init__(self, name: str, field: str, values: list[str], labels: np.ndarray):
        self.name, self.field, self.values, self.labels = name, field, values, labels
        _, numbers = np.unique(labels, return_inverse=True)
        sizes = np.bincount(numbers)
        names = {label: sizes[number] for label, number in zip(labels, numbers)}
        self.kept = float(np.mean([names[value] for value in values]))

    def truth(self, base: np.ndarray, queries: np.ndarray) -> list[np.ndarray]:
        """The exact nearest points of every query among those that its filter keeps."""
        found: list[np.ndarray] = [np.empty(0)] * len(queries)
        for value in set(self.values):
            rows = np.flatnonzero(self.labels == value)
            asked = [number for number, own in enumerate(self.values) if own == value]
            scores = queries[asked] @ base[rows].T
            order = np.argsort(-scores, axis=1)[:, :LIMIT]
            for number, best in zip(asked, order):
                found[number] = rows[best]
        return found


def topics(base: np.ndarray, count: int) -> np.ndarray:
    """The nearest of `count` centres, by k-means over a sample."""
    random = np.random.default_rng(count)
    sample = base[random.choice(len(base), min(len(base), 20_000), replace=False)]
    centres = sample[random.choice(len(sample), count, replace=False)]
    for _ in range(8):
        nearest = np.argmax(sample @ centres.T, axis=1)
        for number in range(count):
            own = sample[nearest == number]
            if len(own):
                centres[number] = own.mean(0) / np.linalg.norm(own.mean(0))
    return np.concatenate(
        [np.argmax(part @ centres.T, axis=1) for part in np.array_split(base, 50)]
    )


def workloads(base: np.ndarray, queries: np.ndarray) -> list[Workload]:
    # What points have does not depend on the number of queries: it may be kept between runs.
    random, choice = np.random.default_rng(7), np.random.default_rng(8)
    made = []
    for share in SHARES:
        labels = np.array([f"v{value}" for value in random.integers(share, size=len(base))])
        values = [f"v{value}" for value in choice.integers(share, size=len(queries))]
        made.append(Workload(f"random, {100 / share:g} %", f"keep{share}", values, labels))
    for count in TOPICS:
        numbers = topics(base, count)
        labels = np.array([f"t{number}" for number in numbers])
        nearest = np.argmax(queries @ base.T, axis=1)
        near = [labels[row] for row in nearest]
        made.append(Workload(f"own topic of {count}", f"topic{count}", near, labels))
        other = [labels[row] for row in choice.integers(len(base), size=len(queries))]
        made.append(Workload(f"any topic of {count}", f"topic{count}", other, labels))
    names = [
        f"tenant-{size}-{number}"
        for size, count in TENANTS
        for number in range(max(1, count * len(base) // 100_000))
        for _ in range(size)
    ]
    labels = np.array((names + ["tenant-rest"] * len(base))[: len(base)])
    random.shuffle(labels)
    for size, _ in TENANTS[::2]:
        own = sorted({label for label in labels if label.startswith(f"tenant-{size}-")})
        if own:
            values = [own[number] for number in choice.integers(len(own), size=len(queries))]
            made.append(Workload(f"tenant of {size:,}", "tenant", values, labels))
    return made


class Quiver(Child):
    #: The recall that searches aim at; `None` leaves it to the engine.
    settings = (0.9, 0.95, None)

    def __init__(self, folder: pathlib.Path, work: Work):
        self.folder = folder
        self.out = folder / "quiver-found.bin"
        shutil.rmtree(folder / "quiver", ignore_errors=True)
        program = ROOT / ".build" / "release" / "quiver-bench"
        command = [
            str(program), "collection", "--base", str(work.base), "--payloads",
            str(folder / "payloads.jsonl"), "--indexes", str(folder / "indexes.jsonl"),
            "--storage", str(folder / "quiver"), "--out", str(self.out),
        ]  # fmt: skip
        super().__init__("quiver", "", command)
        self.build = self.read()

    def search(self, workload: Workload, queries: np.ndarray, setting) -> dict:
        requests = self.folder / "requests.jsonl"
        with requests.open("w") as file:
            for query, value in zip(queries, workload.values):
                must = [{"key": workload.field, "match": {"value": value}}]
                body = {"query": query.tolist(), "limit": LIMIT, "filter": {"must": must}}
                if setting is not None:
                    body["params"] = {"ivf": {"recall": setting}}
                file.write(json.dumps(body) + "\n")
        answer = self.ask(str(requests))
        answer["found"] = np.fromfile(self.out, "<u4").reshape(-1, LIMIT).astype(np.int64)
        answer["found"][answer["found"] == 0xFFFF_FFFF] = -1
        return answer


class QdrantEdge(Child):
    settings = (32, 64, 128, 256)

    def __init__(self, folder: pathlib.Path, work: Work):
        self.folder = folder
        command = [
            sys.executable, str(pathlib.Path(__file__).with_name("filter_peer.py")),
            str(work.base), str(work.queries), str(folder),
        ]  # fmt: skip
        super().__init__("qdrant-edge", "", command)
        self.build = self.read()

    def search(self, workload: Workload, queries: np.ndarray, setting) -> dict:
        asked = {"ef": setting, "field": workload.field, "values": workload.values}
        answer = self.ask(json.dumps(asked))
        answer["found"] = np.load(self.folder / "edge-found.npy")
        return answer


def recall(found: np.ndarray, truth: list[np.ndarray]) -> float:
    hits = sum(len(set(map(int, a)) & set(map(int, b))) for a, b in zip(found, truth))
    return hits / sum(len(rows) for rows in truth)


def measure(child: Child, work_queries, made: list[Workload], truths, repeats: int) -> list[dict]:
    rows = []
    for workload, truth in zip(made, truths):
        for setting in child.settings:
            answers = [child.search(workload, work_queries, setting) for _ in range(repeats)]
            middle = sorted(answers, key=lambda answer: answer["cpu_s"])[len(answers) // 2]
            rows.append({
                "engine": child.name, "setting": "default" if setting is None else str(setting),
                "filter": workload.name,
                "points_kept": workload.kept, "recall10": recall(middle["found"], truth),
                "qps_cpu": len(work_queries) / middle["cpu_s"], "p50_ms": middle["p50_ms"],
                "p99_ms": middle["p99_ms"],
            })  # fmt: skip
            say(f"  {child.name} {setting}: {workload.name}: recall {rows[-1]['recall10']:.4f}, "
                f"{rows[-1]['qps_cpu']:,.0f} queries per CPU-second")  # fmt: skip
    return rows


def fastest(rows: list[dict], name: str, wanted: float, is_ours: bool) -> float | None:
    """Queries per CPU-second under a filter at the fastest setting of at least so much recall."""
    reached = [
        row["qps_cpu"]
        for row in rows
        if row["filter"] == name and row["recall10"] >= wanted
        and (row["engine"] == "quiver") == is_ours
    ]  # fmt: skip
    return max(reached, default=None)


def show(rows: list[dict]) -> None:
    print(f"{'filter':22} {'points kept':>11} {'engine':>12} {'setting':>8} {'recall@10':>9} "
          f"{'queries/CPU-s':>13} {'p50 ms':>8} {'p99 ms':>8}")  # fmt: skip
    for row in sorted(rows, key=lambda row: [r["filter"] for r in rows].index(row["filter"])):
        print(f"{row['filter']:22} {row['points_kept']:11,.0f} {row['engine']:>12} "
              f"{row['setting']:>8} {row['recall10']:9.4f} {row['qps_cpu']:13,.0f} "
              f"{row['p50_ms']:8.3f} {row['p99_ms']:8.3f}")  # fmt: skip
    print("\nQuiver's queries per CPU-second as a multiple of the other's, each at its fastest")
    print("setting that reaches the recall:")
    print(f"{'':22}" + "".join(f"{recall:>12}" for recall in RECALLS))
    for name in dict.fromkeys(row["filter"] for row in rows):
        cells = []
        for wanted in RECALLS:
            ours = fastest(rows, name, wanted, is_ours=True)
            theirs = fastest(rows, name, wanted, is_ours=False)
            if ours is None:
                cells.append("-")
            elif theirs is None:
                cells.append("alone")
            else:
                cells.append(f"{ours / theirs:.2f}×")
        print(f"{name:22}" + "".join(f"{cell:>12}" for cell in cells))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench filter")
    parser.add_argument("--data", required=True)
    parser.add_argument("--engines", default="quiver,qdrant-edge")
    parser.add_argument("--points", type=int)
    parser.add_argument("--queries", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.metric = "cosine"
    work = Work(options)
    base, queries = np.load(work.base), np.load(work.queries)
    folder = work.cache / "filter"
    folder.mkdir(exist_ok=True)
    if not options.keep:
        shutil.rmtree(folder / "edge", ignore_errors=True)
    say(f"{len(base):,} rows of {base.shape[1]}, {len(queries):,} queries")
    made = workloads(base, queries)
    truths = [workload.truth(base, queries) for workload in made]
    fields = {workload.field: workload.labels for workload in made}
    with (folder / "payloads.jsonl").open("w") as file:
        for number in range(len(base)):
            payload = {field: str(labels[number]) for field, labels in fields.items()}
            file.write(json.dumps(payload, separators=(",", ":")) + "\n")
    with (folder / "indexes.jsonl").open("w") as file:
        for field in fields:
            schema = {"type": "keyword", "is_tenant": field == "tenant"}
            file.write(json.dumps({"field_name": field, "field_schema": schema}) + "\n")
    rows: list[dict] = []
    missing = []
    for name in options.engines.split(","):
        say(f"Loading {name} …")
        try:
            child = {"quiver": Quiver, "qdrant-edge": QdrantEdge}[name](folder, work)
        except Exception as error:
            missing.append(f"{name}: {error}")
            continue
        rows += measure(child, queries, made, truths, options.repeats)
        child.close()
    if options.json:
        for row in rows:
            print(json.dumps(row), flush=True)
    else:
        show(rows)
    for text in missing:
        say(f"left out: {text}")
    return 1 if any(text.startswith("quiver") for text in missing) else 0


if __name__ == "__main__":
    sys.exit(main())
