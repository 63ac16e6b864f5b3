"""Proof 2: power loss at any moment, and that the proof would see a missing sync."""

import concurrent.futures
import pathlib
import random
import shutil
import tempfile
import time

from images import Recording
from ledger import Ledger, Verdict
from report import Row, keep_evidence
from server import (
    DAMAGED, SHIM, Client, create_collections, end, judge_all, launch, new_ledgers, node,
    read_states, run_load, start_lanes, stop_lanes, temporary_folder,
)  # fmt: skip

# Enough runs that level 0 is compacted, in which the store makes and drops most files.
RUNS = 7
WORKERS = 2


def run(images: int, seed: int, seconds: float | None = None) -> Row:
    """Records several runs of a server and checks so many images of them."""
    row = Row("power", "images", seed)
    with tempfile.TemporaryDirectory(prefix="quiver-power-", dir=temporary_folder()) as name:
        folder = pathlib.Path(name)
        # A recording serves at most 1,000 images, so that long runs see many histories.
        left, part = images, 0
        while left > 0 and row.is_good:
            place = folder / f"recording-{part}"
            recording, ledgers = record(place, f"{seed} {part}", RUNS)
            check_images(recording, ledgers, min(left, 1000), seed + part, row, seconds)
            shutil.rmtree(place)
            left, part = left - 1000, part + 1
            if seconds is not None and time.monotonic() - row.started > seconds:
                break
    return row.finish()


def run_unsynced(images: int, seed: int) -> Row:
    """The same with syncs switched off: it must report losses."""
    row = Row("power, unsynced", "images", seed)
    with tempfile.TemporaryDirectory(prefix="quiver-power-", dir=temporary_folder()) as name:
        folder = pathlib.Path(name)
        off = {"QUIVER__STORAGE__DURABILITY": "interval:60000"}
        verdict = Verdict()
        for number in range(images):
            # Some change that syncs always may be the last of one recording.
            place = folder / f"recording-{number}"
            recording, ledgers = record(place, f"{seed} off {number}", 1, **off)
            chance = random.Random(f"{seed} {number}")
            # The end of the recording is where most is at stake.
            cut = len(recording.events)
            found = check_one(recording, ledgers, cut, chance, folder / f"image-{number}", True)
            verdict.add(found[0])
            row.images += 1
    row.verdict.acknowledged = verdict.acknowledged
    if not verdict.lost:
        row.fail("nothing was lost without syncs: this proof would not see a missing sync")
    if verdict.phantom or verdict.torn or verdict.wrong:
        row.fail(f"more than loss: {verdict.notes[:6]}")
    row.remarks.append(f"as it must, it reports losses: {verdict.lost:,}")
    return row.finish()


def record(folder: pathlib.Path, seed: str, runs: int, **settings: str):
    """Runs a server a few times under load, each ended in one way or another."""
    folder.mkdir()
    recording, chance = Recording(folder), random.Random(seed)
    service = node(folder, **recording.settings(SHIM), **settings)
    # Making and dropping collections syncs always, and with it all that was written before.
    ledgers = new_ledgers()[: -1 if settings else None]
    try:
        for number in range(runs):
            assert launch(service) is None, service.log_tail()
            if number == 0:
                create_collections(service.port)
                for ledger in ledgers:
                    ledger.created_at = recording.position()
            else:
                resolve(service.port, ledgers)
            lanes = start_lanes(ledgers, service.port, f"{seed} {number}", recording.position)
            run_load(lanes, 0.8, 300)
            if number % 3 == 2 or number == runs - 1:
                end(service)
                stop_lanes(lanes)
            else:
                stop_lanes(lanes)
                assert service.terminate() == 0
            refusals = [lane.refusal for lane in lanes if lane.refusal]
            assert not refusals, refusals
            recording.note_end()
    finally:
        end(service)
    recording.load()
    return recording, ledgers


def resolve(port: int, ledgers: list[Ledger]) -> None:
    """After a restart: drops the requests that a kill kept from happening."""
    states, verdict = read_states(port, ledgers)
    matches = judge_all(
        ledgers, states, verdict, lambda x: x.acknowledged, lambda x: len(x.batches)
    )
    assert verdict.is_clean, verdict.notes
    for ledger in ledgers:
        ledger.forget_from(matches[ledger.lane])


def check_images(recording, ledgers, count: int, seed: int, row: Row, seconds) -> None:
    chance = random.Random(f"{seed} cuts")
    cuts = recording.cuts(count, chance)

    def check(number: int):
        if seconds is not None and time.monotonic() - row.started > seconds:
            return None
        own = random.Random(f"{seed} {number}")
        target = recording.log.parent / f"image-{number}"
        return check_one(recording, ledgers, cuts[number], own, target)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for number, result in enumerate(pool.map(check, range(count))):
            if result is not None:
                row.add(result[0], f"image {number}: {result[1]}")


def check_one(
    recording: Recording, ledgers, cut: int, chance, folder: pathlib.Path, strict=False
) -> tuple[Verdict, str]:
    """Builds, opens and checks one image; also that the store takes writes again."""
    plan = recording.plan(cut, chance, strict)
    place = f"event {cut} of {len(recording.events)}, names {plan.names}, tails {plan.tails}"
    recording.build(plan, folder / "data")
    service = node(folder)
    try:
        code = launch(service)
        if code is not None:
            what = "damaged" if code == DAMAGED else f"exit code {code}"
            lost = sum(x.acknowledged_until(plan.position) for x in ledgers) or 1
            verdict = Verdict(lost=lost, notes=[f"does not start: {what}", service.log_tail(600)])
        else:
            verdict = judge(service.port, ledgers, plan.position)
            if verdict.is_clean and chance.random() < 0.25:
                go_on(service, verdict)
        if not verdict.is_clean and not strict:
            end(service)
            kept = keep_evidence(folder, f"power-{cut}", {"place": place, "notes": verdict.notes})
            place += f", kept in {kept}"
    finally:
        end(service)
        shutil.rmtree(folder, ignore_errors=True)
    return verdict, place


def judge(port: int, ledgers: list[Ledger], position: int) -> Verdict:
    states, verdict = read_states(port, ledgers)
    for ledger in ledgers:
        is_early = position < ledger.created_at and not ledger.is_churn
        if is_early and states.get(ledger.lane, {}) is None:
            states[ledger.lane] = Ledger.copy(ledger.base)
    judge_all(
        ledgers, states, verdict,
        lambda x: x.acknowledged_until(position), lambda x: x.sent_until(position),
    )  # fmt: skip
    return verdict


def go_on(service, verdict: Verdict) -> None:
    """The store that was recovered takes a write and still has it after a kill."""
    client = Client(service.port)
    base = "/collections/after"
    client.result("PUT", base, {"vectors": {"size": 2, "distance": "Dot"}})
    client.result("PUT", f"{base}/points?wait=true", {"points": [{"id": 1, "vector": [3, 4]}]})
    client.close()
    end(service)
    code = launch(service)
    if code is None:
        client = Client(service.port)
        count = client.result("POST", f"{base}/points/count", {})["count"]
        client.close()
    if code is not None or count != 1:
        verdict.lost += 1
        verdict.notes.append("what was written after the recovery is gone")
