"""Filters through qdrant-client, each on the same few points with a known answer."""

import pytest
from qdrant_client import models

PAYLOADS = {
    1: {"n": 1, "s": "red", "b": True, "tags": ["x", "y"], "nested": {"k": 1}},
    2: {"n": 2.5, "s": "green", "b": False, "tags": ["y"], "nested": {"k": 2}},
    3: {"n": -3, "s": "blue", "b": True, "tags": [], "nested": {"k": None}},
    4: {"n": None, "s": "red", "list": [{"v": 1}, {"v": 5}]},
    5: {"n": [10, 20], "s": ["red", "blue"], "list": [{"v": 7}]},
    6: {"n": "1", "s": 7, "b": "true", "tags": None},
    7: {},
    8: {"n": 9007199254740993, "s": "Grün", "a.b": 1, "deep": {"er": [{"est": ["x", "z"]}]}},
}
UUID = "00000000-0000-0000-0000-00000000002a"
EVERYTHING = list(PAYLOADS) + [UUID]


def key(name, **condition) -> models.FieldCondition:
    return models.FieldCondition(key=name, **condition)


def value(name, wanted) -> models.FieldCondition:
    return key(name, match=models.MatchValue(value=wanted))


def any_of(name, *wanted) -> models.FieldCondition:
    return key(name, match=models.MatchAny(any=list(wanted)))


def except_for(name, *unwanted) -> models.FieldCondition:
    return key(name, match=models.MatchExcept(**{"except": list(unwanted)}))


def between(name, **bounds) -> models.FieldCondition:
    return key(name, range=models.Range(**bounds))


def empty(name) -> models.IsEmptyCondition:
    return models.IsEmptyCondition(is_empty=models.PayloadField(key=name))


def null(name) -> models.IsNullCondition:
    return models.IsNullCondition(is_null=models.PayloadField(key=name))


def must(*conditions) -> models.Filter:
    return models.Filter(must=list(conditions))


def at_least(count, *conditions) -> models.Filter:
    return models.Filter(min_should=models.MinShould(conditions=list(conditions), min_count=count))


RED, BLUE, TRUE = value("s", "red"), value("s", "blue"), value("b", True)
CASES = {
    "none": (models.Filter(), EVERYTHING),
    "empty must": (must(), EVERYTHING),
    "match string": (must(RED), [1, 4, 5]),
    "match unicode": (must(value("s", "Grün")), [8]),
    "match is case-sensitive": (must(value("s", "Red")), []),
    "match integer": (must(value("n", 1)), [1]),
    "match integer in array": (must(value("n", 20)), [5]),
    "match large integer": (must(value("n", 9007199254740993)), [8]),
    "match near large integer": (must(value("n", 9007199254740992)), []),
    "match bool": (must(TRUE), [1, 3]),
    "match bool false": (must(value("b", False)), [2]),
    "match missing key": (must(value("nowhere", 1)), []),
    "match array element": (must(value("tags", "y")), [1, 2]),
    "match nested": (must(value("nested.k", 2)), [2]),
    "match in array of objects": (must(value("list[].v", 5)), [4]),
    "match deep": (must(value("deep.er[].est[]", "z")), [8]),
    "match quoted key": (must(value('"a.b"', 1)), [8]),
    "any": (must(any_of("s", "green", "blue")), [2, 3, 5]),
    "any integers": (must(any_of("nested.k", 1, 2, 3)), [1, 2]),
    "any of nothing": (must(any_of("s")), []),
    "except": (must(except_for("s", "red")), [2, 3, 5, 6, 8]),
    "range": (must(between("n", gt=0, lt=10)), [1, 2]),
    "range closed": (must(between("n", gte=-3, lte=1)), [1, 3]),
    "range in array": (must(between("n", gte=15, lte=25)), [5]),
    "range nested in array": (must(between("list[].v", gt=4)), [4, 5]),
    "range on string": (must(between("s", gt=0)), [6]),
    "has_id": (must(models.HasIdCondition(has_id=[1, UUID, 99])), [1, UUID]),
    "has_id none": (must(models.HasIdCondition(has_id=[])), []),
    "is_empty": (must(empty("tags")), [3, 4, 5, 6, 7, 8, UUID]),
    "is_empty nested": (must(empty("nested.k")), [3, 4, 5, 6, 7, 8, UUID]),
    "is_null": (must(null("n")), [4]),
    "is_null nested": (must(null("nested.k")), [3]),
    "must two": (must(RED, TRUE), [1]),
    "should": (models.Filter(should=[value("s", "green"), BLUE]), [2, 3, 5]),
    "must_not": (models.Filter(must_not=[RED, BLUE]), [2, 6, 7, 8, UUID]),
    "must and must_not": (models.Filter(must=[RED], must_not=[BLUE]), [1, 4]),
    "must and should": (models.Filter(must=[TRUE], should=[RED, value("n", 5)]), [1]),
    "min_should 1": (at_least(1, RED, BLUE, TRUE), [1, 3, 4, 5]),
    "min_should 2": (at_least(2, RED, BLUE, TRUE), [1, 3, 5]),
    "nested filter": (models.Filter(must_not=[must(RED, TRUE)]), [2, 3, 4, 5, 6, 7, 8, UUID]),
    "filter in should": (models.Filter(should=[must(RED, TRUE), value("s", "green")]), [1, 2]),
}


