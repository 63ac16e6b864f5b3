"""QdrantDocumentStore of Haystack, unchanged, against our server and the client's own store."""

import pytest
from hashing_embeddings import HashingEmbeddings
from haystack import Document
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.components.retrievers.qdrant import QdrantEmbeddingRetriever
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore
from process import quiver
from qdrant_client import QdrantClient

EMBEDDINGS = HashingEmbeddings()
TEXTS = [
    ("The archer drew an arrow from the quiver", "archery", 1),
    ("A quiver holds the arrows of an archer", "archery", 2),
    ("The string of a bow is pulled by the archer", "archery", 3),
    ("Bread is baked in a hot oven", "kitchen", 1),
    ("The baker kneads dough and bakes bread in the oven", "kitchen", 2),
    ("A vector database finds the nearest records", "computing", None),
]
QUERY = EMBEDDINGS.embed_query("which archer has arrows in the quiver")


def documents() -> list[Document]:
    return [
        Document(
            content=text, meta={"topic": topic, "page": page, "tags": [topic, "all"]},
            embedding=EMBEDDINGS.embed_query(text),
        )  # fmt: skip
        for text, topic, page in TEXTS
    ]


def equal(field, value) -> dict:
    return {"field": f"meta.{field}", "operator": "==", "value": value}


FILTERS = {
    "==": equal("topic", "archery"),
    "!=": {"field": "meta.topic", "operator": "!=", "value": "archery"},
    ">": {"field": "meta.page", "operator": ">", "value": 1},
    "<=": {"field": "meta.page", "operator": "<=", "value": 2},
    "in": {"field": "meta.topic", "operator": "in", "value": ["kitchen", "computing"]},
    "not in": {"field": "meta.topic", "operator": "not in", "value": ["kitchen"]},
    "AND": {"operator": "AND", "conditions": [equal("topic", "archery"), equal("page", 2)]},
    "OR": {"operator": "OR", "conditions": [equal("topic", "kitchen"), equal("page", 3)]},
    "NOT": {"operator": "NOT", "conditions": [equal("topic", "kitchen"), equal("page", 1)]},
    "nested": {
        "operator": "AND",
        "conditions": [
            {"operator": "OR", "conditions": [equal("page", 1), equal("page", 3)]},
            {"operator": "NOT", "conditions": [equal("topic", "kitchen")]},
        ],
    },
}


def make(index: str, **options) -> QdrantDocumentStore:
    return QdrantDocumentStore(
        index=index, embedding_dim=EMBEDDINGS.size, progress_bar=False, return_embedding=True,
        **options,
    )  # fmt: skip


def scored(found) -> list:
    return [(d.id, d.content, d.meta, d.score) for d in found]


def answers(store: QdrantDocumentStore) -> dict:
    retriever = QdrantEmbeddingRetriever(document_store=store, top_k=3)
    given = {
        "count": store.count_documents(),
        "all": sorted((d.id, d.content, str(d.meta)) for d in store.filter_documents()),
        "retriever": scored(retriever.run(query_embedding=QUERY)["documents"]),
        "threshold": scored(
            retriever.run(query_embedding=QUERY, top_k=10, score_threshold=0.3)["documents"]
        ),
        "fields": store.get_metadata_fields_info(),
        "min_max": store.get_metadata_field_min_max("page"),
        "unique": store.get_metadata_field_unique_values("topic"),
    }
    for name, filters in FILTERS.items():
        given[f"filter {name}"] = sorted(d.content for d in store.filter_documents(filters))
        given[f"count {name}"] = store.count_documents_by_filter(filters)
        given[f"search {name}"] = scored(
            retriever.run(query_embedding=QUERY, filters=filters, top_k=10)["documents"]
        )
    return given


def with_tolerance(given: dict) -> dict:
    def near(hit):
        if isinstance(hit, tuple) and isinstance(hit[-1], float):
            return (*hit[:-1], pytest.approx(hit[-1], abs=1e-5))
        return hit

    return {k: [near(h) for h in v] if isinstance(v, list) else v for k, v in given.items()}


