"""Points through qdrant-client: writing, reading back, scrolling, deleting, vectors."""

import random
import uuid

import numpy as np
import pytest
from qdrant_client import models

NAMED = {
    "a": models.VectorParams(size=2, distance=models.Distance.DOT),
    "b": models.VectorParams(size=3, distance=models.Distance.EUCLID),
}
UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
LARGEST_ID = 2**64 - 1


def point(id, vector=(1.0, 2.0, 3.0, 4.0), **payload) -> models.PointStruct:
    vector = list(vector) if isinstance(vector, tuple) else vector
    return models.PointStruct(id=id, vector=vector, payload=payload)


def ids(records) -> list:
    return [record.id for record in records]


def test_upsert_list_and_columns(client, new_collection):
    name = new_collection()
    result = client.upsert(name, [point(1, a=1), point(UUID, b=2)])
    assert result.status == models.UpdateStatus.COMPLETED
    client.upsert(
        name,
        models.Batch(
            ids=[2, LARGEST_ID],
            vectors=[[0.5, 0, 0, 0], [0, 0.25, 0, 0]],
            payloads=[{"c": 3}, {}],
        ),
    )
    assert client.count(name).count == 4
    found = client.retrieve(name, [LARGEST_ID, UUID, 2, 1], with_vectors=True)
    by_id = {record.id: record for record in found}
    assert by_id[1].payload == {"a": 1} and by_id[1].vector == [1, 2, 3, 4]
    assert by_id[UUID].payload == {"b": 2}
    assert by_id[2].payload == {"c": 3} and by_id[2].vector == [0.5, 0, 0, 0]
    assert not by_id[LARGEST_ID].payload and by_id[LARGEST_ID].vector == [0, 0.25, 0, 0]


def test_columns_of_named_vectors(client, new_collection):
    name = new_collection(NAMED)
    client.upsert(
        name,
        models.Batch(ids=[1, 2], vectors={"a": [[1, 2], [3, 4]], "b": [[1, 1, 1], [2, 2, 2]]}),
    )
    (first, second) = client.retrieve(name, [1, 2], with_vectors=True)
    assert first.vector == {"a": [1, 2], "b": [1, 1, 1]}
    assert second.vector == {"a": [3, 4], "b": [2, 2, 2]}


def test_overwrite_replaces_vector_and_payload(client, new_collection):
    name = new_collection()
    client.upsert(name, [point(1, old=True, both=1)])
    client.upsert(name, [point(1, (4.0, 3.0, 2.0, 1.0), both=2)])
    (record,) = client.retrieve(name, [1], with_vectors=True)
    assert record.payload == {"both": 2} and record.vector == [4, 3, 2, 1]
    assert client.count(name).count == 1
    same = client.query_points(name, [1.0, 0, 0, 0], limit=10).points
    assert [(hit.id, hit.score) for hit in same] == [(1, 4.0)]


def test_last_of_two_with_one_id_wins(client, new_collection):
    name = new_collection()
    client.upsert(name, [point(1, n=1), point(2), point(1, n=2)])
    assert client.count(name).count == 2
    assert client.retrieve(name, [1])[0].payload == {"n": 2}


@pytest.mark.parametrize("upload", ["upload_points", "upload_collection"])
def test_uploads(client, new_collection, upload):
    name = new_collection()
    vectors = np.random.default_rng(7).normal(size=(700, 4)).astype(np.float32)
    payloads = [{"row": row} for row in range(700)]
    if upload == "upload_points":
        points = (
            models.PointStruct(id=i, vector=v.tolist(), payload=p)
            for i, (v, p) in enumerate(zip(vectors, payloads))
        )
        client.upload_points(name, points, batch_size=100, wait=True)
    else:
        client.upload_collection(
            name, vectors, payload=payloads, ids=range(700), batch_size=64, wait=True
        )
    assert client.count(name).count == 700
    records = client.retrieve(name, [0, 99, 699], with_vectors=True)
    assert [record.id for record in records] == [0, 99, 699]
    for record in records:
        assert record.payload == {"row": record.id}
        assert np.array_equal(np.float32(record.vector), vectors[record.id])


def test_retrieve_selects(client, new_collection):
    name = new_collection()
    client.upsert(name, [point(1, a=1, b={"c": 2, "d": 3})])
    (record,) = client.retrieve(name, [1])
    assert record.payload == {"a": 1, "b": {"c": 2, "d": 3}} and record.vector is None
    (record,) = client.retrieve(name, [1], with_payload=False)
    assert not record.payload
    (record,) = client.retrieve(name, [1], with_payload=["b.c"])
    assert record.payload == {"b": {"c": 2}}
    exclude = models.PayloadSelectorExclude(exclude=["b.d"])
    (record,) = client.retrieve(name, [1], with_payload=exclude)
    assert record.payload == {"a": 1, "b": {"c": 2}}
    assert client.retrieve(name, [2, 3]) == []
    assert ids(client.retrieve(name, [2, 1])) == [1]


