"""Writes that are sent on between servers that speak TLS and know each other by certificates."""

import grpc
import httpx
import pytest
from object_stores import moto
from process import until
from qdrant_client import grpc as wire
from secure_service import secured
from shared_log import sharing


@pytest.fixture
def pair(tmp_path, authority):
    """A server that leads and one that follows; both ask their clients for certificates."""
    certificate = authority.signs("server")
    (tmp_path / "store").mkdir()
    store = moto(tmp_path / "store")
    started = []
    try:
        for name, role in (("one", "auto"), ("other", "follower")):
            (tmp_path / name).mkdir()
            server = sharing(
                tmp_path / name, store.endpoint, "sync", QUIVER__REPLICATION__ROLE=role,
                QUIVER__SERVICE__ENABLE_TLS="true", QUIVER__TLS__CERT=str(certificate.path),
                QUIVER__TLS__KEY=str(certificate.key_path),
                QUIVER__TLS__CA_CERT=str(authority.path),
                QUIVER__SERVICE__VERIFY_HTTPS_CLIENT_CERTIFICATE="true")  # fmt: skip
            secured(server, authority).context.load_cert_chain(
                certificate.path, certificate.key_path)
            server.settings["QUIVER__REPLICATION__ADDRESS"] = server.url
            started.append(server)
            server.start(60)
            until(lambda: started[0].status("/readyz?writes=true") == 200, 60)
        yield *started, certificate
    finally:
        for server in started:
            server.kill()
        store.stop()


def test_they_show_each_other_their_certificates(pair, authority):
    leader, follower, certificate = pair
    with httpx.Client(verify=follower.context, base_url=follower.url, timeout=60) as client:

        def knows_leader() -> bool:
            nodes = client.get("/cluster").json()["result"]["replication"]["nodes"]
            return leader.url in {node["address"] for node in nodes if node["role"] == "leader"}

        until(knows_leader, 60)
        config = {"vectors": {"size": 2, "distance": "Dot"}}
        assert client.put("/collections/things", json=config).status_code == 200
        for number in range(5):
            points = {"points": [{"id": number, "vector": [number, 1]}]}
            answer = client.put("/collections/things/points?wait=true", json=points)
            assert answer.status_code == 200, answer.text
            assert client.get(f"/collections/things/points/{number}").status_code == 200
    credentials = grpc.ssl_channel_credentials(
        authority.path.read_bytes(), certificate.key_path.read_bytes(),
        certificate.path.read_bytes())  # fmt: skip
    channel = grpc.secure_channel(f"127.0.0.1:{follower.grpc_port}", credentials)
    points = wire.PointsStub(channel)
    for number in range(5, 8):
        point = wire.PointStruct(
            id=wire.PointId(num=number),
            vectors=wire.Vectors(vector=wire.Vector(data=[number, 1])))  # fmt: skip
        points.Upsert(
            wire.UpsertPoints(collection_name="things", wait=True, points=[point]), timeout=60)
        found = points.Count(wire.CountPoints(collection_name="things", exact=True), timeout=60)
        assert found.result.count == number + 1
    channel.close()
