"""Whoever takes memory holds a lease: recoveries and payload indexes are refused over the limit."""

import re

import pytest
import requests
from process import quiver, until
from wire import Wire

DIMENSION = 256
INDEXED = {"k": "keyword", "n": "integer"}


def start(folder, **settings: str):
    folder.mkdir(exist_ok=True)
    names = {f"QUIVER__STORAGE__{name}": value for name, value in settings.items()}
    service = quiver(folder, **names)
    service.start()
    return service, Wire(service.url, requests.Session())


@pytest.fixture
def limited(tmp_path):
    """A server with a memory limit that 20,000 points of 256 dimensions do not fit into."""
    service, wire = start(tmp_path / "limited", LIMITS__MEMORY_MB="68")
    yield service, wire
    service.kill()


@pytest.fixture
def roomy(tmp_path):
    """A server without a limit."""
    service, wire = start(tmp_path / "roomy")
    yield service, wire
    service.kill()


def fill(wire: Wire, name: str, count: int, dimension: int, payload, step: int = 1000) -> None:
    for first in range(0, count, step):
        points = [
            {"id": i, "vector": [i % 7 + 0.5] * dimension, "payload": payload(i)}
            for i in range(first, min(first + step, count))
        ]
        wire.result("PUT", f"/collections/{name}/points?wait=true", {"points": points})


def create(wire: Wire, name: str, dimension: int, **config) -> None:
    body = {"vectors": {"size": dimension, "distance": "Dot"}, **config}
    wire.result("PUT", f"/collections/{name}", body)


def snapshot(wire: Wire, name: str) -> bytes:
    made = wire.result("POST", f"/collections/{name}/snapshots")["name"]
    return wire.send("GET", f"/collections/{name}/snapshots/{made}").content


def upload(wire: Wire, name: str, content: bytes) -> requests.Response:
    url = f"{wire.url}/collections/{name}/snapshots/upload?wait=true"
    return requests.post(url, files={"snapshot": ("a.snapshot", content)}, timeout=120)


def test_a_recovery_over_the_limit_is_refused_and_leaves_nothing(limited, roomy):
    create(roomy[1], "c", DIMENSION)
    fill(roomy[1], "c", 20_000, DIMENSION, lambda i: {"n": i})
    content = snapshot(roomy[1], "c")
    wire = limited[1]
    for name in ("r", "r", "s"):
        answer = upload(wire, name, content)
        assert answer.status_code == 507, answer.text
        error = answer.json()["status"]["error"]
        assert "this recovery needs about" in error, error
        assert "storage.limits.memory_mb" in error, error
        assert wire.send("GET", f"/collections/{name}").status_code == 404
    # Smaller ones fit.
    create(roomy[1], "small", DIMENSION)
    fill(roomy[1], "small", 500, DIMENSION, lambda i: {"n": i})
    assert upload(wire, "r", snapshot(roomy[1], "small")).status_code == 200
    assert wire.result("GET", "/collections/r")["points_count"] == 500


def test_a_payload_index_over_the_limit_is_refused_and_dropped(limited):
    wire = limited[1]
    create(wire, "c", 1)
    tail = "z" * 1500
    fill(wire, "c", 6000, 1, lambda i: {"k": f"{i}-{tail}", "n": i})
    for _ in range(2):
        body = {"field_name": "k", "field_schema": "keyword"}
        answer = wire.send("PUT", "/collections/c/index?wait=true", body)
        assert answer.status_code == 507, answer.text
        assert "this payload index needs about" in answer.json()["status"]["error"]
        info = wire.result("GET", "/collections/c")
        assert info["payload_schema"] == {} and info["status"] == "green"
    count = {"filter": {"must": [{"key": "k", "match": {"value": f"77-{tail}"}}]}}
    assert wire.result("POST", "/collections/c/points/count", count)["count"] == 1


LISTS = {
    "integer": lambda: list(range(1_000_000, 4_400_000)),
    "keyword": lambda: [f"k{i:05x}" for i in range(3_100_000)],
}


@pytest.mark.parametrize(
    ("kind", "is_indexed"), [("integer", True), ("integer", False), ("keyword", True)])
def test_a_long_list_of_one_point_is_refused_before_it_fills_memory(tmp_path, kind, is_indexed):
    """Each of its short values is a key of the index, which takes many times its bytes."""
    service, wire = start(tmp_path / "list", LIMITS__MEMORY_MB="300")
    try:
        create(wire, "c", 1)
        points = {"points": [{"id": 1, "vector": [1], "payload": {"v": LISTS[kind]()}}]}
        index = {"field_name": "v", "field_schema": kind}
        requests = [("index?wait=true", index), ("points?wait=true", points)]
        if not is_indexed:
            requests.reverse()
        statuses = [wire.send("PUT", f"/collections/c/{x}", y).status_code for x, y in requests]
        assert statuses == [200, 507]
        status = open(f"/proc/{service.process.pid}/status").read()
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) >> 10
        # The limit, and what the record itself takes while it is read.
        assert peak < 500, f"{peak} MB"
        assert wire.result("GET", "/collections/c")["points_count"] == (0 if is_indexed else 1)
    finally:
        service.kill()


def schema_points(info: dict) -> dict:
    return {name: field["points"] for name, field in info["payload_schema"].items()}


def facts(info: dict) -> dict:
    names = ("status", "points_count", "indexed_vectors_count", "payload_schema", "config")
    return {name: info[name] for name in names}


@pytest.mark.parametrize("target", ["c", "other"])
def test_counts_are_right_when_a_recovery_returns(roomy, target):
    service, wire = roomy
    create(wire, "c", 32, optimizers_config={"indexing_threshold": 50})
    for name, schema in INDEXED.items():
        body = {"field_name": name, "field_schema": schema}
        wire.result("PUT", "/collections/c/index?wait=true", body)
    fill(wire, "c", 2000, 32, lambda i: {"k": f"k{i % 5}", "n": i})
    def is_indexed():
        info = wire.result("GET", "/collections/c")
        return info["status"] == "green" and info["indexed_vectors_count"] == 2000

    until(is_indexed, 60)
    expected = facts(wire.result("GET", "/collections/c"))
    content = snapshot(wire, "c")
    # What changes afterwards is undone.
    wire.result("DELETE", "/collections/c/index/n?wait=true")
    fill(wire, "c", 100, 32, lambda i: {"k": "changed"})
    assert upload(wire, target, content).status_code == 200
    assert facts(wire.result("GET", f"/collections/{target}")) == expected
    facet = wire.result("POST", f"/collections/{target}/facet", {"key": "k"})
    assert [hit["count"] for hit in facet["hits"]] == [400] * 5
    # Commits that follow are counted on top.
    fill(wire, target, 10, 32, lambda i: {"k": "new"})
    info = wire.result("GET", f"/collections/{target}")
    assert schema_points(info) == {"k": 2000, "n": 1990}
    service.kill()
    service.start()
    info = wire.result("GET", f"/collections/{target}")
    assert info["points_count"] == 2000
    assert schema_points(info) == {"k": 2000, "n": 1990}
