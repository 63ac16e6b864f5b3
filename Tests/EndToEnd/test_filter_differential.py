"""Random changes and filters on the server, on Qdrant's own engine and on the store that the client
library has in its process. The server must answer as the engine does, whatever the store says.

QUIVER_TEST_SEED draws other payloads, changes and filters.
"""

import collections
import json
import os

import pytest
from edge_engine import EdgeEngine
from qdrant_client import QdrantClient, models
from random_filters import RandomFilters

SEED = int(os.environ.get("QUIVER_TEST_SEED", "20"))
CHANGES = 1000
FILTERS = 250
INDEXES = {
    "a": "keyword", "b.a": "integer", "n": "float", "d": "datetime", "g": "geo", "c[].a": "bool",
    "t": {"type": "text", "phrase_matching": True}, "c[].d": "datetime", "c[].g": "geo",
    "b.t": {
        "type": "text", "tokenizer": "prefix", "min_token_len": 2, "max_token_len": 5,
        "stopwords": "english",
    },
    "c[].t": {"type": "text", "stemmer": {"type": "snowball", "language": "english"}},
}  # fmt: skip
CHANGE_PATHS = {
    "upsert": ("PUT", ""), "delete": ("POST", "/delete"), "set_payload": ("POST", "/payload"),
    "overwrite_payload": ("PUT", "/payload"), "delete_payload": ("POST", "/payload/delete"),
    "clear_payload": ("POST", "/payload/clear"),
}  # fmt: skip


# Where the server does not follow the engine. With an index the engine answers some filters in its
# own way; there the server keeps to what the engine itself answers without the index.
ALLOWED = {
    "a count of no conditions is forgotten beside an indexed should": {
        "index": ("a", "keyword"), "payloads": [{"a": "x"}, {}], "engine": [1], "server": [],
        "filter": {
            "should": [{"key": "a", "match": {"value": "x"}}],
            "min_should": {"conditions": [], "min_count": 1},
        },
    },
    "bounds on numbers are taken for microseconds": {
        "index": ("d", "datetime"), "payloads": [{"d": "2024-01-01"}, {"d": 5}], "engine": [1],
        "server": [2], "filter": {"must": [{"key": "d", "range": {"gte": -2}}]},
    },
    "numbers are taken for microseconds": {
        "index": ("n", "float"), "payloads": [{"n": 5.0}, {"n": "2024-01-01"}], "engine": [1],
        "server": [2], "filter": {"must": [{"key": "n", "range": {"gte": "1970-01-01"}}]},
    },
    "of several demands on a key only one is answered": {
        "index": ("d", "datetime"), "payloads": [{"d": "2024-01-01"}, {"d": "1960-01-01"}],
        "engine": [2], "server": [1, 2],
        "filter": {
            "must": [{"key": "d", "range": {"lt": "1970-01-01"}, "match": {"value": "2024-01-01"}}]
        },
    },
    "values of other types than the index's are no exceptions": {
        "index": ("a", "keyword"), "payloads": [{"a": "x"}, {"a": 5}, {"a": "y"}], "engine": [3],
        "server": [2, 3], "filter": {"must": [{"key": "a", "match": {"except": ["x"]}}]},
    },
    "an index of integers does not know other numbers": {
        "index": ("n", "integer"), "payloads": [{"n": 1}, {"n": 2.5}], "engine": [1],
        "server": [1, 2], "filter": {"must": [{"key": "n", "range": {"gte": 1}}]},
    },
}  # fmt: skip


class Server:
    def __init__(self, wire, name: str):
        self.wire = wire
        self.path = f"/collections/{name}"

    def ids(self, filter: dict) -> list:
        body = {"filter": filter, "limit": 10_000, "with_payload": False}
        page = self.wire.result("POST", f"{self.path}/points/scroll", body)
        count = self.wire.result("POST", f"{self.path}/points/count", {"filter": filter})["count"]
        assert count == len(page["points"])
        return [point["id"] for point in page["points"]]

    def contents(self) -> dict:
        body = {"limit": 10_000, "with_payload": True}
        page = self.wire.result("POST", f"{self.path}/points/scroll", body)
        return {point["id"]: point["payload"] or {} for point in page["points"]}

    def create_index(self, field: str, schema):
        body = {"field_name": field, "field_schema": schema}
        self.wire.result("PUT", f"{self.path}/index?wait=true", body)

    def change(self, kind: str, body: dict):
        method, path = CHANGE_PATHS[kind]
        self.wire.result(method, f"{self.path}/points{path}?wait=true", body)


def points(payloads: list) -> dict:
    return {
        "points": [
            {"id": number, "vector": [1.0, 0.5], "payload": payload}
            for number, payload in enumerate(payloads, 1)
        ]
    }


class Memory:
    """The client library's store: a second opinion. It goes wrong by itself, so before each filter
    it is given what the engine holds, and it may fail at it."""

    def __init__(self):
        self.client = QdrantClient(":memory:")

    def opinion(self, contents: dict, filter: dict) -> list | str:
        vectors = models.VectorParams(size=2, distance=models.Distance.DOT)
        self.client.create_collection("c", vectors_config=vectors)
        try:
            self.client.upsert(
                "c",
                [
                    models.PointStruct(id=id, vector=[1.0, 0.5], payload=payload)
                    for id, payload in contents.items()
                ],
            )
            page = self.client.scroll(
                "c", scroll_filter=models.Filter(**filter), limit=10_000, with_payload=False
            )
            return [record.id for record in page[0]]
        except Exception as error:  # whatever it is, it is its opinion
            return type(error).__name__
        finally:
            self.client.delete_collection("c")


