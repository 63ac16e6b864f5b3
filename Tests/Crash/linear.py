"""Proof: single points behave as registers, whatever clients do at once, across kills.

Clients write, delete and read a few points in every way there is, payloads and vectors by
themselves and under conditions too; each call's start, end and outcome go into a history. A
snapshot that is made is a read of all, one that is recovered a write. Every round ends with a kill
or a shutdown, and begins with what is there.
"""

import collections
import dataclasses
import http.client
import itertools
import json
import math
import pathlib
import random
import tempfile
import threading
import time

from album import IDS, NAME, SHOWN, SIZE, VECTORS, Album, Torn, state_of, vector_of
from registers import (
    BOTH, INSERT, PAYLOAD, READ, REMOVE, UPSERT, VECTOR, WRITE, Call, contradiction,
)  # fmt: skip
from report import Row, keep_evidence
from server import (
    WORK, Client, Refused, end, launch, node, terminate_or_kill,
)  # fmt: skip

try:
    from grpc_client import GrpcClient
except ImportError:
    GrpcClient = None

CLIENTS = 6
RESTING = range(1000, 1160)
BASE = f"/collections/{NAME}/points"
# How many of the writes are of each kind.
WEIGHTS = {WRITE: 6, PAYLOAD: 3, VECTOR: 3, BOTH: 3, INSERT: 2, UPSERT: 2, REMOVE: 2}


class Actor(threading.Thread):
    """One client, which sends one call after the other until it is cut off."""

    def __init__(self, client, seed: str, values):
        super().__init__(daemon=True)
        self.client = client
        self.chance = random.Random(seed)
        self.values = values
        self.calls: list[tuple[object, Call]] = []
        self.stopping = threading.Event()
        self.wrong: list[str] = []
        # The payload that was last seen of each point, which conditions ask for.
        self.known: dict[object, int] = {}

    def run(self) -> None:
        try:
            while not self.stopping.is_set() and self.step():
                pass
        finally:
            self.client.close()

    def step(self) -> bool:
        """One call; False when the server did not answer it."""
        id = self.chance.choice(IDS)
        if self.chance.random() < 0.5:
            return self.read(id)
        (kind,) = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        number = next(self.values)
        call = Call(kind, (number, number), 0)
        if kind == REMOVE or (kind == WRITE and self.chance.random() < 0.2):
            call.value = None
        if kind == REMOVE or (kind in (VECTOR, UPSERT, BOTH) and self.chance.random() < 0.5):
            call.expected = self.known.get(id)
        request, asks_for_ids = self.change(id, call)
        return self.write(id, call, request, asks_for_ids)

    def write(self, id, call: Call, request, asks_for_ids: bool) -> bool:
        self.calls.append((id, call))
        call.start = time.monotonic()
        try:
            self.client.result(*request)
            call.found = asks_for_ids
        except (OSError, http.client.HTTPException):
            return False
        except Refused as error:
            if says_it_is_missing(error) and asks_for_ids:
                # It has seen that the point is missing.
                call.kind, call.value, call.end = READ, None, time.monotonic()
                return True
            # It may have taken effect before the server was asked to end.
            if error.status != 503:
                self.wrong.append(f"{request} was refused with {error}")
            return False
        call.end = time.monotonic()
        if call.kind in (WRITE, PAYLOAD) and call.value is not None:
            self.known[id] = call.value[1]
        return True

    def change(self, id, call: Call) -> tuple[tuple, bool]:
        """A request that does what a call says, and whether it is refused where there is no such
        point."""
        by_chance = self.chance.random() < 0.5
        if call.value is None:
            return ("POST", f"{BASE}/delete?wait=true", self.deleted(id, call)), False
        number = call.value[0]
        upsert = {"points": [{**point_of(number), "id": id}]}
        vectors = {"points": [{"id": id, "vector": vector_of(number)}]}
        chosen = {"points": [id]} if by_chance else {"filter": {"must": [{"has_id": [id]}]}}
        payload = {"payload": {"v": number}, **chosen}
        match call.kind:
            case "payload":
                # To set the only key or to overwrite the whole is the same.
                return (self.chance.choice(["POST", "PUT"]), f"{BASE}/payload?wait=true",
                        payload), by_chance  # fmt: skip
            case "vector":
                vectors |= condition(call)
                return ("PUT", f"{BASE}/vectors?wait=true", vectors), True
            case "both" if call.expected is None and by_chance:
                both = {"operations": [{"set_payload": payload}, {"update_vectors": vectors}]}
                return ("POST", f"{BASE}/batch?wait=true", both), True
            case "both":
                upsert |= {"update_mode": "update_only", **condition(call)}
            case "insert":
                upsert |= {"update_mode": "insert_only"}
            case "upsert":
                upsert |= condition(call)
            case "write" if by_chance:
                both = {"operations": [{"delete": {"points": [id]}}, {"upsert": upsert}]}
                return ("POST", f"{BASE}/batch?wait=true", both), False
        return ("PUT", f"{BASE}?wait=true", upsert), False

    def deleted(self, id, call: Call) -> dict:
        if call.expected is None and self.chance.random() < 0.5:
            return {"points": [id]}
        must = condition(call).get("update_filter", {"must": []})["must"]
        return {"filter": {"must": [{"has_id": [id]}, *must]}}

    def read(self, id) -> bool:
        call = Call(READ, None, time.monotonic())
        try:
            records = self.records(id)
            call.value = state_of(records[0]) if records else None
            if len(records) > 1:
                raise Torn(json.dumps(records))
        except (OSError, http.client.HTTPException):
            return False
        except Torn as error:
            self.wrong.append(f"{id} is {error}")
        except Refused as error:
            if error.status != 503:
                self.wrong.append(f"a read was refused with {error}")
            return False
        call.end = time.monotonic()
        if call.value is not None:
            self.known[id] = call.value[1]
        self.calls.append((id, call))
        return True

    def records(self, id) -> list[dict]:
        """What is shown of a point, asked for in one of several ways."""
        only = {"must": [{"has_id": [id]}]}
        match self.chance.randrange(4):
            case 0:
                try:
                    return [self.client.result("GET", f"{BASE}/{id}")]
                except Refused as error:
                    if says_it_is_missing(error):
                        return []
                    raise
            case 1:
                return self.client.result("POST", BASE, {"ids": [id], **SHOWN})
            case 2:
                page = self.client.result("POST", f"{BASE}/scroll", {"filter": only, **SHOWN})
                return page["points"]
        body = {"query": [1] * SIZE, "filter": only, **SHOWN}
        found = self.client.result("POST", f"{BASE}/query", body)["points"]
        if any(point["score"] != sum(point["vector"]) for point in found):
            raise Torn(f"score {[point['score'] for point in found]}")
        return found


