"""What is refused over HTTP is refused over gRPC: the code that stands for it, the same words."""

import grpc
import pytest
from grpc_calls import CODES, refused
from process import quiver
from qdrant_client import QdrantClient, grpc as m, models

NAME = "refusing"
QUERY = m.Query(nearest=m.VectorInput(dense=m.DenseVector(data=[1.0, 2.0])))


@pytest.fixture(scope="module")
def collection(client):
    client.create_collection(
        NAME, vectors_config={"a": models.VectorParams(size=4, distance=models.Distance.DOT)}
    )
    yield NAME
    client.delete_collection(NAME)


def point(**vectors) -> dict:
    return {"points": [{"id": 1, "vector": vectors}]}


def upsert(**vectors) -> m.UpsertPoints:
    named = {name: m.Vector(data=data) for name, data in vectors.items()}
    return m.UpsertPoints(
        collection_name=NAME, wait=True,
        points=[m.PointStruct(
            id=m.PointId(num=1), vectors=m.Vectors(vectors=m.NamedVectors(vectors=named)))],
    )  # fmt: skip


def params(size: int) -> m.VectorsConfig:
    return m.VectorsConfig(params=m.VectorParams(size=size, distance=m.Distance.Dot))


POINTS, QUERIES = f"/collections/{NAME}/points", f"/collections/{NAME}/points/query"
REFUSALS = [
    ("Points/Count", m.CountPoints(collection_name="nowhere"),
     "POST", "/collections/nowhere/points/count", {}),
    ("Collections/Get", m.GetCollectionInfoRequest(collection_name="nowhere"),
     "GET", "/collections/nowhere", None),
    ("Snapshots/Delete", m.DeleteSnapshotRequest(collection_name=NAME, snapshot_name="none"),
     "DELETE", f"/collections/{NAME}/snapshots/none", None),
    ("Collections/Create", m.CreateCollection(collection_name=NAME, vectors_config=params(2)),
     "PUT", f"/collections/{NAME}", {"vectors": {"size": 2, "distance": "Dot"}}),
    ("Collections/Create", m.CreateCollection(collection_name="w", vectors_config=params(70_000)),
     "PUT", "/collections/w", {"vectors": {"size": 70_000, "distance": "Dot"}}),
    ("Points/Upsert", upsert(a=[1, 2]), "PUT", f"{POINTS}?wait=true", point(a=[1, 2])),
    ("Points/Upsert", upsert(b=[1, 2]), "PUT", f"{POINTS}?wait=true", point(b=[1, 2])),
    ("Points/Query", m.QueryPoints(collection_name=NAME, query=QUERY, using="a"),
     "POST", QUERIES, {"query": [1.0, 2.0], "using": "a"}),
    ("Points/Query", m.QueryPoints(collection_name=NAME, query=QUERY, using="c"),
     "POST", QUERIES, {"query": [1.0, 2.0], "using": "c"}),
    ("Points/Query", m.QueryPoints(collection_name=NAME, limit=0),
     "POST", QUERIES, {"limit": 0}),
    ("Points/Query", m.QueryPoints(collection_name=NAME, using="a", query=m.Query(
        nearest=m.VectorInput(id=m.PointId(num=77)))), "POST", QUERIES,
     {"query": 77, "using": "a"}),
    ("Points/Scroll", m.ScrollPoints(collection_name=NAME, order_by=m.OrderBy(key="nothing")),
     "POST", f"{POINTS}/scroll", {"order_by": "nothing"}),
    ("Collections/UpdateAliases", m.ChangeAliases(actions=[m.AliasOperations(
        rename_alias=m.RenameAlias(old_alias_name="x", new_alias_name="y"))]),
     "POST", "/collections/aliases", {"actions": [
         {"rename_alias": {"old_alias_name": "x", "new_alias_name": "y"}}]}),
]  # fmt: skip


