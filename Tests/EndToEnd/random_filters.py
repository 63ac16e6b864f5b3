"""Random payloads, changes and filters, drawn from a seed, in the form they have on the wire.

The payloads are meant to be unruly: values missing, null, in arrays, nested, of the wrong type.
"""

import random
import uuid

NUMBERS = list(range(1, 25))
UUIDS = [str(uuid.UUID(int=n * 7919 << 64 | n)) for n in range(1, 9)]
IDS = [*NUMBERS, *UUIDS]
KEYS = ["a", "b", "c", "d", "g", "n", "t", "x y"]
PATHS = [
    "a", "a", "a[]", "a.b", "a[].b", "a[0]", "b", "b.a", "b.c", "b.c[]", "b.d", "b.g", "b.t",
    "c", "c[]", "c[].a", "c[].b", "c[].d", "c[].g", "c[].t", "c[0].a", "c[].a[]", "c.a", "d",
    "d[]", "g", "g[]", "n", "n[]", "n[1]", "t", "t[]", '"x y"', 'b."x y"', "a.b.c", "no.where",
]  # fmt: skip
ARRAYS = ["c", "c[]", "a", "b.c", "c[].a", "c[0].a", "g", "n", "no.where"]
INNER = ["a", "b", "d", "g", "t", "n", "a[]", "a.b", "c", "x"]
WORDS = ["red", "green", "Grün", "e\u0301t\u00e9", "quick", "brown", "Fox", "the", "3", ""]
STRINGS = ["red", "green", "Grün", "gr", "", "3", "true", UUIDS[0], "re"]
ZONES = ["", "Z", "z", "+02:00", "-0130", "+05", " +01:00", " UTC"]


