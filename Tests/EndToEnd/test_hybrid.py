"""Sparse and hybrid search of LangChain, LlamaIndex and Haystack, unchanged, against our server
and the client's own in-process store."""

import uuid

import pytest
from hashing_embeddings import HashingEmbeddings
from hashing_sparse import HashingSparse
from haystack import Document as HaystackDocument
from haystack.dataclasses import SparseEmbedding
from haystack_integrations.components.retrievers.qdrant import (
    QdrantHybridRetriever,
    QdrantSparseEmbeddingRetriever,
)
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore
from langchain_core.documents import Document
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import (
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)
from llama_index.vector_stores.qdrant import QdrantVectorStore as LlamaStore
from qdrant_client import QdrantClient, models
from sentences import SENTENCES, ids

DENSE = HashingEmbeddings()
SPARSE = HashingSparse()
TEXTS = [*SENTENCES[:7], (SENTENCES[8][0], "computing", 2)]
IDS = ids(TEXTS)
# Such that no two texts are equally near, by either vector: ranks are what is fused.
QUESTIONS = [
    "the archer of a bow on the stove keeps an oven",
    "a baker in the kitchen keeps bread and leek on a disk",
    "a hot soup and the records of a database on a disk",
]


@pytest.fixture
def new_name(client):
    name = f"hybrid-{uuid.uuid4()}"
    yield name
    client.delete_collection(name)


def ranked(pairs) -> list:
    """Hits whose order does not depend on how equal scores are put."""
    hits = [(text, round(score, 4)) for text, score in pairs]
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def same(found: list, expected: list):
    assert [text for text, _ in found] == [text for text, _ in expected]
    for (_, score), (_, wanted) in zip(found, expected):
        assert score == pytest.approx(wanted, abs=2e-4)


# LangChain

PAGE_2 = models.Filter(
    must=[models.FieldCondition(key="metadata.page", range=models.Range(gte=2))]
)


def langchain_store(client, mode, name="demo") -> QdrantVectorStore:
    dense = {}
    if mode == RetrievalMode.HYBRID:
        dense = models.VectorParams(size=DENSE.size, distance=models.Distance.COSINE)
    client.create_collection(
        name, vectors_config=dense,
        sparse_vectors_config={"langchain-sparse": models.SparseVectorParams()},
    )  # fmt: skip
    store = QdrantVectorStore(
        client=client, collection_name=name, sparse_embedding=SPARSE, retrieval_mode=mode,
        embedding=DENSE if dense else None,
    )  # fmt: skip
    documents = [
        Document(page_content=text, metadata={"source": source, "page": page})
        for text, source, page in TEXTS
    ]
    assert store.add_documents(documents, ids=IDS) == IDS
    return store


def langchain_answers(store) -> list:
    answers = []
    for question in QUESTIONS:
        for options in ({"k": 8}, {"k": 8, "filter": PAGE_2}, {"k": 8, "score_threshold": 0.3}):
            hits = store.similarity_search_with_score(question, **options)
            answers.append(ranked((document.page_content, score) for document, score in hits))
    return answers


@pytest.mark.parametrize("mode", [RetrievalMode.SPARSE, RetrievalMode.HYBRID])
def test_langchain(client, new_name, mode):
    expected = langchain_answers(langchain_store(QdrantClient(":memory:"), mode))
    found = langchain_answers(langchain_store(client, mode, new_name))
    assert any(expected)
    for ours, theirs in zip(found, expected, strict=True):
        same(ours, theirs)


def test_langchain_makes_the_collection_itself(server, new_name):
    store = QdrantVectorStore.from_texts(
        [text for text, _, _ in TEXTS], embedding=DENSE, sparse_embedding=SPARSE, ids=IDS,
        retrieval_mode=RetrievalMode.HYBRID, collection_name=new_name, url=server.url,
        sparse_vector_name="words", vector_name="meaning", check_compatibility=False,
    )  # fmt: skip
    best = store.similarity_search("archer quiver arrow", k=1)[0]
    assert best.page_content == TEXTS[0][0]
    described = store.client.get_collection(new_name).config.params
    assert list(described.sparse_vectors) == ["words"] and list(described.vectors) == ["meaning"]
    store.delete(IDS[:1])
    assert store.similarity_search("archer quiver arrow", k=1)[0].page_content == TEXTS[1][0]


# LlamaIndex


def encoded(texts):
    vectors = SPARSE.embed_documents(texts)
    return [vector.indices for vector in vectors], [vector.values for vector in vectors]