def says_it_is_missing(error: Refused) -> bool:
    """Whether it is the point that is missing, instead of the collection."""
    return error.status == 404 and "oint with id" in error.text


def condition(call: Call) -> dict:
    """What an update asks of a point that is there."""
    if call.expected is None:
        return {}
    return {"update_filter": {"must": [{"key": "v", "match": {"value": call.expected}}]}}


def run(rounds: int, seed: int, seconds: float | None = None) -> Row:
    """So many rounds, or until the time is over."""
    row = Row("linear", "rounds", seed)
    chance = random.Random(seed)
    values = itertools.count(1)
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="linear-", dir=WORK) as name:
        folder = pathlib.Path(name)
        service = node(folder)
        try:
            if (code := launch(service)) is not None:
                row.fail(f"the first start ended with {code}")
                return row.finish()
            client = Client(service.port)
            client.result("PUT", f"/collections/{NAME}", {"vectors": VECTORS})
            client.result("PUT", f"{BASE}?wait=true", {"points": [point_of(id) for id in RESTING]})
            states = dict.fromkeys(IDS)
            album, tally = Album(folder, chance), Tally()
            for number in range(rounds):
                if seconds is not None and time.monotonic() - row.started > seconds:
                    break
                states = one_round(service, states, album, values, f"{seed} {number}", row, tally)
                if not row.is_good:
                    keep_evidence(folder, f"linear-{seed}-{number}", {"failures": row.failures})
                    break
        finally:
            end(service)
        row.remarks.append(f"{album.made} snapshots looked into, {album.recovered} recovered")
        row.remarks.append(f"{album.files} files of vectors after rounds")
        tally.tell(row)
        if row.images >= 10:
            judge_work(row, album, tally)
    return row.finish()


@dataclasses.dataclass
class Tally:
    """What the histories have in them, so that a proof of nothing is told from one of something."""

    # Calls that were acknowledged, of each kind.
    calls: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    # Points that were read after a restart and were not what they were before the round.
    changed: int = 0
    # Calls that were acknowledged over gRPC.
    over_grpc: int = 0

    def add(self, calls, before: dict, after: dict) -> None:
        self.calls.update(call.kind for _, call in calls if call.end < math.inf)
        self.changed += sum(before[id] != after[id] for id in IDS)

    def tell(self, row: Row) -> None:
        counts = ", ".join(f"{self.calls[kind]:,} {kind}" for kind in (READ, *WEIGHTS))
        row.remarks.append(f"acknowledged: {counts}; {self.over_grpc:,} of all over gRPC")
        row.remarks.append(f"{self.changed} points were others after a restart than before a round")