def ask(channel, method: str, request, **options):
    service, name = method.split("/")
    return getattr(getattr(m, f"{service}Stub")(channel), name)(request, timeout=30, **options)


@pytest.mark.parametrize("row", REFUSALS, ids=[f"{r[0]}-{i}" for i, r in enumerate(REFUSALS)])
def test_the_same_is_refused(channel, wire, collection, row):
    method, request, verb, path, body = row
    answer = wire.send(verb, path, body)
    assert answer.status_code in CODES, answer.text
    text = answer.json()["status"]["error"]
    text = text.replace("in JSON body", "in body").replace("[internal.", "[")
    with refused(CODES[answer.status_code], text):
        ask(channel, method, request)


def test_ids_that_are_none(channel, collection):
    request = m.GetPoints(collection_name=NAME, ids=[m.PointId(uuid="nonsense")])
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "Unable to parse UUID: nonsense"):
        ask(channel, "Points/Get", request)


def test_who_asks_too_often_is_told_when_to_come_back(channel, client, wire):
    client.create_collection(
        "slow", vectors_config={},
        strict_mode_config=models.StrictModeConfig(enabled=True, read_rate_limit=1),
    )  # fmt: skip
    count = m.CountPoints(collection_name="slow")
    with pytest.raises(grpc.RpcError) as refusal:
        for _ in range(5):
            ask(channel, "Points/Count", count)
    assert refusal.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    answer = wire.send("POST", "/collections/slow/points/count", {})
    assert answer.status_code == 429
    trailers = dict(refusal.value.trailing_metadata())
    assert 1 <= int(trailers["retry-after"]) <= 60
    assert "Rate limiting exceeded" in refusal.value.details()
    client.delete_collection("slow")


def test_where_there_is_no_room_a_trailer_says_so(tmp_path):
    service = quiver(tmp_path, QUIVER__STORAGE__LIMITS__MEMORY_MB="64")
    service.start()
    try:
        with grpc.insecure_channel(service.grpc_address) as channel:
            client = QdrantClient(url=service.url, check_compatibility=False)
            client.create_collection(
                NAME, vectors_config=models.VectorParams(size=4096, distance="Dot")
            )
            points = [
                m.PointStruct(
                    id=m.PointId(num=n), vectors=m.Vectors(vector=m.Vector(data=[1.0] * 4096))
                )
                for n in range(200)
            ]
            request = m.UpsertPoints(collection_name=NAME, wait=True, points=points)
            with pytest.raises(grpc.RpcError) as refusal:
                for first in range(20):
                    for n, one in enumerate(request.points):
                        one.id.num = first * 200 + n
                    ask(channel, "Points/Upsert", request)
            assert refusal.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            trailers = dict(refusal.value.trailing_metadata())
            assert trailers["qdrant-insufficient-storage"] == "1"
            assert "the memory limit" in refusal.value.details()
    finally:
        service.kill()


@pytest.mark.parametrize(
    "call, request_of",
    [
        ("Points/Get", m.GetPoints), ("Points/Upsert", m.UpsertPoints),
        ("Points/QueryBatch", m.QueryBatchPoints), ("Collections/Get", m.GetCollectionInfoRequest),
        ("Collections/CollectionExists", m.CollectionExistsRequest),
        ("Snapshots/List", m.ListSnapshotsRequest),
    ],
)  # fmt: skip
def test_names_that_no_collection_has(channel, call, request_of):
    for name, words in (("", "must be from 1 to 255"), ("a/b", "cannot contain"), ("a" * 256, "")):
        message = request_of(collection_name=name).SerializeToString()
        with refused(grpc.StatusCode.INVALID_ARGUMENT, "Validation error in body: [collection_"):
            channel.unary_unary(f"/qdrant.{call}")(message)
        with refused(grpc.StatusCode.INVALID_ARGUMENT, words):
            channel.unary_unary(f"/qdrant.{call}")(message)
