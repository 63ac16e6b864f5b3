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
from index_bench import LIMIT, ROOT, Child, Work, pinned, say

SHARES = (2, 10, 33, 100, 1000)
TAGS = 2_000
TOPICS = (10, 100)
RECALLS = (0.90, 0.95, 0.98)
#: Points a tenant has, and how many tenants of that size there are in 100,000 points.
TENANTS = ((10_000, 1), (3_000, 3), (1_000, 10), (300, 40), (100, 150), (30, 500), (10, 2900))
#: Equal tenants beside one that has a tenth of the points.
MANY = 10_000


class Workload:
    """Requests with a filter each: for every query its conditions, all of which must hold."""

    def __init__(self, name: str, conditions: list[list[dict]], fields: dict[str, "Column"]):
        self.name, self.conditions, self.fields = name, conditions, fields
        self.masks: dict[str, np.ndarray] = {}
        kept = [int(self.passing(number).sum()) for number in range(len(conditions))]
        self.kept = float(np.mean(kept))

    def passing(self, number: int) -> np.ndarray:
        """Which points pass the filter of a query."""
        mask = np.ones(len(next(iter(self.fields.values())).values), bool)
        for condition in self.conditions[number]:
            key = json.dumps(condition, sort_keys=True)
            if key not in self.masks:
                self.masks[key] = self.fields[condition["key"]].passing(condition)
            mask = mask & self.masks[key]
        return mask

    def truth(self, base: np.ndarray, queries: np.ndarray) -> list[np.ndarray]:
        """The exact nearest points of every query among those that its filter keeps."""
        found: list[np.ndarray] = []
        for number, query in enumerate(queries):
            rows = np.flatnonzero(self.passing(number))
            scores = base[rows] @ query
            found.append(rows[np.argsort(-scores)[:LIMIT]])
        return found


class Column:
    """What every point has in one field: a word, a number, a place, or some tags."""

    def __init__(self, kind: str, values):
        self.kind, self.values = kind, values

    def payload(self, row: int):
        value = self.values[row]
        if self.kind == "geo":
            return {"lat": float(value[0]), "lon": float(value[1])}
        if self.kind == "integer":
            return int(value)
        return [f"t{tag}" for tag in value] if self.kind == "tags" else str(value)

    def schema(self, name: str) -> dict:
        if self.kind in ("geo", "integer"):
            return {"type": self.kind}
        return {"type": "keyword", "is_tenant": name in ("tenant", "many")}

    def passing(self, condition: dict) -> np.ndarray:
        if self.kind == "geo":
            box = condition["geo_bounding_box"]
            top, bottom = box["top_left"], box["bottom_right"]
            lat, lon = self.values.T
            inside = (lat <= top["lat"]) & (lat >= bottom["lat"])
            return inside & (lon >= top["lon"]) & (lon <= bottom["lon"])
        if self.kind == "integer":
            bounds = condition["range"]
            return (self.values >= bounds["gte"]) & (self.values < bounds["lt"])
        wanted = condition["match"]["value"]
        if self.kind == "tags":
            return np.array([wanted in tags for tags in self.payload_tags()])
        return self.values == wanted

    def payload_tags(self) -> list[set[str]]:
        return [{f"t{tag}" for tag in tags} for tags in self.values]


def word(key: str, value: str) -> dict:
    return {"key": key, "match": {"value": value}}


def span(key: str, first: float, last: float) -> dict:
    return {"key": key, "range": {"gte": int(first), "lt": int(last)}}


