"""Datatypes of sparse vectors: scores beside those of Qdrant's own engine, whose optimizer has made
one immutable segment of all rows; what comes back, changes, restarts and snapshots."""

import math
import pathlib
import random

import numpy
import pytest
import qdrant_edge as edge
from edge_engine import to_filter

POINTS = 1200
DATATYPES = ["float32", "float16", "uint8"]
# Of the same rows, with a modifier.
WEIGHED = {name: f"{name} by rarity" for name in DATATYPES}
LIMIT = 30


def draw_vector(draw, length=12) -> dict[int, float]:
    """Numbers that floats of 32 bits hold exactly, of both signs, no two of a vector alike."""
    steps = draw.sample(range(-4000, 10_000), length)
    indices = draw.sample(range(40), length)
    return {index: step / 8192 for index, step in zip(indices, steps)}


DRAW = random.Random(41)
ROWS = {id: draw_vector(DRAW) for id in range(1, POINTS + 1)}
QUERIES = [draw_vector(DRAW, 8) for _ in range(12)]


def sparse(vector: dict) -> dict:
    return {"indices": sorted(vector), "values": [vector[index] for index in sorted(vector)]}


def exact(query: dict, row: dict) -> float:
    return sum(query[index] * row[index] for index in query.keys() & row.keys())


def range_of(weights) -> float:
    return max(weights) - min(weights)


LISTS = [[row[index] for row in ROWS.values() if index in row] for index in range(40)]


def tolerance(datatype: str, query: dict, row: dict) -> float:
    """Both round by half a step: we between the extremes of a row, the engine of a list."""
    met = query.keys() & row.keys()
    if datatype != "uint8":
        return 1e-5 * sum(abs(query[index]) for index in met)
    ranges = {index: range_of(row.values()) + range_of(LISTS[index]) for index in met}
    return sum(abs(query[index]) * ranges[index] / 510 for index in met) * 1.001 + 1e-6


@pytest.fixture(scope="module")
def collection(wire):
    params = {name: {"index": {"datatype": name}} for name in DATATYPES}
    params |= {WEIGHED[name]: {**params[name], "modifier": "idf"} for name in DATATYPES}
    body = {"vectors": {"other": {"size": 2, "distance": "Dot"}}, "sparse_vectors": params}
    wire.result("PUT", "/collections/weights", body)
    for start in range(1, POINTS, 400):
        points = [
            {
                "id": id, "payload": {"third": id % 3},
                "vector": {**{name: sparse(ROWS[id]) for name in params}, "other": [id, 1]},
            }
            for id in range(start, start + 400)
        ]  # fmt: skip
        wire.result("PUT", "/collections/weights/points?wait=true", {"points": points})
    return "/collections/weights"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge") / "shard"
    folder.mkdir()
    kinds = edge.VectorStorageDatatype
    params = {}
    for name in DATATYPES:
        kind = getattr(kinds, name.capitalize())
        params[name] = edge.EdgeSparseVectorParams(datatype=kind)
        params[WEIGHED[name]] = edge.EdgeSparseVectorParams(
            datatype=kind, modifier=edge.Modifier.Idf
        )
    config = edge.EdgeConfig(
        sparse_vectors=params,
        optimizers=edge.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1),
    )
    shard = edge.EdgeShard.create(str(folder), config)
    vector = {id: edge.SparseVector(list(row), list(row.values())) for id, row in ROWS.items()}
    points = [
        edge.Point(id, {name: vector[id] for name in params}, {"third": id % 3}) for id in ROWS
    ]
    shard.update(edge.UpdateOperation.upsert_points(points))
    shard.optimize()
    yield shard
    shard.close()


def ask(wire, collection, body) -> list[tuple]:
    found = wire.result("POST", f"{collection}/points/query", body)["points"]
    return [(point["id"], point["score"]) for point in found]


def ask_engine(engine, query: dict, name: str, limit=POINTS, corpus=None) -> dict:
    vector = edge.SparseVector(list(query), list(query.values()))
    params = None if corpus is None else edge.SearchParams(idf=edge.IdfParams(to_filter(corpus)))
    request = edge.QueryRequest(
        limit=limit, query=edge.Query.Nearest(vector, name), with_payload=False, params=params
    )
    return {point.id: point.score for point in engine.query(request)}


