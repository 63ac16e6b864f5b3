"""Servers that share a log, with cables, processes and stores that fail, and a gateway before them.

`Tests/Load/cluster.py --rounds 200` is the long form.
"""

import subprocess
import sys
import threading

import pytest
import requests
from gateway_service import CHUNKS, chunk, gateway
from object_stores import seaweedfs
from process import ROOT, until
from shared_log import call, leads, sharing

sys.path.append(str(ROOT / "Tests" / "Load"))

import cluster_network  # noqa: E402
from cluster_history import History  # noqa: E402
from registers import READ, WRITE, Call  # noqa: E402


def prove(*arguments: str) -> str:
    command = [sys.executable, "Tests/Load/cluster.py", *arguments]
    result = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)  # fmt: skip
    print(result.stdout)
    assert result.returncode == 0, result.stdout[-4000:]
    return result.stdout


def test_nothing_is_lost_when_cables_servers_and_the_store_fail():
    if obstacle := cluster_network.obstacle():
        # Processes and the store fail nevertheless.
        prove("--plain")
        pytest.skip(f"cables were left out: {obstacle}")
    assert "7 rounds" in prove()


def point(id: int, value: int) -> dict:
    return {"id": id, "vector": [value, 1], "payload": {"v": value}}


def pairs(*numbers: int) -> dict:
    return {id: point(id, number) for number in numbers for id in (number, number + 1)}


def test_what_a_cluster_must_not_do_is_found():
    history = History("things")
    history.acknowledged, history.unknown = {1000, 1002}, {1006}
    history.refused = {1004: "by a"}
    fine = pairs(1000, 1002, 1006)
    assert not history.lost_and_wrong(fine)
    (lost,) = history.lost_and_wrong(pairs(1000))
    assert lost == "1 acknowledged writes are lost: [1002]"
    (made,) = history.lost_and_wrong(pairs(1000, 1002, 1004))
    assert made == "1 refused writes were made: {1004: 'by a'}"
    (phantom,) = history.lost_and_wrong(pairs(1000, 1002, 1008))
    assert phantom == "1 writes were never sent: [1008]"
    (torn,) = history.lost_and_wrong({**pairs(1000, 1002), 1006: point(1006, 1006)})
    assert torn == "1 points lack their other half: [1006]"
    (mixed,) = history.lost_and_wrong({**fine, 1000: {**point(1000, 1000), "vector": [7, 1]}})
    assert mixed.startswith("1000 is ")
    # One that was acknowledged and does not show, and one that was read and is gone again.
    history.calls[1] = [Call(WRITE, 1, 0, 1), Call(WRITE, 2, 2, 3), Call(READ, 1, 4, 5)]
    (stale,) = history.lost_and_wrong({**fine, 1: point(1, 2)})
    assert stale.startswith("no order explains Call(kind='read', value=1")


def test_a_write_that_was_cut_off_may_come_in_the_next_round_and_once():
    history = History("things")
    history.calls[1] = [Call(WRITE, 1, 0, 1), Call(WRITE, 2, 2)]
    assert not history.lost_and_wrong({1: point(1, 1)})
    assert not history.lost_and_wrong({1: point(1, 2)})
    assert history.lost_and_wrong({1: point(1, 1)})


@pytest.fixture
def three(tmp_path):
    """Servers that share a log, and a gateway that knows them all."""
    store_folder = tmp_path / "store"
    store_folder.mkdir()
    store = seaweedfs(store_folder)
    started = []
    try:
        for name in "abc":
            folder = tmp_path / name
            folder.mkdir()
            server = sharing(folder, store.endpoint, "sync",
                             QUIVER__REPLICATION__TAKEOVER_MS="1000")  # fmt: skip
            started.append(server)
            server.start(60)
        urls = ",".join(server.url for server in started)
        started.append(gateway(tmp_path, urls, "chunks"))
        started[-1].start(60)
        yield started[:3], started[3]
    finally:
        for service in started:
            service.kill()
        store.stop()


def upload(service, chunks: list[dict]) -> bool:
    answer = requests.post(service.url + "/upload/chunks", json={"chunks": chunks}, timeout=120)
    return answer.status_code == 200 and answer.json()["success"]


def holds(server, count: int) -> bool:
    """Whether a server has so many chunks by now, of its own knowledge."""
    answer = call(server, "POST", "/collections/chunks/points/count", {"exact": True})[1]
    return answer and answer["status"] == "ok" and answer["result"]["count"] == count


def test_a_gateway_goes_on_when_the_leader_is_killed(three):
    servers, service = three
    until(lambda: upload(service, [chunk(*parts) for parts in CHUNKS]), 60)
    for server in servers:
        until(lambda server=server: holds(server, len(CHUNKS)), 60)
    answers, ended = [], threading.Event()

    def ask() -> None:
        question = {"question": "What makes an arrow fly straight?"}
        while not ended.is_set():
            answer = requests.post(service.url + "/insight/query", json=question, timeout=120)
            found = answer.json().get("metadata") or [{}]
            answers.append((answer.status_code, found[0].get("chunk_id")))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        until(lambda: len(answers) > 5, 60)
        leader = until(lambda: next(filter(leads, servers), None), 60)
        leader.kill()
        before = len(answers)
        more = [chunk(f"n{n}", "Numbers", f"The number {n} is the one after {n - 1}.")
                for n in range(40)]  # fmt: skip
        until(lambda: upload(service, more), 120)
        until(lambda: len(answers) > before + 5, 60)
    finally:
        ended.set()
        asking.join()
    assert set(answers) == {(200, "archery")}, "a follower answers where the leader does not"
    # The one that led comes back, and so does what it missed.
    leader.start(60)
    for server in servers:
        until(lambda server=server: holds(server, len(CHUNKS) + len(more)), 60)
