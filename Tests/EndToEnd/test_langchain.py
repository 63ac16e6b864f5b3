"""The flow that tutorials teach: QdrantVectorStore of LangChain, unchanged, against our server."""

import uuid

import pytest
from hashing_embeddings import HashingEmbeddings
from langchain_core.documents import Document
from langchain_qdrant import QdrantVectorStore
from process import quiver
from qdrant_client import QdrantClient, models
from sentences import SENTENCES as TEXTS, ids

EMBEDDINGS = HashingEmbeddings()
DOCUMENTS = [
    Document(page_content=text, metadata={"source": source, "page": page, "tags": [source, "all"]})
    for text, source, page in TEXTS
]
IDS = ids(TEXTS)
ARCHERY = models.Filter(
    must=[
        models.FieldCondition(key="metadata.source", match=models.MatchValue(value="archery")),
        models.FieldCondition(key="metadata.page", range=models.Range(gte=2)),
    ]
)


def plain(documents) -> list:
    return [
        (d.page_content, {k: v for k, v in d.metadata.items() if k[0] != "_"}) for d in documents
    ]


def scored(pairs) -> list:
    return [(plain([document])[0], score) for document, score in pairs]


def with_tolerance(answer: list) -> list:
    return [
        (hit[0], pytest.approx(hit[1], abs=1e-5)) if isinstance(hit[1], float) else hit
        for hit in answer
    ]


def answers(client: QdrantClient, name: str) -> dict:
    """What a store answers to every kind of search that LangChain has."""
    store = QdrantVectorStore(client=client, collection_name=name, embedding=EMBEDDINGS)
    query = "which archer has arrows in the quiver"
    threshold = store.as_retriever(
        search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.6, "k": 10}
    )
    return {
        "search": plain(store.similarity_search(query, k=3)),
        "scores": scored(store.similarity_search_with_score(query, k=4)),
        "filter": scored(store.similarity_search_with_score(query, k=5, filter=ARCHERY)),
        "offset": plain(store.similarity_search(query, k=2, offset=1)),
        "score_threshold": scored(
            store.similarity_search_with_score(query, k=10, score_threshold=0.3)
        ),
        "retriever": plain(store.as_retriever(search_kwargs={"k": 2}).invoke(query)),
        "threshold": plain(threshold.invoke(query)),
        "mmr": plain(store.max_marginal_relevance_search(query, k=3, fetch_k=8, lambda_mult=0.3)),
        "by_vector": plain(
            store.similarity_search_by_vector(EMBEDDINGS.embed_query("bread oven"), k=2)
        ),
        "get_by_ids": sorted(plain(store.get_by_ids([IDS[4], IDS[9]])), key=lambda d: d[0]),
    }


def fill(client: QdrantClient, name: str) -> QdrantVectorStore:
    assert not client.collection_exists(name)
    params = models.VectorParams(size=EMBEDDINGS.size, distance=models.Distance.COSINE)
    assert client.create_collection(name, vectors_config=params)
    assert client.collection_exists(name)
    store = QdrantVectorStore(client=client, collection_name=name, embedding=EMBEDDINGS)
    assert store.add_documents(DOCUMENTS, ids=IDS) == IDS
    return store


@pytest.fixture(scope="module")
def expected():
    """The answers of the client library's own in-process store."""
    client = QdrantClient(":memory:")
    fill(client, "demo")
    found = answers(client, "demo")
    assert found["search"][0][0] in (TEXTS[0][0], TEXTS[1][0])
    return {kind: with_tolerance(answer) for kind, answer in found.items()}


def test_answers_survive_kill(tmp_path, expected):
    server = quiver(tmp_path)
    server.start()
    try:
        with_server = QdrantClient(url=server.url, check_compatibility=False)
        fill(with_server, "demo")
        found = answers(with_server, "demo")
        for kind, answer in expected.items():
            assert found[kind] == answer, kind
        server.kill()
        server.start()
        assert answers(with_server, "demo") == found
    finally:
        server.kill()


def test_filter_and_thresholds_choose_what_they_should(client):
    store = fill(client, "thresholds")
    hits = store.similarity_search_with_score("archer", k=10, filter=ARCHERY)
    assert {d.metadata["page"] for d, _ in hits} == {2, 3}
    assert {d.metadata["source"] for d, _ in hits} == {"archery"}
    everything = store.similarity_search_with_score("archer quiver", k=10)
    assert len(everything) == 10
    limit = everything[2][1] - 1e-4
    assert (
        len(store.similarity_search_with_score("archer quiver", k=10, score_threshold=limit)) == 3
    )


def test_delete_and_get_by_ids(client):
    store = fill(client, "deleting")
    assert store.delete(IDS[:3]) is True
    assert store.get_by_ids(IDS[:3]) == []
    assert client.count("deleting").count == len(IDS) - 3
    remaining = {d.page_content for d in store.similarity_search("archer arrows quiver", k=10)}
    assert remaining == {text for text, _, _ in TEXTS[3:]}
    undashed = uuid.UUID(IDS[5]).hex
    (found,) = store.get_by_ids([undashed])
    assert found.page_content == TEXTS[5][0]
    assert found.id == IDS[5] or found.metadata["_id"] == IDS[5]


def test_overwriting_a_document_keeps_one(client):
    store = fill(client, "overwriting")
    store.add_documents([Document(page_content="Something else", metadata={})], ids=[IDS[0]])
    assert client.count("overwriting").count == len(IDS)
    assert store.get_by_ids([IDS[0]])[0].page_content == "Something else"
    assert TEXTS[0][0] not in [d.page_content for d in store.similarity_search("arrow", k=10)]


@pytest.mark.parametrize("constructor", ["from_documents", "from_texts"])
def test_constructors_create_the_collection(server, client, constructor):
    name = f"made-{constructor}"
    where = {"url": server.url, "collection_name": name, "ids": IDS, "check_compatibility": False}
    if constructor == "from_documents":
        store = QdrantVectorStore.from_documents(DOCUMENTS, EMBEDDINGS, **where)
    else:
        store = QdrantVectorStore.from_texts(
            [d.page_content for d in DOCUMENTS], EMBEDDINGS,
            metadatas=[d.metadata for d in DOCUMENTS], **where,
        )  # fmt: skip
    (best,) = store.similarity_search("bread in the oven", k=1)
    assert best.metadata["source"] == "kitchen"
    assert client.count(name).count == len(IDS)
    again = QdrantVectorStore.from_existing_collection(
        embedding=EMBEDDINGS, collection_name=name, url=server.url
    )
    assert plain(again.similarity_search("bread in the oven", k=1)) == plain([best])
    QdrantVectorStore.from_texts(
        ["only one"], EMBEDDINGS, url=server.url, collection_name=name, force_recreate=True
    )
    assert client.count(name).count == 1


def test_named_vector(server, client):
    store = QdrantVectorStore.from_texts(
        [text for text, _, _ in TEXTS], EMBEDDINGS, url=server.url, collection_name="named",
        vector_name="text", distance=models.Distance.EUCLID,
    )  # fmt: skip
    pairs = store.similarity_search_with_score(TEXTS[6][0], k=3)
    assert pairs[0][0].page_content == TEXTS[6][0]
    assert pairs[0][1] == pytest.approx(0, abs=1e-5)
    assert [score for _, score in pairs] == sorted(score for _, score in pairs)
