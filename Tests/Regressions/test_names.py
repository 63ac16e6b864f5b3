"""Every name that a collection can be given serves on every route; the rest are refused at once."""

import http.client
import json
import urllib.parse

import grpc
import pytest
import qdrant_client.grpc as messages
import requests
from process import quiver
from wire import Wire

VECTORS = {"vectors": {"size": 2, "distance": "Dot"}}
POINT = {"points": [{"id": 1, "vector": [1, 2], "payload": {"a": 1}}]}
NAMES = [
    "aliases",
    "batch",
    "cluster",
    "collections",
    "exists",
    "facet",
    "index",
    "points",
    "query",
    "recover",
    "scroll",
    "snapshots",
    "upload",
    "{collection_name}",
    "two words",
    "%2F",
    "100%",
    "a+b&c=d;e#f",
    "...",
    "кот 猫 🐈",
    "it's",
    "x.snapshot",
    "checkpoint-7.part",
    "n" * 255,
]


def quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")


@pytest.mark.parametrize("name", NAMES)
def test_every_route(wire, name):
    path = "/collections/" + quoted(name)
    wire.result("PUT", path, VECTORS)
    wire.result("PUT", path + "/points?wait=true", POINT)
    wire.result("PUT", path + "/index?wait=true", {"field_name": "a", "field_schema": "integer"})
    assert wire.result("GET", path)["points_count"] == 1
    assert wire.result("GET", path + "/exists")["exists"]
    assert wire.result("GET", path + "/aliases") == {"aliases": []}
    assert wire.result("GET", path + "/points/1")["id"] == 1
    assert len(wire.result("POST", path + "/points/query", {"query": [1, 1]})["points"]) == 1
    assert wire.result("POST", path + "/facet", {"key": "a"})["hits"]
    for part in ("/cluster", "/optimizations"):
        wire.result("GET", path + part)
    assert name in [c["name"] for c in wire.result("GET", "/collections")["collections"]]
    made = wire.result("POST", path + "/snapshots")["name"]
    assert [s["name"] for s in wire.result("GET", path + "/snapshots")] == [made]
    file = wire.send("GET", f"{path}/snapshots/{quoted(made)}").content
    upload = wire.session.post(
        wire.url + path + "/snapshots/upload", files={"snapshot": file}, timeout=60
    )
    assert upload.status_code == 200, upload.text
    assert wire.result("DELETE", f"{path}/snapshots/{quoted(made)}")
    # The folder of its snapshots is none of the server's.
    assert wire.send("GET", "/snapshots/" + quoted(name)).status_code == 404
    assert wire.send("DELETE", "/snapshots/" + quoted(name)).status_code == 404
    assert wire.result("PATCH", path, {})
    assert wire.result("DELETE", path)


@pytest.mark.parametrize("name", NAMES)
def test_every_alias(wire, new_collection, name):
    target = new_collection()
    create = {"create_alias": {"collection_name": target, "alias_name": name}}
    wire.result("POST", "/collections/aliases", {"actions": [create]})
    path = "/collections/" + quoted(name)
    assert wire.result("GET", path)["points_count"] == 0
    assert wire.result("POST", path + "/points/count", {}) == {"count": 0}
    rename = {"rename_alias": {"old_alias_name": name, "new_alias_name": name[:200] + "-2"}}
    wire.result("POST", "/collections/aliases", {"actions": [rename]})
    assert wire.send("GET", path).status_code == 404
    delete = {"delete_alias": {"alias_name": name[:200] + "-2"}}
    wire.result("POST", "/collections/aliases", {"actions": [delete]})


@pytest.mark.parametrize("name", [".", "..", "a/b", "a\\b", "a?b", "a*b", "a\0b", "n" * 256])
def test_refused_when_made(server, wire, new_collection, name):
    def send(method: str, path: str, body: bytes, content: str):
        # Not by `requests`, which resolves dots before it asks.
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request(method, path, body, {"Content-Type": content})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    written = quoted(name).replace(".", "%2E")
    status, text = send("PUT", "/collections/" + written, json.dumps(VECTORS).encode(),
                        "application/json")  # fmt: skip
    assert status == 422, text
    assert "Validation error in path parameters: [collection_name: " in text
    part = b'--b\r\nContent-Disposition: form-data; name="snapshot"\r\n\r\nx\r\n--b--\r\n'
    status, text = send("POST", f"/collections/{written}/snapshots/upload", part,
                        "multipart/form-data; boundary=b")  # fmt: skip
    assert status == 422, text
    target = new_collection()
    for action in (
        {"create_alias": {"collection_name": target, "alias_name": name}},
        {"rename_alias": {"old_alias_name": "none", "new_alias_name": name}},
    ):
        answer = wire.send("POST", "/collections/aliases", {"actions": [action]})
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a*b", "a\0b", "n" * 256])
def test_refused_over_grpc(server, wire, new_collection, name):
    """An alias that no route of REST leads to is none here, either."""
    target = new_collection()
    kept = {"create_alias": {"collection_name": target, "alias_name": f"kept-{target}"}}
    wire.result("POST", "/collections/aliases", {"actions": [kept]})
    before = wire.result("GET", "/aliases")
    create = messages.CreateAlias(collection_name=target, alias_name=name)
    rename = messages.RenameAlias(old_alias_name=f"kept-{target}", new_alias_name=name)
    with grpc.insecure_channel(server.grpc_address) as channel:
        collections = messages.CollectionsStub(channel)
        for action in ({"create_alias": create}, {"rename_alias": rename}):
            request = messages.ChangeAliases(actions=[messages.AliasOperations(**action)])
            with pytest.raises(grpc.RpcError) as refusal:
                collections.UpdateAliases(request, timeout=20)
            assert refusal.value.code() == grpc.StatusCode.INVALID_ARGUMENT
            assert "alias_name" in refusal.value.details()
        with pytest.raises(grpc.RpcError) as refusal:
            vectors = messages.VectorsConfig(
                params=messages.VectorParams(size=2, distance=messages.Distance.Dot))
            request = messages.CreateCollection(collection_name=name, vectors_config=vectors)
            collections.Create(request, timeout=20)
        assert refusal.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert wire.result("GET", "/aliases") == before


def test_unfinished_work_is_told_from_a_name(tmp_path):
    service = quiver(tmp_path)
    service.start()
    try:
        wire = Wire(service.url, requests.Session())
        wire.result("PUT", "/collections/checkpoint-7.part", VECTORS)
        made = wire.result("POST", "/collections/checkpoint-7.part/snapshots")["name"]
        service.terminate()
        service.start()
        wire = Wire(service.url, requests.Session())
        kept = wire.result("GET", "/collections/checkpoint-7.part/snapshots")
        assert [snapshot["name"] for snapshot in kept] == [made]
    finally:
        service.kill()
