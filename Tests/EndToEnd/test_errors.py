"""Bad requests: the status, the words that clients match on, and that nothing was changed."""

import http.client
import json

import pytest

C = "/collections/target"
POINTS = C + "/points"
MISSING = "Not found: Collection `none` doesn't exist!"
FORMAT = "Format error in JSON body: "
INVALID = "Validation error in JSON body: ["
QUERY_INVALID = "Validation error in query parameters: ["
DIMENSION = "Wrong input: Vector dimension error: expected dim: 4, got 3"
UNKNOWN_VECTOR = "Wrong input: Not existing vector name error: "


@pytest.fixture(scope="module")
def target(wire):
    """A collection with three points; the tests must leave it as it is."""
    wire.result("PUT", C, {"vectors": {"size": 4, "distance": "Dot"}})
    points = [{"id": i, "vector": [i, 0, 0, 1], "payload": {"n": i}} for i in (1, 2, 3)]
    wire.result("PUT", POINTS + "?wait=true", {"points": points})
    named = {"a": {"size": 2, "distance": "Dot"}, "b": {"size": 4, "distance": "Dot"}}
    wire.result("PUT", "/collections/named", {"vectors": named})
    wire.result(
        "PUT", "/collections/named/points", {"points": [{"id": 1, "vector": {"a": [1, 2]}}]}
    )
    return contents(wire)


def contents(wire) -> list:
    everything = {"limit": 1000, "with_payload": True, "with_vector": True}
    return [
        wire.result("POST", f"/collections/{name}/points/{what}", body)
        for name in ("target", "named")
        for what, body in (("scroll", everything), ("count", {"exact": True}))
    ] + [sorted(c["name"] for c in wire.result("GET", "/collections")["collections"])]


def check(wire, target, method, path, body, status, text):
    answer = wire.send(method, path, body)
    assert answer.status_code == status, answer.text
    envelope = answer.json()
    assert answer.headers["Content-Type"].startswith("application/json")
    assert text in envelope["status"]["error"], answer.text
    if text and text[0].isupper():
        assert envelope["status"]["error"].startswith(text), answer.text
    assert envelope.get("result") is None
    assert isinstance(envelope["time"], (int, float))
    assert contents(wire) == target


def points(*points) -> dict:
    return {"points": list(points)}


def good(id=9) -> dict:
    return {"id": id, "vector": [1, 2, 3, 4], "payload": {"new": True}}