def agree(datatype: str, query: dict, found: list, scores: dict, allowed=lambda id: True):
    """Scores are the engine's, and what is left out is no better than what is found."""
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)
    for id, score in found:
        assert score == pytest.approx(scores[id], abs=tolerance(datatype, query, ROWS[id]), rel=0)
    worst = found[-1][1]
    ids = {id for id, _ in found}
    for id, score in scores.items():
        if id not in ids and allowed(id):
            assert score <= worst + tolerance(datatype, query, ROWS[id])


@pytest.mark.parametrize("datatype", DATATYPES)
def test_scores_are_those_of_the_engine(wire, collection, engine, datatype):
    differing = 0
    for query in QUERIES:
        scores = ask_engine(engine, query, datatype)
        body = {"query": sparse(query), "using": datatype, "limit": LIMIT}
        found = ask(wire, collection, body)
        assert len(found) == LIMIT
        agree(datatype, query, found, scores)
        differing += sum(abs(s - exact(query, ROWS[id])) > 1e-6 for id, s in found)

        third = {"must": [{"key": "third", "match": {"value": 1}}]}
        filtered = ask(wire, collection, body | {"filter": third})
        agree(datatype, query, filtered, scores, lambda id: id % 3 == 1)
        # Only what is better than a threshold is found.
        worst = found[10][1]
        above = ask(wire, collection, body | {"score_threshold": worst})
        assert above == [(id, score) for id, score in found if score > worst]
        assert ask(wire, collection, body | {"offset": 7, "limit": 5}) == found[7:12]
        # A root over a prefetch scores the same.
        nested = {"prefetch": body | {"limit": 100}, "query": sparse(query), "using": datatype}
        assert ask(wire, collection, nested | {"limit": LIMIT}) == found
        groups = wire.result(
            "POST", f"{collection}/points/query/groups",
            {**body, "group_by": "third", "group_size": 1, "limit": 3},
        )["groups"]  # fmt: skip
        tops = [next((id, s) for id, s in ask(wire, collection, body | {"limit": 500})
                     if id % 3 == group["id"]) for group in groups]  # fmt: skip
        assert [(g["hits"][0]["id"], g["hits"][0]["score"]) for g in groups] == tops
    # The datatype does something.
    assert (differing > 0) == (datatype != "float32")


def rounded(row: dict, datatype: str) -> dict:
    """What a row's weights are in memory, by what the page on sparse vectors says."""
    if datatype == "float32":
        return row
    if datatype == "float16":
        return {index: float(numpy.float16(weight)) for index, weight in row.items()}
    least, step = min(row.values()), range_of(row.values()) / 255
    return {
        index: least + step * (round((weight - least) / step) if step else 0)
        for index, weight in row.items()
    }


def by_rarity(query: dict, rows: dict) -> dict:
    """The query's weights, each times how rare its index is."""
    held = {index: sum(index in row for row in rows.values()) for index in query}
    return {
        index: weight * math.log((len(rows) - held[index] + 0.5) / (held[index] + 0.5) + 1)
        for index, weight in query.items()
    }


def expect_formula(found: list, datatype: str, query: dict, rows: dict, passes=lambda id: True):
    """The very best of these rows, with the scores that their rounded weights give."""
    scores = {
        id: exact(query, rounded(row, datatype))
        for id, row in rows.items()
        if passes(id) and query.keys() & row.keys()
    }
    assert len(found) == min(LIMIT, len(scores))
    best = sorted(scores.values(), reverse=True)[: len(found)]
    assert [score for _, score in found] == pytest.approx(best, abs=1e-5, rel=0)
    for id, score in found:
        assert score == pytest.approx(scores[id], abs=1e-5, rel=0)


THIRD = {"must": [{"key": "third", "match": {"value": 1}}]}


@pytest.mark.parametrize("datatype", DATATYPES)
def test_rarity_multiplies_queries_of_rounded_rows(wire, collection, engine, datatype):
    using = WEIGHED[datatype]
    differing = 0
    for query in QUERIES:
        weighed = by_rarity(query, ROWS)
        body = {"query": sparse(query), "using": using, "limit": LIMIT}
        found = ask(wire, collection, body)
        expect_formula(found, datatype, weighed, ROWS)
        agree(datatype, weighed, found, ask_engine(engine, query, using))
        differing += sum(abs(s - exact(weighed, ROWS[id])) > 1e-5 for id, s in found)
        # A filter of the answer says nothing of how rare an index is.
        filtered = ask(wire, collection, body | {"filter": THIRD})
        expect_formula(filtered, datatype, weighed, ROWS, lambda id: id % 3 == 1)
        nested = {"prefetch": body | {"limit": 100}, "query": sparse(query), "using": using}
        assert ask(wire, collection, nested | {"limit": LIMIT}) == found
    assert (differing > 0) == (datatype != "float32")


