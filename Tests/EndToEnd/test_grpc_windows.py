"""What a client of gRPC may send before it is told to go on."""

import socket
import struct

from http2 import DATA, RawConnection, framed

CALL, CONNECTION = 64 << 10, 512 << 10
CALL_MAX, CONNECTION_MAX = 4 << 20, 8 << 20
PIECE = 16 << 10
FLOW_CONTROL_ERROR = 3
REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"


def windows(raw: RawConnection, stream: int) -> tuple[int, int]:
    """What a call may send now, and all calls together."""
    call = raw.state.streams[stream].outbound_flow_control_window
    return call, raw.state.outbound_flow_control_window


def test_windows_grow_with_what_is_kept(raw):
    """From `callWindow` to `callWindowMax` and from `connectionWindow` to `connectionWindowMax`,
    and no further, however much of a message has come."""
    raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw.ping(0)
    stream = raw.begin("/qdrant.Points/Upsert")
    assert windows(raw, stream) == (CALL, CONNECTION)
    raw.send(stream, b"\0" + struct.pack(">I", 30 << 20))
    sent, told = 0, []
    while sent < CALL_MAX + CONNECTION_MAX:
        raw.send(stream, bytes(PIECE))
        sent += PIECE
        # Nothing is on its way then.
        raw.ping(sent)
        told.append(windows(raw, stream))
    calls, connections = zip(*told, strict=True)
    # They are opened anew behind a piece, or within one.
    assert CALL_MAX - PIECE < max(calls) <= CALL_MAX
    assert CONNECTION_MAX - PIECE < max(connections) <= CONNECTION_MAX
    # As soon as half of them has been used.
    assert min(calls[-100:]) > CALL_MAX // 2 - PIECE
    assert min(connections[-100:]) > CONNECTION_MAX // 2 - PIECE


def test_who_sends_beyond_a_window_is_cut_off(server):
    """Beyond `callWindow`, in a conversation whose answer is not taken: it is told no more."""
    raw = RawConnection(server.grpc_address, window=0)
    try:
        raw.ping(0)
        stream = raw.begin(REFLECTION)
        question = framed(b"\x3a\x00")
        raw.send(stream, question)
        raw.until(lambda: stream in raw.headers)
        raw.send(stream, framed(bytes(CALL - 2 * len(question) + 2))[: CALL - len(question)])
        raw.ping(1)
        assert windows(raw, stream)[0] == 0 and stream not in raw.resets
        raw.send_frame(DATA, 0, stream, b"x")
        raw.until(lambda: stream in raw.resets)
        assert raw.resets[stream] == FLOW_CONTROL_ERROR
    finally:
        raw.close()
