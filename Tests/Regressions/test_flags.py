"""What is asked of emptiness and nulls has two spellings, which agree, with and without an index,
also where a key leads to many values; so do their negations."""

import pytest
from qdrant_client import models

PAYLOADS = [
    {}, {"a": None}, {"a": []}, {"a": [None]}, {"a": [None, 1]}, {"a": [1]}, {"a": 1}, {"a": ""},
    {"a": {}}, {"a": [[]]}, {"a": [[None]]}, {"a": [[1]]}, {"a": [{"b": None}, {"b": 1}]},
    {"a": [{"b": []}, {"b": 1}]}, {"a": [{"b": None}]}, {"a": [{}]}, {"a": [{}, {"b": 1}]},
    {"a": [{"b": [None]}]}, {"a": [{"b": [None, 1]}]}, {"a": {"b": None}}, {"a": {"b": []}},
    {"a": {"b": [None, 1]}}, {"a": [{"b": []}]}, {"a": [{"b": []}, {"b": None}]},
    {"a": [{"b": [[]]}]}, {"a": [{"b": [{"c": None}, {"c": 1}]}]}, {"a": [{"b": [{}, {"c": []}]}]},
]  # fmt: skip
KEYS = ["a", "a[]", "a[0]", "a[1]", "a.b", "a.b[]", "a[].b", "a[0].b", "a[].b[]", "a[].b[].c", "x"]
# What the engine of Qdrant says, by key: the empty ones and those with a null.
GOLDEN = {
    "a": ({0, 1, 2}, {1, 3, 4}), "a[]": ({0, 1, 2, 3, 6, 7, 8, 9, 19, 20, 21}, {3, 4, 10}),
    "a[].b": (
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 19, 20, 21, 22, 23}, {12, 14, 17, 18, 23},
    ),
    "a.b": ({*range(25)} - {21}, {19, 21}), "a[].b[]": ({*range(25)} - {18}, {17, 18}),
}  # fmt: skip


def spellings(key: str, flag: str) -> list[list[dict]]:
    """Filters that say that the flag is set, and filters that say that it is not."""
    short, long = {flag: {"key": key}}, lambda value: {"key": key, flag: value}
    return [
        [{"must": [short]}, {"must": [long(True)]}, {"must_not": [long(False)]},
         {"must_not": [{"must_not": [short]}]}, {"should": [short]}],
        [{"must_not": [short]}, {"must": [long(False)]}, {"must_not": [long(True)]}],
    ]  # fmt: skip


@pytest.mark.parametrize("schema", [None, "integer", "keyword", "float", "bool", "geo", "text"])
def test_spellings_agree(wire, new_collection, schema):
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    path = f"/collections/{name}"
    points = [{"id": n, "vector": [1], "payload": p} for n, p in enumerate(PAYLOADS)]
    wire.result("PUT", f"{path}/points?wait=true", {"points": points})
    for key in KEYS if schema else []:
        body = {"field_name": key, "field_schema": schema}
        wire.result("PUT", f"{path}/index?wait=true", body)

    def ids(filter: dict) -> set:
        page = wire.result("POST", f"{path}/points/scroll", {"limit": 100, "filter": filter})
        count = wire.result("POST", f"{path}/points/count", {"filter": filter})["count"]
        assert count == len(page["points"])
        return {point["id"] for point in page["points"]}

    for key in KEYS:
        for place, flag in enumerate(["is_empty", "is_null"]):
            yes, no = spellings(key, flag)
            expected = ids(yes[0])
            if key in GOLDEN:
                assert expected & {*range(25)} == GOLDEN[key][place], (key, flag)
            for filter in yes:
                assert ids(filter) == expected, filter
            for filter in no:
                assert ids(filter) == {*range(len(PAYLOADS))} - expected, filter


@pytest.mark.parametrize("schema", [None, "integer"])
def test_spellings_agree_in_nested_objects(wire, new_collection, schema):
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    path = f"/collections/{name}"
    points = [{"id": n, "vector": [1], "payload": {"o": [p, p]}} for n, p in enumerate(PAYLOADS)]
    wire.result("PUT", f"{path}/points?wait=true", {"points": points})
    for key in KEYS if schema else []:
        body = {"field_name": f"o[].{key}", "field_schema": schema}
        wire.result("PUT", f"{path}/index?wait=true", body)

    def ids(filter: dict) -> set:
        nested = {"must": [{"nested": {"key": "o", "filter": filter}}]}
        page = wire.result("POST", f"{path}/points/scroll", {"limit": 100, "filter": nested})
        return {point["id"] for point in page["points"]}

    for key in KEYS:
        for place, flag in enumerate(["is_empty", "is_null"]):
            yes, no = spellings(key, flag)
            expected = ids(yes[0])
            if key in GOLDEN:
                assert expected & {*range(25)} == GOLDEN[key][place], (key, flag)
            assert all(ids(filter) == expected for filter in yes)
            assert all(ids(filter) == {*range(len(PAYLOADS))} - expected for filter in no)
