"""Sparse vectors through qdrant-client, checked against plain Python."""

import math
import pathlib
import random

import pytest
from qdrant_client import models

SEED = 30
WORDS = "words"
RARE = "rare"


def draw_vector(draw, length=8) -> dict[int, float]:
    """Low indices are frequent."""
    return {int(draw.random() ** 3 * 300): round(draw.uniform(0.1, 3), 3) for _ in range(length)}


def to_sparse(vector: dict[int, float]) -> models.SparseVector:
    """In no order: the server sorts."""
    indices = sorted(vector, key=lambda index: index * 7919 % 1009)
    return models.SparseVector(indices=indices, values=[vector[index] for index in indices])


def best(rows: dict, query: dict, limit: int, passes=lambda id: True) -> list:
    scored = [
        (id, sum(query[index] * row[index] for index in query.keys() & row.keys()))
        for id, row in rows.items()
        if passes(id) and query.keys() & row.keys()
    ]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:limit]


def weighted(rows: dict, query: dict) -> dict:
    """By how rare the indices are among the rows that have elements."""
    documents = [row for row in rows.values() if row]

    def rarity(index):
        holding = sum(index in row for row in documents)
        return math.log((len(documents) - holding + 0.5) / (holding + 0.5) + 1)

    return {index: weight * rarity(index) for index, weight in query.items()}


@pytest.fixture
def filled(client, new_collection):
    """A collection with a plain sparse vector and one that is weighed, beside a dense one."""
    name = new_collection(
        {"dense": models.VectorParams(size=2, distance=models.Distance.DOT)},
        sparse_vectors_config={
            WORDS: models.SparseVectorParams(),
            RARE: models.SparseVectorParams(modifier=models.Modifier.IDF),
        },
    )
    draw = random.Random(SEED)
    rows = {id: draw_vector(draw) for id in range(1500)}
    upload(client, name, rows)
    return name, rows, draw


def upload(client, name, rows):
    points = [
        models.PointStruct(
            id=id,
            vector={"dense": [1, id], WORDS: to_sparse(row), RARE: to_sparse(row)},
            payload={"third": id % 3, "id": id},
        )
        for id, row in rows.items()
    ]
    client.upload_points(name, points, batch_size=300, wait=True)


def search(client, name, query, limit=20, using=WORDS, **options):
    found = client.query_points(
        name, to_sparse(query), using=using, limit=limit, **options
    ).points
    return [(point.id, point.score) for point in found]


def expect(found, expected):
    assert [score for _, score in found] == pytest.approx([s for _, s in expected], rel=1e-5)
    # Sums in another order may tell apart what scores alike.
    different = {id for id, _ in found} ^ {id for id, _ in expected}
    last = expected[-1][1] if expected else 0
    assert all(
        score == pytest.approx(last, rel=1e-5) for id, score in found + expected if id in different
    )


def test_nearest(client, filled):
    name, rows, draw = filled
    for length in (1, 3, 20):
        query = draw_vector(draw, length)
        for limit in (1, 20, 3000):
            expect(search(client, name, query, limit), best(rows, query, limit))
        third = models.Filter(
            must=[models.FieldCondition(key="third", match=models.MatchValue(value=1))]
        )
        expected = best(rows, query, 20, lambda id: id % 3 == 1)
        expect(search(client, name, query, query_filter=third), expected)
        offset = search(client, name, query, 10, offset=5)
        expect(offset, best(rows, query, 15)[5:])
        threshold = best(rows, query, 10)[-1][1]
        above = [pair for pair in best(rows, query, 3000) if pair[1] > threshold * 1.00001]
        expect(search(client, name, query, score_threshold=threshold * 1.00001), above[:20])


def test_only_points_with_a_common_index_are_found(client, filled):
    name, rows, _ = filled
    assert search(client, name, {4_000_000_000: 1.0}) == []
    assert search(client, name, {}) == []
    negative = search(client, name, {250: -1.0}, 3000)
    assert negative and {id for id, _ in negative} == {i for i, row in rows.items() if 250 in row}


def test_rarity_follows_the_points(client, filled):
    name, rows, draw = filled
    rows = dict(rows)

    def check():
        for _ in range(3):
            query = draw_vector(draw, 10)
            expected = best(rows, weighted(rows, query), 20)
            expect(search(client, name, query, using=RARE), expected)

    check()
    client.delete(name, list(range(0, 1500, 3)), wait=True)
    rows = {id: row for id, row in rows.items() if id % 3}
    check()
    changed = {id: draw_vector(draw) for id in range(1, 600, 2)}
    upload(client, name, changed)
    rows |= changed
    check()
    without = [id for id in rows if 600 <= id < 800]
    client.delete_vectors(name, [RARE], points=without, wait=True)
    rows = {id: row for id, row in rows.items() if id not in without}
    check()


def test_a_corpus_of_its_own(client, wire, filled):
    name, rows, draw = filled
    query = draw_vector(draw, 10)
    corpus = {id: row for id, row in rows.items() if id % 3 == 1}
    body = {
        "query": to_sparse(query).model_dump(), "using": RARE, "limit": 20,
        "params": {"idf": {"corpus": {"must": [{"key": "third", "match": {"value": 1}}]}}},
    }  # fmt: skip
    points = wire.result("POST", f"/collections/{name}/points/query", body)["points"]
    expect([(p["id"], p["score"]) for p in points], best(rows, weighted(corpus, query), 20))
    refused = wire.send("POST", f"/collections/{name}/points/query", body | {"using": WORDS})
    assert refused.status_code == 400 and "`idf`" in refused.text


