"""Damage to the records of one collection stays with that collection."""

import pathlib
import struct

import pytest
import requests
from process import quiver
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse
from wire import Wire

VALUE = 12.5
SIZE = 64


@pytest.fixture
def damaged(tmp_path):
    """A server over two collections, a table of one of which has a flipped bit."""
    service = quiver(tmp_path)
    for name, value in (("bad", VALUE), ("good", 1.0)):
        service.start()
        with requests.Session() as session:
            wire = Wire(service.url, session)
            config = {"vectors": {"size": SIZE, "distance": "Dot"}}
            wire.result("PUT", f"/collections/{name}", config)
            points = [{"id": id, "vector": [value] * SIZE} for id in range(300)]
            wire.result("PUT", f"/collections/{name}/points?wait=true", {"points": points})
            wire.result("POST", f"/collections/{name}/snapshots", {})
        assert service.terminate() == 0
    pattern = struct.pack("<f", VALUE) * 3
    tables = [t for t in (tmp_path / "data").glob("*.sst") if pattern in t.read_bytes()]
    content = bytearray(tables[0].read_bytes())
    content[content.index(pattern)] ^= 1
    tables[0].write_bytes(content)
    service.start()
    yield service
    service.kill()


def test_quarantine(damaged):
    client = QdrantClient(url=damaged.url, timeout=30)
    assert {c.name for c in client.get_collections().collections} == {"bad", "good"}
    info = client.get_collection("bad")
    assert info.status == models.CollectionStatus.RED
    assert "quarantined" in info.optimizer_status.error
    point = models.PointStruct(id=1, vector=[2.0] * SIZE)
    for call in (
        lambda: client.upsert("bad", [point]),
        lambda: client.query_points("bad", query=[1.0] * SIZE),
        lambda: client.retrieve("bad", [1]),
        lambda: client.scroll("bad"),
        lambda: client.count("bad"),
        lambda: client.delete("bad", [1]),
    ):
        with pytest.raises(UnexpectedResponse) as caught:
            call()
        assert caught.value.status_code == 500
        assert b"`bad` is quarantined" in caught.value.content
    # The rest serves, and the server is ready for it.
    assert damaged.status("/readyz") == 200
    client.upsert("good", [point])
    assert client.count("good").count == 300
    assert "collection_dead_replicas 1" in requests.get(f"{damaged.url}/metrics", timeout=60).text


def test_delete_a_quarantined_collection(damaged):
    client = QdrantClient(url=damaged.url, timeout=30)
    assert client.delete_collection("bad")
    client.create_collection(
        "bad", models.VectorParams(size=SIZE, distance=models.Distance.DOT)
    )
    client.upsert("bad", [models.PointStruct(id=7, vector=[1.0] * SIZE)])
    damaged.kill()
    damaged.start()
    assert client.count("bad").count == 1
    assert client.get_collection("bad").status == models.CollectionStatus.GREEN
    assert client.count("good").count == 300


def test_recover_a_quarantined_collection(damaged):
    client = QdrantClient(url=damaged.url, timeout=30)
    name = client.list_snapshots("bad")[0].name
    data = pathlib.Path(damaged.settings["QUIVER__STORAGE__STORAGE_PATH"])
    location = next((data.parent / "snapshots").rglob(name)).resolve().as_uri()
    assert client.recover_snapshot("bad", location=location)
    for _ in range(2):
        assert client.get_collection("bad").status == models.CollectionStatus.GREEN
        assert client.count("bad").count == 300
        assert client.retrieve("bad", [5], with_vectors=True)[0].vector == [VALUE] * SIZE
        assert client.count("good").count == 300
        damaged.kill()
        damaged.start()
