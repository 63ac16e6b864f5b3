"""A refusal tells of what everybody can see."""

import contextlib
import json
import select
import socket
import threading

import pytest
import requests
from process import has_taken_all, quiver, until, until_at_rest
from stalled_disk import StalledDisk

POINTS = "/collections/things/points"


@pytest.fixture
def service(tmp_path):
    service = quiver(tmp_path)
    service.disk = StalledDisk(service, tmp_path)
    service.start()
    yield service
    service.disk.go_on()
    service.kill()


def upsert(service, id: int) -> int:
    body = {"points": [{"id": id, "vector": [1, 2], "payload": {"n": id}}]}
    url = service.url + POINTS + "?wait=true"
    return requests.put(url, json=body, timeout=120).status_code


@contextlib.contextmanager
def asked(service, path: str, body):
    """A request that the server has read and has not answered."""
    data = json.dumps(body).encode()
    head = f"POST {POINTS}/{path}?wait=true HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}"
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + data)
        until(lambda: has_taken_all(connection))
        # It waits for its turn.
        until_at_rest(service)
        yield connection


def is_answered(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])


@pytest.mark.parametrize(("path", "change"), [
    ("payload", {"payload": {"n": 2}}), ("payload/delete", {"keys": ["n"]}), ("payload/clear", {}),
])  # fmt: skip
def test_what_is_missing_is_missing_for_all(service, path, change):
    """A point's removal and a change of it are of one commit, which is not on disk yet."""
    things = {"vectors": {"size": 2, "distance": "Dot"}}
    assert requests.put(service.url + "/collections/things", json=things).ok
    assert upsert(service, 1) == 200
    service.disk.stall()
    first = threading.Thread(target=upsert, args=(service, 2))
    first.start()
    until(service.disk.waiting_logs, 60)
    with (
        asked(service, "delete", {"points": [1]}) as removal,
        asked(service, path, {"points": [1], **change}) as edit,
    ):
        while first.is_alive():
            service.disk.let_go_until_second_log()
            first.join(0.02)
        until(service.disk.waiting_logs, 60)
        until_at_rest(service)
        has_refused, there = is_answered(edit), requests.get(service.url + POINTS + "/1").ok
        assert not is_answered(removal) and there
        service.disk.go_on()
        assert removal.recv(65536).startswith(b"HTTP/1.1 200")
        assert edit.recv(65536).startswith(b"HTTP/1.1 404")
        assert not has_refused
