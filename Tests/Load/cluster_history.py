"""What clients of a cluster did, what they were told, and whether what is there explains it."""

import http.client
import itertools
import json
import math
import pathlib
import random
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Crash"))

from registers import READ, WRITE, Call, contradiction  # noqa: E402

REGISTERS = [1, 2, 3, 4]
# Points from here on are written once, two at a time.
FIRST = 1000
# Sentences that say that a write was not made and will not be.
REFUSALS = (
    "this server follows the one at", "this server does not lead", "the write was not made",
    "it is not known yet what became of an earlier write", "the server is shutting down",
    "nothing was sent to it",
)  # fmt: skip
UNSENT = -1
# Seconds that clients wait for an answer: some give up soon, others hear what comes late.
PATIENCE = (1.5, 1.5, 20)


class History:
    """Calls on a few points as registers, and pairs that are written once, of one collection.

    A pair is known by the first of its points, which is even.
    """

    def __init__(self, collection: str):
        self.collection = collection
        self.lock = threading.Lock()
        self.values = itertools.count(1)
        self.numbers = itertools.count(FIRST, 2)
        self.states: dict[int, int | None] = dict.fromkeys(REGISTERS)
        self.calls: dict[int, list[Call]] = {id: [] for id in REGISTERS}
        self.old: dict[int, list[Call]] = {id: [] for id in REGISTERS}
        self.acknowledged: set[int] = set()
        # With who refused them, when, and how.
        self.refused: dict[int, str] = {}
        self.unknown: set[int] = set()
        self.wrong: list[str] = []
        self.writes = self.reads = 0
        # When something happened, and when the first write was answered that was begun after it.
        self.mark, self.answered = 0.0, None

    def expect(self) -> float:
        """Something happens now; from here on `answered` tells whether writes go on."""
        with self.lock:
            self.mark, self.answered = time.monotonic(), None
            return self.mark

    def note(self, call: Call) -> None:
        """A write was acknowledged."""
        with self.lock:
            self.writes += 1
            if self.answered is None and call.start >= self.mark:
                self.answered = call.end

    def lost_and_wrong(self, points: dict) -> list[str]:
        """What the points that are there now contradict; goes on from them."""
        wrong, self.wrong = self.wrong, []
        ids = set(points) - set(REGISTERS)
        if torn := [id for id in ids if id ^ 1 not in ids]:
            wrong.append(f"{len(torn)} points lack their other half: {sorted(torn)[:10]}")
        there = {id & ~1 for id in ids}
        if lost := self.acknowledged - there:
            wrong.append(f"{len(lost)} acknowledged writes are lost: {sorted(lost)[:10]}")
        if made := there & self.refused.keys():
            told = {number: self.refused[number] for number in sorted(made)[:10]}
            wrong.append(f"{len(made)} refused writes were made: {told}")
        if phantom := there - self.acknowledged - self.refused.keys() - self.unknown:
            wrong.append(f"{len(phantom)} writes were never sent: {sorted(phantom)[:10]}")
        wrong += [f"{point['id']} is {json.dumps(point)}" for point in points.values()
                  if point["vector"] != [point["payload"]["v"], 1]]  # fmt: skip
        for id in REGISTERS:
            wrong += self.judge(id, points.get(id))
        return wrong

    def judge(self, id: int, point: dict | None) -> list[str]:
        now = time.monotonic()
        last = point and point["payload"]["v"]
        calls = [*self.calls[id], Call(READ, last, now, now)]
        odd = contradiction(calls, self.states[id])
        before, self.states[id] = self.states[id], last
        # What a server still had may come late, once: unless it was seen, or waited for before.
        seen = {call.value for call in calls if call.kind == READ and call.value is not None}
        old, self.old[id] = self.old[id], calls
        self.calls[id] = [call for call in calls if call.kind == WRITE and call.end == math.inf
                          and call.value not in seen and call not in old]  # fmt: skip
        if odd is None:
            return []
        return [f"no order explains {odd} of {id}, which was {before}, among {calls}"]


