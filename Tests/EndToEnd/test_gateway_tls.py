"""The gateway over TLS, before a server that speaks it as well."""

import shutil
import ssl
import subprocess

import httpx
import pytest
from certificates import Certificate
from gateway_service import CHUNKS, MODEL, chunk, gateway, run
from process import binary, clean_environment, until
from secure_service import secure_quiver, secured

QUESTION = {"question": "What makes an arrow fly straight?"}


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.signs("server")


@pytest.fixture(scope="module")
def store(tmp_path_factory, certificate, authority):
    with secure_quiver(tmp_path_factory.mktemp("store"), certificate, authority) as service:
        service.start()
        yield service


def settings(certificate: Certificate) -> dict[str, str]:
    return {"TLS__CERT": str(certificate.path), "TLS__KEY": str(certificate.key_path)}


@pytest.fixture(scope="module")
def server(tmp_path_factory, store, certificate, authority):
    service = gateway(
        tmp_path_factory.mktemp("gateway"), store.url, "secret",
        QDRANT_VECTOR_STORE__CA_CERT=str(authority.path), **settings(certificate),
    )  # fmt: skip
    with secured(service, authority):
        service.start(60)
        yield service


def test_a_question_over_tls_all_the_way(server):
    with httpx.Client(verify=server.context, base_url=server.url, timeout=60) as client:
        report = client.post("/upload/chunks", json={"chunks": [chunk(*c) for c in CHUNKS]})
        assert report.json()["uploaded"] == len(CHUNKS), report.text
        insight = client.post("/insight/query", json=QUESTION).json()
        assert insight["metadata"][0]["chunk_id"] == "archery"
        assert client.get("/health/ready").json()["status"] == "ready"
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{server.port}/health/live")
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url + "/health/live")


def test_commands_know_the_gateway(server, authority, tmp_path):
    health = run(server, "health")
    assert (health.returncode, health.stdout.strip()) == (0, "ready"), health.stderr
    asked = run(server, "ask", QUESTION["question"], "--ca", str(authority.path))
    assert asked.returncode == 0 and "feathers" in asked.stdout, asked.stderr
    strange = run(server, "ask", "What?", "--url", server.url)
    assert strange.returncode == 1 and "certificate" in strange.stderr


def test_a_store_of_an_unknown_authority(start_gateway):
    service = start_gateway("secret")
    ready = httpx.get(service.url + "/health/ready", timeout=30)
    assert ready.status_code == 503 and "certificate" in ready.text


def test_a_new_certificate_while_it_runs(tmp_path, store, authority):
    first, second = authority.signs("first"), authority.signs("second")
    files = {"TLS__CERT": str(tmp_path / "cert.pem"), "TLS__KEY": str(tmp_path / "key.pem")}
    shutil.copy(first.path, files["TLS__CERT"])
    shutil.copy(first.key_path, files["TLS__KEY"])
    service = gateway(tmp_path, store.url, "secret", TLS__CERT_TTL="1", **files)

    def shown() -> str:
        return ssl.get_server_certificate(("127.0.0.1", service.port))

    with secured(service, authority):
        service.start(60)
        assert shown() == first.path.read_text()
        shutil.copy(second.path, files["TLS__CERT"])
        shutil.copy(second.key_path, files["TLS__KEY"])
        until(lambda: shown() == second.path.read_text(), 60)
        assert service.terminate() == 0


def test_clients_that_must_show_a_certificate(tmp_path, store, certificate, authority):
    service = gateway(
        tmp_path, store.url, "secret", TLS__CA_CERT=str(authority.path),
        QDRANT_VECTOR_STORE__CA_CERT=str(authority.path), **settings(certificate),
    )  # fmt: skip
    secured(service, authority)
    client = authority.signs("client")
    service.context.load_cert_chain(client.path, client.key_path)
    without = ssl.create_default_context(cafile=authority.path)
    with service:
        service.start(60)
        with pytest.raises(httpx.HTTPError):
            httpx.get(service.url + "/health/live", verify=without)
        health = run(service, "health")
        assert health.returncode == 0, health.stderr


def test_settings_that_do_not_fit(tmp_path, certificate, authority):
    def check(**given):
        environment = clean_environment({"EMBEDDINGS__MODEL_PATH": str(MODEL)} | given)
        done = subprocess.run(
            [binary("quiver-gateway"), "config", "check"], env=environment, capture_output=True,
            text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 2
        return done.stderr

    assert "TLS__KEY is needed" in check(TLS__CERT=str(certificate.path))
    assert "TLS__CA_CERT needs TLS__CERT" in check(TLS__CA_CERT=str(authority.path))
    wrong = check(TLS__CERT=str(certificate.path), TLS__KEY=str(authority.key_path))
    assert "does not fit the key" in wrong
    gone = check(TLS__CERT=str(tmp_path / "gone.pem"), TLS__KEY=str(certificate.key_path))
    assert f"TLS__CERT: the file {tmp_path}/gone.pem can't be read" in gone
    known = {"TLS__CERT": str(certificate.path), "TLS__KEY": str(certificate.key_path)}
    gone = check(**known, TLS__CA_CERT=str(tmp_path / "gone.pem"))
    assert f"TLS__CA_CERT: the file {tmp_path}/gone.pem can't be read" in gone
    gone = check(QDRANT_VECTOR_STORE__CA_CERT=str(tmp_path / "gone.pem"))
    assert f"QDRANT_VECTOR_STORE__CA_CERT names the file {tmp_path}/gone.pem, which" in gone
    gone = check(PROMPT__INSIGHT_PATH=str(tmp_path / "gone.yaml"))
    assert "PROMPT__INSIGHT_PATH: cannot read prompt" in gone
