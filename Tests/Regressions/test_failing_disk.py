"""A disk that fails for long: every change is refused, and the log says so now and then."""

import errno
import sys
import threading

import pytest
import requests
from process import ROOT, quiver, until, until_at_rest

sys.path.append(str(ROOT / "Tests" / "Crash"))

import faults  # noqa: E402
from main import build_shim  # noqa: E402
from stalled_disk import StalledDisk  # noqa: E402

WRITES = 200
# Calls that are refused once it has been told that an index could not be saved.
FURTHER = 3
KINDS = faults.WRITE | faults.SYNC | faults.OPEN | faults.NAME


@pytest.fixture(params=["EIO", "ENOSPC"])
def failing(request, tmp_path):
    """A server with an index that is new, whose disk takes nothing any more."""
    build_shim()
    control = faults.Control(tmp_path / "control")
    service = quiver(tmp_path)
    service.settings |= faults.shim_settings(tmp_path, control)
    service.start()
    things = f"{service.url}/collections/things"
    config = {
        "vectors": {"size": 4, "distance": "Euclid"},
        "optimizers_config": {"indexing_threshold": 1},
    }  # fmt: skip
    assert requests.put(things, json=config).status_code == 200
    assert upsert(things, range(5000)).status_code == 200
    control.arm(target=1, error=getattr(errno, request.param), sticky=1, mask=KINDS, calls=0)
    yield service, things, control
    service.kill()


def upsert(things: str, ids) -> requests.Response:
    points = [{"id": id, "vector": [id % 7, id % 11, id % 13, id], "payload": {"n": id}}
              for id in ids]  # fmt: skip
    return requests.put(f"{things}/points?wait=true", json={"points": points})


def test_a_disk_that_fails_for_long_has_few_lines(failing):
    service, things, control = failing
    before = len(lines(service))
    with requests.Session() as session:
        for number in range(WRITES):
            point = {"id": 10_000 + number, "vector": [1, 2, 3, 4]}
            answer = session.put(f"{things}/points?wait=true", json={"points": [point]})
            assert answer.status_code in (500, 507), answer.text
            # Payload indexes are built and saved aside.
            if number % 50 == 0:
                index = {"field_name": f"n{number}", "field_schema": "integer"}
                session.put(f"{things}/index?wait=false", json=index)
    answer = requests.post(f"{things}/points/count", json={"exact": True})
    assert answer.json()["result"]["count"] == 5000
    # The thread that keeps indexes fails as well, and tries again and again.
    until(lambda: any("could not be saved" in line for line in lines(service)), 60)
    tried = control["fired"]
    until(lambda: control["fired"] >= tried + FURTHER, 60)
    told = lines(service)[before:]
    assert any("a commit failed" in line for line in told)
    # What is told a first time, of each kind.
    assert len(told) <= 8, "\n".join(told)


def lines(service) -> list[str]:
    return service.log.read_text(errors="replace").splitlines()


def test_a_sync_that_waits_for_one_that_fails(tmp_path):
    """Files of vectors are written beside the log once that is on disk. When this is asked for
    while the disk is busy with a write, and then fails it, nothing is asked of it again."""
    service = quiver(tmp_path, QUIVER__STORAGE__PERFORMANCE__VECTOR_TAIL_MB="0")
    disk = StalledDisk(service, tmp_path, suffix=".log")
    service.start()
    try:
        things = f"{service.url}/collections/things"
        config = {
            "vectors": {"size": 64, "distance": "Euclid", "on_disk": True},
            "optimizers_config": {"indexing_threshold": 1},
        }
        assert requests.put(things, json=config).ok
        rows = [{"id": n, "vector": [(n * d) % 251 for d in range(64)]} for n in range(20_000)]
        assert requests.put(f"{things}/points?wait=true", json={"points": rows}).ok
        disk.stall()
        answers = []
        writer = threading.Thread(target=lambda: answers.append(upsert_one(things)))
        writer.start()
        until(disk.waiting_logs, 60)
        until_at_rest(service, 120)
        disk.fail_next(errno.EIO)
        writer.join(60)
        assert answers == [500]
        disk.go_on()
        assert service.process.poll() is None, service.log_tail(2000)
        count = requests.post(f"{things}/points/count", json={"exact": True}).json()
        assert count["result"]["count"] == 20_000
        assert upsert_one(things) == 500
    finally:
        service.kill()


def upsert_one(things: str) -> int | None:
    point = {"id": 9_999, "vector": [1] * 64}
    try:
        return requests.put(f"{things}/points?wait=true", json={"points": [point]}).status_code
    except requests.ConnectionError:
        return None
