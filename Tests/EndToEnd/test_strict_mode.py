"""Bounds that a collection places on requests, in Qdrant's words, and that they survive a kill."""

import pytest
from process import quiver
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse

ON_CITY = {"must": [{"key": "city", "match": {"value": "Berlin"}}]}


class Strict:
    """A collection of five points whose bounds can be changed."""

    def __init__(self, wire, name: str):
        self.wire = wire
        self.path = f"/collections/{name}"

    def bounds(self, **settings) -> None:
        settings = {"enabled": True, **settings}
        assert self.wire.result("PATCH", self.path, {"strict_mode_config": settings})

    def refused(self, path: str, body, method="POST", status=400) -> str:
        answer = self.wire.send(method, self.path + path, body)
        assert answer.status_code == status, answer.text
        return answer.json()["status"]["error"]

    def accepted(self, path: str, body, method="POST"):
        return self.wire.result(method, self.path + path, body)


@pytest.fixture
def strict(new_collection, client, wire):
    name = new_collection()
    client.upsert(
        name,
        [
            models.PointStruct(id=n, vector=[0, 0, 0, n], payload={"city": "Berlin", "n": n})
            for n in range(1, 6)
        ],
    )
    return Strict(wire, name)


def search(**members) -> dict:
    return {"query": [0, 0, 0, 1], **members}


@pytest.mark.parametrize(
    "bound, path, good, bad, text",
    [
        (
            {"max_query_limit": 4}, "/points/query", search(limit=4), search(limit=5),
            'Bad request: Limit exceeded 5 > 4 for "limit". '
            'Help: Reduce the "limit" parameter to or below 4.',
        ),
        (
            {"max_query_limit": 4}, "/points/query", search(limit=4), search(),
            'Bad request: Limit exceeded 10 > 4 for "limit". '
            'Help: Reduce the "limit" parameter to or below 4.',
        ),
        # A limit that is left out is not held against the bound, where Qdrant does not.
        (
            {"max_query_limit": 4}, "/points/scroll", {}, {"limit": 5},
            'Bad request: Limit exceeded 5 > 4 for "limit". '
            'Help: Reduce the "limit" parameter to or below 4.',
        ),
        (
            {"max_query_limit": 15}, "/points/query/groups",
            search(group_by="n", limit=5), search(group_by="n", limit=10),
            'Bad request: Limit exceeded 30 > 15 for "limit". '
            'Help: Reduce the "limit" parameter to or below 15.',
        ),
        (
            {"max_query_limit": 15}, "/points/search/matrix/pairs",
            {"sample": 5, "limit": 2}, {"sample": 10, "limit": 2},
            'Bad request: Limit exceeded 20 > 15 for "limit". '
            'Help: Reduce the "limit" parameter to or below 15.',
        ),
        (
            {"max_query_limit": 2}, "/points/search/matrix/offsets", {}, {"sample": 3},
            'Bad request: Limit exceeded 3 > 2 for "limit". '
            'Help: Reduce the "limit" parameter to or below 2.',
        ),
        (
            {"search_max_hnsw_ef": 4}, "/points/query",
            search(params={"hnsw_ef": 4}), search(params={"hnsw_ef": 5}),
            'Bad request: Limit exceeded 5 > 4 for "hnsw_ef". '
            'Help: Reduce the "hnsw_ef" parameter to or below 4.',
        ),
        (
            {"search_allow_exact": False}, "/points/query",
            search(), search(params={"exact": True}),
            "Bad request: Exact search disabled!. Help: Set exact=false.",
        ),
        (
            {"search_allow_exact": False}, "/points/count", {"exact": False}, {},
            "Bad request: Exact search disabled!. Help: Set exact=false.",
        ),
        (
            {"search_max_oversampling": 1.9}, "/points/query",
            search(params={"quantization": {"oversampling": 1.5}}),
            search(params={"quantization": {"oversampling": 2.0}}),
            'Bad request: Limit exceeded 2 > 1.9 for "oversampling". '
            'Help: Reduce the "oversampling" parameter to or below 1.9.',
        ),
        (
            {"search_max_batchsize": 1}, "/points/query/batch",
            {"searches": [search()]}, {"searches": [search(), search()]},
            'Bad request: Limit exceeded 2 > 1 for "search batch size". '
            'Help: Reduce the "search batch size" parameter to or below 1.',
        ),
        (
            {"filter_max_conditions": 1}, "/points/scroll",
            {"filter": ON_CITY}, {"filter": {"must": ON_CITY["must"] * 2}},
            "Bad request: Filter condition limit reached (2 > 1). "
            "Help: Reduce the amount of conditions of your filter.",
        ),
        (
            {"condition_max_size": 2}, "/points/count",
            {"filter": {"must": [{"key": "n", "match": {"any": [1, 2]}}]}},
            {"filter": {"must": [{"key": "n", "match": {"any": [1, 2, 3]}}]}},
            "Bad request: Condition size limit reached (3 > 2). "
            "Help: Reduce the size of your condition.",
        ),
        (
            {"unindexed_filtering_update": False}, "/points/delete?wait=true",
            {"points": [99]}, {"filter": ON_CITY},
            'Bad request: Index required but not found for "city" of one of the following types: '
            "[keyword]. Help: Create an index for this key or use a different filter.",
        ),
    ],
)  # fmt: skip
def test_bounds(strict, bound, path, good, bad, text):
    strict.accepted(path, bad)
    strict.bounds(**bound)
    strict.accepted(path, good)
    assert strict.refused(path, bad) == text
    strict.bounds(enabled=False)
    strict.accepted(path, bad)


