"""gRPC answers what the REST API answers."""

import random
import uuid

import numpy as np
import pytest
from qdrant_client import models

DIMENSION = 8


def payload(number: int, source: random.Random) -> dict:
    return {
        "city": source.choice(["Berlin", "Oslo", "Rome", "København"]),
        "count": number,
        "huge": 2**53 + number,
        "price": number / 4,
        "whole": float(number),
        "open": source.random() < 0.5,
        "nothing": None,
        "tags": [source.choice("abc") for _ in range(source.randrange(4))],
        "place": {"lon": source.uniform(-180, 180), "lat": source.uniform(-90, 90)},
        "when": f"2024-0{1 + number % 9}-11T10:00:00Z",
        "nested": [{"x": number % 3, "y": {"z": "deep"}}, {}],
        "text": f"the quick brown fox number {number}",
    }


@pytest.fixture(scope="module")
def collection(client, over_grpc):
    """A collection that is written through gRPC."""
    source = random.Random(7)
    name = "differential"
    assert over_grpc.create_collection(
        name,
        vectors_config={
            "a": models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE),
            "b": models.VectorParams(
                size=4, distance=models.Distance.EUCLID, on_disk=True,
                hnsw_config=models.HnswConfigDiff(m=8),
            ),
        },
        hnsw_config=models.HnswConfigDiff(ef_construct=64, full_scan_threshold=20_000),
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=0),
        quantization_config=models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.75)
        ),
        metadata={"owner": "us", "since": 2024},
    )  # fmt: skip
    points = []
    for number in range(120):
        vectors = {"a": [source.uniform(-1, 1) for _ in range(DIMENSION)]}
        if number % 3:
            vectors["b"] = [source.uniform(-1, 1) for _ in range(4)]
        identifier = number if number % 4 else str(uuid.UUID(int=number + 1))
        points.append(
            models.PointStruct(id=identifier, vector=vectors, payload=payload(number, source))
        )
    result = over_grpc.upsert(name, points, wait=True)
    assert result.status == models.UpdateStatus.COMPLETED
    for field, schema in [
        ("city", models.PayloadSchemaType.KEYWORD),
        ("count", models.IntegerIndexParams(type="integer", lookup=True, range=True)),
        ("tags", models.KeywordIndexParams(type="keyword", is_tenant=False)),
        (
            "text",
            models.TextIndexParams(
                type="text", tokenizer=models.TokenizerType.WORD, lowercase=True,
                stopwords=models.StopwordsSet(languages=[models.Language.ENGLISH]),
                stemmer=models.SnowballParams(
                    type=models.Snowball.SNOWBALL, language=models.SnowballLanguage.ENGLISH
                ),
            ),
        ),
    ]:  # fmt: skip
        assert over_grpc.create_payload_index(name, field, field_schema=schema, wait=True)
    yield name
    client.delete_collection(name)


def plain(value):
    """What a client returned, without models: 32-bit floats come as doubles of other digits."""
    if isinstance(value, float):
        return float(np.float32(value))
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(element) for element in value]
    return plain(value.model_dump()) if hasattr(value, "model_dump") else value


def without_nothing(value):
    value = plain(value)
    if not isinstance(value, dict):
        return value
    members = {name: without_nothing(member) for name, member in value.items()}
    return {name: member for name, member in members.items() if member not in (None, [], {})}


def key(name: str, **condition) -> models.FieldCondition:
    return models.FieldCondition(key=name, **condition)


