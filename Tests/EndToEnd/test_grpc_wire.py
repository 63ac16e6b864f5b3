"""gRPC's own framing over HTTP/2: what libraries never send, or hide."""

import contextlib
import gzip
import socket
import struct
import threading
import time
import zlib

import pytest
from http2 import DATA, GO_AWAY, HEADERS, RawConnection, framed
from process import quiver
from qdrant_client import grpc as messages

PROTOCOL_ERROR = 1
COUNT = "/qdrant.Points/Count"
HEALTH = "/qdrant.Qdrant/HealthCheck"
NOWHERE = messages.CountPoints(collection_name="nøwhere%").SerializeToString()


def test_what_is_no_call(raw):
    text = raw.call(HEALTH, b"", content_type="text/plain")
    assert raw.answer(text)[":status"] == "415"
    get = raw.begin(HEALTH, end=True, method="GET")
    assert raw.answer(get)[":status"] == "405"
    nowhere = raw.answer(raw.call("/qdrant.Points/Nothing", b""))
    assert (nowhere[":status"], nowhere["grpc-status"]) == ("200", "12")
    coded = raw.answer(raw.call(HEALTH, b"", grpc_encoding="zstd"))
    assert coded["grpc-status"] == "12"
    assert coded["grpc-accept-encoding"] == "identity,gzip,deflate"
    assert raw.answer(raw.call(HEALTH, b""))["grpc-status"] == "0"


@pytest.mark.parametrize("field", [
    ("X-Name", "in upper case"), (":path", COUNT), (":method", "GET"), (":scheme", "http"),
    ("connection", "close"), ("transfer-encoding", "chunked"), ("upgrade", "websocket"),
])  # fmt: skip
def test_headers_that_a_proxy_might_read_otherwise(raw, field):
    """Their stream is reset as malformed, and the connection goes on."""
    malformed = raw.begin(HEALTH, fields=[field])
    raw.send(malformed, framed(b""), end=True)
    raw.until(lambda: malformed in raw.resets)
    assert raw.resets[malformed] == PROTOCOL_ERROR
    assert raw.answer(raw.call(HEALTH, b""))["grpc-status"] == "0"


def test_a_length_that_is_not_the_message_s(raw):
    short = raw.begin(HEALTH, content_length="99")
    raw.send(short, framed(b""), end=True)
    raw.until(lambda: short in raw.resets or short in raw.ended)
    assert short in raw.resets
    assert raw.answer(raw.call(HEALTH, b"", content_length="5"))["grpc-status"] == "0"