def test_diversity_weighs_what_was_given(client, wire, new_collection):
    """Rarity finds the candidates; how near they are to the query is a matter of the vectors."""
    name = new_collection(vectors={}, sparse_vectors_config={RARE: models.SparseVectorParams(
        modifier=models.Modifier.IDF
    )})  # fmt: skip
    rows = {0: {1: 1.0}, 1: {2: 0.6}} | {id: {1: 0.1} for id in range(2, 12)}
    client.upsert(
        name, [models.PointStruct(id=i, vector={RARE: to_sparse(r)}) for i, r in rows.items()]
    )
    query = to_sparse({1: 1.0, 2: 1.0}).model_dump()
    body = {"query": {"nearest": query}, "using": RARE, "limit": 2}
    path = f"/collections/{name}/points/query"
    assert [p["id"] for p in wire.result("POST", path, body)["points"]] == [1, 0]
    body["query"]["mmr"] = {"diversity": 0, "candidates_limit": 12}
    found = [(p["id"], p["score"]) for p in wire.result("POST", path, body)["points"]]
    expect(sorted(found), sorted(best(rows, weighted(rows, {1: 1.0, 2: 1.0}), 2)))
    assert [id for id, _ in found] == [0, 1]


def test_the_modifier_can_be_changed(client, wire, filled):
    name, rows, draw = filled
    query = draw_vector(draw, 10)
    change = {"sparse_vectors": {RARE: {"modifier": "none"}}}
    wire.result("PATCH", f"/collections/{name}", change)
    expect(search(client, name, query, using=RARE), best(rows, query, 20))


def test_vectors_come_back_sorted(client, filled):
    name, rows, _ = filled
    (point,) = client.retrieve(name, [7], with_vectors=[WORDS])
    assert point.vector[WORDS].indices == sorted(rows[7])
    expected = [rows[7][index] for index in sorted(rows[7])]
    assert point.vector[WORDS].values == pytest.approx(expected)
    page, _ = client.scroll(name, limit=3, with_vectors=True)
    assert len(page) == 3
    assert all(set(point.vector) == {"dense", WORDS, RARE} for point in page)


def test_a_prefetch_is_scored_anew(client, filled):
    name, rows, draw = filled
    query = draw_vector(draw, 4)
    dense = models.Prefetch(query=[0.0, 1.0], using="dense", limit=200)
    found = search(client, name, query, 50, prefetch=dense)
    expect(found, best(rows, query, 50, lambda id: id >= 1300))


def test_points_can_have_nothing_but_sparse_vectors(client, new_collection):
    name = new_collection({}, sparse_vectors_config={WORDS: models.SparseVectorParams()})
    rows = {1: {5: 1.0}, 2: {}, 3: {5: 2.0, 9: 1.0}}
    points = [
        models.PointStruct(id=id, vector={WORDS: to_sparse(row)}) for id, row in rows.items()
    ] + [models.PointStruct(id=4, vector={})]
    client.upsert(name, points, wait=True)
    assert search(client, name, {5: 1.0}) == [(3, 2.0), (1, 1.0)]
    having = models.Filter(must=[models.HasVectorCondition(has_vector=WORDS)])
    found, _ = client.scroll(name, scroll_filter=having)
    assert [point.id for point in found] == [1, 2, 3]
    groups = client.query_points_groups(
        name, query=to_sparse({5: 1.0}), using=WORDS, group_by="none", limit=3
    ).groups
    assert groups == []


@pytest.mark.parametrize(
    "vector, text",
    [
        ({"indices": [1, 2], "values": [1.0]}, "must be the same length as indices"),
        ({"indices": [1, 1], "values": [1.0, 2.0]}, "must be unique"),
    ],
)
def test_malformed_vectors_are_refused(wire, filled, vector, text):
    body = {"points": [{"id": 1, "vector": {WORDS: vector}}]}
    answer = wire.send("PUT", f"/collections/{filled[0]}/points?wait=true", body)
    assert answer.status_code == 422 and text in answer.text


def test_vectors_of_another_kind_are_refused(wire, filled):
    url = f"/collections/{filled[0]}/points"
    body = {"points": [{"id": 1, "vector": {WORDS: [1.0, 2.0]}}]}
    assert wire.send("PUT", f"{url}?wait=true", body).status_code == 400
    body = {"query": [1.0, 2.0], "using": WORDS}
    assert wire.send("POST", f"{url}/query", body).status_code == 400


def test_a_restart_keeps_vectors_and_rarity(client, server, wire, filled):
    name, rows, draw = filled
    client.delete(name, list(range(0, 1500, 5)), wait=True)
    rows = {id: row for id, row in rows.items() if id % 5}
    server.terminate()
    server.start()
    for _ in range(3):
        query = draw_vector(draw, 10)
        expect(search(client, name, query), best(rows, query, 20))
        expect(search(client, name, query, using=RARE), best(rows, weighted(rows, query), 20))


def test_snapshots_hold_sparse_vectors(client, server, filled):
    name, rows, draw = filled
    snapshot = client.create_snapshot(name)
    client.delete(name, list(range(700)), wait=True)
    storage = pathlib.Path(server.settings["QUIVER__STORAGE__STORAGE_PATH"])
    (file,) = storage.parent.rglob(snapshot.name)
    assert client.recover_snapshot(name, file.as_uri())
    query = draw_vector(draw, 10)
    expect(search(client, name, query, using=RARE), best(rows, weighted(rows, query), 20))