def test_scroll_pages_through_mixed_ids(client, new_collection):
    name = new_collection()
    seeded = random.Random(11)
    numbers = [0, 1, LARGEST_ID] + [seeded.getrandbits(64) for _ in range(800)]
    uuids = [str(uuid.UUID(int=seeded.getrandbits(128), version=4)) for _ in range(700)]
    everything = numbers + uuids
    seeded.shuffle(everything)
    client.upload_points(name, [point(i, n=str(i)) for i in everything], batch_size=250, wait=True)
    seen, offset = [], None
    while True:
        records, offset = client.scroll(name, limit=170, offset=offset)
        assert all(record.payload == {"n": str(record.id)} for record in records)
        seen += ids(records)
        if offset is None:
            break
        assert len(records) == 170
    assert seen == sorted(numbers) + sorted(uuids)
    records, _ = client.scroll(name, limit=10_000, with_payload=False)
    assert ids(records) == seen


def test_scroll_with_filter_pages(client, new_collection):
    name = new_collection()
    client.upsert(name, [point(i, even=i % 2 == 0) for i in range(1200)])
    even = models.Filter(
        must=[models.FieldCondition(key="even", match=models.MatchValue(value=True))]
    )
    seen, offset = [], None
    while True:
        records, offset = client.scroll(name, scroll_filter=even, limit=50, offset=offset)
        seen += ids(records)
        if offset is None:
            break
    assert seen == list(range(0, 1200, 2))
    assert client.count(name, count_filter=even).count == 600
    assert client.count(name, count_filter=even, exact=False).count == pytest.approx(600, rel=1)


def test_delete_by_ids_and_filter(client, new_collection):
    name = new_collection()
    client.upsert(name, [point(i, group=i % 5) for i in range(100)] + [point(UUID, group=9)])
    client.delete(name, [1, UUID, 12345])
    assert client.count(name).count == 99
    group = models.FieldCondition(key="group", match=models.MatchValue(value=0))
    client.delete(name, models.FilterSelector(filter=models.Filter(must=[group])))
    assert client.count(name).count == 79
    records, _ = client.scroll(name, limit=1000)
    assert len(records) == 79 and all(r.payload["group"] != 0 for r in records)
    assert 1 not in ids(client.query_points(name, [1.0, 1, 1, 1], limit=100).points)
    client.delete(name, models.FilterSelector(filter=models.Filter(must=[])))
    assert client.count(name).count == 0
    client.upsert(name, [point(1, back=True)])
    assert client.retrieve(name, [1])[0].payload == {"back": True}


def test_undashed_and_urn_ids_are_the_same_point(client, wire, new_collection):
    name = new_collection()
    plain = UUID.replace("-", "")
    for spelling in (UUID, plain, f"urn:uuid:{UUID}", UUID.upper()):
        body = {"points": [{"id": spelling, "vector": [1, 0, 0, 0]}]}
        wire.result("PUT", f"/collections/{name}/points?wait=true", body)
    assert ids(client.scroll(name)[0]) == [UUID]
    assert wire.result("GET", f"/collections/{name}/points/{plain}")["id"] == UUID


def test_update_and_delete_vectors(client, new_collection):
    name = new_collection(NAMED)
    client.upsert(name, [point(1, {"a": [1.0, 2.0]}, kept=True), point(2, {"b": [1.0, 2.0, 3.0]})])
    client.update_vectors(
        name,
        [
            models.PointVectors(id=1, vector={"b": [9.0, 9.0, 9.0]}),
            models.PointVectors(id=2, vector={"b": [0.0, 0.0, 1.0]}),
        ],
    )
    first, second = client.retrieve(name, [1, 2], with_vectors=True)
    assert first.vector == {"a": [1, 2], "b": [9, 9, 9]} and first.payload == {"kept": True}
    assert second.vector == {"b": [0, 0, 1]}
    client.delete_vectors(name, ["a"], [1])
    (first,) = client.retrieve(name, [1], with_vectors=True)
    assert first.vector == {"b": [9, 9, 9]} and first.payload == {"kept": True}
    assert client.query_points(name, [1.0, 1.0], using="a").points == []
    assert ids(client.query_points(name, [9.0, 9.0, 9.0], using="b").points) == [1, 2]
    assert ids(client.retrieve(name, [1], with_vectors=["b"])) == [1]


def test_batch_update_is_in_order(client, new_collection):
    name = new_collection()
    client.upsert(name, [point(i) for i in range(5)])
    client.batch_update_points(
        name,
        [
            models.UpsertOperation(upsert=models.PointsList(points=[point(10, step=1)])),
            models.SetPayloadOperation(
                set_payload=models.SetPayload(payload={"step": 2, "x": 1}, points=[10])
            ),
            models.DeletePayloadOperation(
                delete_payload=models.DeletePayload(keys=["x"], points=[10])
            ),
            models.OverwritePayloadOperation(
                overwrite_payload=models.SetPayload(payload={"only": 1}, points=[0])
            ),
            models.UpdateVectorsOperation(
                update_vectors=models.UpdateVectors(
                    points=[models.PointVectors(id=1, vector=[9.0, 9.0, 9.0, 9.0])]
                )
            ),
            models.DeleteOperation(delete=models.PointIdsList(points=[2])),
            models.ClearPayloadOperation(clear_payload=models.PointIdsList(points=[3])),
            models.DeleteOperation(delete=models.PointIdsList(points=[4])),
            models.UpsertOperation(upsert=models.PointsList(points=[point(4, reborn=True)])),
        ],
    )
    records = {r.id: r for r in client.scroll(name, with_vectors=True)[0]}
    assert sorted(records) == [0, 1, 3, 4, 10]
    assert records[10].payload == {"step": 2}
    assert records[0].payload == {"only": 1}
    assert records[1].vector == [9, 9, 9, 9]
    assert records[4].payload == {"reborn": True}
