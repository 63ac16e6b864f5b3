"""Every call of gRPC beside the request of the REST API that is the same: both give the same."""

import grpc
import numpy as np
import pytest
from qdrant_client import grpc as m
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc
from qdrant_client.http import models

# A collection that is changed over gRPC, and one that is changed over HTTP.
TWINS = ("by-grpc", "by-http")
QUERY = [0.3, -0.2, 0.9, 0.1]


def point(number: int) -> models.PointStruct:
    source = np.random.default_rng(number)
    vectors = {"a": source.uniform(-1, 1, 4).astype(np.float32).tolist()}
    if number % 3:
        vectors["b"] = models.SparseVector(indices=[number, number + 7], values=[0.5, 0.25])
    payload = {
        "city": ["Berlin", "Oslo", "København"][number % 3], "n": number, "x": number / 8,
        "whole": float(number), "big": 2**53 + number, "nested": [{"deep": None}, {}],
    }  # fmt: skip
    return models.PointStruct(id=number, vector=vectors, payload=payload)


POINTS = [point(number) for number in range(1, 40)]
WHERE = models.Filter(must=[models.FieldCondition(key="n", range=models.Range(gte=5, lt=30))])
WHERE_JSON = WHERE.model_dump(exclude_none=True)
FILTER = RestToGrpc.convert_filter(WHERE)
PAYLOAD = m.WithPayloadSelector(enable=True)
VECTORS = m.WithVectorsSelector(enable=True)


def ids(*numbers: int) -> list:
    return [m.PointId(num=number) for number in numbers]


def chosen(*numbers: int) -> m.PointsSelector:
    return m.PointsSelector(points=m.PointsIdsList(ids=ids(*numbers)))


def values(**payload):
    return RestToGrpc.convert_payload(payload)


def nearest(vector=QUERY) -> m.Query:
    return m.Query(nearest=m.VectorInput(dense=m.DenseVector(data=vector)))


def dense(vector=QUERY) -> m.Vector:
    return m.Vector(dense=m.DenseVector(data=vector))


# What an answer of either transport says, as plain values.


