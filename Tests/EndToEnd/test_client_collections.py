"""Collections through qdrant-client, and the raw answers that other clients parse strictly."""

from grpc_calls import refused_either_way
from qdrant_client import models

DOT = models.VectorParams(size=4, distance=models.Distance.DOT)


def test_life_of_a_collection(client):
    assert not client.collection_exists("life")
    assert client.create_collection("life", vectors_config=DOT) is True
    assert client.collection_exists("life")
    assert "life" in [c.name for c in client.get_collections().collections]
    info = client.get_collection("life")
    assert info.status == models.CollectionStatus.GREEN
    assert info.points_count == 0
    assert info.config.params.vectors.size == 4
    assert info.config.params.vectors.distance == models.Distance.DOT
    assert info.payload_schema == {}
    with refused_either_way(409):
        client.create_collection("life", vectors_config=DOT)
    assert client.delete_collection("life") is True
    assert client.delete_collection("life") is False
    assert not client.collection_exists("life")
    assert "life" not in [c.name for c in client.get_collections().collections]


def test_recreated_collection_is_empty(client):
    for size in (4, 8):
        client.delete_collection("again")
        params = models.VectorParams(size=size, distance=models.Distance.COSINE)
        client.create_collection("again", vectors_config=params)
        assert client.count("again").count == 0
        client.upsert("again", [models.PointStruct(id=1, vector=[1.0] * size, payload={"a": 1})])
        assert client.count("again").count == 1


def test_named_and_sparse_vectors(client, new_collection):
    name = new_collection(
        {
            "title": models.VectorParams(size=3, distance=models.Distance.COSINE),
            "body": models.VectorParams(size=5, distance=models.Distance.EUCLID, on_disk=True),
        },
        sparse_vectors_config={"words": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    params = client.get_collection(name).config.params
    assert params.vectors["title"].size == 3
    assert params.vectors["body"].distance == models.Distance.EUCLID
    assert params.vectors["body"].on_disk is True
    assert params.sparse_vectors["words"].modifier == models.Modifier.IDF


def test_settings_are_kept_and_changed(client, new_collection):
    name = new_collection(
        hnsw_config=models.HnswConfigDiff(m=24, ef_construct=200),
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=5000),
        on_disk_payload=False,
        metadata={"owner": "tests", "numbers": [1, 2.5, None]},
    )
    config = client.get_collection(name).config
    assert (config.hnsw_config.m, config.hnsw_config.ef_construct) == (24, 200)
    assert config.optimizer_config.indexing_threshold == 5000
    assert config.params.on_disk_payload is False
    assert config.metadata == {"owner": "tests", "numbers": [1, 2.5, None]}
    assert client.update_collection(
        name,
        hnsw_config=models.HnswConfigDiff(m=8),
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=100),
        collection_params=models.CollectionParamsDiff(on_disk_payload=True),
        metadata={"more": True},
    )
    config = client.get_collection(name).config
    assert (config.hnsw_config.m, config.hnsw_config.ef_construct) == (8, 200)
    assert config.optimizer_config.indexing_threshold == 100
    assert config.params.on_disk_payload is True
    assert config.metadata["more"] is True and config.metadata["owner"] == "tests"


def test_explicit_nulls_mean_unset(wire):
    assert wire.result(
        "PUT",
        "/collections/nulls",
        {
            "vectors": {"size": 4, "distance": "Dot", "hnsw_config": None, "on_disk": None},
            "shard_number": None, "hnsw_config": None, "optimizers_config": None,
            "wal_config": None, "quantization_config": None, "sparse_vectors": None,
            "strict_mode_config": None, "metadata": None, "on_disk_payload": None,
        },
    )  # fmt: skip
    point = {"id": 1, "vector": [1, 2, 3, 4], "payload": None}
    wire.result("PUT", "/collections/nulls/points?wait=true", {"points": [point]})
    query = {
        "query": [1, 0, 0, 0], "filter": None, "params": None, "score_threshold": None,
        "limit": None, "offset": None, "with_payload": None, "with_vector": None,
        "prefetch": None, "using": None, "lookup_from": None,
    }  # fmt: skip
    hits = wire.result("POST", "/collections/nulls/points/query", query)["points"]
    assert [(hit["id"], hit["score"]) for hit in hits] == [(1, 1.0)]
    scroll = {"filter": None, "limit": None, "offset": None, "with_payload": None}
    assert len(wire.result("POST", "/collections/nulls/points/scroll", scroll)["points"]) == 1


def test_keys_of_collection_info(wire, new_collection):
    """Strict models refuse a key too many, and code that indexes refuses one too few."""
    info = wire.result("GET", f"/collections/{new_collection()}")
    optional = {"update_queue", "indexed_vectors_count", "points_count"}
    required = {"status", "optimizer_status", "segments_count", "config", "payload_schema"}
    assert required <= set(info) <= required | optional
    assert info["status"] == "green" and info["optimizer_status"] == "ok"
    config = info["config"]
    assert config["quantization_config"] is None
    assert set(config) == {
        "params", "hnsw_config", "optimizer_config", "wal_config", "quantization_config",
    }  # fmt: skip
    assert config["params"]["vectors"] == {"size": 4, "distance": "Dot"}
    assert {"m", "ef_construct", "full_scan_threshold"} <= set(config["hnsw_config"])
    assert "default_segment_number" in config["optimizer_config"]
    assert "flush_interval_sec" in config["optimizer_config"]


def test_root_and_health(wire, client):
    root = wire.send("GET", "/").json()
    assert root["title"] == "quiver - vector search engine"
    assert root["version"].startswith("1.19.")
    assert len(root["commit"]) == 40
    for path in ("/healthz", "/livez", "/readyz"):
        answer = wire.send("GET", path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
    assert wire.send("GET", "/readyz").text == "all shards are ready"
    assert wire.send("GET", "/healthz").text == "healthz check passed"
    assert client.info().version == root["version"]


def test_trailing_slash_and_names(client, wire):
    for name in ("with space", "ünïcödé", "a.b-c_d", "x" * 200):
        assert client.create_collection(name, vectors_config=DOT)
        assert client.collection_exists(name)
        assert client.get_collection(name).points_count == 0
        assert client.delete_collection(name)
    assert wire.send("GET", "/collections/").status_code == 200
    assert wire.result("GET", "/collections/none/exists/") == {"exists": False}


def test_many_collections_are_independent(client, new_collection):
    names = [new_collection() for _ in range(20)]
    for number, name in enumerate(names):
        points = [
            models.PointStruct(id=i, vector=[1.0, i, 0, 0], payload={"in": name})
            for i in range(number)
        ]
        if points:
            client.upsert(name, points)
    for number, name in enumerate(names):
        assert client.count(name).count == number
        records, _ = client.scroll(name, limit=100)
        assert {r.payload["in"] for r in records} <= {name}
