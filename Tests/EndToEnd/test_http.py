"""Clients that speak HTTP badly, slowly, or many at a time."""

import contextlib
import socket
import threading

import pytest

EXISTS = b"GET /collections/none/exists HTTP/1.1\r\nHost: x\r\n\r\n"
COUNT = b"POST /collections/none/points/count HTTP/1.1\r\nHost: x\r\n"


def exchange(server, request: bytes, answers: int = 1) -> bytes:
    """Sends bytes and returns what comes back: so many answers, or all until the end."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            while received.count(b"HTTP/1.1 ") < answers and (part := connection.recv(65536)):
                received += part
    return received


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01 TLS? \r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nLong: " + b"y" * 200_000 + b"\r\n\r\n",
        COUNT + b"Content-Length: abc\r\n\r\n",
        COUNT + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        COUNT + b"Content-Length: -1\r\n\r\n",
        COUNT + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
    ids=["tls", "version", "long-path", "long-header", "length", "lengths", "negative", "chunk"],
)
def test_malformed_requests_are_the_clients_fault(server, request_bytes):
    assert exchange(server, request_bytes).startswith(b"HTTP/1.1 4")
    assert server.status("/readyz") == 200


def test_requests_in_one_piece_are_all_answered(server):
    assert exchange(server, EXISTS * 50, 50).count(b"HTTP/1.1 200 OK") == 50


def test_request_in_many_pieces(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in EXISTS:
            connection.sendall(bytes([byte]))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_expect_continue(server):
    head = b"PUT /collections/c HTTP/1.1\r\nHost: x\r\n"
    head += b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_idle_connections_stop_nobody(server, wire):
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert wire.send("GET", "/collections").status_code == 200


def test_clients_that_leave_early(server, wire):
    wire.result("PUT", "/collections/leaving", {"vectors": {"size": 64, "distance": "Dot"}})
    points = [
        {"id": i, "vector": [float(i)] * 64, "payload": {"t": "x" * 500}} for i in range(2000)
    ]
    wire.result("PUT", "/collections/leaving/points", {"points": points})
    body = b'{"limit":2000,"with_vector":true}'
    head = (
        b"POST /collections/leaving/points/scroll HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    )

    def leave():
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head % len(body) + body)

    threads = [threading.Thread(target=leave) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    page = wire.result("POST", "/collections/leaving/points/scroll", {"limit": 2000})
    assert len(page["points"]) == 2000
