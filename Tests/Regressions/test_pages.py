"""Pages of one search fit together while nothing is written, with an index and without."""

import random

import pytest
from process import until
from qdrant_client import models

COUNT, SIZE = 4000, 32


@pytest.fixture(scope="module")
def chance():
    return random.Random(5)


def near(chance, vector, spread):
    return [x + chance.gauss(0, spread) for x in vector]


@pytest.fixture(scope="module", params=["indexed", "not indexed"])
def pages(request, client, chance):
    """A function that gives the points of a search page by page, and one that queries at once."""
    name = f"pages-{request.param.replace(' ', '-')}"
    threshold = 100 if request.param == "indexed" else 0
    client.create_collection(
        name,
        vectors_config=models.VectorParams(size=SIZE, distance=models.Distance.COSINE),
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=threshold),
    )
    centers = [near(chance, [0] * SIZE, 2) for _ in range(40)]
    for start in range(0, COUNT, 1000):
        client.upsert(
            name,
            [
                models.PointStruct(
                    id=i, vector=near(chance, chance.choice(centers), 1), payload={"n": i % 3}
                )
                for i in range(start, start + 1000)
            ],
        )

    def is_indexed() -> bool:
        info = client.get_collection(name)
        return info.status == models.CollectionStatus.GREEN and info.indexed_vectors_count >= COUNT

    if threshold:
        until(is_indexed, 60)

    def ask(limits, **query):
        points, offset = [], 0
        for limit in limits:
            found = client.query_points(name, limit=limit, offset=offset, **query).points
            points.append(found)
            offset += limit
        return points

    ask.centers = centers
    yield ask
    client.delete_collection(name)


def vectors(pages, chance, count):
    return [near(chance, chance.choice(pages.centers), 0.7) for _ in range(count)]


@pytest.mark.parametrize("limits", [[10] * 10, [10, 90], [100] * 4, [1, 1, 1, 1]])
@pytest.mark.parametrize("filtered", [False, True])
def test_pages_are_disjoint_and_in_order(pages, chance, limits, filtered):
    query_filter = None
    if filtered:
        query_filter = models.Filter(
            must=[models.FieldCondition(key="n", match=models.MatchValue(value=1))]
        )
    for vector in vectors(pages, chance, 10):
        found = sum(pages(limits, query=vector, query_filter=query_filter), [])
        ids = [point.id for point in found]
        assert len(ids) == sum(limits)
        assert len(set(ids)) == len(ids)
        scores = [point.score for point in found]
        assert scores == sorted(scores, reverse=True)


def test_all_points_are_found_in_the_end(pages, chance):
    vector = vectors(pages, chance, 1)[0]
    found = sum(pages([500] * 9, query=vector), [])
    assert sorted(point.id for point in found) == list(range(COUNT))


def test_pages_of_a_diversified_search(pages, chance):
    for vector in vectors(pages, chance, 5):
        query = models.NearestQuery(nearest=vector, mmr=models.Mmr(diversity=0.5))
        found = pages([7] * 4, query=query)
        assert [len(page) for page in found] == [7] * 4
        ids = [point.id for page in found for point in page]
        assert len(set(ids)) == len(ids)
        # Candidates that are named are shared by all pages.
        query.mmr.candidates_limit = 28
        whole = pages([28], query=query)[0]
        parts = sum(pages([7] * 4, query=query), [])
        assert [point.id for point in parts] == [point.id for point in whole]


@pytest.mark.parametrize("strategy", ["average_vector", "best_score", "sum_scores"])
def test_pages_of_recommendations(pages, strategy):
    query = models.RecommendQuery(
        recommend=models.RecommendInput(positive=[1, 2], negative=[3], strategy=strategy)
    )
    found = sum(pages([10] * 5, query=query), [])
    ids = [point.id for point in found]
    assert len(ids) == 50
    assert len(set(ids)) == 50
    assert not {1, 2, 3} & set(ids)
