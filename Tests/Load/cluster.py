"""Proof: three servers that share a log in `sync` keep what they answered, whatever fails.

    .venv/bin/python Tests/Load/cluster.py [--rounds 200] [--seed 1] [--minutes M] [--plain]

Three servers and a store (SeaweedFS), each in a network of its own. Every round has clients that
write and read all the time and one fault or two; then all works again, and what clients were told
is compared with what the three servers hold. `--plain` does without networks: processes and the
store fail, cables don't. Without `--rounds` there are a few rounds, in which nothing depends on
time.
"""

import argparse
import dataclasses
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import cluster_faults
import cluster_history
import cluster_network
import main as crash
from cluster_nodes import PATIENCE, Cluster
from process import ROOT, until

TAKEOVER = 2.0
# Seconds within which writes go on after a fault that spares a server and the store.
GRACE = 5.0
# Rounds with the same collection: what was acknowledged in one is looked for in all later ones.
GENERATION = 10
FAILED = ROOT / ".quiver" / "cluster" / "failed"


@dataclasses.dataclass
class Report:
    seed: int
    is_timed: bool
    rounds: int = 0
    writes: int = 0
    reads: int = 0
    took: list[tuple[float, str]] = dataclasses.field(default_factory=list)
    late: list[str] = dataclasses.field(default_factory=list)
    failures: list[str] = dataclasses.field(default_factory=list)
    started: float = dataclasses.field(default_factory=time.monotonic)

    def fail(self, text: str) -> None:
        self.failures.append(text)
        print(f"FAILED, seed {self.seed}, {text}", flush=True)

    def show(self) -> None:
        for text in self.late:
            print(f"late: {text}")
        took = sorted(seconds for seconds, _ in self.took)
        if took:
            print(f"writes went on after {took[len(took) // 2]:.1f} s (median), "
                  f"{took[int(len(took) * 0.95)]:.1f} s (95 %), {took[-1]:.1f} s (all) of "
                  f"{len(took)} faults; time limit {TAKEOVER:.0f} s")  # fmt: skip
        print(f"{self.rounds} rounds, {self.writes:,} writes acknowledged and {self.reads:,} "
              f"consistent reads checked, {len(self.failures)} failures, seed {self.seed}, "
              f"{time.monotonic() - self.started:.0f} s, load {os.getloadavg()[0]:.1f}",
              flush=True)  # fmt: skip


class Proof:
    """The rounds, one after the other."""

    def __init__(self, cluster: Cluster, report: Report, pause: float):
        self.cluster = cluster
        self.report = report
        self.pause = pause
        self.history: cluster_history.History | None = None

    def fresh(self, number: int) -> None:
        """Goes on with a new collection, so that rounds do not grow."""
        old = self.history
        self.history = cluster_history.History(f"things-{number}")
        self.cluster.create(self.history.collection)
        if old is not None:
            self.cluster.drop(old.collection)

    def round(self, faults: list[cluster_faults.Fault], chance: random.Random) -> None:
        """Load, faults, healing, and a look at everything; raises TimeoutError for standstill."""
        report, history = self.report, self.history
        seed = f"{report.seed} {report.rounds}"
        writes, reads = history.writes, history.reads
        history.expect()
        clients = cluster_history.start(self.cluster.nodes, history, seed, 6, self.pause)
        try:
            until(lambda: history.answered, PATIENCE)
            self.suffer(faults, chance)
            self.cluster.heal()
            history.expect()
            until(lambda: history.answered, PATIENCE)
        finally:
            cluster_history.stop(clients)
        points = until(lambda: self.cluster.same_points(history.collection), PATIENCE)
        for text in history.lost_and_wrong(points):
            report.fail(f"round {report.rounds}: {text}")
        report.rounds += 1
        report.writes += history.writes - writes
        report.reads += history.reads - reads

    def suffer(self, faults: list[cluster_faults.Fault], chance: random.Random) -> None:
        report, history = self.report, self.history
        for fault in faults:
            if fault is not faults[0] and self.cluster.leader() is None:
                continue
            struck: list[float] = []
            self.cluster.strike = lambda: struck.append(history.expect())
            told = fault.act(self.cluster, chance)
            begun = struck[0] if struck else history.expect()
            place = f"round {report.rounds}: {told}"
            seconds = None
            if fault.spares and fault is faults[0]:
                until(lambda: history.answered, PATIENCE)
                seconds = history.answered - begun
                report.took.append((seconds, told))
                if report.is_timed and seconds > TAKEOVER + GRACE:
                    report.late.append(f"{place}: {seconds:.1f} s, load {os.getloadavg()[0]:.1f}")
            else:
                time.sleep(chance.random() * 4)
            went_on = f", writes went on after {seconds:.1f} s" if seconds is not None else ""
            print(f"{time.strftime('%H:%M:%S')} {place}{went_on}", flush=True)
            time.sleep(chance.random())


def run(options: argparse.Namespace, network) -> Report:
    chance = random.Random(options.seed)
    report = Report(options.seed, is_timed=options.rounds is not None)
    faults = [fault for fault in cluster_faults.possible(network.can_cut)
              if options.fault in (None, fault.name)]  # fmt: skip
    short = cluster_faults.short(network.can_cut)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="quiver-cluster-"))
    cluster = None
    crash.build_shim()
    try:
        cluster = Cluster(
            folder, network, QUIVER__REPLICATION__TAKEOVER_MS=str(int(TAKEOVER * 1000)),
            QUIVER__REPLICATION__SNAPSHOT_INTERVAL_SEC="20", QUIVER__LOG_LEVEL="notice",
            QUIVER__REPLICATION__RETENTION_SEC="60", SWIFT_BACKTRACE="enable=no",
        )  # fmt: skip
        proof = Proof(cluster, report, options.pause)
        for number in range(options.rounds or len(short)):
            minutes = (time.monotonic() - report.started) / 60
            if options.minutes is not None and minutes > options.minutes:
                break
            if number % GENERATION == 0:
                proof.fresh(number)
            chosen = [short[number]] if options.rounds is None else [
                chance.choice(faults) for _ in range(1 if chance.random() < 0.7 else 2)]
            proof.round(chosen, random.Random(f"{options.seed} {number}"))
            if report.failures:
                break
        print(f"the log begins with segment {cluster.first_segment()}", flush=True)
    except (TimeoutError, RuntimeError, AssertionError) as error:
        report.fail(f"round {report.rounds}: {type(error).__name__} {error}")
    finally:
        if cluster is not None:
            cluster.stop()
        if report.failures:
            target = FAILED / f"{options.seed}-{report.rounds}"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target)
            print(f"what is left of it is in {target}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, help="so many, with writes timed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, help="begins no round after this time")
    parser.add_argument("--fault", help="this one alone, of a long run: `cut leader`")
    parser.add_argument("--pause", type=float, default=0.02,
                        help="seconds between two requests of a client, on average")  # fmt: skip
    parser.add_argument("--plain", action="store_true", help="no networks")
    options = parser.parse_args()
    if not options.plain and cluster_network.INSIDE not in os.environ:
        if obstacle := cluster_network.obstacle():
            print(f"cables are left out: {obstacle}", flush=True)
            options.plain = True
        else:
            cluster_network.enter()
    # What was started is ended then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    network = cluster_network.OneMachine() if options.plain else cluster_network.Network()
    report = run(options, network)
    report.show()
    return 1 if report.failures or report.late else 0


if __name__ == "__main__":
    sys.exit(main())
