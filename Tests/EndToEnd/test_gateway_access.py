"""Who may see and do what in the gateway."""

import pytest
import requests
from gateway_service import CHUNKS, call, chunk, run, upload
from process import answer_to_no_request

ADMIN, READER, RED, BLUE = "admin-key-1", "reader-key-1", "red-key-123", "blue-key-12"
KEYS = f"write:{ADMIN},read:{READER},write@red:{RED},write@blue:{BLUE}"
QUESTION = {"question": "What makes an arrow fly straight?"}


@pytest.fixture(scope="module")
def server(start_gateway):
    return start_gateway("open")


@pytest.fixture(scope="module")
def guarded(start_gateway):
    return start_gateway("guarded", AUTH__API_KEYS=KEYS)


def test_keys(guarded):
    call(guarded, "POST", "/query", QUESTION, status=401)
    call(guarded, "POST", "/query", QUESTION, key="wrong-key-9", status=401)
    call(guarded, "POST", "/query", QUESTION, key=READER)
    body = {"chunks": [chunk(*CHUNKS[0])]}
    call(guarded, "POST", "/upload/chunks", body, key=READER, status=403)
    call(guarded, "DELETE", "/upload/chunks", {"document": "x"}, key=READER, status=403)
    assert guarded.status("/health/live") == 200
    assert guarded.status("/metrics") == 401
    assert KEYS.split(":")[1][:5] not in guarded.log.read_text()


def test_tenants_see_their_own(guarded):
    text = "An arrow is fletched with {} feathers, which keep it straight in flight."
    for key, word in ((RED, "red"), (BLUE, "blue")):
        report = upload(guarded, [chunk("same", "Arrows", text.format(word), source="a.md")], key)
        assert report["uploaded"] == 1
    for key, word in ((RED, "red"), (BLUE, "blue")):
        found = call(guarded, "POST", "/insight/search", QUESTION, key)["passages"]
        assert [passage["text"] for passage in found] == [text.format(word)]
        # A filter narrows, and opens nothing.
        for clause, texts in (("should", []), ("must_not", [text.format(word)])):
            wide = {"filter": {clause: [{"key": "quiver.tenant", "match": {"value": "x"}}]}}
            found = call(guarded, "POST", "/insight/search", QUESTION | wide, key)["passages"]
            assert [passage["text"] for passage in found] == texts
        assert call(guarded, "GET", "/documents", key=key)["documents"][0]["passages"] == 1
    assert call(guarded, "DELETE", "/upload/chunks", {"document": "a.md"}, RED)["deleted"] == 1
    assert call(guarded, "POST", "/insight/search", QUESTION, RED)["passages"] == []
    assert len(call(guarded, "POST", "/insight/search", QUESTION, BLUE)["passages"]) == 1
    assert len(call(guarded, "POST", "/insight/search", QUESTION, ADMIN)["passages"]) == 1


def test_a_new_version_takes_the_place_of_ones_own(guarded):
    """Whose key sees all stores a document of the name that a tenant's has."""

    def store(key, text):
        form = {"file": ("report.md", text)}
        headers = {"Authorization": f"Bearer {key}"}
        url = guarded.url + "/upload/files"
        return requests.post(url, files=form, headers=headers, timeout=60).json()["files"][0]

    def passages(key):
        path = "/upload/chunks?document=report.md"
        return [entry["page_content"] for entry in call(guarded, "GET", path, key=key)["chunks"]]

    store(RED, "# One\n\nThe tenant's report.")
    assert store(ADMIN, "# Other\n\nThe report of all.")["removed"] == 0
    assert store(ADMIN, "# Another\n\nThe later report of all.")["removed"] == 1
    assert passages(RED) == ["The tenant's report."]
    assert sorted(passages(ADMIN)) == ["The later report of all.", "The tenant's report."]
    rest = {"document": "report.md", "keep": []}
    assert call(guarded, "DELETE", "/upload/chunks", rest, ADMIN)["deleted"] == 1
    assert passages(RED) == ["The tenant's report."]
    del rest["keep"]
    assert call(guarded, "DELETE", "/upload/chunks", rest, ADMIN)["deleted"] == 1


