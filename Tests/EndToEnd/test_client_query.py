"""Searches through qdrant-client, checked against plain numpy."""

import numpy as np
import pytest
from qdrant_client import models

SIZE = 24
ROWS = 600
SEED = 20
D = models.Distance


def scores(distance, rows: np.ndarray, query: np.ndarray) -> np.ndarray:
    rows, query = rows.astype(np.float64), query.astype(np.float64)
    if distance == D.COSINE:
        return rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
    if distance == D.DOT:
        return rows @ query
    difference = rows - query
    if distance == D.EUCLID:
        return np.linalg.norm(difference, axis=1)
    return np.abs(difference).sum(axis=1)


@pytest.fixture(scope="module")
def data():
    """Random rows; the client sends them as floats of 32 bits."""
    random = np.random.default_rng(SEED)
    rows = random.normal(size=(ROWS, SIZE)).astype(np.float32)
    return rows, random.normal(size=(8, SIZE)).astype(np.float32)


@pytest.fixture(scope="module")
def filled(client, data):
    """A collection with one vector for every distance."""
    names = {d.value: models.VectorParams(size=SIZE, distance=d) for d in D}
    client.create_collection("filled", vectors_config=names)
    points = [
        models.PointStruct(
            id=i, vector={name: row.tolist() for name in names}, payload={"row": i, "third": i % 3}
        )
        for i, row in enumerate(data[0])
    ]
    client.upload_points("filled", points, batch_size=200, wait=True)
    return "filled"


def best(distance, data, query, limit) -> list[tuple[int, float]]:
    values = scores(distance, data[0], query)
    order = np.argsort(values if distance in (D.EUCLID, D.MANHATTAN) else -values)
    return [(int(i), float(values[i])) for i in order[:limit]]


@pytest.mark.parametrize("distance", list(D), ids=str)
def test_nearest(client, data, filled, distance):
    for query in data[1]:
        hits = client.query_points(filled, query.tolist(), using=distance.value, limit=15).points
        expected = best(distance, data, query, 15)
        assert [hit.id for hit in hits] == [i for i, _ in expected]
        assert [hit.score for hit in hits] == pytest.approx([s for _, s in expected], abs=1e-4)
        assert all(hit.payload == {"row": hit.id, "third": hit.id % 3} for hit in hits)


@pytest.mark.parametrize("distance", list(D), ids=str)
def test_vectors_come_back(client, data, filled, distance):
    (record,) = client.retrieve(filled, [17], with_vectors=[distance.value])
    row = data[0][17]
    if distance == D.COSINE:
        row = row / np.linalg.norm(row)
    assert list(record.vector) == [distance.value]
    assert record.vector[distance.value] == pytest.approx(row.tolist(), abs=1e-6)


@pytest.mark.parametrize("distance", list(D), ids=str)
def test_score_threshold(client, data, filled, distance):
    query = data[1][0]
    expected = best(distance, data, query, 12)
    threshold = (expected[9][1] + expected[10][1]) / 2
    hits = client.query_points(
        filled, query.tolist(), using=distance.value, limit=100, score_threshold=threshold
    ).points
    assert [hit.id for hit in hits] == [i for i, _ in expected[:10]]


def test_limit_and_offset_are_a_window(client, data, filled):
    query = data[1][1].tolist()
    whole = client.query_points(filled, query, using="Dot", limit=ROWS + 50).points
    assert len(whole) == ROWS
    window = client.query_points(filled, query, using="Dot", limit=7, offset=20).points
    assert [hit.id for hit in window] == [hit.id for hit in whole[20:27]]
    assert client.query_points(filled, query, using="Dot", offset=ROWS).points == []
    assert len(client.query_points(filled, query, using="Dot").points) == 10


def test_by_id_leaves_the_point_itself_out(client, data, filled):
    hits = client.query_points(filled, 5, using="Euclid", limit=5).points
    expected = [hit for hit in best(D.EUCLID, data, data[0][5], 6) if hit[0] != 5]
    assert [hit.id for hit in hits] == [i for i, _ in expected]


def test_exact_and_effort_agree_here(client, data, filled):
    query = data[1][2].tolist()
    expected = [i for i, _ in best(D.COSINE, data, data[1][2], 10)]
    for params in (
        models.SearchParams(exact=True),
        models.SearchParams(hnsw_ef=512),
        models.SearchParams(indexed_only=False),
    ):
        hits = client.query_points(filled, query, using="Cosine", search_params=params).points
        assert [hit.id for hit in hits] == expected


