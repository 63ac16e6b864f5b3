"""Named vectors that are added to a collection and dropped from it while it is in use."""

import threading

import pytest
import requests
from process import until
from wire import Wire

DOT = {"dense": {"size": 2, "distance": "Dot"}}
MAX_SIM = {"comparator": "max_sim"}


@pytest.fixture
def pair(wire):
    """A collection of two named vectors with three points that have both."""
    path = "/collections/pair"
    wire.send("DELETE", path)
    vectors = {"a": {"size": 2, "distance": "Dot"}, "b": {"size": 3, "distance": "Cosine"}}
    wire.result("PUT", path, {"vectors": vectors})
    put(wire, path, {i: {"a": [i, 1], "b": [0, i, 0]} for i in (1, 2, 3)})
    yield path
    wire.send("DELETE", path)


def put(wire, path, vectors):
    points = [{"id": i, "vector": vector} for i, vector in vectors.items()]
    wire.result("PUT", path + "/points?wait=true", {"points": points})


def vectors(wire, path) -> dict:
    page = wire.result("POST", path + "/points/scroll", {"limit": 1000, "with_vector": True})
    return {point["id"]: point["vector"] for point in page["points"]}


def nearest(wire, path, name, vector) -> list:
    body = {"query": vector, "using": name, "limit": 1000}
    return [p["id"] for p in wire.result("POST", path + "/points/query", body)["points"]]


def test_a_new_vector_is_empty_and_then_filled(wire, pair):
    result = wire.result("PUT", pair + "/vectors/c?wait=true", DOT)
    assert result["status"] == "completed" and result["operation_id"] >= 1
    config = wire.result("GET", pair)["config"]["params"]["vectors"]
    assert config["c"] == DOT["dense"] and set(config) == {"a", "b", "c"}
    assert nearest(wire, pair, "c", [1, 1]) == []
    wire.result(
        "PUT", pair + "/points/vectors?wait=true", {"points": [{"id": 2, "vector": {"c": [5, 6]}}]}
    )
    assert vectors(wire, pair)[2] == {"a": [2, 1], "b": [0, 1, 0], "c": [5, 6]}
    assert nearest(wire, pair, "c", [1, 1]) == [2]
    count = wire.result("POST", pair + "/points/count", {"filter": {"must": [{"has_vector": "c"}]}})
    assert count == {"count": 1}


def test_a_dropped_vector_is_gone_and_comes_back_empty(wire, pair):
    wire.result("DELETE", pair + "/vectors/a?wait=true")
    assert vectors(wire, pair) == {i: {"b": [0, 1, 0]} for i in (1, 2, 3)}
    refused = wire.send("POST", pair + "/points/query", {"query": [1, 1], "using": "a"})
    assert refused.status_code == 400
    assert "Wrong input: Not existing vector name error: a" in refused.text
    body = {"points": [{"id": 4, "vector": {"a": [1, 1]}}]}
    refused = wire.send("PUT", pair + "/points?wait=true", body)
    assert "Wrong input: Not existing vector name error: a" in refused.text
    # Of another size: it has nothing in common with the one before.
    wire.result("PUT", pair + "/vectors/a", {"dense": {"size": 4, "distance": "Euclid"}})
    assert nearest(wire, pair, "a", [1, 1, 1, 1]) == []
    put(wire, pair, {4: {"a": [1, 2, 3, 4]}})
    assert nearest(wire, pair, "a", [1, 1, 1, 1]) == [4]
    assert vectors(wire, pair)[4] == {"a": [1, 2, 3, 4]}


def test_what_is_there_or_gone_stays_so(wire, pair):
    before = wire.result("GET", pair)["config"]
    same = {"dense": {"size": 2, "distance": "Dot"}}
    wire.result("PUT", pair + "/vectors/a", same)
    wire.result("DELETE", pair + "/vectors/never")
    assert wire.result("GET", pair)["config"] == before
    assert vectors(wire, pair)[1]["a"] == [1, 1]
    refused = wire.send("PUT", pair + "/vectors/a", {"dense": {"size": 3, "distance": "Dot"}})
    assert refused.status_code == 400
    text = "Wrong input: Vector `a` already exists with a different configuration"
    assert refused.json()["status"]["error"] == text
    refused = wire.send("PUT", pair + "/vectors/a", {"sparse": {}})
    text = "Wrong input: Vector `a` already exists as a dense vector"
    assert refused.json()["status"]["error"] == text


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/vectors/c", {"dense": {"size": 0, "distance": "Dot"}}, 422, "dense.size"),
        ("/vectors/c", {"dense": {"size": 65537, "distance": "Dot"}}, 422, "dense.size"),
        ("/vectors/c", {"sparse": {"datatype": "turbo4"}}, 422, "datatype"),
        ("/vectors/c", {}, 400, "VectorNameConfig"),
        ("/vectors/a%3Cb", DOT, 422, "vector_name"),
        ("/vectors/" + "x" * 201, DOT, 422, "vector_name"),
    ],
)
def test_what_cannot_be_is_refused(wire, pair, path, body, status, text):
    refused = wire.send("PUT", pair + path, body)
    assert refused.status_code == status, refused.text
    assert text in refused.text


def test_an_unnamed_vector_gets_company(wire, new_collection):
    path = "/collections/" + new_collection()
    put(wire, path, {1: [1, 2, 3, 4]})
    wire.result("PUT", path + "/vectors/more", DOT)
    put(wire, path, {2: {"more": [1, 1]}})
    assert nearest(wire, path, "more", [1, 1]) == [2]
    assert nearest(wire, path, "", [1, 1, 1, 1]) == [1]
    assert wire.send("PUT", "/collections/none/vectors/x", DOT).status_code == 404


def test_it_goes_on_while_points_are_written_and_read(wire, new_collection, server):
    path = "/collections/" + new_collection({})
    wire.result("PUT", path + "/vectors/kept", DOT)
    over = threading.Event()
    faults = []

    def write(thread):
        own = Wire(server.url, requests.Session())
        number = 0
        while not over.is_set():
            number += 1
            point = {"id": thread * 100_000 + number, "vector": {"kept": [number, 1]}}
            if number % 2:
                point["vector"]["passing"] = [1] * (2 + number % 3)
            answer = own.send("PUT", path + "/points", {"points": [point]})
            if answer.status_code not in (200, 400):
                faults.append(answer.text)

    def read():
        own = Wire(server.url, requests.Session())
        while not over.is_set():
            page = own.result("POST", path + "/points/scroll", {"limit": 50, "with_vector": True})
            faults.extend(p for p in page["points"] if "kept" not in p["vector"])
            body = {"query": [1, 1], "using": "passing"}
            answer = own.send("POST", path + "/points/query", body)
            if answer.status_code not in (200, 400):
                faults.append(answer.text)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(2)]
    threads.append(threading.Thread(target=read))
    for thread in threads:
        thread.start()
    for size in (2, 3, 4, 2, 3, 4, 2):
        body = {"dense": {"size": size, "distance": "Dot" if size % 2 else "Cosine"}}
        wire.result("PUT", path + "/vectors/passing?wait=true", body)
        before = wire.result("POST", path + "/points/count", {})["count"]
        while wire.result("POST", path + "/points/count", {})["count"] < before + 20:
            pass
        wire.result("DELETE", path + "/vectors/passing?wait=true")
        assert all(set(v) == {"kept"} for v in vectors(wire, path).values())
    over.set()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_kill_keeps_what_was_acknowledged(service):
    path = "/collections/c"
    wire = Wire(service.url, requests.Session())
    wire.result("PUT", path, {"vectors": {"a": {"size": 2, "distance": "Dot"}}})
    put(wire, path, {i: {"a": [i, 1]} for i in range(1, 50)})
    for size in (3, 4, 5):
        wire.result("DELETE", path + "/vectors/a")
        wire.result("PUT", path + "/vectors/a", {"dense": {"size": size, "distance": "Dot"}})
        service.kill()
        service.start()
        wire = Wire(service.url, requests.Session())
        assert vectors(wire, path) == {i: {} for i in range(1, 50)}
        put(wire, path, {7: {"a": [1] * size}})
        service.kill()
        service.start()
        wire = Wire(service.url, requests.Session())
        assert vectors(wire, path)[7] == {"a": [1] * size}
        assert nearest(wire, path, "a", [1] * size) == [7]
        put(wire, path, {7: {}})


