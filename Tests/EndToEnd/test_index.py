"""Collections that have grown an index, through the real client and over HTTP."""

import threading

import numpy as np
import pytest
import requests
from process import quiver, until
from qdrant_client import QdrantClient, models
from wire import Wire

DIMENSION = 48
POINTS = 12_000
SEED = 11


def clusters(random: np.random.Generator, count: int) -> np.ndarray:
    centres = np.random.default_rng(SEED).normal(size=(150, DIMENSION))
    rows = centres[random.integers(150, size=count)] + 0.7 * random.normal(size=(count, DIMENSION))
    return rows.astype(np.float32)


def create(client: QdrantClient, name: str = "c", threshold: int = 200, **more) -> None:
    client.create_collection(
        name,
        vectors_config=models.VectorParams(size=DIMENSION, distance=models.Distance.EUCLID),
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=threshold),
        **more,
    )


def upsert(client: QdrantClient, rows: np.ndarray, first: int = 0, name: str = "c") -> None:
    for start in range(0, len(rows), 1000):
        part = rows[start : start + 1000]
        ids = list(range(first + start, first + start + len(part)))
        payloads = [{"parity": i % 2, "hundredth": i % 100} for i in ids]
        client.upsert(name, models.Batch(ids=ids, vectors=part.tolist(), payloads=payloads))


def await_green(client: QdrantClient, name: str = "c", points: int | None = None):
    def green():
        info = client.get_collection(name)
        enough = points is None or info.indexed_vectors_count >= points
        return info if info.status == models.CollectionStatus.GREEN and enough else None

    return until(green, 120)


def ask(client, query, limit=10, name="c", filter=None, **params) -> list[int]:
    answer = client.query_points(
        name, query.tolist(), limit=limit, query_filter=filter,
        search_params=models.SearchParams(**params) if params else None,
    )  # fmt: skip
    return [hit.id for hit in answer.points]


