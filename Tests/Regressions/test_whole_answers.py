"""Answers of few points with large payloads hold a lease: those that would not fit are refused."""

import json

import pytest
import requests
from process import quiver
from wire import Wire

COUNT, PAYLOAD_BYTES = 60, 1_500_000
POINTS = "/collections/c/points"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a memory limit and sixty points, each with a payload of 1.5 MB."""
    service = quiver(tmp_path_factory.mktemp("whole"))
    service.start()
    wire = Wire(service.url, requests.Session())
    wire.result("PUT", "/collections/c", {"vectors": {"size": 2, "distance": "Dot"}})
    for first in range(0, COUNT, 10):
        points = [
            {"id": i, "vector": [i, 1], "payload": {"n": i % 5, "text": "x" * PAYLOAD_BYTES}}
            for i in range(first, first + 10)
        ]
        wire.result("PUT", POINTS + "?wait=true", {"points": points})
    # What was written is not in memory any more.
    service.terminate()
    service.settings["QUIVER__STORAGE__LIMITS__MEMORY_MB"] = "120"
    service.start()
    yield service
    service.kill()


@pytest.fixture(scope="module")
def wire(server):
    with requests.Session() as session:
        yield Wire(server.url, session)


GROUPS = {"group_by": "n", "group_size": 20, "limit": 5, "with_payload": True}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/scroll", {"limit": COUNT, "with_payload": True}),
        ("/query", {"query": [1, 1], "limit": COUNT, "with_payload": True}),
        ("", {"ids": list(range(COUNT)), "with_payload": True}),
        ("/query/groups", {"query": [1, 1], **GROUPS}),
    ],
    ids=["scroll", "query", "retrieve", "groups"],
)
def test_what_would_not_fit_is_refused(server, wire, path, body):
    answer = wire.send("POST", POINTS + path, body)
    assert answer.status_code == 507, answer.text[:300]
    assert "this answer needs about" in answer.json()["status"]["error"]
    # What was counted is given back: smaller answers are served, and more than once.
    small = {**body, "limit": 3} if "limit" in body else {**body, "ids": [1, 2, 3]}
    for _ in range(8):
        answer = wire.send("POST", POINTS + path, small | {"group_size": 2})
        assert answer.status_code == 200, answer.text[:300]
        assert len(answer.content) > 3 * PAYLOAD_BYTES


def test_pages_of_large_payloads_are_short(server, wire):
    """A long answer is read in pages that end after a megabyte, however large a point is."""
    few = [{"id": i, "vector": [i, 1]} for i in range(1000, 1100)]
    wire.result("PUT", POINTS + "?wait=true", {"points": few})
    body = {"limit": COUNT + len(few), "with_payload": True}
    url = server.url + POINTS + "/scroll"
    with requests.post(url, data=json.dumps(body), headers={"Content-Type": "application/json"},
                       timeout=120, stream=True) as answer:  # fmt: skip
        assert answer.status_code == 200
        assert sum(len(piece) for piece in answer.iter_content(1 << 20)) > COUNT * PAYLOAD_BYTES
