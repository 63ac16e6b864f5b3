"""Proof 4: EIO and ENOSPC at the n-th call, and a disk that is full."""

import concurrent.futures
import errno
import mmap
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from ledger import COLLECTIONS, Ledger, Verdict
from report import Row, keep_evidence
from server import (
    SHIM, Client, Lane, Refused, create_collections, end, judge_all, launch, new_ledgers,
    node, read_states, run_load, start_lanes, stop_lanes, temporary_folder,
)  # fmt: skip

WORKERS = 2
WRITE, SYNC, OPEN, NAME = 1, 2, 4, 8
PHASES = ("start", "load", "kill")
FIELDS = ("armed", "target", "error", "sticky", "mask", "calls", "fired", "syncs")
FULL_MB, ROOMY_MB = 24, 96


class Control:
    """The switch of the preloaded library, shared with the server through a file."""

    def __init__(self, path: pathlib.Path):
        path.write_bytes(bytes(4 * len(FIELDS)))
        self.path = path
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 4 * len(FIELDS))

    def __getitem__(self, field: str) -> int:
        return struct.unpack_from("<i", self.memory, 4 * FIELDS.index(field))[0]

    def __setitem__(self, field: str, value: int) -> None:
        struct.pack_into("<i", self.memory, 4 * FIELDS.index(field), value)

    def arm(self, **values: int) -> None:
        for field, value in values.items():
            self[field] = value
        self["armed"] = 1


def run(numbers: int, seed: int, seconds: float | None = None) -> Row:
    """Lets the calls 1 to `numbers` fail: counted from the start, from the first writes, and from
    the first writes with a kill right after, when the store may be busy recovering by itself."""
    row = Row("faults", "faults", seed)
    outcomes: dict[str, int] = {}
    cases = [(n, phase) for n in range(1, numbers + 1) for phase in PHASES]
    with tempfile.TemporaryDirectory(prefix="quiver-faults-", dir=temporary_folder()) as name:
        folder = pathlib.Path(name)

        def check(case):
            if seconds is not None and time.monotonic() - row.started > seconds:
                return None
            return one_fault(folder / f"fault-{case[1]}-{case[0]}", *case, seed)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for result in pool.map(check, cases):
                if result is not None:
                    outcomes[result[1]] = outcomes.get(result[1], 0) + 1
                    row.known += result[1].startswith("known")
                    row.add(result[0], result[2])
    row.remarks.append(", ".join(f"{n} {o}" for o, n in sorted(outcomes.items())))
    return row.finish()


def one_fault(folder: pathlib.Path, number: int, phase: str, seed: int):
    """One server that meets one failing call, and its restart on a disk that is well again."""
    folder.mkdir()
    chance = random.Random(f"{seed} {phase} {number}")
    code = chance.choice((errno.EIO, errno.ENOSPC))
    fault = {
        "target": number if phase != "kill" else 1 + number % 12, "error": code,
        "sticky": int(phase != "kill" and chance.random() < 0.5),
        "mask": SYNC if phase == "kill" or chance.random() < 0.3 else WRITE | SYNC | OPEN | NAME,
    }  # fmt: skip
    place = f"{errno.errorcode[code]} at call {number} after the {phase}, {fault}"
    control = Control(folder / "control")
    service = node(folder, **shim_settings(folder, control))
    ledgers = new_ledgers()[: len(COLLECTIONS)]
    try:
        prepare(service, ledgers, f"{seed} {number}")
        verdict = Verdict()
        if phase == "start":
            control.arm(**fault)
        exit_code = launch(service)
        if exit_code is not None:
            outcome = check_exit(exit_code, service, verdict)
        elif phase == "kill":
            control.arm(**fault)
            outcome = killed_after_fault(service, ledgers, chance, f"{seed} {number}")
        else:
            control.arm(**fault)
            outcome = under_fault(service, ledgers, control, f"{seed} {number} {phase}", verdict)
            if chance.random() < 0.5:
                control["armed"] = 0
            stop(service, chance, verdict)
        control["armed"] = 0
        after_restart(service, ledgers, verdict)
        if not verdict.is_clean:
            end(service)
            facts = {"place": place, "outcome": outcome, "notes": verdict.notes}
            place += f": {outcome}, kept in {keep_evidence(folder, folder.name, facts)}"
    finally:
        end(service)
        shutil.rmtree(folder, ignore_errors=True)
    return verdict, outcome, place


def shim_settings(folder: pathlib.Path, control: Control) -> dict[str, str]:
    root = os.path.realpath(folder / "data")
    return {
        "LD_PRELOAD": str(SHIM), "QUIVER_CRASH_ROOT": root,
        "QUIVER_CRASH_CONTROL": str(control.path), "QUIVER__STORAGE__STORAGE_PATH": root,
    }  # fmt: skip


