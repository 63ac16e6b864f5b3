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


@pytest.fixture
def everything() -> bytes:
    return messages.ScrollPoints(
        collection_name="c", limit=COUNT,
        with_payload=messages.WithPayloadSelector(enable=True),
    ).SerializeToString()  # fmt: skip


def test_long_answers_are_whole(limited, everything):
    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(limited.grpc_address, options=options) as channel:
        ask = channel.unary_unary(SCROLL, bytes, messages.ScrollResponse.FromString)
        answer = ask(everything)
        assert [point.id.num for point in answer.result] == list(range(COUNT))
        assert answer.result[-1].payload["text"].string_value == f"{COUNT - 1:05}" * 200


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
