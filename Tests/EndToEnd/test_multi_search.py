"""Multivectors of a collection that is large enough for lists: found beside what a scan finds."""

import numpy as np
import pytest
from process import quiver, until
from qdrant_client import QdrantClient, models

POINTS, SIZE, LIMIT = 2_400, 16, 10


@pytest.fixture(scope="module")
def texts():
    """Points of four to eight vectors around three of many centres."""
    random = np.random.default_rng(7)
    centres = random.normal(size=(300, SIZE))
    made = []
    for _ in range(POINTS):
        own = centres[random.integers(300, size=3)]
        rows = own[random.integers(3, size=random.integers(4, 9))]
        made.append((rows + 0.3 * random.normal(size=rows.shape)).astype(np.float32))
    return made


@pytest.fixture(scope="module")
def service(tmp_path_factory, texts):
    service = quiver(tmp_path_factory.mktemp("multi"))
    service.start()
    client = QdrantClient(url=service.url)
    client.create_collection(
        "texts",
        vectors_config=models.VectorParams(
            size=SIZE, distance=models.Distance.COSINE,
            multivector_config=models.MultiVectorConfig(
                comparator=models.MultiVectorComparator.MAX_SIM
            ),
        ),
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=10),
    )  # fmt: skip
    for first in range(0, POINTS, 400):
        ids = list(range(first, first + 400))
        vectors = [texts[i].tolist() for i in ids]
        payloads = [{"third": i % 3} for i in ids]
        client.upsert("texts", models.Batch(ids=ids, vectors=vectors, payloads=payloads))
    yield service
    service.kill()


def client_of(service) -> QdrantClient:
    """A client, once the lists are there."""
    client = QdrantClient(url=service.url)
    until(lambda: client.get_collection("texts").indexed_vectors_count >= POINTS - 800, 120)
    return client


def recall(client, texts, **options) -> float:
    found = 0
    for number in range(0, 400, 10):
        def ask(number=number, **more):
            query = (texts[number] + 0.1).tolist()
            return client.query_points("texts", query, limit=LIMIT, **options, **more).points

        hits = ask()
        truth = {hit.id: hit.score for hit in ask(search_params=models.SearchParams(exact=True))}
        assert len(hits) == len(truth) == LIMIT
        for hit in hits:
            if hit.id in truth:
                assert hit.score == pytest.approx(truth[hit.id], abs=1e-5)
                found += 1
    return found / (40 * LIMIT)


def test_finds_nearly_all(service, texts):
    assert recall(client_of(service), texts) >= 0.9


def test_finds_nearly_all_under_a_filter(service, texts):
    third = models.FieldCondition(key="third", match=models.MatchValue(value=1))
    assert recall(client_of(service), texts, query_filter=models.Filter(must=[third])) >= 0.9


def test_new_points_are_found_and_deleted_ones_are_not(service, texts):
    client = client_of(service)
    query = np.full((2, SIZE), -3.0).tolist()
    client.upsert("texts", [models.PointStruct(id=POINTS, vector=query, payload={})])
    assert client.query_points("texts", query, limit=1).points[0].id == POINTS
    client.delete("texts", [POINTS])
    hits = client.query_points("texts", query, limit=50).points
    assert len(hits) == 50 and all(hit.id != POINTS for hit in hits)


def test_lists_are_there_again_after_a_restart(service, texts):
    client_of(service)
    service.terminate()
    service.start()
    assert recall(client_of(service), texts) >= 0.9
