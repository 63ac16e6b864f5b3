"""Threads that write without pause and remember what was acknowledged."""

import http.client
import json
import random
import threading

import numpy as np

SIZE = 8
DELETED = -1
IDS_PER_WRITER = 400


def vector(id: int, version: int) -> list[float]:
    """The vector of a version of a point: floats of 32 bits that no other version has."""
    numbers = np.random.default_rng([id, version]).normal(size=SIZE).astype(np.float32)
    return [float(str(x)) for x in numbers]


def payload(id: int, version: int) -> dict:
    return {"id": id, "version": version, "text": f"point {id}, version {version}, ünï" * 5}


class Writer(threading.Thread):
    """Upserts and deletes points of its own range until told to stop or cut off.

    `acknowledged` maps ids to versions; `pending` is the one request without an answer: it may
    have happened or not, but as a whole.
    """

    def __init__(self, number: int, port: int, seed: int, acknowledged: dict[int, int]):
        super().__init__(daemon=True)
        self.port = port
        self.random = random.Random(f"{seed} {number}")
        self.ids = range(number * IDS_PER_WRITER, (number + 1) * IDS_PER_WRITER)
        self.acknowledged = acknowledged
        self.pending: dict[int, int] = {}
        self.last_version = max([0, *acknowledged.values()])
        self.requests = 0
        self.refusals: list[int] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.stopping.is_set():
            change, method, path, body = self.next_request()
            self.pending = change
            try:
                connection.request(method, path, json.dumps(body))
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return
            self.pending = {}
            if answer.status != 200:
                self.refusals.append(answer.status)
                return
            self.acknowledged.update(change)
            self.requests += 1

    def next_request(self) -> tuple[dict[int, int], str, str, dict]:
        self.last_version += 1
        version = self.last_version
        ids = self.random.sample(self.ids, self.random.choice((1, 1, 3, 20)))
        base = "/collections/live/points"
        if self.random.random() < 0.15:
            body = {"points": ids}
            return dict.fromkeys(ids, DELETED), "POST", base + "/delete?wait=true", body
        points = [
            {"id": i, "vector": vector(i, version), "payload": payload(i, version)} for i in ids
        ]
        wait = self.random.choice(("true", "false"))
        return dict.fromkeys(ids, version), "PUT", f"{base}?wait={wait}", {"points": points}


def stored(wire) -> dict[int, tuple]:
    """Everything in the collection, by id: version, payload and vector."""
    found, offset = {}, None
    while True:
        body = {"limit": 500, "with_vector": True, "offset": offset}
        page = wire.result("POST", "/collections/live/points/scroll", body)
        for record in page["points"]:
            found[record["id"]] = (record["payload"], record["vector"])
        offset = page["next_page_offset"]
        if offset is None:
            return found


def check(wire, writers: list[Writer]) -> None:
    """Asserts that the collection holds what was acknowledged, and pending requests whole."""
    found = stored(wire)
    versions = {id: record[0]["version"] for id, record in found.items()}
    for id, version in versions.items():
        assert found[id] == (payload(id, version), vector(id, version)), id
    for writer in writers:
        pending = writer.pending
        for id, version in writer.acknowledged.items():
            if id not in pending:
                assert versions.get(id, DELETED) == version, f"point {id} was acknowledged"
        happened = {versions.get(id, DELETED) == version for id, version in pending.items()}
        if len(happened) > 1:
            # Deleting what is not there looks alike either way.
            before = {id: writer.acknowledged.get(id, DELETED) for id in pending}
            changed = [id for id in pending if before[id] != pending[id]]
            assert len({versions.get(id, DELETED) == pending[id] for id in changed}) <= 1
        writer.acknowledged.update({id: versions.get(id, DELETED) for id in pending})
    owned = {id for w in writers for id, v in w.acknowledged.items() if v != DELETED}
    assert set(versions) <= owned
    count = wire.result("POST", "/collections/live/points/count", {"exact": True})
    assert count == {"count": len(found)}
    for id in list(found)[:: max(1, len(found) // 20)]:
        body = {"query": found[id][1], "limit": 1}
        best = wire.result("POST", "/collections/live/points/query", body)["points"][0]
        assert (best["id"], best["score"]) == (id, 0)
