"""The server ends in order within ten seconds, whatever its durability and whatever it does."""

import contextlib
import json
import select
import socket
import threading
import time

import grpc
import pytest
import requests
from process import cpu_seconds, quiver, until, until_at_rest
from qdrant_client import QdrantClient, models
from stalled_disk import StalledDisk

FORCED = "did not stop in time"


def stop_in_order(service) -> None:
    """Its own clock ends a server within ten seconds, in order or not, and the log has which."""
    assert service.terminate(60) == 0, service.log_tail()
    assert FORCED not in service.log_tail()


def fill(service, count: int) -> QdrantClient:
    client = QdrantClient(url=service.url, timeout=60)
    client.create_collection(
        "things", vectors_config=models.VectorParams(size=4, distance=models.Distance.DOT)
    )
    for first in range(0, count, 5000):
        ids = list(range(first, min(first + 5000, count)))
        batch = models.Batch(
            ids=ids, vectors=[[i, 1, 2, 3] for i in ids], payloads=[{"n": i} for i in ids]
        )
        client.upsert("things", batch)
    return client


@pytest.mark.parametrize("durability", ["sync", "interval:60000"])
def test_idle_with_any_durability(tmp_path, durability):
    service = quiver(tmp_path, QUIVER__STORAGE__DURABILITY=durability)
    service.start()
    try:
        fill(service, 500)
        stop_in_order(service)
        service.start()
        assert QdrantClient(url=service.url).count("things").count == 500
    finally:
        service.kill()


def test_a_disk_that_does_not_come_back(tmp_path):
    """The end is forced after `shutdownMilliseconds`, which the exit code says; what was
    acknowledged is there."""
    service = quiver(tmp_path)
    disk = StalledDisk(service, tmp_path)
    service.start()
    try:
        fill(service, 500)
        disk.stall()
        answers = []

        def write():
            with contextlib.suppress(requests.RequestException):
                body = {"points": [{"id": 1000, "vector": [1, 2, 3, 4]}]}
                url = f"{service.url}/collections/things/points?wait=true"
                answers.append(requests.put(url, json=body, timeout=60).status_code)

        writer = threading.Thread(target=write)
        writer.start()
        until(disk.waiting_logs, 60)
        began = time.monotonic()
        assert service.terminate(60) == 1, service.log_tail()
        # Half a second for the process to be gone; on a busy machine that takes longer.
        assert 9.5 <= time.monotonic() - began < 15
        assert FORCED in service.log_tail()
        writer.join()
        assert 200 not in answers
        disk.go_on()
        service.start()
        ids = models.Filter(must=[models.HasIdCondition(has_id=list(range(500)))])
        assert QdrantClient(url=service.url).count("things", ids).count == 500
    finally:
        disk.go_on()
        service.kill()


def test_half_of_requests_and_a_long_update(tmp_path):
    service = quiver(tmp_path)
    service.start()
    senders = []
    try:
        client = fill(service, 60_000)
        for number in range(60):
            sender = socket.create_connection(("127.0.0.1", service.port))
            head = b"PUT /collections/things/points HTTP/1.1\r\ncontent-length: 99\r\n\r\n{"
            sender.sendall(head if number % 2 else head[:40])
            senders.append(sender)

        def update():
            try:
                client.set_payload("things", {"mark": "x" * 500}, points=models.Filter())
            except Exception as error:  # noqa: BLE001 - any answer will do
                print("the update was answered:", error)

        thread = threading.Thread(target=update)
        thread.start()
        # Its first commit is there.
        changed = models.Filter(must_not=[models.IsEmptyCondition(
            is_empty=models.PayloadField(key="mark"))])  # fmt: skip
        until(lambda: client.scroll("things", changed, limit=1)[0], 60)
        stop_in_order(service)
        thread.join()
        service.start()
        assert QdrantClient(url=service.url).count("things").count == 60_000
    finally:
        for sender in senders:
            sender.close()
        service.kill()


class Callers:
    """Requests under way, each on a thread of its own, whatever becomes of them."""

    def __init__(self, service):
        self.service, self.threads, self.open = service, [], contextlib.ExitStack()

    def ask(self, method: str, path: str, body=None, **options) -> None:
        def send():
            with contextlib.suppress(requests.RequestException):
                requests.request(
                    method, self.service.url + path, json=body, timeout=60, **options
                )

        self.threads.append(threading.Thread(target=send))
        self.threads[-1].start()

    def connect(self, port: int, sent: bytes = b"", window: int | None = None) -> None:
        """A connection that sends something, and reads nothing."""
        client = self.open.enter_context(socket.socket())
        if window:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        client.connect(("127.0.0.1", port))
        client.sendall(sent)

    def end(self) -> None:
        for thread in self.threads:
            thread.join()
        self.open.close()


def upload_head(boundary: str) -> bytes:
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="snapshot"\r\n\r\nx'
    return (
        "POST /collections/other/snapshots/upload HTTP/1.1\r\nHost: x\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n"
        f"Content-Length: 99999999\r\n\r\n{part}"
    ).encode()


def make_snapshots(callers: Callers) -> None:
    for wait in ("true", "true", "false", "false"):
        callers.ask("POST", f"/collections/things/snapshots?wait={wait}")
    callers.ask("POST", "/snapshots")