WRITES = {
    "malformed": ("PUT", POINTS, '{"points":[{"id":1,', 400, FORMAT),
    "empty body": ("PUT", POINTS, "", 400, FORMAT),
    "trailing bytes": ("PUT", POINTS, json.dumps(points(good())) + "x", 400, FORMAT),
    "not UTF-8": ("PUT", POINTS, b'{"points":[{"id":9,"vector":[1,2,3,4],"payload":{"a":"\xff"}}]}',
                  400, FORMAT),
    "lone surrogate": ("PUT", POINTS, r'{"points":[{"id":9,"vector":[1,2,3,4],'
                       r'"payload":{"a":"\ud800"}}]}', 400, FORMAT),
    "no points": ("PUT", POINTS, {}, 400, FORMAT),
    "points is a string": ("PUT", POINTS, {"points": "many"}, 400, FORMAT),
    "id missing": ("PUT", POINTS, points({"vector": [1, 2, 3, 4]}), 400, FORMAT),
    "id negative": ("PUT", POINTS, points({**good(), "id": -1}), 400, FORMAT),
    "id fraction": ("PUT", POINTS, points({**good(), "id": 1.5}), 400, FORMAT),
    "id no uuid": ("PUT", POINTS, points({**good(), "id": "abc"}), 400, FORMAT),
    "id too large": ("PUT", POINTS, points({**good(), "id": 2**64}), 400, FORMAT),
    "payload is a list": ("PUT", POINTS, points({**good(), "payload": [1]}), 400, FORMAT),
    "vector of strings": ("PUT", POINTS, points({**good(), "vector": ["a"] * 4}), 400, FORMAT),
    "vector with null": ("PUT", POINTS, points({**good(), "vector": [1, 2, 3, None]}), 400, FORMAT),
    "NaN": ("PUT", POINTS, '{"points":[{"id":9,"vector":[1,2,3,NaN]}]}', 400, FORMAT),
    "beyond float": ("PUT", POINTS, '{"points":[{"id":9,"vector":[1,2,3,1e39]}]}', 400, FORMAT),
    "beyond double": ("PUT", POINTS, '{"points":[{"id":9,"vector":[1,2,3,1e999]}]}', 400, FORMAT),
    "short vector": ("PUT", POINTS, points({"id": 9, "vector": [1, 2, 3]}), 400, DIMENSION),
    "short vector, no wait": (
        "PUT", POINTS + "?wait=false", points({"id": 9, "vector": [1, 2, 3]}), 400, DIMENSION),
    "last of many is short": (
        "PUT", POINTS, points(*[good(i) for i in range(1, 80)], {"id": 99, "vector": [1, 2, 3]}),
        400, DIMENSION),
    "unknown vector": (
        "PUT", POINTS, points(good(), {"id": 8, "vector": {"text": [1, 2, 3, 4]}}),
        400, UNKNOWN_VECTOR + "text"),
    "unknown among named": (
        "PUT", "/collections/named/points", points({"id": 2, "vector": {"a": [1, 2], "c": [1]}}),
        400, UNKNOWN_VECTOR + "c"),
    "named, wrong dimension": (
        "PUT", "/collections/named/points", points({"id": 2, "vector": {"b": [1, 2]}}),
        400, "Wrong input: Vector dimension error: expected dim: 4, got 2"),
    "columns of two lengths": (
        "PUT", POINTS, {"batch": {"ids": [7, 8], "vectors": [[1, 2, 3, 4]]}}, 422, INVALID),
    "batch, second is wrong": (
        "POST", POINTS + "/batch",
        {"operations": [{"upsert": points(good())}, {"delete": {"points": [1]}},
                        {"upsert": points({"id": 8, "vector": [1]})}]},
        400, "Wrong input: Vector dimension error: expected dim: 4, got 1"),
    "batch, unknown operation": (
        "POST", POINTS + "/batch", {"operations": [{"upsert": points(good())}, {"explode": {}}]},
        400, FORMAT),
    "delete without selector": ("POST", POINTS + "/delete", {}, 400, FORMAT),
    "delete, bad filter": (
        "POST", POINTS + "/delete", {"filter": {"musst": []}}, 400, FORMAT),
    "set payload, no payload": ("POST", POINTS + "/payload", {"points": [1]}, 400, FORMAT),
    "vectors of unknown name": (
        "PUT", POINTS + "/vectors", points({"id": 1, "vector": {"zzz": [1, 2, 3, 4]}}),
        400, UNKNOWN_VECTOR + "zzz"),
    "vectors, none": (
        "PUT", POINTS + "/vectors", points({"id": 1, "vector": {}}), 422,
        INVALID + "points[0].vector: must specify vectors to update for point]"),
    "sparse, lengths differ": (
        "PUT", POINTS, points({"id": 1, "vector": {"s": {"indices": [1], "values": []}}}), 422,
        INVALID + "points[0].vector.?.values: Validation error: "
        "must be the same length as indices [{}]]"),
    "sparse, an index twice": (
        "PUT", POINTS, points({"id": 1, "vector": {"s": {"indices": [1, 1], "values": [1, 2]}}}),
        422, INVALID + "points[0].vector.?.indices: Validation error: must be unique [{}]]"),
    "multivector, ragged": (
        "PUT", POINTS, points({"id": 1, "vector": [[1, 2], [1]]}), 422,
        INVALID + "points[0].vector.data: all vectors must have the same dimension, "
        "found vector with dimension 1]"),
    "text without a name": (
        "PUT", POINTS, points({"id": 1, "vector": {"text": "a", "model": "qdrant/bm25"}}), 400,
        "Bad request: points[0].vector: Sparse vector from document inference should be named"),
    "text for another model": (
        "PUT", POINTS, points({"id": 1, "vector": {"s": {"text": "a", "model": "some/model"}}}),
        400, "Bad request: points[0].vector.s: model `some/model` is not available."),
    "vectors, wrong dimension": (
        "PUT", POINTS + "/vectors", points({"id": 1, "vector": [1, 2, 3]}), 400, DIMENSION),
    "timeout 0": ("PUT", POINTS + "?timeout=0", points(good()), 422,
                  QUERY_INVALID + "timeout: value 0 invalid, must be 1 or larger"),
    "wait is a word": ("PUT", POINTS + "?wait=maybe", points(good()), 400,
                       "Deserialize error in query parameters: "),
    "ordering unknown": ("PUT", POINTS + "?ordering=later", points(good()), 400,
                         "Deserialize error in query parameters: "),
    "collection missing": ("PUT", "/collections/none/points", points(good()), 404, MISSING),
    "too deep": ("PUT", POINTS, '{"points":[{"id":9,"vector":[1,2,3,4],"payload":{"a":'
                 + "[" * 5000 + "]" * 5000 + "}}]}", 400, FORMAT),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITES)