def test_selectors(client, data, filled):
    query = data[1][3].tolist()

    def first(**options):
        return client.query_points(filled, query, using="Dot", limit=1, **options).points[0]

    id = first().id
    assert first(with_payload=False).payload is None
    assert first(with_payload=["third"]).payload == {"third": id % 3}
    exclude = models.PayloadSelectorExclude(exclude=["third"])
    assert first(with_payload=exclude).payload == {"row": id}
    include = models.PayloadSelectorInclude(include=["row", "missing"])
    assert first(with_payload=include).payload == {"row": id}
    assert first().vector is None
    assert set(first(with_vectors=True).vector) == {d.value for d in D}
    assert set(first(with_vectors=["Dot", "Euclid"]).vector) == {"Dot", "Euclid"}


def test_no_query_lists_by_id(client, filled):
    hits = client.query_points(filled, limit=4, offset=2).points
    assert [hit.id for hit in hits] == [2, 3, 4, 5]


def test_mmr_spreads(client, new_collection):
    name = new_collection(models.VectorParams(size=2, distance=D.COSINE))
    degrees = [0, 1, 2, 3, 40, 80]
    vectors = [[np.cos(np.radians(d)), np.sin(np.radians(d))] for d in degrees]
    points = [
        models.PointStruct(id=id, vector=[float(x) for x in vector])
        for id, vector in zip(degrees, vectors)
    ]
    client.upsert(name, points)

    def chosen(diversity):
        query = models.NearestQuery(
            nearest=[1.0, 0.0], mmr=models.Mmr(diversity=diversity, candidates_limit=6)
        )
        return [hit.id for hit in client.query_points(name, query, limit=3).points]

    assert chosen(0.0) == [0, 1, 2]
    assert chosen(0.9)[:2] == [0, 80]


def test_query_batch(client, data, filled):
    requests = [
        models.QueryRequest(query=query.tolist(), using=d.value, limit=6, with_payload=True)
        for query in data[1][:3]
        for d in D
    ]
    answers = client.query_batch_points(filled, requests)
    assert len(answers) == len(requests)
    for request, answer in zip(requests, answers):
        expected = best(D(request.using), data, np.float32(request.query), 6)
        assert [hit.id for hit in answer.points] == [i for i, _ in expected]
        assert answer.points[0].payload["row"] == answer.points[0].id


def test_filtered_search_is_exact(client, data, filled):
    condition = models.FieldCondition(key="third", match=models.MatchValue(value=1))
    for distance in D:
        query = data[1][4]
        hits = client.query_points(
            filled, query.tolist(), using=distance.value, limit=20,
            query_filter=models.Filter(must=[condition]),
        ).points  # fmt: skip
        expected = [i for i, _ in best(distance, data, query, ROWS) if i % 3 == 1][:20]
        assert [hit.id for hit in hits] == expected


def test_older_search_endpoint(wire, data, filled):
    body = {"vector": {"name": "Dot", "vector": data[1][5].tolist()}, "top": 3}
    hits = wire.result("POST", f"/collections/{filled}/points/search", body)
    assert [hit["id"] for hit in hits] == [i for i, _ in best(D.DOT, data, data[1][5], 3)]


def test_floats_print_as_the_shortest_decimal(wire, new_collection):
    name = new_collection()
    body = '{"points":[{"id":1,"vector":[0.05,0.1,3.4e38,1e-7]},{"id":2,"vector":[0.3,0,0,0]}]}'
    wire.result("PUT", f"/collections/{name}/points?wait=true", body)
    text = wire.send("POST", f"/collections/{name}/points", {"ids": [1], "with_vector": True}).text
    assert "[0.05,0.1," in text.replace(" ", "") and "0.05000000" not in text
    one = '{"query":[0.3,0,0,0],"filter":{"must":[{"has_id":[2]}]}}'
    text = wire.send("POST", f"/collections/{name}/points/query", one).text
    assert '"score":0.09}' in text.replace(" ", "")


def test_search_sees_every_write_at_once(client, new_collection):
    name = new_collection()
    for i in range(50):
        client.upsert(name, [models.PointStruct(id=i, vector=[1.0, float(i), 0, 0])])
        hits = client.query_points(name, [0, 1.0, 0, 0], limit=1).points
        assert hits[0].id == i
        if i % 3 == 0:
            client.delete(name, [i])
            hits = client.query_points(name, [0, 1.0, 0, 0], limit=1).points
            assert not hits or hits[0].id == i - 1
