"""The short forms of the proofs of Tests/Crash; `scripts/crash --long` runs the long ones.

The model test is one of the Swift tests.
"""

import os
import random
import sys

import pytest
from process import ROOT, until

sys.path.append(str(ROOT / "Tests" / "Crash"))

import images  # noqa: E402
import ledger  # noqa: E402
import main  # noqa: E402
import registers  # noqa: E402
import report  # noqa: E402
import server  # noqa: E402

SEED = int(os.environ.get("QUIVER_TEST_SEED", "1"))


@pytest.mark.parametrize("proof", ["kill", "power", "damage", "faults", "linear"])
def test_storage_keeps_its_promise(proof):
    rows = main.run(proof, main.SHORT[proof], SEED)
    report.show(rows)
    broken = [f"{row.proof}: {text}" for row in rows for text in row.failures]
    assert all(row.is_good for row in rows), "\n".join(broken)
    skipped = [row.skipped for row in rows if row.skipped]
    if skipped:
        pytest.skip(skipped[0])


def test_deletions_that_a_power_cut_takes_back_leave_no_hole_in_files_of_vectors(tmp_path):
    """With a log that is synced now and then, a file is written that leaves out what was deleted,
    and the power fails."""
    main.build_shim()
    size, count, dead = 512, 4800, range(0, 2400, 2)
    recording = images.Recording(tmp_path)
    off = {"QUIVER__STORAGE__DURABILITY": "interval:60000"}
    service = server.node(tmp_path, **recording.settings(server.SHIM), **off)
    try:
        assert server.launch(service) is None
        client = server.Client(service.port)
        client.result("PUT", "/collections/c", {
            "vectors": {"size": size, "distance": "Dot", "on_disk": True},
            "optimizers_config": {"indexing_threshold": 0},
        })  # fmt: skip
        for first in range(0, count, 400):
            points = [{"id": id, "vector": ledger.digits(str(id), size)}
                      for id in range(first, first + 400)]  # fmt: skip
            client.result("PUT", "/collections/c/points?wait=true", {"points": points})
        folder = tmp_path / "data" / "vectors"
        first = folder / f"1-0-0-{size}.rows"
        until(lambda: len(list(folder.glob("*.rows"))) == count // size)
        # Making a collection syncs what was written before.
        client.result("PUT", "/collections/other", {"vectors": {"size": 2, "distance": "Dot"}})
        whole = first.stat().st_size
        client.result("POST", "/collections/c/points/delete?wait=true", {"points": [*dead]})
        until(lambda: first.stat().st_size < whole)
    finally:
        server.end(service)
    recording.note_end()
    recording.load()
    plan = recording.plan(len(recording.events), random.Random(1), strict=True)
    recording.build(plan, tmp_path / "image" / "data")
    service = server.node(tmp_path / "image")
    try:
        assert server.launch(service) is None, service.log_tail()
        client = server.Client(service.port)
        base = "/collections/c/points"
        body = {"limit": count + 1, "with_vector": True}
        listed = client.result("POST", f"{base}/scroll", body)["points"]
        body = {"query": [1] * size, "limit": count + 1, "params": {"exact": True}}
        found = client.result("POST", f"{base}/query", body)["points"]
    finally:
        server.end(service)
    assert {point["id"] for point in listed} >= {*range(count)} - {*dead}
    assert all(point["vector"] == ledger.digits(str(point["id"]), size) for point in listed)
    assert {hit["id"] for hit in found} == {point["id"] for point in listed}


def test_a_history_that_no_order_explains_is_found():
    def call(kind, value, start, end):
        return registers.Call(kind, value, start, end)

    write = call(registers.WRITE, 1, 0, 1)
    stale = [write, call(registers.READ, None, 2, 3)]
    assert registers.contradiction(stale, None) is stale[1]
    back = [
        write, call(registers.WRITE, 2, 0.5, 4),
        call(registers.READ, 2, 1.5, 2), call(registers.READ, 1, 2.5, 3),
    ]  # fmt: skip
    assert registers.contradiction(back, None) is back[3]
    never = [call(registers.READ, 7, 0, 1)]
    assert registers.contradiction(never, None) is never[0]


def test_a_history_that_some_order_explains_is_not():
    forever = float("inf")
    fine = [
        registers.Call(registers.WRITE, 1, 0, 5), registers.Call(registers.WRITE, 2, 0, 5),
        registers.Call(registers.READ, 2, 1, 2), registers.Call(registers.READ, 1, 3, 4),
        # Cut off, and seen much later.
        registers.Call(registers.WRITE, 3, 4, forever), registers.Call(registers.READ, 1, 6, 7),
        registers.Call(registers.READ, 3, 8, 9), registers.Call(registers.WRITE, None, 8, forever),
        registers.Call(registers.READ, None, 10, 11),
    ]  # fmt: skip
    assert registers.contradiction(fine, None) is None
    assert registers.contradiction(fine[2:], 1) is not None


def test_what_depends_on_what_is_there_is_followed():
    def call(kind, value, start, end=float("inf"), **more):
        pair = None if value is None else (value, value)
        return registers.Call(kind, pair, start, end, **more)

    def read(vector, payload, start):
        return registers.Call(registers.READ, (vector, payload), start, start + 1)

    one, put = (1, 1), call(registers.PAYLOAD, 2, 0, 1)
    assert registers.contradiction([put, read(1, 2, 2)], one) is None
    assert registers.contradiction([put, (torn := read(2, 2, 2))], one) is torn
    expects = call(registers.VECTOR, 3, 0, 1, expected=2)
    assert registers.contradiction([expects, read(1, 1, 2)], one) is None
    assert registers.contradiction([expects, read(3, 1, 2)], one) is not None
    assert registers.contradiction([expects, put, read(3, 2, 2)], one) is None
    insert, upsert = call(registers.INSERT, 4, 0, 1), call(registers.UPSERT, 5, 0, 1, expected=1)
    assert registers.contradiction([insert, read(1, 1, 2)], one) is None
    assert registers.contradiction([insert, read(4, 4, 2)], None) is None
    assert registers.contradiction([upsert, read(5, 5, 2)], None) is None
    assert registers.contradiction([upsert, read(5, 5, 2)], (7, 7)) is not None
    # It was there, as its answer says: before the point was removed.
    removed = call(registers.WRITE, None, 0, 1)
    found = call(registers.PAYLOAD, 6, 2, 3, found=True)
    assert registers.contradiction([removed, found], one) is found
    # What was removed by a call that was cut off was not there to be changed, though nobody saw it.
    cut = call(registers.REMOVE, None, 0, expected=1)
    later = [call(registers.BOTH, 8, 1, 2), call(registers.INSERT, 9, 3, 4), read(9, 9, 5)]
    assert registers.contradiction([cut, *later], one) is None
    assert registers.contradiction(later, one) is later[2]