def judge_work(row: Row, album: Album, tally: Tally) -> None:
    """In one of ten rounds at least snapshots are looked into and recovered, half of the rounds
    change what the next one begins with, and there are calls of each kind."""
    least = row.images // 10
    if min(album.made, album.recovered) < least:
        row.fail(f"{album.made} snapshots were looked into and {album.recovered} recovered")
    if tally.changed < row.images // 2:
        row.fail(f"in {row.images} rounds {tally.changed} points were changed across a restart")
    if GrpcClient and not tally.over_grpc:
        row.fail("no call over gRPC was acknowledged")
    if missing := [kind for kind in (READ, *WEIGHTS) if not tally.calls[kind]]:
        row.fail(f"no call of these kinds was acknowledged: {', '.join(missing)}")


def point_of(id: int) -> dict:
    return {"id": id, "vector": vector_of(id), "payload": {"v": id}}


def connected(service, number: int):
    """Every second client asks over gRPC, where Qdrant's client library is installed."""
    if GrpcClient and number % 2:
        return GrpcClient(service.grpc_address, NAME)
    return Client(service.port)


def find_resting(port: int, wrong: list[str]) -> None:
    """Those that nobody changes, which fill the first files, are found with their scores."""
    body = {"query": [1] * SIZE, "limit": 2 * len(RESTING), "params": {"exact": True}}
    hits = Client(port).result("POST", f"{BASE}/query", body)["points"]
    found = {hit["id"]: hit["score"] for hit in hits if hit["id"] not in IDS}
    if found != {id: sum(vector_of(id)) for id in RESTING}:
        wrong.append(f"of {len(RESTING)} points at rest {len(found)} are found: {str(found)[:300]}")


def move(port: int, album: Album) -> None:
    """Has vectors go into memory or to disk while clients are busy."""
    is_on_disk = album.chance.random() < 0.7
    patch = {"vectors": {"": {"on_disk": is_on_disk}}}
    album.ask(port, "PATCH", f"/collections/{NAME}", patch)


def one_round(
    service, states: dict, album: Album, values, seed: str, row: Row, tally: Tally
) -> dict:
    """Load, an end, a start, and a look at each point; returns what they are then."""
    chance, place = album.chance, f"round {row.images}"
    actors = [Actor(connected(service, n), f"{seed} {n}", values) for n in range(CLIENTS)]
    for actor in actors:
        actor.start()
    album.begin(service.port)
    move(service.port, album)
    if chance.random() < 0.5:
        album.finish()
    time.sleep(0.1 + chance.random() * 0.6)
    if chance.random() < 0.7:
        end(service)
    else:
        terminate_or_kill(service, chance)
    for actor in actors:
        actor.stopping.set()
        actor.join(60)
    album.finish()
    if (code := launch(service)) is not None:
        row.fail(f"{place}: the server does not start again: exit code {code}")
        return states
    last = Actor(Client(service.port), seed, values)
    for id in IDS:
        if not last.read(id):
            row.fail(f"{place}: {id} can't be read")
    last.client.close()
    find_resting(service.port, album.wrong)
    album.look(service.port)
    album.files += len([*(album.folder.parents[1] / "data" / "vectors").glob("*.rows")])
    calls = [entry for actor in [*actors, last] for entry in actor.calls] + album.calls
    for text in [text for actor in [*actors, last, album] for text in actor.wrong]:
        row.fail(f"{place}: {text}")
    for id in IDS:
        own = [call for of, call in calls if of == id]
        if (call := contradiction(own, states[id])) is not None:
            row.verdict.wrong += 1
            row.fail(f"{place}: nothing explains {call} of {id}, which was {states[id]}")
            history = sorted(own, key=lambda call: call.start)
            (album.folder.parents[1] / "history.json").write_text(
                json.dumps([dataclasses.asdict(call) for call in history], indent=1))
    row.images += 1
    row.verdict.acknowledged += len(calls)
    after = {id: call.value for id, call in last.calls}
    tally.add(calls, states, {**states, **after})
    tally.over_grpc += sum(
        call.end < math.inf for actor in actors[1::2] for _, call in actor.calls if GrpcClient)
    return after
