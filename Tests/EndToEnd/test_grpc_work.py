"""Work for calls of gRPC ends when nobody waits for it, however a client stops waiting."""

import pathlib
import threading
import time

import grpc
import pytest
from grpc_calls import refused
from qdrant_client import grpc as m

COUNT, SIZE = 6000, 16


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


def cpu_seconds(server) -> float:
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def assert_idle(server) -> None:
    """What still runs takes a good part of a core."""
    deadline = time.monotonic() + 10
    while True:
        before = cpu_seconds(server)
        time.sleep(0.3)
        if cpu_seconds(server) - before < 0.1:
            return
        assert time.monotonic() < deadline, "the work goes on"


@pytest.fixture
def connection(server):
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.grpc_address, options=options) as channel:
        yield channel


def test_a_deadline(server, connection, heavy):
    with refused(grpc.StatusCode.DEADLINE_EXCEEDED, ""):
        m.PointsStub(connection).QueryBatch(heavy, timeout=1)
    assert_idle(server)


def test_a_cancelled_call(server, connection, heavy):
    call = m.PointsStub(connection).QueryBatch.future(heavy)
    time.sleep(0.5)
    call.cancel()
    assert_idle(server)
    # The connection lives on.
    assert m.PointsStub(connection).Count(m.CountPoints(collection_name="heavy")).result.count


def test_a_client_that_goes(server, heavy):
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.grpc_address, options=options) as channel:
        call = m.PointsStub(channel).QueryBatch.future(heavy)
        time.sleep(0.5)
        assert not call.done()
    assert_idle(server)


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
