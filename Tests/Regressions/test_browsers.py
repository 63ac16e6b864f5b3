"""What browsers and proxies ask of a server: preflights, `HEAD`, and methods that a path lacks."""

import pytest
import requests
from process import answer_to_no_request, quiver
from wire import Wire

KEY = "full-key-1618"
ORIGIN = "http://page.example"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "api-key,content-type",
}
VECTORS = {"vectors": {"size": 2, "distance": "Dot"}}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Raw HTTP to a server with a key."""
    service = quiver(
        tmp_path_factory.mktemp("quiver"),
        QUIVER__SERVICE__API_KEY=KEY,
        QUIVER__SERVICE__MAX_REQUEST_SIZE_MB="1",
    )
    service.start()
    with requests.Session() as session:
        yield Wire(service.url, session)
    service.kill()


@pytest.mark.parametrize(
    "path", ["/", "/collections", "/collections/a/points/query", "/snapshots", "/nowhere"]
)
def test_preflight_without_a_key(guarded, path):
    answer = guarded.send("OPTIONS", path, headers=PREFLIGHT)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-headers"] == "api-key,content-type"
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_errors_can_be_read_by_the_page(guarded):
    mine = {"Origin": ORIGIN, "api-key": KEY}
    large = b" " * (2 << 20)
    for method, path, body, headers, status in (
        ("GET", "/collections", None, {"Origin": ORIGIN}, 401),
        ("GET", "/nowhere", None, mine, 404),
        ("GET", "/collections/none", None, mine, 404),
        ("PUT", "/collections", None, mine, 405),
        ("PUT", "/collections/a", large, mine, 413),
        ("PUT", "/collections/a", b"{", mine, 400),
        ("HEAD", "/collections", None, mine, 200),
    ):
        answer = guarded.send(method, path, body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_what_is_no_request_is_answered_to_every_page(server):
    """Its origin could not be read."""
    head = answer_to_no_request(server)
    assert head.startswith("http/1.1 400")
    assert "\r\naccess-control-allow-origin: *" in head


def test_switched_off(tmp_path):
    service = quiver(tmp_path, QUIVER__SERVICE__ENABLE_CORS="false")
    service.start()
    try:
        for method, headers in (("OPTIONS", PREFLIGHT), ("GET", {"Origin": ORIGIN})):
            answer = requests.request(method, service.url + "/collections", headers=headers)
            assert "access-control-allow-origin" not in answer.headers
        assert "access-control" not in answer_to_no_request(service)
    finally:
        service.kill()


def test_head_is_get_without_a_body(wire, new_collection):
    name = new_collection()
    paths = ["/", "/healthz", "/collections", f"/collections/{name}", "/metrics", "/collections/x"]
    for path in paths:
        got, head = wire.send("GET", path), wire.send("HEAD", path)
        assert head.status_code == got.status_code, path
        assert head.headers["content-type"] == got.headers["content-type"]
        assert int(head.headers["content-length"]) > 0 and head.content == b""
    # The connection still serves.
    assert wire.send("GET", "/healthz").status_code == 200


def test_a_wrong_method_names_the_right_ones(wire):
    for method, path, allowed in (
        ("PUT", "/collections", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", "/collections/a/points", {"PUT", "POST", "OPTIONS"}),
        ("DELETE", "/collections/a/points/query", {"POST", "OPTIONS"}),
        ("PUT", "/collections/a/points/7", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/collections/a", {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}),
        # No point, and no snapshot, has such a name.
        ("GET", "/collections/a/points/query", {"POST", "OPTIONS"}),
        ("GET", "/collections/a/points/payload", {"PUT", "POST", "OPTIONS"}),
        ("GET", "/collections/a/snapshots/upload", {"POST", "OPTIONS"}),
        ("DELETE", "/collections/a/shards/0/snapshots/recover", {"PUT", "OPTIONS"}),
    ):
        answer = wire.send(method, path)
        assert answer.status_code == 405, answer.text
        assert set(answer.headers["allow"].split(", ")) == allowed, path
        asked = wire.send("OPTIONS", path)
        assert asked.status_code == 204
        assert set(asked.headers["allow"].split(", ")) == allowed
    # What looks like a point's path and names none is no path at all.
    for path in ("/nowhere", "/collections/a/points/nowhere"):
        assert wire.send("PUT", path).status_code == 404
