"""Work that nobody waits for ends, whatever it is, and holds up nobody meanwhile."""

import contextlib
import json
import random
import select
import socket
import time

import pytest
import requests
from process import cpu_seconds, quiver, until_at_rest, until_at_work
from wire import Wire

COUNT, SIZE = 8000, 32
EVERYTHING = {"must_not": [{"has_id": [COUNT + 5]}]}
# A filter that no index answers and that takes long for each point.
HEAVY = {
    "should": [
        {"nested": {"key": "a", "filter": {"must": [{"key": "b", "match": {"value": -n}}]}}}
        for n in range(1, 40)
    ]
}
VECTOR = [0.1] * SIZE
WIDE = {"query": VECTOR, "limit": 4000, "params": {"exact": True}}
BY_EXAMPLE = {"recommend": {"positive": [1, 2, 3], "strategy": "best_score"}}
WORK = {
    "matrix": ("points/search/matrix/offsets", {"sample": COUNT, "limit": 10}),
    "count": ("points/count", {"filter": HEAVY}),
    "scroll": ("points/scroll", {"filter": HEAVY}),
    "order": ("points/scroll", {"filter": HEAVY, "order_by": "n"}),
    "facet": ("facet", {"key": "k", "filter": HEAVY}),
    "groups": (
        "points/query/groups",
        {"query": VECTOR, "group_by": "k", "limit": 4000, "group_size": 100},
    ),
    "groups under a filter": (
        "points/query/groups",
        {"query": VECTOR, "group_by": "k", "limit": 50, "filter": HEAVY},
    ),
    "wide batch": ("points/query/batch", {"searches": [WIDE] * 500}),
    "examples": (
        "points/query/batch",
        {"searches": [{"query": BY_EXAMPLE, "params": {"exact": True}}] * 1000},
    ),
    "old recommendations": (
        "points/recommend/batch",
        {
            "searches": [
                {"positive": [n], "strategy": "sum_scores", "limit": 9, "params": {"exact": True}}
                for n in range(1, 1000)
            ]
        },
    ),
    "discovery": (
        "points/discover/batch",
        {
            "searches": [
                {
                    "target": n,
                    "context": [{"positive": 1, "negative": 2}],
                    "limit": 9,
                    "params": {"exact": True},
                }
                for n in range(3, 1000)
            ]
        },
    ),
    "fusion": (
        "points/query/batch",
        {"searches": [{"prefetch": [WIDE] * 10, "query": {"fusion": "rrf"}, "limit": 4000}] * 20},
    ),
    "formula": (
        "points/query",
        {
            "prefetch": [{"limit": COUNT}] * 20,
            "query": {"formula": {"sum": [{"mult": ["n", n]} for n in range(60)]}},
            "limit": COUNT,
        },
    ),
    "samples": (
        "points/query/batch",
        {"searches": [{"query": {"sample": "random"}, "limit": COUNT}] * 100},
    ),
    "update": ("points/payload?wait=true", {"payload": {"m": "x" * 200}, "filter": EVERYTHING}),
    "delete": ("points/delete?wait=true", {"filter": HEAVY}),
    "snapshot": ("snapshots", {}),
}  # fmt: skip

# What is over too soon to be abandoned is asked for this often, one after the other.
TIMES = {"snapshot": 100}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a single search thread, and two collections."""
    service = quiver(
        tmp_path_factory.mktemp("quiver"),
        QUIVER__STORAGE__PERFORMANCE__MAX_SEARCH_THREADS="1",
    )
    service.start()
    wire = Wire(service.url, requests.Session())
    chance = random.Random(8)
    for name in ("large", "small"):
        wire.result("PUT", f"/collections/{name}", {"vectors": {"size": SIZE, "distance": "Dot"}})
    for start in range(0, COUNT, 2000):
        points = [
            {
                "id": n,
                "vector": [round(chance.random(), 3) for _ in range(SIZE)],
                "payload": {"n": n, "k": f"k{n % 4000}", "a": [{"b": n % 10}, {"b": n % 7}]},
            }
            for n in range(start, start + 2000)
        ]
        wire.result("PUT", "/collections/large/points?wait=true", {"points": points})
    point = {"id": 1, "vector": VECTOR, "payload": {"n": 1}}
    wire.result("PUT", "/collections/small/points?wait=true", {"points": [point]})
    for field, schema in (("k", "keyword"), ("n", "integer")):
        body = {"field_name": field, "field_schema": schema}
        wire.result("PUT", "/collections/large/index?wait=true", body)
    yield service
    service.kill()


@pytest.mark.parametrize("kind", WORK)
def test_work_ends_with_its_clients(server, wire, kind):
    path, body = WORK[kind]
    data = json.dumps(body).encode()
    head = f"POST /collections/large/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}"
    until_at_rest(server)
    before = cpu_seconds(server)
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(4):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            client.sendall((head.encode() + b"\r\n\r\n" + data) * TIMES.get(kind, 1))
            clients.append(client)
        until_at_work(server, before)
        started = time.monotonic()
        assert wire.result("GET", "/collections/small/points/1")["id"] == 1
        filter = {"must": [{"key": "n", "match": {"value": 1}}]}
        counted = wire.result("POST", "/collections/small/points/count", {"filter": filter})
        assert counted["count"] == 1
        # Before those that came first, if it takes long on a busy machine.
        is_quick = time.monotonic() - started < 10
        assert is_quick or len(select.select(clients, [], [], 0)[0]) < len(clients)
        closed = cpu_seconds(server)
    # They have gone.
    until_at_rest(server)
    assert cpu_seconds(server) - closed < 2
    assert wire.result("GET", "/collections/large")["points_count"] == COUNT
