"""A server's log in real object storage, with servers, stores and answers that are lost."""

import time

import pytest
from faulty_proxy import FaultyProxy
from object_stores import UnfitStore, moto, seaweedfs
from process import until
from shared_log import (
    Writers, call, create, entries, figure, ids, is_shipped, leads, sharing, tokens,
    write,
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    (tmp_path / "store").mkdir()
    store = seaweedfs(tmp_path / "store")
    yield store
    store.stop()


def nodes(service) -> list[dict]:
    return call(service, "GET", "/cluster")[1]["result"]["replication"]["nodes"]


@pytest.mark.parametrize("make", [seaweedfs, moto], ids=["seaweedfs", "moto"])
def test_commits_are_shipped_after_they_were_made(tmp_path, servers, make):
    (tmp_path / "store").mkdir()
    store = make(tmp_path / "store")
    try:
        server = sharing(tmp_path, store.endpoint, "async")
        servers.append(server)
        server.start()
        create(server)
        for number in range(30):
            assert write(server, number)[0] == 200
        assert until(lambda: is_shipped(server), 60)
        assert server.terminate() == 0
        assert sorted(tokens(store)) == list(range(30))
        assert [number for number, _ in entries(store)] == list(range(1, 32))
        server.start()
        writers = Writers(server, first=30)
        until(lambda: len(writers.answered) > 50, 60)
        answered = writers.stop()
        # A server that ends ships what waits.
        assert server.terminate() == 0
        assert answered <= set(tokens(store))
        numbers = [number for number, _ in entries(store)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert figure(server, "replication_gaps_total") is None
    finally:
        store.stop()


def test_a_store_that_ends_holds_nobody_up(tmp_path, servers, store):
    server = sharing(tmp_path, store.endpoint, "async")
    servers.append(server)
    server.start()
    create(server)
    assert until(lambda: is_shipped(server), 60)
    store.stop()
    for number in range(20):
        assert write(server, number)[0] == 200
    assert figure(server, "replication_backlog_bytes") > 0
    store.start()
    assert until(lambda: is_shipped(server), 60)
    assert sorted(tokens(store)) == list(range(20))
    assert figure(server, "replication_failures_total") > 0
    assert figure(server, "replication_gap") == 0


def test_what_was_answered_is_in_the_store_whoever_is_killed(tmp_path, servers, store):
    server = sharing(tmp_path, store.endpoint, "sync", QUIVER__REPLICATION__TAKEOVER_MS="500")
    servers.append(server)
    server.start()
    until(lambda: leads(server), 60)
    create(server)
    answered = set()
    for round in range(3):
        writers = Writers(server, first=round * 100_000)
        until(lambda: len(writers.answered) > 20, 60)
        server.kill()
        answered |= writers.stop()
        found = tokens(store)
        assert answered <= set(found)
        assert len(found) == len(set(found)), "each commit is there once"
        server.start()
        until(lambda: leads(server), 60)
        assert set(found) == ids(server), "the database is what the log says"
    writers = Writers(server, first=900_000)
    until(lambda: len(writers.answered) > 20, 60)
    store.stop()
    until(lambda: writers.refused, 60)
    status, answer = write(server, 999_999)
    assert status == 503
    assert answer["status"]["error"].startswith("Service unavailable: ")
    assert len(ids(server)) >= len(answered), "reads go on"
    answered |= writers.stop()
    assert all(status == 503 for status, _ in writers.refused)
    store.start()
    until(lambda: write(server, 1_000_000)[0] == 200, 60)
    found = tokens(store)
    assert answered | {1_000_000} <= set(found)
    assert len(found) == len(set(found))
    assert set(found) == ids(server)


@pytest.mark.parametrize("make", [seaweedfs, moto], ids=["seaweedfs", "moto"])
def test_answers_that_are_lost_change_nothing(tmp_path, servers, make):
    (tmp_path / "store").mkdir()
    store = make(tmp_path / "store")
    proxy = FaultyProxy(store.endpoint)
    faults = [None, "reply", "twice", "lost", "503", "reply", None, 0.2]
    proxy.fault = lambda number: faults[number % len(faults)]
    try:
        server = sharing(tmp_path, proxy.endpoint, "sync",
                         QUIVER__REPLICATION__WRITE_TIMEOUT_MS="60000")  # fmt: skip
        servers.append(server)
        server.start()
        until(lambda: leads(server), 60)
        create(server)
        writers = Writers(server)
        until(lambda: len(writers.answered) > 60, 120)
        answered = writers.stop()
        assert not writers.refused
        found = tokens(store)
        assert len(found) == len(set(found)) and set(found) == answered == ids(server)
        assert figure(server, "replication_failures_total") > 0
    finally:
        proxy.stop()
        store.stop()


def test_another_server_takes_over(tmp_path, servers, store):
    quick = {"QUIVER__REPLICATION__TAKEOVER_MS": "1000"}
    first, second = (tmp_path / name for name in ("first", "second"))
    first.mkdir()
    one = sharing(first, store.endpoint, "sync", **quick)
    second.mkdir()
    other = sharing(second, store.endpoint, "sync", **quick)
    servers += [one, other]
    one.start()
    until(lambda: leads(one), 60)
    create(one)
    assert write(one, 800_000)[0] == 200
    # It begins with what the store has.
    other.start()
    until(lambda: call(other, "GET", "/collections/things")[0] == 200, 60)
    status, answer = call(other, "GET", "/cluster")
    assert status == 200 and answer["result"]["status"] == "enabled"
    writers = Writers(one)
    until(lambda: len(writers.answered) > 20, 60)
    assert figure(other, 'replication_role{role="follower"}') == 1
    until(lambda: {"leader", "follower"} == {node["role"] for node in nodes(other)}, 60)
    assert {node["address"] for node in nodes(other)} == {one.url, other.url}
    # It is sent on.
    assert write(other, 900_000)[0] == 200
    one.kill()
    answered = writers.stop()
    killed = time.monotonic()
    until(lambda: write(other, 900_001)[0] == 200, 60)
    took = time.monotonic() - killed
    answered |= {800_000, 900_000, 900_001}
    found = tokens(store)
    assert answered <= set(found) and len(found) == len(set(found))
    assert set(found) == ids(other)
    # The old leader comes back and follows; then it takes over in turn.
    one.start()
    until(lambda: set(found) == ids(one), 60)
    assert other.terminate() == 0
    until(lambda: write(one, 900_002)[0] == 200, 60)
    assert ids(one) == set(tokens(store))
    print(f"another server took {took:.1f} s to take over")


def test_a_store_that_is_unfit_or_of_another_ends_the_start(tmp_path, servers, store):
    unfit = UnfitStore(ignored=("If-None-Match",))
    try:
        server = sharing(tmp_path, unfit.endpoint, "async")
        with pytest.raises(RuntimeError, match="exited with 7"):
            server.start()
        assert "requests created the same key" in server.log_tail()
    finally:
        unfit.stop()
    server.settings["QUIVER__REPLICATION__ENDPOINT"] = store.endpoint
    servers.append(server)
    server.start()
    create(server)
    assert until(lambda: is_shipped(server), 60)
    (tmp_path / "other").mkdir()
    other = sharing(tmp_path / "other", store.endpoint, "async")
    with pytest.raises(RuntimeError, match="exited with 7"):
        other.start()
    assert "the log is that of another database" in other.log_tail()
    other.settings["QUIVER__REPLICATION__URL"] = "s3://no"
    with pytest.raises(RuntimeError, match="exited with 2"):
        other.start()
    assert "names no bucket" in other.log_tail()
    assert call(server, "GET", "/collections")[0] == 200
