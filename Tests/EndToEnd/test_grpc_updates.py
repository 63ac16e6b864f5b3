"""Changes over gRPC, in today's form and in that of older clients."""

import grpc
import pytest
from grpc_calls import refused
from qdrant_client import grpc as m, models


@pytest.fixture(scope="module")
def stub(channel):
    return m.PointsStub(channel)


@pytest.fixture(scope="module")
def mixed(client):
    """A collection with a vector of every kind."""
    client.create_collection(
        "mixed",
        vectors_config={
            "a": models.VectorParams(size=2, distance=models.Distance.DOT),
            "m": models.VectorParams(
                size=2, distance=models.Distance.DOT,
                multivector_config=models.MultiVectorConfig(
                    comparator=models.MultiVectorComparator.MAX_SIM
                ),
            ),
        },
        sparse_vectors_config={"s": models.SparseVectorParams()},
    )  # fmt: skip
    yield "mixed"
    client.delete_collection("mixed")


def upsert(stub, collection: str, identifier, vectors: dict, **options):
    point = m.PointStruct(
        id=identifier, vectors=m.Vectors(vectors=m.NamedVectors(vectors=vectors)), **options
    )
    return stub.Upsert(m.UpsertPoints(collection_name=collection, wait=True, points=[point]))


def stored(stub, collection: str, identifier):
    request = m.GetPoints(
        collection_name=collection, ids=[identifier],
        with_vectors=m.WithVectorsSelector(enable=True),
        with_payload=m.WithPayloadSelector(enable=True),
    )  # fmt: skip
    return stub.Get(request).result[0]


def test_every_update(client, over_grpc):
    name = "updates"
    over_grpc.create_collection(
        name, vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT)
    )
    over_grpc.upsert(
        name, [models.PointStruct(id=n, vector=[n, 1], payload={"n": n}) for n in range(1, 9)]
    )
    over_grpc.set_payload(name, {"set": True}, points=[1, 2])
    over_grpc.set_payload(name, {"deep": 1}, points=[1], key="inner")
    over_grpc.overwrite_payload(name, {"only": "this"}, points=[3])
    over_grpc.delete_payload(name, ["n"], points=models.Filter(must=[
        models.FieldCondition(key="n", match=models.MatchValue(value=4))]))  # fmt: skip
    over_grpc.clear_payload(name, points_selector=[5])
    over_grpc.update_vectors(name, [models.PointVectors(id=6, vector=[60, 1])])
    over_grpc.delete(name, points_selector=[7])
    over_grpc.delete_vectors(name, vectors=[""], points=[8])
    over_grpc.batch_update_points(
        name,
        update_operations=[
            models.UpsertOperation(
                upsert=models.PointsList(points=[models.PointStruct(id=9, vector=[9, 9])])
            ),
            models.SetPayloadOperation(
                set_payload=models.SetPayload(payload={"batch": 1}, points=[9])
            ),
            models.DeleteOperation(delete=models.PointIdsList(points=[2])),
        ],
    )
    found = {point.id: point for point in client.scroll(name, with_vectors=True)[0]}
    assert sorted(found) == [1, 3, 4, 5, 6, 8, 9]
    assert found[1].payload == {"n": 1, "set": True, "inner": {"deep": 1}}
    assert found[3].payload == {"only": "this"}
    assert found[4].payload == {} and found[5].payload == {}
    assert found[6].vector == [60, 1]
    assert not found[8].vector
    assert found[9].payload == {"batch": 1}
    over_grpc.update_collection_aliases([
        models.CreateAliasOperation(create_alias=models.CreateAlias(
            collection_name=name, alias_name="other"))])  # fmt: skip
    assert over_grpc.get_collection_aliases(name) == client.get_collection_aliases(name)
    assert over_grpc.count("other").count == 7
    snapshot = over_grpc.create_snapshot(name)
    assert [s.name for s in over_grpc.list_snapshots(name)] == [snapshot.name]
    assert over_grpc.delete_snapshot(name, snapshot.name)
    assert over_grpc.list_snapshots(name) == []
    over_grpc.update_collection(
        name, optimizers_config=models.OptimizersConfigDiff(indexing_threshold=77)
    )
    assert client.get_collection(name).config.optimizer_config.indexing_threshold == 77
    assert over_grpc.delete_collection(name)