def prepare(service, ledgers: list[Ledger], seed: str) -> None:
    """A store with something in it, killed so that the next start has a log to replay."""
    assert launch(service) is None, service.log_tail()
    create_collections(service.port)
    lanes = start_lanes(ledgers, service.port, seed)
    run_load(lanes, 0, 20)
    stop_lanes(lanes)
    end(service)


def check_exit(code: int, service, verdict: Verdict) -> str:
    """A server that can't open says why and ends in order."""
    said = [line for line in service.log_tail(3000).splitlines() if " critical " in line]
    if code <= 0 or code >= 128 or not said:
        verdict.wrong += 1
        verdict.notes.append(f"exit code {code}, said {said}")
    return "did not start"


def under_fault(service, ledgers, control: Control, seed: str, verdict: Verdict) -> str:
    """Writes until the fault hits, then what the server says and still does."""
    lanes = start_lanes(ledgers, service.port, seed)
    run_load(lanes, 0.05, 60)
    stop_lanes(lanes)
    refused = [lane for lane in lanes if lane.refusal]
    silent = [x for x in lanes if not x.refusal and x.ledger.batches[-1].acked is None]
    if silent or service.process.poll() is not None:
        verdict.wrong += 1
        verdict.notes.append("the server went away instead of refusing")
        return "crashed"
    if not refused:
        if control["syncs"] and control["mask"] == SYNC and ready(service) == 200:
            return "a sync that no write waits for"
        return "fault met no write" if control["fired"] else "call never made"
    first = min(lane.refused_at for lane in refused)
    for lane in lanes:
        if lane.last_sent_acked > first:
            verdict.wrong += 1
            verdict.notes.append("a write was acknowledged after another had failed")
    for lane in refused:
        if lane.refusal.status not in (500, 507) or len(lane.refusal.text) < 60:
            verdict.wrong += 1
            verdict.notes.append(f"refused with {lane.refusal}")
    still_refuses(service, verdict)
    reads_go_on(service, ledgers, verdict)
    return "refused"


def killed_after_fault(service, ledgers, chance: random.Random, seed: str) -> str:
    """A kill within 25 ms of the first refusal."""
    lanes = start_lanes(ledgers, service.port, seed)
    late = time.monotonic() + 5
    while time.monotonic() < late and sum(lane.answers for lane in lanes) < 200:
        if any(lane.refusal for lane in lanes):
            break
        time.sleep(0.0005)
    time.sleep(chance.random() * 0.025)
    end(service)
    stop_lanes(lanes)
    return "refused, then killed" if any(x.refusal for x in lanes) else "killed"


def ready(service) -> int | None:
    return service.status("/readyz")


def still_refuses(service, verdict: Verdict) -> None:
    """After a failure no write is taken, readiness says so, the process lives."""
    client = Client(service.port)
    body = {"points": [{"id": 999_000, "vector": [0.0] * 8}]}
    status, text = client.send("PUT", "/collections/plain/points?wait=true", body)
    client.close()
    if status == 200:
        verdict.wrong += 1
        verdict.notes.append("a write is taken after one failed")
    if ready(service) != 503:
        verdict.wrong += 1
        verdict.notes.append(f"/readyz says {ready(service)} after a failed write ({status})")


def reads_go_on(service, ledgers, verdict: Verdict) -> None:
    """Reads answer exactly what was acknowledged."""
    try:
        states, read = read_states(service.port, ledgers)
    except Refused as error:
        verdict.wrong += 1
        verdict.notes.append(f"a read failed: {error}")
        return
    read.phantom = 0
    judge_all(ledgers, states, read, lambda x: x.acknowledged, lambda x: x.acknowledged)
    verdict.add(read)


def stop(service, chance: random.Random, verdict: Verdict) -> None:
    """Ends a server whose store has failed: in order or at once."""
    if chance.random() < 0.5:
        end(service)
        return
    code = service.terminate()
    if code != 0 and (code < 0 or code >= 128):
        verdict.wrong += 1
        verdict.notes.append(f"the shutdown ended with {code}")


def after_restart(service, ledgers, verdict: Verdict) -> None:
    """Everything acknowledged is there, a refused request wholly or not at all."""
    code = launch(service)
    if code is not None:
        verdict.lost += 1
        verdict.notes.append(f"does not start without the fault: {code} {service.log_tail(500)}")
        return
    states, read = read_states(service.port, ledgers)
    judge_all(ledgers, states, read, lambda x: x.acknowledged, lambda x: len(x.batches))
    verdict.add(read)


def run_full_disk(seed: int) -> Row:
    """A file system of 24 MB that fills up, and the same one with more room afterwards."""
    row = Row("full disk", "disks", seed)
    with tempfile.TemporaryDirectory(prefix="quiver-full-") as name:
        disk = pathlib.Path(name)
        if (reason := mount(disk, FULL_MB)) is not None:
            row.skipped = reason
            return row.finish()
        try:
            row.add(fill(disk, seed, row), "the full disk")
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=False)
    return row.finish()


