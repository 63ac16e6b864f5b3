"""Writes that are sent to a server that follows: who makes them, what is answered, who sees it."""

import gzip
import http.server
import json
import signal
import threading

import grpc
import requests
from grpc_calls import refused
from process import until
from qdrant_client import QdrantClient, models
from shared_log import call, create, figure, ids, leads, tokens, write

KEY, READ_KEY = "full-key-2718", "read-key-3141"
PATIENT = {"QUIVER__REPLICATION__TAKEOVER_MS": "600000",
           "QUIVER__REPLICATION__WRITE_TIMEOUT_MS": "60000"}  # fmt: skip


def pair(start_sharing, **settings: str):
    """A server that leads and one that follows."""
    leader = start_sharing("one", **settings)
    key = settings.get("QUIVER__SERVICE__API_KEY")
    until(lambda: ready_for_writes(leader), 60)
    follower = start_sharing("other", QUIVER__REPLICATION__ROLE="follower", **settings)
    until(lambda: knows(follower, leader, key), 60)
    return leader, follower


def ready_for_writes(server) -> bool:
    return server.status("/readyz?writes=true") == 200


def knows(follower, leader, key: str | None = None) -> bool:
    """Whether a follower knows who leads, and where it takes calls of gRPC."""
    headers = {"api-key": key} if key else {}
    status = requests.get(follower.url + "/cluster", headers=headers, timeout=60).json()["result"]
    led = [node for node in status["replication"]["nodes"] if node["address"] == leader.url]
    return bool(led and led[0]["grpc_address"]) and status["raft_info"]["leader"] is not None


def without_time(answer: requests.Response):
    body = answer.json()
    body.pop("time", None)
    return answer.status_code, body


def test_a_follower_sends_writes_on_and_shows_them(start_sharing, log_store):
    leader, follower = pair(start_sharing)
    config = {"vectors": {"size": 2, "distance": "Dot"}}
    # Made, and there at once, by a server that makes nothing itself.
    assert call(follower, "PUT", "/collections/things", config)[0] == 200
    assert call(follower, "GET", "/collections/things")[0] == 200
    for number in range(30):
        status, answer = write(follower, number)
        assert status == 200 and answer["result"]["status"] == "completed", answer
        assert number in ids(follower), "who waited for a write sees it where it was sent"
    assert ids(leader) == set(range(30)) == set(tokens(log_store))
    path = "/collections/things/points"
    for method, rest, body in [
        ("POST", "/payload?wait=true", {"payload": {"a": 1}, "points": [3]}),
        ("POST", "/delete?wait=true", {"points": [4]}),
        ("POST", "/batch?wait=true", {"operations": [{"delete": {"points": [5]}}]}),
    ]:
        assert call(follower, method, path + rest, body)[0] == 200
    assert call(follower, "POST", path, {"ids": [3]})[1]["result"][0]["payload"]["a"] == 1
    assert ids(follower) == set(range(30)) - {4, 5}
    field = {"field_name": "token", "field_schema": "keyword"}
    assert call(follower, "PUT", "/collections/things/index?wait=true", field)[0] == 200
    info = call(follower, "GET", "/collections/things")[1]["result"]
    assert "token" in info["payload_schema"]
    packed = gzip.compress(json.dumps({"points": [{"id": 77, "vector": [1, 1]}]}).encode())
    answer = requests.put(follower.url + path + "?wait=true", packed, timeout=60, headers={
        "content-type": "application/json", "content-encoding": "gzip"})  # fmt: skip
    assert answer.ok and 77 in ids(follower)
    assert call(follower, "DELETE", "/collections/things")[0] == 200
    assert call(follower, "GET", "/collections/things")[0] == 404
    assert call(leader, "GET", "/collections/things")[0] == 404


