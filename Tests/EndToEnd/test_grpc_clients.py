"""gRPC as a transport: clients of every habit, keys, large messages and the end of the server."""

import contextlib
import threading

import grpc
import numpy as np
import pytest
from google.protobuf import descriptor_pool, timestamp_pb2
from grpc_calls import fields, refused
from process import quiver
from qdrant_client import QdrantClient, grpc as messages, models


@pytest.fixture(scope="module")
def collection(over_grpc):
    """Some points."""
    name = "some"
    over_grpc.create_collection(
        name, vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT)
    )
    over_grpc.upsert(name, [models.PointStruct(id=n, vector=[n, 1]) for n in range(120)])
    yield name
    over_grpc.delete_collection(name)


def test_bytes_that_are_no_message(channel):
    call = channel.unary_unary("/qdrant.Points/Count", lambda b: b, lambda b: b)
    with refused(grpc.StatusCode.INTERNAL, "failed to decode Protobuf message"):
        call(b"\x0a\xff\xff")
    unknown = channel.unary_unary("/qdrant.Points/Nothing", lambda b: b, lambda b: b)
    with refused(grpc.StatusCode.UNIMPLEMENTED, ""):
        unknown(b"")


def test_reflection_describes_what_the_client_knows(channel):
    """Messages have the fields that the client library knows; a later one may know more."""
    for version in ("v1", "v1alpha"):
        ask = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", bytes, bytes
        )
        requests = [b"\x3a\x00", b"\x22\x0dqdrant.Points", b"\x22\x0fqdrant.Filter.x"]
        services, points, unknown = list(ask(iter(requests)))
        for name in (b"qdrant.Points", b"qdrant.Collections", b"grpc.health.v1.Health"):
            assert name in services
        assert b"not found" in unknown
    # Field 4 of the answer has the file in its field 1.
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(dict(fields(dict(fields(points))[4]))[1])
    compared = 0
    for module in (messages.points_pb2, messages.collections_pb2):
        for name, known in module.DESCRIPTOR.message_types_by_name.items():
            with contextlib.suppress(KeyError):
                told = pool.FindMessageTypeByName(f"qdrant.{name}")
            for ours in told.fields if told.name == name else []:
                compared += 1
                theirs = known.fields_by_name[ours.name]
                assert (ours.number, ours.type, ours.is_repeated, ours.has_presence) == (
                    theirs.number, theirs.type, theirs.is_repeated, theirs.has_presence
                ), f"{name}.{theirs.name}"  # fmt: skip
    assert compared > 800
    service = pool.FindServiceByName("qdrant.Points")
    assert service.methods_by_name["Query"].input_type.full_name == "qdrant.QueryPoints"


def test_health_is_open_and_the_rest_is_not(tmp_path):
    service = quiver(
        tmp_path, QUIVER__SERVICE__API_KEY="secret",
        QUIVER__SERVICE__READ_ONLY_API_KEY="reading",
    )  # fmt: skip
    service.start()
    try:
        with grpc.insecure_channel(service.grpc_address) as channel:
            reply = messages.QdrantStub(channel).HealthCheck(messages.HealthCheckRequest())
            assert reply.version.startswith("1.")
            health = channel.unary_unary("/grpc.health.v1.Health/Check", bytes, bytes)
            assert health(b"") == b"\x08\x01"
            collections = messages.CollectionsStub(channel)
            request = messages.ListCollectionsRequest()
            with refused(grpc.StatusCode.UNAUTHENTICATED, "Must provide an API key"):
                collections.List(request)
            with refused(grpc.StatusCode.UNAUTHENTICATED, "Invalid API key"):
                collections.List(request, metadata=[("api-key", "wrong")])
            for metadata in [
                [("api-key", "secret")],
                [("authorization", "Bearer reading")],
            ]:
                assert not collections.List(request, metadata=metadata).collections
            with refused(grpc.StatusCode.PERMISSION_DENIED, "Forbidden"):
                collections.Delete(
                    messages.DeleteCollection(collection_name="c"),
                    metadata=[("api-key", "reading")],
                )
    finally:
        service.kill()


def test_large_and_packed_requests(server, over_grpc):
    name = "large"
    over_grpc.create_collection(
        name, vectors_config=models.VectorParams(size=1024, distance=models.Distance.DOT)
    )
    vectors = np.random.default_rng(1).random((6000, 1024), dtype=np.float32)
    request = messages.UpsertPoints(
        collection_name=name, wait=True,
        points=[
            messages.PointStruct(
                id=messages.PointId(num=n),
                vectors=messages.Vectors(
                    vector=messages.Vector(dense=messages.DenseVector(data=row))
                ),
            )
            for n, row in enumerate(vectors)
        ],
    )  # fmt: skip
    assert request.ByteSize() > 20 << 20
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        with grpc.insecure_channel(
            server.grpc_address, compression=compression,
            options=[("grpc.max_send_message_length", -1)],
        ) as channel:  # fmt: skip
            stub = messages.PointsStub(channel)
            assert stub.Upsert(request).result.status == messages.UpdateStatus.Completed
            found = stub.Get(
                messages.GetPoints(
                    collection_name=name, ids=[messages.PointId(num=5999)],
                    with_vectors=messages.WithVectorsSelector(enable=True),
                )
            ).result[0]  # fmt: skip
            assert np.array_equal(
                np.array(found.vectors.vector.dense.data, np.float32), vectors[5999]
            )
    over_grpc.delete_collection(name)