def upload_snapshots(callers: Callers) -> None:
    url = callers.service.url + "/collections/things/snapshots"
    made = requests.post(url, timeout=60).json()["result"]["name"]
    content = requests.get(f"{url}/{made}", timeout=60).content
    for name in ("a", "b", "c"):
        path = f"/collections/{name}/snapshots/upload"
        callers.ask("POST", path, files={"snapshot": content})
    callers.connect(callers.service.port, upload_head("b"))


def fetch_snapshot(callers: Callers):
    """From a server that takes connections and says nothing; returns whether somebody has come."""
    silent = callers.open.enter_context(socket.socket())
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    location = {"location": f"http://127.0.0.1:{silent.getsockname()[1]}/x"}
    for wait in ("true", "false"):
        callers.ask("PUT", f"/collections/things/snapshots/recover?wait={wait}", location)
    return lambda: select.select([silent], [], [], 0)[0]


def index_payloads(callers: Callers) -> None:
    for field, schema in (("n", "integer"), ("n", "float"), ("t", "text"), ("none", "keyword")):
        body = {"field_name": field, "field_schema": schema}
        callers.ask("PUT", "/collections/things/index?wait=true", body)


def index_vectors(callers: Callers) -> None:
    body = {"optimizers_config": {"indexing_threshold": 10}}
    callers.ask("PATCH", "/collections/things", body)


def change_many(callers: Callers) -> None:
    points = "/collections/things/points"
    callers.ask("POST", points + "/payload?wait=false", {"payload": {"m": "x"}, "filter": {}})
    callers.ask("POST", points + "/payload/clear?wait=true", {"filter": {}})
    callers.ask("POST", points + "/vectors/delete?wait=true", {"vector": [""], "filter": {}})


def read_nothing(callers: Callers) -> None:
    body = json.dumps({"limit": 30_000, "with_vector": True}).encode()
    head = f"POST /collections/things/points/scroll HTTP/1.1\r\nContent-Length: {len(body)}"
    for _ in range(20):
        callers.connect(callers.service.port, head.encode() + b"\r\n\r\n" + body, 4096)


def search_long(callers: Callers) -> None:
    matrix = {"sample": 20_000, "limit": 10}
    groups = {"query": [1, 2, 3, 4], "group_by": "n", "limit": 20_000, "group_size": 100}
    for _ in range(3):
        callers.ask("POST", "/collections/things/points/search/matrix/pairs", matrix)
        callers.ask("POST", "/collections/things/points/query/groups", groups)


def call_over_grpc(callers: Callers):
    """Channels that are open, connections that are none yet, and a long call: whether it has begun
    is returned."""
    for _ in range(10):
        channel = callers.open.enter_context(grpc.insecure_channel(callers.service.grpc_address))
        grpc.channel_ready_future(channel).result(20)
        callers.connect(callers.service.grpc_port)
        callers.connect(callers.service.grpc_port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    client = QdrantClient(
        url=callers.service.url, grpc_port=callers.service.grpc_port, prefer_grpc=True,
        timeout=60, check_compatibility=False,
    )  # fmt: skip

    def call():
        with contextlib.suppress(grpc.RpcError):
            client.search_matrix_pairs("things", sample=20_000, limit=10)

    until_at_rest(callers.service)
    before = cpu_seconds(callers.service)
    callers.threads.append(threading.Thread(target=call))
    callers.threads[-1].start()
    return lambda: cpu_seconds(callers.service) >= before + 0.05


@pytest.mark.parametrize(
    "work",
    [make_snapshots, upload_snapshots, fetch_snapshot, index_payloads, index_vectors, change_many,
     read_nothing, search_long, call_over_grpc],
)  # fmt: skip
def test_work_under_way(tmp_path, work):
    """What was acknowledged is there afterwards, and nothing makes the end a forced one."""
    service = quiver(
        tmp_path,
        QUIVER__STORAGE__DURABILITY="interval:60000",
        QUIVER__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY="true",
    )
    service.start()
    callers = Callers(service)
    try:
        fill(service, 30_000)
        until_at_rest(service)
        before = cpu_seconds(service)
        has_begun = work(callers)
        until(has_begun or (lambda: cpu_seconds(service) >= before + 0.05), 60)
        stop_in_order(service)
        callers.end()
        service.start()
        assert QdrantClient(url=service.url).count("things").count == 30_000
    finally:
        service.kill()
        callers.end()


@pytest.mark.parametrize("durability", ["sync", "interval:60000"])
def test_writers_that_go_on(tmp_path, durability):
    service = quiver(tmp_path, QUIVER__STORAGE__DURABILITY=durability)
    service.start()
    try:
        fill(service, 10)
        kept: list[int] = []
        has_ended = threading.Event()
        url = f"{service.url}/collections/things/points?wait=true"

        def write(number: int):
            first = 1_000_000 * number
            while not has_ended.is_set():
                first += 100
                ids = range(first, first + 100)
                body = {"points": [{"id": id, "vector": [1, 2, 3, 4]} for id in ids]}
                with contextlib.suppress(requests.RequestException):
                    if requests.put(url, json=body, timeout=30).status_code == 200:
                        kept.extend(ids)

        threads = [threading.Thread(target=write, args=(number,)) for number in (1, 2, 3)]
        for thread in threads:
            thread.start()
        until(lambda: len(kept) >= 1000, 60)
        stop_in_order(service)
        has_ended.set()
        for thread in threads:
            thread.join()
        assert kept
        service.start()
        filter = models.Filter(must=[models.HasIdCondition(has_id=kept)])
        assert QdrantClient(url=service.url).count("things", filter).count == len(kept)
    finally:
        service.kill()
