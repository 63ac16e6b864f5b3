"""Snapshots of a few points: made, looked into and gone back to while clients are busy.

A snapshot that was made is a read of every point at some moment of its making, one that is
recovered a write of every point.
"""

import http.client
import json
import pathlib
import random
import threading
import time

from registers import READ, WRITE, Call
from server import Client, Refused

NAME, COPY = "registers", "copy"
# Vectors lie on disk, or in memory for a while: 64 of them fill a file.
SIZE = 4000
VECTORS = {"size": SIZE, "distance": "Dot", "on_disk": True}
IDS = [1, 2, "00000000-0000-0000-0000-000000000003"]
SHOWN = {"with_payload": True, "with_vector": True}


class Torn(Exception):
    """A record that nobody wrote."""


def vector_of(number: int) -> list[int]:
    """A vector that says what was written to a point, at its beginning and at its end."""
    return [number, *[1] * (SIZE - 2), number]


def state_of(record: dict) -> tuple[int, int]:
    """What was last written to the vector and to the payload of a point."""
    match record:
        case {"vector": [vector, *_] as shown, "payload": {"v": int(payload), **others}} if (
            shown == vector_of(vector) and not others
        ):
            return int(vector), payload
    raise Torn(json.dumps(record)[:1000])


class Album:
    """The snapshots of one run, of which the last that was made is kept for the next round."""

    def __init__(self, folder: pathlib.Path, chance: random.Random):
        self.folder = folder / "snapshots" / NAME
        self.chance = chance
        # The name of the one that is kept, and the points in it.
        self.kept: str | None = None
        self.points: dict[object, object] = {}
        self.made, self.recovered, self.files = 0, 0, 0
        self.forget()

    def forget(self) -> None:
        self.calls: list[tuple[object, Call]] = []
        self.wrong: list[str] = []
        # What this round makes: its name, and when that began and ended.
        self.fresh: tuple[str, float, float] | None = None
        self.threads: list[threading.Thread] = []

    def begin(self, port: int) -> None:
        """Makes a snapshot and recovers the one before it, both at some moment of a round."""
        self.forget()
        for work in (self.make, self.recover):
            delay = self.chance.random() * 0.3
            self.threads.append(threading.Thread(target=work, args=(port, delay), daemon=True))
            self.threads[-1].start()

    def finish(self) -> None:
        for thread in self.threads:
            thread.join(60)

    def ask(self, port: int, *request):
        """The result of a request, None when there is none."""
        client = Client(port)
        try:
            return client.result(*request)
        except (OSError, http.client.HTTPException):
            return None
        except Refused as error:
            if error.status != 503:
                self.wrong.append(f"{request} was refused with {error}")
            return None
        finally:
            client.close()

    def make(self, port: int, delay: float) -> None:
        time.sleep(delay)
        start = time.monotonic()
        if made := self.ask(port, "POST", f"/collections/{NAME}/snapshots"):
            self.fresh = made["name"], start, time.monotonic()

    def recover(self, port: int, delay: float) -> None:
        if self.kept is None:
            return
        time.sleep(delay)
        start = time.monotonic()
        calls = [(id, Call(WRITE, self.points.get(id), start)) for id in IDS]
        self.calls += calls
        if self.ask(port, *self.recovery(NAME, self.kept)):
            for _, call in calls:
                call.end = time.monotonic()
            self.recovered += 1

    def recovery(self, collection: str, name: str) -> tuple:
        location = {"location": (self.folder / name).as_uri(), "priority": "snapshot"}
        return "PUT", f"/collections/{collection}/snapshots/recover?wait=true", location

    def look(self, port: int) -> None:
        """Finds out what the snapshot of this round holds, and removes the others."""
        if self.fresh is None:
            return
        name, start, end = self.fresh
        if not self.ask(port, *self.recovery(COPY, name)):
            self.wrong.append(f"{name} was made and can't be recovered")
            return
        records = self.ask(port, "POST", f"/collections/{COPY}/points", {"ids": IDS, **SHOWN})
        try:
            points = {record["id"]: state_of(record) for record in records or []}
        except Torn as error:
            self.wrong.append(f"{name} has {error}")
            return
        self.calls += [(id, Call(READ, points.get(id), start, end)) for id in IDS]
        self.kept, self.points = name, points
        self.made += 1
        self.ask(port, "DELETE", f"/collections/{COPY}")
        for other in self.ask(port, "GET", f"/collections/{NAME}/snapshots") or []:
            if other["name"] != name:
                self.ask(port, "DELETE", f"/collections/{NAME}/snapshots/{other['name']}")
