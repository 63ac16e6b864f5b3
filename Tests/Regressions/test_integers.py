"""Integers are exact over 64 bits, signed and unsigned, wherever they are looked at."""

import itertools

import grpc
import pytest
import qdrant_client.grpc as messages
from qdrant_client import models

STAMP = 1_768_907_725_507_217_000
VALUES = sorted({
    -(2**63), -(2**63) + 1, -(2**53) - 1, -(2**53), -1, 0, 1, 2**53 - 1, 2**53, 2**53 + 1,
    2**53 + 2, STAMP, STAMP + 1, STAMP + 2, STAMP + 255, 2**63 - 2, 2**63 - 1, 2**63, 2**63 + 1,
    2**63 + 1025, 2**64 - 2, 2**64 - 1,
})  # fmt: skip
SCHEMAS = {
    "none": None, "integer": "integer", "float": "float",
    "lookup": {"type": "integer", "lookup": True, "range": False},
    "range": {"type": "integer", "lookup": False, "range": True},
}  # fmt: skip
# How a point has its value, by the key that leads to it.
SHAPES = {
    "n": lambda value: {"n": value}, "n[]": lambda value: {"n": [value, value]},
    "a.n": lambda value: {"a": {"n": value}}, "a[].n": lambda value: {"a": [{"n": value}, {}]},
}  # fmt: skip
COMPARE = {
    "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
}  # fmt: skip


class Collection:
    """A point for each value, its id the value's position."""

    def __init__(self, wire, new_collection, payloads, key, schema):
        name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
        self.wire, self.path = wire, f"/collections/{name}"
        points = [{"id": n, "vector": [1], "payload": p} for n, p in enumerate(payloads)]
        wire.result("PUT", f"{self.path}/points?wait=true", {"points": points})
        if schema:
            body = {"field_name": key, "field_schema": schema}
            wire.result("PUT", f"{self.path}/index?wait=true", body)

    def scroll(self, **body) -> list:
        body = {"limit": 1000, **body}
        return self.wire.result("POST", f"{self.path}/points/scroll", body)["points"]

    def ids(self, condition: dict) -> list:
        filter = {"must": [condition]}
        ids = [point["id"] for point in self.scroll(filter=filter, with_payload=False)]
        count = self.wire.result("POST", f"{self.path}/points/count", {"filter": filter})["count"]
        assert count == len(ids)
        return ids


@pytest.fixture(params=SCHEMAS)
def schema(request):
    return SCHEMAS[request.param]


@pytest.mark.parametrize("key", SHAPES)
def test_bounds_and_matches(wire, new_collection, schema, key):
    collection = Collection(wire, new_collection, map(SHAPES[key], VALUES), key, schema)
    doubles = [float(2**53), float(STAMP), 2.0**63, 2.0**64, 0.5]
    for bound, (name, holds) in itertools.product([*VALUES, *doubles], COMPARE.items()):
        expected = [n for n, value in enumerate(VALUES) if holds(value, bound)]
        assert collection.ids({"key": key, "range": {name: bound}}) == expected, (name, bound)
    for number, value in enumerate(VALUES):
        both = {"gte": value, "lte": value}
        assert collection.ids({"key": key, "range": both}) == [number]
        assert collection.ids({"key": key, "match": {"value": value}}) == [number]
        near = [other for other in (value - 1, value, value + 1) if -(2**63) <= other < 2**64]
        found = [n for n, other in enumerate(VALUES) if other in near]
        assert collection.ids({"key": key, "match": {"any": near}}) == found
        rest = [n for n, other in enumerate(VALUES) if other not in near]
        assert collection.ids({"key": key, "match": {"except": near}}) == rest


