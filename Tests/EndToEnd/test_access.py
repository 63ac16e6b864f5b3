"""API keys: who may do what. 401 without a right key, 403 with a key that lacks the right."""

import json
import pathlib
import socket
import subprocess
import time

import pytest
import requests
from process import binary, clean_environment, quiver
from qdrant_client import QdrantClient, models
from tokens import FULL, READ_ONLY, claims, guarded, token
from wire import Wire

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
    with guarded(tmp_path_factory.mktemp("quiver")) as service:
        service.start()
        wire = Wire(service.url, requests.Session())
        for path, body in ((C, VECTORS), (C + "/points", POINT)):
            assert wire.send("PUT", path, body, headers={"api-key": FULL}).status_code == 200
        yield service
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
    for text, status in (
        (f"Bearer {FULL}", 200), ("Bearer nonsense", 401), (f"bearer {FULL}", 401),
    ):  # fmt: skip
        headers = {"Authorization": text}
        assert wire.send("GET", "/collections", headers=headers).status_code == status


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
def test_client_with_key(server):
    client = QdrantClient(url=server.url, api_key=FULL, check_compatibility=False)
    params = models.VectorParams(size=2, distance=models.Distance.DOT)
    assert client.create_collection("keyed", vectors_config=params)
    reader = QdrantClient(url=server.url, api_key=READ_ONLY, check_compatibility=False)
    assert reader.count("keyed").count == 0


def raw(server, request: str) -> tuple[int, str]:
    """The status and the body that a request gets, byte by byte as it is written here."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(request.encode())
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
    head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
    return int(head.split(" ")[1]), body


@pytest.mark.parametrize(
    "target",
    [
        "/collections", "//collections", "/collections/", "/COLLECTIONS", "/collections?x=/healthz",
        "/healthz/../collections", "/healthz/%2e%2e/collections", "/healthz%2f..%2fcollections",
        "/dashboard%2f..%2fcollections", "/./collections",
        "/%63ollections", "/collections;healthz", "/healthz/collections",
        "/readyz/../../collections",
        "http://healthz/collections", "http://x/healthz/../collections", "http://x//collections",
        "https://healthz/collections", "*", "collections", "/collections/guarded/points/1",
        "/collections%00", "/collections\x00", "/%c0%afcollections",
        "/healthz%c0%af..%c0%afcollections",
        "/collections#/healthz", "/collections%23/healthz", "/collections%3f/healthz",
        "/collections;/healthz", "/healthz;/../collections", "/healthz/..;/collections",
        "/dashboard%5c..%5ccollections", "/dashboard\\..\\collections", "/collections/%2e",
        "/%252e%252e/collections", "/\uff0fcollections", "ftp://healthz/collections",
        "//healthz/collections", "/collections/guarded%2fexists", "/ collections",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "get", "PROPFIND"])
def test_no_spelling_opens_a_route(server, method, target):
    status, body = raw(
        server, f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert status in (401, 400), body
    assert "guarded" not in body


def test_below_the_pages_are_only_pages(server):
    for target in ("/dashboard/../collections", "/dashboard/%2e%2e/collections/guarded"):
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert raw(server, head) == (404, "")


def test_heads_without_a_body_open_nothing(server):
    """Two keys, a key in parts, a key in the wrong place."""
    for lines in (
        "api-key: x\r\napi-key: y", "api-key: full-key-\r\n 2718", "authorization: full-key-2718",
        "x-api-key: full-key-2718", "authorization: Basic full-key-2718",
        "cookie: api-key=full-key-2718",
    ):  # fmt: skip
        head = f"GET /collections HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n\r\n"
        status, _ = raw(server, head)
        assert status in (401, 400), lines


def run(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary("quiver"), "token", *arguments], input=stdin, capture_output=True, text=True,
        timeout=30, env=clean_environment(settings),
    )  # fmt: skip


def test_tokens_are_made_and_shown(wire, tmp_path):
    secret = tmp_path / "key"
    secret.write_text(FULL + "\n")
    settings = {
        "QUIVER__SERVICE__API_KEY_FILE": str(secret), "QUIVER__SERVICE__JWT_RBAC": "true",
    }  # fmt: skip
    made = run(
        "--access", "guarded:prw", "--access", "a:b:r", "--expires", "15m", "--subject", "nightly",
        **settings,
    )  # fmt: skip
    assert made.returncode == 0 and made.stderr == "", made.stderr
    text = made.stdout.strip()
    assert claims(text)["access"] == [
        {"collection": "guarded", "access": "prw"}, {"collection": "a:b", "access": "r"},
    ]  # fmt: skip
    assert 880 < claims(text)["exp"] - time.time() < 920
    headers = {"Authorization": f"Bearer {text}"}
    assert wire.send("POST", C + "/points/count", {}, headers=headers).status_code == 200
    assert wire.send("GET", C + "/snapshots", headers=headers).status_code == 403

    shown = run("show", stdin=text, **settings)
    assert shown.returncode == 0 and json.loads(shown.stdout) == claims(text)
    old = run("show", stdin=token({"exp": 1}, FULL), **settings)
    assert old.returncode == 1 and "expired" in old.stderr and json.loads(old.stdout)["exp"] == 1
    other = run("show", stdin=token({}, "other"), **settings)
    assert other.returncode == 1 and "not signed with" in other.stderr
    assert run("show", stdin="nonsense", **settings).returncode == 1

    bound = run("--access", "r", "--value-exists", "guarded", "--match", "n=1", **settings)
    headers = {"api-key": bound.stdout.strip()}
    assert wire.send("GET", "/collections", headers=headers).status_code == 401
    point = {"points": [{"id": 7, "vector": [1, 2], "payload": {"n": 1}}]}
    wire.send("PUT", C + "/points", point, headers={"api-key": FULL})
    assert wire.send("GET", "/collections", headers=headers).status_code == 200
    wire.send("POST", C + "/points/delete", {"points": [7]}, headers={"api-key": FULL})
    assert wire.send("GET", "/collections", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--access", "x"], ["--access", "c:m"], ["--access", ":r"],
        ["--access", "r", "--access", "m"], ["--access", "c:r", "--access", "c:rw"],
        ["--access", "r", "--expires", "soon"],
        ["--access", "r", "--match", "a=1"], ["--access", "r", "--value-exists", "c"],
    ],
)  # fmt: skip
def test_tokens_that_make_no_sense(arguments):
    assert run(*arguments, QUIVER__SERVICE__API_KEY=FULL).returncode == 2


def test_no_key_no_token():
    assert run("--access", "r").returncode == 2


def test_secrets_come_from_files(tmp_path):
    """Each of the three keys; the files hold a line break at their end."""
    files: dict[str, pathlib.Path] = {}
    for name in ("API_KEY", "ALT_API_KEY", "READ_ONLY_API_KEY"):
        files[name] = tmp_path / name
        files[name].write_text(f"secret {name}\n")
    service = quiver(
        tmp_path, **{f"QUIVER__SERVICE__{name}_FILE": str(path) for name, path in files.items()}
    )
    service.start()
    try:
        for name, status in (("API_KEY", 200), ("ALT_API_KEY", 409), ("READ_ONLY_API_KEY", 403)):
            answer = requests.put(
                f"{service.url}/collections/c", json={}, timeout=60,
                headers={"api-key": f"secret {name}"},
            )  # fmt: skip
            assert answer.status_code == status, answer.text
    finally:
        service.kill()
