"""Hot paths make few allocations. Only optimised programs are looked at: others make many."""

import os
import pathlib
import shutil
import struct
import subprocess

import pytest
import requests
from process import binary, quiver
from wire import Wire

POINTS = 6000
BATCH = 1000

pytestmark = pytest.mark.skipif(
    "debug" in str(binary("quiver").resolve()), reason="what is not optimised allocates everywhere"
)


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A server with points, and how many allocations it has made: all, and the large ones."""
    folder = tmp_path_factory.mktemp("allocations")
    source = pathlib.Path(__file__).with_name("allocation_counter.c")
    library, count = folder / "allocation_counter.so", folder / "count"
    compiler = os.environ.get("CC") or shutil.which("cc") or "clang"
    subprocess.run(
        [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", library, source], check=True
    )
    service = quiver(folder)
    service.settings |= {"LD_PRELOAD": str(library), "ALLOCATION_COUNT": str(count)}
    service.start()
    wire = Wire(service.url, requests.Session())
    wire.send("PUT", "/collections/c", {
        "vectors": {"size": 8, "distance": "Dot"}, "optimizers_config": {"indexing_threshold": 0},
    })  # fmt: skip
    yield wire, lambda: struct.unpack("QQ", count.read_bytes())
    service.kill()


def allocations(counted, work, times: int = 5, large: bool = False) -> int:
    """How many allocations `work` takes, at least: upkeep that falls into it is none of its."""
    _, count = counted
    work()
    taken = []
    for _ in range(times):
        before = count()[large]
        work()
        taken.append(count()[large] - before)
    return min(taken)


def batch(start: int) -> dict:
    return {"points": [
        {"id": i, "vector": [i % 7, 1, 2, 3, 4, 5, 6, 7], "payload": {"n": i, "b": i % 2}}
        for i in range(start, start + BATCH)
    ]}  # fmt: skip


def ask(counted, path: str, body: dict):
    answer = counted[0].send("POST", f"/collections/c/points/{path}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_a_write_allocates_little_for_a_point(counted):
    wire = counted[0]

    def write(count: int):
        body = batch(0)
        body["points"] = body["points"][:count]
        answer = wire.send("PUT", "/collections/c/points", body)
        assert answer.status_code == 200, answer.text

    few, many = (allocations(counted, lambda c=c: write(c)) for c in (BATCH // 10, BATCH))
    assert (many - few) / (BATCH * 9 / 10) < 12


def test_records_that_a_filter_looks_at_need_one(counted):
    """The store's, which hands each of them out in one; keys, documents and values need none."""
    wire = counted[0]
    for start in range(0, POINTS, BATCH):
        assert wire.send("PUT", "/collections/c/points?wait=true", batch(start)).status_code == 200

    # Without an index all records are read; those that pass are counted.
    def look(least: int):
        filter = {"must": [{"key": "n", "range": {"gte": least}}]}
        assert ask(counted, "count", {"filter": filter, "exact": True})["count"] == POINTS - least

    look(POINTS - 10)
    taken = allocations(counted, lambda: look(POINTS - 10))
    assert taken < POINTS * 1.5


def test_a_search_takes_few(counted):
    query = {"query": [1, 2, 3, 4, 5, 6, 7, 8], "limit": 10}
    idle = allocations(counted, lambda: counted[0].send("GET", "/healthz"))
    search = allocations(counted, lambda: ask(counted, "query", query))
    assert search - idle < 100


def test_an_order_reads_only_the_points_that_it_gives(counted):
    """Half of all points have the last value that is taken."""
    wire = counted[0]
    for start in range(0, POINTS, BATCH):
        assert wire.send("PUT", "/collections/c/points?wait=true", batch(start)).status_code == 200
    wanted = {"field_name": "b", "field_schema": "integer"}
    assert wire.send("PUT", "/collections/c/index?wait=true", wanted).status_code == 200

    def order():
        points = ask(counted, "scroll", {"order_by": "b", "limit": 10, "with_payload": False})
        assert len(points["points"]) == 10

    assert allocations(counted, order) < POINTS / 10


def test_a_ranking_is_not_copied_for_each_page(counted):
    """Without an index the nearest points are tested in pages, until enough have passed."""
    wire = counted[0]
    for start in range(0, POINTS, BATCH):
        assert wire.send("PUT", "/collections/c/points?wait=true", batch(start)).status_code == 200

    def search(least: int):
        filter = {"must": [{"key": "n", "range": {"gte": least}}]}
        query = {"query": [1, 2, 3, 4, 5, 6, 7, 8], "limit": 10, "filter": filter}
        assert len(ask(counted, "query", query)["points"]) == 10

    # All pass, so that one page will do; only the last pass, which takes all pages.
    one, all = (
        allocations(counted, lambda least=least: search(least), large=True)
        for least in (0, POINTS - 10)
    )
    assert all - one <= 3
