"""Servers that share their log, and the log as it lies in a store."""

import hashlib
import http.client
import json
import pathlib
import struct
import subprocess
import threading

from object_stores import BUCKET, KEY_ID, SECRET, RealStore
from process import Service, binary, clean_environment, quiver

PREFIX = "quiver/one"
PLACE = f"s3://{BUCKET}/{PREFIX}"


def sharing(folder: pathlib.Path, endpoint: str, mode: str, **settings: str) -> Service:
    """A server that ships its log to a store."""
    service = quiver(folder, QUIVER__REPLICATION__URL=f"s3://{BUCKET}/{PREFIX}",
                     QUIVER__REPLICATION__ENDPOINT=endpoint, QUIVER__REPLICATION__MODE=mode,
                     QUIVER__REPLICATION__ACCESS_KEY_ID=KEY_ID,
                     QUIVER__REPLICATION__SECRET_ACCESS_KEY=SECRET, **settings)  # fmt: skip
    service.settings["QUIVER__REPLICATION__ADDRESS"] = service.url
    return service


def call(service: Service, method: str, path: str, body=None, timeout: float = 60):
    """The status and the answer; status 0 when there is none."""
    connection = http.client.HTTPConnection(service.host, service.port, timeout=timeout)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    except (OSError, http.client.HTTPException, ValueError):
        return 0, None
    finally:
        connection.close()


def create(service: Service) -> None:
    config = {"vectors": {"size": 2, "distance": "Dot"}}
    assert call(service, "PUT", "/collections/things", config)[0] == 200


def write(service: Service, number: int, timeout: float = 60):
    """Writes one point whose payload nobody else has."""
    point = {"id": number, "vector": [number, 1], "payload": {"token": f"token-{number}-"}}
    body = {"points": [point]}
    return call(service, "PUT", "/collections/things/points?wait=true", body, timeout)


def ids(service: Service) -> set[int]:
    body = {"limit": 100_000, "with_payload": False}
    status, answer = call(service, "POST", "/collections/things/points/scroll", body)
    assert status == 200, answer
    return {point["id"] for point in answer["result"]["points"]}


def figure(service: Service, name: str, timeout: float = 60) -> float | None:
    """A figure of /metrics, by its name and labels."""
    connection = http.client.HTTPConnection(service.host, service.port, timeout=timeout)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    for line in text.splitlines():
        if line.startswith(name + " "):
            return float(line.rpartition(" ")[2])
    return None


def is_shipped(service: Service) -> bool:
    """Whether all that a server has committed is in the log that is shared."""
    return figure(service, "replication_lag_entries") == 0


def restore(store, target, *arguments: str) -> str:
    """Makes a directory of the log; what the program says of it."""
    environment = clean_environment({"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET})
    result = subprocess.run(
        [binary("quiver"), "restore", "--from", PLACE, "--to", str(target), "--endpoint",
         store.endpoint, *arguments],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


def everything(service) -> dict:
    """All that a client can see of a server's collections."""
    found = {"aliases": call(service, "GET", "/aliases")[1]["result"]["aliases"]}
    found["aliases"].sort(key=lambda alias: alias["alias_name"])
    for entry in call(service, "GET", "/collections")[1]["result"]["collections"]:
        path = f"/collections/{entry['name']}"
        info = call(service, "GET", path)[1]["result"]
        body = {"limit": 100_000, "with_payload": True, "with_vector": True}
        points = call(service, "POST", f"{path}/points/scroll", body)[1]["result"]["points"]
        schema = {key: value["data_type"] for key, value in info["payload_schema"].items()}
        count = call(service, "POST", f"{path}/points/count", {"exact": True})[1]["result"]
        found[entry["name"]] = (info["config"]["params"], schema, count, points)
    return found


def leads(service: Service, timeout: float = 60) -> bool:
    return figure(service, 'replication_role{role="leader"}', timeout) == 1


def segments(store: RealStore) -> list[bytes]:
    """The segments in their order, each with a sound checksum and its own number."""
    pages = store.client.get_paginator("list_objects_v2")
    keys = [entry["Key"] for page in pages.paginate(Bucket=BUCKET, Prefix=f"{PREFIX}/log/")
            for entry in page.get("Contents", [])]  # fmt: skip
    found = []
    for number, key in enumerate(sorted(keys), 1):
        assert key == f"{PREFIX}/log/{number:020}", "there are holes in the log"
        body = store.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        assert hashlib.sha256(body[:-32]).digest() == body[-32:]
        assert body[:4] == b"QSEG" and struct.unpack(">Q", body[21:29])[0] == number
        found.append(body)
    return found


def entries(store: RealStore) -> list[tuple[int, bytes]]:
    """The commits in the log: their numbers and contents."""
    found = []
    for body in segments(store):
        (count,) = struct.unpack(">Q", body[37:45])
        place = 45
        for _ in range(count):
            number, _, length = struct.unpack(">QQQ", body[place : place + 24])
            found.append((number, body[place + 24 : place + 24 + length]))
            place += 24 + length
        assert place == len(body) - 32
    return found


def tokens(store: RealStore) -> list[int]:
    """The points that the log has, each as often as it has it."""
    found = []
    for _, content in entries(store):
        for part in content.split(b'"token-')[1:]:
            found.append(int(part.split(b"-")[0]))
    return found


class Writers:
    """Threads that write points until they are told to end, and what was answered them."""

    def __init__(self, service: Service, count: int = 4, first: int = 0):
        self.answered: set[int] = set()
        self.refused: list = []
        self.service = service
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.next = first
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self) -> None:
        while not self.ended.is_set():
            with self.lock:
                number = self.next
                self.next += 1
            status, answer = write(self.service, number)
            with self.lock:
                if status == 200:
                    self.answered.add(number)
                else:
                    self.refused.append((status, answer))
            if status == 0:
                self.ended.wait(0.05)

    def stop(self) -> set[int]:
        self.ended.set()
        for thread in self.threads:
            thread.join()
        return self.answered