@pytest.mark.parametrize("datatype", DATATYPES)
def test_rarity_in_a_corpus_of_its_own_over_rounded_rows(wire, collection, engine, datatype):
    using = WEIGHED[datatype]
    # The first three indices are rare among these rows and frequent among all.
    corpus = {"must": [{"has_id": [i for i, row in ROWS.items() if min(row) > 2 or i % 10 == 0]}]}
    members = {id: ROWS[id] for id in corpus["must"][0]["has_id"]}
    for scope, rows in ((corpus, members), (THIRD, {i: r for i, r in ROWS.items() if i % 3 == 1})):
        for query in QUERIES:
            weighed = by_rarity(query, rows)
            body = {"query": sparse(query), "using": using, "limit": LIMIT}
            body["params"] = {"idf": {"corpus": scope}}
            found = ask(wire, collection, body)
            expect_formula(found, datatype, weighed, ROWS)
            scores = ask_engine(engine, query, using, corpus=scope)
            agree(datatype, weighed, found, scores)
            # The corpus and what may be found are two things.
            other = {"must": [{"key": "third", "match": {"value": 2}}]}
            filtered = ask(wire, collection, body | {"filter": other})
            expect_formula(filtered, datatype, weighed, ROWS, lambda id: id % 3 == 2)


@pytest.mark.parametrize("datatype", DATATYPES)
def test_rarity_over_rounded_rows_counts_what_lives(wire, server, datatype):
    collection = f"/collections/living-{datatype}"
    words = {"words": {"index": {"datatype": datatype}, "modifier": "idf"}}
    wire.result("PUT", collection, {"vectors": {}, "sparse_vectors": words})
    rows = {id: row for id, row in ROWS.items() if id <= 700}

    def put(changed: dict):
        points = [{"id": id, "vector": {"words": sparse(row)}} for id, row in changed.items()]
        wire.result("PUT", f"{collection}/points?wait=true", {"points": points})

    def check():
        for query in QUERIES[:4]:
            body = {"query": sparse(query), "using": "words", "limit": LIMIT}
            found = ask(wire, collection, body)
            expect_formula(found, datatype, by_rarity(query, rows), rows)

    put(rows)
    check()
    # Of the rows with the query's first index most go: it is rare then.
    first = min(QUERIES[0])
    gone = [id for id, row in rows.items() if first in row][5:]
    wire.result("POST", f"{collection}/points/delete?wait=true", {"points": gone})
    rows = {id: row for id, row in rows.items() if id not in gone}
    check()
    changed = {id: ROWS[id + 500] for id in list(rows)[:150]}
    put(changed)
    rows |= changed
    check()
    server.terminate()
    server.start()
    wire.url = server.url
    check()
    off = {"sparse_vectors": {"words": {"modifier": "none"}}}
    wire.result("PATCH", collection, off)
    query = QUERIES[0]
    found = ask(wire, collection, {"query": sparse(query), "using": "words", "limit": LIMIT})
    expect_formula(found, datatype, query, rows)


@pytest.mark.parametrize("datatype", DATATYPES)
def test_examples_are_asked_with_as_they_were_given(wire, collection, engine, datatype):
    query = {"recommend": {"positive": [7, 9], "negative": [11]}}
    found = ask(wire, collection, {"query": query, "using": datatype, "limit": LIMIT})
    indices = ROWS[7].keys() | ROWS[9].keys() | ROWS[11].keys()
    positive = {i: (ROWS[7].get(i, 0) + ROWS[9].get(i, 0)) / 2 for i in indices}
    mean = {i: 2 * positive[i] - ROWS[11].get(i, 0) for i in indices}
    scores = ask_engine(engine, mean, datatype)
    agree(datatype, mean, found, {i: s for i, s in scores.items() if i not in (7, 9, 11)})


def shown(wire, collection, ids) -> dict:
    body = {"ids": ids, "with_vector": DATATYPES}
    points = wire.result("POST", f"{collection}/points", body)
    return {point["id"]: point["vector"] for point in points}


def expect_given(vector: dict, id: int):
    """To the last bit of a float of 32 bits, whose shortest decimals JSON has."""
    values = [numpy.float32(value).item() for value in vector["values"]]
    assert {**vector, "values": values} == sparse(ROWS[id])


