"""Vectors that stay on disk give the same answers as those in memory, whatever happens to files."""

import json
import shutil
import threading

import numpy as np
import pytest
import requests
from filing_server import DIMENSION, PATH, Server, start  # noqa: F401
from process import until, until_at_rest
from wire import Wire

COUNT = 2300  # four chunks of 512 rows, and a tail


def rows(seed: int, count: int = COUNT) -> np.ndarray:
    random = np.random.default_rng(seed)
    centers = random.normal(size=(20, DIMENSION))
    chosen = centers[random.integers(20, size=count)]
    return (chosen + 0.6 * random.normal(size=(count, DIMENSION))).astype(np.float32)


def create(wire: Wire, **placement):
    params = {"size": DIMENSION, "distance": "Cosine"}
    vectors = {"ram": params, "disk": {**params, "on_disk": True, **placement}}
    wire.result("PUT", PATH, {
        "vectors": vectors, "optimizers_config": {"indexing_threshold": 0},
    })  # fmt: skip


def upsert(wire: Wire, vectors: np.ndarray, first: int = 0):
    for start in range(0, len(vectors), 100):
        points = [
            {"id": first + i, "vector": {"ram": row, "disk": row},
             "payload": {"tag": (first + i) % 7, "half": i % 2}}
            for i, row in enumerate(vectors[start:start + 100].round(4).tolist(), start)
        ]  # fmt: skip
        wire.result("PUT", f"{PATH}/points?wait=true", {"points": points})


def queries(vectors: np.ndarray) -> list[tuple[str, dict]]:
    """Every kind of query, by path and body without the vector's name."""
    few = {"must": [{"key": "tag", "match": {"value": 3}}, {"key": "half", "match": {"value": 1}}]}
    many = {"must_not": [{"key": "tag", "match": {"value": 3}}]}
    vector = vectors[5].round(3).tolist()
    base = {"limit": 12, "with_vector": True}
    example = {"positive": [3, 9], "negative": [40]}
    bodies = [
        {"query": vector}, {"query": 17}, {"query": vector, "filter": few},
        {"query": vector, "filter": many}, {"query": vector, "params": {"exact": True}},
        {"query": vector, "limit": 900}, {"query": vector, "offset": 20},
        {"query": {"recommend": example}},
        {"query": {"recommend": {**example, "strategy": "best_score"}}},
        {"query": {"recommend": {**example, "strategy": "sum_scores"}}, "filter": many},
        {"query": {"discover": {"target": 4, "context": [{"positive": 1, "negative": 2}]}}},
        {"query": {"context": [{"positive": 1, "negative": 2}]}},
        {"query": {"nearest": vector, "mmr": {"diversity": 0.5, "candidates_limit": 60}}},
    ]  # fmt: skip
    found = [("/points/query", {**base, **body}) for body in bodies]
    grouped = {"query": vector, "group_by": "tag", "group_size": 3, "limit": 4}
    return [*found, ("/points/query/groups", grouped)]


def answer(wire: Wire, path: str, body: dict, vector: str):
    result = wire.result("POST", PATH + path, {**body, "using": vector})
    if body.get("with_vector"):
        for point in result["points"]:
            assert point["vector"]["ram"] == point["vector"]["disk"]
            del point["vector"]
    return result


def assert_same(server: Server, vectors: np.ndarray, are_indexes_equal: bool = True):
    for path, body in queries(vectors):
        exact = {**body, "params": {"exact": True}}
        for asked in (body, exact) if are_indexes_equal else (exact,):
            assert answer(server.wire, path, asked, "disk") == answer(
                server.wire, path, asked, "ram"
            ), (path, str(asked)[:80])
    page = server.wire.result("POST", f"{PATH}/points/scroll", {"limit": 3000, "with_vector": True})
    assert page["points"]
    for point in page["points"]:
        assert point["vector"]["ram"] == point["vector"]["disk"]


def in_files(server: Server) -> bool:
    return server.memory("disk") < 2 * 512 * DIMENSION * 4


def index(server: Server):
    server.wire.result("PATCH", PATH, {"optimizers_config": {"indexing_threshold": 1}})

    def is_there():
        info = server.wire.result("GET", PATH)
        parts = info["ivf"].values()
        return all(p["state"] == "ready" and p["tail_points"] == 0 for p in parts)

    until(is_there, 240)


