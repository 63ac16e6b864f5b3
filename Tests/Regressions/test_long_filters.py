"""A filter that takes minutes over one point holds nobody else up, not even with one thread, and
one of many conditions takes no memory for each of them."""

import json
import pathlib
import select
import socket

import pytest
import requests
from process import quiver
from wire import Wire

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


POINTS = 50_000
RANGES = [{"key": "n", "range": {"gte": number}} for number in range(20_000)]


def most_megabytes(service) -> int:
    """The most that the process has had of memory."""
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10


def test_what_each_condition_finds_is_not_kept(tmp_path):
    service = quiver(tmp_path)
    service.start()
    try:
        wire = Wire(service.url, requests.Session())
        wire.result("PUT", "/collections/c", {"vectors": {"size": 1, "distance": "Dot"}})
        wire.result("PUT", "/collections/c/index?wait=true",
                    {"field_name": "n", "field_schema": "integer"})  # fmt: skip
        for first in range(0, POINTS, 5000):
            ids = range(first, first + 5000)
            wire.result("PUT", "/collections/c/points?wait=true", {"batch": {
                "ids": [*ids], "vectors": [[1]] * len(ids), "payloads": [{"n": n} for n in ids],
            }})  # fmt: skip
        before = most_megabytes(service)
        # The first condition alone has all points, the second all but one.
        for asked, passing in (
            ({"should": RANGES}, POINTS),
            ({"must_not": [{"should": RANGES}]}, 0),
            ({"min_should": {"conditions": RANGES, "min_count": 2}}, POINTS - 1),
        ):
            found = wire.result("POST", "/collections/c/points/count", {"filter": asked})
            assert found["count"] == passing
        # What each finds takes six kilobytes, and all of it 120 megabytes.
        assert most_megabytes(service) - before < 60
    finally:
        service.kill()
