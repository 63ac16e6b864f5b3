"""Requests to the gateway as odd clients send them: packed, broken off, asking first, or wrong in a
way that is to be told before anything is done."""

import gzip
import json
import socket
import zlib

import pytest
import requests
from gateway_service import CHUNKS, chunk, upload

QUESTION = json.dumps({"question": "With what is an arrow fletched?"}).encode()


@pytest.fixture(scope="module")
def server(start_gateway):
    service = start_gateway("odd")
    upload(service, [chunk(*CHUNKS[0], source="arrows")])
    return service


def send(server, path, body, coding):
    headers = {"Content-Encoding": coding}
    return requests.post(server.url + path, data=body, headers=headers, timeout=60)


def raw(server, *pieces) -> list[bytes]:
    """Sends pieces, each once something has been answered to the one before."""
    answers = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for piece in pieces:
            connection.sendall(piece)
            answers.append(connection.recv(65536))
    return answers


def test_bodies_that_are_packed(server):
    for coding, body in (
        ("gzip", gzip.compress(QUESTION)), ("x-gzip", gzip.compress(QUESTION)),
        ("deflate", zlib.compress(QUESTION)), ("identity", QUESTION), ("utf-8", QUESTION),
    ):  # fmt: skip
        answer = send(server, "/query", body, coding)
        assert answer.status_code == 200, (coding, answer.text)
        assert answer.json()["status"] == "answered"
    text = b"A punt is pushed along with a pole."
    answer = send(server, "/upload/files?name=punt.txt", gzip.compress(text), "gzip")
    assert answer.json()["files"][0]["uploaded"] == 1, answer.text
    listed = requests.get(server.url + "/upload/chunks?document=punt.txt", timeout=30).json()
    assert [c["page_content"] for c in listed["chunks"]] == [text.decode()]
    unknown = send(server, "/query", QUESTION, "compress")
    assert unknown.status_code == 415
    assert unknown.json()["detail"].startswith("Bodies packed as `compress` are not read")
    for body in (QUESTION, gzip.compress(QUESTION)[:-9]):
        broken = send(server, "/query", body, "gzip")
        assert broken.status_code == 400, broken.text
        assert broken.json()["detail"] == "The body could not be unpacked as `gzip`"
    # However little of it is sent.
    large = send(server, "/query", gzip.compress(b" " * (64 << 20)), "gzip")
    assert large.status_code == 413


def test_bodies_that_break_off(server):
    head = b"POST /query HTTP/1.1\r\nHost: x\r\n"
    (answer,) = raw(server, head + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n")
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b"The body broke off, or is not framed" in answer
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head + b'Content-Length: 100\r\n\r\n{"quest')
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert "unexpected error" not in server.log.read_text()


def test_clients_that_ask_before_they_send(server):
    length = str(len(QUESTION)).encode()
    head = b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: " + length
    first, second = raw(server, head + b"\r\nExpect: 100-continue\r\n\r\n", QUESTION)
    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert second.startswith(b"HTTP/1.1 200 OK\r\n")


def test_filters_that_everything_passes_remove_nothing(server):
    nothing = {"must": [{"should": []}, {"must": [{"must_not": []}]}]}
    for filter in ({"must": []}, nothing, {"should": [nothing, {"has_id": [1]}]}):
        answer = requests.delete(
            server.url + "/upload/chunks", json={"filter": filter}, timeout=30)  # fmt: skip
        assert answer.status_code == 422, answer.text
    listed = requests.get(server.url + "/upload/chunks?document=arrows", timeout=30).json()
    assert len(listed["chunks"]) == 1


def test_a_form_is_looked_at_before_a_file_of_it_is_stored(server):
    form = [("f", ("oar.txt", b"An oar is longer than a paddle.")), ("f", ("oar.xyz", b"?"))]
    answer = requests.post(server.url + "/upload/files", files=form, timeout=60)
    assert answer.status_code == 415 and "oar.xyz" in answer.json()["detail"]
    listed = requests.get(server.url + "/upload/chunks?document=oar.txt", timeout=30).json()
    assert listed["chunks"] == []


def test_what_openai_clients_ask_for_is_done_or_refused(server):
    body = {"input": "An oar.", "encoding_format": "int8"}
    answer = requests.post(server.url + "/v1/embeddings", json=body, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "`encoding_format` is `float` or `base64`"


def test_what_a_question_says_counts_more_than_what_is_accepted(server):
    for stream, type in ((False, "application/json"), (None, "text/event-stream")):
        body = json.loads(QUESTION) | {"stream": stream}
        headers = {"Accept": "text/event-stream"}
        answer = requests.post(server.url + "/query", json=body, headers=headers, timeout=60)
        assert answer.headers["Content-Type"].startswith(type)


def test_messages_of_assistants_are_objects(server):
    answer = requests.post(server.url + "/mcp", json=[], timeout=30).json()
    assert answer["error"]["code"] == -32600
    for method in ("GET", "OPTIONS"):
        answer = requests.request(method, server.url + "/mcp", timeout=30)
        assert answer.status_code == 405 and answer.headers["Allow"] == "POST"


def test_slow_senders_keep_nobody_else_waiting(start_gateway):
    service = start_gateway("slow", LIMITS__REQUESTS_IN_FLIGHT="2")
    head = ("POST {} HTTP/1.1\r\nHost: here\r\nContent-Type: {}\r\n"
            "Content-Length: 1000\r\n\r\n{{").format  # fmt: skip
    slow = []
    try:
        for path, kind in (
            ("/query", "application/json"), ("/upload/files?name=a.txt", "text/plain"),
        ):  # fmt: skip
            for _ in range(8):
                slow.append(socket.create_connection(("127.0.0.1", service.port), timeout=30))
                slow[-1].sendall(head(path, kind).encode())
        uploaded = requests.post(
            service.url + "/upload/files?name=oar.txt", data=b"An oar is a lever.", timeout=60)
        assert uploaded.status_code == 200, uploaded.text
        question = {"question": "What is an oar?"}
        asked = requests.post(service.url + "/query", json=question, timeout=60)
        assert asked.status_code == 200, asked.text
        # They are answered all the same, when they have said what they want.
        slow[0].sendall(b" " * 998 + b"}")
        assert slow[0].recv(65536).startswith(b"HTTP/1.1 422 ")
    finally:
        for connection in slow:
            connection.close()