def test_answers_are_those_of_memory(start):
    server = start()
    vectors = rows(1)
    create(server.wire)
    upsert(server.wire, vectors)
    until(lambda: in_files(server), 60)
    assert server.memory("ram") > COUNT * DIMENSION * 4
    assert_same(server, vectors)
    index(server)
    until(lambda: len(server.files) == 1, 120)
    assert server.files[0].read_bytes()[40] == 1  # in the order of lists
    assert_same(server, vectors)
    assert server.figure("vector_file_reads_total") > 0
    # New rows and dead ones.
    upsert(server.wire, rows(2, 700), first=COUNT - 300)
    server.wire.result("POST", f"{PATH}/points/delete?wait=true", {"points": [*range(100, 250)]})
    # Each of the two indexes takes them in when it comes to it.
    assert_same(server, vectors, are_indexes_equal=False)
    server.service.terminate()
    server.start()
    until(lambda: in_files(server), 60)
    assert_same(server, vectors, are_indexes_equal=False)


@pytest.mark.parametrize("damage", ["torn", "flipped", "header", "missing", "stale", "empty"])
def test_files_are_only_as_good_as_the_store(start, damage):
    server = start()
    vectors = rows(3)
    create(server.wire)
    upsert(server.wire, vectors)
    until(lambda: in_files(server), 60)
    server.service.terminate()
    files = server.files
    assert files
    for path in files:
        size = path.stat().st_size
        if damage == "missing":
            path.unlink()
        elif damage in ("flipped", "header"):
            # Every page but the first, or the first.
            with path.open("r+b") as file:
                for place in range(4096, size - 8192, 4096) if damage == "flipped" else [20]:
                    file.seek(place + 5)
                    byte = file.read(1)[0] ^ 1
                    file.seek(place + 5)
                    file.write(bytes([byte]))
        elif damage in ("torn", "empty"):
            with path.open("r+b") as file:
                file.truncate(size * 2 // 3 if damage == "torn" else 0)
    if damage == "stale":
        other = start("b")
        create(other.wire)
        upsert(other.wire, rows(4))
        until(lambda: in_files(other))
        other.service.terminate()
        shutil.copytree(other.files[0].parent, files[0].parent, dirs_exist_ok=True)
    server.start()
    assert_same(server, vectors)
    until(lambda: in_files(server), 60)
    assert_same(server, vectors)
    server.service.terminate()
    server.start()
    assert_same(server, vectors)


def test_a_living_collection_moves_between_memory_and_disk(start):
    server = start()
    vectors = rows(5)
    create(server.wire)
    upsert(server.wire, vectors)
    index(server)
    is_done = threading.Event()
    failures = []

    def read():
        wire = Wire(server.service.url, requests.Session())
        while not is_done.is_set():
            for path, body in queries(vectors)[:4]:
                # Ids that are not written to meanwhile.
                found = answer(wire, path, {**body, "params": {"exact": True}}, "disk")["points"]
                if len(found) != 12:
                    failures.append((path, body, found))

    def write():
        wire = Wire(server.service.url, requests.Session())
        while not is_done.is_set():
            upsert(wire, rows(6, 100), first=1000)

    threads = [threading.Thread(target=read), threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            for change, moved in [
                ({"on_disk": False}, lambda: not server.files),
                ({"on_disk": True}, lambda: in_files(server)),
            ]:
                server.wire.result("PATCH", PATH, {"vectors": {"disk": change}})
                until(moved, 60)
    finally:
        is_done.set()
        for thread in threads:
            thread.join()
    assert not failures
    # Which rows an index was trained on, and when, depends on the writes meanwhile.
    assert_same(server, vectors, are_indexes_equal=False)
    server.wire.result("DELETE", PATH)
    until(lambda: not server.files)


def test_no_two_files_stand_for_the_same_rows(start):
    """Rows go into a file while more of them come."""
    server = start(performance__vector_tail_mb="12")
    create(server.wire)
    server.wire.result("PATCH", PATH, {"optimizers_config": {"indexing_threshold": 1}})
    bodies = []
    for first in range(0, 16_000, 100):
        vectors = [(row % 8).astype(int).tolist() for row in 10 * rows(first, 100)]
        points = [{"id": first + i, "vector": {"disk": row}} for i, row in enumerate(vectors)]
        bodies.append(json.dumps({"points": points}))

    def write(part: list[str]):
        session = requests.Session()
        for body in part:
            answer = session.put(f"{server.service.url}{PATH}/points", data=body)
            assert answer.status_code == 200, answer.text

    threads = [threading.Thread(target=write, args=(bodies[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    until_at_rest(server.service)
    asked = {"query": [1] * DIMENSION, "using": "disk", "limit": 50, "params": {"exact": True}}
    found = server.wire.result("POST", f"{PATH}/points/query", asked)["points"]
    assert len({point["id"] for point in found}) == 50
    ranges = sorted(tuple(map(int, file.stem.split("-")[2:])) for file in server.files)
    assert ranges
    assert all(one[1] <= other[0] for one, other in zip(ranges, ranges[1:])), ranges


def exact_answers(server: Server, vectors: np.ndarray, vector: str) -> list:
    """What is found when all rows are looked at: ids, scores, payloads."""
    return [
        answer(server.wire, path, {**body, "params": {"exact": True}}, vector)
        for path, body in queries(vectors)
    ]


def assert_scores_are_exact(server: Server, vectors: np.ndarray, vector: str):
    """Whatever the index finds has the score that a look at all rows gives it."""
    asked = {"query": vectors[5].round(3).tolist(), "using": vector}
    path = f"{PATH}/points/query"
    every = {**asked, "limit": COUNT, "params": {"exact": True}}
    scores = {p["id"]: p["score"] for p in server.wire.result("POST", path, every)["points"]}
    assert len(scores) == COUNT
    found = server.wire.result("POST", path, {**asked, "limit": 20})["points"]
    assert len(found) == 20
    assert all(scores[point["id"]] == point["score"] for point in found)


@pytest.mark.parametrize("is_in_order", [True, False])
def test_vectors_that_were_moved_are_there_after_a_restart(start, is_in_order):
    server = start()
    vectors = rows(8)
    create(server.wire)
    upsert(server.wire, vectors)
    index(server)
    (whole,) = until(lambda: len(server.files) == 1 and server.files, 120)
    bytes_of_disk = whole.read_bytes()
    expected = exact_answers(server, vectors, "ram")
    assert exact_answers(server, vectors, "disk") == expected

    def restart():
        if is_in_order:
            assert server.service.terminate() == 0
        else:
            server.service.kill()
        # One that an end in the middle of a move would leave.
        whole.write_bytes(bytes_of_disk)
        server.start()

    def move(**is_on_disk: bool):
        patch = {name: {"on_disk": value} for name, value in is_on_disk.items()}
        server.wire.result("PATCH", PATH, {"vectors": patch})
        if is_in_order:
            until(lambda: are_placed(is_on_disk), 60)
        restart()
        shown = server.wire.result("GET", PATH)["config"]["params"]["vectors"]
        assert {name: shown[name].get("on_disk", False) for name in is_on_disk} == is_on_disk
        until(lambda: are_placed(is_on_disk), 60)
        for vector in is_on_disk:
            assert exact_answers(server, vectors, vector) == expected
            assert_scores_are_exact(server, vectors, vector)
        assert server.figure("vector_file_reads_total") > 0

    def are_placed(is_on_disk: dict[str, bool]) -> bool:
        size = COUNT * DIMENSION * 4
        return all(
            server.memory(name) < size / 2 if value else server.memory(name) > size
            for name, value in is_on_disk.items()
        )

    # Each takes the place of the other.
    move(ram=True, disk=False)
    assert not whole.exists()
    move(ram=False, disk=True)


def test_vectors_in_memory_need_room(start):
    server = start()
    server.wire.result("PUT", PATH, {
        "vectors": {"size": DIMENSION, "distance": "Dot", "memory": "cold"},
        "optimizers_config": {"indexing_threshold": 0},
    })  # fmt: skip
    wide = rows(7, 400).round(2).tolist()
    for first in range(0, 8000, 400):
        points = [{"id": first + i, "vector": row} for i, row in enumerate(wide)]
        server.wire.result("PUT", f"{PATH}/points?wait=true", {"points": points})
    until(lambda: server.memory("") < 3_000_000, 60)
    part = 'collection_memory_bytes{collection="c",part="vectors"}'
    assert 8000 * 12 < server.figure(part) < 3_000_000
    # Until write buffers are as they will be.
    for _ in range(2):
        server.service.terminate()
        server.start()
    limit = (int(server.figure("memory_formula_bytes")) >> 20) + 4
    server.service.terminate()
    server.service.settings["QUIVER__STORAGE__LIMITS__MEMORY_MB"] = str(limit)
    server.start()
    server.wire.result("PUT", f"{PATH}/points?wait=true", {"points": points[:1]})

    def refusal():
        # What is in use is sampled once a second.
        answer = server.wire.send("PATCH", PATH, {"vectors": {"": {"memory": "cached"}}})
        if answer.status_code == 507:
            return answer.text
        server.wire.result("PATCH", PATH, {"vectors": {"": {"memory": "cold"}}})
        return None

    assert "storage.limits.memory_mb" in until(refusal)
    assert server.memory("") < 3_000_000
