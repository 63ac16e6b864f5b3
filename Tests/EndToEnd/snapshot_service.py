"""A server with snapshots of a test's own, and what is kept in it."""

import pathlib

import pytest
import requests
from qdrant_client import QdrantClient, models
from wire import Wire

SIZE = 64
UUID = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


@pytest.fixture
def own(service):
    client = QdrantClient(url=service.url, timeout=120)
    yield client
    client.close()


@pytest.fixture
def own_wire(service):
    with requests.Session() as session:
        yield Wire(service.url, session)


def folder(service) -> pathlib.Path:
    return pathlib.Path(service.settings["QUIVER__STORAGE__STORAGE_PATH"]).parent / "snapshots"


def make(client, name="things", count=300, size=SIZE):
    vectors = {
        "a": models.VectorParams(size=size, distance=models.Distance.COSINE),
        "b": models.VectorParams(size=2, distance=models.Distance.EUCLID),
    }
    client.create_collection(name, vectors_config=vectors)
    for start in range(0, count, 500):
        points = [
            models.PointStruct(
                id=UUID if id == 7 else id,
                vector={"a": [float(id + k % 5 + 1) for k in range(size)], "b": [id, 1.0]}
                if id % 3
                else {"b": [id, 2.0]},
                payload={"of": name, "n": id, "text": "käse" * (id % 4)},
            )
            for id in range(start, min(count, start + 500))
        ]
        client.upsert(name, points, wait=True)


def everything(client, name="things"):
    records, _ = client.scroll(name, limit=100_000, with_payload=True, with_vectors=True)
    return [(r.id, r.payload, r.vector) for r in records]


def location(service, snapshot, name="things") -> str:
    return (folder(service) / name / snapshot.name).as_uri()
