"""Clients that send slowly, stop, or go away, and what others notice of it: nothing."""

import contextlib
import gzip
import json
import random
import select
import socket
import time

import pytest
from process import cpu_seconds, has_taken_all, is_given_up, until, until_at_rest, until_at_work

POINTS = "/collections/connections/points"


@pytest.fixture(scope="module", autouse=True)
def points(wire):
    """A collection whose matrix of distances takes long to work out."""
    chance = random.Random(8)
    wire.result("PUT", "/collections/connections", {"vectors": {"size": 32, "distance": "Dot"}})
    for start in range(0, 8000, 2000):
        batch = [
            {"id": start + i, "vector": [round(chance.random(), 3) for _ in range(32)]}
            for i in range(2000)
        ]
        wire.result("PUT", POINTS + "?wait=true", {"points": batch})


def connect(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def request(path: str, body) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def answers(connection: socket.socket, count: int = 1) -> bytes:
    received = b""
    while received.count(b"HTTP/1.1 ") < count or b"}" not in received:
        part = connection.recv(65536)
        if not part:
            break
        received += part
    return received


def test_announced_bodies_hold_no_room(server, wire):
    uploads = []
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            upload = stack.enter_context(connect(server))
            upload.sendall(
                f"PUT {POINTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 33554432\r\n\r\n{{".encode()
            )
            uploads.append(upload)
        until(lambda: all(has_taken_all(upload) for upload in uploads))
        assert wire.result("POST", POINTS + "/count", {"exact": True})["count"] == 8000
        batch = [{"id": 1, "vector": [1.0] * 32, "payload": {"t": "x" * 500_000}}]
        wire.result("PUT", POINTS + "?wait=true", {"points": batch})
        # The others wait still: none had to be given up for it.
        assert not select.select(uploads, [], [], 0)[0]


def test_stalled_bodies_make_room(server, wire):
    """Bodies that have arrived in part do not keep others out once they stop arriving."""
    with contextlib.ExitStack() as stack:
        for _ in range(9):
            upload = stack.enter_context(connect(server))
            upload.sendall(
                f"PUT {POINTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 33554432\r\n\r\n".encode()
            )
            with contextlib.suppress(TimeoutError, ConnectionError):
                upload.settimeout(3)
                upload.sendall(b" " * 30_000_000)
        batch = [{"id": 1, "vector": [1.0] * 32, "payload": {"t": "x" * 2_000_000}}]
        wire.result("PUT", POINTS + "?wait=true", {"points": batch})


def test_a_body_that_is_too_large_is_refused_before_it_comes(server):
    with connect(server) as connection:
        connection.sendall(
            f"PUT {POINTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n".encode()
        )
        # Who waits for a body answers 408 when it does not come.
        answer = answers(connection)
        assert answer.startswith(b"HTTP/1.1 413") and b"connection: close" in answer.lower()


def test_who_still_sends_gets_the_answer(server):
    with connect(server) as connection:
        connection.sendall(
            f"PUT {POINTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\n\r\n".encode()
        )
        connection.sendall(b" " * 40_000_000)
        assert answers(connection).startswith(b"HTTP/1.1 413")


def refused(server) -> socket.socket:
    """A connection whose body was refused before it came, and is thrown away if it comes."""
    connection = connect(server)
    connection.sendall(
        f"PUT {POINTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n".encode()
    )
    until(lambda: has_taken_all(connection))
    return connection


def test_who_sends_for_long_what_was_refused_gets_the_answer(server):
    """A slow sender's body is thrown away as long as it comes, and who sends nothing is given up
    after `discarding`."""
    began = time.monotonic()
    with refused(server) as slow:
        with refused(server) as silent:

            def silent_is_given_up() -> bool:
                slow.sendall(b" " * 50_000)
                return is_given_up(silent)

            until(silent_is_given_up, 60)
            assert time.monotonic() - began >= 10
            assert answers(silent).startswith(b"HTTP/1.1 413 ")
        for _ in range(3):
            slow.sendall(b" " * 50_000)
            until(lambda: has_taken_all(slow))
        assert not is_given_up(slow)
        assert answers(slow).startswith(b"HTTP/1.1 413 ")


def test_what_was_refused_is_thrown_away_up_to_a_bound(server):
    """`discardedBytes`: so much of a body is read, and then the connection is closed."""
    piece = b" " * (1 << 20)
    with refused(server) as patient, refused(server) as endless:
        for _ in range(127):
            patient.sendall(piece)
        until(lambda: has_taken_all(patient))
        assert not is_given_up(patient)
        assert answers(patient).startswith(b"HTTP/1.1 413 ")
        sent = 0
        with pytest.raises(ConnectionError):
            while sent < 256:
                endless.sendall(piece)
                sent += 1
        # Beside it there is what the system had taken by then.
        assert 128 <= sent < 192


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", b"400"),
        (b"Many: x\r\n" * 5000 + b"\r\n", b"431"),
        (b"Long: " + b"x" * 1_000_000 + b"\r\n\r\n", b"431"),
    ],
    ids=["both-lengths", "chunk-size", "many-fields", "long-field"],
)
def test_broken_framing_is_refused_and_the_connection_closed(server, head, status):
    with connect(server) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(f"POST {POINTS}/count HTTP/1.1\r\nHost: x\r\n".encode() + head)
        received = b""
        while part := connection.recv(65536):
            received += part
        assert received.startswith(b"HTTP/1.1 " + status)
        assert b'"status":{"error":' in received