def mount(disk: pathlib.Path, megabytes: int, *options: str) -> str | None:
    """Mounts a file system in memory; the reason when that is not permitted."""
    if os.geteuid() != 0:
        return "mounting a file system needs root"
    command = ["mount", "-t", "tmpfs", "-o", ",".join([*options, f"size={megabytes}m"])]
    result = subprocess.run([*command, "tmpfs", str(disk)], capture_output=True, text=True)
    return None if result.returncode == 0 else f"mounting is not permitted: {result.stderr.strip()}"


def fill(disk: pathlib.Path, seed: int, row: Row) -> Verdict:
    """Writes until there is no room, reads, stops, starts without room, then with."""
    verdict, chance = Verdict(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="quiver-full-log-") as logs:
        # Without the reserve, so that the store itself meets the full disk.
        service = node(
            pathlib.Path(logs), QUIVER__STORAGE__STORAGE_PATH=str(disk / "data"),
            QUIVER__STORAGE__LIMITS__DISK_RESERVE_MB="0",
        )
        ledgers = new_ledgers(weight=400)[:6]
        try:
            assert launch(service) is None, service.log_tail()
            create_collections(service.port)
            lanes = start_lanes(ledgers, service.port, str(seed))
            for lane in lanes:
                lane.join(120)
            stop_lanes(lanes)
            if is_aborted(service):
                row.known += 1
                row.remarks.append("known: aborted, for RocksDB's LOG could not be written")
                end(service)
            else:
                on_the_full_disk(service, ledgers, lanes, chance, row, verdict)
            assert mount(disk, ROOMY_MB, "remount") is None
            after_restart(service, ledgers, verdict)
            lane = Lane(settled(service, ledgers[0]), service.port, "after")
            if not lane.step():
                verdict.wrong += 1
                verdict.notes.append(f"no write with room again: {lane.refusal}")
        finally:
            end(service)
    return verdict


def is_aborted(service) -> bool:
    """Whether RocksDB's assertion on writing its LOG ended the server."""
    time.sleep(0.2)
    code = service.process.poll()
    return code is not None and is_assertion(code, service)


def on_the_full_disk(service, ledgers, lanes, chance, row: Row, verdict: Verdict) -> None:
    """What is refused, what is read, and a start without room."""
    refusals = [lane.refusal for lane in lanes if lane.refusal]
    check_refusals(refusals, verdict)
    row.remarks.append(f"first refusal: {str(refusals[0])[:150]}" if refusals else "no refusal")
    # Refused before the store met the full disk: nothing has failed, and readiness stays.
    if any("kept in reserve" not in str(refusal) for refusal in refusals):
        still_refuses(service, verdict)
    reads_go_on(service, ledgers, verdict)
    stop(service, chance, verdict)
    code = launch(service)
    row.remarks.append(f"start without room: {'serves' if code is None else f'exit code {code}'}")
    if code is None:
        reads_after(service, ledgers, verdict)
        stop(service, chance, verdict)
    elif not is_assertion(code, service):
        check_exit(code, service, verdict)
    else:
        row.known += 1
        row.remarks.append("known: the start aborted, for RocksDB's LOG could not be written")


def is_assertion(code: int, service) -> bool:
    return code == -signal.SIGABRT and "sync_without_flush_called_" in service.log_tail()


def settled(service, ledger: Ledger) -> Ledger:
    """The ledger as of what the server has."""
    states, _ = read_states(service.port, [ledger, *other_lanes(ledger)])
    ledger.base, ledger.batches = states[ledger.lane], []
    ledger.current = ledger.copy(ledger.base)
    return ledger


def other_lanes(ledger: Ledger) -> list[Ledger]:
    return [x for x in new_ledgers(ledger.weight)[:6] if x.lane != ledger.lane]


def reads_after(service, ledgers, verdict: Verdict) -> None:
    states, read = read_states(service.port, ledgers)
    judge_all(ledgers, states, read, lambda x: x.acknowledged, lambda x: len(x.batches))
    verdict.add(read)


def check_refusals(refusals: list[Refused], verdict: Verdict) -> None:
    """A full disk is called a full disk."""
    if not refusals:
        verdict.wrong += 1
        verdict.notes.append("the disk never became full")
    for refusal in refusals:
        if refusal.status not in (500, 507):
            verdict.wrong += 1
            verdict.notes.append(f"refused with {refusal}")
    if not any("space" in refusal.text for refusal in refusals):
        verdict.wrong += 1
        verdict.notes.append(f"nobody is told that the disk is full: {refusals[:2]}")
