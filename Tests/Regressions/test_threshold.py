"""A score that equals `score_threshold` does not pass: better is needed, as in Qdrant."""

import pytest
from qdrant_client import models

POINTS = [
    models.PointStruct(id=1, vector=[1, 0]),
    models.PointStruct(id=2, vector=[0.5, 0]),
    models.PointStruct(id=3, vector=[3, 0]),
]


@pytest.mark.parametrize(
    ("distance", "query", "expected"),
    [
        (models.Distance.COSINE, [1, 0], []),
        (models.Distance.DOT, [1, 0], [3]),
        (models.Distance.EUCLID, [0, 0], [2]),
        (models.Distance.MANHATTAN, [0, 0], [2]),
    ],
)
def test_an_equal_score_does_not_pass(client, new_collection, distance, query, expected):
    name = new_collection(models.VectorParams(size=2, distance=distance))
    client.upsert(name, POINTS)
    found = client.query_points(name, query=query, score_threshold=1.0).points
    assert [point.id for point in found] == expected


@pytest.mark.parametrize("strategy", ["best_score", "sum_scores"])
@pytest.mark.parametrize("distance", [models.Distance.DOT, models.Distance.EUCLID])
def test_an_equal_score_by_examples_does_not_pass(client, new_collection, distance, strategy):
    name = new_collection(models.VectorParams(size=2, distance=distance))
    client.upsert(name, POINTS)
    query = models.RecommendQuery(
        recommend=models.RecommendInput(positive=[[1.0, 0.0]], strategy=strategy)
    )
    scores = [point.score for point in client.query_points(name, query=query).points]
    assert len(scores) == 3
    for threshold in (scores[0], scores[1]):
        found = client.query_points(name, query=query, score_threshold=threshold).points
        expected = [score for score in scores if score > threshold]
        if distance == models.Distance.EUCLID:
            # The distance compares, and stops at the first that does not pass.
            expected = [] if scores[0] >= threshold else scores
        assert [point.score for point in found] == expected
