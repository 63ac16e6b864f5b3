"""Ordered pages, facets and groups, by payload indexes and beside the client's own store."""

import datetime
import random

import pytest
from grpc_calls import refused_either_way
from process import quiver
from qdrant_client import QdrantClient, models

RANDOM = random.Random(11)
TOTAL = 300
CITIES = ["Berlin", "London", "Moscow", "Ōsaka"]
LONDON = models.Filter(
    must=[models.FieldCondition(key="city", match=models.MatchValue(value="London"))]
)
INDEXES = {
    "city": "keyword", "n": "integer", "price": "float", "day": "datetime", "flag": "bool",
    "key": "uuid", "tags": "keyword", "pair": "integer",
}  # fmt: skip


def payload(number: int) -> dict:
    made = {
        "n": number, "city": CITIES[number % 4], "price": float(number // 7),
        "day": f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}T12:00:00Z",
        "flag": number % 3 == 0, "tags": RANDOM.sample(["a", "b", "c"], number % 4),
        "key": f"00000000-0000-0000-0000-{number % 5:012}", "pair": [number, TOTAL - number],
    }  # fmt: skip
    if number % 10 == 0:
        del made["price"]
    return made


POINTS = [
    models.PointStruct(
        id=number, vector=[RANDOM.uniform(-1, 1) for _ in range(4)], payload=payload(number)
    )
    for number in range(TOTAL)
]


def fill(client: QdrantClient, name: str, indexed: bool = True) -> None:
    client.create_collection(
        name, vectors_config=models.VectorParams(size=4, distance=models.Distance.DOT)
    )
    for start in range(0, TOTAL, 100):
        client.upsert(name, POINTS[start : start + 100])
    if indexed:
        for field, schema in INDEXES.items():
            client.create_payload_index(name, field, field_schema=schema)


@pytest.fixture(scope="module")
def name(client):
    fill(client, "orders")
    yield "orders"
    client.delete_collection("orders")


def pages(client, name, key, direction, condition=None, limit=23) -> list:
    """All points of an order, page by page, as Qdrant tells its users to ask for them."""
    got, start, seen = [], None, []
    while True:
        excluded = models.Filter(
            must=condition.must if condition else None,
            must_not=[models.HasIdCondition(has_id=seen)] if seen else None,
        )
        order = models.OrderBy(key=key, direction=direction, start_from=start)
        page, following = client.scroll(name, order_by=order, limit=limit, scroll_filter=excluded)
        assert following is None
        got += page
        if len(page) < limit:
            return got
        last = page[-1].payload[key]
        if last != start:
            seen = []
        start = last
        seen += [p.id for p in page if p.payload[key] == last]


@pytest.mark.parametrize("direction", list(models.Direction), ids=lambda d: d.value)
@pytest.mark.parametrize("key", ["n", "price", "day"])
@pytest.mark.parametrize("condition", [None, LONDON], ids=["all", "filtered"])
def test_every_point_in_order(client, name, key, direction, condition):
    wanted = [
        p for p in POINTS
        if key in p.payload and (condition is None or p.payload["city"] == "London")
    ]  # fmt: skip
    wanted.sort(key=lambda p: (p.payload[key], p.id), reverse=direction == models.Direction.DESC)
    got = pages(client, name, key, direction, condition)
    assert [p.id for p in got] == [p.id for p in wanted]


def test_order_values_and_start(client, name):
    order = models.OrderBy(key="price", start_from=3)
    page, _ = client.scroll(name, order_by=order, limit=3)
    assert [(p.id, p.order_value) for p in page] == [(21, 3.0), (22, 3.0), (23, 3.0)]
    order = models.OrderBy(key="day", direction="desc", start_from="2024-02-01T00:00:00Z")
    page, _ = client.scroll(name, order_by=order, limit=1)
    latest = max(p.payload["day"] for p in POINTS if p.payload["day"] < "2024-02")
    moment = datetime.datetime.fromisoformat(latest).timestamp()
    assert (page[0].payload["day"], page[0].order_value) == (latest, int(moment * 1_000_000))
    page, _ = client.scroll(name, order_by="n", limit=2, with_payload=False, with_vectors=True)
    assert not any(p.payload for p in page)
    assert [(p.id, len(p.vector), p.order_value) for p in page] == [(0, 4, 0), (1, 4, 1)]


