"""Backups in object storage: what a server has shipped is restored as it was at any time."""

import datetime
import time

import pytest
import requests
from object_stores import seaweedfs
from process import quiver, until
from qdrant_client import QdrantClient, models
from shared_log import (
    Writers, call, create, everything, figure, ids, is_shipped, leads, restore, sharing, tokens,
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    store = seaweedfs(folder)
    yield store
    store.stop()


def do(service, method: str, path: str, body=None):
    status, answer = call(service, method, path, body)
    assert status == 200, answer
    return answer["result"]


def upsert(service, name: str, numbers, vector) -> None:
    points = [{"id": n, "vector": vector(n), "payload": {"n": n % 7, "text": f"käse {n}"}}
              for n in numbers]  # fmt: skip
    do(service, "PUT", f"/collections/{name}/points?wait=true", {"points": points})


def history(service):
    """Steps of a server's life, after each of which it is looked at."""
    named = {"x": {"size": 16, "distance": "Cosine"}, "y": {"size": 2, "distance": "Euclid"}}
    do(service, "PUT", "/collections/a", {"vectors": named})
    long = [k % 5 + 1 for k in range(16)]
    upsert(service, "a", range(300), lambda n: {"x": [n + k for k in long], "y": [n, 1]}
           if n % 3 else {"y": [n, 2]})  # fmt: skip
    do(service, "PUT", "/collections/a/index?wait=true",
       {"field_name": "n", "field_schema": "integer"})  # fmt: skip
    yield
    do(service, "POST", "/collections/aliases",
       {"actions": [{"create_alias": {"alias_name": "main", "collection_name": "a"}}]})  # fmt: skip
    do(service, "PUT", "/collections/b", {"vectors": {"size": 2, "distance": "Dot"}})
    upsert(service, "b", range(50), lambda n: [n, 1])
    do(service, "POST", "/collections/a/points/delete?wait=true",
       {"filter": {"must": [{"key": "n", "match": {"value": 3}}]}})  # fmt: skip
    yield
    snapshot = do(service, "POST", "/collections/b/snapshots")
    upsert(service, "b", range(40, 90), lambda n: [n, 2])
    address = f"{service.url}/collections/b/snapshots/{snapshot['name']}"
    file = requests.get(address, timeout=60).content
    answer = requests.post(f"{service.url}/collections/b/snapshots/upload?priority=snapshot",
                           files={"snapshot": file}, timeout=120)  # fmt: skip
    assert answer.status_code == 200, answer.text
    upsert(service, "b", range(200, 210), lambda n: [n, 3])
    yield
    do(service, "DELETE", "/collections/a")
    do(service, "PUT", "/collections/a", {"sparse_vectors": {"words": {}}})
    upsert(service, "a", range(20), lambda n: {"words": {"indices": [n, n + 5], "values": [1, 2]}})
    do(service, "POST", "/collections/a/points/payload?wait=true",
       {"payload": {"late": True}, "points": [1, 2]})  # fmt: skip
    yield


def test_a_server_is_restored_as_it_was_at_any_time(tmp_path, servers, store):
    service = sharing(tmp_path, store.endpoint, "async",
                      QUIVER__REPLICATION__SNAPSHOT_INTERVAL_SEC="1")  # fmt: skip
    servers.append(service)
    service.start()
    states = []
    for number, _ in enumerate(history(service)):
        until(lambda: is_shipped(service), 60)
        now = datetime.datetime.now(datetime.UTC).isoformat()
        states.append((now, everything(service)))
        # The next commits are of a later millisecond, and a snapshot is between some of them.
        time.sleep(0.01)
        if number % 2:
            before = figure(service, "replication_snapshots_total")
            upsert(service, "b", [number + 1000], lambda n: [n, 4])
            until(lambda: figure(service, "replication_snapshots_total") > before, 60)
    until(lambda: is_shipped(service), 60)
    last = everything(service)
    service.kill()
    text = restore(store, tmp_path / "last" / "data")
    assert "2 collections with" in text and "from snapshot" in text
    targets = [(tmp_path / "last", last)]
    for number, (moment, state) in enumerate(states):
        target = tmp_path / f"at-{number}"
        restore(store, target / "data", "--at", moment)
        targets.append((target, state))
    for target, state in targets:
        copy = quiver(target)
        servers.append(copy)
        copy.start()
        assert everything(copy) == state, target
        copy.kill()
    # What was restored as it is goes on with the log.
    heir = sharing(tmp_path / "last", store.endpoint, "async")
    servers.append(heir)
    heir.start()
    upsert(heir, "b", [5000], lambda n: [n, 5])
    until(lambda: is_shipped(heir) and leads(heir), 60)
    # What was restored as it was is another database.
    other = sharing(tmp_path / "at-1", store.endpoint, "async")
    servers.append(other)
    with pytest.raises(RuntimeError, match="exited with 7"):
        other.start()
    heir.kill()
    restore(store, tmp_path / "again" / "data")
    copy = quiver(tmp_path / "again")
    servers.append(copy)
    copy.start()
    assert do(copy, "GET", "/collections/b/points/5000")["payload"]["text"] == "käse 5000"


def test_what_was_shipped_before_a_kill_is_restored(tmp_path, servers, store):
    service = sharing(tmp_path, store.endpoint, "async",
                      QUIVER__REPLICATION__SNAPSHOT_INTERVAL_SEC="1")  # fmt: skip
    servers.append(service)
    service.start()
    create(service)
    writers = Writers(service)
    until(lambda: (figure(service, "replication_snapshots_total") or 0) >= 2, 120)
    until(lambda: (figure(service, "replication_segments_total") or 0) >= 5, 120)
    service.kill()
    answered = writers.stop()
    restore(store, tmp_path / "copy" / "data")
    copy = quiver(tmp_path / "copy")
    servers.append(copy)
    copy.start()
    found = ids(copy)
    assert set(tokens(store)) <= found
    # Of each of the four writers one request had no answer yet.
    assert len(found - answered) <= 4


def test_a_new_server_begins_with_the_log(tmp_path, servers, store):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first = sharing(tmp_path / "one", store.endpoint, "sync",
                    QUIVER__REPLICATION__SNAPSHOT_INTERVAL_SEC="1")  # fmt: skip
    servers.append(first)
    first.start()
    until(lambda: leads(first), 60)
    for _ in history(first):
        pass
    until(lambda: (figure(first, "replication_snapshots_total") or 0) >= 1, 120)
    upsert(first, "b", range(6000, 6010), lambda n: [n, 6])
    second = sharing(tmp_path / "two", store.endpoint, "sync",
                     QUIVER__REPLICATION__ROLE="follower")  # fmt: skip
    servers.append(second)
    second.start()
    assert "made the data directory of the log" in second.log.read_text()
    until(lambda: everything(second) == everything(first), 60)
    upsert(first, "b", range(7000, 7010), lambda n: [n, 7])
    until(lambda: everything(second) == everything(first), 60)
    client = QdrantClient(port=second.port, grpc_port=second.grpc_port, prefer_grpc=True,
                          host="127.0.0.1", https=False, timeout=60)  # fmt: skip
    for number in range(20):
        upsert(first, "b", [9000 + number], lambda n: [n, 9])
        consistency = models.ReadConsistencyType.QUORUM if number % 2 else 2
        found = client.retrieve("b", [9000 + number], consistency=consistency)
        assert [point.id for point in found] == [9000 + number]
    client.close()
    assert first.status("/readyz?writes=true") == 200
    assert second.status("/readyz") == 200 and second.status("/readyz?writes=true") == 503
    # What changes data is sent on to the leader, and is seen here once it is answered.
    status, answer = call(second, "DELETE", "/collections/b")
    assert status == 200, answer
    assert call(second, "GET", "/collections/b/exists")[1]["result"]["exists"] is False
    assert call(first, "GET", "/collections/b/exists")[1]["result"]["exists"] is False
