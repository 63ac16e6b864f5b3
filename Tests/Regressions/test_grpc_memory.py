"""Answers that nobody reads and requests that do not end: gRPC stays within its memory."""

import gzip
import pathlib
import struct

import grpc
import pytest
from http2 import RawConnection, framed
from process import quiver
from qdrant_client import QdrantClient, grpc as messages, models

COUNT = 6000
STEP = 256 << 10
SMALL_STEP = 1 << 20
SCROLL = "/qdrant.Points/Scroll"


def resident(service) -> float:
    """Megabytes of memory that the process has."""
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A server of little memory, with points of a kilobyte each."""
    service = quiver(
        tmp_path_factory.mktemp("limited"), QUIVER__STORAGE__LIMITS__MEMORY_MB="120",
        QUIVER__SERVICE__MAX_INFLIGHT_MB="16",
    )  # fmt: skip
    service.start()
    client = QdrantClient(url=service.url, check_compatibility=False)
    client.create_collection("c", vectors_config={})
    for first in range(0, COUNT, 1000):
        client.upsert("c", [
            models.PointStruct(id=n, vector={}, payload={"text": f"{n:05}" * 200})
            for n in range(first, first + 1000)
        ])  # fmt: skip
    yield service
    service.kill()


def page(count: int) -> bytes:
    """A request of so many points, of a kilobyte each."""
    return messages.ScrollPoints(
        collection_name="c", limit=count,
        with_payload=messages.WithPayloadSelector(enable=True),
    ).SerializeToString()  # fmt: skip


@pytest.fixture
def everything() -> bytes:
    return page(COUNT)


def test_long_answers_are_whole(limited, everything):
    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(limited.grpc_address, options=options) as channel:
        ask = channel.unary_unary(SCROLL, bytes, messages.ScrollResponse.FromString)
        answer = ask(everything)
        assert [point.id.num for point in answer.result] == list(range(COUNT))
        assert answer.result[-1].payload["text"].string_value == f"{COUNT - 1:05}" * 200


def test_answers_are_handed_over_in_steps(limited, everything):
    """Of `answerStepBytes`, though the client would take more at once."""
    raw = RawConnection(limited.grpc_address, window=1 << 30, frame=(1 << 24) - 1)
    raw.state.increment_flow_control_window(1 << 30)
    raw.flush()
    lengths = {}
    for count, request in ((200, page(200)), (COUNT, everything)):
        stream = raw.call(SCROLL, request)
        assert raw.answer(stream)["grpc-status"] == "0"
        lengths[count] = raw.pieces[stream]
    raw.close()
    # What fits into a step comes at once, and the first has the message's prefix beside it.
    assert len(lengths[200]) == 1 and lengths[200][0] < STEP
    first, *steps, last = lengths[COUNT]
    assert first == STEP + 5 and set(steps) == {STEP} and 0 < last <= STEP
    assert len(steps) > 10


def test_small_answers_that_nobody_reads(limited, everything):
    """Those beyond `smallAnswersStep` take memory, and are refused when there is none."""
    busy = RawConnection(limited.grpc_address, window=0)
    # Until there is no room for one of a step, nor for others of that size.
    for request in (everything, page(1000), page(100)):
        refused = False
        while not refused:
            stream = busy.call(SCROLL, request)
            busy.until(lambda s=stream: s in busy.headers, 60)
            refused = "grpc-status" in busy.headers[stream]
            assert busy.headers[stream].get("grpc-status") in (None, "8")
    raw = RawConnection(limited.grpc_address, window=0)
    small = page(50)
    calls = []
    while not calls or "grpc-status" not in raw.headers[calls[-1]]:
        calls.append(raw.call(SCROLL, small))
        raw.until(lambda: calls[-1] in raw.headers)
        assert len(calls) < 100
    *waiting, last = calls
    assert raw.headers[last]["grpc-status"] == "8"
    assert "together" in raw.headers[last]["grpc-message"]
    assert not raw.ended & set(waiting)
    # What they are is known once they are taken.
    for stream in waiting:
        raw.state.increment_flow_control_window(1 << 20, stream)
    raw.state.increment_flow_control_window(1 << 24)
    raw.flush()
    sizes = [len(raw.bodies[s]) for s in waiting if raw.answer(s)["grpc-status"] == "0"]
    assert len(sizes) == len(waiting)
    assert SMALL_STEP - max(sizes) < sum(sizes) <= SMALL_STEP + 5 * len(sizes)
    # They are forgotten, and as many have room again.
    again = raw.call(SCROLL, small)
    raw.until(lambda: again in raw.headers)
    assert "grpc-status" not in raw.headers[again]
    busy.close()
    raw.close()
    test_long_answers_are_whole(limited, everything)


def test_answers_that_nobody_reads(limited, everything):
    before = resident(limited)
    raw = RawConnection(limited.grpc_address)
    streams = [raw.call(SCROLL, everything) for _ in range(100)]
    # Those that are refused say so; the others wait for a window that is not opened.
    raw.until(lambda: len(raw.ended) > 60, 60)
    refused = [raw.headers[stream] for stream in streams if stream in raw.ended]
    assert {answer["grpc-status"] for answer in refused} == {"8"}
    for answer in refused:
        assert "together" in answer["grpc-message"]
    assert resident(limited) < before + 120
    raw.close()
    # What they held is given back.
    test_long_answers_are_whole(limited, everything)


def test_requests_that_do_not_end(limited):
    before = resident(limited)
    connections = [RawConnection(limited.grpc_address) for _ in range(40)]
    piece = bytes(60_000)
    for connection in connections:
        connection.until(lambda c=connection: c.state.outbound_flow_control_window > 65_535)
        for _ in range(8):
            stream = connection.begin("/qdrant.Points/Upsert")
            prefix = b"\0" + struct.pack(">I", 30 << 20)
            connection.state.send_data(stream, (prefix + piece)[:16_000])
            connection.state.send_data(stream, piece[:16_000])
            connection.flush()
    assert resident(limited) < before + 60
    for connection in connections:
        connection.close()


def test_bombs_take_of_the_budget_what_they_unpack_to(limited):
    before = resident(limited)
    bomb = framed(gzip.compress(bytes(30 << 20), 9), packed=True)
    connections = [RawConnection(limited.grpc_address) for _ in range(4)]
    streams = []
    for connection in connections:
        for _ in range(5):
            stream = connection.begin("/qdrant.Points/Count", grpc_encoding="gzip")
            connection.send(stream, bomb, end=True)
            streams.append((connection, stream))
    codes = {connection.answer(stream)["grpc-status"] for connection, stream in streams}
    # No budget for some, and no message for those that were unpacked.
    assert codes <= {"8", "13"}
    assert "8" in codes
    assert resident(limited) < before + 120
    for connection in connections:
        connection.close()
