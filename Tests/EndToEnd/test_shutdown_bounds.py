"""What a server that ends grants to whom: each bound of its end, by what comes to it.

That a bound is not passed is seen by what follows: who is told to end is answered, and who is cut
off is not; the log tells of connections that did not end, and of an end that was forced.
"""

import contextlib
import json
import os
import signal
import socket
import time

import pytest
import requests
from faulty_proxy import FaultyProxy
from process import cpu_seconds, quiver, until, until_at_rest, until_at_work
from shared_log import call, create, write

IN_ORDER = "[quiver] stopped\n"
WITH_CONNECTIONS = "stopped, with connections that did not end"
FORCED = "did not stop in time"
POINTS = "/collections/things/points"


@pytest.fixture
def make(tmp_path, servers):
    """Starts a server that is ended with the test."""

    def start(**settings: str):
        service = quiver(tmp_path, **settings)
        servers.append(service)
        service.start()
        return service

    return start


def begin(service, method: str, path: str, body: dict) -> socket.socket:
    """A request whose answer is not waited for."""
    data = json.dumps(body).encode()
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=60)
    connection.sendall(
        f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"content-length: {len(data)}\r\n\r\n".encode() + data
    )
    return connection


def outcome(service, connection: socket.socket) -> tuple[float, bytes]:
    """Tells the server to end: how long a connection lasts from then on, and what comes on it."""
    began = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 16):
            received += part
    seconds = time.monotonic() - began
    connection.close()
    assert service.wait(60) == 0, service.log_tail()
    return seconds, received


def test_work_that_takes_long_is_told_to_end(make):
    """After `longWorkMilliseconds`, and answered, as what is cut off later is not."""
    service = make()
    config = {"vectors": {"size": 4, "distance": "Dot"}}
    requests.put(service.url + "/collections/things", json=config).raise_for_status()
    for first in range(0, 30_000, 5000):
        points = [{"id": n, "vector": [n, 1, 2, 3]} for n in range(first, first + 5000)]
        body = {"points": points}
        requests.put(f"{service.url}{POINTS}?wait=true", json=body).raise_for_status()
    until_at_rest(service)
    before = cpu_seconds(service)
    matrix = {"sample": 30_000, "limit": 20}
    # None has a processor of its own.
    others = [begin(service, "POST", POINTS + "/search/matrix/pairs", matrix)
              for _ in range(2 * os.cpu_count())]  # fmt: skip
    until_at_work(service, before)
    seconds, answer = outcome(service, others[-1])
    assert answer.startswith(b"HTTP/1.1 503 ") and b"the server is shutting down" in answer
    assert seconds >= 2.5
    for other in others:
        other.close()
    assert service.log.read_text().endswith(IN_ORDER)


@pytest.mark.parametrize("grace, least", [(500, 5), (5000, 5.5)])
def test_requests_that_do_not_end_are_cut_off(make, grace, least):
    """After `requestsMilliseconds`, and where the port stays open for long, only so much later that
    they have `leastRequestsMilliseconds`. Nobody waits for connections then."""
    service = make(
        QUIVER__SERVICE__SHUTDOWN_GRACE_MS=str(grace),
        QUIVER__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY="true",
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        location = {"location": f"http://127.0.0.1:{silent.getsockname()[1]}/x"}
        client = begin(service, "PUT", "/collections/things/snapshots/recover", location)
        # The request is under way: the server asks somebody who says nothing.
        asking, _ = silent.accept()
        seconds, answer = outcome(service, client)
        asking.close()
    assert seconds >= least
    assert b"HTTP/1.1 " not in answer
    assert service.log.read_text().endswith(IN_ORDER)


def opened(pipe) -> int | None:
    """A descriptor to write to, once somebody reads."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_a_connection_that_cannot_end_does_not_keep_the_database_open(make, tmp_path):
    """After `connectionsMilliseconds`."""
    folder = tmp_path / "audit"
    folder.mkdir()
    service = make(QUIVER__AUDIT__ENABLED="true", QUIVER__AUDIT__DIR=str(folder))
    create(service)
    assert write(service, 1)[0] == 200
    # A file that does not end, and whoever reads it waits for what nobody writes.
    endless = folder / "audit.2020-01-20.log"
    os.mkfifo(endless)
    search = {"limit": 1, "time_to": "2020-01-21T00:00:00Z"}
    client = begin(service, "POST", "/audit/logs", search)
    writer = until(lambda: opened(endless), 60)
    seconds, answer = outcome(service, client)
    os.close(writer)
    endless.unlink()
    assert seconds >= 6.5
    assert b"HTTP/1.1 " not in answer
    assert WITH_CONNECTIONS in service.log_tail(), service.log_tail()
    service.start()
    assert call(service, "POST", POINTS + "/count", {})[1]["result"]["count"] == 1


def test_what_a_store_does_not_take_is_not_shipped_at_last(start_sharing, log_store):
    """After `shippingMilliseconds`, before the end is a forced one; the next start makes up."""
    proxy = FaultyProxy(log_store.endpoint)
    try:
        service = start_sharing("one", proxy.endpoint, QUIVER__REPLICATION__MODE="async")
        create(service)
        proxy.fault = lambda number: "503"
        assert write(service, 1)[0] == 200
        began = time.monotonic()
        assert service.terminate(60) == 0, service.log_tail()
        assert time.monotonic() - began >= 8.5
        log = service.log_tail()
        assert log.count("commits were not shipped") == 1 and FORCED not in log, log
        # Connections are not what took so long, and nothing is ended twice.
        assert "did not end" not in log and "can't be written" not in log, log
        proxy.fault = lambda number: None
        service.start(60)
        assert call(service, "POST", POINTS + "/count", {})[1]["result"]["count"] == 1
    finally:
        proxy.stop()
