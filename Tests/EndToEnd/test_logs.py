"""What is logged, under which request id, and what never is."""

import json
import re

import pytest
import requests
from gateway_service import chunk, gateway, upload
from process import quiver

KEY = "a-key-nobody-may-read"
MARK = "palimpsest"
NUMBER = 0.7182818


@pytest.fixture
def server(tmp_path):
    """A server that logs everything, and takes every request about points for a slow one."""
    service = quiver(
        tmp_path, QUIVER__LOGGER__FORMAT="json", QUIVER__LOG_LEVEL="debug",
        QUIVER__SERVICE__SLOW_REQUEST_MS="1", QUIVER__SERVICE__API_KEY=KEY,
    )  # fmt: skip
    service.start()
    yield service
    service.kill()


def lines(service) -> list[dict]:
    found = [json.loads(line) for line in service.log.read_text().splitlines()]
    for line in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]), line
        assert line["level"] in {"trace", "debug", "info", "notice", "warning", "error", "critical"}
        assert line["message"] and line["logger"]
    return found


def send(service, method: str, path: str, body=None, **headers) -> requests.Response:
    return requests.request(
        method, service.url + path, json=body, headers={"api-key": KEY, **headers}, timeout=60
    )


def fill(service) -> None:
    send(service, "PUT", "/collections/c", {"vectors": {"size": 384, "distance": "Dot"}})
    points = [
        {"id": n, "vector": [NUMBER] * 384, "payload": {"text": f"{MARK} {n}"}}
        for n in range(2000)
    ]
    assert send(service, "PUT", "/collections/c/points?wait=true", {"points": points}).ok


def test_every_answer_has_an_id_that_the_log_has_too(server):
    given = send(server, "GET", "/collections", **{"X-Request-Id": "mine-1.a/b"})
    made = send(server, "GET", "/collections/none")
    refused = send(server, "GET", "/collections", **{"X-Request-Id": 'bad "id"', "api-key": "x"})
    ids = [answer.headers["x-request-id"] for answer in (given, made, refused)]
    assert [answer.status_code for answer in (given, made, refused)] == [200, 404, 401]
    assert ids[0] == "mine-1.a/b"
    assert all(re.fullmatch("[0-9a-f]{16}", id) for id in ids[1:]) and ids[1] != ids[2]
    server.terminate()
    logged = {line.get("request_id"): line for line in lines(server)}
    assert [logged[id]["status"] for id in ids] == [200, 404, 401]
    assert logged[ids[1]]["path"] == "/collections/none"
    assert logged[ids[1]]["method"] == "GET" and logged[ids[1]]["seconds"] >= 0


def test_slow_requests_are_told_without_what_they_were_about(server):
    fill(server)
    query = {"query": [NUMBER] * 384, "limit": 500, "with_payload": True,
             "filter": {"must": [{"key": "text", "match": {"value": f"{MARK} 3"}}]}}  # fmt: skip
    answer = send(server, "POST", "/collections/c/points/query", query)
    wrong = send(server, "POST", "/collections/c/points/query", {"query": {MARK: [NUMBER]}})
    assert wrong.status_code == 400
    send(server, "GET", f"/collections?api-key={KEY}&{MARK}=1")
    server.terminate()
    slow = [line for line in lines(server) if line["message"] == "slow request"]
    assert {line["level"] for line in slow} == {"warning"}
    upload = next(line for line in slow if line["method"] == "PUT")
    assert upload["path"] == "/collections/c/points" and upload["body_bytes"] > 1_000_000
    assert 0.001 <= upload["seconds"] < 60 and upload["status"] == 200
    assert answer.headers["x-request-id"] in {line["request_id"] for line in slow}
    assert not any(line["path"] == "/collections" for line in slow)
    log = server.log.read_text()
    for secret in (KEY, MARK, str(NUMBER)):
        assert secret not in log


def test_one_id_finds_a_question_in_both_logs(server, tmp_path):
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    settings = {"APP_LOG_FORMAT": "json", "QDRANT_VECTOR_STORE__API_KEY_FILE": str(key)}
    with gateway(tmp_path, server.url, "chunks", **settings) as front:
        front.start(60)
        upload(front, [chunk("a", "A title", f"The {MARK} is kept in the third cellar.")])
        answer = requests.post(
            front.url + "/insight/query", json={"question": f"Where is the {MARK} kept?"},
            headers={"X-Request-Id": "question-7"}, timeout=60,
        )  # fmt: skip
        assert answer.ok and answer.headers["x-request-id"] == "question-7"
        figures = requests.get(front.url + "/metrics", timeout=60).text
        labels = 'method="POST",endpoint="/insight/query",status="200"'
        assert f"rest_responses_total{{{labels}}} 1\n" in figures
        assert f'rest_responses_duration_seconds_bucket{{{labels},le="+Inf"}} 1\n' in figures
        assert MARK not in figures
        front.terminate()
    server.terminate()
    asked = [line for line in lines(front) if line.get("request_id") == "question-7"]
    assert asked[-1]["path"] == "/insight/query" and asked[-1]["status"] == 200
    served = [line for line in lines(server) if line.get("request_id") == "question-7"]
    assert any(line["path"] == "/collections/chunks/points/query" for line in served)
    for log in (front.log.read_text(), server.log.read_text()):
        assert MARK not in log and KEY not in log


def test_a_secret_that_is_not_there_is_one_sentence(tmp_path):
    service = quiver(tmp_path, QUIVER__SERVICE__API_KEY_FILE=str(tmp_path / "none"))
    with pytest.raises(RuntimeError, match="exited with 2"):
        service.start()
    log = service.log.read_text().splitlines()
    assert len(log) == 1
    assert "QUIVER__SERVICE__API_KEY_FILE" in log[0] and "No such file" in log[0]