def test_write(wire, target, case):
    check(wire, target, *WRITES[case])


Q = POINTS + "/query"
READS = {
    "malformed": ("POST", Q, '{"query":[1,2', 400, FORMAT),
    "limit 0": ("POST", Q, {"query": [1, 0, 0, 0], "limit": 0}, 422,
                INVALID + "internal.limit: value 0 invalid, must be 1 or larger]"),
    "limit negative": ("POST", Q, {"query": [1, 0, 0, 0], "limit": -1}, 400, FORMAT),
    "limit a string": ("POST", Q, {"query": [1, 0, 0, 0], "limit": "ten"}, 400, FORMAT),
    "wrong dimension": ("POST", Q, {"query": [1, 2, 3]}, 400, DIMENSION),
    "unknown using": ("POST", Q, {"query": [1, 0, 0, 0], "using": "text"}, 400,
                      UNKNOWN_VECTOR + "text"),
    "named without using": ("POST", "/collections/named/points/query", {"query": [1, 2]}, 400,
                            UNKNOWN_VECTOR),
    "id of no point": ("POST", Q, {"query": 12345}, 404, "Not found: No point with id 12345 found"),
    "empty example": (
        "POST", Q, {"query": {"recommend": {"positive": [[]]}}}, 400,
        "Wrong input: Vector dimension error: expected dim: 4, got 0"),
    "vector of no name": (
        "POST", POINTS, {"ids": [1], "with_vector": ["zzz"]}, 400, UNKNOWN_VECTOR + "zzz"),
    "looked up, no such point": (
        "POST", Q, {"query": 77, "lookup_from": {"collection": "named", "vector": "zzz"}}, 404,
        "Not found: No point with id 77 found"),
    "looked up, no such vector": (
        "POST", Q, {"query": 1, "lookup_from": {"collection": "named", "vector": "zzz"}}, 400,
        UNKNOWN_VECTOR + "zzz"),
    "NaN": ("POST", Q, '{"query":[NaN,0,0,0]}', 400, FORMAT),
    "beyond float": ("POST", Q, '{"query":[1e39,0,0,0]}', 400, FORMAT),
    "unknown condition": ("POST", Q, {"filter": {"must": [{"key": "a", "like": 1}]}}, 400, FORMAT),
    "key alone": ("POST", Q, {"filter": {"must": [{"key": "a"}]}}, 422,
                  ": At least one field condition must be specified]"),
    "unknown clause": ("POST", POINTS + "/scroll", {"filter": {"mst": []}}, 400, FORMAT),
    "scroll limit 0": ("POST", POINTS + "/scroll", {"limit": 0}, 422, INVALID),
    "scroll bad offset": ("POST", POINTS + "/scroll", {"offset": "abc"}, 400, FORMAT),
    "prefetch alone": ("POST", Q, {"prefetch": [{"query": [1, 0, 0, 0]}]}, 400, "Bad request: "),
    "one of a batch": ("POST", Q + "/batch",
                       {"searches": [{"query": [1, 0, 0, 0]}, {"query": [1]}]},
                       400, "Wrong input: Vector dimension error: expected dim: 4, got 1"),
    "retrieve without ids": ("POST", POINTS, {}, 400, FORMAT),
    "point missing": ("GET", POINTS + "/77", None, 404, "Not found: "),
    "point id malformed": ("GET", POINTS + "/xyz", None, 400, ""),
    "timeout 0": ("POST", Q + "?timeout=0", {"query": [1, 0, 0, 0]}, 400,
                  "Deserialize error in query parameters: invalid value: integer `0`, "
                  "expected a nonzero u64"),
    "timeout twice": ("POST", Q + "?timeout=1&timeout=2", {"query": [1, 0, 0, 0]}, 400,
                      "Deserialize error in query parameters: duplicate field `timeout`"),
    "ordering twice": ("PUT", POINTS + "?ordering=weak&ordering=weak", points(good()), 400,
                       "Deserialize error in query parameters: duplicate field `ordering`"),
    "query, collection missing": ("POST", "/collections/none/points/query", {}, 404, MISSING),
    "info, collection missing": ("GET", "/collections/none", None, 404, MISSING),
}  # fmt: skip


