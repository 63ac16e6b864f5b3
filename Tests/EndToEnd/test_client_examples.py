"""Recommend, discover, context, sample and the distance matrix, beside the client's own store."""

import random

import numpy
import pytest
from qdrant_client import QdrantClient, models

RANDOM = random.Random(5)
POINTS = [
    models.PointStruct(
        id=number, vector=[RANDOM.uniform(-1, 1) for _ in range(8)],
        payload={"kind": number % 3},
    )  # fmt: skip
    for number in range(60)
]
KIND = models.Filter(must=[models.FieldCondition(key="kind", match=models.MatchValue(value=1))])
VECTOR = [RANDOM.uniform(-1, 1) for _ in range(8)]


def pair(positive, negative):
    return models.ContextPair(positive=positive, negative=negative)


def recommend(strategy, positive, negative=None):
    return models.RecommendQuery(
        recommend=models.RecommendInput(positive=positive, negative=negative, strategy=strategy)
    )


STRATEGY = models.RecommendStrategy
QUERIES = {
    "average": recommend(None, [1, 2, VECTOR], [3]),
    "average_positive": recommend(STRATEGY.AVERAGE_VECTOR, [1, 2]),
    "best": recommend(STRATEGY.BEST_SCORE, [1, VECTOR], [3, 4]),
    "best_negative": recommend(STRATEGY.BEST_SCORE, None, [3, 4]),
    "sum": recommend(STRATEGY.SUM_SCORES, [1, 5], [3, VECTOR]),
    "discover": models.DiscoverQuery(
        discover=models.DiscoverInput(target=VECTOR, context=[pair(1, 2), pair(3, VECTOR)])
    ),
    "discover_point": models.DiscoverQuery(
        discover=models.DiscoverInput(target=7, context=[pair(1, 2)])
    ),
    "context": models.ContextQuery(context=[pair(1, 2), pair(3, 4), pair(5, VECTOR)]),
}


@pytest.fixture(scope="module", params=list(models.Distance), ids=lambda d: d.value)
def both(request, client):
    """The server's client and the in-process one, each with the same points."""
    name = f"examples-{request.param.value}"
    local = QdrantClient(":memory:")
    for side in (client, local):
        side.create_collection(
            name, vectors_config=models.VectorParams(size=8, distance=request.param)
        )
        side.upsert(name, POINTS)
    yield name, client, local
    client.delete_collection(name)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
@pytest.mark.parametrize("condition", [None, KIND], ids=["all", "filtered"])
def test_scores_and_order(both, query, condition):
    name, client, local = both
    found, expected = [
        side.query_points(
            name, query=query, query_filter=condition, limit=60, search_params={"exact": True}
            if side is client else None,
        ).points
        for side in (client, local)
    ]  # fmt: skip
    # The score as a function of the point; equal scores may come in any order.
    assert {p.id: p.score for p in found} == {
        p.id: pytest.approx(p.score, abs=2e-4, rel=2e-4) for p in expected
    }
    scores = [p.score for p in found]
    nearest_first = sorted(scores, reverse=scores[0] >= scores[-1])
    assert scores == nearest_first
    page = client.query_points(
        name, query=query, query_filter=condition, limit=3, offset=2, with_payload=True
    ).points
    assert [p.id for p in page] == [p.id for p in found[2:5]]
    assert all(p.payload for p in page)


def test_lookup_from_another_collection(both, client):
    name, _, _ = both
    client.create_collection("examples-source", vectors_config={
        "v": models.VectorParams(size=8, distance=models.Distance.DOT)
    })  # fmt: skip
    client.upsert(
        "examples-source",
        [models.PointStruct(id=p.id, vector={"v": p.vector}) for p in POINTS[10:12]],
    )
    try:
        where = models.LookupLocation(collection="examples-source", vector="v")
        found = client.query_points(
            name, query=recommend(STRATEGY.SUM_SCORES, [10], [11]), lookup_from=where, limit=60
        ).points
        given = client.query_points(
            name, query=recommend(STRATEGY.SUM_SCORES, [POINTS[10].vector], [POINTS[11].vector]),
            limit=60,
        ).points  # fmt: skip
        assert found == given and len(found) == 60
    finally:
        client.delete_collection("examples-source")


