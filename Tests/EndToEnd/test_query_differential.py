"""Random trees of queries: the server, Qdrant's own engine and the client's own store must agree.

Scores agree to 1e-4, and points come in the same order but for those that score alike.
"""

import itertools
import json
import os
import random

import pytest
import qdrant_edge as edge
from edge_queries import to_request, to_vector
from random_queries import RandomQueries

SEED = int(os.environ.get("QUIVER_TEST_SEED", "20"))
TREES = int(os.environ.get("QUIVER_TEST_TREES", "300"))
POINTS = 80
SPARSE = {"words": None, "rare": "idf"}
DATATYPES = ["float16", "uint8"]
DENSE = {"dot": (4, "Dot"), "cos": (6, "Cosine"), "euclid": (3, "Euclid")}
MULTI = {"multi": (4, "Cosine")}


def dense(size: int):
    return lambda draw: [round(draw.uniform(-1, 1), 4) for _ in range(size)]


def sparse(draw: random.Random) -> dict:
    """Any two have an index in common: what has none scores alike."""
    indices = draw.sample(range(8), draw.randint(5, 8))
    return {"indices": indices, "values": [round(draw.uniform(-0.5, 1), 4) for _ in indices]}


def multi(size: int):
    return lambda draw: [dense(size)(draw) for _ in range(draw.randint(1, 3))]


MAKERS = {name: dense(size) for name, (size, _) in DENSE.items()}
MAKERS |= {name: sparse for name in SPARSE}
MAKERS |= {name: multi(size) for name, (size, _) in MULTI.items()}


def points() -> list[dict]:
    draw = random.Random(SEED)
    made = []
    for number in range(1, POINTS + 1):
        payload = {"kind": draw.choice("abcd"), "rank": number * 7 % 83 - 20}
        if draw.random() < 0.7:
            payload["price"] = draw.choice([draw.randint(1, 50), draw.uniform(0, 9), [4.5]])
        if draw.random() < 0.9:
            payload["when"] = f"2024-05-{draw.randint(1, 28):02}T{draw.randint(0, 23):02}:00:00Z"
        if draw.random() < 0.9:
            payload["place"] = {"lon": draw.uniform(-20, 20), "lat": draw.uniform(-20, 60)}
        vectors = {name: make(draw) for name, make in MAKERS.items() if draw.random() < 0.85}
        made.append({"id": number, "vector": vectors, "payload": payload})
    return made


@pytest.fixture(scope="module")
def collection(wire):
    params = {name: {"size": size, "distance": d} for name, (size, d) in (DENSE | MULTI).items()}
    for name in MULTI:
        params[name]["multivector_config"] = {"comparator": "max_sim"}
    # What an index may keep of weights is a matter of its own: scores are those of the vectors.
    weighed = {
        name: {"modifier": modifier, "index": {"datatype": datatype}}
        for (name, modifier), datatype in zip(SPARSE.items(), itertools.cycle(DATATYPES))
    }
    body = {"vectors": params, "sparse_vectors": weighed}
    wire.result("PUT", "/collections/trees", body)
    index = {"field_name": "rank", "field_schema": "integer"}
    wire.result("PUT", "/collections/trees/index", index)
    wire.result("PUT", "/collections/trees/points?wait=true", {"points": points()})
    return "/collections/trees/points/query"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge") / "shard"
    folder.mkdir()
    several = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
    vectors = {
        name: edge.EdgeVectorParams(
            size=size, distance=getattr(edge.Distance, d),
            multivector_config=several if name in MULTI else None,
        )
        for name, (size, d) in (DENSE | MULTI).items()
    }  # fmt: skip
    weighed = {
        name: edge.EdgeSparseVectorParams(
            modifier=modifier and edge.Modifier.Idf,
            datatype=getattr(edge.VectorStorageDatatype, datatype.capitalize()),
        )
        for (name, modifier), datatype in zip(SPARSE.items(), itertools.cycle(DATATYPES))
    }
    config = edge.EdgeConfig(vectors=vectors, sparse_vectors=weighed)
    shard = edge.EdgeShard.create(str(folder), config)
    integer = edge.PayloadSchemaType.Integer
    shard.update(edge.UpdateOperation.create_field_index("rank", integer))
    shard.update(
        edge.UpdateOperation.upsert_points(
            [edge.Point(p["id"], to_vectors(p["vector"]), p["payload"]) for p in points()]
        )
    )
    yield shard
    shard.close()


def to_vectors(vectors: dict) -> dict:
    return {name: to_vector(vector) for name, vector in vectors.items()}


def close(left: float, right: float) -> bool:
    return abs(left - right) <= 1e-4 * max(1, abs(left), abs(right))


def agree(ours: list, theirs: list, body: dict) -> bool:
    """Pairs of id and score: the same scores, and the same points where scores tell them apart."""
    if len(ours) != len(theirs) or not all(close(a[1], b[1]) for a, b in zip(ours, theirs)):
        return False
    start = 0
    for end in range(1, len(theirs) + 1):
        if end < len(theirs) and close(theirs[end][1], theirs[end - 1][1]):
            continue
        is_cut = end == len(theirs) == body["limit"] or (start == 0 and "offset" in body)
        if not is_cut and {p for p, _ in ours[start:end]} != {p for p, _ in theirs[start:end]}:
            return False
        start = end
    return True


def test_same_as_the_engine(wire, collection, engine):
    queries = RandomQueries(SEED, MAKERS)
    refused = 0
    for number in range(TREES):
        body = queries.request()
        answer = wire.send("POST", collection, body)
        try:
            theirs = [(p.id, p.score) for p in engine.query(to_request(body))]
        except Exception as error:
            if "vector data config" in str(error):
                # In process, the engine can tell apart dense vectors only.
                continue
            refused += 1
            assert answer.status_code == 400, f"tree {number}: {error}\n{json.dumps(body)}"
            continue
        assert answer.status_code == 200, f"tree {number}: {answer.text}\n{json.dumps(body)}"
        ours = [(p["id"], p["score"]) for p in answer.json()["result"]["points"]]
        if not agree(ours, theirs, body):
            pytest.fail(
                f"tree {number} differs:\n{json.dumps(body)}\n\nserver: {ours}\n\nengine: {theirs}",
                pytrace=False,
            )
    assert refused < TREES / 2
