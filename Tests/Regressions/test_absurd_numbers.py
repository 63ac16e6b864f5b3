"""Numbers that are valid and absurd are served within what there is, or refused with a sentence."""

import pathlib
import random
import re

import pytest
import requests
from process import quiver, until
from wire import Wire

COUNT = 500
VECTOR = [0.5, 1.0]
NEAREST = {"query": VECTOR, "limit": 5}
POSITIVE = {"recommend": {"positive": [1, 2], "strategy": "best_score"}}
# A body for each place in which a client may ask for much, as a function of the number.
BODIES = {
    "limit": ("query", lambda n: {"query": VECTOR, "limit": n}),
    "limit of all": ("query", lambda n: {"limit": n, "with_payload": True, "with_vector": True}),
    "offset": ("query", lambda n: {**NEAREST, "offset": n}),
    "limit and offset": ("query", lambda n: {"query": VECTOR, "limit": n, "offset": n}),
    "effort": ("query", lambda n: {**NEAREST, "params": {"hnsw_ef": n}}),
    "prefetch": (
        "query",
        lambda n: {"prefetch": [{"query": VECTOR, "limit": n}] * 4, "query": {"fusion": "rrf"}},
    ),
    "prefetch of prefetch": (
        "query",
        lambda n: {
            "prefetch": {"prefetch": {"query": VECTOR, "limit": n}, "query": VECTOR, "limit": n},
            "query": POSITIVE,
            "limit": n,
        },
    ),
    "mmr": (
        "query",
        lambda n: {
            "query": {"nearest": VECTOR, "mmr": {"diversity": 0.5, "candidates_limit": n}},
            "limit": 3,
        },
    ),
    "examples": ("query", lambda n: {"query": POSITIVE, "limit": n}),
    "sample": ("query", lambda n: {"query": {"sample": "random"}, "limit": n}),
    "order": ("query", lambda n: {"query": {"order_by": "n"}, "limit": n}),
    "batch": ("query/batch", lambda n: {"searches": [{"query": VECTOR, "limit": n}] * 200}),
    "groups": ("query/groups", lambda n: {**NEAREST, "group_by": "k", "limit": n}),
    "group size": ("query/groups", lambda n: {**NEAREST, "group_by": "k", "group_size": n}),
    "both": ("query/groups", lambda n: {"group_by": "k", "limit": n, "group_size": n}),
    "scroll": ("scroll", lambda n: {"limit": n}),
    "matrix": ("search/matrix/pairs", lambda n: {"sample": n, "limit": 2}),
    "matrix, both": ("search/matrix/offsets", lambda n: {"sample": n, "limit": n}),
    "old search": ("search", lambda n: {"vector": VECTOR, "limit": n, "offset": 3}),
    "old groups": (
        "search/groups",
        lambda n: {"vector": VECTOR, "group_by": "k", "limit": n, "group_size": n},
    ),
    "old recommendation": ("recommend", lambda n: {"positive": [1], "limit": n}),
    "old discovery": ("discover", lambda n: {"target": 1, "limit": n}),
    "facet": ("../facet", lambda n: {"key": "k", "limit": n}),
}


@pytest.fixture(scope="module")
def collection(wire):
    wire.result("PUT", "/collections/absurd", {"vectors": {"size": 2, "distance": "Dot"}})
    for field, schema in (("k", "keyword"), ("n", "integer")):
        body = {"field_name": field, "field_schema": schema}
        wire.result("PUT", "/collections/absurd/index?wait=true", body)
    points = [
        {"id": i, "vector": [i, 1], "payload": {"k": f"k{i % 7}", "n": i}} for i in range(COUNT)
    ]
    wire.result("PUT", "/collections/absurd/points?wait=true", {"points": points})
    return "absurd"


def peak_mb(server) -> int:
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) >> 10


