"""Snapshots and what else is a server's own, where servers follow the log of another one."""

import requests
from faulty_proxy import FaultyProxy
from process import until
from qdrant_client import QdrantClient
from shared_log import call, create, ids, leads, write

THINGS = "/collections/things"


def pair(start_sharing, **settings: str):
    """A server that leads with five points, and one that follows."""
    leader = start_sharing("one", **settings)
    until(lambda: leads(leader), 60)
    follower = start_sharing("other", **settings)
    create(leader)
    for number in range(5):
        assert write(leader, number)[0] == 200
    until(lambda: call(follower, "GET", THINGS)[0] == 200 and len(ids(follower)) == 5, 60)
    return leader, follower


def upload(server, path: str, content: bytes):
    answer = requests.post(server.url + path, files={"snapshot": ("x", content)}, timeout=60)
    return answer.status_code, answer.json()


def test_a_follower_names_the_server_that_recovers_snapshots(start_sharing):
    leader, follower = pair(start_sharing, QUIVER__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY="true")
    name = call(leader, "POST", THINGS + "/snapshots")[1]["result"]["name"]
    url = f"{leader.url}{THINGS}/snapshots/{name}"
    content = requests.get(url, timeout=60).content
    # A snapshot is one server's: this one has its own.
    own = call(follower, "POST", THINGS + "/snapshots")[1]["result"]["name"]
    listed = call(follower, "GET", THINGS + "/snapshots")[1]["result"]
    assert [snapshot["name"] for snapshot in listed] == [own] != [name]
    assert write(leader, 50)[0] == 200
    until(lambda: 50 in ids(follower), 60)
    shard = THINGS + "/shards/0"
    answers = []
    for wait in ("?wait=true", "?wait=false"):
        for target in (THINGS, "/collections/fresh", shard):
            for location in (url, f"snapshot:{own}", "file:///nothing"):
                path = f"{target}/snapshots/recover{wait}"
                answers.append(call(follower, "PUT", path, {"location": location}))
            answers.append(upload(follower, f"{target}/snapshots/upload{wait}", content))
        answers.append(upload(follower, f"{shard}/snapshot/partial/recover{wait}", content))
        path = f"{shard}/snapshot/partial/recover_from{wait}"
        answers.append(call(follower, "POST", path, {"peer_url": leader.url}))
    for status, answer in answers:
        assert status == 503 and answer["time"] >= 0, answer
        assert answer["status"]["error"] == (
            f"Service unavailable: this server follows the one at {leader.url}, which takes "
            "writes; only the server that takes writes recovers snapshots")  # fmt: skip
    assert call(leader, "GET", "/collections/fresh")[0] == 404
    assert ids(leader) == ids(follower) == {0, 1, 2, 3, 4, 50}
    assert call(follower, "DELETE", f"{THINGS}/snapshots/{own}")[0] == 200
    assert call(leader, "GET", THINGS + "/snapshots")[1]["result"][0]["name"] == name


def test_what_a_leader_recovers_outlives_it(start_sharing):
    leader, follower = pair(start_sharing, QUIVER__REPLICATION__TAKEOVER_MS="1000")
    name = call(leader, "POST", THINGS + "/snapshots")[1]["result"]["name"]
    content = requests.get(f"{leader.url}{THINGS}/snapshots/{name}", timeout=60).content
    assert write(leader, 50)[0] == 200
    assert upload(leader, THINGS + "/snapshots/upload", content)[0] == 200
    location = {"location": f"snapshot:{name}"}
    assert call(leader, "PUT", THINGS + "/snapshots/recover", location)[0] == 200
    assert upload(leader, "/collections/fresh/snapshots/upload", content)[0] == 200
    assert write(leader, 60)[0] == 200
    expected = {0, 1, 2, 3, 4, 60}
    until(lambda: ids(follower) == expected, 60)
    leader.kill()
    until(lambda: leads(follower), 60)
    assert ids(follower) == expected
    assert call(follower, "GET", "/collections/fresh")[1]["result"]["points_count"] == 5
    assert write(follower, 70)[0] == 200
    late = start_sharing("late")
    until(lambda: ids(late) == expected | {70}, 60)
    assert call(late, "GET", "/collections/fresh")[1]["result"]["points_count"] == 5


def test_what_is_a_servers_own_is_changed_there(start_sharing):
    leader, follower = pair(start_sharing)
    assert call(follower, "PUT", "/quotas", {"max_disk_usage_percent": 99})[0] == 200
    quotas = [call(server, "GET", "/quotas")[1]["result"] for server in (leader, follower)]
    assert quotas[0]["config"] != quotas[1]["config"]
    assert call(follower, "DELETE", "/issues")[0] == 200
    full = call(follower, "POST", "/snapshots")[1]["result"]["name"]
    assert call(leader, "GET", "/snapshots")[1]["result"] == []
    assert call(follower, "DELETE", f"/snapshots/{full}")[0] == 200
    client = QdrantClient(host="127.0.0.1", port=follower.port, grpc_port=follower.grpc_port,
                          prefer_grpc=True, timeout=60)  # fmt: skip
    made = client.create_snapshot("things")
    assert call(leader, "GET", THINGS + "/snapshots")[1]["result"] == []
    assert client.delete_snapshot("things", made.name)
    client.close()
    for method, path, body in [
        ("POST", "/cluster/recover", None), ("DELETE", "/cluster/peer/1", None),
        ("POST", THINGS + "/cluster", {"drop_replica": {"shard_id": 0, "peer_id": 1}}),
        ("PUT", THINGS + "/shards", {"shard_key": "a"}),
        ("POST", THINGS + "/shards/delete", {"shard_key": "a"}),
    ]:  # fmt: skip
        one, other = (call(server, method, path, body) for server in (leader, follower))
        assert one[0] == other[0] >= 400 and one[1]["status"] == other[1]["status"]


def test_a_store_that_fails_now_and_then_is_not_told_of_each_time(start_sharing, log_store):
    proxy = FaultyProxy(log_store.endpoint)
    try:
        server = start_sharing("one", proxy.endpoint, QUIVER__REPLICATION__WRITE_TIMEOUT_MS="60000")
        until(lambda: leads(server), 60)
        create(server)
        proxy.fault = lambda number: "503" if number % 3 else None
        for number in range(10):
            assert write(server, number)[0] == 200
        lines = server.log.read_text().splitlines()
        told = [line for line in lines if "the log can't be reached now" in line]
        assert proxy.writes >= 30 and 1 <= len(told) <= 2, told
    finally:
        proxy.stop()
