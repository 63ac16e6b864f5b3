"""Random trees of queries: the server, Qdrant's own engine and the client's own store must agree.

Scores agree to 1e-4, and points come in the same order but for those that score alike.
"""

import json
import os
import random

import grpc
import pytest
import qdrant_edge as edge
from edge_queries import to_request, to_vector
from qdrant_client import models
from random_queries import RandomQueries

SEED = int(os.environ.get("QUIVER_TEST_SEED", "20"))
TREES = int(os.environ.get("QUIVER_TEST_TREES", "300"))
POINTS = 80
SPARSE = {"words": None, "rare": "idf"}
FLOATS = "float32"
# Codes of few numbers would score alike.
DENSE = {
    "dot": (4, "Dot", FLOATS), "cos": (6, "Cosine", FLOATS), "euclid": (3, "Euclid", FLOATS),
    "blocks": (5, "Manhattan", FLOATS), "half": (4, "Dot", "float16"),
    "half-cos": (5, "Cosine", "float16"), "bytes": (8, "Euclid", "uint8"),
    "bytes-cos": (6, "Cosine", "uint8"), "codes": (64, "Euclid", "turbo4"),
    "codes-cos": (64, "Cosine", "turbo4"),
}  # fmt: skip
MULTI = {
    "multi": (4, "Cosine", FLOATS), "multi-euclid": (3, "Euclid", FLOATS),
    "multi-half": (4, "Manhattan", "float16"), "multi-bytes": (6, "Cosine", "uint8"),
    "multi-codes": (64, "Dot", "turbo4"),
}  # fmt: skip


def dense(size: int, datatype: str):
    if datatype == "uint8":
        return lambda draw: [draw.randint(0, 255) for _ in range(size)]
    return lambda draw: [round(draw.uniform(-1, 1), 4) for _ in range(size)]


def sparse(draw: random.Random) -> dict:
    """Any two have an index in common: what has none scores alike."""
    indices = draw.sample(range(8), draw.randint(5, 8))
    return {"indices": indices, "values": [round(draw.uniform(-0.5, 1), 4) for _ in indices]}


def multi(*kind):
    return lambda draw: [dense(*kind)(draw) for _ in range(draw.randint(1, 3))]


MAKERS = {name: dense(size, datatype) for name, (size, _, datatype) in DENSE.items()}
MAKERS |= {name: sparse for name in SPARSE}
MAKERS |= {name: multi(size, datatype) for name, (size, _, datatype) in MULTI.items()}


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
    params = {
        name: {"size": size, "distance": distance, "datatype": datatype}
        for name, (size, distance, datatype) in (DENSE | MULTI).items()
    }
    for name in MULTI:
        params[name]["multivector_config"] = {"comparator": "max_sim"}
    weighed = {name: {"modifier": modifier} for name, modifier in SPARSE.items()}
    body = {"vectors": params, "sparse_vectors": weighed}
    wire.result("PUT", "/collections/trees", body)
    index = {"field_name": "rank", "field_schema": "integer"}
    wire.result("PUT", "/collections/trees/index", index)
    wire.result("PUT", "/collections/trees/points?wait=true", {"points": points()})
    return "/collections/trees/points/query"


