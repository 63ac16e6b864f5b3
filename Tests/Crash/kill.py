"""Proof 1: kill -9 under a mixed load over several collections, again and again."""

import pathlib
import random
import tempfile
import time

from ledger import Ledger, Verdict
from report import Row, keep_evidence
from server import (
    WORK, create_collections, end, judge_all, launch, new_ledgers, node, read_states, run_load,
    start_lanes, stop_lanes, terminate_or_kill,
)  # fmt: skip


def run(cycles: int, seed: int, seconds: float | None = None) -> Row:
    """Kills a server so many times, or until the time is over."""
    row = Row("kill", "cycles", seed)
    chance = random.Random(seed)
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kill-", dir=WORK) as name:
        folder = pathlib.Path(name)
        service = node(folder)
        try:
            if (code := launch(service)) is not None:
                row.fail(f"the first start ended with {code}")
                return row.finish()
            create_collections(service.port)
            ledgers = new_ledgers()
            for cycle in range(cycles):
                if seconds is not None and time.monotonic() - row.started > seconds:
                    break
                if not one_cycle(service, ledgers, chance, f"{seed} {cycle}", row):
                    keep_evidence(folder, f"kill-{seed}-{cycle}", {"failures": row.failures})
                    break
        finally:
            end(service)
    return row.finish()


def one_cycle(service, ledgers: list[Ledger], chance, seed: str, row: Row) -> bool:
    """Load, end, start, check; False when a promise was broken."""
    lanes = start_lanes(ledgers, service.port, seed)
    run_load(lanes, chance.random() * 0.4, chance.randrange(30, 200))
    way = chance.random()
    if way < 0.8:
        end(service)
    else:
        terminate_or_kill(service, chance)
    stop_lanes(lanes)
    place = f"cycle {row.images}"
    for lane in lanes:
        # A server that was asked to end may say so; nothing else may be refused.
        if lane.refusal and not (way >= 0.8 and lane.refusal.status == 503):
            row.fail(f"{place}: lane {lane.ledger.lane} was refused with {lane.refusal}")
    if chance.random() < 0.2:
        kill_while_it_opens(service, chance)
    if (code := launch(service)) is not None:
        row.fail(f"{place}: the server does not start again: exit code {code}")
        return False
    verdict = check(service.port, ledgers)
    row.add(verdict, place)
    return row.is_good


def kill_while_it_opens(service, chance: random.Random) -> None:
    """An end during recovery."""
    try:
        service.start(seconds=chance.random() * 0.15)
    except RuntimeError:
        return
    end(service)


def check(port: int, ledgers: list[Ledger]) -> Verdict:
    """Compares all lanes with what is acknowledged and sent, and goes on from what is found."""
    states, verdict = read_states(port, ledgers)
    matches = judge_all(
        ledgers, states, verdict, lambda x: x.acknowledged, lambda x: len(x.batches)
    )
    for ledger in ledgers:
        if (match := matches[ledger.lane]) is not None:
            ledger.settle(match)
    return verdict