def topics(base: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` centres, by k-means over a sample, and the nearest of them for every point."""
    random = np.random.default_rng(count)
    sample = base[random.choice(len(base), min(len(base), 20_000), replace=False)]
    centres = sample[random.choice(len(sample), count, replace=False)]
    for _ in range(8):
        nearest = np.argmax(sample @ centres.T, axis=1)
        for number in range(count):
            own = sample[nearest == number]
            if len(own):
                centres[number] = own.mean(0) / np.linalg.norm(own.mean(0))
    return centres, np.concatenate(
        [np.argmax(part @ centres.T, axis=1) for part in np.array_split(base, 50)]
    )


def workloads(base: np.ndarray, queries: np.ndarray) -> list[Workload]:
    # What points have does not depend on the number of queries: it may be kept between runs.
    random, choice = np.random.default_rng(7), np.random.default_rng(8)
    count, asked = len(base), len(queries)
    fields: dict[str, Column] = {}
    made: list[Workload] = []

    def add(name: str, conditions: list[list[dict]]) -> None:
        made.append(Workload(name, conditions, fields))

    for share in SHARES:
        key = f"keep{share}"
        values = random.integers(share, size=count)
        fields[key] = Column("keyword", np.array([f"v{value}" for value in values]))
        wanted = choice.integers(share, size=asked)
        add(f"random, {100 / share:.3g} %", [[word(key, f"v{value}")] for value in wanted])
    add("none", [[] for _ in queries])
    for number in TOPICS:
        centres, labels = topics(base, number)
        key = f"topic{number}"
        fields[key] = Column("keyword", np.array([f"t{label}" for label in labels]))
        near = queries @ centres.T
        any_one = labels[choice.integers(count, size=asked)]
        own, farthest = near.argmax(1), near.argmin(1)
        for name, chosen in (("own", own), ("any", any_one), ("farthest", farthest)):
            add(f"{name} topic of {number}", [[word(key, f"t{label}")] for label in chosen])
    along(base, queries, fields, add, random)
    fields["place"] = Column("geo", random.uniform((-60, -150), (60, 150), (count, 2)))
    boxes = choice.uniform((-40, -110), (40, 110), (asked, 2))
    add("box on the map, 3 %", [[box("place", lat, lon, 13, 21)] for lat, lon in boxes])
    half = word("keep2", "v0")
    add("box and 50 %", [[box("place", lat, lon, 13, 21), half] for lat, lon in boxes])
    tags(base, asked, fields, add, random, choice)
    tenants(count, asked, fields, add, random, choice)
    return made


def along(base, queries, fields, add, random) -> None:
    """Numbers by which points lie along one direction: ranges around the query's own, and of the
    other end."""
    direction = base[random.integers(len(base))] - base[random.integers(len(base))]
    places = base @ direction
    ranks = np.empty(len(base), np.int64)
    ranks[np.argsort(places)] = np.arange(len(base))
    fields["number"] = Column("integer", ranks)
    own = np.searchsorted(np.sort(places), queries @ direction)
    for share in (0.1, 0.01):
        wide = share * len(base)
        low = np.clip(own - wide / 2, 0, len(base) - wide)
        add(f"own range, {100 * share:g} %", [[span("number", n, n + wide)] for n in low])
        far = np.where(own < len(base) / 2, len(base) - wide, 0)
        add(f"far range, {100 * share:g} %", [[span("number", n, n + wide)] for n in far])
        if share == 0.1:
            both = [[span("number", n, n + wide), word("keep2", "v0")] for n in low]
            add("own range and 50 %", both)


def box(key: str, lat: float, lon: float, high: float, wide: float) -> dict:
    return {"key": key, "geo_bounding_box": {
        "top_left": {"lat": lat + high, "lon": lon - wide},
        "bottom_right": {"lat": lat - high, "lon": lon + wide},
    }}  # fmt: skip


def tags(base, asked, fields, add, random, choice) -> None:
    """As in the filter task of big-ann: tags by Zipf's law, one or two of a point's own a query."""
    weights = 1 / np.arange(1, TAGS + 1)
    drawn = random.choice(TAGS, (len(base), 10), p=weights / weights.sum())
    sizes = random.integers(1, 11, len(base))
    values = [sorted(set(row[:size].tolist())) for row, size in zip(drawn, sizes)]
    fields["tags"] = Column("tags", values)
    conditions = []
    while len(conditions) < asked:
        own = values[choice.integers(len(base))]
        wanted = choice.permutation(own)[: 1 + len(conditions) % 2]
        if len(wanted) == 1 + len(conditions) % 2:
            conditions.append([word("tags", f"t{tag}") for tag in wanted])
    add("one or two tags", conditions)


def tenants(count, asked, fields, add, random, choice) -> None:
    names = [
        f"tenant-{size}-{number}"
        for size, several in TENANTS
        for number in range(max(1, several * count // 100_000))
        for _ in range(size)
    ]
    labels = np.array((names + ["tenant-rest"] * count)[:count])
    random.shuffle(labels)
    fields["tenant"] = Column("keyword", labels)
    for size, _ in TENANTS[::2]:
        own = sorted({label for label in labels if label.startswith(f"tenant-{size}-")})
        if own:
            chosen = choice.integers(len(own), size=asked)
            add(f"tenant of {size:,}", [[word("tenant", own[number])] for number in chosen])
    labels = np.array([f"many-{number % MANY}" for number in range(count)])
    labels[: count // 10] = "many-big"
    random.shuffle(labels)
    fields["many"] = Column("keyword", labels)
    small = [[word("many", f"many-{number}")] for number in choice.integers(MANY, size=asked)]
    add(f"one of {MANY:,} tenants", small)
    add(f"the largest beside {MANY:,}", [[word("many", "many-big")] for _ in range(asked)])


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
