"""API keys: who may do what. 401 without a right key, 403 with a key that lacks the right."""

import pytest
import requests
from process import quiver
from qdrant_client import QdrantClient, models
from wire import Wire

FULL, READ_ONLY = "full-key-2718", "read-key-3141"
KEYS = {"none": None, "wrong": "nonsense", "read-only": READ_ONLY, "full": FULL}
C = "/collections/guarded"
VECTORS = {"vectors": {"size": 2, "distance": "Dot"}}
POINT = {"points": [{"id": 1, "vector": [1, 2]}]}
OPEN = [("GET", "/", None), ("GET", "/healthz", None), ("GET", "/livez", None),
        ("GET", "/readyz", None)]  # fmt: skip
READS = [
    ("GET", "/collections", None),
    ("GET", C, None),
    ("GET", C + "/exists", None),
    ("POST", C + "/points", {"ids": [1]}),
    ("GET", C + "/points/1", None),
    ("POST", C + "/points/query", {"query": [1, 0]}),
    ("POST", C + "/points/query/batch", {"searches": [{"query": [1, 0]}]}),
    ("POST", C + "/points/scroll", {}),
    ("POST", C + "/points/count", {}),
    ("GET", C + "/snapshots", None),
    ("GET", "/snapshots", None),
    ("GET", "/telemetry", None),
    ("GET", "/metrics", None),
]
WRITES = [
    ("PUT", C + "/points?wait=true", POINT),
    ("POST", C + "/points/delete", {"points": [99]}),
    ("POST", C + "/points/payload", {"payload": {"a": 1}, "points": [1]}),
    ("PUT", C + "/points/payload", {"payload": {"a": 1}, "points": [1]}),
    ("POST", C + "/points/payload/delete", {"keys": ["a"], "points": [1]}),
    ("POST", C + "/points/payload/clear", {"points": [1]}),
    ("PUT", C + "/points/vectors", POINT),
    ("POST", C + "/points/vectors/delete", {"vector": [""], "points": [1]}),
    ("POST", C + "/points/batch", {"operations": [{"delete": {"points": [99]}}]}),
    ("PATCH", C, {}),
    ("DELETE", "/collections/other", None),
    ("PUT", "/collections/temporary", VECTORS),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with both keys."""
    service = quiver(
        tmp_path_factory.mktemp("quiver"),
        QUIVER__SERVICE__API_KEY=FULL,
        QUIVER__SERVICE__READ_ONLY_API_KEY=READ_ONLY,
    )
    service.start()
    wire = Wire(service.url, requests.Session())
    for path, body in ((C, VECTORS), (C + "/points", POINT)):
        assert wire.send("PUT", path, body, headers={"api-key": FULL}).status_code == 200
    yield service
    service.kill()
    log = service.log.read_text()
    assert FULL not in log and READ_ONLY not in log


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("method,path,body", OPEN + READS + WRITES)
def test_matrix(wire, key, method, path, body):
    allowed = (
        (method, path, body) in OPEN
        or key == "full"
        or (key == "read-only" and (method, path, body) in READS)
    )
    expected = 200 if allowed else 403 if key == "read-only" else 401
    headers = {"api-key": KEYS[key]} if KEYS[key] else {}
    answer = wire.send(method, path, body, headers=headers)
    assert answer.status_code == expected, answer.text
    if path == "/collections/temporary" and expected == 200:
        wire.send("DELETE", path, headers=headers)


def test_bearer_token(wire):
    for token, status in ((FULL, 200), ("nonsense", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        assert wire.send("GET", "/collections", headers=headers).status_code == status


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
def test_client_with_key(server):
    client = QdrantClient(url=server.url, api_key=FULL, check_compatibility=False)
    params = models.VectorParams(size=2, distance=models.Distance.DOT)
    assert client.create_collection("keyed", vectors_config=params)
    reader = QdrantClient(url=server.url, api_key=READ_ONLY, check_compatibility=False)
    assert reader.count("keyed").count == 0