VECTOR = [0.3, -0.2, 0.9, 0.1, 0.0, 0.4, -0.7, 0.25]
FILTERS = [
    None,
    models.Filter(must=[key("city", match=models.MatchValue(value="Oslo"))]),
    models.Filter(must_not=[key("city", match=models.MatchAny(any=["Oslo", "Rome"]))]),
    models.Filter(should=[key("count", match=models.MatchExcept(**{"except": [3, 4]}))]),
    models.Filter(must=[key("count", range=models.Range(gte=10, lt=60))]),
    models.Filter(must=[key("open", match=models.MatchValue(value=True))]),
    models.Filter(must=[key("text", match=models.MatchText(text="quick foxes"))]),
    models.Filter(must=[key("text", match=models.MatchTextAny(text_any="slow fox"))]),
    models.Filter(must=[key("tags", values_count=models.ValuesCount(gt=1))]),
    models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key="tags"))]),
    models.Filter(must=[models.IsNullCondition(is_null=models.PayloadField(key="nothing"))]),
    models.Filter(must=[models.HasIdCondition(has_id=[1, 2, 3, str(uuid.UUID(int=5))])]),
    models.Filter(must=[models.HasVectorCondition(has_vector="b")]),
    models.Filter(
        must=[
            models.NestedCondition(
                nested=models.Nested(
                    key="nested", filter=models.Filter(must=[key("x", range=models.Range(gt=0))])
                )
            )
        ]
    ),
    models.Filter(
        must=[
            key(
                "place",
                geo_bounding_box=models.GeoBoundingBox(
                    top_left=models.GeoPoint(lon=-90, lat=45),
                    bottom_right=models.GeoPoint(lon=90, lat=-45),
                ),
            )
        ]
    ),
    models.Filter(
        must=[
            key(
                "place",
                geo_radius=models.GeoRadius(
                    center=models.GeoPoint(lon=10, lat=10), radius=5_000_000
                ),
            )
        ]
    ),
    models.Filter(
        must=[
            key("when", range=models.DatetimeRange(gte="2024-03-01T00:00:00Z", lt="2024-07-01"))
        ]
    ),
    models.Filter(
        min_should=models.MinShould(
            conditions=[
                key("city", match=models.MatchValue(value="Rome")),
                key("open", match=models.MatchValue(value=False)),
                key("count", range=models.Range(gt=50)),
            ],
            min_count=2,
        )
    ),
    models.Filter(must=[models.Filter(should=[key("count", range=models.Range(lte=5))])]),
]


@pytest.mark.parametrize("condition", FILTERS, ids=range(len(FILTERS)))
def test_reads_agree(client, over_grpc, collection, condition):
    for ask in [
        lambda c: c.count(collection, count_filter=condition),
        lambda c: c.scroll(
            collection, scroll_filter=condition, limit=50, with_vectors=True, with_payload=True
        ),
        lambda c: c.query_points(
            collection, query=VECTOR, using="a", query_filter=condition, limit=20,
            with_payload=["city", "nested"], with_vectors=["b"],
        ).points,
    ]:  # fmt: skip
        assert plain(ask(over_grpc)) == plain(ask(client))


PREFETCHES = [
    models.Prefetch(query=VECTOR, using="a", limit=30),
    models.Prefetch(query=[0.1, 0.2, 0.3, 0.4], using="b", limit=30, score_threshold=5.0),
    models.Prefetch(
        prefetch=models.Prefetch(query=3, using="a", limit=40), query=VECTOR, using="a", limit=20,
        filter=models.Filter(must=[key("count", range=models.Range(lt=100))]),
    ),
]  # fmt: skip
QUERIES = {
    "prefetch": dict(prefetch=PREFETCHES, query=VECTOR, using="a", limit=15),
    "rrf": dict(prefetch=PREFETCHES, query=models.FusionQuery(fusion=models.Fusion.RRF)),
    "dbsf": dict(prefetch=PREFETCHES[:1], query=models.FusionQuery(fusion=models.Fusion.DBSF)),
    "rrf with weights": dict(
        prefetch=PREFETCHES, query=models.RrfQuery(rrf=models.Rrf(k=7, weights=[1.0, 2.0, 0.5]))
    ),
    "formula": dict(
        prefetch=PREFETCHES,
        query=models.FormulaQuery(
            formula=models.SumExpression(
                sum=[
                    "$score",
                    models.MultExpression(mult=[0.5, "$score[1]"]),
                    models.DivExpression(
                        div=models.DivParams(left="price", right="count", by_zero_default=2.0)
                    ),
                    models.MultExpression(mult=[0.25, key("city", match=models.MatchValue(
                        value="Oslo"))]),
                    models.NegExpression(neg=models.AbsExpression(abs="absent")),
                    models.GaussDecayExpression(
                        gauss_decay=models.DecayParamsExpression(
                            x=models.GeoDistance(
                                geo_distance=models.GeoDistanceParams(
                                    origin=models.GeoPoint(lon=10, lat=50), to="place"
                                )
                            ),
                            scale=1_000_000.0, midpoint=0.25,
                        )
                    ),
                    models.LinDecayExpression(
                        lin_decay=models.DecayParamsExpression(
                            x=models.DatetimeKeyExpression(datetime_key="when"),
                            target=models.DatetimeExpression(datetime="2024-05-05T00:00:00Z"),
                            scale=86_400.0 * 90,
                        )
                    ),
                    models.PowExpression(pow=models.PowParams(base=1.5, exponent=2.0)),
                    models.SqrtExpression(sqrt=models.ExpExpression(exp=0.5)),
                    models.Log10Expression(log10=models.LnExpression(ln=50.0)),
                ]
            ),
            defaults={"absent": 3.0, "$score[1]": 0.125},
        ),
    ),
    "feedback": dict(
        query=models.RelevanceFeedbackQuery(
            relevance_feedback=models.RelevanceFeedbackInput(
                target=VECTOR,
                feedback=[
                    models.FeedbackItem(example=1, score=0.9),
                    models.FeedbackItem(example=2, score=0.1),
                ],
                strategy=models.NaiveFeedbackStrategy(
                    naive=models.NaiveFeedbackStrategyParams(a=1.0, b=2.0, c=0.5)
                ),
            )
        ),
        using="a",
    ),
    "nearest": dict(query=VECTOR, using="a", limit=7, offset=3, with_payload=True),
    "threshold": dict(query=VECTOR, using="a", limit=50, score_threshold=0.2),
    "by id": dict(query=1, using="a", limit=5, with_vectors=True),
    "exact": dict(query=VECTOR, using="a", search_params=models.SearchParams(exact=True)),
    "recommend": dict(
        query=models.RecommendQuery(
            recommend=models.RecommendInput(
                positive=[1, VECTOR], negative=[2],
                strategy=models.RecommendStrategy.BEST_SCORE,
            )
        ),
        using="a",
    ),
    "discover": dict(
        query=models.DiscoverQuery(
            discover=models.DiscoverInput(
                target=VECTOR, context=[models.ContextPair(positive=1, negative=2)]
            )
        ),
        using="a",
    ),
    "context": dict(
        query=models.ContextQuery(context=[models.ContextPair(positive=1, negative=2)]), using="a"
    ),
    "order": dict(query=models.OrderByQuery(order_by="count"), limit=12),
    "order down": dict(
        query=models.OrderByQuery(
            order_by=models.OrderBy(
                key="count", direction=models.Direction.DESC, start_from=90
            )
        ),
        limit=12,
    ),
    "no query": dict(limit=9, with_payload=True),
    "mmr": dict(
        query=models.NearestQuery(nearest=VECTOR, mmr=models.Mmr(diversity=0.4)), using="a"
    ),
}  # fmt: skip


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_queries_agree(client, over_grpc, collection, query):
    answers = [plain(c.query_points(collection, **query).points) for c in (over_grpc, client)]
    assert answers[0] == answers[1]
    assert answers[0]


