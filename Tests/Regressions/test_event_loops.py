"""Work in proportion to a request's size is not done where connections are served: a thread that
serves connections takes a small part of it, however many of them wait there."""

import json
import pathlib

import pytest
import requests
from process import quiver

SIZE = 1536
POINTS = 255
TIMES = 12


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    service = quiver(tmp_path_factory.mktemp("loops"))
    service.start()
    config = {
        "vectors": {"size": SIZE, "distance": "Cosine"},
        "optimizers_config": {"indexing_threshold": 0},
    }
    assert requests.put(f"{service.url}/collections/c", json=config).ok
    yield service
    service.kill()


@pytest.fixture(scope="module")
def body():
    return json.dumps({"points": [
        {"id": i, "vector": [(i * 31 + d * 17) % 1009 / 1009 for d in range(SIZE)]}
        for i in range(POINTS)
    ]}).encode()  # fmt: skip


def processor_time(service) -> tuple[int, int]:
    """Nanoseconds that threads of connections have run, and all threads."""
    loops = total = 0
    for task in pathlib.Path(f"/proc/{service.process.pid}/task").iterdir():
        try:
            name = (task / "comm").read_text()
            time = int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
        total += time
        if name.startswith("NIO-"):
            loops += time
    return loops, total


def share_of_loops(service, work) -> float:
    before = processor_time(service)
    for _ in range(TIMES):
        work()
    after = processor_time(service)
    assert after[0] > before[0], "threads of connections have another name"
    return (after[0] - before[0]) / (after[1] - before[1])


def write(service, body):
    answer = requests.put(
        f"{service.url}/collections/c/points", data=body,
        headers={"content-type": "application/json"},
    )  # fmt: skip
    assert answer.ok, answer.text


def read(service):
    wanted = {"limit": POINTS, "with_vector": True}
    answer = requests.post(f"{service.url}/collections/c/points/scroll", json=wanted)
    assert len(answer.json()["result"]["points"]) == POINTS


def test_writes_are_prepared_elsewhere(server, body):
    share = share_of_loops(server, lambda: write(server, body))
    assert share < 0.5


def test_issues_are_looked_for_elsewhere(tmp_path):
    service = quiver(tmp_path)
    service.start()
    try:
        config = {"vectors": {"size": 4, "distance": "Dot"}}
        for number in range(400):
            assert requests.put(f"{service.url}/collections/c{number}", json=config).ok
        session = requests.Session()
        share = share_of_loops(
            service, lambda: [session.get(f"{service.url}/issues") for _ in range(10)]
        )
        assert share < 0.5
    finally:
        service.kill()


def test_answers_are_written_elsewhere(server, body):
    write(server, body)
    share = share_of_loops(server, lambda: read(server))
    assert share < 0.5
