"""TLS of both transports, and the commands that ask servers over it."""

import json
import shutil
import socket
import ssl
import subprocess
import time

import grpc
import h2.errors
import httpx
import pytest
from certificates import Certificate
from http2 import RawConnection
from process import binary, clean_environment, quiver, until
from qdrant_client import QdrantClient, models
from secure_service import secure_quiver


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("others"), "other-authority")


@pytest.fixture(scope="module")
def server(tmp_path_factory, authority):
    folder = tmp_path_factory.mktemp("quiver")
    with secure_quiver(folder, authority.signs("server"), authority) as service:
        service.start()
        yield service


def test_clients_of_both_versions_of_http(server, other_authority):
    for http2, version in ((False, "HTTP/1.1"), (True, "HTTP/2")):
        with httpx.Client(http2=http2, verify=server.context, base_url=server.url) as client:
            answer = client.get("/")
            assert (answer.status_code, answer.http_version) == (200, version)
            assert client.put("/collections/c", json={"vectors": {}}).status_code in (200, 409)
            points = [
                {"id": n, "vector": {}, "payload": {"text": "x" * 2000}} for n in range(2000)
            ]
            body = {"points": points}
            assert client.put("/collections/c/points", json=body, timeout=60).status_code == 200
            scrolled = client.post("/collections/c/points/scroll", json={"limit": 2000}, timeout=60)
            assert len(scrolled.json()["result"]["points"]) == 2000
            assert client.get("/nowhere").status_code == 404
            assert client.head("/collections").status_code == 200
    stranger = ssl.create_default_context(cafile=other_authority.path)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(server.url, verify=stranger)


def test_many_requests_at_once_over_one_connection(server):
    import asyncio

    async def ask():
        async with httpx.AsyncClient(
            http2=True, verify=server.context, limits=httpx.Limits(max_connections=1)
        ) as client:
            answers = await asyncio.gather(
                *(client.get(f"{server.url}/collections") for _ in range(200))
            )
            return {(answer.status_code, answer.http_version) for answer in answers}

    assert asyncio.run(ask()) == {(200, "HTTP/2")}


