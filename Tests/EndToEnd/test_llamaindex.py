"""QdrantVectorStore of LlamaIndex, unchanged, against our server and the client's own store."""

import uuid

import pytest
from hashing_embeddings import HashingEmbeddings
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)
from llama_index.vector_stores.qdrant import QdrantVectorStore
from process import quiver
from qdrant_client import QdrantClient, models

EMBEDDINGS = HashingEmbeddings()
TEXTS = [
    ("The archer drew an arrow from the quiver", "archery", 1, 0.5, "d1"),
    ("A quiver holds the arrows of an archer", "archery", 2, 1.5, "d1"),
    ("The string of a bow is pulled by the archer", "archery", 3, 2.5, "d2"),
    ("Bread is baked in a hot oven", "kitchen", 1, 3.5, "d3"),
    ("The baker kneads dough and bakes bread in the oven", "kitchen", 2, 4.5, "d3"),
    ("A vector database finds the nearest records", "computing", 3, None, "d4"),
]
IDS = [str(uuid.uuid5(uuid.NAMESPACE_URL, text[0])) for text in TEXTS]
QUERY = EMBEDDINGS.embed_query("which archer has arrows in the quiver")


def nodes() -> list[TextNode]:
    made = []
    for id_, (text, topic, page, weight, document) in zip(IDS, TEXTS):
        metadata = {"topic": topic, "page": page, "tags": [topic, "all"], "note": text}
        if weight is not None:
            metadata["weight"] = weight
        made.append(
            TextNode(
                id_=id_, text=text, metadata=metadata, embedding=EMBEDDINGS.embed_query(text),
                relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document)},
            )  # fmt: skip
        )
    return made


def fill(client: QdrantClient, name: str, **options) -> QdrantVectorStore:
    store = QdrantVectorStore(collection_name=name, client=client, **options)
    assert store.add(nodes()) == IDS
    return store


def where(key, operator, value=None) -> MetadataFilters:
    return MetadataFilters(filters=[MetadataFilter(key=key, operator=operator, value=value)])


FILTERS = {
    "eq": where("topic", FilterOperator.EQ, "archery"),
    "eq_float": where("weight", FilterOperator.EQ, 2.5),
    "ne": where("topic", FilterOperator.NE, "archery"),
    "gt": where("page", FilterOperator.GT, 1),
    "gte": where("page", FilterOperator.GTE, 2),
    "lt": where("page", FilterOperator.LT, 2),
    "lte": where("weight", FilterOperator.LTE, 2.5),
    "in": where("topic", FilterOperator.IN, ["kitchen", "computing"]),
    "nin": where("topic", FilterOperator.NIN, ["kitchen", "computing"]),
    "in_array": where("tags", FilterOperator.IN, ["kitchen"]),
    "is_empty": where("weight", FilterOperator.IS_EMPTY),
    "or": MetadataFilters(
        filters=[
            MetadataFilter(key="topic", value="kitchen"),
            MetadataFilter(key="page", operator=FilterOperator.GTE, value=3),
        ],
        condition=FilterCondition.OR,
    ),
    "not": MetadataFilters(
        filters=[MetadataFilter(key="topic", value="kitchen")], condition=FilterCondition.NOT
    ),
    "nested": MetadataFilters(
        filters=[
            MetadataFilters(filters=[MetadataFilter(key="topic", value="archery")]),
            MetadataFilters(
                filters=[
                    MetadataFilter(key="page", value=1),
                    MetadataFilter(key="page", value=3),
                ],
                condition=FilterCondition.OR,
            ),
        ]
    ),
}


def found(store: QdrantVectorStore, **query) -> list:
    result = store.query(VectorStoreQuery(query_embedding=QUERY, **query))
    return [
        (node.node_id, node.text, {k: node.metadata[k] for k in sorted(node.metadata)}, score)
        for node, score in zip(result.nodes, result.similarities)
    ]


