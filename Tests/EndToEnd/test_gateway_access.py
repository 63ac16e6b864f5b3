"""Who may see and do what in the gateway; what is listed, removed, streamed and sent again."""

import json
import socket

import pytest
import requests
from gateway_service import CHUNKS, chunk, gateway
from process import quiver

ADMIN, READER, RED, BLUE = "admin-key-1", "reader-key-1", "red-key-123", "blue-key-12"
KEYS = f"write:{ADMIN},read:{READER},write@red:{RED},write@blue:{BLUE}"
QUESTION = {"question": "What makes an arrow fly straight?"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    service = quiver(tmp_path_factory.mktemp("store"))
    service.start()
    yield service
    service.kill()


@pytest.fixture(scope="module")
def server(store, tmp_path_factory):
    service = gateway(tmp_path_factory.mktemp("open"), store.url, "open")
    service.start(60)
    yield service
    service.kill()


@pytest.fixture(scope="module")
def guarded(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    service = gateway(folder, store.url, "guarded", AUTH__API_KEYS=KEYS)
    service.start(60)
    yield service
    service.kill()


def call(service, method, path, body=None, key=None, status=200, **headers):
    if key:
        headers["Authorization"] = f"Bearer {key}"
    answer = requests.request(
        method, service.url + path, json=body, headers=headers, timeout=120)  # fmt: skip
    assert answer.status_code == status, answer.text
    return answer.json()


def upload(service, chunks, key=None, **headers):
    return call(service, "POST", "/upload/chunks", {"chunks": chunks}, key, **headers)


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
        for clause in ("should", "must_not"):
            wide = {"filter": {clause: [{"key": "quiver.tenant", "match": {"value": "x"}}]}}
            found = call(guarded, "POST", "/insight/search", QUESTION | wide, key)["passages"]
            assert all(word in passage["text"] for passage in found)
        assert call(guarded, "GET", "/documents", key=key)["documents"][0]["passages"] == 1
    assert call(guarded, "DELETE", "/upload/chunks", {"document": "a.md"}, RED)["deleted"] == 1
    assert call(guarded, "POST", "/insight/search", QUESTION, RED)["passages"] == []
    assert len(call(guarded, "POST", "/insight/search", QUESTION, BLUE)["passages"]) == 1
    assert len(call(guarded, "POST", "/insight/search", QUESTION, ADMIN)["passages"]) == 1


def test_filters_and_k(server):
    upload(server, [chunk(f"f{n}", "Arrows", f"Arrow number {n} flies straight.", page=n)
                    for n in range(6)])  # fmt: skip
    found = call(server, "POST", "/insight/search", QUESTION | {"k": 2})["passages"]
    assert len(found) == 2
    even = {"filter": {"must": [{"key": "metadata.page", "match": {"any": [0, 2]}}]}}
    found = call(server, "POST", "/insight/search", QUESTION | even)["passages"]
    assert {passage["chunk_id"] for passage in found} == {"f0", "f2"}
    assert found[0]["signals"]["late_interaction"] > 0.3
    wrong = {"filter": {"must": [{"key": "metadata.page", "mtach": {"value": 1}}]}}
    call(server, "POST", "/query", QUESTION | wrong, status=422)


def test_listing_and_deleting(server):
    upload(server, [chunk(f"d{n}", "Doc", f"Text number {n}.", source="d.md") for n in range(5)])
    page = call(server, "GET", "/upload/chunks?document=d.md&limit=3")
    rest = call(server, "GET", f"/upload/chunks?document=d.md&from={page['next']}")
    ids = {entry["chunk_id"] for entry in page["chunks"] + rest["chunks"]}
    assert ids == {f"d{n}" for n in range(5)} and rest["next"] is None
    names = {entry["document"]: entry["passages"]
             for entry in call(server, "GET", "/documents")["documents"]}  # fmt: skip
    assert names["d.md"] == 5
    remove = {"document": "d.md", "keep": ["d0", "d1", "d2"]}
    assert call(server, "DELETE", "/upload/chunks", remove)["deleted"] == 2
    assert call(server, "DELETE", "/upload/chunks", {"chunk_ids": ["d0", "none"]})["deleted"] == 1
    condition = {"must": [{"key": "metadata.source", "match": {"value": "d.md"}}]}
    assert call(server, "DELETE", "/upload/chunks", {"filter": condition})["deleted"] == 2
    for body in ({}, {"filter": {}}, {"keep": []}, {"document": "a", "chunk_ids": []}, {"all": 1}):
        call(server, "DELETE", "/upload/chunks", body, status=422)


def test_all_of_a_long_chunk_is_found(server, store):
    filler = "\n\n".join(f"Paragraph {n} tells of the weather in the town of Ely." * 4
                         for n in range(60))  # fmt: skip
    text = filler + "\n\nThe password of the lighthouse is hidden below the third stair."
    report = upload(server, [chunk("long", "Weather", text, source="long.md")])
    assert report["uploaded"] == 1
    insight = call(server, "POST", "/query", {"question": "Where is the lighthouse password?"})
    assert "below the third stair" in insight["summary"]
    assert insight["metadata"][0]["chunk_id"] == "long"
    listed = call(server, "GET", "/upload/chunks?document=long.md")["chunks"]
    assert [entry["page_content"] for entry in listed] == [text]
    # A shorter text leaves no part of the longer one behind.
    upload(server, [chunk("long", "Weather", "It rains.", source="long.md")])
    url = f"{store.url}/collections/open/points/count"
    count = {"filter": {"must": [{"key": "metadata.source", "match": {"value": "long.md"}}]}}
    assert requests.post(url, json=count, timeout=9).json()["result"]["count"] == 1
    assert call(server, "DELETE", "/upload/chunks", {"document": "long.md"})["deleted"] == 1


def test_same_text_with_other_metadata_is_two_chunks(server):
    chunks = [{"page_content": "Page header", "metadata": {"source": name}} for name in "ab"]
    report = upload(server, chunks)
    assert report["success"] and report["uploaded"] == 2
    assert upload(server, chunks)["unchanged"] == 2


def test_idempotency_key(server):
    chunks = [chunk("once", "Once", "This is stored once.")]
    key = {"Idempotency-Key": "k1"}
    first = upload(server, chunks, **key)
    assert first["uploaded"] == 1
    assert upload(server, chunks, **key) == first
    other = {"chunks": [chunk("twice", "Twice", "Another text.")]}
    call(server, "POST", "/upload/chunks", other, status=422, **key)


def test_answers_are_streamed(server):
    upload(server, [chunk(*CHUNKS[0])])
    body = {"question": "What makes an arrow fly straight?", "stream": True}
    answer = requests.post(server.url + "/insight/query", json=body, stream=True, timeout=60)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    blocks = [block for block in answer.text.strip().split("\n\n") if not block.startswith(":")]
    events = [tuple(line.split(": ", 1)[1] for line in block.split("\n")) for block in blocks]
    names = [name for name, _ in events]
    assert names == ["retrieval", "delta", "insight", "done"]
    insight = json.loads(events[2][1])
    assert json.loads(events[1][1])["text"] == insight["summary"]
    assert json.loads(events[0][1])["passages"][0]["text"]


def test_conversation(server):
    upload(server, [chunk(*parts) for parts in CHUNKS])
    history = [{"role": "user", "content": "How is bread dough proofed?"},
               {"role": "assistant", "content": "It rests in a warm place."}]  # fmt: skip
    insight = call(server, "POST", "/query", {"question": "How long?", "history": history})
    assert insight["question"] == "How is bread dough proofed? How long?"
    assert insight["metadata"][0]["chunk_id"] == "bread"


def test_too_large_a_body_is_told_to_who_reads_late(server):
    size = 9 << 20
    head = (f"POST /upload/chunks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {size}\r\n\r\n")  # fmt: skip
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode())
        for _ in range(size >> 16):
            connection.sendall(b"x" * (1 << 16))
        assert connection.recv(64).startswith(b"HTTP/1.1 413")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode())
        # At once, before the body is there.
        assert connection.recv(64).startswith(b"HTTP/1.1 413")


def test_a_collection_dropped_behind_its_back_heals(server, store):
    upload(server, [chunk(*parts) for parts in CHUNKS])
    requests.delete(f"{store.url}/collections/open", timeout=30).raise_for_status()
    assert call(server, "POST", "/query", QUESTION)["status"] == "no_knowledge"
    assert upload(server, [chunk(*CHUNKS[0])])["uploaded"] == 1
    assert call(server, "POST", "/query", QUESTION)["metadata"][0]["chunk_id"] == "archery"