def in_order(ids: list) -> list:
    return sorted(ids, key=lambda id: (isinstance(id, str), id))


def same(left, right) -> bool:
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def different(left: dict, right: dict) -> list[str]:
    """The points that two sides do not hold alike."""
    return [
        f"{id}: {json.dumps(left.get(id))}\n  and {json.dumps(right.get(id))}"
        for id in in_order({*left, *right})
        if not same(left.get(id), right.get(id))
    ]


@pytest.mark.parametrize("indexes", [{}, INDEXES], ids=["plain", "indexed"])
def test_same_answers(wire, client, tmp_path, indexes):
    seed = SEED * 10 + len(indexes)
    print(f"QUIVER_TEST_SEED={SEED} (seed {seed}), {CHANGES} changes, {FILTERS} filters")
    draw = RandomFilters(seed, indexes)
    name = f"filter-differential-{len(indexes)}"
    params = models.VectorParams(size=2, distance=models.Distance.DOT)
    client.create_collection(name, vectors_config=params)
    server, engine, memory = Server(wire, name), EdgeEngine(tmp_path / "edge"), Memory()
    verdicts = collections.Counter()
    existing = []
    for number in range(CHANGES):
        if number == CHANGES // 4:
            for field, schema in indexes.items():
                server.create_index(field, schema)
                engine.create_index(field, schema)
        kind, body = draw.change(existing)
        server.change(kind, body)
        engine.change(kind, body)
        contents = engine.contents()
        existing = list(contents)
        wrong = different(server.contents(), contents)
        if wrong:
            lines = [f"change {number}, {kind}: {json.dumps(body)}", "server and engine:", *wrong]
            pytest.fail("\n".join(lines), pytrace=False)
        if number % (CHANGES // FILTERS) == 0:
            filter = draw.filter()
            ours, theirs = server.ids(filter), in_order(engine.ids(filter))
            opinion = memory.opinion(contents, filter)
            opinion = opinion if isinstance(opinion, str) else in_order(opinion)
            verdicts["memory agrees" if opinion == theirs else "memory differs"] += 1
            if ours != theirs:
                odd = set(map(str, ours)) ^ set(map(str, theirs))
                held = [f"{id}: {json.dumps(p)}" for id, p in contents.items() if str(id) in odd]
                lines = [
                    f"filter before change {number + 1}: {json.dumps(filter)}", f"server: {ours}",
                    f"engine: {theirs}", f"memory: {opinion}", "odd ones:", *held,
                ]  # fmt: skip
                pytest.fail("\n".join(lines), pytrace=False)
    engine.close()
    print(dict(verdicts))
    # The engine is no oracle unless it agrees with the store on most.
    assert verdicts["memory agrees"] > FILTERS / 2


@pytest.mark.parametrize("case", ALLOWED)
def test_allowed_differences(wire, new_collection, tmp_path, case):
    """Each is still there, and is the engine's alone."""
    allowed = ALLOWED[case]
    params = models.VectorParams(size=2, distance=models.Distance.DOT)
    server = Server(wire, new_collection(params))
    engine, plain = EdgeEngine(tmp_path / "indexed"), EdgeEngine(tmp_path / "plain")
    for side in (server, engine, plain):
        side.change("upsert", points(allowed["payloads"]))
    for side in (server, engine):
        side.create_index(*allowed["index"])
    assert in_order(engine.ids(allowed["filter"])) == allowed["engine"]
    assert in_order(plain.ids(allowed["filter"])) == allowed["server"]
    assert server.ids(allowed["filter"]) == allowed["server"]


def test_flags_of_several_values(wire, new_collection, tmp_path):
    """Emptiness and nulls are asked of all values together, whatever the spelling, with and without
    an index, as the engine does it with one. Without one, it asks each value by itself when the
    condition is spelled with a flag."""
    params = models.VectorParams(size=2, distance=models.Distance.DOT)
    name = new_collection(params)
    server, engine = Server(wire, name), EdgeEngine(tmp_path / "edge")
    flag = {"must": [{"key": "c[].a", "is_null": False}]}
    clause = {"must_not": [{"is_null": {"key": "c[].a"}}]}
    for side in (server, engine):
        side.change("upsert", points([{"c": [{"a": 1}, {"a": None}]}, {"c": [{"a": 1}]}]))
    assert in_order(engine.ids(flag)) == [1, 2]
    assert server.ids(flag) == server.ids(clause) == in_order(engine.ids(clause)) == [2]
    for side in (server, engine):
        side.create_index("c[].a", "bool")
        assert side.ids(flag) == side.ids(clause) == [2]


def test_null_in_a_cleared_payload(wire, new_collection, tmp_path):
    """A null removes its key, as Qdrant documents. Only what is merged into a payload that was
    cleared, the engine keeps as it is."""
    params = models.VectorParams(size=2, distance=models.Distance.DOT)
    server, engine = Server(wire, new_collection(params)), EdgeEngine(tmp_path / "edge")
    for side in (server, engine):
        side.change("upsert", points([{"a": 1}, {"a": 1}, {}]))
        side.change("clear_payload", {"points": [1]})
        side.change("set_payload", {"payload": {"a": None, "b": 1}, "points": [1, 2, 3]})
    assert engine.contents() == {1: {"a": None, "b": 1}, 2: {"b": 1}, 3: {"b": 1}}
    assert server.contents() == {1: {"b": 1}, 2: {"b": 1}, 3: {"b": 1}}