def answers(store: QdrantVectorStore) -> dict:
    given = {"plain": found(store, similarity_top_k=3)}
    for name, filters in FILTERS.items():
        given[name] = found(store, similarity_top_k=10, filters=filters)
        given[f"{name}_nodes"] = sorted(n.node_id for n in store.get_nodes(filters=filters))
    given["doc_ids"] = found(store, similarity_top_k=10, doc_ids=["d1", "d4"])
    given["node_ids"] = found(store, similarity_top_k=10, node_ids=[IDS[0], IDS[5]])
    given["by_id"] = sorted(n.text for n in store.get_nodes(node_ids=[IDS[1], IDS[4]]))
    given["limit"] = len(store.get_nodes(limit=4))
    return given


def with_tolerance(given: dict) -> dict:
    def near(hit):
        return (*hit[:-1], pytest.approx(hit[-1], abs=1e-5)) if isinstance(hit, tuple) else hit

    return {k: [near(h) for h in v] if isinstance(v, list) else v for k, v in given.items()}


@pytest.fixture(scope="module")
def expected():
    """The answers of the client library's own in-process store."""
    return with_tolerance(answers(fill(QdrantClient(":memory:"), "demo", index_doc_id=False)))


def test_answers_survive_kill(tmp_path, expected):
    server = quiver(tmp_path)
    server.start()
    try:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = fill(client, "demo")
        first = answers(store)
        for kind, answer in expected.items():
            assert first[kind] == answer, kind
        server.kill()
        server.start()
        reopened = QdrantVectorStore(collection_name="demo", client=client)
        assert answers(reopened) == first
        assert "doc_id" in client.get_collection("demo").payload_schema
    finally:
        server.kill()


def test_delete_by_document_by_nodes_and_by_filter(client):
    store = fill(client, "llama-deleting")
    store.delete("d1")
    assert client.count("llama-deleting").count == 4
    assert store.get_nodes(node_ids=IDS[:2]) == []
    store.delete_nodes(node_ids=[IDS[2]])
    assert client.count("llama-deleting").count == 3
    store.delete_nodes(filters=FILTERS["eq"])
    store.delete_nodes(filters=where("topic", FilterOperator.EQ, "kitchen"))
    assert [n.node_id for n in store.get_nodes()] == [IDS[5]]
    store.clear()
    assert not client.collection_exists("llama-deleting")


def test_adding_again_replaces(client):
    store = fill(client, "llama-replacing")
    again = nodes()[0]
    again.set_content("Something else")
    store.add([again])
    assert client.count("llama-replacing").count == len(TEXTS)
    assert [n.text for n in store.get_nodes(node_ids=[IDS[0]])] == ["Something else"]
    client.delete_collection("llama-replacing")


def test_configured_store_with_payload_indexes_and_text_match(client):
    store = fill(
        client, "llama-configured", dense_vector_name="dense",
        dense_config=models.VectorParams(size=EMBEDDINGS.size, distance=models.Distance.DOT),
        payload_indexes=[
            {"field_name": "topic", "field_schema": models.PayloadSchemaType.KEYWORD},
            {"field_name": "note", "field_schema": models.PayloadSchemaType.TEXT},
        ],
    )  # fmt: skip
    schema = client.get_collection("llama-configured").payload_schema
    assert {"topic", "note", "doc_id"} <= set(schema)
    filters = where("note", FilterOperator.TEXT_MATCH, "oven")
    hits = found(store, similarity_top_k=10, filters=filters)
    assert {hit[0] for hit in hits} == {IDS[3], IDS[4]}
    client.delete_collection("llama-configured")


def test_custom_qdrant_filter_and_search_params(client):
    store = fill(client, "llama-custom")
    result = store.query(
        VectorStoreQuery(query_embedding=QUERY, similarity_top_k=5),
        qdrant_filters=models.Filter(
            must_not=[models.FieldCondition(key="page", range=models.Range(gte=2))]
        ),
        search_params={"exact": True},
    )
    assert {n.metadata["page"] for n in result.nodes} == {1}
    client.delete_collection("llama-custom")