def test_answers_say_how_far_the_server_is(start_sharing):
    leader, follower = pair(start_sharing)
    create(follower)
    before = 0
    for number in range(5):
        body = {"points": [{"id": number, "vector": [1, 1]}]}
        path = follower.url + "/collections/things/points?wait=true"
        answer = requests.put(path, json=body, timeout=60)
        position = int(answer.headers["quiver-position"])
        assert position > before, "each write is a segment of its own here"
        assert int(answer.headers["quiver-lag-ms"]) >= 0
        before = position
    assert requests.get(leader.url + "/collections", timeout=60).headers["quiver-lag-ms"] == "0"
    assert figure(follower, "replication_segment") >= before
    assert figure(follower, "replication_forwarded_total") == 6


def test_what_the_leader_says_comes_unchanged(start_sharing):
    keys = {"QUIVER__SERVICE__API_KEY": KEY, "QUIVER__SERVICE__READ_ONLY_API_KEY": READ_KEY}
    leader, follower = pair(start_sharing, **keys)

    def both(method: str, path: str, body=None, key: str | None = KEY):
        """What the leader answers, and the follower after it."""
        headers = {"api-key": key} if key else {}
        return [
            requests.request(method, server.url + path, json=body, headers=headers, timeout=60)
            for server in (leader, follower)
        ]

    config = {"vectors": {"size": 2, "distance": "Dot"}}
    headers = {"api-key": KEY}
    made = requests.put(
        follower.url + "/collections/things", json=config, headers=headers, timeout=60)  # fmt: skip
    assert made.status_code == 200
    points = "/collections/things/points?wait=true"
    for method, path, body in [
        ("PUT", points, {"points": [{"id": 1, "vector": [1, 2, 3]}]}),
        ("PUT", points, {"points": [{"id": -1, "vector": [1, 2]}]}),
        ("PUT", points.replace("true", "maybe"), {"points": [{"id": 1, "vector": [1, 2]}]}),
        ("PUT", "/collections/nothing/points", {"points": [{"id": 1, "vector": [1, 2]}]}),
        ("PUT", "/collections/things", config),
        ("POST", "/collections/aliases", {"actions": [{"create_alias": {
            "collection_name": "nothing", "alias_name": "x"}}]}),
    ]:
        one, other = both(method, path, body)
        assert one.status_code >= 400 and without_time(one) == without_time(other)
        assert one.headers["content-type"] == other.headers["content-type"]
    for key in (None, "wrong", READ_KEY):
        one, other = both("PUT", points, {"points": [{"id": 1, "vector": [1, 2]}]}, key)
        assert one.status_code in (401, 403)
        assert (one.status_code, one.text) == (other.status_code, other.text) or (
            without_time(one) == without_time(other))  # fmt: skip


def test_calls_of_grpc_are_sent_on(start_sharing):
    leader, follower = pair(start_sharing)
    client = QdrantClient(
        host="127.0.0.1", port=follower.port, grpc_port=follower.grpc_port, prefer_grpc=True,
        timeout=60)  # fmt: skip
    vectors = models.VectorParams(size=2, distance=models.Distance.DOT)
    assert client.create_collection("things", vectors)
    for number in range(10):
        point = models.PointStruct(id=number, vector=[number, 1], payload={"token": f"ä-{number}"})
        result = client.upsert("things", [point], wait=True)
        assert result.status == models.UpdateStatus.COMPLETED
        assert client.retrieve("things", [number])[0].payload == {"token": f"ä-{number}"}
    assert client.count("things").count == 10
    assert len(ids(leader)) == 10
    client.create_payload_index("things", "token", models.PayloadSchemaType.KEYWORD, wait=True)
    wrong = models.PointStruct(id=1, vector=[1, 2, 3])
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "expected dim: 2, got 3"):
        client.upsert("things", [wrong])
    with refused(grpc.StatusCode.NOT_FOUND, "Collection `ü` doesn't exist!"):
        client.upsert("ü", [wrong])
    assert client.delete_collection("things")
    assert not client.collection_exists("things")
    client.close()


def test_what_was_sent_on_is_not_sent_on_again(start_sharing):
    leader, follower = pair(start_sharing)
    create(leader)
    until(lambda: call(follower, "GET", "/collections/things")[0] == 200, 60)
    body = {"points": [{"id": 1, "vector": [1, 1]}]}
    answer = requests.put(follower.url + "/collections/things/points", json=body, timeout=60,
                          headers={"quiver-forwarded-by": "http://elsewhere"})  # fmt: skip
    assert answer.status_code == 503
    assert f"follows the one at {leader.url}" in answer.json()["status"]["error"]
    assert not ids(leader)


