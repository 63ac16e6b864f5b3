"""What was written, in which order, and what a store may therefore hold.

A lane is one writer with ids of its own that sends one request at a time. Its requests form a
sequence, so that after any failure the store must hold the state after some number of them: at
least those acknowledged, at most those sent. Anything else is loss, a phantom or a torn batch.
Points check themselves: every vector is derived from collection, name, id and version and begins
with the version; the payload is derived from lane and version.
"""

import bisect
import dataclasses
import hashlib
import random
import struct
import uuid

# Rows of `far` are so long that 32 of them fill a chunk, which is what goes into a file at once,
# and they begin and end amid the pages of files.
SIZES = {"": 8, "a": 8, "b": 4, "tokens": 4, "words": 6, "far": 8000}


@dataclasses.dataclass(frozen=True)
class Collection:
    name: str
    vectors: tuple[str, ...] = ("",)
    has_uuids: bool = False
    distance: str = "Euclid"
    # KB of vectors from which on there is an index.
    threshold: int | None = None
    # Whether all vectors but the first come and go while the collection is in use.
    is_changing: bool = False
    # Whether the first vector stays on disk, but for the times that it is moved into memory.
    is_moving: bool = False
    # Ids of one lane.
    ids: int = 60

    def creation(self) -> dict:
        params = {n: self.declaration(n)["dense"] for n in self.vectors if n != "words"}
        body = {"vectors": params[""] if self.vectors == ("",) else params}
        if "words" in self.vectors:
            words = self.declaration("words")["sparse"]
            index = {"datatype": words.pop("datatype")}
            body["sparse_vectors"] = {"words": {**words, "index": index}}
        if self.threshold is not None:
            body["optimizers_config"] = {"indexing_threshold": self.threshold}
        return body

    def declaration(self, name: str) -> dict:
        """What a vector is, as `PUT C/vectors/NAME` takes it."""
        if name == "words":
            # Memory has other weights than the store, from which vectors are shown.
            return {"sparse": {"modifier": "idf", "datatype": "uint8"}}
        params = {"size": SIZES[name], "distance": self.distance}
        if self.is_moving and name == self.vectors[0]:
            params["on_disk"] = True
        if name == "tokens":
            params["multivector_config"] = {"comparator": "max_sim"}
        return {"dense": params}

    def declared(self, params: dict) -> tuple[int, ...]:
        """Which of the vectors there are, 1 or 0, by the configuration that a server shows."""
        shown = {*params.get("vectors", ()), *params.get("sparse_vectors", ())}
        return tuple(int(name in shown) for name in self.vectors)

    def placed(self, params: dict) -> tuple[int]:
        """Whether the first vector stays on disk, 1 or 0, by what a server shows."""
        return (int(params["vectors"][self.vectors[0]]["on_disk"]),)


COLLECTIONS = (
    Collection("plain", threshold=1),
    Collection("named", ("a", "b"), distance="Dot"),
    Collection("uuids", has_uuids=True, distance="Manhattan"),
    Collection("kinds", ("a", "tokens", "words"), distance="Dot"),
    Collection("changing", ("a", "tokens", "words"), distance="Dot", is_changing=True),
    Collection("moving", ("far", "a"), distance="Dot", threshold=1, is_moving=True, ids=20),
)
CHURN = Collection("churn")


def vector(collection: Collection, name: str, number: int, version: int):
    """What the vector of a version of a point is: of one to three rows of numbers for `tokens`,
    weights for `words`."""
    if name == "tokens":
        rows = 1 + (number + version) % 3
        return [numbers(collection, f"{name}{row}", name, number, version) for row in range(rows)]
    if name == "words":
        first = number * 100 + version % 50
        indices = [first + 7 * place for place in range(SIZES[name])]
        return {"indices": indices, "values": numbers(collection, name, name, number, version)}
    return numbers(collection, name, name, number, version)


def version_of(name: str, shown) -> int:
    """The version that a vector says it is of; 0 for none."""
    if not shown:
        return 0
    return int((shown[0] if name == "tokens" else shown["values"] if name == "words" else shown)[0])


def numbers(
    collection: Collection, seed: str, name: str, number: int, version: int
) -> list[float]:
    """Numbers that JSON and a float of 32 bits hold exactly; the first is the version."""
    if name == "far":
        return [version, *digits(f"{seed}/{number}/{version}", SIZES[name] - 1)]
    digest = hashlib.blake2b(f"{collection.name}/{seed}/{number}/{version}".encode()).digest()
    drawn = struct.unpack(f"<{SIZES[name] - 1}h", digest[: 2 * (SIZES[name] - 1)])
    return [float(version), *(number / 8 for number in drawn)]


def digits(seed: str, count: int) -> list[int]:
    """Numbers from 0 to 7, of whose products sums are exact in 32 bits, whatever the order."""
    return list(hashlib.shake_128(seed.encode()).digest(count).translate(LAST_BITS))


