"""What points have beside their vectors, and the filters that searches of them have; see
filter_bench.py.
"""

import json

import numpy as np
from index_bench import LIMIT

SHARES = (2, 10, 33, 100, 1000)
TAGS = 2_000
TOPICS = (10, 100)
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
