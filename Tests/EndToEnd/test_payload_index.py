"""Payload indexes through qdrant-client: created, described, used, dropped, durable."""

import random
import uuid

import pytest
from qdrant_client import QdrantClient, models

COUNT = 3000
WORDS = "red green blue black white grey".split()


def payload(number: int) -> dict:
    draw = random.Random(number)
    return {
        "word": draw.choice(WORDS) if number % 7 else [draw.choice(WORDS), "grey"],
        "count": draw.randrange(100) if number % 11 else None,
        "price": draw.random() * 100,
        "sold": number % 3 == 0,
        "when": f"2024-{draw.randrange(1, 13):02}-{draw.randrange(1, 28):02}T10:00:00Z",
        "owner": str(uuid.uuid5(uuid.NAMESPACE_URL, str(number % 50))),
        "place": {"lon": draw.uniform(-180, 180), "lat": draw.uniform(-90, 90)},
        "text": " ".join(draw.choice(WORDS) for _ in range(5)),
        "nested": {"tags": [draw.choice(WORDS) for _ in range(draw.randrange(3))]},
    }


SCHEMA = {
    "word": models.KeywordIndexParams(type="keyword", is_tenant=True),
    "count": models.IntegerIndexParams(type="integer", lookup=True, range=True),
    "price": models.PayloadSchemaType.FLOAT,
    "sold": models.PayloadSchemaType.BOOL,
    "when": models.DatetimeIndexParams(type="datetime", is_principal=True),
    "owner": models.UuidIndexParams(type="uuid", is_tenant=True),
    "place": models.PayloadSchemaType.GEO,
    "text": models.TextIndexParams(type="text", tokenizer="word", min_token_len=2, lowercase=True),
    "nested.tags": models.PayloadSchemaType.KEYWORD,
}


def key(name, **condition) -> models.FieldCondition:
    return models.FieldCondition(key=name, **condition)


def conditions() -> dict[str, models.FieldCondition]:
    berlin = models.GeoPoint(lon=13.4, lat=52.5)
    return {
        "word": key("word", match=models.MatchValue(value="red")),
        "words": key("word", match=models.MatchAny(any=["red", "grey"])),
        "other words": key("word", match=models.MatchExcept(**{"except": ["red"]})),
        "count": key("count", match=models.MatchValue(value=7)),
        "counts": key("count", range=models.Range(gte=20, lt=40)),
        "price": key("price", range=models.Range(gt=12.5, lte=20)),
        "sold": key("sold", match=models.MatchValue(value=True)),
        "when": key(
            "when",
            range=models.DatetimeRange(gte="2024-03-01T00:00:00Z", lt="2024-06-01T00:00:00Z"),
        ),
        "owner": key("owner", match=models.MatchValue(value=payload(3)["owner"])),
        "place": key("place", geo_radius=models.GeoRadius(center=berlin, radius=2_000_000)),
        "box": key(
            "place",
            geo_bounding_box=models.GeoBoundingBox(
                top_left=models.GeoPoint(lon=170, lat=60),
                bottom_right=models.GeoPoint(lon=-100, lat=-60),
            ),
        ),
        "text": key("text", match=models.MatchText(text="Red blue")),
        "tags": key("nested.tags", match=models.MatchValue(value="black")),
        "no tags": models.IsEmptyCondition(is_empty=models.PayloadField(key="nested.tags")),
        "no count": models.IsNullCondition(is_null=models.PayloadField(key="count")),
    }


def filters() -> list[models.Filter]:
    alone = [models.Filter(must=[condition]) for condition in conditions().values()]
    negated = [models.Filter(must_not=[condition]) for condition in conditions().values()]
    draw = random.Random(1)
    mixed = []
    for _ in range(30):
        some = draw.sample(list(conditions().values()), 4)
        mixed.append(models.Filter(must=some[:1], must_not=some[1:2], should=some[2:]))
    return alone + negated + mixed


def answers(client, name) -> list:
    result = []
    for number, chosen in enumerate(filters()):
        points, _ = client.scroll(name, scroll_filter=chosen, limit=COUNT, with_payload=False)
        count = client.count(name, count_filter=chosen, exact=True).count
        assert count == len(points)
        draw = random.Random(number)
        query = [draw.random() for _ in range(8)]
        hits = client.query_points(name, query=query, query_filter=chosen, limit=5).points
        result.append(([point.id for point in points], [(hit.id, hit.score) for hit in hits]))
    return result