def plain(value):
    """32-bit floats come as doubles of other digits over HTTP; what is not there is left out."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, float):
        return float(np.float32(value))
    if isinstance(value, dict):
        members = {name: plain(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member not in (None, [], {})}
    return [plain(element) for element in value] if isinstance(value, list) else value


def scored(points):
    return [GrpcToRest.convert_scored_point(point) for point in points]


def records(points):
    return [GrpcToRest.convert_retrieved_point(point) for point in points]


def groups(answer):
    return {"groups": [GrpcToRest.convert_point_group(group) for group in answer.result.groups]}


def lists(answer):
    return [scored(batch.result) for batch in answer.result]


def done(answer):
    return answer.result


def status(answer):
    return {"status": m.UpdateStatus.Name(answer.result.status).lower()}


def statuses(answer):
    return [{"status": m.UpdateStatus.Name(result.status).lower()} for result in answer.result]


def wrapped(points):
    return [batch["points"] for batch in points]


def numberless(result):
    """Two collections number their updates each by itself."""
    if isinstance(result, list):
        return [numberless(entry) for entry in result]
    return {name: value for name, value in result.items() if name != "operation_id"}


def same(result):
    return result


POST, PUT, PATCH, DELETE, GET = "POST", "PUT", "PATCH", "DELETE", "GET"
SPARSE_B = {"b": {}}
BODY = {
    "a": {"size": 4, "distance": "Cosine"},
}
CREATE = m.CreateCollection(
    vectors_config=m.VectorsConfig(
        params_map=m.VectorParamsMap(map={"a": m.VectorParams(size=4, distance=m.Distance.Cosine)})
    ),
    sparse_vectors_config=m.SparseVectorConfig(map={"b": m.SparseVectorParams()}),
)
SET = m.SetPayloadPoints(wait=True, payload=values(new=1.5), points_selector=chosen(1, 2))
BATCH = m.UpdateBatchPoints(
    wait=True,
    operations=[
        m.PointsUpdateOperation(delete_points=m.PointsUpdateOperation.DeletePoints(
            points=chosen(30))),
        m.PointsUpdateOperation(set_payload=m.PointsUpdateOperation.SetPayload(
            payload=values(batch=True), points_selector=chosen(31))),
    ],
)  # fmt: skip
ADDED = m.CreateVectorNameRequest(
    wait=True, vector_name="c",
    dense_config=m.DenseVectorCreationConfig(size=2, distance=m.Distance.Dot),
)  # fmt: skip
# The call, its request without the name of the collection, how its answer is read; the request of
# the REST API, and how its result is read. In this order, each upon the twin of its transport.
CHANGES = [
    ("Collections/Create", CREATE, done, PUT, "", {"vectors": BODY, "sparse_vectors": SPARSE_B}),
    ("Collections/Update", m.UpdateCollection(optimizers_config=m.OptimizersConfigDiff(
        indexing_threshold=77)), done, PATCH, "",
     {"optimizers_config": {"indexing_threshold": 77}}),
    ("Points/Upsert", m.UpsertPoints(wait=True, points=[
        RestToGrpc.convert_point_struct(point) for point in POINTS]), status,
     PUT, "/points?wait=true", {"points": [point.model_dump() for point in POINTS]}),
    ("Points/Delete", m.DeletePoints(wait=True, points=chosen(39, 40)), status,
     POST, "/points/delete?wait=true", {"points": [39, 40]}),
    ("Points/UpdateVectors", m.UpdatePointVectors(wait=True, points=[m.PointVectors(
        id=ids(3)[0], vectors=m.Vectors(vectors=m.NamedVectors(vectors={"a": dense()})))]), status,
     PUT, "/points/vectors?wait=true", {"points": [{"id": 3, "vector": {"a": QUERY}}]}),
    ("Points/DeleteVectors", m.DeletePointVectors(
        wait=True, points_selector=chosen(4), vectors=m.VectorsSelector(names=["b"])), status,
     POST, "/points/vectors/delete?wait=true", {"points": [4], "vector": ["b"]}),
    ("Points/SetPayload", SET, status,
     POST, "/points/payload?wait=true", {"payload": {"new": 1.5}, "points": [1, 2]}),
    ("Points/OverwritePayload", SET, status,
     PUT, "/points/payload?wait=true", {"payload": {"new": 1.5}, "points": [1, 2]}),
    ("Points/DeletePayload", m.DeletePayloadPoints(
        wait=True, keys=["x", "nested[].deep"], points_selector=m.PointsSelector(filter=FILTER)),
     status, POST, "/points/payload/delete?wait=true",
     {"keys": ["x", "nested[].deep"], "filter": WHERE_JSON}),
    ("Points/ClearPayload", m.ClearPayloadPoints(wait=True, points=chosen(7)), status,
     POST, "/points/payload/clear?wait=true", {"points": [7]}),
    ("Points/UpdateBatch", BATCH, statuses, POST, "/points/batch?wait=true", {"operations": [
        {"delete": {"points": [30]}}, {"set_payload": {"payload": {"batch": True}, "points": [31]}},
    ]}),
    ("Points/CreateFieldIndex", m.CreateFieldIndexCollection(
        wait=True, field_name="city", field_type=m.FieldType.FieldTypeKeyword), status,
     PUT, "/index?wait=true", {"field_name": "city", "field_schema": "keyword"}),
    ("Points/CreateFieldIndex", m.CreateFieldIndexCollection(
        wait=True, field_name="n", field_type=m.FieldType.FieldTypeInteger), status,
     PUT, "/index?wait=true", {"field_name": "n", "field_schema": "integer"}),
    ("Points/DeleteFieldIndex", m.DeleteFieldIndexCollection(wait=True, field_name="n"), status,
     DELETE, "/index/n?wait=true", None),
    ("Points/CreateVectorName", ADDED, status,
     PUT, "/vectors/c?wait=true", {"dense": {"size": 2, "distance": "Dot"}}),
    ("Points/DeleteVectorName", m.DeleteVectorNameRequest(wait=True, vector_name="c"), status,
     DELETE, "/vectors/c?wait=true", None),
]  # fmt: skip
PAGE = {"vector": {"name": "a", "vector": QUERY}, "limit": 5, "with_payload": True}
LIKE = {"positive": [1], "negative": [2], "using": "a", "limit": 4}
PAIRS = {"target": QUERY, "context": [{"positive": 1, "negative": 2}], "using": "a", "limit": 3}
NAMED = dict(limit=5, vector_name="a", with_payload=PAYLOAD, vector=QUERY)
RECOMMENDED = dict(positive=ids(1), negative=ids(2), using="a")
DISCOVERED = m.DiscoverPoints(
    limit=3, using="a",
    target=m.TargetVector(single=m.VectorExample(vector=dense())),
    context=[m.ContextExamplePair(
        positive=m.VectorExample(id=ids(1)[0]), negative=m.VectorExample(id=ids(2)[0]))],
)  # fmt: skip
GROUPED = {"group_by": "city", "group_size": 2, "limit": 2}
READS = [
    ("Collections/Get", m.GetCollectionInfoRequest(),
     lambda answer: GrpcToRest.convert_collection_info(answer.result), GET, "", None),
    ("Collections/CollectionExists", m.CollectionExistsRequest(),
     lambda answer: {"exists": answer.result.exists}, GET, "/exists", None),
    ("Points/Get", m.GetPoints(ids=ids(1, 2, 3, 99), with_vectors=VECTORS, with_payload=PAYLOAD),
     lambda answer: records(answer.result),
     POST, "/points", {"ids": [1, 2, 3, 99], "with_vector": True, "with_payload": True}),
    ("Points/Scroll", m.ScrollPoints(filter=FILTER, limit=4, with_payload=PAYLOAD),
     lambda answer: {"points": records(answer.result),
                     "next_page_offset": answer.next_page_offset.num},
     POST, "/points/scroll", {"filter": WHERE_JSON, "limit": 4}),
    ("Points/Count", m.CountPoints(filter=FILTER, exact=True),
     lambda answer: {"count": answer.result.count},
     POST, "/points/count", {"filter": WHERE_JSON, "exact": True}),
    ("Points/Facet", m.FacetCounts(key="city", exact=True, limit=2),
     lambda answer: {"hits": [GrpcToRest.convert_facet_value_hit(hit) for hit in answer.hits]},
     POST, "/facet", {"key": "city", "exact": True, "limit": 2}),
    ("Points/SearchMatrixPairs", m.SearchMatrixPoints(sample=90, limit=2, using="a"),
     lambda answer: GrpcToRest.convert_search_matrix_pairs(answer.result),
     POST, "/points/search/matrix/pairs", {"sample": 90, "limit": 2, "using": "a"}),
    ("Points/SearchMatrixOffsets", m.SearchMatrixPoints(sample=90, limit=2, using="a"),
     lambda answer: GrpcToRest.convert_search_matrix_offsets(answer.result),
     POST, "/points/search/matrix/offsets", {"sample": 90, "limit": 2, "using": "a"}),
    ("Points/Search", m.SearchPoints(filter=FILTER, **NAMED),
     lambda answer: scored(answer.result),
     POST, "/points/search", {**PAGE, "filter": WHERE_JSON}),
    ("Points/SearchBatch", m.SearchBatchPoints(search_points=[m.SearchPoints(**NAMED)] * 2),
     lists, POST, "/points/search/batch", {"searches": [PAGE, PAGE]}),
    ("Points/SearchGroups", m.SearchPointGroups(
        vector=QUERY, vector_name="a", limit=2, group_by="city", group_size=2), groups,
     POST, "/points/search/groups", {"vector": PAGE["vector"], **GROUPED}),
    ("Points/Recommend", m.RecommendPoints(limit=4, **RECOMMENDED),
     lambda answer: scored(answer.result), POST, "/points/recommend", LIKE),
    ("Points/RecommendBatch", m.RecommendBatchPoints(
        recommend_points=[m.RecommendPoints(limit=4, **RECOMMENDED)]), lists,
     POST, "/points/recommend/batch", {"searches": [LIKE]}),
    ("Points/RecommendGroups", m.RecommendPointGroups(
        limit=2, group_by="city", group_size=2, **RECOMMENDED), groups,
     POST, "/points/recommend/groups", {**LIKE, **GROUPED}),
    ("Points/Discover", DISCOVERED, lambda answer: scored(answer.result),
     POST, "/points/discover", PAIRS),
    ("Points/DiscoverBatch", m.DiscoverBatchPoints(discover_points=[DISCOVERED]), lists,
     POST, "/points/discover/batch", {"searches": [PAIRS]}),
    ("Points/Query", m.QueryPoints(query=nearest(), using="a", limit=5, with_vectors=VECTORS),
     lambda answer: {"points": scored(answer.result)},
     POST, "/points/query", {"query": QUERY, "using": "a", "limit": 5, "with_vector": True}),
    ("Points/QueryBatch", m.QueryBatchPoints(query_points=[
        m.QueryPoints(query=nearest(), using="a", limit=5), m.QueryPoints(limit=3)]), lists,
     POST, "/points/query/batch",
     {"searches": [{"query": QUERY, "using": "a", "limit": 5}, {"limit": 3}]}),
    ("Points/QueryGroups", m.QueryPointGroups(
        query=nearest(), using="a", group_by="city", group_size=2, limit=2), groups,
     POST, "/points/query/groups", {"query": QUERY, "using": "a", **GROUPED}),
]  # fmt: skip
RESULTS = {"Points/SearchBatch": same, "Points/QueryBatch": wrapped}


@pytest.fixture(scope="module")
def call(channel):
    """Calls a method of gRPC, with the collection named in the request."""

    def make(method: str, request, collection: str | None = None):
        service, name = method.split("/")
        stub = getattr(m, f"{service}Stub")(channel)
        filled = type(request)()
        filled.CopyFrom(request)
        if collection is not None:
            filled.collection_name = collection
            for part in ("search_points", "recommend_points", "discover_points", "query_points"):
                for inner in getattr(filled, part, []):
                    inner.collection_name = collection
        return getattr(stub, name)(filled, timeout=60)

    return make


@pytest.mark.parametrize("change", CHANGES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CHANGES)])
def test_changes(call, wire, change):
    method, request, read, verb, path, body = change
    by_grpc = plain(read(call(method, request, TWINS[0])))
    by_http = wire.result(verb, f"/collections/{TWINS[1]}{path}", body)
    assert by_grpc == (by_http if by_http is True else plain(numberless(by_http)))
    everything = {"limit": 100, "with_vector": True, "with_payload": True}
    contents = [
        wire.result(POST, f"/collections/{twin}/points/scroll", everything) for twin in TWINS
    ]
    assert contents[0] == contents[1]
    descriptions = [wire.result(GET, f"/collections/{twin}") for twin in TWINS]
    assert descriptions[0]["config"] == descriptions[1]["config"]
    assert descriptions[0]["payload_schema"] == descriptions[1]["payload_schema"]


@pytest.mark.parametrize("read", READS, ids=[row[0] for row in READS])
def test_reads(call, wire, read):
    method, request, told, verb, path, body = read
    by_grpc = plain(told(call(method, request, TWINS[0])))
    result = wire.result(verb, f"/collections/{TWINS[0]}{path}", body)
    by_http = plain(RESULTS.get(method, same)(result))
    if method == "Collections/Get":
        # The client makes a model of what it knows; the rest of the description has a test.
        by_http = plain(models.CollectionInfo.model_validate(by_http))
    assert by_grpc == by_http
    assert by_grpc


def test_aliases_and_names(call, wire):
    actions = [m.AliasOperations(create_alias=m.CreateAlias(
        collection_name=TWINS[0], alias_name="one"))]  # fmt: skip
    assert call("Collections/UpdateAliases", m.ChangeAliases(actions=actions)).result
    assert wire.result(POST, "/collections/aliases", {"actions": [
        {"create_alias": {"collection_name": TWINS[1], "alias_name": "two"}}]})  # fmt: skip

    def aliases(answer):
        return {"aliases": [
            {"alias_name": a.alias_name, "collection_name": a.collection_name}
            for a in answer.aliases]}  # fmt: skip

    one = aliases(call("Collections/ListCollectionAliases",
                       m.ListCollectionAliasesRequest(), TWINS[0]))  # fmt: skip
    assert one == wire.result(GET, f"/collections/{TWINS[0]}/aliases")
    everything = aliases(call("Collections/ListAliases", m.ListAliasesRequest()))
    assert everything == wire.result(GET, "/aliases")
    assert len(everything["aliases"]) == 2
    names = call("Collections/List", m.ListCollectionsRequest()).collections
    assert [{"name": c.name} for c in names] == wire.result(GET, "/collections")["collections"]


def test_a_single_node(call, wire):
    info = call("Collections/CollectionClusterInfo", m.CollectionClusterInfoRequest(), TWINS[0])
    over_http = wire.result(GET, f"/collections/{TWINS[0]}/cluster")
    assert info.peer_id == over_http["peer_id"]
    assert info.shard_count == over_http["shard_count"]
    assert info.local_shards[0].points_count == over_http["local_shards"][0]["points_count"]
    assert not call("Collections/ListShardKeys", m.ListShardKeysRequest(), TWINS[0]).shard_keys
    for method, request in [
        ("UpdateCollectionClusterSetup", m.UpdateCollectionClusterSetupRequest()),
        ("CreateShardKey", m.CreateShardKeyRequest()),
        ("DeleteShardKey", m.DeleteShardKeyRequest()),
    ]:
        with pytest.raises(grpc.RpcError) as refusal:
            call(f"Collections/{method}", request, TWINS[0])
        assert refusal.value.code() == grpc.StatusCode.UNIMPLEMENTED
        assert "standalone mode" in refusal.value.details()


def test_snapshots(call, wire):
    folder = f"/collections/{TWINS[0]}/snapshots"

    def told(snapshot):
        return {
            "name": snapshot.name, "size": snapshot.size, "checksum": snapshot.checksum,
            "creation_time": snapshot.creation_time.ToJsonString().rstrip("Z"),
        }  # fmt: skip

    made = call("Snapshots/Create", m.CreateSnapshotRequest(), TWINS[0]).snapshot_description
    known = call("Snapshots/List", m.ListSnapshotsRequest(), TWINS[0]).snapshot_descriptions
    assert [told(snapshot) for snapshot in known] == [told(made)] == wire.result(GET, folder)
    full = call("Snapshots/CreateFull", m.CreateFullSnapshotRequest()).snapshot_description
    known = call("Snapshots/ListFull", m.ListFullSnapshotsRequest()).snapshot_descriptions
    assert [told(snapshot) for snapshot in known] == [told(full)] == wire.result(GET, "/snapshots")
    call("Snapshots/Delete", m.DeleteSnapshotRequest(snapshot_name=made.name), TWINS[0])
    call("Snapshots/DeleteFull", m.DeleteFullSnapshotRequest(snapshot_name=full.name))
    assert wire.result(GET, folder) == wire.result(GET, "/snapshots") == []


def test_the_end_of_the_twins(call, wire):
    assert call("Collections/Delete", m.DeleteCollection(), TWINS[0]).result
    assert wire.result(DELETE, f"/collections/{TWINS[1]}") is True
    assert not call("Collections/List", m.ListCollectionsRequest()).collections


def test_every_call_has_been_compared():
    compared = {row[0] for row in CHANGES + READS}
    points = m.points_service_pb2.DESCRIPTOR.services_by_name["Points"].methods
    assert {f"Points/{method.name}" for method in points} <= compared
