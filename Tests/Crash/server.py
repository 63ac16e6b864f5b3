"""The real server under a proof, and the requests of the proofs."""

import http.client
import json
import operator
import os
import pathlib
import random
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))

from ledger import (  # noqa: E402
    CHURN, COLLECTIONS, DECLARED, PLACED, SIZES, Ledger, State, Verdict, digits, payload, vector,
    version_of,
)  # fmt: skip
from process import ROOT, Service, free_port, quiver  # noqa: E402

WORK = ROOT / ".quiver" / "crash"
SHIM = WORK / "storage_shim.so"
DAMAGED = 6


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, text: str):
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


def node(folder: pathlib.Path, **settings: str) -> Service:
    """A server with its data in `folder/data`, quiet, with no backtraces that take minutes."""
    options = {
        "QUIVER__LOG_LEVEL": "warning", "SWIFT_BACKTRACE": "enable=no",
        "QUIVER__SERVICE__SHUTDOWN_GRACE_MS": "0",
        # A file takes every chunk of vectors on disk as soon as it is full.
        "QUIVER__STORAGE__PERFORMANCE__VECTOR_TAIL_MB": "0", **settings,
    }  # fmt: skip
    return quiver(folder, **options)


def launch(service: Service, seconds: float = 60) -> int | None:
    """Starts a server; returns None once it is ready, or its exit code (negative: a signal)."""
    while True:
        service.port = free_port()
        service.settings["QUIVER__SERVICE__HTTP_PORT"] = str(service.port)
        try:
            service.start(seconds)
        except RuntimeError as error:
            text = str(error).split("\n")[0]
            if "exited with" not in text:
                raise
            if "cannot listen" in service.log_tail(500):
                continue
            return int(text.split("exited with ")[1])
        # Somebody else may have taken the port meanwhile, and answered.
        if listens(service.process.pid, service.port):
            return None
        service.kill()


