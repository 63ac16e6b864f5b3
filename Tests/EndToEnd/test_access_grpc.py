"""Who may call what over gRPC: every method that reflection names, with every kind of key."""

import time

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_calls import fields
from qdrant_client import grpc as messages
from tokens import FULL, READ_ONLY, guarded, token

OPEN, ANY, READ, READ_EXTRAS, WRITE, WRITE_EXTRAS, GLOBAL_READ, MANAGE = range(8)
NEEDS = {
    OPEN: {"qdrant.Qdrant": ["HealthCheck"], "grpc.health.v1.Health": ["Check"]},
    ANY: {"qdrant.Collections": ["List", "ListAliases"]},
    READ: {
        "qdrant.Collections": ["Get", "CollectionExists", "ListCollectionAliases", "ListShardKeys"],
        "qdrant.Points": [
            "Get", "Scroll", "Count", "Facet", "SearchMatrixPairs", "SearchMatrixOffsets", "Search",
            "SearchBatch", "SearchGroups", "Recommend", "RecommendBatch", "RecommendGroups",
            "Discover", "DiscoverBatch", "Query", "QueryBatch", "QueryGroups",
        ],
        "qdrant.StorageRead": [
            "ListFiles", "FileExists", "FileLength", "ReadBytes", "ReadBytesStream", "ReadWhole",
            "ReadBatch",
        ],
    },
    READ_EXTRAS: {"qdrant.Collections": ["CollectionClusterInfo"], "qdrant.Snapshots": ["List"]},
    WRITE: {
        "qdrant.Points": [
            "Upsert", "Delete", "UpdateVectors", "DeleteVectors", "SetPayload", "OverwritePayload",
            "DeletePayload", "ClearPayload", "UpdateBatch",
        ],
    },
    WRITE_EXTRAS: {
        "qdrant.Points": [
            "CreateFieldIndex", "DeleteFieldIndex", "CreateVectorName", "DeleteVectorName",
        ],
        "qdrant.Snapshots": ["Create", "Delete"],
    },
    GLOBAL_READ: {"qdrant.Snapshots": ["ListFull"]},
    MANAGE: {
        "qdrant.Collections": [
            "Create", "Update", "Delete", "UpdateAliases", "UpdateCollectionClusterSetup",
            "CreateShardKey", "DeleteShardKey",
        ],
        "qdrant.Snapshots": ["CreateFull", "DeleteFull"],
    },
}  # fmt: skip
TABLE = {
    f"{service}/{method}": need
    for need, services in NEEDS.items()
    for service, methods in services.items()
    for method in methods
}
POINT = messages.PointsSelector(
    points=messages.PointsIdsList(ids=[messages.PointId(num=1)])
)  # fmt: skip
# What a request has to hold beside the name of a collection, so that it can be read.
BODIES = {
    "Facet": messages.FacetCounts(key="f"),
    "Delete": messages.DeletePoints(points=POINT),
    "UpdateVectors": messages.UpdatePointVectors(),
    "DeleteVectors": messages.DeletePointVectors(
        points_selector=POINT, vectors=messages.VectorsSelector(names=["v"])
    ),
    "SetPayload": messages.SetPayloadPoints(points_selector=POINT),
    "OverwritePayload": messages.SetPayloadPoints(points_selector=POINT),
    "DeletePayload": messages.DeletePayloadPoints(points_selector=POINT, keys=["k"]),
    "ClearPayload": messages.ClearPayloadPoints(points=POINT),
    "UpdateBatch": messages.UpdateBatchPoints(
        operations=[
            messages.PointsUpdateOperation(
                clear_payload=messages.PointsUpdateOperation.ClearPayload(points=POINT)
            )
        ]
    ),
    "Discover": messages.DiscoverPoints(
        target=messages.TargetVector(single=messages.VectorExample(id=messages.PointId(num=1))),
        limit=1,
    ),
    "Recommend": messages.RecommendPoints(positive=[messages.PointId(num=1)], limit=1),
    "Search": messages.SearchPoints(vector=[1], limit=1),
    "QueryGroups": messages.QueryPointGroups(group_by="a"),
    "SearchGroups": messages.SearchPointGroups(
        vector=[1], limit=1, group_by="a", group_size=1
    ),
    "RecommendGroups": messages.RecommendPointGroups(
        positive=[messages.PointId(num=1)], limit=1, group_by="a", group_size=1
    ),
    "CreateFieldIndex": messages.CreateFieldIndexCollection(
        field_name="f", field_type=messages.FieldType.FieldTypeKeyword
    ),
    "DeleteFieldIndex": messages.DeleteFieldIndexCollection(field_name="f"),
}  # fmt: skip

EVERYTHING = set(range(1, 8))
READER = {ANY, READ, READ_EXTRAS, GLOBAL_READ}


def access(right: str, collection: str = "c") -> dict:
    return {"access": [{"collection": collection, "access": right}]}