@pytest.fixture(scope="module")
def twins(wire, collection):
    """The same points once more."""
    body = wire.result("GET", "/collections/trees")["config"]["params"]
    body = {name: body[name] for name in ("vectors", "sparse_vectors")}
    wire.result("PUT", "/collections/twins", body)
    wire.result("PUT", "/collections/twins/points?wait=true", {"points": points()})
    return "/collections/twins/points/query"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge") / "shard"
    folder.mkdir()
    several = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
    vectors = {
        name: edge.EdgeVectorParams(
            size=size, distance=getattr(edge.Distance, distance),
            datatype=getattr(edge.VectorStorageDatatype, datatype.capitalize()),
            multivector_config=several if name in MULTI else None,
        )
        for name, (size, distance, datatype) in (DENSE | MULTI).items()
    }  # fmt: skip
    weighed = {
        name: edge.EdgeSparseVectorParams(modifier=modifier and edge.Modifier.Idf)
        for name, modifier in SPARSE.items()
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


def cuts_alike(engine, body: dict) -> bool:
    """Whether a prefetch's limit parts points that score alike: the engine keeps any of them, and
    others with another limit."""
    for child in body.get("prefetch", []):
        wider = engine.query(to_request({**child, "limit": child["limit"] + 1}))
        if len(wider) > child["limit"] and close(wider[-1].score, wider[-2].score):
            return True
        if cuts_alike(engine, child):
            return True
    return False


def test_same_as_the_engine(wire, collection, engine):
    queries = RandomQueries(SEED, MAKERS, rare="rare")
    refused = 0
    alike = 0
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
        if agree(ours, theirs, body):
            continue
        if cuts_alike(engine, body):
            alike += 1
        else:
            pytest.fail(
                f"tree {number} differs:\n{json.dumps(body)}\n\nserver: {ours}\n\nengine: {theirs}",
                pytrace=False,
            )
    assert refused < TREES / 2
    assert alike <= TREES / 100


def shown(points: list) -> list:
    return [(p["id"], p["score"]) for p in points]


def test_batches_are_their_queries(wire, collection):
    queries = RandomQueries(SEED + 1, MAKERS, rare="rare")
    bodies = []
    while len(bodies) < 40:
        body = queries.request()
        if wire.send("POST", collection, body).status_code == 200:
            bodies.append(body)
    alone = [wire.result("POST", collection, body)["points"] for body in bodies]
    together = wire.result("POST", f"{collection}/batch", {"searches": bodies})
    assert [part["points"] for part in together] == alone



def test_both_transports_say_the_same(wire, collection, over_grpc):
    queries = RandomQueries(SEED + 2, MAKERS, rare="rare")
    refused = 0
    for number in range(TREES // 3):
        body = queries.request()
        answer = wire.send("POST", collection, body)
        try:
            (found,) = over_grpc.query_batch_points("trees", [models.QueryRequest(**body)])
        except grpc.RpcError as error:
            refused += 1
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
            assert answer.status_code == 400, f"tree {number}: {error}\n{json.dumps(body)}"
            continue
        assert answer.status_code == 200, f"tree {number}: {answer.text}\n{json.dumps(body)}"
        ours = shown(answer.json()["result"]["points"])
        assert ours == [(p.id, pytest.approx(p.score, rel=1e-6)) for p in found.points], body
    assert refused < TREES / 6


def of_one_vector(using: str, seed: int):
    """Queries over one name, near to a vector and by examples, each under a filter."""
    queries = RandomQueries(seed, {using: MAKERS[using]})
    for kind in ("nearest", "examples", "examples", "examples"):
        yield {**queries.query(kind, [], is_root=False), "filter": queries.filter()}


def shown_hits(group: dict) -> tuple:
    return group["id"], shown(group["hits"])


@pytest.mark.parametrize("using", MAKERS)
def test_groups_are_taken_from_the_ranking(wire, collection, using):
    kinds = {p["id"]: p["payload"]["kind"] for p in points()}
    for body in of_one_vector(using, SEED + 3):
        ranking = wire.result("POST", collection, {**body, "limit": POINTS})["points"]
        best: dict[str, list] = {}
        for point in ranking:
            best.setdefault(kinds[point["id"]], []).append(point)
        wanted = {"group_by": "kind", "group_size": 3, "limit": 2}
        groups = wire.result("POST", f"{collection}/groups", {**body, **wanted})["groups"]
        expected = [(kind, shown(hits[:3])) for kind, hits in best.items()][:2]
        assert [shown_hits(group) for group in groups] == expected, body


@pytest.mark.parametrize("using", MAKERS)
def test_a_point_stands_for_its_vector(wire, collection, twins, using):
    """In the collection that is searched, where it is left out, and in another."""
    every = wire.result("POST", twins, {"limit": POINTS, "with_vector": [using]})["points"]
    vectors = {p["id"]: p["vector"][using] for p in every if p["vector"]}
    drawn = random.Random(SEED).choices(list(vectors), k=40)
    kinds = {"id": lambda id: id, "vector": vectors.get}
    asked = {}
    for name, kind in kinds.items():
        examples = iter(drawn)
        queries = RandomQueries(SEED, {using: lambda _: kind(next(examples))})
        asked[name] = [queries.query(k, [], is_root=False) for k in ("nearest", *["examples"] * 5)]
    for by_id, by_vector in zip(asked["id"], asked["vector"]):
        used = {"must_not": [{"has_id": list(ids_in(by_id))}]}
        other = {"lookup_from": {"collection": "twins", "vector": using}}
        for left, right in [({}, {"filter": used}), (other, {})]:
            bodies = [{**body, "limit": 20} for body in (by_id | left, by_vector | right)]
            ours, theirs = [shown(wire.result("POST", collection, b)["points"]) for b in bodies]
            assert agree(ours, theirs, bodies[0]), f"{bodies[0]}\n{ours}\n{theirs}"


def ids_in(part) -> set:
    """What stands for vectors in a query by ids."""
    if isinstance(part, dict):
        parts = [v for k, v in part.items() if k not in ("score", "strategy", "using")]
        return set().union(*map(ids_in, parts))
    if isinstance(part, list):
        return set().union(*map(ids_in, part))
    return {part} if isinstance(part, int) else set()