def test_values_of_a_facet(strict):
    strict.accepted("/index?wait=true", {"field_name": "city", "field_schema": "keyword"}, "PUT")
    strict.bounds(max_query_limit=4)
    strict.accepted("/facet", {"key": "city"})
    strict.accepted("/facet", {"key": "city", "limit": 4})
    assert strict.refused("/facet", {"key": "city", "limit": 5}) == (
        'Bad request: Limit exceeded 5 > 4 for "limit". '
        'Help: Reduce the "limit" parameter to or below 4.'
    )


def test_timeout(strict):
    strict.bounds(max_timeout=2)
    strict.accepted("/points/query?timeout=2", search())
    assert strict.refused("/points/query?timeout=3", search()) == (
        'Bad request: Limit exceeded 3 > 2 for "timeout". '
        'Help: Reduce the "timeout" parameter to or below 2.'
    )


def test_unindexed_reads_until_there_is_an_index(strict):
    strict.bounds(unindexed_filtering_retrieve=False)
    body = search(filter=ON_CITY)
    text = strict.refused("/points/query", body)
    assert '"city" of one of the following types: [keyword]' in text
    groups = search(group_by="city")
    assert strict.refused("/points/query/groups", groups) == (
        'Bad request: Index required but not found for "city". '
        "Help: Create an index supporting `match` for this key."
    )
    index = {"field_name": "city", "field_schema": "keyword"}
    strict.accepted("/index?wait=true", index, method="PUT")
    assert len(strict.accepted("/points/query", body)["points"]) == 5
    (group,) = strict.accepted("/points/query/groups", groups)["groups"]
    assert group["id"] == "Berlin"
    number = {"field_name": "n", "field_schema": "float"}
    strict.accepted("/index?wait=true", number, method="PUT")
    assert strict.refused("/points/query/groups", search(group_by="n")) == (
        'Bad request: Index of type "Float" found for "n". '
        "Help: Create an index supporting `match` for this key."
    )


def test_number_of_indexes(strict):
    strict.bounds(max_payload_index_count=1)
    index = {"field_name": "city", "field_schema": "keyword"}
    strict.accepted("/index?wait=true", index, method="PUT")
    text = strict.refused("/index?wait=true", {**index, "field_name": "n"}, method="PUT")
    assert text == (
        "Bad request: Collection already has the maximum number of payload indices (1). "
        "Help: Please delete an existing index before creating a new one."
    )


