"""Trees of queries through qdrant-client, beside the client's own store."""

import random

import pytest
from qdrant_client import QdrantClient, models

RANDOM = random.Random(11)
SIZES = {"a": (6, models.Distance.COSINE), "b": (4, models.Distance.EUCLID)}
KIND = models.Filter(must=[models.FieldCondition(key="kind", match=models.MatchValue(value=1))])


def vector(name: str) -> list[float]:
    return [RANDOM.uniform(-1, 1) for _ in range(SIZES[name][0])]


POINTS = [
    models.PointStruct(
        id=number, vector={name: vector(name) for name in SIZES},
        payload={"kind": number % 3, "shop": number % 7, "price": RANDOM.uniform(1, 9)},
    )
    for number in range(1, 61)
]  # fmt: skip
A, B = vector("a"), vector("b")
LEAVES = [
    models.Prefetch(query=A, using="a", limit=20),
    models.Prefetch(query=B, using="b", limit=12, filter=KIND),
]
FORMULA = models.FormulaQuery(
    formula=models.SumExpression(
        sum=["$score[0]", models.MultExpression(mult=[-0.5, "$score[1]", "price"])]
    )
)
TREES = {
    "rrf": dict(prefetch=LEAVES, query=models.FusionQuery(fusion=models.Fusion.RRF)),
    "rrf_weights": dict(
        prefetch=LEAVES, query=models.RrfQuery(rrf=models.Rrf(k=9, weights=[2.5, 0.3]))
    ),
    "dbsf": dict(prefetch=LEAVES, query=models.FusionQuery(fusion=models.Fusion.DBSF)),
    "one_prefetch": dict(prefetch=LEAVES[0], query=B, using="b"),
    "rescored": dict(prefetch=LEAVES, query=A, using="a", query_filter=KIND),
    "by_id": dict(
        prefetch=[models.Prefetch(query=3, using="a", limit=9), LEAVES[0]], query=5, using="b"
    ),
    "formula": dict(prefetch=LEAVES, query=FORMULA),
    "nested": dict(
        prefetch=[
            models.Prefetch(
                prefetch=LEAVES, query=models.RrfQuery(rrf=models.Rrf(weights=[3, 1])), limit=8
            ),
            models.Prefetch(prefetch=LEAVES, query=FORMULA, limit=5),
        ],
        query=models.RrfQuery(rrf=models.Rrf(weights=[1, 0.7])), query_filter=KIND,
    ),
    "recommended": dict(
        prefetch=LEAVES, using="b",
        query=models.RecommendQuery(
            recommend=models.RecommendInput(positive=[1, B], negative=[2], strategy="best_score")
        ),
    ),
    "threshold": dict(
        prefetch=LEAVES, query=models.FusionQuery(fusion=models.Fusion.RRF), score_threshold=0.12
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def both(client):
    local = QdrantClient(":memory:")
    for side in (client, local):
        side.create_collection(
            "prefetch",
            vectors_config={
                name: models.VectorParams(size=size, distance=distance)
                for name, (size, distance) in SIZES.items()
            },
        )
        side.upsert("prefetch", POINTS)
    return client, local


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())
def test_same_as_the_clients_store(both, tree):
    found, expected = [
        side.query_points("prefetch", limit=15, with_payload=["kind"], **tree).points
        for side in both
    ]
    # Equal scores keep the order in which their points were met, here and there.
    assert [p.id for p in found] == [p.id for p in expected]
    assert [p.score for p in found] == pytest.approx([p.score for p in expected], rel=1e-4)
    assert [p.payload for p in found] == [{"kind": p.id % 3} for p in found]
    page = both[0].query_points("prefetch", limit=4, offset=3, **tree).points
    assert [p.id for p in page] == [p.id for p in found][3:7]


def test_batches_answer_tree_by_tree(both):
    client, _ = both
    requests = [
        models.QueryRequest(
            **{"filter" if k == "query_filter" else k: v for k, v in tree.items()}, limit=6
        )
        for tree in TREES.values()
    ]
    answers = client.query_batch_points("prefetch", requests)
    for answer, tree in zip(answers, TREES.values(), strict=True):
        assert answer.points == client.query_points(
            "prefetch", limit=6, with_payload=False, **tree
        ).points  # fmt: skip


def test_groups_of_fused_points(both):
    client, _ = both
    leaf = models.Prefetch(query=A, using="a", limit=20)
    groups = client.query_points_groups(
        "prefetch", group_by="shop", prefetch=leaf, query=B, using="b", limit=4, group_size=3
    ).groups
    assert len(groups) == 4
    nearest = client.query_points("prefetch", query=A, using="a", limit=60).points[:60]
    reachable = {p.id for p in nearest}
    firsts = [group.hits[0].score for group in groups]
    assert firsts == sorted(firsts)
    for group in groups:
        assert len(group.hits) == 3 and {hit.id for hit in group.hits} <= reachable
        assert all(hit.id % 7 == group.id for hit in group.hits)
        scores = [hit.score for hit in group.hits]
        assert scores == sorted(scores)


def test_prefetches_look_vectors_up(both, client, new_collection):
    other = new_collection({"a": models.VectorParams(size=6, distance=models.Distance.DOT)})
    client.upsert(other, [models.PointStruct(id=1, vector={"a": A})])
    where = models.LookupLocation(collection=other)
    fusion = models.FusionQuery(fusion=models.Fusion.RRF)
    looked, given = [
        client.query_points("prefetch", prefetch=leaf, query=fusion, limit=20).points
        for leaf in (
            models.Prefetch(query=1, using="a", lookup_from=where, limit=20), LEAVES[0]
        )
    ]  # fmt: skip
    assert looked == given and any(p.id == 1 for p in looked)


N = {"query": A, "using": "a"}
FUSION = {"fusion": "rrf"}


@pytest.mark.parametrize(
    "body, status, text",
    [
        ({"prefetch": N}, 400, "Bad request: A query is needed to merge the prefetches."),
        (
            {"prefetch": [N], "query": FUSION, "using": "a", "vector": [1]}, 400,
            "Bad request: Fusion queries cannot be combined with the 'using' field.",
        ),
        (
            {"prefetch": [{"prefetch": [N]}], "query": FUSION}, 400,
            "Bad request: A query is needed to merge the prefetches.",
        ),
        ({"query": FUSION}, 400, "Wrong input: Validation failed: cannot apply Fusion without"),
        (
            {"query": {"formula": 1}}, 400,
            "Wrong input: Validation failed: cannot apply Formula without prefetches",
        ),
        (
            {"score_threshold": 1}, 400,
            "Bad request: A query is needed to use the score_threshold.",
        ),
        (
            {"query": {"order_by": "price"}, "score_threshold": 1}, 400,
            "Bad request: Can't use score_threshold with an order_by query.",
        ),
        (
            {"prefetch": [N], "query": {"rrf": {"weights": [1, 2]}}}, 400,
            "Wrong input: Validation failed: Number of weights in RRF should match number of "
            "pre-fetches: got 2, expected 1",
        ),
        (
            {"prefetch": [N], "query": {"formula": "absent"}}, 400,
            "Wrong input: Expected number value for absent in the payload and/or in the formula "
            "defaults. Error: No value found in a payload nor defaults",
        ),
        (
            {"prefetch": [{"query": 999, "using": "a"}], "query": FUSION}, 404,
            "Not found: No point with id 999 found",
        ),
        ({"prefetch": [{**N, "limit": 0}], "query": FUSION}, 422, "Validation error in JSON body"),
    ],
)  # fmt: skip
def test_refusals(both, wire, body, status, text):
    answer = wire.send("POST", "/collections/prefetch/points/query", body)
    assert answer.status_code == status
    assert answer.json()["status"]["error"].startswith(text)


def test_depth_is_bounded(both, wire):
    for depth, status in ((60, 200), (65, 400)):
        body = {"query": A, "using": "a"}
        for _ in range(depth):
            body = {"prefetch": [body], "query": A, "using": "a"}
        answer = wire.send("POST", "/collections/prefetch/points/query", body)
        assert answer.status_code == status, answer.text[:300]


def test_strict_mode_bounds_every_level(client, wire, new_collection):
    name = new_collection(
        models.VectorParams(size=6, distance=models.Distance.DOT),
        strict_mode_config=models.StrictModeConfig(
            enabled=True, max_query_limit=10, unindexed_filtering_retrieve=False
        ),
    )
    path = f"/collections/{name}/points/query"
    leaf = {"query": A, "limit": 10}
    assert wire.send("POST", path, {"prefetch": leaf, "query": FUSION}).status_code == 200
    refused = [
        {"prefetch": {**leaf, "limit": 11}, "query": FUSION},
        {"prefetch": {"prefetch": {**leaf, "limit": 11}, "query": FUSION}, "query": FUSION},
        {"prefetch": {**leaf, "filter": KIND.model_dump(exclude_none=True)}, "query": FUSION},
        {"prefetch": leaf, "query": {"formula": {"sum": ["$score", "price"]}}},
    ]
    for body in refused:
        answer = wire.send("POST", path, body)
        assert answer.status_code == 400, body
        assert "Help: " in answer.json()["status"]["error"]
