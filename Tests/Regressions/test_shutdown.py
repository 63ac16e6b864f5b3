"""The server ends in order within ten seconds, whatever its durability and whatever it does."""

import socket
import threading
import time

import pytest
from process import quiver
from qdrant_client import QdrantClient, models

SECONDS_MAX = 10


def stop_in_order(service) -> None:
    began = time.monotonic()
    assert service.terminate(60) == 0, service.log_tail()
    assert time.monotonic() - began < SECONDS_MAX
    assert "did not stop in time" not in service.log_tail()


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
        time.sleep(0.3)
        stop_in_order(service)
        thread.join()
        service.start()
        assert QdrantClient(url=service.url).count("things").count == 60_000
    finally:
        for sender in senders:
            sender.close()
        service.kill()
