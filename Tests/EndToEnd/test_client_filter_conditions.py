"""Conditions on texts, moments, places, counts, nested objects and ids through qdrant-client: each
with a known answer, which Qdrant's own engine must give too."""

import pytest
from edge_engine import EdgeEngine
from qdrant_client import models

PAYLOADS = {
    1: {"t": "The quick brown Fox", "at": "2024-01-01", "g": {"lon": 10, "lat": 20}, "n": [1, 2]},
    2: {"t": ["slow", "quick brown"], "at": ["2023-06-01T00:00:00Z", "2025-01-01 12:00"], "n": 5},
    3: {"t": ["brown", "quick"], "at": "soon", "g": [{"lon": 0, "lat": 0}, {"lon": 179, "lat": 1}]},
    4: {"t": 7, "at": 20240101, "g": {"lon": "10", "lat": "20"}, "n": None},
    5: {"rows": [{"x": 1, "y": 1, "in": [{"z": 1}]}, {"x": 2, "y": 2}], "n": []},
    6: {"rows": [{"x": 1, "y": 2, "in": [{"z": 2}]}, 7, None], "dotted": {"a.b": [1]}},
    7: {"rows": {"x": 1, "y": 2}, "list": [{"v": []}, {"v": [1]}]},
}
EVERYTHING = list(PAYLOADS)


def key(name, **condition) -> models.FieldCondition:
    return models.FieldCondition(key=name, **condition)


def text(kind, words) -> models.FieldCondition:
    kinds = {
        "text": models.MatchText, "text_any": models.MatchTextAny, "phrase": models.MatchPhrase,
        "prefix": models.MatchPrefix,
    }  # fmt: skip
    return key("t", match=kinds[kind](**{kind: words}))


def during(**bounds) -> models.FieldCondition:
    return key("at", range=models.DatetimeRange(**bounds))


def place(lat, lon) -> models.GeoPoint:
    return models.GeoPoint(lat=lat, lon=lon)


def ring(*corners) -> models.GeoLineString:
    return models.GeoLineString(points=[place(*corner) for corner in [*corners, corners[0]]])


def box(top, left, bottom, right) -> models.FieldCondition:
    corners = {"top_left": place(top, left), "bottom_right": place(bottom, right)}
    return key("g", geo_bounding_box=models.GeoBoundingBox(**corners))


def near(lat, lon, radius) -> models.FieldCondition:
    return key("g", geo_radius=models.GeoRadius(center=place(lat, lon), radius=radius))


def within(exterior, *interiors) -> models.FieldCondition:
    polygon = models.GeoPolygon(exterior=exterior, interiors=list(interiors) or None)
    return key("g", geo_polygon=polygon)


def count(name, **bounds) -> models.FieldCondition:
    return key(name, values_count=models.ValuesCount(**bounds))


def nested(name, **clauses) -> models.NestedCondition:
    return models.NestedCondition(
        nested=models.Nested(key=name, filter=models.Filter(**clauses))
    )


def value(name, wanted) -> models.FieldCondition:
    return key(name, match=models.MatchValue(value=wanted))


def slice_of(total, index) -> models.SliceCondition:
    return models.SliceCondition(slice=models.Slice(total=total, index=index))


