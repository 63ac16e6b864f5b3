"""The RAG gateway over a real server: upload, questions, ingestion, and a store that is away."""

import pytest
import requests
from gateway_service import CHUNKS, call, chunk, gateway, run, upload
from process import Service, quiver

QUESTIONS = {
    "How can I uninstall software and also get rid of its settings?": "purge",
    "Why does the sea level rise and fall twice a day?": "tides",
    "How long should a loaf rise before baking?": "bread",
    "What makes an arrow fly straight?": "archery",
}
OFF_TOPIC = "Who won the football world championship in 1974?"


@pytest.fixture(scope="module")
def server(start_gateway):
    """The gateway, with the chunks uploaded once."""
    service = start_gateway("chunks")
    answer = upload(service, [chunk(*parts) for parts in CHUNKS])
    assert answer["success"] is True and answer["uploaded"] == len(CHUNKS), answer
    return service


def ask(service: Service, question: str) -> dict:
    return call(service, "POST", "/insight/query", {"question": question})


def count(store: Service, collection: str) -> int:
    url = f"{store.url}/collections/{collection}/points/count"
    answer = requests.post(url, json={}, timeout=60)
    return answer.json()["result"]["count"]


def test_health(server):
    assert server.status("/health/live") == 200
    assert server.status("/health/ready") == 200


def test_second_upload_adds_nothing(server, store):
    before = count(store, "chunks")
    again = upload(server, [chunk(*parts) for parts in CHUNKS])
    assert again["success"] is True
    assert (again["uploaded"], again["updated"], again["unchanged"]) == (0, 0, len(CHUNKS))
    assert count(store, "chunks") == before == len(CHUNKS)


@pytest.mark.parametrize("question,expected", QUESTIONS.items())
def test_answer_comes_from_the_right_chunk(server, question, expected):
    insight = ask(server, question)
    text = next(text for id, _, text in CHUNKS if id == expected)
    assert insight["metadata"][0]["chunk_id"] == expected
    assert 0 < insight["confidence"] <= 1
    assert insight["title"]
    assert insight["generator"]["provider"] == "extractive"
    quotes = [c["quote"] for c in insight["citations"] if c["chunk_id"] == expected]
    assert quotes and all(quote in text for quote in quotes)
    assert any(quote in insight["summary"] for quote in quotes)


def test_off_topic_question_is_not_answered(server):
    insight = ask(server, OFF_TOPIC)
    assert insight["confidence"] == 0
    assert insight["metadata"] == []
    assert insight["status"] == "no_knowledge"


def test_changed_chunk_is_updated(server, store):
    new = "Bread dough rests in the refrigerator over night when bakers want more flavour."
    answer = upload(server, [chunk("bread", "Proofing dough", new)])
    assert answer["updated"] == 1 and count(store, "chunks") == len(CHUNKS)
    insight = ask(server, "Where does dough rest over night?")
    assert new in insight["summary"]
    upload(server, [chunk(*CHUNKS[1])])


@pytest.mark.parametrize(
    "path,body,location",
    [
        ("/insight/query", {}, "question"),
        ("/insight/query", {"question": 7}, "question"),
        ("/upload/chunks", {}, "chunks"),
        ("/upload/chunks", {"chunks": [{"metadata": {}}]}, "page_content"),
    ],
)
def test_bad_requests_are_explained(server, path, body, location):
    (problem, *_) = call(server, "POST", path, body, status=422)["detail"]
    assert location in problem["loc"] and problem["msg"]


def test_payload_is_that_of_langchain(server, store):
    body = {"limit": 10, "with_payload": True}
    url = f"{store.url}/collections/chunks/points/scroll"
    payloads = [
        record["payload"]
        for record in requests.post(url, json=body, timeout=60).json()["result"]["points"]
    ]
    ids = sorted(payload["metadata"]["chunk_id"] for payload in payloads)
    assert ids == sorted(id for id, _, _ in CHUNKS)
    assert all(payload["page_content"] for payload in payloads)


def test_ingesting_a_folder_twice(server, store, tmp_path):
    texts = tmp_path / "handbook"
    texts.mkdir()
    (texts / "volcano.md").write_text(
        "# Volcanoes\n\nLava is molten rock that flows out of a volcano. Below the surface it is "
        "called magma.\n\n## Ash\n\nVolcanic ash can stop the engines of an aircraft.\n"
    )
    (texts / "bees.html").write_text(
        "<html><head><title>Bees</title><script>var x;</script></head><body><h1>Bees</h1>"
        "<p>A worker bee tells the others about flowers with a waggle dance.</p></body></html>"
    )
    (texts / "ignored.bin").write_bytes(b"\0\1\2")
    before = count(store, "chunks")
    summaries = []
    for _ in range(2):
        done = run(server, "ingest", texts, "--url", server.url)
        assert done.returncode == 0, done.stderr
        summaries.append(done.stdout)
    assert "2 files: " in summaries[0] and " 0 unchanged" in summaries[0]
    assert " 0 passages uploaded, 0 updated" in summaries[1]
    assert count(store, "chunks") > before
    insight = ask(server, "How do bees show each other where to find flowers?")
    assert "waggle dance" in insight["summary"]
    assert "var x" not in insight["summary"]


def test_store_down_is_503_and_heals(tmp_path):
    store = quiver(tmp_path)
    with store, gateway(tmp_path, store.url, "chunks") as service:
        store.start()
        service.start(60)
        upload(service, [chunk(*CHUNKS[0])])
        store.kill()
        for path, body in (
            ("/insight/query", {"question": "What makes an arrow fly straight?"}),
            ("/upload/chunks", {"chunks": [chunk(*CHUNKS[2])]}),
        ):
            assert call(service, "POST", path, body, status=503)["detail"]
        assert service.status("/health/live") == 200
        store.start()
        insight = ask(service, "What makes an arrow fly straight?")
        assert insight["metadata"][0]["chunk_id"] == "archery"
        assert service.terminate() == 0


def test_wrong_setting(tmp_path):
    service = gateway(tmp_path, "http://127.0.0.1:1", "chunks")
    done = run(service, "serve", QDRANT_VECTOR_STORE__COLECTION="typo")
    assert done.returncode == 2, done.stdout
    assert "QDRANT_VECTOR_STORE__COLECTION" in done.stderr