CALLERS = {
    "none": (None, grpc.StatusCode.UNAUTHENTICATED),
    "wrong": ("nonsense", grpc.StatusCode.UNAUTHENTICATED),
    "full": (FULL, EVERYTHING),
    "read-only": (READ_ONLY, READER),
    "r": (token({"access": "r"}, FULL), READER),
    "m": (token({"access": "m"}, FULL), EVERYTHING),
    "no access claim": (token({"sub": "x"}, FULL), EVERYTHING),
    "c:r": (token(access("r"), FULL), {ANY, READ, READ_EXTRAS}),
    "c:rw": (token(access("rw"), FULL), {ANY, READ, READ_EXTRAS, WRITE, WRITE_EXTRAS}),
    "c:prw": (token(access("prw"), FULL), {ANY, READ, WRITE}),
    "d:rw": (token(access("rw", "d"), FULL), {ANY}),
    "expired": (
        token({"exp": int(time.time()) - 40}, FULL),
        grpc.StatusCode.PERMISSION_DENIED,
    ),
    "wrong signature": (token({}, READ_ONLY), grpc.StatusCode.PERMISSION_DENIED),
    "payload": (
        token({"access": [{"collection": "c", "access": "r", "payload": {"a": 1}}]}, FULL),
        grpc.StatusCode.UNAUTHENTICATED,
    ),
}
REFUSALS = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with guarded(tmp_path_factory.mktemp("quiver")) as service:
        service.start()
        yield service


def call(channel, method: str, body: bytes, key: str | None, header="api-key"):
    """The status of a call; OK when it is answered."""
    metadata = []
    if key is not None:
        metadata = [(header, f"Bearer {key}" if header == "authorization" else key)]
    kind = channel.unary_stream if method.endswith("Stream") else channel.unary_unary
    stub = kind(f"/{method}", request_serializer=bytes, response_deserializer=bytes)
    try:
        answer = stub(body, metadata=metadata, timeout=20)
        if method.endswith("Stream"):
            list(answer)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def body(method: str) -> bytes:
    """A request that can be read, about the collection `c` if it is about one."""
    service, _, name = method.rpartition("/")
    if service == "qdrant.Collections" and name in ("List", "ListAliases", "UpdateAliases"):
        return b""
    if name in ("CreateFull", "ListFull"):
        return b""
    named = b"\x0a\x01c"
    if service == "qdrant.Points":
        if name.endswith("VectorName"):
            dense = b"\x22\x04\x08\x04\x10\x01"
            named += b"\x1a\x01v" + (dense if name[0] == "C" else b"")
        elif name in BODIES:
            named += BODIES[name].SerializeToString()
    return named


@pytest.mark.parametrize("caller", CALLERS)
def test_every_method(channel, methods, caller):
    key, granted = CALLERS[caller]
    wrong = []
    for number, method in enumerate(methods):
        header = "authorization" if number % 2 else "api-key"
        status = call(channel, method, body(method), key, header)
        if TABLE[method] == OPEN or isinstance(granted, set) and TABLE[method] in granted:
            is_right = status not in REFUSALS
        elif isinstance(granted, set):
            is_right = status == grpc.StatusCode.PERMISSION_DENIED
        else:
            is_right = status == granted
        if not is_right:
            wrong.append((method, status))
    assert not wrong, wrong


@pytest.fixture(scope="module")
def methods(channel) -> list[str]:
    """Every method that the server says it has."""
    stub = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=bytes,
        response_deserializer=bytes,
    )

    def ask(request: bytes) -> dict:
        metadata = [("api-key", FULL)]
        return dict(fields(next(iter(stub(iter([request]), metadata=metadata, timeout=20)))))

    # list_services
    listed = ask(b"\x3a\x00")[6]
    services = [dict(fields(entry))[1].decode() for number, entry in fields(listed) if number == 1]
    found = set()
    for service in services:
        if "reflection" in service:
            continue
        # file_containing_symbol
        answer = ask(b"\x22" + bytes([len(service)]) + service.encode())
        for _, file in fields(answer[4]):
            description = descriptor_pb2.FileDescriptorProto.FromString(file)
            found |= {
                f"{description.package}.{entry.name}/{method.name}"
                for entry in description.service
                for method in entry.method
            }
    return sorted(found)


def test_the_table_is_whole(methods):
    assert len(methods) > 40
    assert set(methods) <= set(TABLE)


def test_reflection_is_for_whoever_has_a_key(channel):
    stub = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=bytes,
        response_deserializer=bytes,
    )
    with pytest.raises(grpc.RpcError) as refusal:
        list(stub(iter([b"\x3a\x00"]), timeout=20))
    assert refusal.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_names_that_no_method_has(channel):
    for method in ("qdrant.points/Get", "qdrant.Points/get", "qdrant.Points//Get", "Points/Get"):
        assert call(channel, method, b"", None) == grpc.StatusCode.UNIMPLEMENTED