def fill(client, name) -> None:
    client.create_collection(
        name, vectors_config=models.VectorParams(size=8, distance=models.Distance.DOT)
    )
    for start in range(0, COUNT, 500):
        client.upsert(
            name,
            [
                models.PointStruct(
                    id=number,
                    vector=[random.Random(number).random() for _ in range(8)],
                    payload=payload(number),
                )
                for number in range(start, start + 500)
            ],
        )


def test_filters_pass_the_same_points_with_and_without_indexes(service):
    client = QdrantClient(url=service.url, timeout=60)
    fill(client, "things")
    expected = answers(client, "things")
    for field, schema in SCHEMA.items():
        result = client.create_payload_index("things", field, field_schema=schema, wait=True)
        assert result.status == models.UpdateStatus.COMPLETED
    assert answers(client, "things") == expected

    described = client.get_collection("things").payload_schema
    assert set(described) == set(SCHEMA)
    missing = sum(payload(number)["count"] is None for number in range(COUNT))
    empty = sum(not payload(number)["nested"]["tags"] for number in range(COUNT))
    assert described["word"].points == COUNT
    assert described["count"].points == COUNT - missing
    assert described["nested.tags"].points == COUNT - empty
    assert described["word"].params == SCHEMA["word"]
    assert described["count"].params == SCHEMA["count"]
    assert described["price"].params is None
    assert described["text"].params == SCHEMA["text"]

    assert service.terminate() == 0
    service.start()
    client = QdrantClient(url=service.url, timeout=60)
    # Right from the start, when indexes are not built yet, and later.
    assert answers(client, "things") == expected
    for field, schema in SCHEMA.items():
        client.create_payload_index("things", field, field_schema=schema, wait=True)
    again = client.get_collection("things")
    assert again.payload_schema == described
    assert again.status == models.CollectionStatus.GREEN
    assert answers(client, "things") == expected

    client.delete(
        "things", models.FilterSelector(filter=models.Filter(must=[conditions()["sold"]]))
    )
    left = client.count("things").count
    assert left == COUNT - COUNT // 3
    assert client.get_collection("things").payload_schema["word"].points == left
    for field in SCHEMA:
        client.delete_payload_index("things", field)
    assert client.get_collection("things").payload_schema == {}


def test_an_index_is_created_while_writes_go_on(client, new_collection):
    name = new_collection()
    client.upsert(
        name,
        [
            models.PointStruct(id=number, vector=[1, 0, 0, 0], payload={"k": number % 10})
            for number in range(2000)
        ],
    )
    client.create_payload_index(name, "k", field_schema="integer", wait=False)
    for number in range(0, 300, 3):
        client.set_payload(name, {"k": 77}, points=[number])
    client.create_payload_index(name, "k", field_schema="integer", wait=True)
    moved = models.Filter(must=[key("k", match=models.MatchValue(value=77))])
    assert client.count(name, count_filter=moved).count == 100
    rest = models.Filter(must=[key("k", range=models.Range(lt=10))])
    assert client.count(name, count_filter=rest).count == 1900


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"field_name": "a"}, 400, "Can't auto-detect field type"),
        ({"field_name": "a", "field_schema": "words"}, 400, "did not match any variant"),
        (
            {
                "field_name": "a",
                "field_schema": {"type": "integer", "lookup": False, "range": False},
            },
            422,
            "can't be both disabled",
        ),
    ],
)
def test_bad_schemas_are_refused(wire, new_collection, body, status, text):
    answer = wire.send("PUT", f"/collections/{new_collection()}/index", body)
    assert answer.status_code == status
    assert text in answer.json()["status"]["error"]


def test_a_missing_collection_is_named(wire):
    body = {"field_name": "a", "field_schema": "bool"}
    answer = wire.send("PUT", "/collections/nowhere/index", body)
    assert answer.status_code == 404
    error = "Not found: Collection `nowhere` doesn't exist!"
    assert answer.json()["status"]["error"] == error
    assert wire.send("DELETE", "/collections/nowhere/index/a").status_code == 404


def test_dropping_an_index_that_is_not_there_changes_nothing(client, new_collection):
    name = new_collection()
    assert client.delete_payload_index(name, "nothing").status == models.UpdateStatus.COMPLETED
