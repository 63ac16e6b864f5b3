"""Work for calls of gRPC ends when nobody waits for it, however a client stops waiting."""

import threading

import grpc
import pytest
from grpc_calls import refused
from process import cpu_seconds, until_at_rest, until_at_work
from qdrant_client import grpc as m

COUNT, SIZE = 6000, 16
# More seconds of processors than it takes to read the call.
DECODED = 0.5


@pytest.fixture(scope="module")
def heavy(channel):
    """A call that takes minutes, and the call itself."""
    m.CollectionsStub(channel).Create(
        m.CreateCollection(
            collection_name="heavy",
            vectors_config=m.VectorsConfig(
                params=m.VectorParams(size=SIZE, distance=m.Distance.Dot)
            ),
        )
    )
    stub = m.PointsStub(channel)
    for first in range(0, COUNT, 1000):
        points = [
            m.PointStruct(
                id=m.PointId(num=n),
                vectors=m.Vectors(vector=m.Vector(data=[n % 7 + i / 8 for i in range(SIZE)])),
            )
            for n in range(first, first + 1000)
        ]
        stub.Upsert(m.UpsertPoints(collection_name="heavy", wait=True, points=points))
    one = m.QueryPoints(
        collection_name="heavy", limit=3000, params=m.SearchParams(exact=True),
        query=m.Query(nearest=m.VectorInput(dense=m.DenseVector(data=[0.5] * SIZE))),
    )  # fmt: skip
    return m.QueryBatchPoints(collection_name="heavy", query_points=[one] * 20_000)


@pytest.fixture
def connection(server):
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.grpc_address, options=options) as channel:
        yield channel


def assert_ends(server) -> None:
    """What the server still does of a call that takes far longer is next to nothing."""
    before = cpu_seconds(server)
    until_at_rest(server)
    assert cpu_seconds(server) - before < 2


def test_a_deadline(server, connection, heavy):
    with refused(grpc.StatusCode.DEADLINE_EXCEEDED, ""):
        m.PointsStub(connection).QueryBatch(heavy, timeout=1)
    assert_ends(server)


def test_a_cancelled_call(server, connection, heavy):
    until_at_rest(server)
    before = cpu_seconds(server)
    call = m.PointsStub(connection).QueryBatch.future(heavy)
    until_at_work(server, before, DECODED)
    call.cancel()
    assert_ends(server)
    # The connection lives on.
    assert m.PointsStub(connection).Count(m.CountPoints(collection_name="heavy")).result.count


def test_a_client_that_goes(server, heavy):
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.grpc_address, options=options) as channel:
        until_at_rest(server)
        before = cpu_seconds(server)
        call = m.PointsStub(channel).QueryBatch.future(heavy)
        until_at_work(server, before, DECODED)
        assert not call.done()
    assert_ends(server)


def test_others_are_answered_meanwhile(connection, heavy):
    stub = m.PointsStub(connection)
    call = stub.QueryBatch.future(heavy)
    answered = []

    def ask():
        for _ in range(20):
            answered.append(stub.Count(m.CountPoints(collection_name="heavy"), timeout=20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answered) == 80
    assert not call.done()
    call.cancel()
