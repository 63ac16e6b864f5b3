"""Clients that open more connections than the process may have files take no file from the store,
and keep nobody else out."""

import contextlib
import os
import socket
import ssl

import grpc
import pytest
import requests
from gateway_service import gateway
from http2 import RawConnection, framed
from process import has_taken_all, quiver, until
from secure_service import secure_quiver

DESCRIPTORS = 256


class Flood:
    """Connections that say nothing, as many as there are descriptors and more."""

    def __init__(self, ports: list[int]):
        self.sockets = []
        for number in range(2 * DESCRIPTORS):
            # Whoever is not taken at once is not waited for.
            with contextlib.suppress(TimeoutError):
                address = ("127.0.0.1", ports[number % len(ports)])
                self.sockets.append(socket.create_connection(address, timeout=0.2))

    def end(self) -> None:
        for connection in self.sockets:
            connection.close()


def descriptors(service) -> int:
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def with_few(service):
    """The service, which may have few files open."""
    service.command = ["sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh", *service.command]
    return service


@pytest.fixture
def server(tmp_path):
    """A server that may have few files open."""
    with with_few(quiver(tmp_path)) as server:
        server.start()
        yield server


def put(server, start: int, count: int = 200) -> requests.Response:
    points = [
        {"id": start + number, "vector": [1.0, number], "payload": {"t": os.urandom(10_000).hex()}}
        for number in range(count)
    ]
    path = server.url + "/collections/c/points?wait=true"
    return requests.put(path, json={"points": points}, timeout=60)


def test_the_store_has_files_whoever_connects(server):
    config = {"vectors": {"size": 2, "distance": "Dot"}}
    assert requests.put(server.url + "/collections/c", json=config, timeout=20).ok
    before = descriptors(server)
    flood = Flood([server.port, server.grpc_port])
    until(lambda: descriptors(server) > DESCRIPTORS / 3)
    assert requests.get(server.url + "/healthz", timeout=20).ok
    # As much as fills write buffers, so that new logs and tables are begun.
    for start in range(0, 8000, 200):
        answer = put(server, start)
        assert answer.ok, answer.text
    assert requests.post(server.url + "/collections/c/snapshots", timeout=60).ok
    path = server.url + "/collections/c/points/count"
    assert requests.post(path, json={}, timeout=20).json()["result"]["count"] == 8000
    assert descriptors(server) < DESCRIPTORS
    flood.end()
    until(lambda: descriptors(server) < before + 40)
    assert put(server, 8000).ok
    assert server.terminate() == 0


def test_a_busy_connection_is_not_given_away(server):
    """One whose request is under way while many come."""
    config = {"vectors": {"size": 2, "distance": "Dot"}}
    assert requests.put(server.url + "/collections/c", json=config, timeout=20).ok
    body = b'{"points":[{"id":1,"vector":[1,2]}]}'
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
        head = "PUT /collections/c/points HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        slow.sendall((head % len(body)).encode() + body[:10])
        until(lambda: has_taken_all(slow))
        flood = Flood([server.port])
        slow.sendall(body[10:])
        assert slow.recv(4096).startswith(b"HTTP/1.1 200")
    flood.end()
    assert server.terminate() == 0


def until_answered(ask) -> None:
    """Returns once the server has let in, or kept out, whoever stood in line before."""

    def attempt():
        with contextlib.suppress(requests.ConnectionError):
            return ask()

    until(attempt, 10)


STOPPED = b"PUT /collections/c HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{"


@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_requests_that_do_not_come_keep_nobody_out(server, before):
    """Nor do those that come behind one that is answered."""
    flood = Flood([server.port])
    for connection in flood.sockets:
        with contextlib.suppress(OSError):
            connection.sendall(before + STOPPED)
    until_answered(lambda: requests.get(server.url + "/healthz", timeout=20).ok)
    for _ in range(20):
        assert requests.get(server.url + "/healthz", timeout=20).ok
    flood.end()
    assert server.terminate() == 0


def flood_with_streams(address: str, path: str, tls=None, **headers: str) -> list[RawConnection]:
    """Connections with a request that stops arriving, and one that is answered meanwhile."""
    connections = []
    for _ in range(2 * DESCRIPTORS):
        # Who is kept out has lost.
        with contextlib.suppress(OSError):
            connection = RawConnection(address, tls=tls)
            connections.append(connection)
            stopped = connection.begin("/collections/c" if tls else path, **headers)
            connection.send(stopped, b"\0")
            asked = connection.begin(path, end=bool(tls), **headers)
            if not tls:
                connection.send(asked, framed(b""), end=True)
    return connections


def test_calls_that_do_not_come_keep_nobody_out(server):
    health = "/qdrant.Qdrant/HealthCheck"
    flood = flood_with_streams(server.grpc_address, health)
    until_answered(lambda: server.status("/healthz") == 200)
    for _ in range(20):
        with grpc.insecure_channel(server.grpc_address) as channel:
            assert channel.unary_unary(health, bytes, bytes)(b"", timeout=20)
    for connection in flood:
        connection.close()
    assert server.terminate() == 0


@pytest.fixture
def secure(tmp_path, authority):
    """A server over TLS, which speaks HTTP/2, and what its clients trust."""
    server = with_few(secure_quiver(tmp_path, authority.signs("server"), authority))
    context = ssl.create_default_context(cafile=authority.path)
    context.set_alpn_protocols(["h2"])
    context.check_hostname = False
    with server:
        server.start()
        yield server, context


JSON = {"method": "PUT", "content_type": "application/json"}


def test_streams_that_do_not_come_keep_nobody_out(secure):
    server, context = secure
    flood = flood_with_streams(f"127.0.0.1:{server.port}", "/healthz", context, **JSON)
    until_answered(lambda: server.status("/healthz", timeout=20) == 200)
    for _ in range(20):
        assert server.status("/healthz", timeout=20) == 200
    for connection in flood:
        connection.close()


def test_a_busy_connection_of_streams_is_not_given_away(secure):
    """One that is on its way goes behind those that say nothing."""
    server, context = secure
    busy = RawConnection(f"127.0.0.1:{server.port}", tls=context)
    stream = busy.begin("/collections/c", **JSON)
    busy.send(stream, b'{"vec')
    until(lambda: has_taken_all(busy.socket))
    flood = Flood([server.port])
    busy.send(stream, b'tors": {}}', end=True)
    assert busy.answer(stream)[":status"] == "200"
    flood.end()
    busy.close()


def test_a_gateway_keeps_answering(tmp_path):
    with with_few(gateway(tmp_path, "http://127.0.0.1:9", "c")) as service:
        service.start()
        flood = Flood([service.port])
        for _ in range(20):
            assert requests.get(service.url + "/health/live", timeout=20).ok
        assert descriptors(service) < DESCRIPTORS
        flood.end()
        assert service.terminate() == 0