def test_bounds_of_http_2_are_told(server):
    """`streamsMax`, `streamWindow` and `headBytesMax`."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    raw = RawConnection(f"127.0.0.1:{server.port}", tls=context)
    raw.answer(raw.begin("/healthz", end=True, method="GET"))
    told = raw.state.remote_settings
    assert told.max_concurrent_streams == 256
    assert told.initial_window_size == 1 << 20
    assert told.max_header_list_size == 80 << 10
    raw.close()


def test_what_is_no_tls_is_not_answered(server):
    for data in (b"GET /collections HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 100):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(data)
            assert b"HTTP" not in connection.recv(4096)
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            old.wrap_socket(connection)


@pytest.mark.parametrize("prefers_grpc", [False, True])
def test_qdrant_client(server, authority, prefers_grpc, monkeypatch):
    # What gRPC trusts is told to it this way only.
    monkeypatch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(authority.path))
    client = QdrantClient(
        host="127.0.0.1", port=server.port, grpc_port=server.grpc_port, https=True,
        prefer_grpc=False, verify=str(authority.path), timeout=30,
    )  # fmt: skip
    name = f"over-{prefers_grpc}"
    client.create_collection(name, models.VectorParams(size=2, distance="Dot"))
    client.upsert(name, [models.PointStruct(id=1, vector=[1, 2])])
    assert client.query_points(name, [1, 0]).points[0].id == 1
    if prefers_grpc:
        credentials = grpc.ssl_channel_credentials(authority.path.read_bytes())
        with grpc.secure_channel(server.grpc_address, credentials) as channel:
            call = channel.unary_unary("/qdrant.Collections/List", bytes, bytes)
            assert name.encode() in call(b"", timeout=20)


def test_grpc_refuses_strangers(server, other_authority):
    credentials = grpc.ssl_channel_credentials(other_authority.path.read_bytes())
    with grpc.secure_channel(server.grpc_address, credentials) as channel:
        with pytest.raises(grpc.RpcError) as refusal:
            channel.unary_unary("/qdrant.Collections/List", bytes, bytes)(b"", timeout=60)
        assert refusal.value.code() == grpc.StatusCode.UNAVAILABLE


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary("quiver"), *arguments], capture_output=True, text=True, timeout=60,
        env=clean_environment(settings),
    )  # fmt: skip


def test_commands_trust_what_they_are_given(server, authority, other_authority, tmp_path):
    """Health knows the server by its own certificate; it and the others take a file."""
    assert run("health", **server.settings).returncode == 0
    asked = ["health", "--url", server.url + "/"]
    assert run(*asked, "--ca", str(authority.path)).returncode == 0
    for trust in ([], ["--ca", str(other_authority.path)]):
        refused = run(*asked, *trust)
        assert refused.returncode == 1 and "certificate" in refused.stderr.lower()
    points = tmp_path / "points.jsonl"
    points.write_text(json.dumps({"id": 1, "vector": [1, 2]}) + "\n")
    command = ["import", str(points), "--collection", "imported", "--url", server.url]
    assert run(*command, "--ca", str(authority.path)).returncode == 0
    refused = run(*command, "--restart", "--ca", str(other_authority.path))
    assert refused.returncode == 1 and "certificate" in refused.stderr.lower()
    exported = tmp_path / "exported.jsonl"
    command = ["export", str(exported), "--collection", "imported", "--url", server.url]
    assert run(*command, "--ca", str(authority.path)).returncode == 0
    assert json.loads(exported.read_text())["id"] == 1


def test_migration_trusts_what_it_is_given(server, authority, other_authority, tmp_path):
    with secure_quiver(tmp_path, authority.signs("target"), authority) as target:
        target.start()
        httpx.put(server.url + "/collections/moved", json={"vectors": {}}, verify=server.context)
        points = {"points": [{"id": 7, "vector": {}}]}
        httpx.put(server.url + "/collections/moved/points", json=points, verify=server.context)
        command = ["migrate", "--from", server.url, "--to", target.url,
                   "--checkpoint", str(tmp_path / "record")]  # fmt: skip
        refused = run(*command, "--ca", str(other_authority.path))
        assert refused.returncode == 1 and "certificate" in refused.stderr.lower()
        moved = run(*command, "--ca", str(authority.path))
        assert moved.returncode == 0, moved.stderr
        point = httpx.get(target.url + "/collections/moved/points/7", verify=target.context)
        assert point.json()["result"]["id"] == 7


def test_snapshots_are_fetched_from_servers_of_the_same_authority(server, authority, tmp_path):
    """What clients are known by, other servers are known by, too."""
    httpx.put(server.url + "/collections/kept", json={"vectors": {}}, verify=server.context)
    made = httpx.post(server.url + "/collections/kept/snapshots", verify=server.context)
    location = f"{server.url}/collections/kept/snapshots/{made.json()['result']['name']}"
    for number, trusted in enumerate((authority.path, None)):
        (home := tmp_path / str(number)).mkdir()
        trust = {"QUIVER__TLS__CA_CERT": str(trusted)} if trusted else {}
        service = quiver(home, QUIVER__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY="true", **trust)
        service.start()
        try:
            answer = httpx.put(
                service.url + "/collections/kept/snapshots/recover", json={"location": location},
                timeout=60,
            )  # fmt: skip
            if trusted:
                assert answer.json()["result"] is True, answer.text
                assert httpx.get(service.url + "/collections/kept").status_code == 200
            else:
                assert answer.status_code == 400
                assert "no secure connection" in answer.json()["status"]["error"]
        finally:
            service.kill()


def test_slow_clients_of_http_2_are_ended(server):
    """One that stops sending its body is told so; one that takes nothing of its answer loses it.
    Others of the same server are served meanwhile.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    address = f"127.0.0.1:{server.port}"
    slow = RawConnection(address, tls=context)
    begun = time.monotonic()
    stopped = slow.begin("/collections/slow", method="PUT", content_type="application/json")
    slow.send(stopped, b'{"vec')
    # Enough for an answer that is larger than all buffers on its way.
    client = httpx.Client(verify=server.context, base_url=server.url, timeout=60)
    client.put("/collections/large", json={"vectors": {}})
    for start in range(0, 4000, 1000):
        points = [
            {"id": n, "vector": {}, "payload": {"text": "x" * 10_000}}
            for n in range(start, start + 1000)
        ]
        assert client.put("/collections/large/points", json={"points": points}).is_success
    still = RawConnection(address, tls=context)
    body = json.dumps({"limit": 4000}).encode()
    asked = still.begin(
        "/collections/large/points/scroll", content_type="application/json"
    )  # fmt: skip
    still.send(asked, body, end=True)
    slow.until(lambda: stopped in slow.headers or stopped in slow.resets, 60)
    assert slow.headers[stopped][":status"] == "408"
    assert time.monotonic() - begun >= 30
    assert client.get("/collections").status_code == 200
    still.until(lambda: asked in still.resets, 60)
    # Its connection is good for other requests, once it takes something again.
    still.state.increment_flow_control_window(1 << 20)
    still.flush()
    again = still.begin("/collections", method="GET", end=True)
    assert still.answer(again)[":status"] == "200"
    slow.close()
    still.close()


