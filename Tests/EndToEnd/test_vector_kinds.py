"""Datatypes and multivectors: what comes back, and scores, against Qdrant's own engine."""

import math
import pathlib
import random

import pytest
import qdrant_edge as edge
from process import until
from qdrant_client import models

SIZE = 24
POINTS = 120
DISTANCES = ["Cosine", "Dot", "Euclid", "Manhattan"]
DATATYPES = ["float32", "float16", "uint8", "turbo4"]


def close(left, right, scale=1.0) -> bool:
    return abs(left - right) <= 1e-4 * max(scale, abs(right))


def flat(vector) -> list[float]:
    return [x for row in vector for x in row] if isinstance(vector[0], list) else vector


def vector(rng: random.Random, datatype: str) -> list[float]:
    if datatype == "uint8":
        return [rng.uniform(-20, 280) for _ in range(SIZE)]
    return [rng.gauss(0, 1) for _ in range(SIZE)]


def value(rng: random.Random, datatype: str, is_multi: bool):
    if not is_multi:
        return vector(rng, datatype)
    return [vector(rng, datatype) for _ in range(rng.randint(1, 7))]


class Engine:
    """The same points in Qdrant's engine."""

    def __init__(self, folder, distance, datatype, is_multi):
        folder.mkdir()
        params = edge.EdgeVectorParams(
            size=SIZE,
            distance=getattr(edge.Distance, distance),
            datatype=getattr(edge.VectorStorageDatatype, datatype.capitalize()),
            multivector_config=edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
            if is_multi
            else None,
        )
        self.shard = edge.EdgeShard.create(str(folder), edge.EdgeConfig(vectors=params))

    def upsert(self, points):
        self.shard.update(
            edge.UpdateOperation.upsert_points([edge.Point(id, v) for id, v in points.items()])
        )

    def vectors(self) -> dict:
        request = edge.ScrollRequest(limit=10_000, with_vector=True)
        return {record.id: record.vector for record in self.shard.scroll(request)[0]}

    def scores(self, query, limit=POINTS) -> dict:
        request = edge.QueryRequest(
            limit=limit, query=edge.Query.Nearest(query), params=edge.SearchParams(exact=True)
        )
        return {hit.id: hit.score for hit in self.shard.query(request)}

    def close(self):
        self.shard.close()


@pytest.mark.parametrize("is_multi", [False, True], ids=["dense", "multi"])
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("datatype", DATATYPES)
def test_what_comes_back_and_scores(
    datatype, distance, is_multi, new_collection, wire, tmp_path
):
    params = {"size": SIZE, "distance": distance, "datatype": datatype}
    if is_multi:
        params["multivector_config"] = {"comparator": "max_sim"}
    name = new_collection({})
    wire.result("DELETE", f"/collections/{name}")
    wire.result("PUT", f"/collections/{name}", {"vectors": params})
    rng = random.Random(f"{datatype} {distance} {is_multi}")
    points = {id: value(rng, datatype, is_multi) for id in range(1, POINTS + 1)}
    theirs = Engine(tmp_path / "edge", distance, datatype, is_multi)
    try:
        theirs.upsert(points)
        body = {"points": [{"id": id, "vector": v} for id, v in points.items()]}
        wire.result("PUT", f"/collections/{name}/points?wait=true", body)
        same_vectors(wire, name, theirs.vectors())
        for _ in range(12):
            query = value(rng, datatype, is_multi)
            same_scores(wire, name, query, theirs.scores(query))
            if is_multi:
                same_scores(wire, name, query[0], theirs.scores(query[0]))
    finally:
        theirs.close()


def same_vectors(wire, name, expected: dict):
    body = {"limit": 10_000, "with_vector": True}
    found = wire.result("POST", f"/collections/{name}/points/scroll", body)["points"]
    assert {point["id"] for point in found} == set(expected)
    for point in found:
        ours, theirs = flat(point["vector"]), flat(expected[point["id"]])
        assert len(ours) == len(theirs)
        assert all(map(close, ours, theirs)), point["id"]


def same_scores(wire, name, query, expected: dict):
    body = {"query": query, "limit": POINTS, "params": {"exact": True}}
    found = wire.result("POST", f"/collections/{name}/points/query", body)["points"]
    assert {hit["id"] for hit in found} == set(expected)
    # A half may be rounded the other way when lengths differ in their last bit.
    scale = max(map(abs, expected.values()))
    for hit in found:
        assert close(hit["score"], expected[hit["id"]], scale), (hit, expected[hit["id"]])
    order = [hit["score"] for hit in found]
    assert order in (sorted(order), sorted(order, reverse=True))