@pytest.fixture(scope="module")
def filled(client):
    client.create_collection(
        "filters", vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT)
    )
    points = [
        models.PointStruct(id=id, vector=[1.0, 0.0], payload=payload)
        for id, payload in PAYLOADS.items()
    ]
    client.upsert("filters", [*points, models.PointStruct(id=UUID, vector=[1.0, 0.0])])
    return "filters"


@pytest.mark.parametrize("case", CASES)
def test_filter(client, filled, case):
    filter, expected = CASES[case]
    records, _ = client.scroll(filled, scroll_filter=filter, limit=100)
    assert [record.id for record in records] == expected
    assert client.count(filled, count_filter=filter).count == len(expected)
    hits = client.query_points(filled, [1.0, 0.0], query_filter=filter, limit=100).points
    assert sorted(map(str, (hit.id for hit in hits))) == sorted(map(str, expected))


def test_bare_condition_and_both_spellings(wire, filled):
    """A clause may hold one condition in place of a list; is_empty and is_null may be flags."""
    path = f"/collections/{filled}/points/count"
    red = {"key": "s", "match": {"value": "red"}}
    for filter, count in (
        ({"must": red}, 3),
        ({"must_not": red}, len(EVERYTHING) - 3),
        ({"should": [red, red]}, 3),
        ({"must": [{"key": "n", "is_null": True}]}, 1),
        ({"must": [{"key": "n", "is_null": False}]}, len(EVERYTHING) - 1),
        ({"must": [{"key": "tags", "is_empty": True}]}, 7),
        ({"must": [{"key": "tags", "is_empty": False}]}, 2),
        ({"must": [{"key": "n", "range": {"gt": 0.0, "lt": None}}]}, 4),
        ({"must": [], "should": [], "must_not": []}, len(EVERYTHING)),
        ({"must": None}, len(EVERYTHING)),
    ):
        result = wire.result("POST", path, {"filter": filter, "exact": True})
        assert result == {"count": count}, filter


def test_has_vector(client, new_collection):
    params = models.VectorParams(size=2, distance=models.Distance.DOT)
    name = new_collection({"a": params, "b": params})
    client.upsert(
        name,
        [
            models.PointStruct(id=1, vector={"a": [1.0, 0.0]}),
            models.PointStruct(id=2, vector={"b": [1.0, 0.0]}),
            models.PointStruct(id=3, vector={"a": [1.0, 0.0], "b": [0.0, 1.0]}),
            models.PointStruct(id=4, vector={}),
        ],
    )
    for vector, expected in (("a", [1, 3]), ("b", [2, 3])):
        filter = must(models.HasVectorCondition(has_vector=vector))
        records, _ = client.scroll(name, scroll_filter=filter)
        assert [record.id for record in records] == expected