def test_half_closed_connections_get_their_answers(server):
    """Also when the answer takes a while, and when several were asked for."""
    matrix = {"sample": 800, "limit": 3}
    with connect(server) as connection:
        connection.sendall(request(POINTS + "/search/matrix/pairs", matrix))
        connection.sendall(request(POINTS + "/count", {}))
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(1 << 20):
            received += part
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert received.endswith(b"}") and b'{"count":8000}' in received


@pytest.mark.parametrize("ends_sending", [False, True])
def test_work_ends_when_its_client_has_gone(server, wire, ends_sending):
    body = request(POINTS + "/search/matrix/pairs", {"sample": 8000, "limit": 10})
    until_at_rest(server)
    before = cpu_seconds(server)
    clients = [connect(server) for _ in range(8)]
    for client in clients:
        client.sendall(body)
    until_at_work(server, before)
    for client in clients:
        if ends_sending:
            client.shutdown(socket.SHUT_WR)
        client.close()
    closed = cpu_seconds(server)
    wire.result("GET", POINTS + "/1")
    until_at_rest(server)
    # One of them, done to its end, takes more than all take that are given up.
    assert cpu_seconds(server) - closed < 2


def test_old_clients_are_answered_without_chunks(server):
    with connect(server) as connection:
        connection.sendall(b"GET /collections HTTP/1.0\r\n\r\n")
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.startswith(b"HTTP/1.0 200 OK") and received.endswith(b"}")


def test_old_clients_may_keep_their_connection(server):
    """They wait for its end unless they are told the length, and that it is kept."""
    one = b"GET /collections HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    with connect(server) as connection:
        for _ in range(2):
            connection.sendall(one)
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.0 200 OK")
            assert b"\r\nconnection: keep-alive\r\n" in answer
        # What is packed while it is sent has no length.
        body = json.dumps({"limit": 8000, "with_vector": True}).encode()
        head = (
            f"POST {POINTS}/scroll HTTP/1.0\r\nConnection: keep-alive\r\n"
            f"Accept-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        received = b""
        while part := connection.recv(1 << 20):
            received += part
    fields, _, packed = received.partition(b"\r\n\r\n")
    assert b"connection: close" in fields.lower() and b"chunked" not in fields.lower()
    assert len(json.loads(gzip.decompress(packed))["result"]["points"]) == 8000