def test_a_beginning_that_does_not_come_is_not_waited_for(server, raw):
    """A byte of it now and then is no more: with such bytes connections would be held for free."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    # A frame of settings of 6,000 bytes.
    whole = preface + (6000).to_bytes(3) + bytes([4, 0]) + bytes(4) + bytes(6000)
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=60) as connection:
        connection.settimeout(1)
        sent = 0
        for sent in range(120):
            with contextlib.suppress(TimeoutError):
                try:
                    connection.sendall(whole[sent : sent + 1])
                    while connection.recv(1 << 16):
                        pass
                    break
                except (BrokenPipeError, ConnectionResetError):
                    break
        assert sent < 110
    assert time.monotonic() - begun >= 20
    assert raw.answer(raw.call(HEALTH, b""))["grpc-status"] == "0"


def test_messages_that_are_not_one(raw):
    none = raw.begin(HEALTH, end=True)
    assert raw.answer(none)["grpc-status"] == "13"
    two = raw.begin(HEALTH)
    raw.send(two, framed(b"") * 2, end=True)
    assert raw.answer(two)["grpc-status"] == "13"
    broken = raw.begin(HEALTH)
    raw.send(broken, framed(b"abc")[:-1], end=True)
    assert raw.answer(broken)["grpc-status"] == "13"
    packed = raw.begin(HEALTH)
    raw.send(packed, framed(b"", packed=True), end=True)
    assert raw.answer(packed)["grpc-status"] == "13"
    nonsense = raw.begin(HEALTH, grpc_encoding="gzip")
    raw.send(nonsense, framed(b"nonsense", packed=True), end=True)
    assert raw.answer(nonsense)["grpc-status"] == "13"
    assert raw.answer(raw.call(HEALTH, b""))["grpc-status"] == "0"


def test_a_message_in_many_pieces(raw):
    stream = raw.begin(COUNT)
    for byte in framed(NOWHERE):
        raw.send(stream, bytes([byte]))
    raw.send(stream, b"", end=True)
    answer = raw.answer(stream)
    assert answer["grpc-status"] == "5"
    # A header has printable ASCII alone.
    assert answer["grpc-message"] == "Not found: Collection `n%C3%B8where%25` doesn't exist!"


def test_packed_messages_and_bombs(raw):
    for coding, pack in [("gzip", gzip.compress), ("deflate", zlib.compress)]:
        stream = raw.begin(COUNT, grpc_encoding=coding)
        raw.send(stream, framed(pack(NOWHERE), packed=True), end=True)
        assert raw.answer(stream)["grpc-status"] == "5"
    bomb = gzip.compress(bytes(200 << 20), compresslevel=9)
    assert len(bomb) < 1 << 20
    stream = raw.begin(COUNT, grpc_encoding="gzip")
    raw.send(stream, framed(bomb, packed=True), end=True)
    assert raw.answer(stream)["grpc-status"] == "8"


def test_a_message_over_the_limit_is_refused_before_it_comes(raw):
    """Over `messageBytesMax`."""
    stream = raw.begin(COUNT)
    raw.send(stream, b"\0" + struct.pack(">I", 1 << 30) + bytes(1000))
    answer = raw.answer(stream)
    assert answer["grpc-status"] == "8"
    assert "exceeds the limit" in answer["grpc-message"]


def test_a_deadline_ends_a_call_that_does_not_come(raw):
    stream = raw.begin(COUNT, grpc_timeout="300m")
    raw.send(stream, framed(NOWHERE)[:4])
    answer = raw.answer(stream)
    assert answer["grpc-status"] == "4"
    # It is not that the message has not come in time.
    assert answer["grpc-message"] == "Timeout expired"


def test_a_client_that_has_ended_sending_is_answered(raw):
    stream = raw.begin(COUNT)
    raw.send(stream, framed(NOWHERE), end=True)
    raw.socket.shutdown(socket.SHUT_WR)
    assert raw.answer(stream)["grpc-status"] == "5"
    raw.until(lambda: raw.is_closed)


def test_bytes_that_are_no_http2(server, raw):
    with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while connection.recv(1 << 16):
            pass
    assert raw.answer(raw.call(HEALTH, b""))["grpc-status"] == "0"


def test_many_calls_that_are_cancelled_harm_no_connection(raw):
    for _ in range(2000):
        stream = raw.begin(COUNT)
        raw.state.reset_stream(stream, 8)
        raw.flush()
    assert raw.answer(raw.call(HEALTH, b""))["grpc-status"] == "0"


def test_a_stop_is_announced_and_ends_when_the_last_call_has(tmp_path):
    """And `farewell` later, for a client that does not close its connection."""
    service = quiver(tmp_path)
    service.start()
    raw = RawConnection(service.grpc_address)
    try:
        assert raw.answer(raw.call(HEALTH, b""))["grpc-status"] == "0"
        begun = raw.begin(COUNT)
        raw.send(begun, framed(NOWHERE)[:3])
        codes = []
        ending = threading.Thread(target=lambda: codes.append(service.terminate()))
        ending.start()
        # First the client is told, and when it knows, which call is the last.
        last, answered = [], []
        for kind, stream, payload in raw.frames():
            if kind == GO_AWAY:
                last.append(int.from_bytes(payload[:4]))
                if len(last) == 2:
                    answering = time.monotonic()
                    raw.send_frame(DATA, 1, begun, framed(NOWHERE)[3:])
            elif kind == HEADERS:
                answered.append(stream)
        assert last == [2**31 - 1, begun]
        assert answered == [begun]
        ending.join()
        assert codes == [0]
        assert time.monotonic() - answering >= 1
        # Long before connections that hang are not waited for.
        assert "did not end" not in service.log_tail()
    finally:
        raw.close()
        service.kill()