def test_a_point_comes_once_for_each_value(client, name):
    page, _ = client.scroll(name, order_by="pair", limit=2 * TOTAL + 10)
    assert len(page) == 2 * TOTAL - 1  # one point has the same value twice
    values = [p.order_value for p in page]
    assert values == sorted(values)


def test_order_as_a_query(client, name):
    query = models.OrderByQuery(order_by=models.OrderBy(key="n", direction="desc"))
    points = client.query_points(name, query=query, limit=3, offset=2, query_filter=LONDON).points
    assert [(p.id, p.score, p.version, p.order_value) for p in points] == [
        (n, 1.0, 0, n) for n in (289, 285, 281)
    ]


@pytest.mark.parametrize(
    "body, text",
    [
        (
            {"order_by": "city"},
            "Wrong input: No range index for `order_by` key: `city`. Please create one to use "
            "`order_by`. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index "
            "to see which payload schemas support Range conditions",
        ),
        (
            {"order_by": "n", "offset": 10},
            "Wrong input: Cannot use an `offset` when using `order_by`. The alternative for paging "
            "is to use `order_by.start_from` and a filter to exclude the IDs that you've already "
            "seen for the `order_by.start_from` value",
        ),
    ],
)
def test_orders_that_are_refused(wire, name, body, text):
    answer = wire.send("POST", f"/collections/{name}/points/scroll", body)
    assert (answer.status_code, answer.json()["status"]["error"]) == (400, text)


def counted(field, condition=lambda p: True) -> list:
    counts = {}
    for point in POINTS:
        if condition(point.payload):
            value = point.payload[field]
            for each in set(value) if isinstance(value, list) else [value]:
                counts[each] = counts.get(each, 0) + 1
    return sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))


@pytest.mark.parametrize("field", ["city", "n", "flag", "key", "tags", "pair"])
@pytest.mark.parametrize("exact", [True, False])
def test_facets(client, name, field, exact):
    hits = client.facet(name, field, limit=1000, exact=exact).hits
    assert [(h.value, h.count) for h in hits] == counted(field)
    hits = client.facet(name, field, limit=2, exact=exact, facet_filter=LONDON).hits
    assert [(h.value, h.count) for h in hits] == counted(field, lambda p: p["city"] == "London")[:2]


def test_facets_that_are_refused(client, wire, name):
    answer = wire.send("POST", f"/collections/{name}/facet", {"key": "price"})
    assert answer.status_code == 400
    assert answer.json()["status"]["error"] == (
        "Wrong input: No appropriate index for faceting: `price`. Please create one to facet on "
        "this field. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to "
        "see which payload schemas support Match conditions"
    )
    with refused_either_way(422):
        client.facet(name, "city", limit=0)


def test_facets_follow_changes(client, new_collection):
    name = new_collection()
    client.create_payload_index(name, "c", field_schema="keyword")
    assert client.facet(name, "c").hits == []

    def hits() -> list:
        return [(h.value, h.count) for h in client.facet(name, "c").hits]

    for number in range(4):
        point = models.PointStruct(id=number, vector=[0] * 4, payload={"c": "x"})
        client.upsert(name, [point])
    assert hits() == [("x", 4)]
    client.set_payload(name, {"c": ["y", "x", "y"]}, points=[0])
    client.delete(name, [1])
    assert hits() == [("x", 3), ("y", 1)]
    client.clear_payload(name, [0, 2])
    assert hits() == [("x", 1)]


@pytest.mark.parametrize("indexed", [True, False])
def test_groups_have_the_best_points(client, name, indexed):
    field = "city" if indexed else "n"
    vector = [0.3, -0.2, 0.9, 0.1]
    ranked = client.query_points(name, query=vector, limit=TOTAL).points
    expected = {}
    for point in ranked:
        expected.setdefault(POINTS[point.id].payload[field], []).append((point.id, point.score))
    for limit, size in [(2, 3), (10, 50), (3, 1)]:
        groups = client.query_points_groups(
            name, query=vector, group_by=field, limit=limit, group_size=size
        ).groups
        assert [(g.id, [(h.id, h.score) for h in g.hits]) for g in groups] == [
            (value, hits[:size]) for value, hits in list(expected.items())[:limit]
        ]