class Client(threading.Thread):
    """Sends one call after the other, to the server that answered last or to any."""

    def __init__(self, nodes, history: History, seed: str, patience: float, pause: float):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.history = history
        self.chance = random.Random(seed)
        self.patience = patience
        self.pause = pause
        self.node = self.chance.choice(nodes)
        self.last_refusal = ""
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            draw = self.chance.random()
            if draw < 0.35:
                went_well = self.read()
            elif draw < 0.7:
                went_well = self.write_register()
            else:
                went_well = self.write_once()
            if not went_well or self.chance.random() < 0.05:
                self.node = self.chance.choice(self.nodes)
            pause = self.pause if went_well else max(self.pause, 0.05)
            self.stopping.wait(pause * self.chance.random() * 2)

    def send(self, method: str, path: str, body: dict) -> tuple[int, dict | None]:
        """The status and the answer; 0 when there is none, and UNSENT when nobody was asked."""
        service = self.node.service
        connection = http.client.HTTPConnection(service.host, service.port, timeout=self.patience)
        path = f"/collections/{self.history.collection}/points{path}"
        try:
            connection.connect()
        except OSError:
            return UNSENT, None
        try:
            connection.request(method, path, json.dumps(body), {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    def write(self, call: Call, *request) -> str:
        """Makes a write; `acknowledged`, `refused` or `unknown`."""
        status, answer = self.send(*request)
        if status == 200:
            call.end = time.monotonic()
            self.history.note(call)
            return "acknowledged"
        text = json.dumps(answer)
        if status == UNSENT or status == 503 and any(part in text for part in REFUSALS):
            reason = "not connected" if status == UNSENT else text
            self.last_refusal = f"{time.strftime('%H:%M:%S')} by {self.node.name}: {reason}"
            return "refused"
        if status == 503:
            return "unknown"
        # A server that has lost its disk, or begins, does not know the collection yet.
        if status not in (0, 404, 408, 429, 500, 504):
            self.history.wrong.append(f"a write was answered with {status}: {text}")
        return "unknown"

    def write_once(self) -> bool:
        """Writes two points that nobody else does."""
        number = next(self.history.numbers)
        call = Call(WRITE, number, time.monotonic())
        both = [point(number, number), point(number + 1, number)]
        # Before it is sent: it may be seen at once.
        self.history.unknown.add(number)
        outcome = self.write(call, "PUT", "?wait=true", {"points": both})
        if outcome == "acknowledged":
            self.history.acknowledged.add(number)
        elif outcome == "refused":
            self.history.refused[number] = self.last_refusal
        if outcome != "unknown":
            self.history.unknown.discard(number)
        return outcome == "acknowledged"

    def write_register(self) -> bool:
        id = self.chance.choice(REGISTERS)
        value = next(self.history.values) if self.chance.random() < 0.85 else None
        call = Call(WRITE, value, time.monotonic())
        if value is None:
            request = ("POST", "/delete?wait=true", {"points": [id]})
        else:
            request = ("PUT", "?wait=true", {"points": [point(id, value)]})
        outcome = self.write(call, *request)
        if outcome == "refused":
            # Nothing may show it.
            return False
        with self.history.lock:
            self.history.calls[id].append(call)
        return outcome == "acknowledged"

    def read(self) -> bool:
        """Reads a register as all that was acknowledged anywhere has made it."""
        id = self.chance.choice(REGISTERS)
        call = Call(READ, None, time.monotonic())
        body = {"ids": [id], "with_payload": True, "with_vector": True}
        status, answer = self.send("POST", "?consistency=majority", body)
        if status != 200:
            return False
        call.end = time.monotonic()
        if found := answer["result"]:
            call.value = found[0]["payload"]["v"]
        with self.history.lock:
            self.history.calls[id].append(call)
            self.history.reads += 1
        return True


def point(id: int, value: int) -> dict:
    return {"id": id, "vector": [value, 1], "payload": {"v": value}}


def start(nodes, history: History, seed: str, count: int, pause: float) -> list[Client]:
    clients = [Client(nodes, history, f"{seed} {number}", PATIENCE[number % len(PATIENCE)], pause)
               for number in range(count)]  # fmt: skip
    for client in clients:
        client.start()
    return clients


def stop(clients: list[Client]) -> None:
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join()
