"""What the gateway lists, removes, streams, is sent again, and is fed from the command line."""

import json
import shutil
import socket
import subprocess
import threading
import uuid

import pytest
import requests
from gateway_service import CHUNKS, call, chunk, run, upload
from process import binary, clean_environment

QUESTION = {"question": "What makes an arrow fly straight?"}


@pytest.fixture(scope="module")
def server(start_gateway):
    return start_gateway("open")


def test_filters_and_k(server):
    upload(server, [chunk(f"f{n}", "Arrows", f"Arrow number {n} flies straight.", page=n)
                    for n in range(6)])  # fmt: skip
    found = call(server, "POST", "/insight/search", QUESTION | {"k": 2})["passages"]
    assert len(found) == 2
    even = {"filter": {"must": [{"key": "metadata.page", "match": {"any": [0, 2]}}]}}
    found = call(server, "POST", "/insight/search", QUESTION | even)["passages"]
    assert {passage["chunk_id"] for passage in found} == {"f0", "f2"}
    assert found[0]["signals"]["late_interaction"] > 0.3 and found[0]["signals"]["bm25"] > 0
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


def test_documents_come_in_pages(start_gateway):
    service = start_gateway("pages")
    nothing = {"documents": [], "total": 0, "without_document": 0, "next": None}
    assert call(service, "GET", "/documents") == nothing
    names = ["a b&c=d.md", "b%2Fc.md", "c?#.md", "d.md", "é.md"]
    upload(service, [chunk(f"{name}-{n}", "Doc", f"Text {n} of {name}.", source=name)
                     for count, name in enumerate(names, 1) for n in range(count)])  # fmt: skip
    found, query = [], {"limit": 2}
    while True:
        answer = requests.get(f"{service.url}/documents", params=query, timeout=30)
        page = answer.json()
        assert page["total"] == len(names)
        found += page["documents"]
        if page["next"] is None:
            break
        assert len(page["documents"]) == 2 and len(found) < len(names)
        query["from"] = page["next"]
    expected = [{"document": name, "passages": count} for count, name in enumerate(names, 1)]
    assert found == expected
    # What names no document, or one that is a number, is told of, and found by that number.
    upload(service, [chunk("stray", "", "Of no document."), chunk("n", "", "Of 42.", source=42)])
    page = call(service, "GET", "/documents")
    assert page["total"] == len(names) and page["without_document"] == 2
    listed = call(service, "GET", "/upload/chunks?document=42")["chunks"]
    assert [entry["chunk_id"] for entry in listed] == ["n"]
    assert call(service, "DELETE", "/upload/chunks", {"document": 42})["deleted"] == 1
    assert call(service, "GET", "/documents")["without_document"] == 1
    for wrong in ("limit=0", "limit=many", "limit=100000", "offset=1"):
        call(service, "GET", f"/documents?{wrong}", status=400)


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
    # Its parts are points of their own, and no passages.
    entries = call(server, "GET", "/documents")["documents"]
    assert {"document": "long.md", "passages": 1} in entries
    # A shorter text leaves no part of the longer one behind.
    upload(server, [chunk("long", "Weather", "It rains.", source="long.md")])
    url = f"{store.url}/collections/open/points/count"
    count = {"filter": {"must": [{"key": "metadata.source", "match": {"value": "long.md"}}]}}
    assert requests.post(url, json=count, timeout=60).json()["result"]["count"] == 1
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