SQUARE = ring((10, 5), (10, 16), (30, 16), (30, 5))
HOLE = ring((19, 9), (19, 11), (21, 11), (21, 9))
CASES = {
    "text": (text("text", "BROWN quick"), [1, 2]),
    "text of one word": (text("text", "quick!"), [1, 2, 3]),
    "text of part of a word": (text("text", "quic"), []),
    "text of nothing": (text("text", "..."), []),
    "text_any": (text("text_any", "fox slow"), [1, 2]),
    "phrase": (text("phrase", "quick brown"), [1, 2]),
    "phrase turned": (text("phrase", "brown quick"), []),
    "prefix": (text("prefix", "quick"), [2, 3]),
    "prefix of other case": (text("prefix", "the"), []),
    "prefix of nothing": (text("prefix", ""), [1, 2, 3]),
    "moment": (during(gte="2024-01-01T02:00:00+02:00"), [1, 2]),
    "moment before": (during(lt="2024-01-01T00:00:00Z"), [2]),
    "moment between": (during(gt="2023-06-01T00:00:00Z", lte="2024-01-01T00:00:00Z"), [1]),
    "box": (box(30, 5, 10, 16), [1]),
    "box has no edges": (box(20, 5, 10, 16), []),
    "box over the antimeridian": (box(5, 178, -5, -178), [3]),
    "radius": (near(20, 10.01, 1100), [1]),
    "radius too small": (near(20, 10.01, 1000), []),
    "radius over the antimeridian": (near(0, -179, 250_000), [3]),
    "polygon": (within(SQUARE), [1]),
    "polygon with a hole": (within(SQUARE, HOLE), []),
    "polygon has no edges": (within(ring((20, 5), (20, 16), (30, 16), (30, 5))), []),
    "count of none": (count("n", lt=1), [3, 4, 5, 6, 7]),
    "count of one": (count("n", gte=1, lte=1), [2]),
    "count of several": (count("n", gt=1), [1]),
    "count in array": (count("list[].v", gte=1), [7]),
    "nested": (nested("rows", must=[value("x", 1), value("y", 2)]), [6]),
    "nested in spelling with brackets": (nested("rows[]", must=[value("x", 1)]), [5, 6]),
    "nested with must_not": (nested("rows", must_not=[value("x", 1)]), [5]),
    "nested in nested": (nested("rows", must=[nested("in", must=[value("z", 2)])]), [6]),
    "nested asks nothing": (nested("rows"), [5, 6]),
    "nested knows no ids": (nested("rows", must=[models.HasIdCondition(has_id=[5])]), []),
    "flag of emptiness": (key("list[].v", is_empty=False), [7]),
    "flag of null": (key("n", is_null=True), [4]),
    "index step": (value("rows[0].y", 2), [6]),
    "quoted step": (value('dotted."a.b"[]', 1), [6]),
    "slice": (slice_of(3, 1), [3, 6, 7]),
    "slice of one": (slice_of(1, 0), EVERYTHING),
}


@pytest.fixture(scope="module")
def filled(client):
    name = "filter-conditions"
    params = models.VectorParams(size=2, distance=models.Distance.DOT)
    client.create_collection(name, vectors_config=params)
    points = [
        models.PointStruct(id=id, vector=[1.0, 0.0], payload=payload)
        for id, payload in PAYLOADS.items()
    ]
    client.upsert(name, points)
    return name


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = EdgeEngine(tmp_path_factory.mktemp("edge") / "shard")
    points = [{"id": id, "vector": [1.0, 0.0], "payload": p} for id, p in PAYLOADS.items()]
    engine.change("upsert", {"points": points})
    yield engine
    engine.close()


@pytest.mark.parametrize("case", CASES)
def test_condition(client, filled, engine, case):
    condition, expected = CASES[case]
    filter = models.Filter(must=[condition])
    wire_form = filter.model_dump(mode="json", exclude_none=True, by_alias=True)
    assert sorted(engine.ids(wire_form)) == expected
    records, _ = client.scroll(filled, scroll_filter=filter, limit=100)
    assert [record.id for record in records] == expected
    assert client.count(filled, count_filter=filter).count == len(expected)
    hits = client.query_points(filled, [1.0, 0.0], query_filter=filter, limit=100).points
    assert sorted(hit.id for hit in hits) == expected
    rest = client.count(filled, count_filter=models.Filter(must_not=[condition]))
    assert rest.count == len(PAYLOADS) - len(expected)


@pytest.mark.parametrize(
    ("condition", "status", "text"),
    [
        ({"key": "a"}, 422, "At least one field condition must be specified"),
        ({"key": "a", "range": {"gt": "soon"}}, 400, "'soon' is not in a supported date/time"),
        ({"key": "a", "match": {"text": 1}}, 400, "expected a string"),
        ({"key": "a", "geo_radius": {"center": {"lon": 1, "lat": 91}, "radius": 1}}, 400,
         "expected `lat` = 91 within [-90;90]"),
        ({"key": "a", "geo_polygon": {"exterior": {"points": []}}}, 400,
         "polygon invalid, the size must be at least 4, got 0"),
        ({"slice": {"total": 2, "index": 2}}, 422, "index must be less than total"),
        ({"nested": {"key": "a[", "filter": {}}}, 400, "Invalid json path"),
        ({"nested": {"key": "a", "filter": {"mist": []}}}, 400, "unknown field `mist`"),
        ({"what": {}}, 400, "untagged enum Condition"),
    ],
)  # fmt: skip
def test_refusals(wire, filled, condition, status, text):
    body = {"filter": {"must": [condition]}}
    answer = wire.send("POST", f"/collections/{filled}/points/count", body)
    assert answer.status_code == status
    assert text in answer.json()["status"]["error"]
