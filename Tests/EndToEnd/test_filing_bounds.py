"""New vectors wait in memory for files, and pages of files are kept there: each up to a bound."""

import pytest
from filing_server import DIMENSION, PATH, Server, start  # noqa: F401
from process import until, until_at_rest
from wire import Wire


def create_on_disk(wire: Wire):
    vectors = {"disk": {"size": DIMENSION, "distance": "Dot", "on_disk": True}}
    wire.result("PUT", PATH, {
        "vectors": vectors, "optimizers_config": {"indexing_threshold": 0},
    })  # fmt: skip


def write(wire: Wire, first: int, count: int, seconds: int = 60) -> bool:
    """Whether so many rows of 2 KiB were written in time."""
    points = [{"id": n, "vector": {"disk": [n] * DIMENSION}} for n in range(first, first + count)]
    path = f"{PATH}/points?wait=true&timeout={seconds}"
    return wire.result("PUT", path, {"points": points})["status"] == "completed"


def test_new_vectors_stay_in_memory_up_to_a_bound(start):
    """`unfiledBytesMax`: 4 MiB, which take three chunks of a MiB each and no fourth one."""
    server = start(performance__vector_tail_mb="4")
    create_on_disk(server.wire)
    assert all(write(server.wire, first, 500) for first in (0, 500, 1000))
    until_at_rest(server.service)
    assert not server.files and server.memory("disk") >= 1500 * 4 * DIMENSION
    assert write(server.wire, 1500, 100)
    until(lambda: server.files and server.memory("disk") <= 1 << 20, 60)


def test_writers_wait_for_files(tmp_path):
    """At four times `unfiledBytesMax` and two chunks, of a MiB each, which the sixth passes."""
    server = Server(tmp_path, is_stalled=True, performance__vector_tail_mb="1")
    try:
        create_on_disk(server.wire)
        written = 0
        # Who has not come so far was only slow.
        while write(server.wire, written, 100, 3) or server.memory("disk") < 5 << 20:
            written += 100
            assert written <= 2800
        assert written > 2500 and server.disk.waited() and not server.files
        server.disk.go_on()
        until(lambda: server.memory("disk") <= 2 << 20, 60)
        assert write(server.wire, written, 100)
        counted = server.wire.result("POST", f"{PATH}/points/count", {})["count"]
        assert counted == written + 100
    finally:
        server.close()


@pytest.mark.parametrize("megabytes", [1, 2, 16])
def test_pages_are_kept_up_to_a_bound(start, megabytes):
    """`vectorCacheBytesMax`: as many as fit, of files of 7 MiB."""
    server = start(performance__vector_cache_mb=str(megabytes))
    create_on_disk(server.wire)
    assert all(write(server.wire, first, 400) for first in range(0, 4000, 400))
    until(lambda: server.memory("disk") <= 2 << 20, 60)
    for first in range(0, 4000, 200):
        body = {"ids": [*range(first, first + 200)], "with_vector": True}
        assert len(server.wire.result("POST", f"{PATH}/points", body)) == 200
    kept = server.figure('memory_formula_part_bytes{part="vector_cache"}')
    assert kept == megabytes << 20 if megabytes < 7 else 6 << 20 < kept < 9 << 20
