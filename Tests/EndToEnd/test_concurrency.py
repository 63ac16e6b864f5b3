"""Many clients at once: no stale reads, no torn batches, no lost changes."""

import random
import threading

import pytest
import requests
from wire import Wire

CLIENTS = 6
ROUNDS = 60


@pytest.fixture
def run_clients(server):
    """A function that runs a body in several threads, each with a connection of its own."""

    def run(*bodies) -> None:
        failures = []

        def guarded(body, number):
            with requests.Session() as session:
                try:
                    body(Wire(server.url, session), number)
                except BaseException as error:
                    failures.append(error)

        threads = [
            threading.Thread(target=guarded, args=(body, n)) for n, body in enumerate(bodies)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    return run


def test_every_client_sees_its_own_writes(run_clients, new_collection):
    path = f"/collections/{new_collection()}/points"

    def body(wire, number):
        for version in range(ROUNDS):
            vector = [float(number), float(version), 1.0, 0.0]
            point = {"id": number, "vector": vector, "payload": {"v": version, "by": number}}
            wire.result("PUT", f"{path}?wait=true", {"points": [point]})
            mine = {"must": [{"key": "by", "match": {"value": number}}]}
            query = {"query": [0, 1, 0, 0], "filter": mine, "with_payload": True}
            (hit,) = wire.result("POST", path + "/query", query)["points"]
            assert hit["payload"]["v"] == version and hit["score"] == version
            assert wire.result("GET", f"{path}/{number}")["payload"]["v"] == version

    run_clients(*[body] * CLIENTS)


def test_a_batch_is_seen_whole(run_clients, new_collection):
    path = f"/collections/{new_collection()}/points"
    ids = list(range(10))
    done = threading.Event()

    def upsert(wire, version):
        points = [{"id": i, "vector": [version, i, 0, 1], "payload": {"v": version}} for i in ids]
        wire.result("PUT", f"{path}?wait=true", {"points": points})

    def write(wire, number):
        try:
            for version in range(1, ROUNDS * 3):
                upsert(wire, version)
        finally:
            done.set()

    def read(wire, number):
        chosen = random.Random(number)
        newest = 0
        while not done.is_set():
            kind = chosen.choice(["retrieve", "scroll", "query"])
            if kind == "retrieve":
                records = wire.result("POST", path, {"ids": ids, "with_payload": True})
            elif kind == "scroll":
                records = wire.result("POST", path + "/scroll", {"limit": 100})["points"]
            else:
                query = {"query": [1, 0, 0, 0], "limit": 100, "with_payload": True}
                records = wire.result("POST", path + "/query", query)["points"]
                assert {r["score"] for r in records} == {r["payload"]["v"] for r in records}
            versions = {record["payload"]["v"] for record in records}
            assert len(records) == len(ids) and len(versions) == 1, (kind, records)
            assert max(versions) >= newest, f"{kind} went back from {newest} to {versions}"
            newest = max(versions)

    run_clients(lambda wire, number: upsert(wire, 0))
    run_clients(write, read, read, read)


def test_changes_of_one_point_are_not_lost(run_clients, new_collection):
    path = f"/collections/{new_collection()}/points"

    def body(wire, number):
        for n in range(ROUNDS):
            change = {"payload": {f"{number}-{n}": True}, "points": [1]}
            wire.result("POST", f"{path}/payload?wait=true", change)

    def create(wire, number):
        wire.result("PUT", f"{path}?wait=true", {"points": [{"id": 1, "vector": [1, 2, 3, 4]}]})

    run_clients(create)
    run_clients(*[body] * CLIENTS)
    keys = []
    run_clients(lambda wire, number: keys.extend(wire.result("GET", path + "/1")["payload"]))
    assert set(keys) == {f"{number}-{n}" for number in range(CLIENTS) for n in range(ROUNDS)}


def test_collections_come_and_go(run_clients):
    def body(wire, number):
        name = f"/collections/brief-{number % 2}"
        for _ in range(10):
            config = {"vectors": {"size": 2, "distance": "Dot"}}
            assert wire.send("PUT", name, config).status_code in (200, 409)
            point = {"points": [{"id": number, "vector": [1, 2]}]}
            assert wire.send("PUT", name + "/points", point).status_code in (200, 404)
            assert wire.send("POST", name + "/points/query", {}).status_code in (200, 404)
            assert wire.send("DELETE", name).status_code == 200

    run_clients(*[body] * CLIENTS)
