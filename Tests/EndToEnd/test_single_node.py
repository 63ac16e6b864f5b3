"""What Qdrant has for clusters, shards and whole nodes, as a single node answers it."""

import hashlib

import pytest
import requests
from process import quiver
from wire import Wire

ONE_SHARD = {"peer_id": 0, "shard_count": 1, "remote_shards": [], "shard_transfers": []}
STANDALONE = "Qdrant is running in standalone mode"


@pytest.fixture
def points(new_collection, wire):
    """The name of a collection of ten points, with an index on `n`."""
    name = new_collection()
    body = {"points": [{"id": i, "vector": [i, 1, 0, 0], "payload": {"n": i}} for i in range(10)]}
    assert wire.send("PUT", f"/collections/{name}/points?wait=true", body).status_code == 200
    index = {"field_name": "n", "field_schema": "integer"}
    assert wire.send("PUT", f"/collections/{name}/index?wait=true", index).status_code == 200
    return name


def result(response):
    assert response.status_code == 200, response.text
    return response.json()["result"]


def refusal(response) -> tuple[int, str]:
    return response.status_code, response.json()["status"]["error"]


def test_a_collection_has_one_shard(wire, points):
    shard = {"shard_id": 0, "points_count": 10, "state": "Active"}
    told = result(wire.send("GET", f"/collections/{points}/cluster"))
    assert told == ONE_SHARD | {"local_shards": [shard]}
    assert result(wire.send("GET", f"/collections/{points}/shards")) == {"shard_keys": None}
    assert wire.send("GET", "/collections/none/shards").status_code == 404
    told = result(wire.send("GET", "/cluster/telemetry"))
    assert told["cluster"]["enabled"] is False
    replica = {"peer_id": 0, "state": "Active"}
    assert told["collections"][points]["shards"] == [{"id": 0, "replicas": [replica]}]


def test_nothing_of_a_cluster_can_be_changed(wire, points):
    move = {"move_shard": {"shard_id": 0, "from_peer_id": 0, "to_peer_id": 1}}
    key = {"shard_key": "a"}
    for method, path, body in [
        ("POST", f"/collections/{points}/cluster", move),
        ("PUT", f"/collections/{points}/shards", key),
        ("POST", f"/collections/{points}/shards/delete", key),
        ("POST", "/cluster/recover", None),
        ("DELETE", "/cluster/peer/7", None),
        ("DELETE", "/cluster/peer/0?force=true", None),
    ]:
        assert refusal(wire.send(method, path, body)) == (405, STANDALONE), path
    kept = "Bad request: Cannot remove peer 0 as there are shards on it"
    assert refusal(wire.send("DELETE", "/cluster/peer/0")) == (400, kept)
    assert wire.send("DELETE", "/cluster/peer/x").status_code == 400


def test_snapshots_of_the_shard_are_kept_apart(server, wire, points):
    shard = f"/collections/{points}/shards/0/snapshots"
    assert result(wire.send("GET", shard)) == []
    made = result(wire.send("POST", shard))
    assert made["name"].startswith(f"{points}-shard-0-") and made["checksum"]
    assert result(wire.send("GET", shard)) == [made]
    assert result(wire.send("GET", f"/collections/{points}/snapshots")) == []
    content = requests.get(f"{server.url}{shard}/{made['name']}", timeout=30).content
    assert len(content) == made["size"]
    assert hashlib.sha256(content).hexdigest() == made["checksum"]

    delete = f"/collections/{points}/points/delete?wait=true"
    streamed = b""
    for recovery in ["name", "upload", "stream"]:
        assert result(wire.send("POST", delete, {"filter": {}}))
        if recovery == "name":
            body = {"location": made["name"], "checksum": made["checksum"]}
            assert result(wire.send("PUT", f"{shard}/recover", body)) is True
        else:
            files = {"snapshot": content if recovery == "upload" else streamed}
            sent = requests.post(f"{server.url}{shard}/upload", files=files, timeout=30)
            assert result(sent) is True
        assert result(wire.send("POST", f"/collections/{points}/points/count", {}))["count"] == 10
        streamed = requests.get(
            f"{server.url}/collections/{points}/shards/0/snapshot", timeout=30
        ).content
        assert len(streamed) > 100
    assert result(wire.send("DELETE", f"{shard}/{made['name']}")) is True
    assert result(wire.send("GET", shard)) == []
    assert wire.send("DELETE", f"{shard}/{made['name']}").status_code == 404


def test_there_is_no_other_shard(wire, points):
    for method, path, body in [
        ("GET", "snapshots", None),
        ("POST", "snapshots", None),
        ("GET", "snapshot", None),
        ("PUT", "snapshots/recover", {"location": "x.snapshot"}),
        ("POST", "snapshots/upload", None),
        ("DELETE", "snapshots/x.snapshot", None),
    ]:
        answer = wire.send(method, f"/collections/{points}/shards/1/{path}", body)
        assert refusal(answer) == (404, "Not found: shard 1"), path
        assert wire.send(method, f"/collections/{points}/shards/x/{path}", body).status_code == 400
        assert wire.send(method, f"/collections/none/shards/0/{path}", body).status_code == 404
    outside = {"location": "../../secret"}
    answer = wire.send("PUT", f"/collections/{points}/shards/0/snapshots/recover", outside)
    assert answer.status_code == 400


