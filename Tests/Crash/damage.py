"""Proof 3: torn tails, flipped bits, zeros and garbage in every kind of file.

A damaged store must refuse to open and say why, or show an error where it is damaged, or show
exactly what was written: all of it was synced, so that not even the end of a log may be missing.
Files that are derived, of indexes and of vectors on disk, cost nothing: the store serves all the
same, and makes them anew.
"""

import concurrent.futures
import dataclasses
import pathlib
import random
import re
import shutil
import tempfile
import time

from ledger import Verdict
from report import Row, keep_evidence
from process import until
from server import (
    DAMAGED, Refused, create_collections, end, judge_all, launch, new_ledgers, node,
    read_states, run_load, start_lanes, stop_lanes, temporary_folder,
)  # fmt: skip

KINDS = {
    "log": re.compile(r"\d+\.log"), "table": re.compile(r"\d+\.sst"),
    "manifest": re.compile(r"MANIFEST-\d+"), "current": re.compile(r"CURRENT"),
    "options": re.compile(r"OPTIONS-\d+"), "identity": re.compile(r"IDENTITY"),
    "mark": re.compile(r"SYNCED"), "index": re.compile(r"\d+-\d+\.(ivf|lists)"),
    "rows": re.compile(r"\d+-\d+-\d+-\d+\.rows"),
}  # fmt: skip
# Most damage goes where most of the data is.
TURNS = (
    "log", "table", "log", "manifest", "table", "rows", "log", "mark", "index", "manifest",
    "current", "rows", "options", "identity",
)  # fmt: skip
DERIVED = ("index", "rows")
WAYS = ("tear", "flip", "flip", "zeros", "garbage", "missing")
NAMED = re.compile("damaged|orruption|quarantined|is missing")
BLOCK = 32 << 10
WORKERS = 2


@dataclasses.dataclass
class Damage:
    kind: str
    way: str
    file: str
    start: int
    end: int
    size: int

    def __str__(self) -> str:
        place = f"bytes {self.start}..<{self.end} of {self.size}"
        return f"{self.way} in {self.kind} {self.file}, {place}"


def run(images: int, seed: int, seconds: float | None = None) -> Row:
    """Damages so many copies of two stores, one closed in order and one killed."""
    row = Row("damage", "images", seed)
    outcomes: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="quiver-damage-", dir=temporary_folder()) as name:
        folder = pathlib.Path(name)
        stores = [make_store(folder / f"store-{n}", f"{seed} {n}", n == 0) for n in range(2)]

        def check(number: int):
            if seconds is not None and time.monotonic() - row.started > seconds:
                return None
            chance = random.Random(f"{seed} {number}")
            # Tables fill the store that was closed, the log the one that was killed.
            kind = TURNS[number % len(TURNS)]
            choice = {"log": 1, "table": 0}.get(kind, number % 2)
            # Files that are derived may not have been made yet, on a busy machine.
            if kind in DERIVED and not files_of(kind, stores[choice][0]):
                kind, choice = "log", 1
            return check_one(*stores[choice], kind, chance, folder / f"image-{number}")

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for number, result in enumerate(pool.map(check, range(images))):
                if result is None:
                    continue
                verdict, outcome, place = result
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
                row.add(verdict, f"image {number}: {place}")
    row.remarks.append(", ".join(f"{n} {o}" for o, n in sorted(outcomes.items())))
    return row.finish()


def make_store(folder: pathlib.Path, seed: str, is_closed: bool):
    """A store with tables and a log; the killed one has most of its data in the log."""
    folder.mkdir()
    service = node(folder)
    ledgers = new_ledgers(weight=10)
    try:
        for number in range(2):
            assert launch(service) is None, service.log_tail()
            if number == 0:
                create_collections(service.port)
            lanes = start_lanes(ledgers, service.port, f"{seed} {number}")
            run_load(lanes, 0.2 if number == 0 else 0.6, 200)
            stop_lanes(lanes)
            assert not any(lane.refusal for lane in lanes)
            if is_closed or number == 0:
                assert service.terminate() == 0
    finally:
        end(service)
    return folder / "data", ledgers