def test_other_searches_agree(client, over_grpc, collection):
    requests = [
        models.QueryRequest(query=VECTOR, using="a", limit=3, with_payload=True),
        models.QueryRequest(query=2, using="a", limit=4),
    ]
    asks = [
        lambda c: c.query_batch_points(collection, requests),
        lambda c: c.query_points_groups(
            collection, group_by="city", query=VECTOR, using="a", limit=3, group_size=2,
            with_payload=True,
        ),
        lambda c: c.facet(collection, key="city", exact=True),
        lambda c: c.facet(collection, key="count", limit=5, exact=True),
        lambda c: c.retrieve(collection, [1, 2, 3, 999], with_vectors=True),
        lambda c: c.retrieve(collection, [5], with_payload=models.PayloadSelectorExclude(
            exclude=["nested", "text"])),
        lambda c: c.scroll(collection, order_by="count", limit=5),
        lambda c: c.search_matrix_pairs(collection, sample=200, limit=2, using="a"),
        lambda c: c.search_matrix_offsets(collection, sample=200, limit=2, using="a"),
    ]  # fmt: skip
    for ask in asks:
        assert plain(ask(over_grpc)) == plain(ask(client))


def test_descriptions_agree(client, over_grpc, collection):
    over, rest = (c.get_collection(collection) for c in (over_grpc, client))
    assert over.config.params == rest.config.params
    assert over.config.hnsw_config == rest.config.hnsw_config
    assert over.config.quantization_config == rest.config.quantization_config
    assert over.config.metadata == rest.config.metadata
    # The protocol can't tell a list that is empty from one that is not there, and the client makes
    # a name of a list of one.
    schemas = [without_nothing(info.payload_schema) for info in (over, rest)]
    stopwords = [schema["text"]["params"].pop("stopwords") for schema in schemas]
    assert stopwords == ["english", {"languages": ["english"]}]
    assert schemas[0] == schemas[1]
    assert (over.points_count, over.status) == (rest.points_count, rest.status)
    assert over_grpc.get_collections() == client.get_collections()
    assert over_grpc.collection_exists(collection)
    assert not over_grpc.collection_exists("nowhere")


def test_payload_keeps_its_numbers(client, over_grpc, collection):
    over = over_grpc.retrieve(collection, [9])[0].payload
    rest = client.retrieve(collection, [9])[0].payload
    assert over == rest
    assert isinstance(over["whole"], float) and isinstance(over["count"], int)
    assert over["huge"] == 2**53 + 9