@pytest.mark.parametrize("number", [10**9, 2**32, 2**63 - 1, 2**64 - 1], ids=str)
@pytest.mark.parametrize("place", BODIES)
def test_numbers(server, wire, collection, place, number):
    before = peak_mb(server)
    path, body = BODIES[place]
    answer = wire.send("POST", f"/collections/{collection}/points/{path}", body(number))
    if answer.status_code == 200:
        # No answer has more than there is.
        assert len(answer.content) < 400 * COUNT * 200
    else:
        assert answer.status_code in (400, 422, 507), answer.text[:300]
        assert len(answer.json()["status"]["error"]) > 20
    assert peak_mb(server) - before < 200
    assert wire.result("POST", f"/collections/{collection}/points/count", {})["count"] == COUNT


# As many examples, or searches, as a body of a few hundred kilobytes may name.
ROWS, SIZE, LIMIT_MB = 12_000, 32, 400
IDS = [1 + n % (ROWS - 1) for n in range(20_000)]
CROWDS = {
    "one example many times": {"recommend": {"positive": [1] * 5000, "strategy": "best_score"}},
    "many examples": {"recommend": {"positive": IDS[:5000], "strategy": "best_score"}},
    "scores of many examples": {
        "recommend": {"positive": IDS[:3000], "negative": IDS[:2000], "strategy": "sum_scores"}
    },
    "pairs": {"context": [{"positive": 1, "negative": 2}] * 5000},
    "a target and pairs": {
        "discover": {"target": 1, "context": [{"positive": 1, "negative": 2}] * 5000}
    },
}
SEARCHES = {
    "points": [{"query": id} for id in IDS],
    "vectors": [{"query": [0.5] * SIZE, "limit": 1}] * 20_000,
    "recommendations": [{"query": {"recommend": {"positive": [id]}}} for id in IDS],
}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory):
    """A server with a limit of memory, and points that are indexed."""
    limit = {"QUIVER__STORAGE__LIMITS__MEMORY_MB": str(LIMIT_MB)}
    with quiver(tmp_path_factory.mktemp("bounded"), **limit) as service:
        service.start()
        bounded = Wire(service.url, requests.Session())
        bounded.result("PUT", "/collections/crowd", {
            "vectors": {"size": SIZE, "distance": "Dot"},
            "optimizers_config": {"indexing_threshold": 100},
        })  # fmt: skip
        chance = random.Random(3)
        points = [{"id": n, "vector": [chance.random() for _ in range(SIZE)]} for n in range(ROWS)]
        for start in range(0, ROWS, 2000):
            part = {"points": points[start : start + 2000]}
            bounded.result("PUT", "/collections/crowd/points?wait=true", part)
        info = lambda: bounded.result("GET", "/collections/crowd")  # noqa: E731
        until(lambda: info()["indexed_vectors_count"] == ROWS, 60)
        yield service


def is_served_within_the_limit(bounded, path: str, body: dict) -> None:
    answer = requests.post(f"{bounded.url}/collections/crowd/points/{path}", json=body, timeout=120)
    if answer.status_code != 200:
        assert answer.status_code in (429, 507), answer.text[:300]
        assert len(answer.json()["status"]["error"]) > 20
    assert peak_mb(bounded) < LIMIT_MB + 150


@pytest.mark.parametrize("kind", CROWDS)
def test_many_examples(bounded, kind):
    """`listedNeighborsMax`: lists for each of them would have hundreds of megabytes."""
    is_served_within_the_limit(bounded, "query", {"query": CROWDS[kind], "limit": 5})
    found = {"query": CROWDS[kind], "group_by": "n", "limit": 2}
    is_served_within_the_limit(bounded, "query/groups", found)


@pytest.mark.parametrize("kind", SEARCHES)
def test_many_searches(bounded, kind):
    is_served_within_the_limit(bounded, "query/batch", {"searches": SEARCHES[kind]})


def test_many_searches_are_each_answered(bounded):
    """They run part by part, which changes nothing in what is found."""
    path = f"{bounded.url}/collections/crowd/points/query"
    bodies = [{"query": id, "limit": 3} for id in IDS[:600]]
    together = requests.post(path + "/batch", json={"searches": bodies}, timeout=60).json()
    for place in [0, 255, 256, 257, 511, 512, 599]:
        alone = requests.post(path, json=bodies[place], timeout=60).json()
        assert together["result"][place] == alone["result"]