def test_vectors_as_older_clients_write_them(stub, mixed):
    identifier = m.PointId(num=1)
    old = {
        "a": m.Vector(data=[1, 2]),
        "s": m.Vector(data=[0.5, 0.25], indices=m.SparseIndices(data=[7, 9])),
        "m": m.Vector(data=[1, 2, 3, 4], vectors_count=2),
    }
    upsert(stub, mixed, identifier, old)
    vectors = stored(stub, mixed, identifier).vectors.vectors.vectors
    assert list(vectors["a"].dense.data) == [1, 2]
    assert list(vectors["s"].sparse.indices) == [7, 9]
    assert list(vectors["s"].sparse.values) == [0.5, 0.25]
    assert [list(part.data) for part in vectors["m"].multi_dense.vectors] == [[1, 2], [3, 4]]
    # The old fields are not written.
    for vector in vectors.values():
        assert not vector.data
        assert not vector.HasField("indices") and not vector.HasField("vectors_count")
    new = {
        "a": m.Vector(dense=m.DenseVector(data=[1, 2])),
        "s": m.Vector(sparse=m.SparseVector(values=[0.5, 0.25], indices=[7, 9])),
        "m": m.Vector(multi_dense=m.MultiDenseVector(
            vectors=[m.DenseVector(data=[1, 2]), m.DenseVector(data=[3, 4])])),
    }  # fmt: skip
    upsert(stub, mixed, m.PointId(num=2), new)
    assert stored(stub, mixed, m.PointId(num=2)).vectors.vectors.vectors == vectors
    both = {"s": m.Vector(data=[1, 2], indices=m.SparseIndices(data=[1, 2]), vectors_count=1)}
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "cannot be both specified"):
        upsert(stub, mixed, m.PointId(num=3), both)


def test_searches_as_older_clients_write_them(stub, mixed):
    upsert(stub, mixed, m.PointId(num=1), {"a": m.Vector(data=[1, 2])})
    found = stub.Search(
        m.SearchPoints(
            collection_name=mixed, vector=[1, 1], vector_name="a", limit=1,
            params=m.SearchParams(exact=True, hnsw_ef=64),
        )
    ).result  # fmt: skip
    assert found[0].score == 3


def test_ids_and_numbers_of_every_size(stub, mixed, client):
    for number in (0, 2**63, 2**64 - 1):
        payload = {
            "least": m.Value(integer_value=-(2**63)), "most": m.Value(integer_value=2**63 - 1),
            "whole": m.Value(double_value=3), "text": m.Value(string_value="ø"),
            "none": m.Value(null_value=0), "tree": m.Value(struct_value=m.Struct(fields={
                "list": m.Value(list_value=m.ListValue(values=[m.Value(bool_value=False)]))})),
        }  # fmt: skip
        identifier = m.PointId(num=number)
        upsert(stub, mixed, identifier, {"a": m.Vector(data=[1, 2])}, payload=payload)
        point = stored(stub, mixed, identifier)
        assert point.id.num == number
        assert dict(point.payload) == payload
        found = client.retrieve(mixed, [number])[0].payload
        assert (found["least"], found["most"]) == (-(2**63), 2**63 - 1)
        assert isinstance(found["whole"], float)
        assert found["tree"] == {"list": [False]}


def test_nothing_is_waited_for_unless_it_is_asked_for(stub, mixed):
    result = stub.Delete(
        m.DeletePoints(
            collection_name=mixed,
            points=m.PointsSelector(points=m.PointsIdsList(ids=[m.PointId(num=1)])),
        )
    )
    assert result.result.status == m.UpdateStatus.Acknowledged
    assert result.time > 0


def test_moments(stub, mixed, channel):
    upsert(stub, mixed, m.PointId(num=5), {}, payload={
        "when": m.Value(string_value="2024-05-05T10:00:00Z")})  # fmt: skip
    moments = m.DatetimeRange()
    moments.gte.FromJsonString("2024-05-05T09:59:59.5Z")
    moments.lt.FromJsonString("2024-05-05T10:00:00.5Z")
    condition = m.Condition(field=m.FieldCondition(key="when", datetime_range=moments))
    request = m.CountPoints(collection_name=mixed, filter=m.Filter(must=[condition]), exact=True)
    assert stub.Count(request).result.count == 1
    moments.gte.FromJsonString("2024-05-05T10:00:00.000001Z")
    condition = m.Condition(field=m.FieldCondition(key="when", datetime_range=moments))
    request = m.CountPoints(collection_name=mixed, filter=m.Filter(must=[condition]), exact=True)
    assert stub.Count(request).result.count == 0