@pytest.fixture(scope="module")
def expected():
    """The answers of the client library's own in-process store."""
    store = make("demo", location=":memory:")
    assert store.write_documents(documents()) == len(TEXTS)
    return with_tolerance(answers(store))


def test_answers_survive_kill(tmp_path, expected):
    server = quiver(tmp_path)
    server.start()
    try:
        store = make("demo", url=server.url)
        assert store.write_documents(documents()) == len(TEXTS)
        first = answers(store)
        for kind, answer in expected.items():
            assert first[kind] == answer, kind
        server.kill()
        server.start()
        assert answers(make("demo", url=server.url)) == first
    finally:
        server.kill()


@pytest.fixture
def store(server, client):
    store = make("haystack", url=server.url, recreate_index=True)
    store.write_documents(documents())
    yield store
    client.delete_collection("haystack")


def test_duplicate_policies(store):
    changed = [Document(id=d.id, content="changed", embedding=QUERY) for d in documents()[:2]]
    with pytest.raises(DuplicateDocumentError):
        store.write_documents(changed, policy=DuplicatePolicy.FAIL)
    assert store.write_documents(changed, policy=DuplicatePolicy.SKIP) == 0
    assert "changed" not in [d.content for d in store.filter_documents()]
    assert store.write_documents(changed, policy=DuplicatePolicy.OVERWRITE) == 2
    contents = [d.content for d in store.filter_documents()]
    assert contents.count("changed") == 2 and len(contents) == len(TEXTS)


def test_documents_come_back_whole(store):
    (first, *_) = documents()
    (found,) = store.get_documents_by_id([first.id])
    assert (found.id, found.content, found.meta) == (first.id, first.content, first.meta)
    assert found.meta["page"] == 1
    (none,) = store.filter_documents(equal("topic", "computing"))
    assert "page" in none.meta and none.meta["page"] is None


def test_delete_by_id_by_filter_and_all(store):
    ids = [d.id for d in documents()]
    store.delete_documents(ids[:1])
    assert store.count_documents() == len(TEXTS) - 1
    assert store.delete_by_filter(equal("topic", "kitchen")) == 2
    assert {d.meta["topic"] for d in store.filter_documents()} == {"archery", "computing"}
    store.delete_all_documents()
    assert store.count_documents() == 0
    store.write_documents(documents())
    store.delete_all_documents(recreate_index=True)
    assert store.count_documents() == 0


def test_update_by_filter(store):
    assert store.update_by_filter(equal("topic", "kitchen"), {"page": 9, "new": True}) == 2
    assert store.count_documents_by_filter(equal("page", 9)) == 2
    assert store.count_documents_by_filter(equal("new", True)) == 2
    assert store.count_documents_by_filter(equal("topic", "kitchen")) == 2


def test_grouped_retrieval(store):
    retriever = QdrantEmbeddingRetriever(
        document_store=store, top_k=2, group_by="meta.topic", group_size=2
    )
    topics = [d.meta["topic"] for d in retriever.run(query_embedding=QUERY)["documents"]]
    assert topics[:2] == ["archery", "archery"]
    assert len(set(topics)) == 2 and max(topics.count(t) for t in topics) == 2
    ranked = retriever.run(query_embedding=QUERY, top_k=3, group_size=1)["documents"]
    assert sorted(d.meta["topic"] for d in ranked) == ["archery", "computing", "kitchen"]


def test_indexed_fields(server):
    fields = [
        {"field_name": "meta.topic", "field_schema": "keyword"},
        {"field_name": "meta.page", "field_schema": "integer"},
    ]
    store = make("haystack-indexed", url=server.url, payload_fields_to_index=fields)
    store.write_documents(documents())
    client = QdrantClient(url=server.url)
    schema = client.get_collection("haystack-indexed").payload_schema
    assert {k: v.data_type for k, v in schema.items()} == {
        "meta.topic": "keyword", "meta.page": "integer",
    }  # fmt: skip
    assert schema["meta.page"].points == 5
    assert store.count_documents_by_filter(FILTERS["AND"]) == 1
    assert store.get_metadata_fields_info()
    client.delete_collection("haystack-indexed")