def check_one(source: pathlib.Path, ledgers, kind: str, chance, folder: pathlib.Path):
    """Damages a copy of a store, opens it and judges what happens."""
    shutil.copytree(source, folder / "data")
    damage = inflict(folder / "data", kind, chance)
    service = node(folder)
    try:
        code = launch(service, seconds=30)
        if code is None:
            verdict, outcome = judge(service, ledgers, damage)
            if kind in DERIVED and verdict.is_clean:
                outcome = check_derived(folder / "data", damage, outcome, verdict)
        elif kind in DERIVED:
            verdict, outcome = Verdict(wrong=1, notes=[service.log_tail(500)]), "refused to open"
        else:
            verdict, outcome = refusal(code, service.log_tail(2000), damage)
        place = f"{damage}: {outcome}"
        if not verdict.is_clean:
            end(service)
            name = folder.name.replace("image", "damage")
            facts = {"damage": str(damage), "outcome": outcome, "notes": verdict.notes}
            place += f", kept in {keep_evidence(folder, name, facts)}"
    finally:
        end(service)
        shutil.rmtree(folder, ignore_errors=True)
    return verdict, outcome, place


def refusal(code: int, said: str, damage: Damage) -> tuple[Verdict, str]:
    """The verdict on a server that ended instead of opening the store."""
    if code == DAMAGED and "amaged" in said:
        return Verdict(), "refused to open"
    return Verdict(wrong=1, notes=[f"exit code {code}, said: {said[-500:]}"]), "other end"


def check_derived(data: pathlib.Path, damage: Damage, outcome: str, verdict: Verdict) -> str:
    """Nothing may show that a derived file was damaged, and a torn one must not stay."""
    if outcome != "exact":
        verdict.wrong += 1
        verdict.notes.append(f"damage to {damage.file} is to be seen")
    if damage.kind == "rows" and damage.way == "tear":
        torn = damage.start

        def is_gone():
            return torn not in [f.stat().st_size for f in data.rglob(damage.file)]

        try:
            until(is_gone, 10)
        except TimeoutError:
            verdict.wrong += 1
            verdict.notes.append(f"{damage.file} is still torn")
    return f"{outcome} ({damage.kind})"


def files_of(kind: str, data: pathlib.Path) -> list[pathlib.Path]:
    return [file for file in sorted(data.rglob("*")) if KINDS[kind].fullmatch(file.name)]


def inflict(data: pathlib.Path, kind: str, chance: random.Random) -> Damage:
    """Changes one file of the kind that is not empty."""
    files = files_of(kind, data)
    file = chance.choice([f for f in files if f.stat().st_size] or files)
    content = bytearray(file.read_bytes())
    size, way = len(content), chance.choice(WAYS)
    # Half of it near the end, where a power cut would do it.
    start = chance.randrange(size)
    if chance.random() < 0.5:
        start = max(0, size - 1 - chance.randrange(min(size, 2 * BLOCK)))
    end = min(size, start + 1)
    match way:
        case "tear":
            end = size
            file.write_bytes(content[:start])
        case "flip":
            content[start] ^= 1 << chance.randrange(8)
            file.write_bytes(content)
        case "zeros" | "garbage":
            end = min(size, start + chance.choice((16, 512, 4096)))
            fill = bytes(end - start) if way == "zeros" else chance.randbytes(end - start)
            content[start:end] = fill
            file.write_bytes(content)
        case "missing":
            start, end = 0, size
            file.unlink()
    return Damage(kind, way, file.name, start, end, size)


def judge(service, ledgers, damage: Damage) -> tuple[Verdict, str]:
    """The verdict on a store that opened."""
    errors = []
    try:
        states, verdict = read_states(service.port, ledgers, errors)
    except Refused as error:
        return Verdict(wrong=1, notes=[f"refused with {error}"]), "other error"
    except OSError as error:
        return Verdict(wrong=1, notes=[f"the server is gone: {error}"]), "crashed"
    if not verdict.is_clean:
        return verdict, "wrong points"
    for error in errors:
        if error.status < 500 or not NAMED.search(error.text):
            verdict.wrong += 1
            verdict.notes.append(f"an error that names no damage: {error}")
            return verdict, "other error"
    exact = Verdict()
    judge_all(ledgers, states, exact, lambda x: len(x.batches), lambda x: len(x.batches))
    if exact.is_clean:
        verdict.add(exact)
        return verdict, "error where it is damaged" if errors else "exact"
    return exact, f"silent loss after damage to {damage.kind}"
