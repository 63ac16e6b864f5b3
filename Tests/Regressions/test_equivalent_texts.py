"""Texts that look the same and have other bytes are other keys and values of payloads, as in
Qdrant: names of files come in both forms."""

import json

import pytest
from qdrant_client import models

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
# A path with a mark that is no letter stands in quotes.
QUOTED = json.dumps(DECOMPOSED, ensure_ascii=False)
PAYLOADS = [
    {"v": COMPOSED, COMPOSED: 1}, {"v": DECOMPOSED, DECOMPOSED: 1}, {COMPOSED: 5, DECOMPOSED: 6},
    {"v": [COMPOSED, DECOMPOSED]},
]  # fmt: skip


@pytest.fixture
def path(wire, new_collection):
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    points = [{"id": n, "vector": [n], "payload": p} for n, p in enumerate(PAYLOADS, 1)]
    wire.result("PUT", f"/collections/{name}/points?wait=true", {"points": points})
    return f"/collections/{name}"


def test_groups(wire, path):
    query = {"query": [1], "group_by": "v", "limit": 10, "group_size": 5}
    groups = wire.result("POST", f"{path}/points/query/groups", query)["groups"]
    found = {group["id"]: [hit["id"] for hit in group["hits"]] for group in groups}
    assert found == {COMPOSED: [4, 1], DECOMPOSED: [4, 2]}


@pytest.mark.parametrize("indexed", [[], [COMPOSED], [QUOTED], [COMPOSED, QUOTED]])
def test_keys_of_conditions(wire, path, indexed):
    for key in indexed:
        body = {"field_name": key, "field_schema": "integer"}
        wire.result("PUT", f"{path}/index?wait=true", body)
    schema = wire.result("GET", path)["payload_schema"]
    assert set(schema) == set(indexed)
    for key, value, count in (
        (COMPOSED, 1, 1), (QUOTED, 1, 1), (COMPOSED, 5, 1), (COMPOSED, 6, 0), (QUOTED, 6, 1),
        (QUOTED, 5, 0),
    ):  # fmt: skip
        filter = {"must": [{"key": key, "match": {"value": value}}]}
        found = wire.result("POST", f"{path}/points/count", {"filter": filter})["count"]
        assert found == count, (key, value)


def test_what_is_shown(wire, path):
    def keys(selector):
        body = {"with_payload": selector}
        points = wire.result("POST", f"{path}/points/scroll", body)["points"]
        return [set(point["payload"]) for point in points]

    assert keys([COMPOSED]) == [{COMPOSED}, set(), {COMPOSED}, set()]
    assert keys([COMPOSED, QUOTED]) == [
        {COMPOSED}, {DECOMPOSED}, {COMPOSED, DECOMPOSED}, set()]
    assert keys({"exclude": [COMPOSED]}) == [{"v"}, {"v", DECOMPOSED}, {DECOMPOSED}, {"v"}]
    many = [f"k{n}" for n in range(40)]
    assert keys([COMPOSED, *many]) == [{COMPOSED}, set(), {COMPOSED}, set()]
    assert keys({"exclude": [QUOTED, *many]}) == [{"v", COMPOSED}, {"v"}, {COMPOSED}, {"v"}]


def test_changes(wire, path):
    inner = {COMPOSED: 3, DECOMPOSED: 4}
    for key in (None, "o"):
        body = {"payload": inner, "points": [3], **({"key": key} if key else {})}
        wire.result("POST", f"{path}/points/payload?wait=true", body)
    keys = {"keys": [COMPOSED, f"o.{QUOTED}", "nothing"], "points": [3]}
    wire.result("POST", f"{path}/points/payload/delete?wait=true", keys)
    left = wire.result("GET", f"{path}/points/3")["payload"]
    assert left == {DECOMPOSED: 4, "o": {COMPOSED: 3}}