def test_groups_of_arrays_and_other_values(client, new_collection):
    name = new_collection()
    values = ["s", 123, [1, 2, 3], ["a", "b", "a"], 2.42, [["x"]], {"o": 1}, [], None, True]
    values.append(["lost", 1.5])  # a value that makes no group takes its point out of all
    points = [
        models.PointStruct(id=i, vector=[0, 0, 1, i], payload={"v": value})
        for i, value in enumerate(values)
    ] + [models.PointStruct(id=99, vector=[0, 0, 1, 99])]
    client.upsert(name, points)
    for key in ["v", "v[]"]:
        groups = client.query_points_groups(
            name, query=[0, 0, 1, 0], group_by=key, limit=20, group_size=5, with_payload=True,
            with_vectors=True,
        ).groups  # fmt: skip
        ids = {g.id for g in groups}
        assert ids == ({"s", 123, 1, 2, 3, "a", "b"} if key == "v" else {1, 2, 3, "a", "b", "x"})
        for group in groups:
            assert len(group.hits) == 1 and group.hits[0].payload["v"] and group.hits[0].vector
    assert client.query_points_groups(name, query=[0, 0, 1, 0], group_by="nothing").groups == []


def test_groups_with_lookup(client, new_collection):
    name, documents = new_collection(), new_collection()
    client.upsert(
        name,
        [
            models.PointStruct(id=i, vector=[1, 0, 0, i], payload={"doc": i // 3})
            for i in range(12)
        ],
    )
    client.upsert(
        documents,
        [models.PointStruct(id=i, vector=[0, 0, 0, 1], payload={"t": f"d{i}"}) for i in range(3)],
    )

    def lookups(with_lookup) -> dict:
        groups = client.query_points_groups(
            name, query=[0, 0, 0, 1], group_by="doc", limit=4, with_lookup=with_lookup
        ).groups
        assert [g.id for g in groups] == [3, 2, 1, 0]
        return {g.id: g.lookup for g in groups}

    found = lookups(documents)
    assert found[3] is None
    assert (found[0].id, found[0].payload, found[0].vector) == (0, {"t": "d0"}, None)
    found = lookups(
        models.WithLookup(collection=documents, with_payload=False, with_vectors=True)
    )
    assert not found[1].payload and found[1].vector == [0, 0, 0, 1]
    with refused_either_way(404, "Collection nowhere not found"):
        lookups("nowhere")


def test_groups_without_a_query_and_by_order(client, name):
    groups = client.query_points_groups(name, group_by="city", limit=2, group_size=2).groups
    assert [(g.id, [h.id for h in g.hits]) for g in groups] == [
        ("Berlin", [0, 4]), ("London", [1, 5]),
    ]  # fmt: skip
    query = models.OrderByQuery(order_by=models.OrderBy(key="n", direction="desc"))
    groups = client.query_points_groups(name, query=query, group_by="city", limit=1).groups
    assert [(g.id, [h.order_value for h in g.hits]) for g in groups] == [("Ōsaka", [299, 295, 291])]


def test_older_groups(wire, name):
    body = {"vector": [1, 0, 0, 0], "group_by": "city", "group_size": 2, "limit": 3}
    old = wire.result("POST", f"/collections/{name}/points/search/groups", body)
    new = {**body, "query": body["vector"]}
    assert old == wire.result("POST", f"/collections/{name}/points/query/groups", new)
    body = {"positive": [1], "group_by": "city", "group_size": 2, "limit": 3}
    found = wire.result("POST", f"/collections/{name}/points/recommend/groups", body)
    assert len(found["groups"]) == 3


def test_estimated_count(client, name):
    assert client.count(name, exact=False).count == TOTAL
    assert client.count(name, LONDON, exact=True).count == TOTAL // 4
    assert client.count(name, LONDON, exact=False).count == TOTAL // 4
    unindexed = models.Filter(
        must=[models.FieldCondition(key="nothing", match=models.MatchValue(value=1))]
    )
    assert client.count(name, unindexed, exact=True).count == 0
    assert client.count(name, unindexed, exact=False).count == TOTAL // 2


def test_orders_and_facets_survive_kill(tmp_path):
    server = quiver(tmp_path)
    server.start()
    try:
        client = QdrantClient(url=server.url, check_compatibility=False)
        fill(client, "kept")
        for _ in range(2):
            page, _ = client.scroll("kept", order_by="price", limit=5)
            assert [p.id for p in page] == [1, 2, 3, 4, 5]
            hits = client.facet("kept", "city", limit=2).hits
            assert [(h.value, h.count) for h in hits] == counted("city")[:2]
            server.kill()
            server.start()
    finally:
        server.kill()
