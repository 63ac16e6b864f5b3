"""Texts that look the same and have other bytes are other keys and values of payloads, as in
Qdrant: names of files come in both forms. Of collections, aliases and vectors only one can have
such a name, and it is found by its own bytes."""

import json

import pytest
from qdrant_client import QdrantClient, models

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


DENSE = {"size": 1, "distance": "Dot"}


@pytest.fixture
def collections(wire):
    yield wire
    for name in (COMPOSED, DECOMPOSED, "other"):
        wire.send("DELETE", f"/collections/{name}")


def test_names_of_collections(collections):
    wire = collections
    wire.result("PUT", f"/collections/{COMPOSED}", {"vectors": DENSE})
    answer = wire.send("PUT", f"/collections/{DECOMPOSED}", {"vectors": DENSE})
    assert answer.status_code == 400 and "in other bytes" in answer.text
    assert wire.send("GET", f"/collections/{DECOMPOSED}").status_code == 404
    assert wire.result("GET", f"/collections/{DECOMPOSED}/exists") == {"exists": False}
    assert wire.result("DELETE", f"/collections/{DECOMPOSED}") is False
    assert wire.result("GET", f"/collections/{COMPOSED}/exists") == {"exists": True}


def test_names_of_aliases(collections):
    wire = collections
    wire.result("PUT", "/collections/other", {"vectors": DENSE})

    def change(**action):
        return wire.send("POST", "/collections/aliases", {"actions": [action]})

    def create(name):
        return change(create_alias={"collection_name": "other", "alias_name": name})

    assert create(COMPOSED).status_code == 200
    assert create(DECOMPOSED).status_code == 400
    assert change(delete_alias={"alias_name": DECOMPOSED}).status_code == 200
    assert wire.send("GET", f"/collections/{DECOMPOSED}").status_code == 404
    assert wire.send("GET", f"/collections/{COMPOSED}").status_code == 200
    names = {"old_alias_name": DECOMPOSED, "new_alias_name": "new"}
    assert change(rename_alias=names).status_code == 404
    names = {"old_alias_name": COMPOSED, "new_alias_name": DECOMPOSED}
    assert change(rename_alias=names).status_code == 400
    aliases = wire.result("GET", "/collections/other/aliases")["aliases"]
    assert [alias["alias_name"] for alias in aliases] == [COMPOSED]
    # The one may take the place of the other.
    other = {"collection_name": "other", "alias_name": DECOMPOSED}
    actions = [{"delete_alias": {"alias_name": COMPOSED}}, {"create_alias": other}]
    assert wire.send("POST", "/collections/aliases", {"actions": actions}).status_code == 200
    aliases = wire.result("GET", "/collections/other/aliases")["aliases"]
    assert [alias["alias_name"] for alias in aliases] == [DECOMPOSED]


@pytest.mark.parametrize("config", [
    {"vectors": {COMPOSED: DENSE, DECOMPOSED: DENSE}},
    {"sparse_vectors": {COMPOSED: {}, DECOMPOSED: {}}},
    {"vectors": {COMPOSED: DENSE}, "sparse_vectors": {DECOMPOSED: {}}},
])  # fmt: skip
def test_names_of_vectors(collections, config):
    answer = collections.send("PUT", "/collections/other", config)
    assert answer.status_code == 400, answer.text
    assert collections.send("GET", "/collections/other").status_code == 404


def test_names_of_vectors_over_grpc(collections, server):
    client = QdrantClient(
        server.host, port=server.port, grpc_port=server.grpc_port, prefer_grpc=True)
    vectors = dict.fromkeys((COMPOSED, DECOMPOSED), models.SparseVectorParams())
    with pytest.raises(Exception, match="in other bytes"):
        client.create_collection("other", {}, sparse_vectors_config=vectors)
    client.close()
    assert collections.send("GET", "/collections/other").status_code == 404
