"""The whole vocabulary of queries and vectors with unusual arguments: the status and the words of
Qdrant, and an answer where there is one."""

import pytest

A = [1, 2, 3, 4]
LEAF = {"query": A, "using": "d"}
WORDS = {"indices": [1], "values": [1]}
MULTI = {"comparator": "max_sim"}
CONFIG = {
    "vectors": {
        "d": {"size": 4, "distance": "Dot"},
        "bytes": {"size": 4, "distance": "Euclid", "datatype": "uint8"},
        "m": {"size": 4, "distance": "Dot", "multivector_config": MULTI},
    },
    "sparse_vectors": {"s": {}},
}
OK = None
UNTAGGED = "Format error in JSON body: query"
FORMULA = "Wrong input: Expected number value for "
INFINITE = "Wrong input: The expression "
DECAY = "Wrong input: Validation failed: Decay "
SPARSE = "Wrong input: Conversion between sparse and regular vectors failed"
INVALID = "Validation error in JSON body: ["


def formula(expression, **more) -> dict:
    return {"prefetch": [LEAF], "query": {"formula": expression, **more}}


def decay(kind, **parameters) -> dict:
    return formula({f"{kind}_decay": {"x": "n", **parameters}})


def merged(query, *prefetch, **more) -> dict:
    return {"prefetch": list(prefetch), "query": query, **more}