def llama_store(client, name, **options) -> LlamaStore:
    store = LlamaStore(
        collection_name=name, client=client, enable_hybrid=True, sparse_doc_fn=encoded,
        sparse_query_fn=encoded, **options,
    )  # fmt: skip
    nodes = [
        TextNode(
            id_=id_, text=text, metadata={"topic": topic, "page": page},
            embedding=DENSE.embed_query(text),
        )  # fmt: skip
        for id_, (text, topic, page) in zip(IDS, TEXTS)
    ]
    assert store.add(nodes) == IDS
    return store


def llama_answers(store) -> list:
    answers = []
    archery = MetadataFilters(filters=[MetadataFilter(key="topic", value="archery")])
    for question in QUESTIONS:
        for mode in (
            VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.SPARSE, VectorStoreQueryMode.HYBRID
        ):  # fmt: skip
            for filters in (None, archery):
                result = store.query(
                    VectorStoreQuery(
                        query_embedding=DENSE.embed_query(question), query_str=question, mode=mode,
                        similarity_top_k=4, sparse_top_k=8, hybrid_top_k=8, filters=filters,
                    )  # fmt: skip
                )
                texts = (node.get_content() for node in result.nodes)
                answers.append(ranked(zip(texts, result.similarities)))
    return answers


@pytest.mark.parametrize("sparse_name", [None, "text-sparse", "words"])
def test_llamaindex(client, new_name, sparse_name):
    options = {"sparse_vector_name": sparse_name} if sparse_name else {}
    expected = llama_answers(llama_store(QdrantClient(":memory:"), "demo", **options))
    store = llama_store(client, new_name, **options)
    names = client.get_collection(new_name).config.params.sparse_vectors
    assert list(names) == [sparse_name or "text-sparse-new"]
    assert any(expected)
    for ours, theirs in zip(llama_answers(store), expected, strict=True):
        same(ours, theirs)
    # A store that is opened anew finds the vectors under the name they have.
    again = LlamaStore(
        collection_name=new_name, client=client, enable_hybrid=True, sparse_doc_fn=encoded,
        sparse_query_fn=encoded, **options,
    )  # fmt: skip
    assert llama_answers(again) == llama_answers(store)


# Haystack


def haystack_store(name, **options) -> QdrantDocumentStore:
    store = QdrantDocumentStore(
        index=name, embedding_dim=DENSE.size, use_sparse_embeddings=True, similarity="cosine",
        return_embedding=True, progress_bar=False, wait_result_from_api=True, **options,
    )  # fmt: skip
    documents = []
    for text, topic, page in TEXTS:
        sparse = SPARSE.embed_query(text)
        documents.append(
            HaystackDocument(
                content=text, meta={"topic": topic, "page": page},
                embedding=DENSE.embed_query(text),
                sparse_embedding=SparseEmbedding(indices=sparse.indices, values=sparse.values),
            )  # fmt: skip
        )
    assert store.write_documents(documents) == len(TEXTS)
    return store


def haystack_answers(store) -> list:
    answers = []
    kitchen = {"field": "meta.topic", "operator": "==", "value": "kitchen"}
    for question in QUESTIONS:
        vector = SPARSE.embed_query(question)
        sparse = SparseEmbedding(indices=vector.indices, values=vector.values)
        dense = DENSE.embed_query(question)
        for filters in (None, kitchen):
            hits = QdrantSparseEmbeddingRetriever(document_store=store, top_k=5).run(
                query_sparse_embedding=sparse, filters=filters
            )["documents"]
            answers.append(ranked((hit.content, hit.score) for hit in hits))
            hits = QdrantHybridRetriever(document_store=store, top_k=8).run(
                query_embedding=dense, query_sparse_embedding=sparse, filters=filters
            )["documents"]
            answers.append(ranked((hit.content, hit.score) for hit in hits))
        hits = QdrantHybridRetriever(document_store=store, top_k=8).run(
            query_embedding=dense, query_sparse_embedding=sparse, group_by="meta.topic"
        )["documents"]
        answers.append(ranked((hit.content, hit.score) for hit in hits))
    return answers


@pytest.mark.parametrize("idf", [False, True])
def test_haystack(client, server, transport, new_name, idf):
    expected = haystack_answers(haystack_store("demo", location=":memory:", sparse_idf=idf))
    store = haystack_store(
        new_name, url=server.url, sparse_idf=idf, prefer_grpc=transport == "grpc",
        grpc_port=server.grpc_port,
    )  # fmt: skip
    assert any(expected)
    for ours, theirs in zip(haystack_answers(store), expected, strict=True):
        same(ours, theirs)
    stored = sorted(store.filter_documents(), key=lambda document: document.content)
    text, _, _ = min(TEXTS)
    vector = SPARSE.embed_query(text)
    kept = stored[0].sparse_embedding
    pairs = sorted(zip(vector.indices, vector.values))
    assert kept.indices == [index for index, _ in pairs]
    assert kept.values == pytest.approx([value for _, value in pairs], abs=1e-6)