BROWSERS = [
    {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"},
    {"Origin": "http://pages.attacker.example"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Referer": "http://pages.attacker.example/"},
    # What a page may have changed, and can't leave out.
    {"User-Agent": "program", "Accept-Language": "*", "Priority": "u=4"},
    {"User-Agent": "program", "Accept-Language": "en"},
]


def test_pages_whose_name_leads_here_see_nothing(server, start_gateway):
    upload(server, [chunk("own", "Diary", "What nobody else should read.")])
    for headers in BROWSERS:
        for host in ("attacker.example:8000", "127.0.0.1.attacker.example", "attacker.example."):
            headers = headers | {"Host": host, "X-Forwarded-Host": "localhost"}
            for method, path in (
                ("GET", "/upload/chunks"), ("GET", "/documents"), ("POST", "/query"),
                ("POST", "/mcp"), ("POST", "/upload/files?name=a.txt"), ("GET", "/metrics"),
            ):  # fmt: skip
                answer = call(server, method, path, QUESTION, status=403, **headers)
                assert "AUTH__ALLOWED_ORIGINS" in answer["detail"], (headers, path)
            error = call(server, "GET", "/v1/models", status=403, **headers)["error"]
            assert host.split(":")[0].rstrip(".") in error["message"]
            # There is nothing in them that is not in the program.
            assert requests.get(server.url + "/", headers=headers, timeout=60).status_code == 200
            call(server, "GET", "/health/live", **headers)
    own = BROWSERS[0]
    for host in ("localhost:8000", "LOCALHOST", "127.0.0.1", "[::1]:8000", "10.1.2.3:80",
                 "quiver-gateway:8000", "nas.local", "rag.default.svc"):  # fmt: skip
        call(server, "GET", "/documents", **own, Host=host)
    # Programs send what they are called by, and nothing of a page.
    call(server, "GET", "/documents", Host="rag.company.example")
    origins = "https://rag.company.example http://app.example:3000"
    known = start_gateway("open", AUTH__ALLOWED_ORIGINS=origins)
    for host in ("rag.company.example", "rag.company.example:8443", "app.example"):
        call(known, "GET", "/documents", **own, Host=host)
    call(known, "GET", "/documents", **own, Host="attacker.example", status=403)


def test_what_is_no_request_is_answered_to_those_who_may_all_read(server, start_gateway):
    """Whose page it was could not be read."""
    everybody = start_gateway("everybody", AUTH__ALLOWED_ORIGINS="*")
    for gateway, is_allowed in ((server, False), (everybody, True)):
        head = answer_to_no_request(gateway)
        assert head.startswith("http/1.1 400")
        assert ("\r\naccess-control-allow-origin: *" in head) == is_allowed


def test_who_has_a_key_may_come_by_any_name(guarded):
    call(guarded, "GET", "/documents", key=READER, **BROWSERS[0], Host="rag.company.example")


def test_ingesting_with_a_key_and_again_after_a_change(guarded, tmp_path):
    page = tmp_path / "book.md"
    page.write_text("# Owls\n\nOwls hunt at night.\n\n## Eggs\n\nOwls lay white, round eggs.\n")
    assert run(guarded, "ingest", page).returncode == 1
    done = run(guarded, "ingest", page, QUIVER_GATEWAY_KEY=RED)
    assert done.returncode == 0, done.stderr
    question = {"question": "What colour are the eggs of owls?"}
    assert "round eggs" in call(guarded, "POST", "/query", question, RED)["summary"]
    page.write_text("# Owls\n\nOwls hunt at night.\n")
    done = run(guarded, "ingest", page, "--key", RED)
    assert "1 unchanged, 1 removed" in done.stdout
    assert "round eggs" not in call(guarded, "POST", "/query", question, RED)["summary"]
