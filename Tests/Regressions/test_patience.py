"""Clients that wait for as long as a number can say are served like all others."""

import contextlib
import http.client
import json
import socket
import time

import grpc
import pytest
import qdrant_client.grpc as messages
import requests
from process import quiver, until
from qdrant_client import models
from stalled_disk import StalledDisk

YEARS = [2**31, 2**53, 2**62, 2**63 - 1]


@pytest.fixture
def collection(new_collection, wire):
    name = new_collection(models.VectorParams(size=1, distance=models.Distance.DOT))
    points = {"points": [{"id": 1, "vector": [1]}]}
    wire.result("PUT", f"/collections/{name}/points?wait=true", points)
    return name


@pytest.mark.parametrize("seconds", YEARS)
def test_rest(wire, collection, seconds):
    path = f"/collections/{collection}"
    for method, rest, body in (
        ("POST", "/points/query", {"query": [1]}), ("POST", "/points/scroll", {}),
        ("POST", "/points/count", {}), ("POST", "/points", {"ids": [1]}),
        ("PUT", "/points", {"points": [{"id": 2, "vector": [2]}]}),
        ("POST", "/points/delete", {"points": [2]}), ("PATCH", "", {}),
        ("PUT", "/index", {"field_name": "n", "field_schema": "integer"}),
    ):  # fmt: skip
        answer = wire.send(method, f"{path}{rest}?timeout={seconds}", body)
        assert answer.status_code == 200, (method, rest, answer.text)
    assert wire.result("POST", f"{path}/points/count", {})["count"] == 1


@pytest.mark.parametrize("seconds", [*YEARS, 2**64 - 1])
def test_grpc(server, wire, collection, seconds):
    with grpc.insecure_channel(server.grpc_address) as channel:
        points = messages.PointsStub(channel)
        vector = messages.VectorInput(dense=messages.DenseVector(data=[1]))
        query = messages.QueryPoints(
            collection_name=collection, query=messages.Query(nearest=vector), timeout=seconds)
        assert len(points.Query(query, timeout=20).result) == 1
        search = messages.SearchPoints(
            collection_name=collection, vector=[1], limit=1, timeout=seconds)
        assert len(points.Search(search, timeout=20).result) == 1
        count = messages.CountPoints(collection_name=collection, timeout=seconds)
        assert points.Count(count, timeout=20).result.count == 1
    assert wire.result("POST", f"/collections/{collection}/points/count", {})["count"] == 1


def answer_without_a_body(server, method: str, path: str, body: dict) -> tuple[int, dict]:
    """What a request is answered whose body begins, and does not go on while its sender waits."""
    data = json.dumps(body).encode()
    head = (f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Connection: close\r\nContent-Length: {len(data)}\r\n\r\n")  # fmt: skip
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode() + data[:1])
        received = b""
        while part := connection.recv(1 << 16):
            received += part
        with contextlib.suppress(OSError):
            connection.sendall(data[1:])
    head, _, rest = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(rest)


POINT = {"id": 7, "vector": [7]}
LATE = [
    ("POST", "/points/query", {"query": [1], "limit": 1}),
    ("POST", "/points/query/batch", {"searches": [{"query": [1], "limit": 1}]}),
    ("POST", "/points/search", {"vector": [1], "limit": 1}), ("POST", "/points/scroll", {}),
    ("POST", "/points/count", {}), ("POST", "/points", {"ids": [1]}),
    ("POST", "/facet", {"key": "n"}), ("POST", "/points/search/matrix/pairs", {}),
    ("PUT", "/points", {"points": [POINT]}), ("POST", "/points/delete", {"points": [1]}),
    ("POST", "/points/payload", {"payload": {"n": 1}, "points": [1]}),
    ("POST", "/points/batch", {"operations": [{"upsert": {"points": [POINT]}}]}),
    ("PUT", "/index", {"field_name": "n", "field_schema": "integer"}),
    ("PUT", "/vectors/other", {"sparse": {}}), ("PATCH", "", {"metadata": {"n": 1}}),
]  # fmt: skip


@pytest.mark.parametrize("method, path, body", LATE)
def test_a_body_that_does_not_come_in_time(server, wire, collection, method, path, body):
    """The answer does not wait for it, and nothing is done, whether it comes or not."""
    path = f"/collections/{collection}{path}"
    before = wire.result("GET", f"/collections/{collection}")
    status, answer = answer_without_a_body(server, method, path + "?timeout=1", body)
    assert status == 408, answer
    assert "timed out after 1 seconds" in answer["status"]["error"]
    assert wire.result("GET", f"/collections/{collection}") == before
    assert wire.result("GET", f"/collections/{collection}/points/1")["payload"] in (None, {})