QUERIES = [
    # Formulas: what is missing, what is of another kind, what is not finite.
    (formula("nope"), 400, FORMULA + "nope"),
    (formula("word"), 400, FORMULA + "word"),
    (formula("list"), 400, FORMULA + "list"),
    (formula("nope", defaults={"nope": "x"}), 400, FORMULA + "nope"),
    (formula("nope", defaults={"nope": 2}), 200, OK),
    (formula("$score[7]"), 200, OK),
    (formula("$score[x]"), 400, "Wrong input: Validation failed: failed to parse variable ID"),
    (formula("$score[-1]"), 400, "Wrong input: Validation failed: failed to parse variable ID"),
    (formula({"div": {"left": 1, "right": "zero"}}), 400, INFINITE + "1/0 = inf"),
    (formula({"div": {"left": 1, "right": "zero", "by_zero_default": 7}}), 200, OK),
    (formula({"sqrt": -1}), 400, INFINITE + "√-1 = NaN"),
    (formula({"pow": {"base": -1, "exponent": 0.5}}), 400, INFINITE + "-1^0.5 = NaN"),
    (formula({"pow": {"base": 10, "exponent": 1000}}), 400, INFINITE + "10^1000 = inf"),
    (formula({"exp": 1000}), 400, INFINITE + "exp(1000) = inf"),
    (formula({"ln": 0}), 400, INFINITE + "ln(0) = -inf"),
    (formula({"log10": -5}), 400, INFINITE + "log10(-5) = NaN"),
    (formula({"geo_distance": {"origin": {"lon": 0, "lat": 0}, "to": "n"}}), 400,
     "Wrong input: Expected geo point value for n"),
    (formula({"geo_distance": {"origin": {"lon": 999, "lat": 0}, "to": "n"}}), 400, UNTAGGED),
    (formula({"datetime": "no date"}), 400, "Wrong input: Validation failed: failed to parse"),
    (formula({"datetime_key": "n"}), 400, "Wrong input: Expected datetime value for n"),
    (formula({"datetime_key": "nope"}), 400, "Wrong input: Expected datetime value for nope"),
    (formula({"sum": []}), 200, OK),
    (formula({"mult": []}), 200, OK),
    (formula({"sum": 1}), 400, UNTAGGED),
    (formula({"frob": 1}), 400, UNTAGGED),
    (formula([1]), 400, UNTAGGED),
    (formula(True), 400, UNTAGGED),
    (decay("exp", midpoint=1), 400, DECAY + "midpoint should be in the range (0.0, 1.0), got 1."),
    (decay("gauss", midpoint=1.5), 400, DECAY + "midpoint"),
    (decay("lin", midpoint=-0.5), 400, "Wrong input: Validation failed: Linear decay midpoint"),
    (decay("lin", midpoint=0.0), 200, OK),
    (decay("gauss", scale=0), 400, DECAY + "scale should be non-zero positive, got 0."),
    (decay("lin", scale=-1), 400, DECAY + "scale"),
    ({"query": {"formula": "$score"}}, 400, "Wrong input: Validation failed: cannot apply"),
    # Limits and offsets.
    ({**LEAF, "limit": 0}, 422, INVALID + "internal.limit: value 0 invalid, must be 1 or larger]"),
    ({**LEAF, "limit": -1}, 400, "Format error in JSON body: limit"),
    ({**LEAF, "limit": 1.5}, 400, "Format error in JSON body: limit"),
    ({**LEAF, "offset": 100}, 200, OK),
    ({**LEAF, "offset": -1}, 400, "Format error in JSON body: offset"),
    # Places where vectors are looked up have to be there, also for a vector that is given.
    ({**LEAF, "query": 1, "lookup_from": {"collection": "none"}}, 404,
     "Not found: Collection none not found"),
    ({**LEAF, "lookup_from": {"collection": "none"}}, 404,
     "Not found: Collection none not found"),
    ({**LEAF, "lookup_from": {"collection": "odd", "vector": "none"}}, 200, OK),
    ({**LEAF, "query": 1, "lookup_from": {"collection": "odd", "vector": "none"}}, 400,
     "Wrong input: Not existing vector name error: none"),
    ({**LEAF, "query": 1, "lookup_from": {"collection": "odd", "vector": "s"}}, 400, SPARSE),
    ({**LEAF, "query": 999}, 404, "Not found: No point with id 999 found"),
    # Vectors of another kind or shape.
    ({"query": {"indices": [1, 1], "values": [1, 2]}, "using": "s"}, 422,
     INVALID + "internal.query.indices: Validation error: must be unique [{}]]"),
    ({"query": {"indices": [1], "values": [1, 2]}, "using": "s"}, 422,
     INVALID + "internal.query.values: Validation error: must be the same length as indices"),
    ({"query": {"indices": [], "values": []}, "using": "s"}, 200, OK),
    ({"query": {"indices": [-1], "values": [1]}, "using": "s"}, 400, UNTAGGED),
    ({"query": {"indices": [1 << 32], "values": [1]}, "using": "s"}, 400, UNTAGGED),
    ({"query": {"indices": [(1 << 32) - 1], "values": [1]}, "using": "s"}, 200, OK),
    ({"query": WORDS, "using": "d"}, 400, SPARSE),
    ({"query": WORDS, "using": "m"}, 400, SPARSE),
    ({"query": A, "using": "s"}, 400, SPARSE),
    ({"query": [A], "using": "s"}, 400, SPARSE),
    ({"query": [A], "using": "d"}, 400, "Wrong input: Conversion between multi and regular"),
    ({"query": A, "using": "m"}, 200, OK),
    ({"query": [A, [1]], "using": "m"}, 422, INVALID + "internal.query.data: all vectors must"),
    ({"query": [[]], "using": "m"}, 422, INVALID + "internal.query.data: all vectors must be"),
    ({"query": [], "using": "m"}, 422, INVALID + "internal.query"),
    ({"query": [1, 2], "using": "d"}, 400, "Wrong input: Vector dimension error: expected dim: 4"),
    ({"query": A}, 400, "Wrong input: Not existing vector name error: "),
    ({"query": A, "using": "zz"}, 400, "Wrong input: Not existing vector name error: zz"),
    # Merging of prefetches.
    (merged({"rrf": {"weights": [1, 2]}}, LEAF), 400, "Wrong input: Validation failed: Number of"),
    (merged({"rrf": {"weights": []}}, LEAF), 400, "Wrong input: Validation failed: Number of"),
    (merged({"rrf": {"weights": [-1]}}, LEAF), 200, OK),
    (merged({"rrf": {"k": 0}}, LEAF), 422, INVALID + "internal.query.rrf.k: value 0 invalid"),
    (merged({"rrf": {"k": -1}}, LEAF), 400, UNTAGGED),
    (merged({"rrf": {}}, LEAF), 200, OK),
    (merged({"fusion": "zz"}, LEAF), 400, UNTAGGED),
    (merged({"fusion": "dbsf"}), 400, "Wrong input: Validation failed: cannot apply Fusion"),
    (merged({"fusion": "rrf"}, LEAF, using="d"), 400, "Bad request: Fusion queries cannot be"),
    (merged({"fusion": "rrf"}, {"score_threshold": 1}), 400, "Bad request: A query is needed to"),
    (merged(A, {}, using="d"), 200, OK),
    ({"prefetch": LEAF, "query": {"nearest": A, "fusion": "rrf"}, "using": "d"}, 200, OK),
    # Orders and samples.
    ({"query": {"order_by": "word"}}, 400, "Wrong input: No range index for `order_by` key: `wo"),
    ({"query": {"order_by": {"key": "n", "direction": "up"}}}, 400, UNTAGGED),
    ({"query": {"order_by": "n"}, "score_threshold": 1}, 400, "Bad request: Can't use score_thr"),
    ({"query": {"sample": "random"},
      "filter": {"must": [{"key": "n", "range": {"gt": 3}}]}}, 200, OK),
    ({"query": {"sample": "x"}}, 400, UNTAGGED),
    # Diversity.
    ({"query": {"nearest": WORDS, "mmr": {}}, "using": "s"}, 200, OK),
    ({"query": {"nearest": [A], "mmr": {"diversity": 1.0}}, "using": "m"}, 200, OK),
    ({"query": {"nearest": A, "mmr": {"diversity": 2}}, "using": "d"}, 422,
     INVALID + "internal.query.mmr.diversity: value 2.0 invalid, must be from 0.0 to 1.0]"),
    ({"query": {"nearest": A, "mmr": {"candidates_limit": 16385}}, "using": "d"}, 422, INVALID),
    ({"query": {"nearest": A, "mmr": None}, "using": "d"}, 200, OK),
    # Examples.
    ({"query": {"recommend": {}}, "using": "d"}, 422, INVALID + "internal.query.recommend.posit"),
    ({"query": {"recommend": {"negative": [1]}}, "using": "d"}, 400,
     "Bad request: At least one positive vector ID required with this strategy"),
    ({"query": {"recommend": {"positive": [1, A]}}, "using": "d"}, 200, OK),
    ({"query": {"recommend": {"positive": [1, 2]}}, "using": "s"}, 200, OK),
    ({"query": {"recommend": {"positive": [1, 2]}}, "using": "m"}, 200, OK),
    ({"query": {"discover": {"context": []}}, "using": "d"}, 400, UNTAGGED),
    ({"query": {"context": []}, "using": "d"}, 200, OK),
    ({"query": {"context": [{"positive": 1}]}, "using": "d"}, 400, UNTAGGED),
    ({"query": {"relevance_feedback": {"target": A, "feedback": [],
                                       "strategy": {"naive": {"a": 1, "b": 1, "c": 1}}}},
      "using": "d"}, 422, INVALID + "internal.query.relevance_feedback: feedback elements must"),
    # What is no query at all.
    ({"query": {}}, 400, UNTAGGED),
    ({"query": "zz", "using": "d"}, 400, UNTAGGED),
    ({"query": 1.5, "using": "d"}, 400, UNTAGGED),
    ({"query": True, "using": "d"}, 400, UNTAGGED),
    ({"query": None}, 200, OK),
]  # fmt: skip

