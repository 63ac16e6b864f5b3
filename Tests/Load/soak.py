"""Hours in small: points come, change and go, over REST and gRPC; collections of named, sparse and
filed vectors are made and dropped, with indexes and aliases; snapshots are taken and recovered.

After a third of the time everything has been done often; what the server holds of memory and disk
then it holds at the end, too.
"""

import argparse
import contextlib
import dataclasses
import pathlib
import random
import sys
import tempfile
import threading
import time

import load
import requests
from overload import Report
from process import quiver
from qdrant_client import QdrantClient, models
from wire import Wire

NAME = load.COLLECTION.rpartition("/")[2]


@dataclasses.dataclass
class Form:
    """How long, of how many points, and by what share memory and disk may grow after a third."""

    seconds: float
    points: int
    growth: float
    # Beyond the share, in bytes: a log that is not full yet, pages that an allocator keeps.
    room: int
    clients: int = 4


SHORT = Form(seconds=12, points=1500, growth=0.5, room=96 << 20)
LONG = Form(seconds=1800, points=20_000, growth=0.05, room=8 << 20)


class Churn(threading.Thread):
    """One client: writes, reads, deletes, and now and then a collection of its own."""

    def __init__(self, server, number: int, form: Form, end: float):
        super().__init__(daemon=True)
        self.wire = Wire(server.url, requests.Session())
        self.over_grpc = QdrantClient(
            url=server.url, grpc_port=server.grpc_port, prefer_grpc=True, timeout=60,
            check_compatibility=False)  # fmt: skip
        # Where the server keeps snapshots.
        self.snapshots = pathlib.Path(
            server.settings["QUIVER__STORAGE__STORAGE_PATH"]).parent / "snapshots"  # fmt: skip
        self.number, self.form, self.end = number, form, end
        self.chance = random.Random(number)
        self.done = 0
        self.failure: str | None = None

    def run(self):
        try:
            while time.monotonic() < self.end:
                self.step()
                self.done += 1
        except Exception as error:
            self.failure = f"client {self.number}: {error!r}"
        finally:
            self.over_grpc.close()

    def step(self):
        work = self.chance.choices(
            (self.write, self.search, self.change, self.delete, self.write_by_grpc,
             self.search_by_grpc, self.collection, self.recovery, self.snapshot),
            (20, 25, 10, 10, 10, 15, 1.5, 0.5, 0.3))[0]  # fmt: skip
        work()

    def some(self, count: int) -> list[int]:
        """Ids of this client's own."""
        share = self.form.points // self.form.clients
        first = self.number * share
        return [first + self.chance.randrange(share) for _ in range(count)]

    def points(self, count: int) -> dict:
        return {"points": [
            {"id": id, "vector": load.vector(self.chance),
             "payload": {"n": id, "k": f"k{self.chance.randrange(50)}",
                         "text": "word " * self.chance.randrange(40)}}
            for id in set(self.some(count))]}  # fmt: skip

    def write(self):
        self.wire.result("PUT", f"{load.COLLECTION}/points?wait=true", self.points(50))

    def search(self):
        condition = {"key": "k", "match": {"value": f"k{self.chance.randrange(50)}"}}
        body = {"query": load.vector(self.chance), "limit": 20, "with_payload": True}
        if self.chance.random() < 0.5:
            body["filter"] = {"must": [condition]}
        self.wire.result("POST", f"{load.COLLECTION}/points/query", body)

    def change(self):
        # Some of them may be gone, which a list of ids would not forgive.
        chosen = {"must": [{"has_id": self.some(20)}]}
        body = {"payload": {"seen": self.chance.random()}, "filter": chosen}
        self.wire.result("POST", f"{load.COLLECTION}/points/payload?wait=true", body)

    def delete(self):
        self.wire.result(
            "POST", f"{load.COLLECTION}/points/delete?wait=true", {"points": self.some(20)})

    def write_by_grpc(self):
        points = [models.PointStruct(**point) for point in self.points(20)["points"]]
        self.over_grpc.upsert(NAME, points)

    def search_by_grpc(self):
        condition = models.FieldCondition(
            key="k", match=models.MatchValue(value=f"k{self.chance.randrange(50)}"))
        self.over_grpc.query_points(
            NAME, load.vector(self.chance), limit=20, with_payload=True,
            query_filter=models.Filter(must=[condition]))  # fmt: skip

    @contextlib.contextmanager
    def own_collection(self, rounds: int):
        """A collection of named vectors, one of them on disk and one sparse, with an index and an
        alias; it is gone after the `with`."""
        path, alias = f"/collections/own-{self.number}", f"alias-{self.number}"
        self.wire.result("PUT", path, {
            "vectors": {
                "a": {"size": load.SIZE, "distance": "Cosine"},
                "filed": {"size": load.SIZE, "distance": "Dot", "on_disk": True}},
            "sparse_vectors": {"words": {}},
            "optimizers_config": {"indexing_threshold": 20}})  # fmt: skip
        self.change_alias("create_alias", alias_name=alias, collection_name=f"own-{self.number}")
        self.wire.result("PUT", path + "/index?wait=true",
                         {"field_name": "k", "field_schema": "keyword"})  # fmt: skip
        for _ in range(rounds):
            points = self.points(200)["points"]
            for point in points:
                words = self.chance.sample(range(1000), 5)
                weights = {"indices": words, "values": [self.chance.random() for _ in words]}
                point["vector"] = {"a": point["vector"], "filed": load.vector(self.chance),
                                   "words": weights}  # fmt: skip
            self.wire.result("PUT", path + "/points?wait=true", {"points": points})
        for query, name in ((weights, "words"), (load.vector(self.chance), "filed")):
            self.wire.result("POST", f"/collections/{alias}/points/query",
                             {"query": query, "using": name, "limit": 10})  # fmt: skip
        yield path
        self.change_alias("delete_alias", alias_name=alias)
        self.wire.result("DELETE", path)

    def change_alias(self, change: str, **values: str):
        self.wire.result("POST", "/collections/aliases", {"actions": [{change: values}]})

    def collection(self):
        with self.own_collection(4):
            pass

    def recovery(self):
        """A collection that is made of another's snapshot."""
        with self.own_collection(2) as path:
            name = self.wire.result("POST", f"{path}/snapshots")["name"]
            location = self.snapshots / f"own-{self.number}" / name
            copy = f"/collections/copy-{self.number}"
            self.wire.result("PUT", f"{copy}/snapshots/recover?wait=true",
                             {"location": location.as_uri(), "priority": "snapshot"})  # fmt: skip
            self.wire.result("DELETE", copy)
            self.wire.result("DELETE", f"{path}/snapshots/{name}?wait=true")

    def snapshot(self):
        path = f"{load.COLLECTION}/snapshots"
        name = self.wire.result("POST", path)["name"]
        self.wire.result("DELETE", f"{path}/{name}?wait=true")