def test_sample(both):
    name, client, _ = both
    query = models.SampleQuery(sample=models.Sample.RANDOM)
    draws = [
        tuple(p.id for p in client.query_points(name, query=query, limit=10).points)
        for _ in range(20)
    ]
    assert all(len(set(draw)) == 10 for draw in draws)
    assert len(set(draws)) > 1
    assert len({id_ for draw in draws for id_ in draw}) > 40
    few = client.query_points(name, query=query, query_filter=KIND, limit=100).points
    assert sorted(p.id for p in few) == [n for n in range(60) if n % 3 == 1]


def test_matrix(both):
    name, client, local = both
    pairs = client.search_matrix_pairs(name, query_filter=KIND, sample=100, limit=4).pairs
    expected = local.search_matrix_pairs(name, query_filter=KIND, sample=100, limit=4).pairs
    assert {(p.a, p.b): p.score for p in pairs} == {
        (p.a, p.b): pytest.approx(p.score, abs=1e-5) for p in expected
    }
    assert len(pairs) == 20 * 4
    offsets = client.search_matrix_offsets(name, query_filter=KIND, sample=100, limit=4)
    assert offsets.ids == sorted({p.a for p in pairs})
    rebuilt = list(zip(offsets.offsets_row, offsets.offsets_col, offsets.scores))
    assert [(offsets.ids[r], offsets.ids[c], s) for r, c, s in rebuilt] == [
        (p.a, p.b, p.score) for p in pairs
    ]
    assert len(client.search_matrix_offsets(name, sample=7).ids) == 7


def test_older_routes(both, wire):
    name, client, _ = both
    path = f"/collections/{name}/points"
    bare = wire.result("POST", f"{path}/recommend", {"positive": [1], "negative": [2], "limit": 5})
    query = {"query": {"recommend": {"positive": [1], "negative": [2]}}, "limit": 5}
    assert bare == wire.result("POST", f"{path}/query", query)["points"]
    batch = {"searches": [{"positive": [1], "strategy": "best_score", "top": n} for n in (2, 3)]}
    assert [len(r) for r in wire.result("POST", f"{path}/recommend/batch", batch)] == [2, 3]
    context = [{"positive": 1, "negative": 2}]
    bare = wire.result("POST", f"{path}/discover", {"target": 3, "context": context, "limit": 5})
    query = {"query": {"discover": {"target": 3, "context": context}}, "limit": 5}
    assert bare == wire.result("POST", f"{path}/query", query)["points"]
    batch = {"searches": [{"context": context, "limit": n} for n in (2, 3)]}
    assert [len(r) for r in wire.result("POST", f"{path}/discover/batch", batch)] == [2, 3]


@pytest.mark.parametrize(
    "query, status, text",
    [
        (
            {"recommend": {"negative": [1]}}, 400,
            "Bad request: At least one positive vector ID required with this strategy",
        ),
        (
            {"recommend": {"strategy": "best_score"}}, 422,
            "Validation error in JSON body: [internal.query.recommend.positives, negatives: "
            "At least one positive or negative vector/id must be provided]",
        ),
        ({"recommend": {"positive": [999]}}, 404, "Not found: No point with id 999 found"),
        (
            {"recommend": {"positive": [[1, 2]], "strategy": "sum_scores"}}, 400,
            "Wrong input: Vector dimension error: expected dim: 8, got 2 (query)",
        ),
    ],
)  # fmt: skip
def test_refusals(both, wire, query, status, text):
    name, _, _ = both
    answer = wire.send("POST", f"/collections/{name}/points/query", {"query": query})
    assert (answer.status_code, answer.json()["status"]["error"]) == (status, text)


def test_mean_by_hand(client):
    """The mean of positives moved away from the mean of negatives, as its formula says."""
    client.create_collection(
        "mean", vectors_config=models.VectorParams(size=8, distance=models.Distance.DOT)
    )
    client.upsert("mean", POINTS)
    vectors = numpy.array([p.vector for p in POINTS], dtype=numpy.float32)
    wanted = vectors[[1, 2]].mean(0) * 2 - vectors[[3]].mean(0)
    scores = vectors @ wanted
    found = client.query_points("mean", query=recommend(None, [1, 2], [3]), limit=5).points
    ranked = [n for n in numpy.argsort(-scores) if n not in (1, 2, 3)][:5]
    assert [p.id for p in found] == ranked
    client.delete_collection("mean")