LAST_BITS = bytes(byte & 7 for byte in range(256))


def payload(lane: int, version: int, weight: int = 1) -> dict:
    return {"lane": lane, "version": version, "text": "tëxt " * (version * 7 % 23) * weight}


@dataclasses.dataclass
class Batch:
    """One request. `sent` and `acked` are lengths of the shim's log before and after it."""

    number: int
    kind: str
    ids: tuple[int, ...] = ()
    sent: int = 0
    acked: int | None = None


@dataclasses.dataclass
class Verdict:
    """What a check of one store found."""

    acknowledged: int = 0
    lost: int = 0
    phantom: int = 0
    torn: int = 0
    wrong: int = 0
    # How often the server read files of vectors.
    file_reads: int = 0
    notes: list[str] = dataclasses.field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.phantom or self.torn or self.wrong)

    def add(self, other: "Verdict") -> None:
        for name in ("acknowledged", "lost", "phantom", "torn", "wrong", "file_reads"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.notes = (self.notes + other.notes)[:20]


# A state is None (no collection) or {id: (version of each vector…, version of the payload)}. Where
# vectors come and go, DECLARED has a 1 or a 0 for each in the place of an id; where one goes from
# disk into memory and back, PLACED has a 1 or a 0.
State = dict[int, tuple[int, ...]] | None
DECLARED, PLACED = -1, -2


class Ledger:
    """The requests of one lane."""

    def __init__(self, lane: int, collection: Collection, weight: int = 1):
        self.lane = lane
        self.collection = collection
        self.weight = weight
        self.is_churn = collection is CHURN
        # Length of the log when the collection was there.
        self.created_at = 0
        # One lane of a collection adds and drops vectors, the other has none of those.
        self.changes = collection.is_changing and lane < len(COLLECTIONS)
        self.moves = collection.is_moving and lane < len(COLLECTIONS)
        self.base: State = None if self.is_churn else {}
        if self.changes:
            self.base = {DECLARED: (1,) * len(collection.vectors)}
        if self.moves:
            self.base = {PLACED: (1,)}
        self.batches: list[Batch] = []
        self.last_number = 0
        self.current: State = self.copy(self.base)

    # Ids on the wire

    def wire_id(self, id: int) -> int | str:
        number = self.lane * 1000 + id
        return str(uuid.UUID(int=number << 64 | number)) if self.collection.has_uuids else number

    @staticmethod
    def own_id(wire: int | str) -> tuple[int, int]:
        """Lane and id of what the server shows."""
        number = wire if isinstance(wire, int) else uuid.UUID(wire).int >> 64
        return divmod(number, 1000)

    # Drawing and applying

    def draw(self, chance: random.Random) -> Batch:
        """The next request; it can't be refused by a server that works."""
        self.last_number += 1
        number = self.last_number
        living = sorted(id for id in self.current or () if id >= 0)
        if self.is_churn:
            if self.current is None:
                return Batch(number, "create")
            if living and chance.random() < 0.4:
                return Batch(number, "drop")
        if self.changes and chance.random() < 0.1:
            place = chance.randrange(1, len(self.collection.vectors))
            return Batch(number, "remove" if self.current[DECLARED][place] else "add", (place,))
        if self.moves and chance.random() < 0.15:
            return Batch(number, "move", (1 - self.current[PLACED][0],))
        ids = tuple(chance.sample(range(self.collection.ids), chance.choice((1, 1, 2, 5, 20))))
        roll = chance.random()
        if living and roll < 0.12:
            return Batch(number, "delete", ids)
        if living and roll < 0.35:
            chosen = tuple(chance.sample(living, min(len(living), chance.choice((1, 3, 10)))))
            return Batch(number, "payload" if roll < 0.24 else "vector", chosen)
        return Batch(number, "upsert", ids)

    def request(self, batch: Batch) -> tuple[str, str, dict]:
        """Method, path and body."""
        base = f"/collections/{self.collection.name}"
        names, number = self.collection.vectors, batch.number
        if batch.kind in ("add", "remove"):
            name = names[batch.ids[0]]
            method, body = "DELETE", {}
            if batch.kind == "add":
                method, body = "PUT", self.collection.declaration(name)
            return method, f"{base}/vectors/{name}?wait=true", body
        if batch.kind == "move":
            return "PATCH", base, {"vectors": {names[0]: {"on_disk": bool(batch.ids[0])}}}
        names = [name for name, there in zip(names, self.declared(self.current)) if there]
        wire = [self.wire_id(id) for id in batch.ids]
        match batch.kind:
            case "create":
                return "PUT", base, self.collection.creation()
            case "drop":
                return "DELETE", base, {}
            case "delete":
                return "POST", f"{base}/points/delete?wait=true", {"points": wire}
            case "payload":
                body = {"payload": payload(self.lane, number, self.weight), "points": wire}
                return "PUT", f"{base}/points/payload", body
            case "vector":
                points = [
                    {"id": shown, "vector": self.wire_vectors(names[:1], id, number)}
                    for shown, id in zip(wire, batch.ids)
                ]
                return "PUT", f"{base}/points/vectors", {"points": points}
        points = [
            {
                "id": shown,
                "vector": self.wire_vectors(names, id, number),
                "payload": payload(self.lane, number, self.weight),
            }
            for shown, id in zip(wire, batch.ids)
        ]
        wait = "true" if number % 2 else "false"
        return "PUT", f"{base}/points?wait={wait}", {"points": points}

    def declared(self, state: State) -> tuple[int, ...]:
        """Which vectors the points of this lane have, 1 or 0."""
        count = len(self.collection.vectors)
        if self.collection.is_changing and not self.changes:
            return (1, *(0,) * (count - 1))
        return (state or {}).get(DECLARED, (1,) * count)

    def wire_vectors(self, names, id: int, version: int):
        number = self.lane * 1000 + id
        values = {name: vector(self.collection, name, number, version) for name in names}
        return values[""] if list(values) == [""] else values

    def apply(self, state: State, batch: Batch) -> State:
        """The state after a batch; changes and returns the one given."""
        match batch.kind:
            case "create":
                return {}
            case "drop":
                return None
        assert state is not None
        declared = self.declared(state)
        if batch.kind == "move":
            state[PLACED] = batch.ids
            return state
        if batch.kind in ("add", "remove"):
            place = batch.ids[0]
            there = int(batch.kind == "add")
            # A dropped vector is gone from every point, and a new one is in none.
            for id, versions in state.items():
                value = there if id == DECLARED else 0
                state[id] = (*versions[:place], value, *versions[place + 1 :])
            return state
        for id in batch.ids:
            match batch.kind:
                case "delete":
                    state.pop(id, None)
                case "upsert":
                    state[id] = (*(batch.number * there for there in declared), batch.number)
                case "payload":
                    state[id] = (*state[id][:-1], batch.number)
                case "vector":
                    state[id] = (batch.number, *state[id][1:])
        return state

    @staticmethod
    def copy(state: State) -> State:
        return None if state is None else dict(state)

    # What may be there

    def acknowledged_until(self, position: int) -> int:
        """How many batches from the first one a log of that length promises."""
        acked = [i for i, b in enumerate(self.batches) if b.acked is not None]
        positions = [self.batches[i].acked for i in acked]
        count = bisect.bisect_right(positions, position)
        return acked[count - 1] + 1 if count else 0

    def sent_until(self, position: int) -> int:
        """How many batches a log of that length can know of."""
        return bisect.bisect_left([b.sent for b in self.batches], position)

    @property
    def acknowledged(self) -> int:
        """How many batches, counted from the first, must be there."""
        acked = [i for i, b in enumerate(self.batches) if b.acked is not None]
        return acked[-1] + 1 if acked else 0

    def judge(self, found: State, low: int, high: int) -> tuple[Verdict, int | None]:
        """Compares a state with those after `low` to `high` batches."""
        verdict = Verdict(acknowledged=sum(b.acked is not None for b in self.batches[:low]))
        state, allowed, match = self.copy(self.base), [], None
        for index in range(high + 1):
            if index:
                state = self.apply(state, self.batches[index - 1])
            if index >= low:
                allowed.append(self.copy(state))
                if state == found:
                    match = index
        if match is not None:
            return verdict, match
        place = f"lane {self.lane} in {self.collection.name}, {low} to {high} batches"
        if found is None or all(a is None for a in allowed):
            verdict.lost += found is None
            verdict.phantom += found is not None
            verdict.notes.append(f"{place}: is {'gone' if found is None else 'back'}")
            return verdict, None
        least = self.batches[low - 1].number if low else 0
        for id in sorted(set(found).union(*(a or {} for a in allowed))):
            actual = found.get(id)
            if any(a is not None and a.get(id) == actual for a in allowed):
                continue
            is_older = actual is None or max(actual) <= least
            verdict.lost += is_older
            verdict.phantom += not is_older
            options = sorted({str(a.get(id)) for a in allowed if a is not None})
            verdict.notes.append(f"{place}: point {id} is {actual}, may be {options[:4]}")
        if not (verdict.lost or verdict.phantom):
            verdict.torn += 1
            verdict.notes.append(f"{place}: no number of batches gives this mixture")
        return verdict, None

    def settle(self, match: int) -> None:
        """Begins anew from the state after `match` batches."""
        for batch in self.batches[:match]:
            self.base = self.apply(self.base, batch)
        self.batches = []
        self.current = self.copy(self.base)

    def forget_from(self, count: int) -> None:
        """Drops batches that turned out not to have happened."""
        del self.batches[count:]
        self.current = self.copy(self.base)
        for batch in self.batches:
            self.current = self.apply(self.current, batch)