class RandomFilters:
    """Keeps clear of what the engine does in its own way: see ALLOWED of the test."""

    def __init__(self, seed: int, indexes: dict):
        self.random = random.Random(seed)
        self.indexes = indexes

    # Values

    def payload(self) -> dict:
        return {key: self.value(key) for key in self.some(KEYS, 6, least=0)}

    def value(self, key: str, depth: int = 3):
        """A value as is usual under the key, or of any other kind."""
        kind = {"b": "object", "c": "objects", "d": "date", "g": "place", "t": "text"}.get(key)
        if kind is None or self.chance(0.2):
            kind = self.random.choice(
                ["null", "bool", "number", "string", "text", "date", "place", "object", "objects"]
            )
        if self.chance(0.25) and depth > 0:
            return [self.one(kind, depth - 1) for _ in range(self.random.randint(0, 3))]
        return self.one(kind, depth)

    def one(self, kind: str, depth: int):
        if depth <= 0 and kind in ("object", "objects"):
            kind = "number"
        if self.chance(0.08):
            kind = "null"
        if kind == "null":
            return None
        if kind == "bool":
            return self.chance(0.5)
        if kind == "number":
            return self.random.choice(
                [self.random.randint(-2, 6), self.random.randint(0, 6) + 0.5, 3.0, 2**63, -(2**53)]
            )
        if kind == "string":
            return self.random.choice(STRINGS)
        if kind == "text":
            return self.text()
        if kind == "date":
            return self.date()
        if kind == "place":
            return self.place()
        if kind == "object":
            return self.object(depth - 1)
        return [self.object(depth - 1) for _ in range(self.random.randint(0, 3))]

    def object(self, depth: int) -> dict:
        return {key: self.value(key, depth) for key in self.some(["a", *KEYS, "a"], 4, least=0)}

    def text(self) -> str:
        blank = self.random.choice([" ", " ", "-", ", "])
        return blank.join(self.random.choices(WORDS, k=self.random.randint(0, 4)))

    def date(self) -> str:
        """A moment around the turn of a year, in one of many spellings; or none."""
        if self.chance(0.1):
            return self.random.choice(["soon", "2024-13-01", "2024", "2024-01-01T24:00:00Z"])
        day = self.random.choice(["2023-12-31", "2024-01-01", "2024-1-2"])
        if self.chance(0.3):
            return day
        time = self.random.choice(["00:00", "23:59", "12:30"])
        blank = self.random.choice(["T", "T", " "])
        if self.chance(0.2):
            return f"{day}{blank}{time}"
        second = self.random.choice([":00", ":59", ":30.5", ":30.123456"])
        return f"{day}{blank}{time}{second}{self.random.choice(ZONES)}"

    def place(self) -> dict:
        if self.chance(0.1):
            return self.random.choice([{"lon": 1}, {"lon": "1", "lat": "1"}, {"lat": 95, "lon": 5}])
        longitude = self.random.choice([-180, -179.5, -1, 0, 0.5, 1, 2, 179.5, 180])
        return {"lon": longitude, "lat": self.random.choice([-1, -0.5, 0, 0.5, 1, 2])}

    # Filters

    def filter(self, depth: int = 2, inside: bool = False) -> dict:
        filter = {}
        for clause in self.some(["must", "should", "must_not", "min_should"], 2, least=0):
            least = 1 if clause == "min_should" else 0
            count = max(least, self.random.choice([0, 1, 1, 2, 3]))
            conditions = [self.condition(depth, inside) for _ in range(count)]
            if clause == "min_should":
                count = self.random.randint(1, 3)
                filter[clause] = {"conditions": conditions, "min_count": count}
            else:
                filter[clause] = conditions
        return filter

    def condition(self, depth: int, inside: bool = False) -> dict:
        kinds = {
            "field": 20, "is_empty": 2, "is_null": 2, "has_id": 1, "has_vector": 1, "slice": 1,
            "nested": 4 if depth > 0 else 0, "filter": 3 if depth > 0 else 0,
        }  # fmt: skip
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        key = self.random.choice(INNER if inside else PATHS)
        if kind == "field":
            return {"key": key, **self.demands(key)}
        if kind in ("is_empty", "is_null"):
            return {kind: {"key": key}}
        if kind == "has_id":
            return {"has_id": self.some(IDS, 16, least=0)}
        if kind == "has_vector":
            return {"has_vector": self.random.choice(["", "other"])}
        if kind == "slice":
            total = self.random.randint(1, 5)
            return {"slice": {"total": total, "index": self.random.randrange(total)}}
        if kind == "nested":
            key = self.random.choice(INNER if inside else ARRAYS)
            return {"nested": {"key": key, "filter": self.filter(depth - 1, inside=True)}}
        return self.filter(depth - 1, inside)

    def demands(self, key: str) -> dict:
        """What is asked of the values at a key: mostly one thing, at times several."""
        kinds = {
            "match": 8, "range": 3, "dates": 3, "geo_bounding_box": 1, "geo_radius": 1,
            "geo_polygon": 1, "values_count": 2, "is_empty": 1, "is_null": 1,
        }  # fmt: skip
        demands = {}
        # An indexed field is not asked what the engine answers in a way of its own.
        index = self.indexes.get(key) or self.indexes.get(f"c[].{key}")
        for _ in range(1 if index or self.chance(0.9) else 2):
            kind = self.random.choices(list(kinds), list(kinds.values()))[0]
            if kind == "range" and index == "datetime":
                kind = "dates"
            elif kind == "dates" and index in ("integer", "float"):
                kind = "range"
            if kind == "range" and index == "integer":
                kind = "values_count"
            if kind in ("is_empty", "is_null") and "[]" in key:
                kind = "match"
            demands["range" if kind == "dates" else kind] = getattr(self, kind)()
        if index and "except" in demands.get("match", {}):
            demands["match"] = {"any": demands["match"]["except"]}
        return demands

    def match(self) -> dict:
        kind = self.random.choice(
            ["value", "value", "any", "except", "text", "text_any", "phrase", "prefix"]
        )
        if kind == "value":
            scalars = [True, False, *range(-1, 6), *STRINGS, 2**53]
            return {"value": self.random.choice(scalars)}
        if kind in ("any", "except"):
            population = self.random.choice([STRINGS, list(range(-2, 7))])
            return {kind: self.some(population, self.random.choice([3, 9]), least=0)}
        if kind == "prefix":
            return {"prefix": self.random.choice(["", "r", "re", "gr", "quick", "2024", "\u00e9"])}
        return {kind: self.text()}

    def range(self) -> dict:
        return self.bounds(lambda: self.random.choice([-2, 0, 1.5, 2, 3, 3.5, 5, 2.0**63]))

    def dates(self) -> dict:
        def moment():
            while True:
                date = self.date()
                if date[:4] == "2023" or date[5:7] in ("01", "1-") and "24:00" not in date:
                    return date

        return self.bounds(moment)

    def values_count(self) -> dict:
        return self.bounds(lambda: self.random.randint(0, 3))

    def bounds(self, bound) -> dict:
        return {name: bound() for name in self.some(["lt", "lte", "gt", "gte"], 2)}

    def is_empty(self) -> bool:
        return self.chance(0.5)

    def is_null(self) -> bool:
        return self.chance(0.5)

    def corner(self) -> dict:
        return {
            "lon": self.random.choice([-180, -179, -2, -1, 0, 1, 2, 179, 180]),
            "lat": self.random.choice([-3, -1, 0, 1, 3]),
        }

    def geo_bounding_box(self) -> dict:
        return {"top_left": self.corner(), "bottom_right": self.corner()}

    def geo_radius(self) -> dict:
        radius = self.random.choice([0, 1, 60_000, 120_000, 1e7])
        return {"center": self.corner(), "radius": radius}

    def geo_polygon(self) -> dict:
        def ring(*corners):
            return {"points": [{"lon": x, "lat": y} for x, y in [*corners, corners[0]]]}

        exterior = self.random.choice([
            ring((-3, -3), (3, -3), (3, 3), (-3, 3)),
            ring((0, 0), (3, 0), (3, 3), (0, 3)),
            ring((-3, -3), (0, 2.5), (3, -3)),
            ring((170, -5), (-170, -5), (-170, 5), (170, 5)),
        ])  # fmt: skip
        polygon = {"exterior": exterior}
        if self.chance(0.5):
            polygon["interiors"] = [ring((-0.7, -0.7), (-0.7, 0.7), (0.7, 0.7), (0.7, -0.7))]
        return polygon

    # Changes

    def change(self, existing: list) -> tuple[str, dict]:
        """The name of a change and its body, as on the wire."""
        kinds = {
            "upsert": 6, "delete": 2, "set_payload": 4, "overwrite_payload": 2, "delete_payload": 3,
            "clear_payload": 1,
        }  # fmt: skip
        if len(existing) < 10:
            kinds = {"upsert": 1}
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        return kind, getattr(self, kind)(existing)

    def upsert(self, existing) -> dict:
        return {
            "points": [
                {"id": id, "vector": [1.0, 0.5], "payload": self.payload()}
                for id in self.some(IDS, 5)
            ]
        }

    def delete(self, existing) -> dict:
        return self.target(existing, 0.3)

    def set_payload(self, existing) -> dict:
        payload = {key: value for key, value in self.payload().items() if value is not None}
        body = {"payload": payload, **self.target(existing, 0.3)}
        if self.chance(0.4):
            body["key"] = self.random.choice(["a", "b", "a.b", "c[].a", "c[0]", "n", '"x y"'])
        return body

    def overwrite_payload(self, existing) -> dict:
        return {"payload": self.payload(), **self.target(existing, 0.2)}

    def delete_payload(self, existing) -> dict:
        return {"keys": self.some(PATHS, 3), **self.target(existing, 0.3)}

    def clear_payload(self, existing) -> dict:
        return self.target(existing, 0.3)

    def target(self, existing, by_filter: float) -> dict:
        if self.chance(by_filter):
            # Narrow, so that not all points are changed alike.
            narrow = {"must": [self.condition(1), self.condition(1)]}
            return {"filter": narrow}
        return {"points": self.some(existing, 4)}

    def some(self, population, most: int, least: int = 1) -> list:
        count = min(self.random.randint(least, most), len(population))
        return self.random.sample(population, count)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability
