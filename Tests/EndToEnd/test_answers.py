"""The answer of every `GET` route has the members that clients of the interface count on, each of
its kind, and no others but our own."""

import json
import pathlib

import pytest
import requests
from conftest import numbers
from process import quiver
from wire import Wire

# Routes and schemas of the interface: `key` is required and `key?` is not; `kind?` may be null.
INTERFACE = json.loads((pathlib.Path(__file__).parent / "answers.json").read_text())
SCHEMAS = INTERFACE["schemas"]
# Members of our own, and one that clients know and the interface's description does not.
OWN = {"ivf", "ivf_config", "quiver_version", "durability", "uuid"}
KINDS = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict}


def problems(value, kind, path="") -> list[str]:
    """What is wrong with a value of a kind; nothing if it is as it should be."""
    if isinstance(kind, dict):
        return members(value, kind, path)
    if isinstance(kind, list):
        return container(value, kind, path)
    if kind.endswith("?"):
        return [] if value is None else problems(value, kind[:-1], path)
    if kind == "any":
        return []
    if kind.startswith("enum:"):
        return [] if value in kind[5:].split(",") else [f"{path}: {value!r} is not of {kind}"]
    if kind not in KINDS:
        return problems(value, SCHEMAS[kind], path)
    is_right = isinstance(value, KINDS[kind])
    if kind in ("integer", "number") and isinstance(value, bool):
        is_right = False
    return [] if is_right else [f"{path}: {value!r} is no {kind}"]


def container(value, kind, path) -> list[str]:
    head = kind[0].rstrip("?") if isinstance(kind[0], str) else None
    if head in ("list", "map"):
        if value is None and kind[0].endswith("?"):
            return []
        if not isinstance(value, list if head == "list" else dict):
            return [f"{path}: {value!r} is no {head}"]
        inside = enumerate(value) if head == "list" else value.items()
        return [found for key, item in inside for found in problems(item, kind[1], f"{path}.{key}")]
    # One of several: the one that fits best says what is wrong.
    return min((problems(value, choice, path) for choice in kind), key=len)


def members(value, kind, path) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no object"]
    found = []
    known = {key.rstrip("?"): (key, inner) for key, inner in kind.items()}
    for name, (key, inner) in known.items():
        if name in value:
            found += problems(value[name], inner, f"{path}.{name}")
        elif not key.endswith("?"):
            found.append(f"{path}: `{name}` is missing")
    strays = set(value) - set(known) - OWN
    return found + [f"{path}: `{name}` is unknown" for name in sorted(strays)]


def collection_of_all_kinds(wire) -> str:
    name = f"answers-{next(numbers)}"
    vectors = {
        "": {"size": 4, "distance": "Cosine"},
        "half": {"size": 4, "distance": "Dot", "datatype": "float16", "on_disk": True},
        "bytes": {"size": 4, "distance": "Euclid", "datatype": "uint8"},
        "many": {
            "size": 4,
            "distance": "Manhattan",
            "multivector_config": {"comparator": "max_sim"},
            "quantization_config": {"scalar": {"type": "int8"}},
        },
    }
    config = {
        "vectors": vectors,
        "sparse_vectors": {"words": {"modifier": "idf", "index": {"on_disk": False}}},
        "quantization_config": {"binary": {"always_ram": True}},
        "strict_mode_config": {"enabled": True, "max_query_limit": 100},
        "metadata": {"of": "all kinds"},
    }
    wire.result("PUT", f"/collections/{name}", config)
    point = {
        "id": 1,
        "vector": {
            "": [1, 0, 0, 0],
            "half": [1, 2, 3, 4],
            "bytes": [1, 2, 3, 4],
            "many": [[1, 2, 3, 4], [5, 6, 7, 8]],
            "words": {"indices": [1, 7], "values": [0.5, 1]},
        },
        "payload": {"n": 1, "text": "a b", "k": "v", "at": {"lon": 1.0, "lat": 2.0}},
    }
    wire.result("PUT", f"/collections/{name}/points?wait=true", {"points": [point, {
        "id": "00000000-0000-4000-8000-000000000001", "vector": {}
    }]})  # fmt: skip
    for field, schema in [
        ("n", "integer"),
        ("text", {"type": "text", "tokenizer": "word", "stopwords": "english"}),
        ("k", {"type": "keyword", "is_tenant": True}),
        ("at", "geo"),
    ]:
        body = {"field_name": field, "field_schema": schema}
        wire.result("PUT", f"/collections/{name}/index?wait=true", body)
    return name


@pytest.fixture(scope="module")
def told(wire):
    name = collection_of_all_kinds(wire)
    alias = {"create_alias": {"alias_name": f"{name}-too", "collection_name": name}}
    wire.result("POST", "/collections/aliases", {"actions": [alias]})
    for path in (f"/collections/{name}/snapshots", f"/collections/{name}/shards/0/snapshots"):
        wire.result("POST", path)
    wire.result("POST", "/snapshots")
    yield name
    wire.result("DELETE", f"/collections/{name}")


@pytest.mark.parametrize("route", INTERFACE["routes"])
def test_answers(wire, told, route):
    path = route.format(collection_name=told, shard_id=0, id=1)
    for query in ("", "?details_level=1", "?details_level=2", "?details_level=10"):
        if query and "telemetry" not in route:
            continue
        answer = wire.send("GET", path + query)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        if route != "/":
            assert set(body) == {"result", "status", "time"} and body["status"] == "ok"
            body = body["result"]
        assert problems(body, INTERFACE["routes"][route]) == []


def test_optimizations_with_all_parts(wire, told):
    path = f"/collections/{told}/optimizations?with=queued,completed,idle_segments"
    assert problems(wire.result("GET", path), "OptimizationsResponse") == []


def test_telemetry_has_what_a_level_adds(wire, told):
    def report(query):
        return wire.result("GET", "/telemetry" + query)

    plain = {"id", "app", "collections", "cluster", "requests", "quota"}
    assert set(report("")) == plain and set(report("")["collections"]) == {"number_of_collections"}
    for level in (1, 2, 3, 4):
        whole = report(f"?details_level={level}")
        assert set(whole) == plain | {"memory", "hardware", "search_pool"}
        collections = whole["collections"]["collections"]
        if level == 1:
            assert collections
            assert all(set(c) == {"vectors", "optimizers_status", "params"} for c in collections)
            continue
        [collection] = [c for c in collections if c["id"] == told]
        extra = {"shards", "transfers", "resharding"} if level > 2 else set()
        assert set(collection) == {"id", "init_time_ms", "config"} | extra
    local = collection["shards"][0]["local"]
    assert local["num_vectors_by_name"] == {"": 1, "half": 1, "bytes": 1, "many": 1, "words": 1}
    assert local["update_queue"]["op_num"] == 5 and len(local["segments"]) == 1
    nameless = report("?details_level=10&anonymize=true&per_collection=true")
    assert told not in json.dumps(nameless)


def test_answers_are_counted_by_collection(wire, told):
    wire.result("POST", f"/collections/{told}/points/scroll", {"limit": 1})
    route = "POST /collections/{collection_name}/points/scroll"
    rest = wire.result("GET", "/telemetry?per_collection=true")["requests"]["rest"]
    assert rest["per_collection_responses"][told][route]["200"]["count"] >= 1
    assert "per_collection_responses" not in wire.result("GET", "/telemetry")["requests"]["rest"]
    label = f'collection="{told}"'
    lines = wire.send("GET", "/metrics?per_collection=true").text.splitlines()
    assert any(line.startswith("rest_responses_total{") and label in line for line in lines)
    lines = wire.send("GET", "/metrics").text.splitlines()
    assert not any(line.startswith("rest_responses") and label in line for line in lines)
    # A name that no collection has is the client's to choose, and is not remembered.
    wire.send("POST", "/collections/nobody/points/scroll", {"limit": 1})
    assert "nobody" not in wire.send("GET", "/metrics?per_collection=true").text


def test_vectors_are_counted_as_they_come_and_go(wire):
    name = collection_of_all_kinds(wire)

    def counts():
        told = wire.result("GET", "/telemetry?details_level=3")["collections"]["collections"]
        [collection] = [c for c in told if c["id"] == name]
        return collection["shards"][0]["local"]["num_vectors_by_name"]

    def change(method, path, body):
        wire.result(method, f"/collections/{name}/points{path}?wait=true", body)

    change("POST", "/vectors/delete", {"points": [1], "vector": ["words", "half"]})
    assert counts() == {"": 1, "half": 0, "bytes": 1, "many": 1, "words": 0}
    words = {"words": {"indices": [3], "values": [1.5]}}
    change("PUT", "/vectors", {"points": [{"id": 1, "vector": words}]})
    change("PUT", "", {"points": [{"id": 2, "vector": words}, {"id": 3, "vector": words}]})
    assert counts() == {"": 1, "half": 0, "bytes": 1, "many": 1, "words": 3}
    change("POST", "/delete", {"points": [1, 2]})
    assert counts() == {"": 0, "half": 0, "bytes": 0, "many": 0, "words": 1}
    wire.result("DELETE", f"/collections/{name}")


def test_vectors_are_counted_after_a_kill(tmp_path):
    service = quiver(tmp_path)
    service.start()
    try:
        with requests.Session() as session:
            wire = Wire(service.url, session)
            config = {"vectors": {"d": {"size": 2, "distance": "Dot"}}, "sparse_vectors": {"s": {}}}
            wire.result("PUT", "/collections/c", config)
            words = {"indices": [1], "values": [1]}
            points = [{"id": n, "vector": {"d": [n, 1], "s": words}} for n in range(50)]
            path = "/collections/c/points"
            for _ in range(3):
                wire.result("PUT", path + "?wait=true", {"points": points})
            wire.result("POST", path + "/delete?wait=true", {"points": list(range(10))})
            gone = {"points": list(range(10, 20)), "vector": ["d"]}
            wire.result("POST", path + "/vectors/delete?wait=true", gone)

            def local():
                told = wire.result("GET", "/telemetry?details_level=3")["collections"]
                return told["collections"][0]["shards"][0]["local"]

            before = local()
            assert before["num_vectors_by_name"] == {"d": 30, "s": 40}
            assert before["num_points"] == 40
            service.kill()
            service.start()
            after = local()
            for figure in ("num_vectors_by_name", "num_points", "vectors_size_bytes"):
                assert after[figure] == before[figure]
            assert after["update_queue"] == before["update_queue"]
    finally:
        service.kill()