def test_multivectors_named_and_unnamed_through_their_life(server, new_collection, client):
    comparator = models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM)
    dot = models.Distance.DOT
    name = new_collection(
        {
            "tokens": models.VectorParams(size=2, distance=dot, multivector_config=comparator),
            "whole": models.VectorParams(size=2, distance=dot),
        }
    )
    points = [
        models.PointStruct(id=1, vector={"tokens": [[1, 0], [0, 1]], "whole": [1, 1]}),
        models.PointStruct(id=2, vector={"tokens": [[2, 0]], "whole": [2, 0]}),
        models.PointStruct(id=3, vector={"tokens": [0.5, 3], "whole": [0, 1]}),
        models.PointStruct(id=4, vector={"whole": [9, 9]}),
    ]
    client.upsert(name, points)
    config = client.get_collection(name).config.params.vectors
    assert config["tokens"].multivector_config == comparator

    def scores(query):
        hits = client.query_points(name, query=query, using="tokens", limit=10).points
        return [(hit.id, hit.score) for hit in hits]

    for _ in range(2):
        assert scores([[1, 0], [0, 1]]) == [(3, 3.5), (1, 2), (2, 2)]
        assert scores([1, 0]) == [(2, 2), (1, 1), (3, 0.5)]
        assert client.retrieve(name, [1, 3], with_vectors=["tokens"])[1].vector == {
            "tokens": [[0.5, 3]]
        }
        server.kill()
        server.start()
    client.update_vectors(name, [models.PointVectors(id=2, vector={"tokens": [[0, 7], [1, 1]]})])
    assert scores([[1, 0], [0, 1]])[0] == (2, 8)
    client.delete_vectors(name, ["tokens"], [1])
    assert scores([[1, 0]]) == [(2, 1), (3, 0.5)]
    has_tokens = models.Filter(must=[models.HasVectorCondition(has_vector="tokens")])
    assert client.count(name, has_tokens).count == 2


def test_queries_of_another_kind_are_refused(new_collection, wire):
    multi = {"size": 2, "distance": "Dot", "multivector_config": {"comparator": "max_sim"}}
    name = new_collection({})
    wire.result("DELETE", f"/collections/{name}")
    wire.result("PUT", f"/collections/{name}", {"vectors": {"multi": multi}})
    wrong = {
        (3.0,) * 3: "Vector dimension error: expected dim: 2, got 3",
        ((1.0, 2.0, 3.0),): "Vector dimension error: expected dim: 2, got 3",
    }
    for vector, text in wrong.items():
        body = {"query": vector, "using": "multi"}
        refused(wire, "POST", f"/collections/{name}/points/query", body, 400, text)
    sparse = {"indices": [1], "values": [1.0]}
    body = {"points": [{"id": 1, "vector": {"multi": sparse}}]}
    refused(wire, "PUT", f"/collections/{name}/points?wait=true", body, 400, "sparse")


def refused(wire, method, path, body, status, text):
    answer = wire.send(method, path, body)
    assert answer.status_code == status, answer.text
    assert text in answer.json()["status"]["error"]


def test_multivectors_and_codes_survive_a_snapshot(new_collection, wire, server):
    vectors = {
        "multi": {
            "size": 8, "distance": "Cosine", "multivector_config": {"comparator": "max_sim"}
        },
        "bytes": {"size": 8, "distance": "Dot", "datatype": "uint8"},
        "codes": {"size": 8, "distance": "Euclid", "datatype": "turbo4"},
    }  # fmt: skip
    name = new_collection({})
    wire.result("DELETE", f"/collections/{name}")
    wire.result("PUT", f"/collections/{name}", {"vectors": vectors})
    rng = random.Random(5)

    def row():
        return [rng.uniform(0, 255) for _ in range(8)]

    points = [
        {
            "id": id,
            "vector": {
                "multi": [row() for _ in range(1 + id % 5)], "bytes": row(), "codes": row()
            },
        }
        for id in range(1, 40)
    ]  # fmt: skip
    wire.result("PUT", f"/collections/{name}/points?wait=true", {"points": points})
    body = {"limit": 100, "with_vector": True}
    before = wire.result("POST", f"/collections/{name}/points/scroll", body)
    made = wire.result("POST", f"/collections/{name}/snapshots")["name"]
    wire.result("POST", f"/collections/{name}/points/delete?wait=true", {"filter": {}})
    data = pathlib.Path(server.settings["QUIVER__STORAGE__STORAGE_PATH"])
    where = (data.parent / "snapshots" / name / made).as_uri()
    wire.result("PUT", f"/collections/{name}/snapshots/recover", {"location": where})
    assert wire.result("POST", f"/collections/{name}/points/scroll", body) == before
    assert math.isfinite(before["points"][0]["vector"]["codes"][0])


def max_sim(query, row) -> float:
    return sum(max(sum(a * b for a, b in zip(x, y)) for y in row) for x in query)