def test_requests_beyond_what_http_takes_by_default(tmp_path):
    """Sixty megabytes, where the setting allows for them."""
    service = quiver(tmp_path, QUIVER__SERVICE__MAX_REQUEST_SIZE_MB="128")
    service.start()
    try:
        vectors = np.random.default_rng(1).random((15_000, 1024), dtype=np.float32)
        options = [("grpc.max_send_message_length", -1)]
        with grpc.insecure_channel(service.grpc_address, options=options) as channel:
            messages.CollectionsStub(channel).Create(
                messages.CreateCollection(
                    collection_name="c",
                    vectors_config=messages.VectorsConfig(
                        params=messages.VectorParams(size=1024, distance=messages.Distance.Dot)
                    ),
                )
            )
            points = [
                messages.PointStruct(
                    id=messages.PointId(num=n),
                    vectors=messages.Vectors(vector=messages.Vector(
                        dense=messages.DenseVector(data=row))),
                )
                for n, row in enumerate(vectors)
            ]  # fmt: skip
            request = messages.UpsertPoints(collection_name="c", wait=True, points=points)
            assert request.ByteSize() > 60_000_000
            stub = messages.PointsStub(channel)
            assert stub.Upsert(request).result.status == messages.UpdateStatus.Completed
            count = messages.CountPoints(collection_name="c", exact=True)
            assert stub.Count(count).result.count == 15_000
    finally:
        service.kill()


def test_answers_that_a_client_does_not_take(server, over_grpc):
    """Clients of Go, Java and .NET take four megabytes, and go on."""
    name = "long"
    over_grpc.create_collection(name, vectors_config={})
    over_grpc.upsert(name, [
        models.PointStruct(id=n, vector={}, payload={"text": "x" * 60_000}) for n in range(100)
    ])  # fmt: skip
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = messages.PointsStub(channel)
        payload = messages.WithPayloadSelector(enable=True)
        ask = messages.ScrollPoints(collection_name=name, limit=100, with_payload=payload)
        with refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than max"):
            stub.Scroll(ask)
        ask.limit = 60
        assert len(stub.Scroll(ask).result) == 60
    over_grpc.delete_collection(name)


def test_pings_without_calls(raw, collection):
    """As often as a client may be set to, which libraries hold back; servers of gRPC's own take two
    and end the connection."""
    count = messages.CountPoints(collection_name=collection).SerializeToString()
    for first in (0, 50):
        assert raw.answer(raw.call("/qdrant.Points/Count", count))["grpc-status"] == "0"
        for number in range(first, first + 50):
            raw.ping(number)
    assert raw.answer(raw.call("/qdrant.Points/Count", count))["grpc-status"] == "0"


def test_many_streams_of_one_connection(channel, collection):
    stub = messages.PointsStub(channel)
    calls = [
        stub.Count.future(messages.CountPoints(collection_name=collection)) for _ in range(1000)
    ]
    assert {call.result(60).result.count for call in calls} == {120}


def test_a_stop_lets_calls_end(tmp_path):
    service = quiver(tmp_path)
    service.start()
    outcomes = []
    with grpc.insecure_channel(service.grpc_address) as channel:
        messages.CollectionsStub(channel).Create(
            messages.CreateCollection(
                collection_name="c",
                vectors_config=messages.VectorsConfig(
                    params=messages.VectorParams(size=2, distance=messages.Distance.Dot)
                ),
            )
        )
        stub = messages.PointsStub(channel)

        def write(number):
            try:
                stub.Upsert(
                    messages.UpsertPoints(
                        collection_name="c", wait=True,
                        points=[
                            messages.PointStruct(
                                id=messages.PointId(num=number),
                                vectors=messages.Vectors(vector=messages.Vector(
                                    dense=messages.DenseVector(data=[1, 2]))),
                            )
                        ],
                    ),
                    timeout=20,
                )  # fmt: skip
                outcomes.append(number)
            except grpc.RpcError as error:
                assert error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}

        threads = [threading.Thread(target=write, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        assert service.terminate() == 0
        for thread in threads:
            thread.join()
    service.start()
    try:
        client = QdrantClient(url=service.url, check_compatibility=False)
        assert {p.id for p in client.retrieve("c", list(range(40)))} >= set(outcomes)
    finally:
        service.kill()


def test_a_port_that_was_asked_for_and_is_taken_ends_the_start(tmp_path, server):
    second = quiver(tmp_path, QUIVER__SERVICE__GRPC_PORT=str(server.grpc_port))
    with pytest.raises(RuntimeError):
        second.start(seconds=10)


def test_the_default_port_is_done_without_where_it_is_taken(tmp_path):
    services = []
    try:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            service = quiver(tmp_path / name)
            del service.settings["QUIVER__SERVICE__GRPC_PORT"]
            services.append(service)
            service.start()
        assert services[1].status("/readyz") == 200
        assert "no gRPC: its port can't be used" in services[1].log_tail()
    finally:
        for service in services:
            service.kill()
