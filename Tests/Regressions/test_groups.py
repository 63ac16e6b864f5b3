"""Points of a fused query have the scores in groups that they have without."""

import random
import uuid

import pytest

FUSIONS = [
    {"fusion": "rrf"},
    {"fusion": "dbsf"},
    {"rrf": {"k": 60}},
    {"rrf": {"weights": [1.0, 2.0, 3.0]}},
    {"formula": {"sum": ["$score", {"mult": [0.1, "weight"]}]}},
]


@pytest.fixture
def mixed(wire):
    """A collection of points with two dense vectors and a sparse one, in ten topics."""
    numbers = random.Random(5)
    name = f"mixed-{uuid.uuid4()}"
    answer = wire.send("PUT", f"/collections/{name}", {
        "vectors": {
            "a": {"size": 4, "distance": "Cosine"}, "b": {"size": 4, "distance": "Dot"},
        },
        "sparse_vectors": {"s": {"modifier": "idf"}},
    })  # fmt: skip
    assert answer.status_code == 200, answer.text
    points = [
        {
            "id": i,
            "vector": {
                "a": [numbers.random() for _ in range(4)],
                "b": [numbers.random() for _ in range(4)],
                "s": {
                    "indices": sorted(numbers.sample(range(20), 4)),
                    "values": [numbers.random() for _ in range(4)],
                },
            },
            # Some points belong to no group, some to two.
            "payload": {"weight": numbers.random()}
            | ([{}, {"topic": i % 12}, {"topic": [i % 12, i % 5]}][i % 3]),
        }
        for i in range(300)
    ]
    answer = wire.send("PUT", f"/collections/{name}/points?wait=true", {"points": points})
    assert answer.status_code == 200, answer.text
    yield name
    wire.send("DELETE", f"/collections/{name}")


def prefetches(fusion: dict) -> list:
    found = [
        {"query": [0.1, 0.2, 0.3, 0.4], "using": "a", "limit": 30},
        {"query": [0.4, 0.2, 0.3, 0.1], "using": "b", "limit": 30},
        {"query": {"indices": [1, 2, 3], "values": [1, 0.5, 1]}, "using": "s", "limit": 30},
    ]
    if "formula" in fusion:
        return [{"prefetch": found, "query": {"fusion": "rrf"}, "limit": 40}]
    return found


@pytest.mark.parametrize("fusion", FUSIONS, ids=lambda fusion: "-".join(map(str, fusion.items())))
def test_fused_groups_have_the_scores_of_the_query(wire, mixed, fusion):
    query = {"prefetch": prefetches(fusion), "query": fusion, "limit": 300, "with_payload": True}
    answer = wire.send("POST", f"/collections/{mixed}/points/query", query)
    assert answer.status_code == 200, answer.text
    expected: dict = {}
    for point in answer.json()["result"]["points"]:
        topics = point["payload"].get("topic", [])
        for topic in dict.fromkeys(topics if isinstance(topics, list) else [topics]):
            expected.setdefault(topic, []).append((point["id"], point["score"]))
    assert len(expected) > 8
    for limit, size in [(1, 1), (3, 1), (3, 3), (12, 2), (12, 50)]:
        request = query | {"group_by": "topic", "limit": limit, "group_size": size}
        answer = wire.send("POST", f"/collections/{mixed}/points/query/groups", request)
        assert answer.status_code == 200, answer.text
        groups = answer.json()["result"]["groups"]
        found = {g["id"]: [(hit["id"], hit["score"]) for hit in g["hits"]] for g in groups}
        full = [topic for topic in expected if len(expected[topic]) >= size]
        if full[:limit] == list(expected)[:limit] and len(expected) >= limit:
            assert list(found.items()) == [(t, expected[t][:size]) for t in list(expected)[:limit]]
        scores = {point: score for points in expected.values() for point, score in points}
        for hits in found.values():
            assert all(score == scores.get(point, score) for point, score in hits)
        # Where these are too few for the groups, there are others.
        assert len(groups) == min(limit, 10)
        if limit == 12 and size == 2:
            assert all(len(hits) == 2 for hits in found.values())


@pytest.mark.parametrize("mmr", [{"diversity": 0.9}, {"diversity": 0.5, "candidates_limit": 40}])
@pytest.mark.parametrize("limit", [1, 4])
def test_groups_of_a_diversified_search_are_filled(mixed, wire, mmr, limit):
    """Also where the first candidates are of many groups."""
    body = {
        "query": {"nearest": [0.1, 0.2, 0.3, 0.4], "mmr": mmr}, "using": "a", "group_by": "topic",
        "limit": limit, "group_size": 5,
    }  # fmt: skip
    answer = wire.send("POST", f"/collections/{mixed}/points/query/groups", body)
    assert answer.status_code == 200, answer.text
    groups = answer.json()["result"]["groups"]
    assert len(groups) == limit
    assert [len(group["hits"]) for group in groups] == [5] * limit


def test_groups_of_a_sample_are_filled(mixed, wire):
    body = {"query": {"sample": "random"}, "group_by": "topic", "limit": 2, "group_size": 4}
    answer = wire.send("POST", f"/collections/{mixed}/points/query/groups", body)
    assert answer.status_code == 200, answer.text
    sizes = [len(group["hits"]) for group in answer.json()["result"]["groups"]]
    assert sizes == [4, 4]
