"""Servers to move points between, commands that move them, and the points."""

import json
import pathlib
import random
import signal
import socket
import subprocess
import time

import pytest
import requests
from process import binary, clean_environment, quiver
from qdrant_client import QdrantClient

DIMENSION = 16


@pytest.fixture
def second(tmp_path):
    """Another server of this test's own, to move points to."""
    (tmp_path / "second").mkdir()
    service = quiver(tmp_path / "second")
    service.start()
    yield service
    service.kill()


@pytest.fixture
def own(tmp_path):
    """A server of this test's own, which it may kill."""
    (tmp_path / "own").mkdir()
    service = quiver(tmp_path / "own")
    service.start()
    yield service
    service.kill()


def start(*arguments, **environment) -> subprocess.Popen:
    return subprocess.Popen(
        [str(binary("quiver")), *map(str, arguments)], env=clean_environment(environment),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def run(*arguments, code: int = 0, **environment) -> tuple[str, str]:
    """What a command that must end with the code says on both channels."""
    process = start(*arguments, **environment)
    out, error = process.communicate(timeout=120)
    assert process.returncode == code, f"{process.returncode}\n{out}\n{error}"
    return out, error


def points(count: int, seed: int = 7):
    """Points as JSON objects; every tenth has a UUID."""
    chance = random.Random(seed)
    for number in range(count):
        id = number if number % 10 else f"00000000-0000-4000-8000-{number:012d}"
        payload = {"n": number, "text": f"línea {number} \"x\"", "nested": {"b": [1, 2.5, None]}}
        vector = [round(chance.uniform(-1, 1), 6) for _ in range(DIMENSION)]
        yield {"id": id, "vector": vector, "payload": payload if number % 7 else {}}


def write_lines(path: pathlib.Path, objects) -> pathlib.Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return path


def contents(client: QdrantClient, collection: str) -> dict:
    """Every point by its id, read with the real client."""
    found, offset = {}, None
    while True:
        page, offset = client.scroll(
            collection, limit=500, offset=offset, with_payload=True, with_vectors=True
        )
        found |= {str(p.id): (p.vector, p.payload) for p in page}
        if offset is None:
            return found


def kill_when(process: subprocess.Popen, condition, seconds: float = 60) -> None:
    """Kills the process without warning as soon as the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def until_asked(service) -> None:
    """Returns once somebody has asked a server that was killed, and got no answer."""
    with socket.create_server((service.host, service.port)) as place:
        place.settimeout(60)
        caller, _ = place.accept()
        caller.close()


def count(service, collection: str) -> int:
    answer = requests.post(
        f"{service.url}/collections/{collection}/points/count", json={"exact": True}, timeout=60
    )
    return answer.json()["result"]["count"] if answer.status_code == 200 else 0