def recall(client, queries, filter=None, **params) -> float:
    found = 0
    for query in queries:
        truth = ask(client, query, filter=filter, exact=True)
        found += len(set(truth) & set(ask(client, query, filter=filter, **params))) / len(truth)
    return found / len(queries)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A server with an indexed collection; nothing in here changes it."""
    service = quiver(tmp_path_factory.mktemp("indexed"))
    service.start()
    client = QdrantClient(url=service.url, timeout=60)
    create(client)
    upsert(client, clusters(np.random.default_rng(1), POINTS))
    await_green(client, points=POINTS)
    yield client, service
    client.close()
    service.kill()


QUERIES = clusters(np.random.default_rng(2), 60)


def test_the_light_and_the_counts(filled):
    client, service = filled
    info = client.get_collection("c")
    assert info.indexed_vectors_count == info.points_count == POINTS
    assert info.optimizer_status == models.OptimizersStatusOneOf.OK
    wire = Wire(service.url, requests.Session())
    report = wire.result("GET", "/collections/c")["ivf"][""]
    assert report["state"] == "ready"
    assert report["lists"] > 50 and report["trained_points"] > 1000
    assert report["entries"] >= 2 * POINTS
    recalls = [point["recall"] for point in report["calibration"]]
    probes = [point["nprobe"] for point in report["calibration"]]
    assert recalls == sorted(recalls) and probes == sorted(probes) and recalls[-1] > 0.95
    parts = "queued+,%20completed,idle_segments"
    answer = wire.result("GET", f"/collections/c/optimizations?with={parts}")
    assert answer["running"] == [] and len(answer["idle_segments"]) == 1
    assert answer["summary"]["queued_optimizations"] == 0
    text = wire.send("GET", "/metrics").text
    assert 'part="codes"' in text and 'part="centroids"' in text


def test_searches_find_what_an_exact_search_finds(filled):
    client, _ = filled
    assert recall(client, QUERIES) >= 0.95


def test_effort(filled):
    client, service = filled
    wire = Wire(service.url, requests.Session())

    def found(params):
        hits = 0
        for query in QUERIES:
            body = {"query": query.tolist(), "limit": 10, "params": params}
            points = wire.result("POST", "/collections/c/points/query", body)["points"]
            hits += len({p["id"] for p in points} & set(ask(client, query, exact=True)))
        return hits / len(QUERIES) / 10

    assert found({"ivf": {"nprobe": 1}}) < found({"ivf": {"nprobe": 8}}) <= 1
    assert found({"ivf": {"recall": 1}}) == 1
    assert found({"ivf": {"recall": 0.7}}) < 0.97
    assert found({"hnsw_ef": 4}) < found({"hnsw_ef": 512})
    assert found({"indexed_only": True}) >= 0.95


@pytest.mark.parametrize(
    "ivf", [{}, {"recall": 0}, {"recall": 1.5}, {"nprobe": 0}, {"nprobe": 3, "recall": 0.9}, 7]
)
def test_effort_is_checked(filled, ivf):
    _, service = filled
    body = {"query": [0.0] * DIMENSION, "params": {"ivf": ivf}}
    answer = Wire(service.url, requests.Session()).send("POST", "/collections/c/points/query", body)
    assert answer.status_code == (400 if ivf == 7 else 422), answer.text
    assert "params.ivf" in answer.json()["status"]["error"]


def test_filters(filled):
    client, _ = filled
    for key, value in [("parity", 1), ("hundredth", 7)]:
        condition = models.FieldCondition(key=key, match=models.MatchValue(value=value))
        filter = models.Filter(must=[condition])
        assert recall(client, QUERIES[:15], filter=filter) >= 0.95
        for id in ask(client, QUERIES[0], filter=filter):
            assert id % {"parity": 2, "hundredth": 100}[key] == value


def test_batches_are_as_good_as_single_searches(filled):
    client, _ = filled
    requests = [models.QueryRequest(query=query.tolist(), limit=10) for query in QUERIES]
    answers = client.query_batch_points("c", requests)
    found = 0
    for query, answer in zip(QUERIES, answers):
        found += len({hit.id for hit in answer.points} & set(ask(client, query, exact=True)))
    assert found / len(QUERIES) / 10 >= 0.95


def test_settings_are_kept_and_changed(wire, client):
    body = {"vectors": {"size": 4, "distance": "Dot"}, "ivf_config": {"recall_target": 0.9}}
    wire.result("PUT", "/collections/settings", body)
    config = wire.result("GET", "/collections/settings")["config"]
    assert config["ivf_config"] == {"recall_target": 0.9}
    wire.result("PATCH", "/collections/settings", {"ivf_config": {"lists": 64}})
    config = wire.result("GET", "/collections/settings")["config"]
    assert config["ivf_config"] == {"recall_target": 0.9, "lists": 64}
    for bad in ({"lists": 0}, {"recall_target": 2}, {"lists": "many"}):
        answer = wire.send("PATCH", "/collections/settings", {"ivf_config": bad})
        assert answer.status_code == (400 if bad == {"lists": "many"} else 422), answer.text
        assert next(iter(bad)) in answer.json()["status"]["error"]
    assert client.get_collection("settings").points_count == 0
    client.delete_collection("settings")


def test_writes_show_at_once_while_indexes_are_built(service):
    client = QdrantClient(url=service.url, timeout=60)
    create(client)
    random = np.random.default_rng(3)
    stop = threading.Event()
    lights = set()

    def watch():
        mine = QdrantClient(url=service.url, timeout=60)
        while not stop.is_set():
            lights.add(mine.get_collection("c").status)
        mine.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    for first in range(0, 16_000, 1000):
        rows = clusters(random, 1000)
        upsert(client, rows, first)
        chosen = int(random.integers(1000))
        assert ask(client, rows[chosen], limit=1) == [first + chosen]
        moved = clusters(random, 1)[0] + 3
        vectors = [moved.tolist()]
        client.upsert("c", models.Batch(ids=[first + chosen], vectors=vectors))
        assert ask(client, moved, limit=1) == [first + chosen]
        assert ask(client, rows[chosen], limit=1) != [first + chosen]
        client.delete("c", [first + chosen])
        assert first + chosen not in ask(client, moved, limit=5)
    stop.set()
    watcher.join()
    info = await_green(client, points=16_000 - 16)
    assert info.points_count == 16_000 - 16
    assert lights <= {models.CollectionStatus.GREEN, models.CollectionStatus.YELLOW}
    assert recall(client, QUERIES[:20]) >= 0.94
    assert service.terminate() == 0


def at_once(client, points: int) -> None:
    pass


def once_it_is_built_or_under_way(client, points: int) -> None:
    def has_begun() -> bool:
        info = client.get_collection("c")
        return info.status == models.CollectionStatus.YELLOW or (
            info.indexed_vectors_count >= points)

    until(has_begun, 60)


def test_a_kill_costs_no_answer(service, tmp_path):
    """Killed while indexes are built, restarted, and the saved index then damaged."""
    client = QdrantClient(url=service.url, timeout=60)
    create(client)
    rows = clusters(np.random.default_rng(4), 9000)
    taken = 0
    for moment in (at_once, once_it_is_built_or_under_way, await_green):
        upsert(client, rows[taken : taken + 3000], taken)
        taken += 3000
        moment(client, points=taken)
        service.kill()
        service.start()
        assert client.count("c").count == taken
        chosen = taken - 7
        assert ask(client, rows[chosen], limit=1) == [chosen]
    await_green(client, points=9000)
    truth = [ask(client, query, exact=True) for query in QUERIES[:10]]
    # Saved a moment after it was built.
    folder = tmp_path / "data" / "index"
    until(lambda: list(folder.glob("*.ivf")), 60)
    assert service.terminate() == 0
    files = list(folder.glob("*.ivf"))
    assert len(files) == 1 and not list(folder.glob("*.new"))
    content = bytearray(files[0].read_bytes())
    content[len(content) // 3] ^= 0x10
    files[0].write_bytes(content)
    service.start()
    assert "built anew" in service.log_tail()
    for query, ids in zip(QUERIES, truth):
        assert ask(client, query, exact=True) == ids
    await_green(client, points=9000)
    assert recall(client, QUERIES[:20]) >= 0.94
    assert service.terminate() == 0
