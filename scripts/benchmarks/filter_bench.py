"""Searches under filters, Quiver's engine beside qdrant-edge; see scripts/bench for the options.

Both engines run in this machine's processes, without HTTP: each in one of its own, pinned to the
same core, one working at a time. Both hold the same points with the same payloads and indexes;
both answer the same requests one by one, and both look up the ids of what they find. What a call
into qdrant-edge costs in Python whatever it finds is taken off.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
from filter_data import Workload, workloads
from index_bench import LIMIT, ROOT, Child, Work
from pinned_engine import pinned, say

RECALLS = (0.90, 0.95, 0.98)


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
            for query, must in zip(queries, workload.conditions):
                body = {"query": query.tolist(), "limit": LIMIT}
                if must:
                    body["filter"] = {"must": must}
                if setting is not None:
                    body["params"] = {"ivf": {"recall": setting}}
                file.write(json.dumps(body) + "\n")
        answer = self.ask(str(requests))
        answer["found"] = np.fromfile(self.out, "<u4").reshape(-1, LIMIT).astype(np.int64)
        answer["found"][answer["found"] == 0xFFFF_FFFF] = -1
        return answer


class QdrantEdge(Child):
    #: `hnsw_ef`, and whether ACORN is on.
    settings = ((32, False), (128, False), (32, True), (64, True), (128, True), (256, True))

    def __init__(self, folder: pathlib.Path, work: Work):
        self.folder = folder
        command = [
            sys.executable, str(pathlib.Path(__file__).with_name("filter_peer.py")),
            str(work.base), str(work.queries), str(folder),
        ]  # fmt: skip
        super().__init__("qdrant-edge", "", command)
        self.build = self.read()

    def search(self, workload: Workload, queries: np.ndarray, setting) -> dict:
        asked = {"ef": setting[0], "acorn": setting[1], "conditions": workload.conditions}
        answer = self.ask(json.dumps(asked))
        answer["found"] = np.load(self.folder / "edge-found.npy")
        return answer


def recall(found: np.ndarray, truth: list[np.ndarray]) -> float:
    hits = sum(len(set(map(int, a)) & set(map(int, b))) for a, b in zip(found, truth))
    return hits / sum(len(rows) for rows in truth)


def named(setting) -> str:
    if isinstance(setting, tuple):
        return f"{setting[0]}{' acorn' if setting[1] else ''}"
    return "default" if setting is None else str(setting)


def measure(child: Child, work_queries, made: list[Workload], truths, repeats: int) -> list[dict]:
    rows = []
    for workload, truth in zip(made, truths):
        for setting in child.settings:
            answers = [child.search(workload, work_queries, setting) for _ in range(repeats)]
            middle = sorted(answers, key=lambda answer: answer["cpu_s"])[len(answers) // 2]
            rows.append({
                "engine": child.name, "setting": named(setting),
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


def alone(work: Work, queries: int) -> None:
    """Filters made of where rows lie, seen from each query, in the index by itself."""
    command = [
        str(ROOT / ".build" / "release" / "quiver-bench"), "filter", "--base", str(work.base),
        "--queries", str(work.queries), "--query-count", str(queries),
    ]  # fmt: skip
    print(f"{'rows that pass':26} {'share':>6} {'recall@10':>9} {'CPU us':>8} "
          f"{'of a search without':>20}")  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pinned) as child:
        for line in child.stdout:
            row = json.loads(line)
            print(f"{row['filter']:26} {row['share']:6.3f} {row['recall10']:9.4f} "
                  f"{row['us']:8.1f} {row['times']:19.1f}×", flush=True)  # fmt: skip


def show(rows: list[dict]) -> None:
    print(f"{'filter':27} {'points kept':>11} {'engine':>12} {'setting':>9} {'recall@10':>9} "
          f"{'queries/CPU-s':>13} {'p50 ms':>8} {'p99 ms':>8}")  # fmt: skip
    for row in sorted(rows, key=lambda row: [r["filter"] for r in rows].index(row["filter"])):
        print(f"{row['filter']:27} {row['points_kept']:11,.0f} {row['engine']:>12} "
              f"{row['setting']:>9} {row['recall10']:9.4f} {row['qps_cpu']:13,.0f} "
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
    parser.add_argument("--engines", default="index,quiver,qdrant-edge")
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
    engines = options.engines.split(",")
    if "index" in engines:
        alone(work, min(100, len(queries)))
        engines.remove("index")
        if not engines:
            return 0
    made = workloads(base, queries)
    truths = [workload.truth(base, queries) for workload in made]
    fields = made[0].fields
    with (folder / "payloads.jsonl").open("w") as file:
        for number in range(len(base)):
            payload = {name: column.payload(number) for name, column in fields.items()}
            file.write(json.dumps(payload, separators=(",", ":")) + "\n")
    with (folder / "indexes.jsonl").open("w") as file:
        for name, column in fields.items():
            index = {"field_name": name, "field_schema": column.schema(name)}
            file.write(json.dumps(index) + "\n")
    rows: list[dict] = []
    missing = []
    for name in engines:
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