@pytest.mark.parametrize("key", SHAPES)
@pytest.mark.parametrize("kind", ["integer", "range", "float"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_orders(wire, new_collection, kind, key, direction):
    payloads = map(SHAPES[key], reversed(VALUES))
    collection = Collection(wire, new_collection, payloads, key, SCHEMAS[kind])
    ordered = VALUES if direction == "asc" else VALUES[::-1]
    order = {"key": key, "direction": direction}

    def values(**more):
        return [point["order_value"] for point in collection.scroll(order_by={**order, **more})]

    assert values() == ordered
    doubles = [float(2**53), float(STAMP + 1), 2.0**63, -0.5, 1e3]
    for start in [*VALUES, *doubles]:
        after = COMPARE["gte" if direction == "asc" else "lte"]
        assert values(start_from=start) == [value for value in ordered if after(value, start)]
    # Page by page, as documented: from the last value on, without the ids that had it.
    seen, start, had = [], {}, []
    while len(seen) <= len(VALUES):
        filter = {"must_not": [{"has_id": had}]}
        page = collection.scroll(limit=3, filter=filter, order_by={**order, **start})
        if not page:
            break
        last = page[-1]["order_value"]
        had = [point["id"] for point in page if point["order_value"] == last]
        start = {"start_from": last}
        seen += [point["order_value"] for point in page]
    assert seen == ordered


@pytest.mark.parametrize("kind", ["integer", "lookup"])
@pytest.mark.parametrize("filter", [None, {"must": [{"key": "m", "range": {"gte": 0}}]}])
def test_facets(wire, new_collection, kind, filter):
    payloads = [{"n": value, "m": n} for n, value in enumerate(VALUES * 2)]
    collection = Collection(wire, new_collection, payloads, "n", SCHEMAS[kind])
    body = {"key": "n", "limit": 100, "exact": True, **({"filter": filter} if filter else {})}
    hits = wire.result("POST", f"{collection.path}/facet", body)["hits"]
    assert hits == [{"value": value, "count": 2} for value in VALUES]


def test_facets_over_grpc(server, wire, new_collection):
    """What no integer of the message holds comes as its digits."""
    payloads = [{"n": value} for value in VALUES * 2]
    collection = Collection(wire, new_collection, payloads, "n", SCHEMAS["integer"])
    request = messages.FacetCounts(
        collection_name=collection.path.rsplit("/", 1)[1], key="n", limit=100, exact=True)
    with grpc.insecure_channel(server.grpc_address) as channel:
        hits = messages.PointsStub(channel).Facet(request, timeout=20).hits
    found = {
        int(hit.value.string_value) if hit.value.WhichOneof("variant") == "string_value"
        else hit.value.integer_value: hit.count
        for hit in hits
    }  # fmt: skip
    assert found == dict.fromkeys(VALUES, 2) and len(hits) == len(VALUES)
    texts = {int(hit.value.string_value) for hit in hits if hit.value.string_value}
    assert texts == {value for value in VALUES if value >= 2**63}


def test_groups(wire, new_collection, schema):
    payloads = [{"n": value} for value in VALUES * 2]
    collection = Collection(wire, new_collection, payloads, "n", schema)
    body = {"query": [1], "group_by": "n", "limit": 100, "group_size": 3}
    groups = wire.result("POST", f"{collection.path}/points/query/groups", body)["groups"]
    found = {group["id"]: sorted(hit["id"] for hit in group["hits"]) for group in groups}
    assert found == {value: [n, n + len(VALUES)] for n, value in enumerate(VALUES)}


def test_ids_and_payloads(wire, new_collection):
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    ids = [value for value in VALUES if value >= 0]
    points = [{"id": id, "vector": [1], "payload": {"n": id, "m": [-id]}} for id in ids[:-6]]
    points += [{"id": id, "vector": [1], "payload": {"n": id, "m": [id]}} for id in ids[-6:]]
    path = f"/collections/{name}/points"
    wire.result("PUT", f"{path}?wait=true", {"points": points})
    page = wire.result("POST", f"{path}/scroll", {"limit": 100})["points"]
    assert [(p["id"], p["payload"]) for p in page] == [(p["id"], p["payload"]) for p in points]
    for id in ids:
        filter = {"must": [{"has_id": [id]}]}
        page = wire.result("POST", f"{path}/scroll", {"filter": filter})["points"]
        assert [point["id"] for point in page] == [id]


def test_moments(wire, new_collection):
    """To the microsecond; what a text says beyond is cut off."""
    texts = [f"2026-01-20T11:15:25.{fraction}Z" for fraction in ("507216999", "507217", "507218")]
    collection = Collection(wire, new_collection, [{"d": t} for t in texts], "d", "datetime")
    micros = [STAMP // 1000 - 1, STAMP // 1000, STAMP // 1000 + 1]
    page = collection.scroll(order_by={"key": "d"})
    assert [point["order_value"] for point in page] == micros
    for number, start in enumerate(micros):
        for first in (start, texts[number]):
            page = collection.scroll(order_by={"key": "d", "start_from": first})
            assert [point["id"] for point in page] == [0, 1, 2][number:]
        text = texts[number]
        assert collection.ids({"key": "d", "range": {"gte": text, "lte": text}}) == [number]