VECTORS = [
    ({"s": {"indices": [1, 1], "values": [1, 2]}}, 422, INVALID + "points[0].vector.?.indices"),
    ({"s": {"indices": [1], "values": [1, 2]}}, 422, INVALID + "points[0].vector.?.values"),
    ({"s": A}, 400, SPARSE),
    ({"d": WORDS}, 400, SPARSE),
    ({"m": [A, [1]]}, 422, INVALID + "points[0].vector.?.data: all vectors must have the same"),
    ({"m": []}, 422, INVALID + "points[0].vector.?"),
    ({"m": [[]]}, 422, INVALID + "points[0].vector.?.data: all vectors must be non-empty]"),
    ({"m": [[1, 2]]}, 400, "Wrong input: Vector dimension error: expected dim: 4, got 2"),
    ({"zz": A}, 400, "Wrong input: Not existing vector name error: zz"),
    (A, 400, "Wrong input: Not existing vector name error: "),
    ("x", 400, "Format error in JSON body: points[0].vector"),
]


@pytest.fixture(scope="module")
def points(wire):
    wire.result("PUT", "/collections/odd", CONFIG)
    batch = []
    for n in range(8):
        vectors = {"d": [n, 1, 0, 0], "m": [[n, 1, 0, 0], A], "s": {**WORDS, "values": [n + 1]}}
        payload = {"n": n, "zero": 0, "word": "x", "list": [1, 2]}
        batch.append({"id": n, "vector": vectors, "payload": payload})
    wire.result("PUT", "/collections/odd/points?wait=true", {"points": batch})
    index = {"field_name": "n", "field_schema": "integer"}
    wire.result("PUT", "/collections/odd/index?wait=true", index)
    yield "/collections/odd/points"
    wire.result("DELETE", "/collections/odd")


@pytest.mark.parametrize("body, status, text", QUERIES)
def test_query(wire, points, body, status, text):
    answer = wire.send("POST", points + "/query", body)
    assert answer.status_code == status, answer.text
    if text is OK:
        assert len(answer.json()["result"]["points"]) <= 10
    else:
        assert answer.json()["status"]["error"].startswith(text)
    if status != 422:
        # In a batch it is the same; its faults of form are told with their places.
        together = wire.send("POST", points + "/query/batch", {"searches": [body]})
        assert together.status_code == status, together.text


@pytest.mark.parametrize("vectors, status, text", VECTORS)
def test_vector(wire, points, vectors, status, text):
    point = {"id": 99, "vector": vectors}
    answer = wire.send("PUT", points + "?wait=true", {"points": [point]})
    assert answer.status_code == status, answer.text
    assert answer.json()["status"]["error"].startswith(text)
    assert wire.send("GET", points + "/99").status_code == 404


def test_bytes_are_cut_to_their_range(wire, points):
    point = {"id": 50, "vector": {"bytes": [256, -1, 1.7, 255]}}
    wire.result("PUT", points + "?wait=true", {"points": [point]})
    kept = wire.result("GET", points + "/50")["vector"]["bytes"]
    assert kept == [255.0, 0.0, 1.0, 255.0]
    wire.result("POST", points + "/delete?wait=true", {"points": [50]})
