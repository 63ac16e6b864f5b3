"""`?explain=true`: what a query looked at, in a member of the answer that clients pass over."""

import random

import pytest
from process import until

COUNT = 2000


@pytest.fixture(scope="module")
def filled(wire):
    """A collection whose vector `a` is indexed, and another one of each kind that is not."""
    wire.result("PUT", "/collections/explained", {
        "vectors": {
            "a": {"size": 16, "distance": "Cosine"},
            "b": {"size": 4, "distance": "Dot", "multivector_config": {"comparator": "max_sim"}}},
        "sparse_vectors": {"s": {}}, "optimizers_config": {"indexing_threshold": 20},
    })  # fmt: skip
    numbers = random.Random(3)
    wire.result("PUT", "/collections/explained/points?wait=true", {"points": [
        {"id": n, "payload": {"k": n % 50, "free": n % 2},
         "vector": {"a": [numbers.gauss(0, 1) for _ in range(16)], "b": [[1, n, 2, 3]],
                    "s": {"indices": [1], "values": [n]}}}
        for n in range(COUNT)]})  # fmt: skip
    wire.result("PUT", "/collections/explained/index?wait=true",
                {"field_name": "k", "field_schema": "integer"})  # fmt: skip
    until(lambda: wire.result("GET", "/collections/explained").get("ivf", {})
          .get("a", {}).get("state") == "ready")  # fmt: skip
    return wire


def explained(wire, body, path="query"):
    answer = wire.send("POST", f"/collections/explained/points/{path}?explain=true", body).json()
    return answer["result"], answer["explain"]["searches"]


def test_an_index_tells_its_lists(filled):
    body = {"query": [1] * 16, "using": "a", "limit": 10}
    result, [search] = explained(filled, body)
    assert result == filled.result("POST", "/collections/explained/points/query", body)
    assert search["method"] == "index" and search["using"] == "a"
    assert 0 < search["lists_read"] < search["lists"]
    assert 10 <= search["scored_points"] < COUNT and search["entries_read"] > 10
    _, [harder] = explained(filled, body | {"params": {"hnsw_ef": 512}})
    assert harder["entries_read"] > search["entries_read"]
    _, [exact] = explained(filled, body | {"params": {"exact": True}})
    assert exact == {"using": "a", "method": "scan", "scored_points": COUNT}


def test_what_upkeep_leaves_behind_is_what_searches_read(wire):
    """When no more points come, lists are put in one piece, without the entries of points that are
    gone; the last lists of a round, too."""
    numbers = random.Random(4)
    wire.result("PUT", "/collections/packed", {
        "vectors": {"size": 16, "distance": "Euclid"},
        "optimizers_config": {"indexing_threshold": 20}})  # fmt: skip

    def put(ids):
        wire.result("PUT", "/collections/packed/points?wait=true", {"points": [
            {"id": n, "vector": [numbers.gauss(0, 1) for _ in range(16)]} for n in ids]})

    def entries():
        body = {"query": [0] * 16, "limit": 1, "params": {"hnsw_ef": 1_000_000}}
        answer = wire.send("POST", "/collections/packed/points/query?explain=true", body).json()
        [search] = answer["explain"]["searches"]
        return search["method"], search.get("entries_read")

    put(range(4000))
    until(lambda: wire.result("GET", "/collections/packed").get("ivf", {})
          .get("", {}).get("state") == "ready")  # fmt: skip
    assert entries() == ("index", 8000)
    put(range(4000, 5200))
    wire.result("POST", "/collections/packed/points/delete?wait=true",
                {"points": list(range(0, 600, 2))})  # fmt: skip
    until(lambda: entries() == ("index", 9800))