def disk_bytes(folder: pathlib.Path) -> int:
    """What the files below a folder take; some go while they are counted."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_blocks * 512
        except OSError:
            pass
    return total


def measured(server, folder: pathlib.Path, seconds: float) -> tuple[int, int]:
    """The least of memory and disk in some seconds: what comes and goes is not counted."""
    memory, disk = [], []
    end = time.monotonic() + seconds
    while True:
        memory.append(load.memory_bytes(server))
        disk.append(disk_bytes(folder / "data"))
        if time.monotonic() >= end:
            return min(memory), min(disk)
        time.sleep(min(0.5, seconds / 5))


def run(form: Form, folder: pathlib.Path) -> Report:
    report = Report()
    server = quiver(folder)
    server.start()
    try:
        load.fill(Wire(server.url, requests.Session()), form.points)
        Wire(server.url, requests.Session()).result(
            "PUT", f"{load.COLLECTION}/index?wait=true",
            {"field_name": "k", "field_schema": "keyword"})  # fmt: skip
        start = time.monotonic()
        clients = [Churn(server, n, form, start + form.seconds) for n in range(form.clients)]
        for client in clients:
            client.start()
        window = form.seconds / 12
        time.sleep(max(0, form.seconds / 3 - window))
        first = measured(server, folder, window)
        time.sleep(max(0, start + form.seconds - window - time.monotonic()))
        last = measured(server, folder, window)
        for client in clients:
            client.join(120)
        for what, before, after in zip(("memory", "disk"), first, last, strict=True):
            report.tell(
                what, f"{before / 1e6:.0f} MB after a third, {after / 1e6:.0f} MB at the end",
                after <= before * (1 + form.growth) + form.room)  # fmt: skip
        failures = [client.failure for client in clients if client.failure]
        done = sum(client.done for client in clients)
        report.tell("requests", f"{done:,} kinds of work; {failures or 'none failed'}",
                    done > 0 and not failures)  # fmt: skip
        report.tell("the server", "goes on", server.status("/readyz") == 200)
    finally:
        server.kill()
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="half an hour")
    parser.add_argument("--seconds", type=float)
    given = parser.parse_args()
    form = LONG if given.long else SHORT
    if given.seconds:
        form = dataclasses.replace(form, seconds=given.seconds)
    with tempfile.TemporaryDirectory() as folder:
        report = run(form, pathlib.Path(folder))
    report.show()
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