def test_memory_is_told_part_by_part(wire, points):
    told = result(wire.send("GET", f"/collections/{points}/memory"))
    assert [vector["name"] for vector in told["vectors"]] == [""]
    assert told["vectors"][0]["storage"]["ram_bytes"] >= 10 * 4 * 4
    assert told["sparse_vectors"] == []
    assert [index["name"] for index in told["payload_index"]] == ["n"]
    assert told["payload_index"][0]["usage"]["ram_bytes"] > 0
    assert told["other"]["id_tracker"]["ram_bytes"] > 0
    parts = [told["payload"], told["other"]["id_tracker"]]
    parts += [index["usage"] for index in told["payload_index"]]
    parts += [vector[part] for vector in told["vectors"] for part in ("storage", "index")]
    for kind in ("disk_bytes", "ram_bytes", "cached_bytes", "expected_cache_bytes"):
        assert told["total"][kind] == sum(part[kind] for part in parts)
    assert wire.send("GET", "/collections/none/memory").status_code == 404


def test_telemetry_tells_of_shards(wire, points):
    told = result(wire.send("GET", "/telemetry?details_level=3"))
    collection = next(c for c in told["collections"]["collections"] if c["id"] == points)
    [shard] = collection["shards"]
    assert shard["replicate_states"] == {"0": "Active"} and shard["remote"] == []
    assert shard["local"]["num_points"] == 10
    assert shard["local"]["num_vectors_by_name"] == {"": 10}
    assert collection["transfers"] == [] and collection["resharding"] == []


def test_issues_can_be_asked_for_and_forgotten(wire):
    assert result(wire.send("GET", "/issues")) == {"issues": []}
    assert result(wire.send("DELETE", "/issues")) is True


def test_quotas_refuse_what_grows_and_survive_a_restart(tmp_path):
    service = quiver(tmp_path)
    service.start()
    try:
        with requests.Session() as session:
            wire = Wire(service.url, session)
            told = result(wire.send("GET", "/quotas"))
            assert told["config"] == {"enabled": False}
            assert 0 <= told["usage"]["resident_memory_percent"] <= 100
            assert 0 <= told["usage"]["disk_usage_percent"] <= 100
            for body, status in [
                ({"max_disk_usage_percent": 0}, 422),
                ({"max_resident_memory_percent": 101}, 422),
                ({"enabled": 1}, 400),
                ([], 400),
            ]:
                assert wire.send("PUT", "/quotas", body).status_code == status, body
            config = {"vectors": {"size": 2, "distance": "Dot"}}
            assert result(wire.send("PUT", "/collections/c", config))
            points = "/collections/c/points?wait=true"
            body = {"points": [{"id": 1, "vector": [1, 1]}]}
            assert result(wire.send("PUT", points, body))
            # Some per cent of every disk is in use.
            full = {"enabled": True, "max_disk_usage_percent": 1, "release_margin_percent": 0}
            assert result(wire.send("PUT", "/quotas?wait=true", full)) is True
            status, text = refusal(wire.send("PUT", points, body))
            assert status == 507
            assert text.startswith("Insufficient storage: Disk usage is at ")
            assert "`max_disk_usage_percent`" in text
            vector = {"dense": {"size": 2, "distance": "Dot"}}
            index = {"field_name": "n", "field_schema": "integer"}
            for path, more in [("vectors/more", vector), ("index", index)]:
                assert refusal(wire.send("PUT", f"/collections/c/{path}", more)) == (507, text)
            for path in ["vectors/none", "index/n"]:
                assert result(wire.send("DELETE", f"/collections/c/{path}"))
            service.kill()
            service.start()
            wire = Wire(service.url, session)
            assert result(wire.send("GET", "/quotas"))["config"] == full
            assert wire.send("PUT", points, body).status_code == 507
            # What makes room, and what reads, goes on.
            delete = "/collections/c/points/delete?wait=true"
            assert result(wire.send("POST", delete, {"points": [1]}))
            assert result(wire.send("PUT", "/quotas", full | {"enabled": False})) is True
            assert result(wire.send("PUT", points, body))
    finally:
        service.kill()


def test_partial_snapshots_hold_all_of_the_shard(server, wire, points):
    partial = f"/collections/{points}/shards/0/snapshot/partial"
    [segment] = result(wire.send("GET", f"{partial}/manifest")).values()
    before = segment["segment_version"]
    assert set(segment["file_versions"].values()) == {before}
    assert any(path.startswith("vector_storage/") for path in segment["file_versions"])
    gone = {"points": [1], "vector": [""]}
    told = result(wire.send("POST", f"/collections/{points}/points/vectors/delete?wait=true", gone))
    manifest = result(wire.send("GET", f"{partial}/manifest"))
    [segment] = manifest.values()
    version = segment["segment_version"]
    assert version > before and version >= told["operation_id"]
    answer = wire.send("POST", f"{partial}/create", manifest)
    assert answer.status_code == 200
    assert wire.send("POST", f"{partial}/create", []).status_code == 400

    def upload(path, content, **query):
        files = {"snapshot": ("partial.snapshot", content)}
        return requests.post(server.url + path, files=files, params=query, timeout=60)

    result(wire.send("POST", f"/collections/{points}/points/delete?wait=true", {"points": [0, 2]}))
    checksum = hashlib.sha256(answer.content).hexdigest()
    assert upload(f"{partial}/recover", answer.content, checksum=checksum).status_code == 200
    count = result(wire.send("POST", f"/collections/{points}/points/count", {}))["count"]
    assert count == 10
    peer = {"peer_url": server.url}
    assert wire.send("POST", f"{partial}/recover_from", peer).status_code == 403
    for path in (f"{partial}/recover", f"/collections/{points}/shards/0/snapshots/upload"):
        for wrong in ("abc", "x" * 64, ""):
            status, text = refusal(upload(path, answer.content, checksum=wrong))
            assert status == 422 and text.startswith(
                "Validation error in query parameters: [checksum: "
            )
    body = {"location": "file:///x", "checksum": "abc"}
    told = refusal(wire.send("PUT", f"/collections/{points}/snapshots/recover", body))
    assert told[0] == 422 and "invalid_sha256_hash" in told[1]