@pytest.mark.parametrize(
    ("declaration", "value", "query"),
    [
        ({"sparse": {"modifier": "idf"}}, {"indices": [1, 7], "values": [0.5, 2]}, None),
        ({"sparse": {"datatype": "float16"}}, {"indices": [9], "values": [1]}, None),
        (
            {"dense": {"size": 2, "distance": "Dot", "multivector_config": MAX_SIM}},
            [[1, 0], [0, 1], [1, 1]],
            [[0, 1]],
        ),
        ({"dense": {"size": 3, "distance": "Dot", "datatype": "uint8"}}, [1, 2, 255], None),
    ],
)
def test_every_kind_comes_and_goes(wire, new_collection, declaration, value, query):
    path = "/collections/" + new_collection()
    put(wire, path, {1: [1, 2, 3, 4], 2: [2, 2, 2, 2]})
    for _ in range(2):
        wire.result("PUT", path + "/vectors/extra?wait=true", declaration)
        wire.result("PUT", path + "/vectors/extra?wait=true", declaration)
        assert vectors(wire, path)[1] == [1, 2, 3, 4]
        assert nearest(wire, path, "extra", query or value) == []
        put(wire, path, {2: {"extra": value}, 3: {"extra": value}})
        assert nearest(wire, path, "extra", query or value) == [2, 3]
        assert vectors(wire, path)[3] == {"extra": value}
        wire.result("DELETE", path + "/vectors/extra?wait=true")
        params = wire.result("GET", path)["config"]["params"]
        assert "extra" not in params["vectors"] and "extra" not in params.get("sparse_vectors", {})


def test_what_a_dropped_name_took_is_given_back(wire, new_collection):
    path = "/collections/" + new_collection()
    count = 1000
    put(wire, path, {id: [1, 2, 3, 4] for id in range(count)})
    # Each of a megabyte and more.
    kinds = {
        "dense": ({"dense": {"size": 512, "distance": "Dot"}}, [1] * 512),
        "many": (
            {"dense": {"size": 64, "distance": "Dot", "multivector_config": MAX_SIM}},
            [[1] * 64] * 8,
        ),
        "words": ({"sparse": {}}, {"indices": list(range(256)), "values": [1.5] * 256}),
    }

    def taken() -> int:
        return wire.result("GET", path + "/memory")["total"]["ram_bytes"]

    before = taken()
    for _ in range(2):
        for name, (declaration, _) in kinds.items():
            wire.result("PUT", f"{path}/vectors/{name}?wait=true", declaration)
        own = {name: value for name, (_, value) in kinds.items()}
        for start in range(0, count, 250):
            points = [{"id": id, "vector": own} for id in range(start, start + 250)]
            body = {"points": points}
            wire.result("PUT", path + "/points/vectors?wait=true", body)
        for name in kinds:
            full = taken()
            wire.result("DELETE", f"{path}/vectors/{name}?wait=true")
            until(lambda full=full: taken() < full - (1 << 20), 60)
        # What is left is rows that were written anew, of the vector that stays.
        until(lambda: taken() < before + (1 << 20), 60)
    assert len(vectors(wire, path)) == count
