"""Long reads end when their time is over, and hold up no short ones meanwhile."""

import random
import threading
import time

import pytest
import requests
from process import cpu_seconds, quiver, until_at_rest, until_at_work
from qdrant_client import QdrantClient, models

COUNT, SIZE = 8000, 32
# Far more points than there are, each of which is looked up.
NAMED = [1 + i % (COUNT - 1) for i in range(150_000)]
LONG = {
    "matrix": ("search/matrix/pairs", {"sample": COUNT, "limit": 10}),
    "diversified search": (
        "query",
        {"query": {"nearest": [0.1] * SIZE, "mmr": {"diversity": 0.5}}, "limit": 1_000_000},
    ),
    "filtered counts": (
        "query/batch",
        {
            "searches": [
                {
                    "query": [0.1] * SIZE,
                    "filter": {"must": [{"key": "n", "match": {"value": -i}}]},
                    "limit": 10,
                }
                for i in range(200)
            ]
        },
    ),
    "means of examples": ("query", {"query": {"recommend": {"positive": NAMED}}}),
    "pairs of examples": (
        "query", {"query": {"discover": {"target": 1, "context": [
            {"positive": one, "negative": other}
            for one, other in zip(NAMED[::4], NAMED[1::4], strict=True)
        ]}}},
    ),
    "points by which is searched": (
        "query/batch", {"searches": [{"query": id, "limit": 1} for id in NAMED[:20_000]]},
    ),
    "examples": (
        "query/batch",
        {
            "searches": [
                {
                    "query": {
                        "recommend": {"positive": [i, i + 1, i + 2], "strategy": "best_score"}
                    },
                    "params": {"exact": True},
                    "limit": 10,
                }
                for i in range(1, 1000)
            ]
        },
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a single search thread, and two collections."""
    service = quiver(
        tmp_path_factory.mktemp("quiver"),
        QUIVER__STORAGE__PERFORMANCE__MAX_SEARCH_THREADS="1",
    )
    service.start()
    client = QdrantClient(url=service.url, timeout=60)
    vectors = models.VectorParams(size=SIZE, distance=models.Distance.DOT)
    chance = random.Random(8)
    for name in ("large", "small"):
        client.create_collection(name, vectors_config=vectors)
    for start in range(0, COUNT, 2000):
        client.upsert(
            "large",
            [
                models.PointStruct(
                    id=i, vector=[chance.random() for _ in range(SIZE)], payload={"n": i}
                )
                for i in range(start, start + 2000)
            ],
        )
    client.upsert("small", [models.PointStruct(id=1, vector=[0.0] * SIZE, payload={"n": 1})])
    client.close()
    yield service
    service.kill()


def retrieve(server) -> None:
    answer = requests.get(f"{server.url}/collections/small/points/1", timeout=60)
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", LONG)
def test_a_long_read_is_answered_on_time_and_then_ends(server, kind):
    path, body = LONG[kind]
    url = f"{server.url}/collections/large/points/{path}?timeout=1"
    statuses = []

    def ask():
        statuses.append(requests.post(url, json=body, timeout=60).status_code)

    until_at_rest(server)
    before = cpu_seconds(server)
    # More than there are threads: some wait for their turn all the time.
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    until_at_work(server, before)
    started = time.monotonic()
    retrieve(server)
    # Before those that came first, if it takes long on a busy machine.
    assert time.monotonic() - started < 5 or len(statuses) < len(threads)
    for thread in threads:
        thread.join()
    assert len(statuses) == len(threads) and set(statuses) <= {200, 408}
    until_at_rest(server)
    # A second of each, however long that is on a busy machine, and what came before it was read.
    assert cpu_seconds(server) - before < 6
    retrieve(server)
