"""Numbers that are none, which gRPC can say, and vectors of the greatest that there are: the first
are refused everywhere, and whatever is taken comes back from a snapshot."""

import math
import pathlib

import pytest
from grpc_calls import refused_either_way
from qdrant_client import models

SIZE = 64
KINDS = ["dense", "half", "bytes", "codes", "many", "words", "rounded"]
DATATYPES = {"dense": "float32", "half": "float16", "bytes": "uint8", "codes": "turbo4"}
WRONG = [math.nan, math.inf, -math.inf]
TEXT = "Vectors hold finite numbers only"


def vector(kind: str, number: float):
    if kind in ("words", "rounded"):
        return models.SparseVector(indices=[3, 7], values=[1.0, number])
    numbers = [1.0] * (SIZE - 1) + [number]
    return [[2.0] * SIZE, numbers] if kind == "many" else numbers


def params(datatype="float32", **options) -> dict:
    return {"size": SIZE, "distance": "Dot", "datatype": datatype} | options


@pytest.fixture(scope="module")
def collection(wire):
    several = {"comparator": "max_sim"}
    vectors = {kind: params(datatype) for kind, datatype in DATATYPES.items()}
    vectors["many"] = params(multivector_config=several)
    wire.result("PUT", "/collections/numbers", {
        "vectors": vectors,
        "sparse_vectors": {"words": {}, "rounded": {"index": {"datatype": "uint8"}}},
    })  # fmt: skip
    point = {kind: vector(kind, 1.0) for kind in KINDS}
    point |= {kind: point[kind].model_dump() for kind in ("words", "rounded")}
    points = {"points": [{"id": 1, "vector": point}]}
    wire.result("PUT", "/collections/numbers/points?wait=true", points)
    return "numbers"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", WRONG)
def test_what_is_no_number_is_refused(over_grpc, collection, kind, number):
    wrong = vector(kind, number)
    nearest = models.Prefetch(query=wrong, using=kind)
    strategy = models.RecommendStrategy.SUM_SCORES
    recommend = models.RecommendInput(positive=[wrong], strategy=strategy)
    upsert = models.UpsertOperation(
        upsert=models.PointsList(points=[models.PointStruct(id=2, vector={kind: wrong})]))
    asks = [
        lambda: over_grpc.upsert(collection, [models.PointStruct(id=2, vector={kind: wrong})]),
        lambda: over_grpc.update_vectors(
            collection, [models.PointVectors(id=1, vector={kind: wrong})]),
        lambda: over_grpc.batch_update_points(collection, [upsert]),
        lambda: over_grpc.query_points(collection, wrong, using=kind),
        lambda: over_grpc.query_points(
            collection, models.RecommendQuery(recommend=recommend), using=kind),
        lambda: over_grpc.query_points(
            collection, models.FusionQuery(fusion=models.Fusion.RRF), prefetch=nearest),
    ]  # fmt: skip
    for ask in asks:
        with refused_either_way(400, TEXT):
            ask()
    (point,) = over_grpc.scroll(collection, with_vectors=True)[0]
    assert point.id == 1 and set(point.vector) == set(KINDS)


@pytest.mark.parametrize("datatype", DATATYPES.values())
@pytest.mark.parametrize("distance", ["Dot", "Cosine", "Euclid", "Manhattan"])
def test_the_greatest_numbers_come_back_from_a_snapshot(server, wire, datatype, distance):
    path = f"/collections/greatest-{datatype}-{distance}"
    several = {"multivector_config": {"comparator": "max_sim"}}
    wire.result("PUT", path, {"vectors": {
        "one": params(datatype, distance=distance),
        "many": params(datatype, distance=distance, **several),
    }})  # fmt: skip
    numbers = [3.4e38] * (SIZE - 1) + [-3.4e38]
    points = {"points": [{"id": 1, "vector": {"one": numbers, "many": [numbers, numbers]}}]}
    wire.result("PUT", f"{path}/points?wait=true", points)
    shown = wire.result("POST", f"{path}/points/scroll", {"with_vector": True})["points"]
    assert None not in shown[0]["vector"]["one"] + shown[0]["vector"]["many"][1]
    for using in ("one", "many"):
        body = {"query": [1.0] * SIZE, "using": using}
        assert len(wire.result("POST", f"{path}/points/query", body)["points"]) == 1
    made = wire.result("POST", f"{path}/snapshots")["name"]
    storage = pathlib.Path(server.settings["QUIVER__STORAGE__STORAGE_PATH"])
    (file,) = storage.parent.rglob(made)
    wire.result("DELETE", path)
    body = {"location": file.as_uri()}
    wire.result("PUT", f"{path}/snapshots/recover?wait=true", body)
    assert wire.result("POST", f"{path}/points/scroll", {"with_vector": True})["points"] == shown
    wire.result("DELETE", path)