@pytest.mark.parametrize("case", READS)
def test_read(wire, target, case):
    check(wire, target, *READS[case])


def vectors(**params) -> dict:
    return {"vectors": {"size": 4, "distance": "Dot", **params}}


COLLECTIONS = {
    "exists": ("PUT", C, vectors(), 409, "Wrong input: Collection `target` already exists!"),
    "size 65537": ("PUT", "/collections/new", vectors(size=65537), 422,
                   INVALID + "vectors.size: value 65537 invalid, must be from 1 to 65536]"),
    "size 0": ("PUT", "/collections/new", vectors(size=0), 422,
               INVALID + "vectors.size: value 0 invalid, must be from 1 to 65536]"),
    "size missing": ("PUT", "/collections/new", {"vectors": {"distance": "Dot"}}, 400, FORMAT),
    "distance unknown": ("PUT", "/collections/new", vectors(distance="Hamming"), 400, FORMAT),
    "timeout 0": ("PUT", "/collections/new?timeout=0", vectors(), 422, QUERY_INVALID),
    "shard number 0": ("PUT", "/collections/new", {**vectors(), "shard_number": 0}, 422, INVALID),
    "ef_construct 0": ("PUT", "/collections/new", {**vectors(), "hnsw_config": {"ef_construct": 0}},
                       422, INVALID),
    "malformed": ("PUT", "/collections/new", "{", 400, FORMAT),
    "patch missing": ("PATCH", "/collections/none", {}, 404, MISSING),
}  # fmt: skip


@pytest.mark.parametrize("case", COLLECTIONS)
def test_collection(wire, target, case):
    check(wire, target, *COLLECTIONS[case])


def test_routes_and_methods_that_are_not_there(wire, target):
    for method, path, statuses in (
        ("PUT", "/nowhere", {404}),
        ("POST", "/collections/target/points/nowhere", {404}),
        ("GET", "/collections/target/points/1/2", {404}),
        ("PATCH", POINTS, {404, 405}),
        ("DELETE", "/collections", {404, 405}),
    ):
        answer = wire.send(method, path, "{}")
        assert answer.status_code in statuses, (method, path, answer.text)
    assert contents(wire) == target


def test_body_beyond_the_limit(server, wire, target):
    """Answered 413 whether or not the length is announced; the server lives on."""
    path = f"{POINTS}?wait=true"
    body = b'{"points":[{"id":9,"vector":[1,2,3,4],"payload":{"a":"' + b"x" * (33 << 20) + b'"}}]}'
    for chunked in (False, True):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        pieces = (body[i : i + (1 << 20)] for i in range(0, len(body), 1 << 20))
        headers = {"Content-Type": "application/json"}
        try:
            connection.request(
                "PUT", path, pieces if chunked else body, headers, encode_chunked=chunked
            )
        except (BrokenPipeError, ConnectionResetError):
            pass  # The answer may come, and the reading end, before everything is sent.
        answer = connection.getresponse()
        assert answer.status == 413
        assert "Payload" in json.loads(answer.read())["status"]["error"]
        connection.close()
    assert contents(wire) == target


def test_truncated_requests_leave_no_trace(server, wire, target):
    body = json.dumps(points(good())).encode()
    for sent in (0, 10, len(body) - 1):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.putrequest("PUT", POINTS)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:sent])
        connection.close()
    assert contents(wire) == target
