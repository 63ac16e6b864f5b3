"""Work in proportion to a request's size is not done where connections are served: a thread that
serves connections takes a small part of it, however many of them wait there."""

import json
import pathlib

import grpc
import pytest
import requests
from process import quiver
from qdrant_client import grpc as messages

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


@pytest.fixture(scope="module")
def long_lists(tmp_path_factory):
    """A server with many collections, aliases and snapshots, and a point that is large."""
    folder = tmp_path_factory.mktemp("lists")
    service = quiver(folder, QUIVER__STORAGE__SNAPSHOTS_PATH=str(folder / "snapshots"))
    service.start()
    session = requests.Session()
    for number in range(COLLECTIONS):
        assert session.put(f"{service.url}/collections/c{number}", json={"vectors": {}}).ok
    actions = [
        {"create_alias": {"collection_name": "c0", "alias_name": f"a{number}"}}
        for number in range(20_000)
    ]
    assert session.post(f"{service.url}/collections/aliases", json={"actions": actions}).ok
    (folder / "snapshots/c0").mkdir(parents=True)
    for number in range(2_000):
        (folder / f"snapshots/c0/c0-{number}.snapshot").write_bytes(b"")
    config = {"vectors": {"size": LARGE, "distance": "Dot"}}
    assert session.put(f"{service.url}/collections/large", json=config).ok
    for id in (1, 2):
        point = {"id": id, "vector": [n / 7 for n in range(LARGE)],
                 "payload": {"numbers": list(range(100_000)), "kind": "a"}}  # fmt: skip
        answer = session.put(f"{service.url}/collections/large/points", json={"points": [point]})
        assert answer.ok, answer.text
    small = f"{service.url}/collections/small"
    assert session.put(small, json={"vectors": {"size": 1, "distance": "Dot"}}).ok
    schema = {"field_name": "name", "field_schema": "keyword"}
    assert session.put(f"{small}/index?wait=true", json=schema).ok
    points = [{"id": n, "vector": [n], "payload": {"name": f"{n} {NAME}"}} for n in range(SMALL)]
    answer = session.put(f"{small}/points?wait=true", json={"points": points})
    assert answer.ok, answer.text
    few = f"{service.url}/collections/few"
    assert session.put(few, json={"vectors": {"size": 1, "distance": "Dot"}}).ok
    assert session.put(f"{few}/points", json={"points": [{"id": 1, "vector": [1]}]}).ok
    yield service
    service.kill()


COLLECTIONS = 1_200
#: Points of the collection that is small but for their number.
SMALL = 5_000
NAME = "n" * 1_000
#: Numbers of a vector.
LARGE = 65_536
WHOLE = {"with_vector": True, "with_payload": True}
OVER_REST = {
    "collections": ("GET", "/collections", None),
    "aliases": ("GET", "/aliases", None),
    "aliases of one": ("GET", "/collections/c0/aliases", None),
    "snapshots": ("GET", "/collections/c0/snapshots", None),
    "point": ("GET", "/collections/large/points/1", None),
    "points": ("POST", "/collections/large/points", {"ids": [1]} | WHOLE),
    "page": ("POST", "/collections/large/points/scroll", {"limit": 1} | WHOLE),
    "groups": ("POST", "/collections/large/points/query/groups",
               {"query": 2, "group_by": "kind", "limit": 1, "group_size": 1} | WHOLE),
}  # fmt: skip
SELECTED = {
    "with_payload": messages.WithPayloadSelector(enable=True),
    "with_vectors": messages.WithVectorsSelector(enable=True),
}
OVER_GRPC = {
    "collections": ("Collections/List", messages.ListCollectionsRequest()),
    "aliases": ("Collections/ListAliases", messages.ListAliasesRequest()),
    "snapshots": ("Snapshots/List", messages.ListSnapshotsRequest(collection_name="c0")),
    "points": ("Points/Get", messages.GetPoints(
        collection_name="large", ids=[messages.PointId(num=1)], **SELECTED)),
    "page": ("Points/Scroll", messages.ScrollPoints(collection_name="large", **SELECTED)),
}  # fmt: skip
#: What is counted and compared for them takes as long as to write them.
COUNTED = {
    "groups": ("Points/QueryGroups", messages.QueryPointGroups(
        collection_name="large", query=messages.Query(sample=messages.Random), group_by="kind",
        limit=1, group_size=1, **SELECTED)),
    "facet": ("Points/Facet", messages.FacetCounts(
        collection_name="small", key="name", limit=SMALL)),
    "matrix of pairs": ("Points/SearchMatrixPairs", messages.SearchMatrixPoints(
        collection_name="small", sample=500, limit=500)),
    "matrix of offsets": ("Points/SearchMatrixOffsets", messages.SearchMatrixPoints(
        collection_name="small", sample=500, limit=500)),
}  # fmt: skip


@pytest.mark.parametrize("kind", OVER_REST)
def test_long_answers_of_rest_are_written_elsewhere(long_lists, kind):
    method, path, wanted = OVER_REST[kind]
    session = requests.Session()

    def ask():
        answer = session.request(method, long_lists.url + path, json=wanted)
        assert answer.ok and len(answer.content) > 9_000, answer.text

    ask()
    assert share_of_loops(long_lists, ask) < 0.5


def share_over_grpc(service, path: str, message, least: int) -> float:
    """What connections take of a call whose answer has at least so many bytes."""
    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(service.grpc_address, options) as channel:
        call = channel.unary_unary(f"/qdrant.{path}")

        def ask():
            assert len(call(message.SerializeToString(), timeout=60)) > least

        ask()
        return share_of_loops(service, ask)


@pytest.mark.parametrize("kind", OVER_GRPC)
def test_long_answers_of_grpc_are_written_elsewhere(long_lists, kind):
    assert share_over_grpc(long_lists, *OVER_GRPC[kind], least=9_000) < 0.5


@pytest.mark.parametrize("kind", COUNTED)
def test_what_is_counted_for_grpc_is_written_elsewhere(long_lists, kind):
    assert share_over_grpc(long_lists, *COUNTED[kind], least=100_000) < 0.25


def test_many_short_queries_are_planned_elsewhere(long_lists):
    """Each of them takes too little to wake a thread for it; all together do not. Nor is each list
    of the answer a piece of work of its own."""
    session = requests.Session()
    searches = [{"query": [n], "limit": 1} for n in range(30_000)]
    body = json.dumps({"searches": searches})
    url = f"{long_lists.url}/collections/few/points/query/batch"

    def ask():
        answer = session.post(url, data=body, headers={"content-type": "application/json"})
        assert answer.ok and len(answer.json()["result"]) == len(searches), answer.text

    ask()
    assert share_of_loops(long_lists, ask) < 0.25


def test_many_short_queries_of_grpc_are_answered_elsewhere(long_lists):
    near = messages.Query(nearest=messages.VectorInput(dense=messages.DenseVector(data=[1])))
    query = messages.QueryPoints(collection_name="few", query=near, limit=1)
    message = messages.QueryBatchPoints(collection_name="few", query_points=[query] * 30_000)
    assert share_over_grpc(long_lists, "Points/QueryBatch", message, least=9_000) < 0.25


def test_answers_are_written_elsewhere(server, body):
    write(server, body)
    share = share_of_loops(server, lambda: read(server))
    assert share < 0.5