def expect_as_given(wire, collection, ids):
    for id, vectors in shown(wire, collection, ids).items():
        for name in DATATYPES:
            expect_given(vectors[name], id)


def test_vectors_come_back_as_they_were_given(wire, collection):
    expect_as_given(wire, collection, list(range(1, 60)))
    body = {"query": sparse(QUERIES[0]), "using": "uint8", "limit": 5, "with_vector": ["uint8"]}
    for payload in (True, False):
        found = wire.result(
            "POST", f"{collection}/points/query", body | {"with_payload": payload}
        )["points"]  # fmt: skip
        for point in found:
            expect_given(point["vector"]["uint8"], point["id"])


def test_changes_of_other_vectors_leave_them_as_they_were(wire, collection):
    before = ask(wire, collection, {"query": sparse(QUERIES[1]), "using": "uint8", "limit": 900})
    points = [{"id": id, "vector": {"other": [1, 1]}} for id in range(1, 100)]
    wire.result("PUT", f"{collection}/points/vectors?wait=true", {"points": points})
    expect_as_given(wire, collection, list(range(1, 100)))
    after = ask(wire, collection, {"query": sparse(QUERIES[1]), "using": "uint8", "limit": 900})
    assert sorted(before) == sorted(after)


def test_restarts_and_snapshots_keep_both(wire, server, collection):
    body = {"query": sparse(QUERIES[2]), "limit": LIMIT}
    before = [ask(wire, collection, body | {"using": name}) for name in DATATYPES]
    name = wire.result("POST", f"{collection}/snapshots?wait=true")["name"]
    server.terminate()
    server.start()
    wire.url = server.url
    assert [ask(wire, collection, body | {"using": name}) for name in DATATYPES] == before
    expect_as_given(wire, collection, [5, 105, 1105])
    storage = pathlib.Path(server.settings["QUIVER__STORAGE__STORAGE_PATH"])
    (file,) = storage.parent.rglob(name)
    wire.result("PUT", "/collections/recovered/snapshots/recover?wait=true",
                {"location": file.as_uri()})  # fmt: skip
    again = [ask(wire, "/collections/recovered", body | {"using": name}) for name in DATATYPES]
    assert [sorted(found) for found in again] == [sorted(found) for found in before]
    expect_as_given(wire, "/collections/recovered", [5, 105, 1105])


def rows_in_memory(wire, collection) -> dict:
    told = wire.result("GET", f"{collection}/memory")["sparse_vectors"]
    return {vector["name"]: vector["storage"]["ram_bytes"] for vector in told}


def test_a_changed_datatype_is_that_of_rows_to_come_and_of_all_after_a_start(wire, server):
    collection = "/collections/changed"
    wire.result("PUT", collection, {"vectors": {}, "sparse_vectors": {"words": {}}})

    def put(ids):
        points = [{"id": id, "vector": {"words": sparse(ROWS[id])}} for id in ids]
        wire.result("PUT", f"{collection}/points?wait=true", {"points": points})

    def off(ids) -> int:
        body = {"query": sparse(QUERIES[3]), "using": "words", "limit": POINTS}
        found = dict(ask(wire, collection, body))
        assert found
        return sum(
            abs(found[i] - exact(QUERIES[3], ROWS[i])) > 1e-6 for i in ids if i in found
        )

    first, second = range(1, 600), range(600, 1200)
    put(first)
    change = {"sparse_vectors": {"words": {"index": {"datatype": "uint8"}}}}
    wire.result("PATCH", collection, change)
    info = wire.result("GET", collection)["config"]["params"]["sparse_vectors"]
    assert info["words"]["index"]["datatype"] == "uint8"
    put(second)
    assert off(first) == 0 and off(second) > 500
    large = rows_in_memory(wire, collection)["words"]
    server.terminate()
    server.start()
    wire.url = server.url
    assert off(first) > 500 and off(second) > 500
    assert rows_in_memory(wire, collection)["words"] < large
    change["sparse_vectors"]["words"]["index"]["datatype"] = "float32"
    wire.result("PATCH", collection, change)
    server.terminate()
    server.start()
    wire.url = server.url
    assert off(range(1, 1200)) == 0
    body = {"ids": [3, 700], "with_vector": True}
    for point in wire.result("POST", f"{collection}/points", body):
        expect_given(point["vector"]["words"], point["id"])
