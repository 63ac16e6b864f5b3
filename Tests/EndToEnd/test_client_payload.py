"""Payloads: every change of them, and that any JSON comes back as it went in."""

import json

import pytest
from qdrant_client import models

KEY = "x"


def payload_of(client, name, id=1):
    return client.retrieve(name, [id])[0].payload


@pytest.fixture
def name(client, new_collection):
    made = new_collection()
    start = {"a": 1, "b": {"c": 2, "d": [1, 2]}, "list": [{"v": 1, "w": 1}, {"v": 2}]}
    points = [models.PointStruct(id=i, vector=[1.0, 0, 0, 0], payload=start) for i in (1, 2)]
    client.upsert(made, points)
    return made


def test_set_payload_merges_at_the_top(client, name):
    """A null takes its key away, as Qdrant has it."""
    client.set_payload(name, {"a": None, "b": {"e": 5}, "new": [1]}, points=[1])
    assert payload_of(client, name) == {
        "b": {"e": 5}, "new": [1], "list": [{"v": 1, "w": 1}, {"v": 2}],
    }  # fmt: skip
    assert payload_of(client, name, 2)["a"] == 1


def test_set_payload_at_a_key(client, name):
    client.set_payload(name, {"e": 5}, points=[1], key="b")
    assert payload_of(client, name)["b"] == {"c": 2, "d": [1, 2], "e": 5}
    client.set_payload(name, {"deep": True}, points=[1], key="b.x.y")
    assert payload_of(client, name)["b"]["x"] == {"y": {"deep": True}}
    client.set_payload(name, {"w": 7}, points=[1], key="list[]")
    assert payload_of(client, name)["list"] == [{"v": 1, "w": 7}, {"v": 2, "w": 7}]
    client.set_payload(name, {"first": 1}, points=[1], key="list[0]")
    assert payload_of(client, name)["list"] == [{"v": 1, "w": 7, "first": 1}, {"v": 2, "w": 7}]


def test_set_payload_by_filter(client, name):
    client.set_payload(name, {"only": 1}, points=[2])
    has = models.FieldCondition(key="only", match=models.MatchValue(value=1))
    client.set_payload(name, {"seen": True}, points=models.Filter(must=[has]))
    assert "seen" not in payload_of(client, name, 1)
    assert payload_of(client, name, 2)["seen"] is True


def test_overwrite_delete_and_clear(client, name):
    client.delete_payload(name, keys=["a", "b.c", "list[].v", "missing"], points=[1])
    assert payload_of(client, name) == {"b": {"d": [1, 2]}, "list": [{"w": 1}, {}]}
    client.overwrite_payload(name, {"fresh": 1}, points=[1])
    assert payload_of(client, name) == {"fresh": 1}
    client.clear_payload(name, points_selector=[1])
    assert not payload_of(client, name)
    assert payload_of(client, name, 2)["a"] == 1
    everything = models.FilterSelector(filter=models.Filter(must=[]))
    client.clear_payload(name, points_selector=everything)
    assert not payload_of(client, name, 2)


def test_changes_keep_the_vector_searchable(client, name):
    client.set_payload(name, {"marked": 1}, points=[2])
    (hit,) = client.query_points(
        name,
        [1.0, 0, 0, 0],
        query_filter=models.Filter(
            must=[models.FieldCondition(key="marked", match=models.MatchValue(value=1))]
        ),
        with_vectors=True,
    ).points
    assert (hit.id, hit.score, hit.vector) == (2, 1.0, [1, 0, 0, 0])