def test_a_late_body_of_http_2_is_answered_and_not_waited_for(server):
    """It is asked for no more, and its connection goes on."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    raw = RawConnection(f"127.0.0.1:{server.port}", tls=context)
    late = raw.begin("/collections/late?timeout=1", method="PUT", content_type="application/json")
    raw.send(late, b'{"vec')
    raw.until(lambda: late in raw.resets, 60)
    assert raw.headers[late][":status"] == "408" and late in raw.ended
    assert b"timed out after 1 seconds" in raw.bodies[late]
    assert raw.resets[late] == h2.errors.ErrorCodes.NO_ERROR
    again = raw.begin("/collections/late/exists", method="GET", end=True)
    assert raw.answer(again)[":status"] == "200" and b'"exists":false' in raw.bodies[again]
    raw.close()


def test_clients_must_show_a_certificate(tmp_path, authority, other_authority):
    client, stranger = authority.signs("client"), other_authority.signs("stranger")
    service = secure_quiver(
        tmp_path, authority.signs("strict-server"), authority,
        QUIVER__TLS__CA_CERT=str(authority.path),
        QUIVER__SERVICE__VERIFY_HTTPS_CLIENT_CERTIFICATE="true",
    )  # fmt: skip
    service.context.load_cert_chain(client.path, client.key_path)
    service.start()
    try:
        assert service.status("/collections") == 200
        for shown in (None, stranger):
            context = ssl.create_default_context(cafile=authority.path)
            if shown:
                context.load_cert_chain(shown.path, shown.key_path)
            with pytest.raises(httpx.HTTPError):
                httpx.get(service.url + "/collections", verify=context, timeout=60)
        assert run("health", **service.settings).returncode == 0
        roots = authority.path.read_bytes()
        known = grpc.ssl_channel_credentials(
            roots, client.key_path.read_bytes(), client.path.read_bytes()
        )
        for credentials, code in (
            (known, None), (grpc.ssl_channel_credentials(roots), grpc.StatusCode.UNAVAILABLE),
        ):  # fmt: skip
            with grpc.secure_channel(service.grpc_address, credentials) as channel:
                call = channel.unary_unary("/qdrant.Qdrant/HealthCheck", bytes, bytes)
                try:
                    call(b"", timeout=60)
                    assert code is None
                except grpc.RpcError as error:
                    assert error.code() == code
    finally:
        service.kill()


def serial(port: int) -> int:
    from cryptography import x509

    return x509.load_pem_x509_certificate(
        ssl.get_server_certificate(("127.0.0.1", port)).encode()
    ).serial_number


def test_certificates_are_replaced_while_the_server_runs(tmp_path, authority):
    old, new = authority.signs("old"), authority.signs("new")
    (tmp_path / "live").mkdir()
    live = Certificate(tmp_path / "live", "live", authority)
    for source, target in ((old.path, live.path), (old.key_path, live.key_path)):
        shutil.copy(source, target)
    with secure_quiver(tmp_path, live, authority, QUIVER__TLS__CERT_TTL="1") as service:
        service.start()
        ports = (service.port, service.grpc_port)
        with httpx.Client(http2=True, verify=service.context, base_url=service.url) as client:
            assert client.get("/").status_code == 200
            assert {serial(port) for port in ports} == {old.certificate.serial_number}
            # A file that is half written changes nothing.
            live.path.write_bytes(new.path.read_bytes()[:100])
            until(lambda: "the certificate of before is used on" in service.log.read_text(), 60)
            assert {serial(port) for port in ports} == {old.certificate.serial_number}
            for source, target in ((new.path, live.path), (new.key_path, live.key_path)):
                shutil.copy(source, target)
            until(lambda: {serial(port) for port in ports} == {new.certificate.serial_number}, 60)
            # Who is connected stays so.
            assert client.get("/").status_code == 200
        assert service.terminate() == 0


def test_what_is_wrong_with_the_files_ends_the_start(tmp_path, authority):
    good, other = authority.signs("good"), authority.signs("mismatch")
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    cases = [
        (tmp_path / "missing.pem", good.key_path, "can't be read: No such file"),
        (good.path, tmp_path / "missing.pem", "missing.pem"),
        (junk, good.key_path, "junk.pem"),
        (good.path, junk, "junk.pem"),
        (good.path, other.key_path, "does not fit the key"),
    ]
    for certificate, key, words in cases:
        service = quiver(tmp_path)
        ended = run(
            QUIVER__SERVICE__ENABLE_TLS="true", QUIVER__TLS__CERT=str(certificate),
            QUIVER__TLS__KEY=str(key), **service.settings,
        )  # fmt: skip
        assert ended.returncode == 2, ended.stderr
        assert words in ended.stderr, ended.stderr
