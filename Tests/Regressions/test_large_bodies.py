"""Large bodies are parsed in turns: what parsing takes is there once, not for each of them."""

import concurrent.futures
import gzip
import pathlib

import grpc
import pytest
import requests
from process import quiver
from qdrant_client import grpc as m

# Parsed JSON of nothing but digits takes more than ten times its size.
NUMBERS = 6_000_000
CLIENTS = 4
MIB = 1 << 20


def most_resident(service) -> float:
    """Megabytes of memory that the process had at most."""
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@pytest.fixture
def service(tmp_path):
    service = quiver(tmp_path)
    service.start()
    body = {"vectors": {"size": 4, "distance": "Dot"}}
    assert requests.put(f"{service.url}/collections/c", json=body, timeout=20).ok
    yield service
    service.kill()


def together(send) -> set[int]:
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return {answer.result() for answer in [pool.submit(send) for _ in range(CLIENTS)]}


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_bodies_of_digits_at_once(service, coding):
    digits = b"0," * NUMBERS
    body = b'{"points": [{"id": 1, "vector": [' + digits + b"0]}]}"
    headers = {"content-type": "application/json"}
    if coding == "gzip":
        body = gzip.compress(body, 1)
        headers["content-encoding"] = coding
    before = most_resident(service)

    def send() -> int:
        url = f"{service.url}/collections/c/points?wait=true"
        return requests.put(url, data=body, headers=headers, timeout=60).status_code

    assert together(send) == {400}
    text = 2 * NUMBERS / MIB
    parsed = (2 + 16 + 8 + 4) * NUMBERS / MIB
    assert most_resident(service) < before + CLIENTS * text + 1.5 * parsed


def test_grpc_messages_go_once_they_are_read(service):
    vector = m.Vectors(vector=m.Vector(dense=m.DenseVector(data=[0.5] * (5 * MIB))))
    message = m.UpsertPoints(
        collection_name="c", points=[m.PointStruct(id=m.PointId(num=1), vectors=vector)]
    ).SerializeToString()
    before = most_resident(service)

    def send() -> int:
        with grpc.insecure_channel(service.grpc_address) as channel:
            call = channel.unary_unary("/qdrant.Points/Upsert")
            with pytest.raises(grpc.RpcError) as refusal:
                call(message)
            return refusal.value.code().value[0]

    assert together(send) == {3}
    # Each once as it came, in a buffer that doubles, and one of them as it was read.
    assert most_resident(service) < before + (2 * CLIENTS + 2) * len(message) / MIB + 30