def test_what_is_said_of_quantization_steers_the_index(filled):
    """How far its codes are trusted, and how much is looked at; scores are exact all the same."""
    numbers = random.Random(8)
    # Too few for the index to be calibrated with them, which would change what is compared.
    queries = [[numbers.gauss(0, 1) for _ in range(16)] for _ in range(10)]
    scores = []
    for query in queries:
        body = {"query": query, "using": "a", "limit": COUNT, "params": {"exact": True}}
        found, _ = explained(filled, body)
        scores.append({point["id"]: point["score"] for point in found["points"]})

    def effort(quantization) -> dict:
        total = dict.fromkeys(("lists_read", "entries_read", "scored_points"), 0)
        for query, exact in zip(queries, scores):
            params = {"quantization": quantization}
            body = {"query": query, "using": "a", "limit": 10, "params": params}
            result, [search] = explained(filled, body)
            assert search["method"] == "index" and len(result["points"]) == 10
            assert all(exact[point["id"]] == point["score"] for point in result["points"])
            total = {name: total[name] + search[name] for name in total}
        return total

    plain = effort(None)
    assert effort({"rescore": True}) == plain
    blind = effort({"rescore": False})
    assert blind["entries_read"] == plain["entries_read"]
    assert blind["scored_points"] < plain["scored_points"]
    assert effort({"ignore": True})["scored_points"] > plain["scored_points"]
    more = effort({"oversampling": 4.0})
    assert all(more[name] > plain[name] for name in plain)


def test_filters(filled):
    body = {"query": [1] * 16, "using": "a", "limit": 10}
    few = {"must": [{"key": "k", "match": {"value": 7}}]}
    _, [search] = explained(filled, body | {"filter": few})
    assert search == {"using": "a", "method": "scan", "filtered_points": COUNT // 50,
                      "scored_points": COUNT // 50}  # fmt: skip
    free = {"must": [{"key": "free", "match": {"value": 1}}]}
    _, [search] = explained(filled, body | {"filter": free})
    assert search["method"] == "records" and 10 <= search["records_read"] <= COUNT


def test_other_vectors_and_trees(filled):
    words = {"indices": [1], "values": [1]}
    _, searches = explained(filled, {
        "prefetch": [{"query": words, "using": "s"}, {"query": [1] * 16, "using": "a"},
                     {"query": [[1, 2, 3, 4]], "using": "b"}],
        "query": {"fusion": "rrf"}, "limit": 5,
    })  # fmt: skip
    methods = {search["using"]: search["method"] for search in searches}
    assert methods["s"] == "postings" and methods["a"] == "index" and len(searches) == 3
    _, searches = explained(filled, {"limit": 5})
    assert searches == []


def test_batches_and_groups(filled):
    one = {"query": [1] * 16, "using": "a", "limit": 3}
    other = {"query": {"indices": [1], "values": [1]}, "using": "s", "limit": 3}
    results, searches = explained(filled, {"searches": [one, other]}, "query/batch")
    assert len(results) == 2
    assert {search["using"]: search["method"] for search in searches} == {
        "a": "index", "s": "postings"}  # fmt: skip
    body = one | {"group_by": "k", "group_size": 2, "limit": 4}
    result, searches = explained(filled, body, "query/groups")
    assert result == filled.result("POST", "/collections/explained/points/query/groups", body)
    assert len(result["groups"]) == 4 and searches
    assert {search["using"] for search in searches} == {"a"}
    old = {"vector": {"name": "a", "vector": [1] * 16}, "limit": 3}
    for path, body in (("search/batch", {"searches": [old]}),
                       ("search/groups", old | {"group_by": "k", "group_size": 1})):  # fmt: skip
        assert explained(filled, body, path)[1], path


def test_older_routes_and_nothing_unasked(filled):
    body = {"vector": {"name": "a", "vector": [1] * 16}, "limit": 3}
    result, [search] = explained(filled, body, "search")
    assert len(result) == 3 and search["method"] == "index"
    for question in ("", "?explain=false"):
        answer = filled.send("POST", "/collections/explained/points/search" + question, body)
        assert set(answer.json()) == {"result", "status", "time"}
    answer = filled.send("POST", "/collections/explained/points/search?explain=yes", body)
    assert answer.status_code == 400
