"""The gateway under load: a server that dies, collections that vanish, many streams, a long run."""

import concurrent.futures
import json
import os
import threading
import time

import pytest
import requests
from gateway_service import CHUNKS, chunk, gateway, upload
from process import quiver, until

QUESTION = {"question": "What makes an arrow fly straight?"}
# The soak runs for so many seconds; ten minutes show more than the suite has time for.
SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "8"))


@pytest.fixture
def pair(tmp_path):
    """A server and a gateway before it, with the chunks in it."""
    store = quiver(tmp_path)
    settings = {"QDRANT_VECTOR_STORE__TIMEOUT_S": "5"}
    with store, gateway(tmp_path, store.url, "load", **settings) as service:
        store.start()
        service.start(60)
        fill(service)
        yield store, service


def fill(service):
    upload(service, [chunk(*parts, source="book.md") for parts in CHUNKS])


def ask(service, path="/insight/query", **more):
    return requests.post(service.url + path, json=QUESTION | more, timeout=60)


def test_a_server_killed_under_load(pair):
    store, service = pair
    stopped, answers, strange = threading.Event(), [], []

    def work():
        while not stopped.is_set():
            try:
                answers.append(ask(service, "/insight/search"))
            except requests.RequestException as error:
                strange.append(error)
                return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(answers) >= 8, 60)
        store.kill()
        # Each of the four is answered without a server.
        until(lambda: strange or sum(a.status_code == 503 for a in list(answers)) >= 8, 60)
        store.start()
        # No restart is needed.
        until(lambda: ask(service).status_code == 200, 60)
    finally:
        stopped.set()
    for thread in threads:
        thread.join(60)
    assert not strange
    assert {answer.status_code for answer in answers} == {200, 503}
    # That there is an answer at all says that retries are bounded: the server was away meanwhile.
    for answer in answers:
        if answer.status_code == 503:
            assert "Vector store" in answer.json()["detail"] and int(answer.headers["Retry-After"])
    insight = ask(service).json()
    assert insight["metadata"][0]["chunk_id"] == "archery"


def stored(store) -> int:
    url = f"{store.url}/collections/load/points/count"
    return requests.post(url, json={"exact": True}, timeout=30).json()["result"]["count"]


def test_an_upload_goes_on_after_the_server_was_killed(pair):
    store, service = pair
    chunks = [chunk(f"n{n}", "Numbers", f"The number {n} is the number after {n - 1}.")
              for n in range(300)]  # fmt: skip
    with concurrent.futures.ThreadPoolExecutor() as pool:
        sent = pool.submit(
            requests.post, service.url + "/upload/chunks", json={"chunks": chunks}, timeout=120)
        until(lambda: sent.done() or stored(store) > len(CHUNKS), 60)
        store.kill()
        answer = sent.result()
    assert answer.status_code in (200, 503), answer.text
    store.start()
    report = upload(service, chunks)
    assert report["success"] and report["uploaded"] + report["unchanged"] == 300, report
    assert stored(store) == 300 + len(CHUNKS)


def test_a_collection_dropped_behind_its_back(pair):
    store, service = pair
    assert ask(service).json()["status"] == "answered"
    assert requests.delete(f"{store.url}/collections/load", timeout=30).status_code == 200
    answer = ask(service)
    assert answer.status_code == 200 and answer.json()["status"] == "no_knowledge"
    fill(service)
    assert ask(service).json()["status"] == "answered"


def test_two_hundred_streams(pair):
    _, service = pair
    service.kill()
    service.settings["LIMITS__REQUESTS_IN_FLIGHT"] = "400"
    service.start(60)

    def stream(number: int) -> list[str]:
        with requests.post(
            service.url + "/insight/query", json=QUESTION | {"stream": True}, timeout=120,
            stream=True,
        ) as answer:  # fmt: skip
            assert answer.status_code == 200, answer.text
            lines = [line for line in answer.iter_lines(decode_unicode=True) if line]
        events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
        insight = lines[lines.index("event: insight") + 1].removeprefix("data: ")
        assert "feathers" in json.loads(insight)["summary"], number
        return events

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        found = list(pool.map(stream, range(200)))
    for events in found:
        assert events[0] == "retrieval" and events[-2:] == ["insight", "done"]
        assert "delta" in events
    # A stream ends here a moment before it does there.
    address = service.url + "/metrics"
    until(lambda: "\nrag_streams 0\n" in requests.get(address, timeout=30).text, 60)


def memory(service) -> float:
    """MB of its own: pages of the model's file come into memory as words are met, and can go."""
    for line in open(f"/proc/{service.process.pid}/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no memory")


def test_a_long_run_needs_no_more_memory(pair):
    """Questions, uploads, removals, streams and refusals over and over."""
    _, service = pair
    session, number = requests.Session(), 0

    def round_of_work():
        nonlocal number
        number += 1
        text = f"The boat number {number} carries {number} barrels of herring to the island. "
        body = {"chunks": [chunk(f"boat{number}", "Boats", text * 3, source="boats.txt")]}
        assert session.post(service.url + "/upload/chunks", json=body, timeout=60).ok
        assert session.post(service.url + "/insight/query", json=QUESTION, timeout=60).ok
        with session.post(service.url + "/insight/query", json=QUESTION | {"stream": True},
                          timeout=60, stream=True) as answer:  # fmt: skip
            assert answer.content
        form = {"file": (f"{number % 3}.md", f"# Boats\n\n{text}")}
        assert session.post(service.url + "/upload/files", files=form, timeout=60).ok
        assert session.post(service.url + "/query", data=b"{", timeout=60).status_code == 422
        if number % 10 == 0:
            body = {"document": "boats.txt"}
            assert session.delete(service.url + "/upload/chunks", json=body, timeout=60).ok

    def run(seconds: float):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            round_of_work()

    run(max(4, SOAK_SECONDS / 4))
    before = memory(service)
    run(SOAK_SECONDS)
    after = memory(service)
    print(f"{number} rounds, {before:.1f} MB -> {after:.1f} MB")
    # Ten minutes add less than one MB. A leak of one answer a round would add ten times as much.
    assert after - before < 8, f"{before:.1f} MB -> {after:.1f} MB"