def test_watching_a_folder(server, tmp_path):
    folder = tmp_path / "watched"
    folder.mkdir()
    page = folder / "ferry.txt"
    page.write_text("The ferry to the lighthouse costs four crowns.")
    command = [binary("quiver-gateway"), "ingest", "--watch", folder]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=clean_environment(server.settings),
    )  # fmt: skip

    def told(text: str) -> bool:
        return any(text in line for line in iter(process.stderr.readline, ""))

    question = {"question": "What does the ferry to the lighthouse cost?"}
    # Ends the reading as well.
    patience = threading.Timer(120, process.kill)
    patience.start()
    try:
        assert told("1 passages uploaded")
        page.write_text("The ferry to the lighthouse costs nine crowns.")
        assert told("1 updated")
        assert "nine crowns" in call(server, "POST", "/query", question)["summary"]
        page.unlink()
        assert told("gone: watched/ferry.txt: 1 passages removed")
        summary = call(server, "POST", "/query", question)["summary"]
        assert "crowns" not in summary
        # What failed while nobody was there goes well later, though nothing has changed since.
        server.terminate()
        page.write_text("The ferry to the lighthouse costs two crowns.")
        assert told("failed: gateway unreachable")
        server.start()
        assert told("1 passages uploaded")
    finally:
        patience.cancel()
        process.kill()
        process.wait(20)


def pdf(text: str) -> bytes:
    """One page with a line of text."""
    stream = f"BT /F1 12 Tf 40 400 Td ({text}) Tj ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 500]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]  # fmt: skip
    body = b"%PDF-1.4\n"
    for number, part in enumerate(parts, start=1):
        body += b"%d 0 obj%s endobj\n" % (number, part)
    return body + b"trailer<</Root 1 0 R/Size 5>>\n%%EOF\n"


def test_ingesting_a_pdf(server, tmp_path):
    (tmp_path / "a.pdf").write_bytes(pdf("The ferry to the island leaves at half past nine."))
    done = run(server, "ingest", tmp_path / "a.pdf", PATH="/nonexistent")
    assert done.returncode == 1 and "needs pdftotext" in done.stderr
    if shutil.which("pdftotext"):
        done = run(server, "ingest", tmp_path / "a.pdf")
        assert done.returncode == 0, done.stderr
        insight = call(server, "POST", "/query", {"question": "When does the ferry leave?"})
        assert "half past nine" in insight["summary"]
        (tmp_path / "scan.pdf").write_bytes(pdf(""))
        done = run(server, "ingest", tmp_path / "scan.pdf")
        assert done.returncode == 1 and "pictures" in done.stderr


def test_an_older_collection_is_embedded_anew(server, store):
    url = f"{store.url}/collections/older"
    identity = {"provider": "local", "model": "all-MiniLM-L6-v2", "dimension": 384}
    body = {"vectors": {"size": 384, "distance": "Cosine"},
            "metadata": {"quiver_embedding": identity}}  # fmt: skip
    requests.put(url, json=body, timeout=30).raise_for_status()
    settings = {"QDRANT_VECTOR_STORE__COLLECTION_NAME": "older"}
    point = {"id": "1446c22b-d191-5201-8a82-70fba95150f0", "vector": [1.0] + [0.0] * 383,
             "payload": {"page_content": CHUNKS[0][2],
                         "metadata": {"chunk_id": "archery"}}}  # fmt: skip
    # More than `ReembedRun.stepChunksMax`.
    points = [point] + [
        {"id": str(uuid.UUID(int=number)), "vector": point["vector"],
         "payload": {"page_content": f"A note of the number {number}.",
                     "metadata": {"chunk_id": f"n{number}"}}}
        for number in range(32)
    ]  # fmt: skip
    requests.put(f"{url}/points?wait=true", json={"points": points}, timeout=30).raise_for_status()
    done = run(server, "reembed", **settings)
    assert done.returncode == 0, done.stderr
    assert "32 chunks embedded\n33 chunks embedded" in done.stderr
    assert "nothing to do" in run(server, "reembed", **settings).stdout
    config = requests.get(url, timeout=30).json()["result"]["config"]
    assert config["metadata"]["quiver_embedding"] == identity | {"recipe": 2}
    query = {"query": {"text": "arrow", "model": "qdrant/bm25"}, "using": "quiver_bm25"}
    found = requests.post(f"{url}/points/query", json=query, timeout=30).json()["result"]["points"]
    assert [entry["id"] for entry in found] == [point["id"]]