def listens(pid: int, port: int) -> bool:
    """Whether it is this process that listens on the port."""
    sockets = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()
        except FileNotFoundError:
            # It has ended: who took its port answered.
            return False
        for line in lines[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    for file in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            if os.readlink(file) in sockets:
                return True
        except OSError:
            continue
    return False


class Client:
    """One connection."""

    def __init__(self, port: int, timeout: float = 30):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def send(self, method: str, path: str, body=None) -> tuple[int, bytes]:
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def result(self, method: str, path: str, body=None):
        status, text = self.send(method, path, body)
        if status != 200:
            raise Refused(status, text.decode(errors="replace"))
        return json.loads(text)["result"]

    def close(self) -> None:
        self.connection.close()


class Lane(threading.Thread):
    """Sends the batches of a ledger until told to stop, refused or cut off."""

    def __init__(self, ledger: Ledger, port: int, seed: str, position=lambda: 0):
        super().__init__(daemon=True)
        self.ledger = ledger
        self.client = Client(port)
        self.chance = random.Random(f"{seed} {ledger.lane}")
        self.position = position
        self.stopping = threading.Event()
        self.refusal: Refused | None = None
        self.refused_at = 0.0
        self.last_sent_acked = 0.0
        self.answers = 0

    def run(self) -> None:
        try:
            while not self.stopping.is_set() and self.step():
                pass
        finally:
            self.client.close()

    def step(self) -> bool:
        """One request; False when it was not acknowledged."""
        ledger = self.ledger
        batch = ledger.draw(self.chance)
        method, path, body = ledger.request(batch)
        batch.sent = self.position()
        ledger.batches.append(batch)
        sent = time.monotonic()
        try:
            self.client.result(method, path, body)
        except Refused as error:
            self.refusal, self.refused_at = error, time.monotonic()
            return False
        except (OSError, http.client.HTTPException):
            return False
        batch.acked = self.position()
        self.last_sent_acked = sent
        ledger.current = ledger.apply(ledger.current, batch)
        self.answers += 1
        return True


def new_ledgers(weight: int = 1) -> list[Ledger]:
    """Two lanes in each collection, and one that makes and drops a collection."""
    kinds = 2 * COLLECTIONS
    lanes = [Ledger(n, collection, weight) for n, collection in enumerate(kinds)]
    return [*lanes, Ledger(len(lanes), CHURN, weight)]


def create_collections(port: int) -> None:
    client = Client(port)
    for collection in COLLECTIONS:
        client.result("PUT", f"/collections/{collection.name}", collection.creation())
    client.close()


def start_lanes(ledgers, port: int, seed: str, position=lambda: 0) -> list[Lane]:
    lanes = [Lane(ledger, port, seed, position) for ledger in ledgers]
    for lane in lanes:
        lane.start()
    return lanes


def stop_lanes(lanes: list[Lane]) -> None:
    for lane in lanes:
        lane.stopping.set()
    for lane in lanes:
        lane.join(60)
        assert not lane.is_alive(), "a request got no answer within its time"


def run_load(lanes: list[Lane], seconds: float, answers: int) -> None:
    """Lets lanes write for a time and until they had some answers, so that slow disks count."""
    end, late = time.monotonic() + seconds, time.monotonic() + 30 + seconds
    while time.monotonic() < late and any(lane.is_alive() for lane in lanes):
        if time.monotonic() > end and sum(lane.answers for lane in lanes) >= answers:
            return
        time.sleep(0.005)


def read_collection(client: Client, collection) -> dict[int | str, dict] | None:
    """All points as the server shows them; None when there is no such collection."""
    found, offset = {}, None
    while True:
        body = {"limit": 1000, "with_vector": True, "with_payload": True, "offset": offset}
        try:
            page = client.result("POST", f"/collections/{collection.name}/points/scroll", body)
        except Refused as error:
            if error.status == 404:
                return None
            raise
        found.update({record["id"]: record for record in page["points"]})
        offset = page["next_page_offset"]
        if offset is None:
            return found


def decode(ledger: Ledger, record: dict, verdict: Verdict) -> tuple[int, ...]:
    """The versions of a point, having compared all of it with what these versions were."""
    lane, id = ledger.own_id(record["id"])
    shown = record["vector"] or {}
    vectors = {"": shown} if isinstance(shown, list) else shown
    versions = []
    for name in ledger.collection.vectors:
        values = vectors.get(name)
        version = version_of(name, values)
        is_away = values is None and ledger.collection.is_changing
        if not is_away and values != vector(ledger.collection, name, lane * 1000 + id, version):
            verdict.wrong += 1
            verdict.notes.append(f"{ledger.collection.name}/{record['id']}: vector {values}")
        versions.append(version)
    body = record["payload"] or {}
    version = body.get("version", 0)
    if body != payload(ledger.lane, version, ledger.weight):
        verdict.wrong += 1
        verdict.notes.append(f"{ledger.collection.name}/{record['id']}: payload {str(body)[:200]}")
    return (*versions, version)


def read_states(
    port: int, ledgers: list[Ledger], errors: list[Refused] | None = None
) -> tuple[dict[int, State], Verdict]:
    """The state of every lane, and what is wrong with single points or collections.

    A collection that can't be read has no state; that is a loss unless `errors` collects it.
    """
    client, verdict, states = Client(port), Verdict(), {}
    try:
        shown = {c["name"] for c in client.result("GET", "/collections")["collections"]}
        strangers = shown - {ledger.collection.name for ledger in ledgers}
        verdict.phantom += len(strangers)
        for collection in {ledger.collection for ledger in ledgers}:
            own = {x.lane: x for x in ledgers if x.collection is collection}
            try:
                records = read_collection(client, collection)
            except Refused as error:
                if errors is None:
                    verdict.lost += 1
                    verdict.notes.append(f"{collection.name} can't be read: {error}")
                else:
                    errors.append(error)
                continue
            for lane in own:
                states[lane] = None if records is None else {}
                if own[lane].changes and records is not None:
                    info = client.result("GET", f"/collections/{collection.name}")
                    states[lane][DECLARED] = collection.declared(info["config"]["params"])
                if own[lane].moves and records is not None:
                    info = client.result("GET", f"/collections/{collection.name}")
                    states[lane][PLACED] = collection.placed(info["config"]["params"])
            for wire, record in (records or {}).items():
                lane, id = Ledger.own_id(wire)
                if lane not in own:
                    verdict.phantom += 1
                    verdict.notes.append(f"{collection.name}/{wire} was never written")
                    continue
                states[lane][id] = decode(own[lane], record, verdict)
            if records:
                count_points(client, collection, records, verdict)
    finally:
        client.close()
    return states, verdict


def count_points(client: Client, collection, records: dict, verdict: Verdict) -> None:
    """Counting and searching agree with listing."""
    base = f"/collections/{collection.name}/points"
    count = client.result("POST", f"{base}/count", {"exact": True})["count"]
    if count != len(records):
        verdict.wrong += 1
        verdict.notes.append(f"{collection.name} counts {count} of {len(records)} points")
    name = collection.vectors[0]
    wire, record = next(iter(records.items()))
    values = record["vector"][name] if name else record["vector"]
    body = {
        "query": values, "limit": len(records) + 1, "using": name or None,
        "params": {"exact": True},
    }  # fmt: skip
    hits = client.result("POST", f"{base}/query", body)["points"]
    if {hit["id"] for hit in hits} != set(records):
        verdict.wrong += 1
        verdict.notes.append(f"{collection.name}: a search finds other points than a listing")
    if collection.distance != "Dot" and (hits[0]["id"], hits[0]["score"]) != (wire, 0):
        verdict.wrong += 1
        verdict.notes.append(f"{collection.name}: the vector of {wire} does not find it")
    if collection.is_moving:
        compare_scores(client, collection, records, verdict)


def compare_scores(client: Client, collection, records: dict, verdict: Verdict) -> None:
    """Every score is that of the vector that is shown: of all points, and of those that an index
    finds."""
    name = collection.vectors[0]
    query = digits(f"query {len(records)}", SIZES[name])
    scores = {
        wire: sum(map(operator.mul, query, record["vector"][name]))
        for wire, record in records.items()
    }
    for limit, params in ((len(records), {"exact": True}), (5, {})):
        body = {"query": query, "limit": limit, "using": name, "params": params}
        hits = client.result("POST", f"/collections/{collection.name}/points/query", body)["points"]
        found = {hit["id"]: hit["score"] for hit in hits}
        ordered = [hit["score"] for hit in hits]
        if (
            any(scores.get(wire) != score for wire, score in found.items())
            or ordered != sorted(ordered, reverse=True)
            or len(found) != min(limit, len(records))
        ):
            wrong = [(w, s, scores.get(w)) for w, s in found.items() if scores.get(w) != s]
            verdict.wrong += 1
            verdict.notes.append(
                f"{collection.name}: {len(found)} of {limit} found, {params}; scores: {wrong[:3]}"
            )
    figures = client.send("GET", "/metrics")[1].decode().splitlines()
    reads = next(line for line in figures if line.startswith("vector_file_reads_total"))
    verdict.file_reads += int(float(reads.split()[-1]))


def judge_all(ledgers, states, verdict: Verdict, low, high) -> dict[int, int | None]:
    """Adds up the verdicts of all lanes; how many batches each holds."""
    matches = {}
    for ledger in ledgers:
        lane = ledger.lane
        matches[lane] = None
        if lane in states:
            judged, matches[lane] = ledger.judge(states[lane], low(ledger), high(ledger))
            verdict.add(judged)
    return matches


def end(service: Service) -> None:
    """SIGKILL, for servers whose shutdown is not under test."""
    service.kill()


def terminate_or_kill(service: Service, chance: random.Random) -> None:
    """A shutdown that is cut short."""
    service.process.send_signal(signal.SIGTERM)
    time.sleep(chance.random() * 0.1)
    service.kill()


def temporary_folder() -> pathlib.Path:
    """Where stores that are thrown away lie: in memory when there is room."""
    memory = pathlib.Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize > 2 << 30:
            return memory
    WORK.mkdir(parents=True, exist_ok=True)
    return WORK