def points(*ids) -> dict:
    return {"points": [{"id": id_, "vector": [1, 2, 3, 4]} for id_ in ids]}


def test_sizes(strict):
    strict.bounds(upsert_max_batchsize=2)
    strict.accepted("/points", points(1, 2), method="PUT")
    text = strict.refused("/points", points(1, 2, 3), method="PUT")
    assert text.startswith('Bad request: Limit exceeded 3 > 2 for "upsert limit".')
    batch = {"operations": [{"upsert": points(1, 2, 3)}]}
    assert "upsert limit" in strict.refused("/points/batch", batch)
    assert "update limit" in strict.refused("/points/vectors", points(1, 2, 3), method="PUT")
    strict.bounds(max_timeout=5)
    vector = {"dense": {"size": 2, "distance": "Dot"}}
    index = {"field_name": "n", "field_schema": "integer"}
    for path, body in [("/points", points(1)), ("/vectors/more", vector), ("/index", index)]:
        text = strict.refused(path + "?timeout=6", body, method="PUT")
        assert text.startswith('Bad request: Limit exceeded 6 > 5 for "timeout".')
    strict.accepted("/points?timeout=5", points(1), method="PUT")
    strict.bounds(upsert_max_batchsize=100, max_points_count=6)
    strict.accepted("/points", points(6), method="PUT")
    text = strict.refused("/points", points(7), method="PUT")
    assert text == "Bad request: Max points count limit of 6 reached!"
    strict.bounds(max_points_count=100, max_collection_vector_size_bytes=96)
    assert "Max vector storage size" in strict.refused("/points", points(7), method="PUT")
    strict.bounds(
        max_collection_vector_size_bytes=1 << 20, max_collection_payload_size_bytes=10
    )
    assert "Max payload storage size" in strict.refused("/points", points(7), method="PUT")


def test_rates(strict, wire):
    strict.bounds(read_rate_limit=2, write_rate_limit=2)
    strict.accepted("/points/query", search())
    strict.accepted("/points/query", search())
    answer = wire.send("POST", f"{strict.path}/points/query", search())
    assert answer.status_code == 429
    assert 25 <= int(answer.headers["Retry-After"]) <= 30
    assert answer.json()["status"]["error"].startswith(
        "Rate limiting exceeded: Read rate limit exceeded: Operation requires 1 tokens but only 0."
    )
    answer = wire.send("PUT", f"{strict.path}/points", points(1, 2, 3))
    assert answer.status_code == 429 and "Retry-After" not in answer.headers
    assert answer.json()["status"]["error"] == (
        "Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter "
        "capacity, please try to split your request"
    )
    strict.accepted("/points", points(1, 2), method="PUT")
    assert "Write rate limit" in strict.refused("/points", points(1), method="PUT", status=429)
    strict.bounds(enabled=False)
    strict.accepted("/points", points(1, 2, 3), method="PUT")


def test_the_client_understands_rates(strict, client):
    name = strict.path.rsplit("/", 1)[1]
    strict.bounds(read_rate_limit=1)
    client.count(name)
    with pytest.raises(ResourceExhaustedResponse) as refusal:
        client.count(name)
    assert refusal.value.retry_after_s > 50


def test_settings_survive_kill(tmp_path):
    server = quiver(tmp_path)
    server.start()
    try:
        client = QdrantClient(url=server.url, check_compatibility=False)
        client.create_collection(
            "bounded", vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT),
            strict_mode_config=models.StrictModeConfig(enabled=True, max_query_limit=3),
        )  # fmt: skip
        client.update_collection(
            "bounded", strict_mode_config=models.StrictModeConfig(upsert_max_batchsize=1)
        )
        server.kill()
        server.start()
        config = client.get_collection("bounded").config.strict_mode_config
        assert config.model_dump(exclude_none=True) == {
            "enabled": True, "max_query_limit": 3, "upsert_max_batchsize": 1,
        }  # fmt: skip
        with pytest.raises(Exception, match="Limit exceeded 4 > 3"):
            client.query_points("bounded", query=[1, 1], limit=4)
    finally:
        server.kill()