def test_the_next_request_has_its_own_time(server, collection):
    """On the same connection, and while that of the first goes by."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    path = f"/collections/{collection}/points/count"
    with contextlib.closing(connection):
        connection.request("POST", path + "?timeout=1", b"{}")
        assert connection.getresponse().read()
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", "2")
        connection.endheaders(b"{")
        time.sleep(1.2)
        connection.send(b"}")
        assert json.loads(connection.getresponse().read())["result"]["count"] == 1


CHANGES = [
    ("PUT", "/collections/things/points?wait=true", {"points": [{"id": 1, "vector": [1]}]}),
    ("PUT", "/collections/things/points?wait=false", {"points": [{"id": 1, "vector": [1]}]}),
    ("PUT", "/collections/things/index?wait=true", {"field_name": "n", "field_schema": "integer"}),
    ("DELETE", "/collections/things/index/old?wait=true", None),
    ("PUT", "/collections/things/vectors/v?wait=true", {"sparse": {}}),
    ("DELETE", "/collections/things/vectors/s?wait=true", None),
]
CATALOGUE = [
    ("PUT", "/collections/new?", {"vectors": {"size": 1, "distance": "Dot"}}),
    ("PATCH", "/collections/things?", {"metadata": {"is": "new"}}),
    ("DELETE", "/collections/gone?", None),
    ("POST", "/collections/aliases?", {"actions": [
        {"create_alias": {"collection_name": "things", "alias_name": "other"}}]}),
]  # fmt: skip


@pytest.fixture
def stalled(tmp_path):
    """A server with a few things and a disk that does not come back, and what sends to it."""
    service = quiver(tmp_path)
    disk = StalledDisk(service, tmp_path, suffix=".log")
    service.start()
    try:
        def send(method, path, body):
            return requests.request(method, service.url + path, json=body, timeout=30)

        vectors = {"vectors": {"size": 1, "distance": "Dot"}, "sparse_vectors": {"s": {}}}
        for name in ("things", "gone"):
            assert send("PUT", f"/collections/{name}", vectors).ok
        old = {"field_name": "old", "field_schema": "integer"}
        assert send("PUT", "/collections/things/index?wait=true", old).ok
        disk.stall()
        yield service, disk, send
    finally:
        disk.go_on()
        service.kill()


def test_a_change_is_answered_in_time_while_the_disk_waits(stalled):
    """Whatever is changed; it is made when the disk comes back."""
    _, disk, send = stalled
    for method, path, body in CHANGES + CATALOGUE:
        answer = send(method, path + "&timeout=1", body)
        if (method, path, body) in CHANGES:
            assert answer.json()["result"]["status"] == "wait_timeout", (path, answer.text)
        else:
            assert answer.status_code == 500, (path, answer.text)
            assert "Timeout set at: 1 seconds" in answer.json()["status"]["error"]
    disk.go_on()

    def is_made() -> bool:
        listed, aliases, info = (
            send("GET", path, None).json()["result"]
            for path in ("/collections", "/aliases", "/collections/things"))
        names, aliases = {c["name"] for c in listed["collections"]}, aliases["aliases"]
        return (names == {"things", "new"} and len(aliases) == 1
                and set(info["payload_schema"]) == {"n"} and info["points_count"] == 1
                and set(info["config"]["params"]["sparse_vectors"]) == {"v"}
                and info["config"]["metadata"] == {"is": "new"})  # fmt: skip

    until(is_made)


def test_calls_are_answered_in_time_while_the_disk_waits(stalled):
    service, _, _ = stalled
    with grpc.insecure_channel(service.grpc_address) as channel:
        collections = messages.CollectionsStub(channel)
        params = messages.VectorParams(size=1, distance=messages.Distance.Dot)
        vectors = messages.VectorsConfig(params=params)
        alias = messages.CreateAlias(collection_name="things", alias_name="other")
        for call, message in (
            (collections.Create, messages.CreateCollection(
                collection_name="new", vectors_config=vectors, timeout=1)),
            (collections.Update, messages.UpdateCollection(
                collection_name="things", metadata={"is": messages.Value(bool_value=True)},
                timeout=1)),
            (collections.Delete, messages.DeleteCollection(collection_name="gone", timeout=1)),
            (collections.UpdateAliases, messages.ChangeAliases(
                actions=[messages.AliasOperations(create_alias=alias)], timeout=1)),
        ):  # fmt: skip
            with pytest.raises(grpc.RpcError) as failure:
                call(message, timeout=20)
            assert failure.value.code() == grpc.StatusCode.INTERNAL
            assert "Timeout set at: 1 seconds" in failure.value.details()
        fields = messages.PointsStub(channel)
        index = messages.CreateFieldIndexCollection(
            collection_name="things", field_name="n", wait=True, timeout=1,
            field_type=messages.FieldType.FieldTypeInteger)  # fmt: skip
        answer = fields.CreateFieldIndex(index, timeout=20)
        assert answer.result.status == messages.UpdateStatus.WaitTimeout
