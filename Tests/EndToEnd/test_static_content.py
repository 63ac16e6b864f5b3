"""What is served below /dashboard: the built-in pages, or a folder such as Qdrant's own bundle."""

import gzip
import os
import pathlib

import pytest
import requests
from process import ROOT, quiver
from wire import Wire

PAGES = ROOT / "Sources/CDashboardPages/Pages"
KEY = "full-key-2718"
# Ways to say `..`, and other names that are none.
ESCAPES = [
    "../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "%2E%2E%2Fsecret.txt",
    "assets/../../secret.txt", "..%5csecret.txt", "/../secret.txt", "%2fetc/passwd", "a%00.js",
    ".hidden", "assets/.hidden", "out.txt", "outside/secret.txt", "%ff",
]  # fmt: skip


def get(service, path, method="GET", **options):
    """A request whose path goes over the wire as it is written."""
    request = requests.Request(method, service.url, **options).prepare()
    request.url = service.url + path
    with requests.Session() as session:
        return session.send(request, allow_redirects=False, timeout=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with keys and its own pages."""
    service = quiver(tmp_path_factory.mktemp("own"), QUIVER__SERVICE__API_KEY=KEY)
    service.start()
    yield service
    service.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> pathlib.Path:
    """A bundle in a folder, with what must not be reached beside it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "secret.txt").write_text("secret")
    static = folder / "static"
    (static / "assets").mkdir(parents=True)
    (static / "tutorial").mkdir()
    (static / "index.html").write_text("<!doctype html><title>UI</title>" + "<!-- long -->" * 200)
    (static / "tutorial/index.html").write_text("tutorial")
    (static / "assets/app-1a2b.js").write_text("console.log('ünï');" * 200)
    (static / "assets/big.wasm").write_bytes(os.urandom(1_500_000))
    (static / "assets/with space.css").write_text("a{}")
    (static / "favicon.ico").write_bytes(b"\0\1")
    (static / "openapi.json").write_text("{}")
    (static / ".hidden").write_text("secret")
    (static / "assets/.hidden").write_text("secret")
    (static / "out.txt").symlink_to(folder / "secret.txt")
    (static / "outside").symlink_to(folder)
    (static / "inside.txt").symlink_to("openapi.json")
    return static


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, site):
    """A server with keys and the pages of a folder, told so by Qdrant's name of the setting."""
    service = quiver(
        tmp_path_factory.mktemp("bundle"), QUIVER__SERVICE__API_KEY=KEY,
        QDRANT__SERVICE__STATIC_CONTENT_DIR=str(site),
    )  # fmt: skip
    service.start()
    yield service
    service.kill()


def test_every_built_in_page_is_served_without_a_key(server):
    names = [p.relative_to(PAGES).as_posix() for p in PAGES.rglob("*") if p.is_file()]
    assert len(names) > 20
    for name in names:
        answer = get(server, "/dashboard/" + name)
        assert answer.status_code == 200, f"{name} is missing in DashboardPages.c"
        assert answer.content == (PAGES / name).read_bytes(), name
    listed = (PAGES.parent / "DashboardPages.c").read_text().count("  PAGE(")
    assert listed == len(names)