VALUES = [
    "0", "-1", "10", "10.0", "1.5", "-0.1", "1e-7", "1.7976931348623157e308",
    str(2**53 + 1), str(2**63 - 1), str(2**63), str(2**64 - 1), str(-(2**63)),
    "true", "false", "null", "[]", "{}", "[null]", '""', '"plain"', '"tab\\tquote\\"back\\\\"',
    '"\\u0000 nul, \\u001f, \\u007f, \\u2028"', '"日本語 🏹 ünï"', '{"z":1,"a":{"y":[],"b":null}}',
    "[1,2.0,\"3\",[4,[5,{\"k\":[]}]]]", '{"":1," ":2,"a.b":3,"q\\"":4}',
]  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_json_comes_back_unchanged(wire, client, new_collection, text):
    name = new_collection()
    body = '{"points":[{"id":1,"vector":[1,2,3,4],"payload":{"KEY":VALUE}}]}'
    body = body.replace("KEY", KEY).replace("VALUE", text)
    wire.result("PUT", f"/collections/{name}/points?wait=true", body)
    path = f"/collections/{name}/points"
    answers = [
        wire.send("GET", path + "/1"),
        wire.send("POST", path, {"ids": [1]}),
        wire.send("POST", path + "/scroll", {"with_payload": True}),
        wire.send("POST", path + "/query", {"query": [1, 0, 0, 0], "with_payload": True}),
    ]
    for answer in answers:
        result = answer.json(parse_float=lambda number: ("float", float(number)))["result"]
        if isinstance(result, dict):
            result = result.get("points", result)
        record = result[0] if isinstance(result, list) else result
        value = json.loads(text, parse_float=lambda number: ("float", float(number)))
        assert list(record["payload"]) == [KEY]
        assert record["payload"][KEY] == value, answer.text
        assert json.dumps(record["payload"][KEY]) == json.dumps(value), answer.text


def test_key_order_is_kept_and_missing_stays_missing(wire, new_collection):
    name = new_collection()
    keys = ["zebra", "apple", "10", "2", "ümlaut", "Apple", "a"]
    payload = {key: number for number, key in enumerate(keys)}
    points = [
        {"id": 1, "vector": [1, 2, 3, 4], "payload": payload},
        {"id": 2, "vector": [1, 2, 3, 4]},
        {"id": 3, "vector": [1, 2, 3, 4], "payload": {}},
    ]
    wire.result("PUT", f"/collections/{name}/points?wait=true", {"points": points})
    first, second, third = wire.result("POST", f"/collections/{name}/points/scroll", {})["points"]
    assert list(first["payload"]) == keys
    assert not second.get("payload") and not third.get("payload")


def test_duplicate_key_keeps_the_last(wire, new_collection):
    name = new_collection()
    body = '{"points":[{"id":1,"vector":[1,2,3,4],"payload":{"k":1,"o":0,"k":2}}]}'
    wire.result("PUT", f"/collections/{name}/points?wait=true", body)
    payload = wire.result("GET", f"/collections/{name}/points/1")["payload"]
    assert payload == {"k": 2, "o": 0}


def test_deep_and_large_payloads(client, transport, new_collection):
    name = new_collection()
    deep = {"leaf": 1}
    # A hundred messages within messages are all that the protocol allows, and it takes three a
    # level.
    for _ in range(60 if transport == "rest" else 12):
        deep = {"d": [deep]}
    text = "Ein langer Satz. " * 60_000
    for id, payload in ((1, {"deep": deep}), (2, {"text": text})):
        client.upsert(name, [models.PointStruct(id=id, vector=[1.0, 0, 0, 0], payload=payload)])
        assert payload_of(client, name, id) == payload


@pytest.mark.parametrize("steps,levels", [(2000, 1), (100, 100)])
def test_changes_cannot_nest_too_deeply(wire, name, steps, levels):
    """A payload that could not be read back must not be written: it would spoil every filter."""
    path = f"/collections/{name}/points"
    for _ in range(2):
        change = {"payload": json.loads('{"d":' * levels + "1" + "}" * levels), "points": [1]}
        wire.send("POST", f"{path}/payload?wait=true", {**change, "key": ".".join("k" * steps)})
    filter = {"must_not": [{"key": "nothing", "match": {"value": 1}}]}
    found = wire.result("POST", path + "/scroll", {"filter": filter, "with_payload": True})
    assert [record["id"] for record in found["points"]] == [1, 2]
    assert found["points"][0]["payload"]["a"] == 1