def test_a_leader_that_can_not_be_reached_was_sent_nothing(start_sharing):
    leader, follower = pair(start_sharing, **PATIENT)
    create(follower)
    leader.kill()
    answer = requests.put(follower.url + "/collections/things/points?wait=true", timeout=60,
                          json={"points": [{"id": 1, "vector": [1, 1]}]})  # fmt: skip
    assert answer.status_code == 503 and answer.headers["retry-after"] == "1"
    assert "can't be reached, and nothing was sent to it" in answer.json()["status"]["error"]
    client = QdrantClient(host="127.0.0.1", port=follower.port, grpc_port=follower.grpc_port,
                          prefer_grpc=True, timeout=60)  # fmt: skip
    with refused(grpc.StatusCode.UNAVAILABLE, "nothing was sent to it"):
        client.upsert("things", [models.PointStruct(id=1, vector=[1, 1])])
    client.close()


class FalseLeader:
    """Stands where a leader is said to be: passes requests on, or takes them and says nothing."""

    def __init__(self):
        self.target = ""
        self.is_silent = False
        self.taken: list[bytes] = []
        false = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Says nothing."""

            def do_PUT(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                false.taken.append(body)
                if false.is_silent:
                    self.close_connection = True
                    return
                answer = requests.put(false.target + self.path, body, timeout=60, headers={
                    name: self.headers[name]
                    for name in ("content-type", "quiver-forwarded-by")})  # fmt: skip
                self.send_response(answer.status_code)
                for name in ("content-type", "quiver-position"):
                    self.send_header(name, answer.headers[name])
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_an_answer_that_does_not_come_is_not_known_and_nothing_is_sent_twice(start_sharing):
    false = FalseLeader()
    leader = start_sharing("one", QUIVER__REPLICATION__ADDRESS=false.url)
    false.target = leader.url
    until(lambda: leads(leader), 60)
    follower = start_sharing("other", QUIVER__REPLICATION__ROLE="follower", **PATIENT)
    until(lambda: call(follower, "GET", "/cluster")[1]["result"]["raft_info"]["leader"], 60)
    create(follower)
    for number in range(3):
        assert write(follower, number)[0] == 200
    taken = len(false.taken)
    assert taken == 4
    false.is_silent = True
    # By a connection that was used before: a client that tries again would send it twice.
    for _ in range(3):
        taken = len(false.taken)
        status, answer = write(follower, 9)
        assert status == 504, answer
        assert "did not answer, and may have made the change" in answer["status"]["error"]
        assert len(false.taken) == taken + 1
    false.server.shutdown()
    false.server.server_close()


def test_a_leader_that_sleeps_holds_nobody_up_for_ever(start_sharing):
    quick = {"QUIVER__REPLICATION__TAKEOVER_MS": "1000",
             "QUIVER__REPLICATION__WRITE_TIMEOUT_MS": "1000"}  # fmt: skip
    servers = [start_sharing(name, **quick) for name in "abc"]
    leader = until(lambda: next(filter(leads, servers), None), 60)
    create(leader)
    follower, other = (server for server in servers if server is not leader)
    until(lambda: write(follower, 1)[0] == 200, 60)
    leader.process.send_signal(signal.SIGSTOP)
    try:
        status, answer = write(follower, 2, timeout=120)
        # Either it was sent to the one that sleeps, or this or the third led before.
        assert status in (200, 503, 504), answer
        until(lambda: write(follower, 3)[0] == 200, 60)
        until(lambda: write(other, 4)[0] == 200, 60)
    finally:
        leader.process.send_signal(signal.SIGCONT)
    until(lambda: write(leader, 5)[0] == 200, 60)
    for server in servers:
        until(lambda server=server: {1, 3, 4, 5} <= ids(server), 60)
    until(lambda: ids(leader) == ids(follower) == ids(other), 60)
