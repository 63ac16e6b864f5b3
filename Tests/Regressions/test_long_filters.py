"""A filter that takes minutes over one point holds nobody else up, not even with one thread."""

import json
import select
import socket

import pytest
from process import quiver

CONDITIONS = [{"key": "text", "match": {"text": f"none{n}"}} for n in range(10_000)]
SHORT = {"filter": {"must": [{"key": "text", "match": {"text": "word"}}]}}
LONG = {"filter": {"should": CONDITIONS}}


def call(service, method, path, body):
    """A connection with a request on it."""
    data = json.dumps(body).encode()
    connection = socket.create_connection((service.host, service.port), timeout=60)
    head = (f"{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n")  # fmt: skip
    connection.sendall(head.encode() + data)
    return connection


def answer(connection) -> bytes:
    with connection, connection.makefile("rb") as file:
        return file.read()


@pytest.mark.parametrize(
    ("path", "body", "method", "other", "what"),
    [
        ("points/count", LONG, "POST", "points/count", SHORT),
        ("points/payload?wait=true", {**LONG, "payload": {"n": 1}}, "PUT", "points?wait=true",
         {"points": [{"id": 2, "vector": [1]}]}),
    ],
    ids=["read", "update"],
)  # fmt: skip
@pytest.mark.parametrize("stays", [True, False])
def test_others_are_answered_meanwhile(tmp_path, path, body, method, other, what, stays):
    service = quiver(tmp_path, QUIVER__STORAGE__PERFORMANCE__MAX_SEARCH_THREADS="1")
    service.start()
    try:
        for name in ("long", "short"):
            config = {"vectors": {"size": 1, "distance": "Dot"}}
            assert b" 200 " in answer(call(service, "PUT", f"/collections/{name}", config))
            point = {"id": 1, "vector": [1], "payload": {"text": "word " * 40_000}}
            made = call(service, "PUT", f"/collections/{name}/points?wait=true",
                        {"points": [point]})  # fmt: skip
            assert b" 200 " in answer(made)
        long = call(service, "POST", f"/collections/long/{path}", body)
        if not stays:
            long.close()
        for _ in range(5):
            assert b" 200 " in answer(call(service, method, f"/collections/short/{other}", what))
        if stays:
            assert not select.select([long], [], [], 0)[0], "it was answered first"
        # And it does not hold up the end.
        assert service.terminate() == 0
    finally:
        service.kill()
