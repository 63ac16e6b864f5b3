"""Proof: single points behave as registers, whatever clients do at once, across kills.

Clients write, delete and read a few points in every way there is; each call's start, end and
outcome go into a history. Every round ends with a kill or a shutdown, and begins with what is
there. Snapshots are made meanwhile.
"""

import http.client
import itertools
import json
import pathlib
import random
import tempfile
import threading
import time

from registers import READ, WRITE, Call, contradiction
from report import Row, keep_evidence
from server import (
    WORK, Client, Refused, end, launch, node, terminate_or_kill,
)  # fmt: skip

NAME = "registers"
IDS = [1, 2, "00000000-0000-0000-0000-000000000003"]
CLIENTS = 6
BASE = f"/collections/{NAME}/points"


class Actor(threading.Thread):
    """One client, which sends one call after the other until it is cut off."""

    def __init__(self, port: int, seed: str, values):
        super().__init__(daemon=True)
        self.client = Client(port)
        self.chance = random.Random(seed)
        self.values = values
        self.calls: list[tuple[object, Call]] = []
        self.stopping = threading.Event()
        self.wrong: list[str] = []

    def run(self) -> None:
        try:
            while not self.stopping.is_set() and self.step():
                pass
        finally:
            self.client.close()

    def step(self) -> bool:
        """One call; False when the server did not answer it."""
        id = self.chance.choice(IDS)
        draw = self.chance.random()
        if draw < 0.5:
            return self.read(id)
        value = next(self.values) if draw < 0.9 else None
        call = Call(WRITE, value, time.monotonic())
        self.calls.append((id, call))
        try:
            self.client.result(*self.change(id, value))
        except (OSError, http.client.HTTPException):
            return False
        except Refused as error:
            # It may have taken effect before the server was asked to end.
            if error.status != 503:
                self.wrong.append(f"a write was refused with {error}")
            return False
        call.end = time.monotonic()
        return True

    def change(self, id, value: int | None):
        """A request that writes the register, or deletes the point."""
        if value is None:
            by_filter = {"filter": {"must": [{"has_id": [id]}]}}
            return (
                "POST", f"{BASE}/delete?wait=true",
                by_filter if self.chance.random() < 0.3 else {"points": [id]},
            )  # fmt: skip
        point = {"id": id, "vector": [value, 1], "payload": {"v": value}}
        if self.chance.random() < 0.3:
            both = [{"delete": {"points": [id]}}, {"upsert": {"points": [point]}}]
            return "POST", f"{BASE}/batch?wait=true", {"operations": both}
        return "PUT", f"{BASE}?wait=true", {"points": [point]}

    def read(self, id) -> bool:
        call = Call(READ, None, time.monotonic())
        try:
            records = self.records(id)
        except (OSError, http.client.HTTPException):
            return False
        except Refused as error:
            if error.status != 503:
                self.wrong.append(f"a read was refused with {error}")
            return False
        call.end = time.monotonic()
        if records:
            value = records[0]["payload"]["v"]
            # Half of one write and half of another would be torn.
            if records[0]["vector"] != [value, 1] or len(records) > 1:
                self.wrong.append(f"{id} is {json.dumps(records)}")
            call.value = value
        self.calls.append((id, call))
        return True

    def records(self, id) -> list[dict]:
        """What is shown of a point, asked for in one of several ways."""
        shown = {"with_payload": True, "with_vector": True}
        only = {"must": [{"has_id": [id]}]}
        match self.chance.randrange(4):
            case 0:
                status, text = self.client.send("GET", f"{BASE}/{id}")
                if status == 404:
                    return []
                if status != 200:
                    raise Refused(status, text.decode(errors="replace"))
                return [json.loads(text)["result"]]
            case 1:
                return self.client.result("POST", BASE, {"ids": [id], **shown})
            case 2:
                page = self.client.result("POST", f"{BASE}/scroll", {"filter": only, **shown})
                return page["points"]
        body = {"query": [1, 1], "filter": only, **shown}
        return self.client.result("POST", f"{BASE}/query", body)["points"]


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
            Client(service.port).result(
                "PUT", f"/collections/{NAME}", {"vectors": {"size": 2, "distance": "Dot"}}
            )
            states = dict.fromkeys(IDS)
            for number in range(rounds):
                if seconds is not None and time.monotonic() - row.started > seconds:
                    break
                states = one_round(service, states, chance, values, f"{seed} {number}", row)
                if not row.is_good:
                    keep_evidence(folder, f"linear-{seed}-{number}", {"failures": row.failures})
                    break
        finally:
            end(service)
    return row.finish()


def one_round(service, states: dict, chance, values, seed: str, row: Row) -> dict:
    """Load, an end, a start, and a look at each point; returns what they are then."""
    actors = [Actor(service.port, f"{seed} {n}", values) for n in range(CLIENTS)]
    for actor in actors:
        actor.start()
    photographer = threading.Thread(target=snapshot, args=(service.port,), daemon=True)
    photographer.start()
    time.sleep(0.1 + chance.random() * 0.6)
    if chance.random() < 0.7:
        end(service)
    else:
        terminate_or_kill(service, chance)
    for actor in actors:
        actor.stopping.set()
        actor.join(60)
    photographer.join(60)
    place = f"round {row.images}"
    for actor in actors:
        for text in actor.wrong:
            row.fail(f"{place}: {text}")
    if (code := launch(service)) is not None:
        row.fail(f"{place}: the server does not start again: exit code {code}")
        return states
    last = Actor(service.port, seed, values)
    for id in IDS:
        if not last.read(id):
            row.fail(f"{place}: {id} can't be read")
    last.client.close()
    calls = [entry for actor in [*actors, last] for entry in actor.calls]
    for id in IDS:
        own = [call for of, call in calls if of == id]
        if (call := contradiction(own, states[id])) is not None:
            row.verdict.wrong += 1
            row.fail(f"{place}: nothing explains {call} of {id}, which was {states[id]}")
    row.images += 1
    row.verdict.acknowledged += len(calls)
    return {id: call.value for id, call in last.calls}


def snapshot(port: int) -> None:
    """Makes one and removes it, unless the server ends before."""
    client = Client(port)
    try:
        made = client.result("POST", f"/collections/{NAME}/snapshots")
        client.result("DELETE", f"/collections/{NAME}/snapshots/{made['name']}")
    except (OSError, http.client.HTTPException, Refused):
        pass
    finally:
        client.close()
