"""Limits of memory and disk: writes that grow are refused early, everything else goes on."""

import pytest
import requests
from process import quiver, until
from wire import Wire

DIMENSION = 1024


@pytest.fixture
def limited(tmp_path):
    """A function that starts a server with limits and returns a wire to it."""
    started = []

    def start(**limits: int) -> Wire:
        names = {f"QUIVER__STORAGE__LIMITS__{k.upper()}": str(v) for k, v in limits.items()}
        service = quiver(tmp_path, **names)
        service.start()
        session = requests.Session()
        started.append((service, session))
        wire = Wire(service.url, session)
        wire.result("PUT", "/collections/c", {"vectors": {"size": DIMENSION, "distance": "Dot"}})
        return wire

    yield start
    for service, session in started:
        session.close()
        service.kill()


def batch(start: int, count: int, payload=None) -> dict:
    vector = [0.5] * DIMENSION
    points = [{"id": i, "vector": vector, "payload": payload} for i in range(start, start + count)]
    return {"points": points}


def fill(wire: Wire, payload=None, start: int = 0, step: int = 200) -> int:
    """Upserts points from `start` on until the server refuses one; the first that was not taken."""
    for first in range(start, start + 60_000, step):
        answer = wire.send("PUT", "/collections/c/points?wait=true", batch(first, step, payload))
        if answer.status_code != 200:
            assert answer.status_code == 507, answer.text
            return first
    raise AssertionError("the limit was never reached")


def count(wire: Wire) -> int:
    return wire.result("POST", "/collections/c/points/count", {"exact": True})["count"]


def refusal(wire: Wire, method: str, path: str, body: dict):
    """The answer that refuses to grow. Near a limit write buffers are emptied every few seconds,
    and what they gave back is filled again."""
    for _ in range(20):
        before = count(wire)
        answer = wire.send(method, f"/collections/c{path}?wait=true", body)
        if answer.status_code != 200:
            assert count(wire) == before, "what is refused changes nothing"
            return answer
        fill(wire, start=100_000 + before)
    raise AssertionError("nothing was refused")


def assert_only_growth_is_refused(wire: Wire, taken: int, setting: str):
    large = {"payload": {"t": "x" * 4_000_000}, "points": list(range(8))}
    growing = [
        ("PUT", "/points", batch(taken, 6000)),
        ("PUT", "/points/vectors", {"points": batch(0, taken)["points"][:6000]}),
    ]
    if setting.endswith("disk_mb"):
        growing += [("POST", "/points/payload", large), ("PUT", "/points/payload", large)]
    for method, path, body in growing:
        answer = refusal(wire, method, path, body)
        assert answer.status_code == 507, (path, answer.text)
        error = answer.json()["status"]["error"]
        assert error.startswith("Service internal error: out of space: "), error
        assert setting in error and "Delete points" in error, error
    assert wire.send("GET", "/readyz").status_code == 200
    query = {"query": [1.0] * DIMENSION, "limit": 3}
    assert len(wire.result("POST", "/collections/c/points/query", query)["points"]) == 3
    assert wire.result("GET", "/collections/c/points/1")["id"] == 1
    wire.result("POST", "/collections/c/points/payload/delete?wait=true",
                {"keys": ["t"], "points": [1]})  # fmt: skip
    wire.result("POST", "/collections/c/points/payload/clear?wait=true", {"points": [1]})
    assert count(wire) >= taken
    wire.result("POST", "/collections/c/points/delete?wait=true", {"filter": {}})
    assert count(wire) == 0
    assert wire.result("DELETE", "/collections/c") is True


def assert_accepts_again(wire: Wire, seconds: float):
    wire.result("PUT", "/collections/c", {"vectors": {"size": DIMENSION, "distance": "Dot"}})

    def is_accepted() -> bool:
        answer = wire.send("PUT", "/collections/c/points?wait=true", batch(0, 100))
        assert answer.status_code in (200, 507), answer.text
        return answer.ok

    until(is_accepted, seconds)


def test_memory_limit(limited):
    """`memoryBytes`."""
    wire = limited(memory_mb=80)
    taken = fill(wire)
    assert taken >= 2000
    assert_only_growth_is_refused(wire, taken, "storage.limits.memory_mb")
    assert_accepts_again(wire, 60)


def test_disk_limit(limited):
    """`diskBytes`."""
    wire = limited(disk_mb=24)
    taken = fill(wire, payload={"t": "x" * 500})
    assert taken >= 1000
    assert_only_growth_is_refused(wire, taken, "storage.limits.disk_mb")
    assert_accepts_again(wire, 60)


def test_free_space_is_kept(limited):
    """`diskReserveBytes`."""
    wire = limited(disk_reserve_mb=1_000_000_000)
    answer = wire.send("PUT", "/collections/c/points?wait=true", batch(0, 1))
    assert answer.status_code == 507
    assert "storage.limits.disk_reserve_mb" in answer.text
    assert count(wire) == 0
    log = wire.send("GET", "/metrics").text
    assert "storage_disk_free_bytes" in log and "memory_formula_bytes" in log


def test_a_collection_without_room_is_warned_of(limited, tmp_path):
    wire = limited(memory_mb=64)
    config = {"vectors": {"size": 65_536, "distance": "Dot"}}
    wire.result("PUT", "/collections/huge", config)
    assert "there is no room for 1000 points" in (tmp_path / "quiver.log").read_text()
    figures = dict(
        line.split(" ") for line in wire.send("GET", "/metrics").text.splitlines() if line[0] == "m"
    )
    assert int(figures["memory_formula_bytes"]) > 0


def resident_kilobytes(wire: Wire) -> float:
    lines = wire.send("GET", "/metrics").text.splitlines()
    figures = [line for line in lines if line.startswith("memory_resident_bytes ")]
    return float(figures[0].split()[1]) / 1024


def test_empty_collections_are_cheap(limited, tmp_path):
    count = 500
    wire = limited()
    files = len(list((tmp_path / "data").iterdir()))
    memory = resident_kilobytes(wire)
    for number in range(count):
        vectors = {"size": 384, "distance": "Cosine"}
        wire.result("PUT", f"/collections/empty-{number}", {"vectors": vectors})
    assert len(list((tmp_path / "data").iterdir())) <= files + 4
    assert (resident_kilobytes(wire) - memory) / count <= 50
