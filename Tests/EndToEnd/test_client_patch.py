"""PATCH of a collection: every part of its configuration, one after another and all at once."""

import pytest
from process import quiver
from qdrant_client import QdrantClient, models

NAMED = {"text": models.VectorParams(size=4, distance=models.Distance.DOT)}
SPARSE = {"words": models.SparseVectorParams()}
CHANGE = {
    "vectors": {
        "text": {
            "hnsw_config": {"m": 32},
            "quantization_config": {"scalar": {"type": "int8", "quantile": 0.8}},
            "on_disk": True,
        }
    },
    "sparse_vectors": {"words": {"index": {"on_disk": True}}},
    "hnsw_config": {"ef_construct": 123},
    "optimizers_config": {"default_segment_number": 6, "indexing_threshold": 5000},
    "quantization_config": {"product": {"compression": "x32", "always_ram": True}},
    "params": {"on_disk_payload": False, "read_fan_out_factor": 1},
    "strict_mode_config": {"enabled": True, "max_query_limit": 100},
    "metadata": {"team": "search"},
}


def parts(config: dict) -> dict:
    """Those parts of a description that the change is about."""
    text = config["params"]["vectors"]["text"]
    return {
        "m": text.get("hnsw_config"), "q": text.get("quantization_config"),
        "on_disk": text.get("on_disk"), "sparse": config["params"]["sparse_vectors"],
        "graph": (config["hnsw_config"]["m"], config["hnsw_config"]["ef_construct"]),
        "segments": config["optimizer_config"]["default_segment_number"],
        "threshold": config["optimizer_config"]["indexing_threshold"],
        "quantization": config["quantization_config"],
        "payload": config["params"]["on_disk_payload"],
        "fan_out": config["params"].get("read_fan_out_factor"),
        "strict": config.get("strict_mode_config"), "metadata": config.get("metadata"),
    }  # fmt: skip


EXPECTED = {
    "m": {"m": 32}, "q": {"scalar": {"type": "int8", "quantile": 0.8}}, "on_disk": True,
    "sparse": {"words": {"index": {"on_disk": True}}}, "graph": (16, 123), "segments": 6,
    "threshold": 5000, "quantization": {"product": {"compression": "x32", "always_ram": True}},
    "payload": False, "fan_out": 1, "strict": {"enabled": True, "max_query_limit": 100},
    "metadata": {"team": "search"},
}  # fmt: skip


@pytest.mark.parametrize("steps", ["at once", "one by one"])
def test_every_part(wire, new_collection, steps):
    path = f"/collections/{new_collection(NAMED, sparse_vectors_config=SPARSE)}"
    changes = [CHANGE] if steps == "at once" else [{k: v} for k, v in CHANGE.items()]
    for change in changes:
        assert wire.result("PATCH", path, change) is True
    assert parts(wire.result("GET", path)["config"]) == EXPECTED
    # An empty change, and one of nothing but nulls, changes nothing.
    assert wire.result("PATCH", path, {}) is True
    assert wire.result("PATCH", path, dict.fromkeys(CHANGE)) is True
    assert parts(wire.result("GET", path)["config"]) == EXPECTED


def test_what_is_set_can_be_changed_and_disabled(wire, new_collection):
    path = f"/collections/{new_collection(NAMED, sparse_vectors_config=SPARSE)}"
    wire.result("PATCH", path, CHANGE)
    wire.result(
        "PATCH", path,
        {
            "quantization_config": "Disabled",
            "vectors": {"text": {"quantization_config": "Disabled", "hnsw_config": {"m": 8}}},
            "strict_mode_config": {"max_query_limit": None, "upsert_max_batchsize": 5},
            "metadata": {"more": [1]},
        },
    )  # fmt: skip
    config = wire.result("GET", path)["config"]
    assert config["quantization_config"] is None
    assert config["params"]["vectors"]["text"]["hnsw_config"] == {"m": 8}
    assert "quantization_config" not in config["params"]["vectors"]["text"]
    assert config["strict_mode_config"] == {
        "enabled": True, "max_query_limit": 100, "upsert_max_batchsize": 5,
    }  # fmt: skip
    assert config["metadata"] == {"team": "search", "more": [1]}


@pytest.mark.parametrize(
    "change, status, text",
    [
        (
            {"vectors": {"x": {"on_disk": True}}}, 400,
            "Wrong input: Not existing vector name error: x",
        ),
        (
            {"vectors": {"": {"on_disk": True}}}, 400,
            "Wrong input: Not existing vector name error: ",
        ),
        (
            {"sparse_vectors": {"x": {"index": {}}}}, 400,
            "Wrong input: Not existing vector name error: x",
        ),
        (
            {"hnsw_config": {"ef_construct": 1}}, 422,
            "Validation error in JSON body: "
            "[hnsw_config.ef_construct: value 1 invalid, must be 4 or larger]",
        ),
    ],
)  # fmt: skip
def test_refused_changes_change_nothing(wire, new_collection, change, status, text):
    path = f"/collections/{new_collection(NAMED, sparse_vectors_config=SPARSE)}"
    before = wire.result("GET", path)["config"]
    answer = wire.send("PATCH", path, {**change, "metadata": {"k": 1}})
    assert (answer.status_code, answer.json()["status"]["error"]) == (status, text)
    assert wire.result("GET", path)["config"] == before
    missing = wire.send("PATCH", "/collections/nowhere", change)
    assert missing.status_code == (422 if status == 422 else 404)


def test_changes_survive_kill(tmp_path):
    server = quiver(tmp_path)
    server.start()
    try:
        client = QdrantClient(url=server.url, check_compatibility=False)
        client.create_collection("c", vectors_config=NAMED, sparse_vectors_config=SPARSE)
        client.http.collections_api.update_collection(
            "c", update_collection=models.UpdateCollection(**CHANGE)
        )
        before = client.get_collection("c").config
        server.kill()
        server.start()
        assert client.get_collection("c").config == before
        assert before.metadata == {"team": "search"}
    finally:
        server.kill()