def test_built_in_pages_may_do_little(server):
    answer = get(server, "/dashboard/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe" not in " ".join(policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    for kind in ("*.html", "*.js", "*.css"):
        for page in PAGES.rglob(kind):
            assert "http://" not in page.read_text().replace("http://www.w3.org", ""), page
            assert "https://" not in page.read_text(), page


def test_the_first_page_has_a_slash_wherever_a_proxy_put_it(server):
    answer = get(server, "/dashboard")
    assert answer.status_code == 307 and answer.headers["location"] == "dashboard/"
    assert get(server, "/dashboard?x=1").headers["location"] == "dashboard/"
    assert get(server, "//dashboard//").status_code == 200
    assert requests.get(server.url + "/dashboard", timeout=30).url == server.url + "/dashboard/"


def test_the_rest_still_asks_for_the_key(server):
    for path in ("/collections", "/dashboards", "/dashboard/../collections", "/x/dashboard"):
        assert get(server, path).status_code in (401, 404), path
    assert get(server, "/collections").status_code == 401
    assert get(server, "/dashboards").status_code == 401
    assert get(server, "/dashboard/nothing.js").status_code == 404
    assert get(server, "/dashboard/nothing.js").content == b""


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/app.js"])
def test_other_methods(server, path):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = get(server, path, method)
        assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD, OPTIONS"
    answer = get(server, path, "OPTIONS")
    assert answer.status_code == 204 and answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("which", ["server", "bundle"])
def test_pages_are_sent_once_and_packed(which, request):
    service = request.getfixturevalue(which)
    path = "/dashboard/" + ("app.js" if which == "server" else "assets/app-1a2b.js")
    plain = get(service, path, headers={"accept-encoding": "identity"})
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert plain.headers["cache-control"] == "no-cache"
    assert int(plain.headers["content-length"]) == len(plain.content)
    packed = get(service, path, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.content == plain.content
    assert packed.headers["etag"] == plain.headers["etag"]
    assert gzip.compress(plain.content) != plain.content
    head = get(service, path, "HEAD", headers={"accept-encoding": "identity"})
    assert head.status_code == 200 and head.content == b""
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[name] == plain.headers[name], name
    tag = plain.headers["etag"]
    for known in (tag, f'"other", {tag}', "*"):
        again = get(service, path, headers={"if-none-match": known})
        assert again.status_code == 304 and again.content == b"", known
        assert again.headers["etag"] == tag
    assert get(service, path, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_folder_is_served_as_qdrant_does(bundle, site):
    for path in ("/dashboard", "/dashboard/", "/dashboard/index.html"):
        answer = get(bundle, path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.content == (site / "index.html").read_bytes()
    for name, kind in [
        ("favicon.ico", "image/x-icon"), ("openapi.json", "application/json"),
        ("assets/big.wasm", "application/wasm"), ("inside.txt", "application/json"),
    ]:  # fmt: skip
        answer = get(bundle, "/dashboard/" + name)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind), name
        assert answer.content == (site / name).read_bytes()
    assert get(bundle, "/dashboard/assets/with%20space.css").text == "a{}"
    assert get(bundle, "/dashboard/tutorial").text == "tutorial"
    # Pages are told apart behind `#`: there are no other paths to fall back from.
    for path in ("/dashboard/assets", "/dashboard/collections", "/dashboard/assets/none.js"):
        assert get(bundle, path).status_code == 404
    since = get(bundle, "/dashboard/favicon.ico").headers["last-modified"]
    known = get(bundle, "/dashboard/favicon.ico", headers={"if-modified-since": since})
    assert known.status_code == 304
    assert "content-security-policy" in answer.headers


def test_a_changed_file_is_sent_again(bundle, site):
    page = site / "changes.txt"
    page.write_text("one")
    tag = get(bundle, "/dashboard/changes.txt").headers["etag"]
    page.write_text("two!")
    answer = get(bundle, "/dashboard/changes.txt", headers={"if-none-match": tag})
    assert answer.status_code == 200 and answer.text == "two!"


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("which", ["server", "bundle"])
def test_no_path_leads_out(which, escape, request):
    service = request.getfixturevalue(which)
    answer = get(service, "/dashboard/" + escape)
    # A path that is one of the API is asked for a key.
    assert answer.status_code in (401, 404), answer.text
    assert "secret" not in answer.text and "root:" not in answer.text


def test_it_can_be_turned_off(tmp_path):
    service = quiver(tmp_path, QDRANT__SERVICE__ENABLE_STATIC_CONTENT="false")
    service.start()
    try:
        for path in ("/dashboard", "/dashboard/", "/dashboard/app.js"):
            assert get(service, path).status_code == 404
    finally:
        service.kill()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    service = quiver(tmp_path, QUIVER__SERVICE__STATIC_CONTENT_DIR=str(tmp_path / "nowhere"))
    service.start()
    try:
        assert get(service, "/dashboard/app.js").status_code == 200
        assert "no such folder of pages" in service.log.read_text()
        assert Wire(service.url, requests.Session()).send("GET", "/collections").ok
    finally:
        service.kill()


C = "/collections/shown"
SHOWN = {"vectors": {"size": 2, "distance": "Dot"}}
SHOWN_POINTS = {"points": [{"id": n, "vector": [n, 1], "payload": {"k": "v"}} for n in (1, 2, 3)]}
# Every call that Qdrant's web UI makes, in an order that a visit could have.
CALLS = [
    ("GET", "/telemetry", None), ("GET", "/telemetry?details_level=2", None),
    ("GET", "/issues", None), ("DELETE", "/issues", None), ("GET", "/collections", None),
    ("GET", "/aliases", None), ("PUT", C, SHOWN), ("GET", C, None), ("GET", C + "/exists", None),
    ("PUT", C + "/points?wait=true", SHOWN_POINTS),
    ("PATCH", C, {"optimizers_config": {"indexing_threshold": 20000}}),
    ("GET", C + "/aliases", None),
    ("POST", "/collections/aliases",
     {"actions": [{"create_alias": {"collection_name": "shown", "alias_name": "seen"}}]}),
    ("POST", "/collections/aliases", {"actions": [{"delete_alias": {"alias_name": "seen"}}]}),
    ("GET", "/cluster", None), ("GET", C + "/cluster", None),
    ("GET", C + "/optimizations?with=queued,completed,idle_segments", None),
    ("GET", C + "/memory", None),
    ("PUT", C + "/index?wait=true", {"field_name": "k", "field_schema": "keyword"}),
    ("POST", C + "/points", {"ids": [1], "with_payload": True, "with_vector": True}),
    ("POST", C + "/points/scroll", {"limit": 2, "with_payload": True, "with_vector": False}),
    ("POST", C + "/points/query", {"query": 1, "limit": 2, "with_payload": True}),
    ("POST", C + "/points/query", {"query": {"sample": "random"}, "limit": 2, "with_vector": True}),
    ("POST", C + "/points/query",
     {"query": {"recommend": {"positive": [1], "negative": [2]}}, "limit": 2}),
    ("POST", C + "/points/query/batch",
     {"searches": [{"query": 1, "params": {"exact": True}}, {"query": 1}]}),
    ("POST", C + "/facet", {"key": "k"}), ("POST", C + "/points/count", {"exact": True}),
    ("POST", C + "/points/search/matrix/pairs", {"sample": 3, "limit": 2}),
    ("PUT", C + "/points/payload?wait=true", {"payload": {"k": "w"}, "points": [1]}),
    ("POST", C + "/points/payload?wait=true", {"payload": {"l": 1}, "points": [1]}),
    ("POST", C + "/points/delete?wait=true", {"points": [3]}),
    ("DELETE", C + "/index/k?wait=true", None),
    ("POST", C + "/snapshots", None), ("GET", C + "/snapshots", None),
    ("DELETE", C, None),
]  # fmt: skip


def test_every_call_of_qdrants_web_ui(bundle):
    """Asked as the page does that the folder holds: with the key, from the same origin."""
    headers = {"api-key": KEY, "origin": bundle.url}
    wire = Wire(bundle.url, requests.Session())
    told = {}
    for method, path, body in CALLS:
        answer = wire.send(method, path, body, headers=headers)
        assert answer.status_code == 200, f"{method} {path}: {answer.text}"
        told[method, path] = answer.json()["result"]
        if (method, path) == ("GET", C + "/snapshots"):
            visit_snapshot(wire, told[method, path][0]["name"], headers)
    app = told["GET", "/telemetry"]["app"]
    assert app["version"] and isinstance(app["jwt_rbac"], bool)
    memory = told["GET", C + "/memory"]
    assert memory["total"]["ram_bytes"] > 0 and memory["vectors"][0]["storage"]
    assert {"summary", "running", "queued"} <= set(
        told["GET", C + "/optimizations?with=queued,completed,idle_segments"])
    assert told["POST", C + "/facet"] == {"hits": [{"value": "v", "count": 3}]}
    # It asks for its outside news, too, and does without.
    assert wire.send("GET", "/cloud/data.json", headers=headers).status_code == 404


def visit_snapshot(wire, name, headers):
    """A snapshot is fetched, sent back, brought back by name, and deleted."""
    path = f"{C}/snapshots/{name}"
    content = wire.send("GET", path, headers=headers).content
    answer = wire.session.post(
        wire.url + C + "/snapshots/upload?priority=snapshot", headers=headers,
        files={"snapshot": (name, content)}, timeout=60,
    )  # fmt: skip
    assert answer.json()["result"] is True
    for location, status in ((f"snapshot:{name}", 200), ("snapshot:none.snapshot", 404),
                             ("snapshot:../none.snapshot", 404)):  # fmt: skip
        answer = wire.send("PUT", C + "/snapshots/recover", {"location": location}, headers=headers)
        assert answer.status_code == status, answer.text
    assert wire.send("DELETE", path, headers=headers).ok
