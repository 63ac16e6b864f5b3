"""What a model would have to make a vector of, wherever a vector may stand: there is one model,
of texts, and of every other the refusal says what works."""

import pytest
from grpc_calls import refused_either_way
from qdrant_client import QdrantClient, models

DENSE = [1.0, 0.0, 0.0, 0.0]
THINGS = {
    "text": models.Document(text="a fox", model="some/model"),
    "image": models.Image(image="https://example.com/fox.png", model="some/clip"),
    "object": models.InferenceObject(object={"a": ["fox"]}, model="some/other"),
}
BM25_OF_AN_IMAGE = models.Image(image="https://example.com/fox.png", model="qdrant/bm25")


@pytest.fixture(scope="module")
def remote(server, transport, client):
    """A client that leaves it to the server to make vectors."""
    client = QdrantClient(
        url=server.url, grpc_port=server.grpc_port, prefer_grpc=transport == "grpc", timeout=60,
        cloud_inference=True,
    )  # fmt: skip
    yield client
    client.close()


@pytest.fixture(scope="module")
def collection(client):
    name = "documents"
    client.create_collection(
        name,
        {
            "d": models.VectorParams(size=4, distance=models.Distance.DOT),
            "m": models.VectorParams(
                size=4,
                distance=models.Distance.DOT,
                multivector_config=models.MultiVectorConfig(
                    comparator=models.MultiVectorComparator.MAX_SIM
                ),
            ),
        },
        sparse_vectors_config={"s": models.SparseVectorParams()},
    )
    words = models.SparseVector(indices=[1], values=[1.0])
    vectors = {"d": DENSE, "m": [DENSE], "s": words}
    client.upsert(name, [models.PointStruct(id=id, vector=vectors) for id in (1, 2)])
    yield name
    client.delete_collection(name)


def upsert(thing, using):
    point = models.PointStruct(id=9, vector={using: thing})
    return lambda client, name: client.upsert(name, [point])


def columns(thing, using):
    batch = models.Batch(ids=[9], vectors={using: [thing]})
    return lambda client, name: client.upsert(name, batch)


def update(thing, using):
    vectors = models.PointVectors(id=1, vector={using: thing})
    return lambda client, name: client.update_vectors(name, [vectors])


def batch(thing, using):
    points = models.PointsList(points=[models.PointStruct(id=9, vector={using: thing})])
    operation = models.UpsertOperation(upsert=points)
    return lambda client, name: client.batch_update_points(name, [operation])


def batch_of_vectors(thing, using):
    points = [models.PointVectors(id=1, vector={using: thing})]
    update = models.UpdateVectors(points=points)
    operation = models.UpdateVectorsOperation(update_vectors=update)
    return lambda client, name: client.batch_update_points(name, [operation])


def query(thing, using, make=lambda thing: thing):
    return lambda client, name: client.query_points(name, query=make(thing), using=using)


def nearest(thing, using):
    return query(thing, using, lambda thing: models.NearestQuery(nearest=thing))


def diverse(thing, using):
    mmr = models.Mmr(diversity=0.5)
    return query(thing, using, lambda thing: models.NearestQuery(nearest=thing, mmr=mmr))


def recommend(thing, using):
    def make(thing):
        return models.RecommendQuery(recommend=models.RecommendInput(positive=[1, thing]))

    return query(thing, using, make)


def discover(thing, using):
    def make(thing):
        pair = models.ContextPair(positive=1, negative=thing)
        return models.DiscoverQuery(discover=models.DiscoverInput(target=1, context=[pair]))

    return query(thing, using, make)


def context(thing, using):
    def make(thing):
        return models.ContextQuery(context=[models.ContextPair(positive=thing, negative=2)])

    return query(thing, using, make)


def feedback(thing, using):
    def make(thing):
        return models.RelevanceFeedbackQuery(
            relevance_feedback=models.RelevanceFeedbackInput(
                target=DENSE,
                feedback=[models.FeedbackItem(example=thing, score=0.5)],
                strategy=models.NaiveFeedbackStrategy(
                    naive=models.NaiveFeedbackStrategyParams(a=1, b=1, c=1)
                ),
            )
        )

    return query(thing, using, make)


def prefetch(thing, using):
    inner = models.Prefetch(prefetch=models.Prefetch(query=thing, using=using), query=1, using="d")
    fusion = models.FusionQuery(fusion=models.Fusion.RRF)
    return lambda client, name: client.query_points(name, prefetch=inner, query=fusion)


def query_batch(thing, using):
    requests = [models.QueryRequest(query=thing, using=using)]
    return lambda client, name: client.query_batch_points(name, requests)


def groups(thing, using):
    return lambda client, name: client.query_points_groups(
        name, query=thing, using=using, group_by="k"
    )


PLACES = [
    upsert, columns, update, batch, batch_of_vectors, query, nearest, diverse, recommend, discover,
    context, feedback, prefetch, query_batch, groups,
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_models_that_are_not_here(remote, collection, place):
    for kind, thing in THINGS.items():
        for using in ("d", "m", "s"):
            with refused_either_way(400, f"model `{thing.model}` is not available. Vectors can be"):
                place(thing, using)(remote, collection)
    with refused_either_way(400, "Only text input is supported for qdrant/bm25."):
        place(BM25_OF_AN_IMAGE, "s")(remote, collection)
    assert remote.count(collection).count == 2


# The target of the feedback is dense.
TAKING_SPARSE = [place for place in PLACES if place is not feedback]


@pytest.mark.parametrize("place", TAKING_SPARSE, ids=lambda place: place.__name__)
def test_the_model_that_is_here(remote, collection, place):
    text = models.Document(text="a quick fox", model="qdrant/bm25")
    place(text, "s")(remote, collection)
    with refused_either_way(400, "Conversion between sparse and regular vectors failed"):
        place(text, "d")(remote, collection)
    remote.delete(collection, [9])
    with refused_either_way(400, "Invalid BM25 config"):
        wrong = models.Document(text="a fox", model="qdrant/bm25", options={"language": 7})
        place(wrong, "s")(remote, collection)
    with refused_either_way(400):
        nameless = models.Document(text="a fox", model="")
        place(nameless, "s")(remote, collection)