@pytest.fixture
def articles(new_collection, wire):
    """A collection of dense vectors and multivectors, and the latter by id."""
    comparator = {"comparator": "max_sim"}
    name = new_collection({})
    wire.result("DELETE", f"/collections/{name}")
    vectors = {
        "whole": {"size": SIZE, "distance": "Dot"},
        "tokens": {"size": SIZE, "distance": "Dot", "multivector_config": comparator},
    }
    wire.result("PUT", f"/collections/{name}", {"vectors": vectors})
    rng = random.Random(8)
    rows = {id: value(rng, "float32", True) for id in range(1, 90)}
    points = [
        {"id": id, "vector": {"whole": vector(rng, "float32"), "tokens": row}}
        for id, row in rows.items()
    ]
    wire.result("PUT", f"/collections/{name}/points?wait=true", {"points": points})
    return name, rows, rng


def test_multivectors_rescore_a_prefetch(articles, wire):
    name, rows, rng = articles
    first = {"query": vector(rng, "float32"), "using": "whole", "limit": 20}
    query = value(rng, "float32", True)
    hits = wire.result("POST", f"/collections/{name}/points/query", first)["points"]
    expected = sorted(
        ((max_sim(query, rows[hit["id"]]), hit["id"]) for hit in hits), reverse=True
    )
    body = {"prefetch": first, "query": query, "using": "tokens", "limit": 7}
    found = wire.result("POST", f"/collections/{name}/points/query", body)["points"]
    assert [hit["id"] for hit in found] == [id for _, id in expected[:7]]
    assert all(close(hit["score"], score) for hit, (score, _) in zip(found, expected))


def test_multivectors_are_examples(articles, wire):
    name, rows, _ = articles
    ask = f"/collections/{name}/points/query"
    body = {"query": 5, "using": "tokens", "limit": 5}
    found = wire.result("POST", ask, body)["points"]
    expected = sorted(
        ((max_sim(rows[5], row), id) for id, row in rows.items() if id != 5), reverse=True
    )
    assert [hit["id"] for hit in found] == [id for _, id in expected[:5]]
    recommend = {"positive": [5], "negative": [6, rows[7]], "strategy": "sum_scores"}
    body = {"query": {"recommend": recommend}, "using": "tokens", "limit": 5}
    sums = {
        id: max_sim(rows[5], row) - max_sim(rows[6], row) - max_sim(rows[7], row)
        for id, row in rows.items()
        if id not in (5, 6)
    }
    found = wire.result("POST", ask, body)["points"]
    assert [hit["id"] for hit in found] == sorted(sums, key=lambda id: -sums[id])[:5]
    for query in (
        {"context": [{"positive": 5, "negative": 6}]},
        {"discover": {"target": 5, "context": [{"positive": 7, "negative": 6}]}},
        {"nearest": rows[5], "mmr": {"diversity": 0.5}},
        {"recommend": {"positive": [5, 8], "strategy": "best_score"}},
    ):
        body = {"query": query, "using": "tokens", "limit": 5}
        assert len(wire.result("POST", ask, body)["points"]) == 5


def test_every_datatype_is_found_through_its_index(new_collection, wire, server):
    count, kinds = 500, {"float16": "Cosine", "uint8": "Cosine", "turbo4": "Euclid"}
    name = new_collection({})
    wire.result("DELETE", f"/collections/{name}")
    vectors = {
        datatype: {"size": SIZE, "distance": distance, "datatype": datatype}
        for datatype, distance in kinds.items()
    }
    config = {"vectors": vectors, "optimizers_config": {"indexing_threshold": 1}}
    wire.result("PUT", f"/collections/{name}", config)
    rng = random.Random(9)
    points = [
        {"id": id, "vector": {datatype: vector(rng, datatype) for datatype in kinds}}
        for id in range(count)
    ]
    wire.result("PUT", f"/collections/{name}/points?wait=true", {"points": points})

    def indexed() -> int:
        return wire.result("GET", f"/collections/{name}")["indexed_vectors_count"]

    until(lambda: indexed() >= 3 * count, 150)

    def recall(datatype) -> float:
        same = 0
        for _ in range(10):
            body = {"query": vector(rng, datatype), "using": datatype, "limit": 10}
            hits, exact = (
                {hit["id"]: hit["score"] for hit in found["points"]}
                for found in (
                    wire.result("POST", f"/collections/{name}/points/query", asked)
                    for asked in (body, {**body, "params": {"exact": True}})
                )
            )
            same += len(hits.keys() & exact.keys())
            assert all(hits[id] == exact[id] for id in hits.keys() & exact.keys())
        return same / 100

    assert all(recall(datatype) > 0.85 for datatype in kinds)
    server.terminate()
    server.start()
    assert all(recall(datatype) > 0.85 for datatype in kinds)
