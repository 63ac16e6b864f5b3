"""A collection large enough for an index: how many of the true neighbours are found."""

import numpy as np
import pytest
from qdrant_client import models

ROWS, SIZE, QUERIES, LIMIT = 12_000, 64, 60, 10


@pytest.fixture(scope="module")
def data():
    """Unit vectors around overlapping centres, and queries of the same kind."""
    random = np.random.default_rng(20)
    centres = random.normal(size=(60, SIZE))
    rows = centres[random.integers(60, size=ROWS + QUERIES)]
    rows = (rows + 0.8 * random.normal(size=rows.shape)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[:ROWS], rows[ROWS:]


@pytest.fixture(scope="module")
def large(client, data):
    client.create_collection(
        "large", vectors_config=models.VectorParams(size=SIZE, distance=models.Distance.COSINE)
    )
    for first in range(0, ROWS, 1000):
        ids = list(range(first, first + 1000))
        batch = models.Batch(
            ids=ids, vectors=data[0][ids].tolist(), payloads=[{"tenth": i % 10} for i in ids]
        )
        client.upsert("large", batch)
    return "large"


def recall(client, name, data, allowed=None, **options) -> float:
    rows, queries = data
    similarity = queries @ rows.T
    if allowed is not None:
        similarity[:, ~allowed] = -2
    truth = np.argsort(-similarity, axis=1)[:, :LIMIT]
    found = 0
    for query, neighbours in zip(queries, truth):
        hits = client.query_points(name, query.tolist(), limit=LIMIT, **options).points
        assert len(hits) == LIMIT
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
        for hit in hits:
            assert hit.score == pytest.approx(float(rows[hit.id] @ query), abs=1e-5)
        found += len({hit.id for hit in hits} & set(neighbours.tolist()))
    return found / truth.size


def test_exact(client, data, large):
    params = models.SearchParams(exact=True)
    assert recall(client, large, data, search_params=params) >= 0.999


def test_default_and_much_effort(client, data, large):
    assert recall(client, large, data) >= 0.9
    params = models.SearchParams(hnsw_ef=1024)
    assert recall(client, large, data, search_params=params) >= 0.95


def test_with_filter(client, data, large):
    tenth = models.FieldCondition(key="tenth", match=models.MatchValue(value=3))
    allowed = np.arange(ROWS) % 10 == 3
    narrow = models.Filter(must=[tenth])
    assert recall(client, large, data, allowed, query_filter=narrow) >= 0.9


def test_after_deleting_a_tenth(client, data, large):
    tenth = models.FieldCondition(key="tenth", match=models.MatchValue(value=7))
    client.delete(large, models.FilterSelector(filter=models.Filter(must=[tenth])))
    allowed = np.arange(ROWS) % 10 != 7
    assert client.count(large).count == allowed.sum()
    assert recall(client, large, data, allowed) >= 0.9
