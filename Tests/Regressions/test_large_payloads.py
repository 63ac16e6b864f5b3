"""Payloads that are there and large: changes of their points take bounded memory, and are refused
where that is not enough."""

import threading

import pytest
import requests
from grpc_calls import refused_either_way
from process import quiver, until_at_rest
from qdrant_client import models
from wire import Wire

COUNT, BYTES = 60, 5_000_000
ALL = {"must": [{"key": "n", "range": {"gte": 0}}]}
EVERY = list(range(COUNT))
CHANGES = {
    "set by filter": ("POST", "payload", {"payload": {"m": 1}, "filter": ALL}),
    "set by ids": ("POST", "payload", {"payload": {"m": 1}, "points": EVERY}),
    "delete keys": ("POST", "payload/delete", {"keys": ["m"], "filter": ALL}),
    "batch": ("POST", "batch", {"operations": [
        {"set_payload": {"payload": {f"m{n}": n}, "points": [7]}} for n in range(40)]}),
    "delete vectors": ("POST", "vectors/delete", {"vector": ["b"], "filter": ALL}),
    "set vectors": ("PUT", "vectors", {
        "points": [{"id": id, "vector": {"b": [2, id]}} for id in EVERY]}),
}  # fmt: skip


class Peak:
    """The most memory that a process has while this goes on, in megabytes beyond the beginning."""

    def __init__(self, service):
        self.status = f"/proc/{service.process.pid}/status"
        self.first = self.most = self.now()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def now(self) -> float:
        with open(self.status) as lines:
            return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

    def run(self):
        while not self.ended.wait(0.01):
            self.most = max(self.most, self.now())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    @property
    def growth(self) -> float:
        return self.most - self.first


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    service = quiver(
        tmp_path_factory.mktemp("large"), QUIVER__STORAGE__LIMITS__MEMORY_MB="320")
    service.start()
    wire = Wire(service.url, requests.Session())
    vectors = {name: {"size": 2, "distance": "Dot"} for name in ("a", "b")}
    wire.result("PUT", "/collections/large", {"vectors": vectors})
    for first in range(0, COUNT, 4):
        points = [
            {"id": id, "vector": {"a": [1, id], "b": [1, id]},
             "payload": {"n": id, "t": f"{id % 10}" * BYTES}}
            for id in range(first, first + 4)
        ]  # fmt: skip
        wire.result("PUT", "/collections/large/points?wait=true", {"points": points})
    yield service, wire
    service.kill()


@pytest.mark.parametrize("kind", CHANGES)
def test_changes_take_bounded_memory(limited, kind):
    service, wire = limited
    until_at_rest(service)
    method, path, body = CHANGES[kind]
    with Peak(service) as peak:
        answer = wire.send(method, f"/collections/large/points/{path}?wait=true", body)
    # One commit has all vectors that are given, and the payloads beside them.
    expected = (429, 507) if kind == "set vectors" else (200,)
    assert answer.status_code in expected, answer.text
    assert peak.growth < 250, f"{peak.growth:.0f} MB more"
    point = wire.result("GET", "/collections/large/points/9")
    assert point["payload"]["n"] == 9 and point["payload"]["t"] == "9" * BYTES
    assert set(point["vector"]) >= {"a"}


def test_a_path_to_many_places(limited):
    service, wire = limited
    body = {"points": [{"id": 1000, "vector": {}, "payload": {"items": [0] * 200_000}}]}
    wire.result("PUT", "/collections/large/points?wait=true", body)
    change = {"payload": {"x": "y" * 20_000}, "points": [1000], "key": "items[]"}
    with Peak(service) as peak:
        answer = wire.send("POST", "/collections/large/points/payload?wait=true", change)
    assert answer.status_code == 400, answer.text
    assert "the payload of point 1000 would take more than" in answer.json()["status"]["error"]
    assert peak.growth < 250, f"{peak.growth:.0f} MB more"
    change["payload"] = {"x": 1}
    change["key"] = "items[7]"
    wire.result("POST", "/collections/large/points/payload?wait=true", change)
    items = wire.result("GET", "/collections/large/points/1000")["payload"]["items"]
    assert items[6:9] == [0, {"x": 1}, 0] and len(items) == 200_000


KEYS = [f"k{n}" for n in range(100_000)]
REMOVALS = {
    "nulls": ("payload", {"payload": dict.fromkeys(KEYS)}),
    "keys": ("payload/delete", {"keys": KEYS}),
    "nested keys": ("payload/delete", {"keys": [f"o.{key}" for key in KEYS]}),
}


@pytest.mark.parametrize("kind", REMOVALS)
def test_many_keys_go_at_once(wire, new_collection, kind):
    """One after another they would take minutes, with nobody else's changes meanwhile."""
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    members = dict.fromkeys(KEYS, 1)
    payload = {"stays": 2, **({"o": members} if kind == "nested keys" else members)}
    body = {"points": [{"id": 1, "vector": [1], "payload": payload}]}
    wire.result("PUT", f"/collections/{name}/points?wait=true", body)
    path, change = REMOVALS[kind]
    url = f"/collections/{name}/points/{path}?wait=true&timeout=20"
    wire.result("POST", url, {**change, "points": [1]})
    left = wire.result("GET", f"/collections/{name}/points/1")["payload"]
    assert left == {"stays": 2, **({"o": {}} if kind == "nested keys" else {})}


def test_many_names_are_read_at_once(wire, new_collection):
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    body = {"vector": KEYS * 3 + [f"n{n}" for n in range(300_000)], "points": [1]}
    url = f"{wire.url}/collections/{name}/points/vectors/delete?wait=true"
    assert requests.post(url, json=body, timeout=20).status_code == 400


def test_a_point_of_many_names(wire, over_grpc, new_collection):
    """None of which the collection has; each was compared with all before it."""
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    vectors = {key: [1.0] for key in KEYS}
    url = f"{wire.url}/collections/{name}/points?wait=true"
    for path, method in (("", requests.put), ("/vectors", requests.put)):
        body = {"points": [{"id": 1, "vector": vectors}]}
        target = url.replace("/points", f"/points{path}")
        assert method(target, json=body, timeout=20).status_code == 400
    columns = {"batch": {"ids": [1], "vectors": {key: [[1.0]] for key in KEYS}}}
    assert requests.put(url, json=columns, timeout=20).status_code == 400
    point = models.PointStruct(id=1, vector=vectors)
    with refused_either_way(400, "Not existing vector name"):
        over_grpc.upsert(name, [point])


def test_a_point_of_many_groups(wire, new_collection):
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    payload = {"g": [f"group {n}" for n in range(200_000)]}
    body = {"points": [{"id": 1, "vector": [1], "payload": payload}]}
    wire.result("PUT", f"/collections/{name}/points?wait=true", body)
    query = {"query": [1], "group_by": "g", "limit": 3}
    url = f"/collections/{name}/points/query/groups?timeout=20"
    groups = wire.result("POST", url, query)["groups"]
    assert [group["id"] for group in groups] == ["group 0", "group 1", "group 2"]
