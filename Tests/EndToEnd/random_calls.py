"""Random calls of qdrant-client, drawn from a seed, on a small set of points.

Values avoid what the in-process store of the client library takes for equal and a server does
not: a bool next to the numbers 0 and 1, and floats without a fraction.
"""

import dataclasses
import random
import uuid

import numpy as np
from qdrant_client import models

IDS = [*range(1, 31), *(str(uuid.UUID(int=n * 7919 << 64 | n)) for n in range(1, 13))]
KEYS = ["a", "b", "c", "n"]
PATHS = ["a", "b", "c", "n", "a.b", "a.b.c", "b.a", "c[].a", "a[].b", "c[].a[]", "n[]", "no.where"]
WORDS = ["red", "green", "blue", "Grün", ""]


@dataclasses.dataclass
class Call:
    """One method of the client with its arguments, the collection's name left out."""

    method: str
    arguments: dict

    def run(self, client, name: str):
        return getattr(client, self.method)(collection_name=name, **self.arguments)


class RandomCalls:
    def __init__(self, seed: int, sizes: dict[str, int]):
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.sizes = sizes

    def write(self, existing: list) -> Call:
        kinds = {
            "upsert": 6, "delete": 2, "set_payload": 3, "overwrite_payload": 1, "clear_payload": 1,
            "delete_payload": 2, "update_vectors": 2, "delete_vectors": 1, "batch_update_points": 1,
        }  # fmt: skip
        if len(existing) < 8:
            kinds = {"upsert": 1}
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        if kind == "delete_vectors" and "" in self.sizes:
            kind = "upsert"
        return Call(kind, getattr(self, kind)(existing))

    def read(self, existing: list) -> Call:
        kind = self.random.choice(["query_points"] * 5 + ["scroll"] * 3 + ["count", "retrieve"])
        return Call(kind, getattr(self, kind)(existing))

    # Writes

    def upsert(self, existing) -> dict:
        return {"points": self.points()}

    def delete(self, existing) -> dict:
        if self.random.random() < 0.3:
            narrow = models.Filter(must=[self.condition(0), self.condition(0)])
            return {"points_selector": models.FilterSelector(filter=narrow)}
        return {"points_selector": self.some(IDS, 3)}

    def set_payload(self, existing) -> dict:
        arguments = {"payload": self.payload(), "points": self.target(existing)}
        if self.random.random() < 0.4:
            arguments["key"] = self.random.choice(["a", "b", "a.b", "c", "n.new"])
        return arguments

    def overwrite_payload(self, existing) -> dict:
        return {"payload": self.payload(), "points": self.target(existing)}

    def delete_payload(self, existing) -> dict:
        return {"keys": self.some(PATHS[:10], 3), "points": self.target(existing)}

    def clear_payload(self, existing) -> dict:
        return {"points_selector": self.target(existing)}

    def update_vectors(self, existing) -> dict:
        ids = self.some(existing, 3)
        return {"points": [models.PointVectors(id=id, vector=self.vectors(True)) for id in ids]}

    def delete_vectors(self, existing) -> dict:
        return {"vectors": self.some(list(self.sizes), 1), "points": self.some(existing, 3)}

    def batch_update_points(self, existing) -> dict:
        ids = self.some(existing, 3)
        return {
            "update_operations": [
                models.SetPayloadOperation(
                    set_payload=models.SetPayload(payload=self.payload(), points=ids)
                ),
                models.DeletePayloadOperation(
                    delete_payload=models.DeletePayload(keys=self.some(KEYS, 2), points=ids)
                ),
                models.DeleteOperation(delete=models.PointIdsList(points=self.some(IDS, 2))),
                models.UpsertOperation(upsert=models.PointsList(points=self.points())),
            ]
        }

    # Reads

    def query_points(self, existing) -> dict:
        using = self.random.choice(list(self.sizes))
        kind = self.random.random()
        if kind < 0.75:
            query = self.vector(self.sizes[using])
        elif kind < 0.9 and existing:
            query = self.random.choice(existing)
        else:
            query = None
        arguments = {
            "query": query, "limit": self.random.choice([1, 3, 10, 100]),
            "offset": self.random.choice([0, 0, 0, 2, 5]), **self.selectors(),
        }  # fmt: skip
        if query is not None and using:
            arguments["using"] = using
        if self.random.random() < 0.7:
            arguments["query_filter"] = self.filter()
        if query is not None and self.random.random() < 0.2:
            arguments["score_threshold"] = self.random.uniform(-1.5, 3)
        return arguments

    def scroll(self, existing) -> dict:
        arguments = {"limit": self.random.choice([1, 4, 10, 100]), **self.selectors()}
        if self.random.random() < 0.8:
            arguments["scroll_filter"] = self.filter()
        if self.random.random() < 0.4:
            arguments["offset"] = self.random.choice(IDS)
        return arguments

    def count(self, existing) -> dict:
        return {"count_filter": self.filter(), "exact": True}

    def retrieve(self, existing) -> dict:
        return {"ids": self.some(IDS, 6), **self.selectors()}

    def selectors(self) -> dict:
        paths = self.some(["a", "b", "a.b", "c[].a", "n"], 2)
        payload = self.random.choice(
            [True, True, False, paths, models.PayloadSelectorExclude(exclude=paths)]
        )
        named = [name for name in self.sizes if name]
        vectors = self.random.choice([False, True, named[:1] or True])
        return {"with_payload": payload, "with_vectors": vectors}

    # Filters

    def filter(self, depth: int = 1) -> models.Filter:
        def conditions():
            return [self.condition(depth) for _ in range(self.random.randint(1, 3))]

        kind = self.random.choice(["must", "should", "must_not", "mixed", "min_should", "none"])
        if kind == "none":
            return models.Filter()
        if kind == "mixed":
            return models.Filter(
                must=[self.condition(depth)], should=conditions(), must_not=[self.condition(depth)]
            )
        if kind == "min_should":
            count = self.random.randint(1, 3)
            return models.Filter(
                min_should=models.MinShould(conditions=conditions(), min_count=count)
            )
        return models.Filter(**{kind: conditions()})

    def condition(self, depth: int):
        key = self.random.choice(PATHS)
        kind = self.random.choice(
            ["value", "value", "any", "except", "range", "ids", "empty", "null", "vector", "nested"]
        )
        if kind == "value":
            return models.FieldCondition(key=key, match=models.MatchValue(value=self.scalar()))
        if kind == "any":
            return models.FieldCondition(key=key, match=models.MatchAny(any=self.scalars()))
        if kind == "except":
            unwanted = {"except": self.scalars()}
            return models.FieldCondition(key=key, match=models.MatchExcept(**unwanted))
        if kind == "range":
            low = self.random.choice([1.5, 2, 3.5, 5])
            bounds = {self.random.choice(["gt", "gte"]): low}
            if self.random.random() < 0.6:
                bounds[self.random.choice(["lt", "lte"])] = low + self.random.choice([0, 1, 2.5, 4])
            return models.FieldCondition(key=key, range=models.Range(**bounds))
        if kind == "ids":
            return models.HasIdCondition(has_id=self.some(IDS, 12))
        if kind == "empty":
            return models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
        if kind == "null":
            return models.IsNullCondition(is_null=models.PayloadField(key=key))
        if kind == "vector" and "" not in self.sizes:
            return models.HasVectorCondition(has_vector=self.random.choice(list(self.sizes)))
        return self.filter(depth - 1) if depth > 0 else self.condition(0)

    # Values

    def points(self) -> list[models.PointStruct]:
        return [
            models.PointStruct(id=id, vector=self.vectors(False), payload=self.payload())
            for id in self.some(IDS, 5)
        ]

    def vectors(self, at_least_one: bool):
        if "" in self.sizes:
            return self.vector(self.sizes[""])
        names = [name for name in self.sizes if self.random.random() < 0.75]
        if at_least_one and not names:
            names = [next(iter(self.sizes))]
        return {name: self.vector(self.sizes[name]) for name in names}

    def vector(self, size: int) -> list[float]:
        return [float(x) for x in np.round(self.numbers.normal(size=size), 3)]

    def payload(self) -> dict:
        return {key: self.value(2) for key in self.some(KEYS, 4, least=0)}

    def value(self, depth: int):
        kind = self.random.random()
        if depth == 0 or kind < 0.5:
            return self.random.choice([None, self.scalar(), self.random.randint(2, 6) + 0.5])
        if kind < 0.75:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        return {key: self.value(depth - 1) for key in self.some(KEYS[:3], 2, least=0)}

    def scalar(self):
        return self.random.choice(
            [True, False, self.random.randint(2, 6), self.random.choice(WORDS)]
        )

    def scalars(self) -> list:
        if self.random.random() < 0.5:
            return self.some(WORDS, 3)
        return self.some(list(range(2, 7)), 3)

    def target(self, existing):
        if self.random.random() < 0.25:
            return models.Filter(must=[self.condition(0), self.condition(0)])
        return self.some(existing, 3)

    def some(self, population, most: int, least: int = 1) -> list:
        count = self.random.randint(least, most)
        return self.random.sample(population, min(count, len(population)))
