"""Everything that tries to break the server, in its short form or its long one, and one table.

A plain run does what needs nothing but the server: linearizability, overload, connections, a
cluster, a soak, limits, upgrades and newer formats. Fuzzing, sanitizers, simulations and all proofs
of storage take builds of their own, and are left out unless `--builds` or `--long` asks for them,
or their names do; the contract is left out without Qdrant's document. The table has a row for every
proof: one that was left out says what runs it.
"""

import argparse
import collections
import dataclasses
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / ".quiver" / "logs"
PYTEST = [sys.executable, "-m", "pytest", "-c", "Tests/pytest.ini", "-q"]
# The exit code of a proof that could not be made here, and says why in its last line.
LEFT_OUT = 77


@dataclasses.dataclass
class Proof:
    """A command that ends with 0 when what it tries to break holds."""

    name: str
    short: list[str]
    long: list[str]
    # Whether it takes a build of its own, and is left out unless it is asked for.
    builds: bool = False
    # Whether it takes Qdrant's document, and is left out without one.
    reads_document: bool = False

    def lacks(self, given: argparse.Namespace) -> str | None:
        """What has to be given for it to run; None when all is."""
        if given.names and self.name not in given.names:
            return "its name"
        if self.reads_document and not given.document:
            return "--document FILE"
        if self.builds and not (given.builds or given.long or given.names):
            return "--builds, --long or its name"
        return None


def load(name: str, *more: str) -> list[str]:
    return [sys.executable, f"Tests/Load/{name}.py", *more]


def simulations(**settings: str) -> list[str]:
    """Protocols without threads, clocks or I/O, under orders of events that seeds decide."""
    return [
        "env", *[f"{name}={value}" for name, value in settings.items()],
        "swift", "test", "-c", "release", "--disable-testable-imports",
        "--filter", "Simulation|ReplicaStateMachine",
    ]  # fmt: skip


def proofs(document: str) -> list[Proof]:
    contract = load("contract", "--document", document)
    connections = [*PYTEST, *(f"Tests/Regressions/test_{name}.py" for name in (
        "connections", "framing", "abandoned", "vanished"))]  # fmt: skip
    linear = [sys.executable, "Tests/Crash/main.py", "linear"]
    return [
        # A minute for all targets together, or half an hour for each kind of them.
        Proof("fuzzing", ["scripts/fuzz", "all", "60"], ["scripts/fuzz", "each", "1800"], True),
        Proof("contract", contract, [*contract, "--long"], reads_document=True),
        Proof("addresses", ["scripts/test", "asan"], ["scripts/test", "asan"], True),
        Proof("threads", ["scripts/test", "tsan"], ["scripts/test", "tsan"], True),
        Proof("simulation", simulations(), simulations(QUIVER_SIMULATION_SEEDS="10000"), True),
        Proof("storage", ["scripts/crash", "all"], ["scripts/crash", "all", "--long"], True),
        Proof("linear", linear, [*linear, "--long"]),
        Proof("overload", load("overload"), load("overload", "--long")),
        Proof("connections", connections, ["env", "QUIVER_LONG_TESTS=1", *connections]),
        Proof("cluster", load("cluster"), load("cluster", "--rounds", "200")),
        Proof("soak", load("soak"), load("soak", "--long")),
        Proof("limits", *[[*PYTEST, "Tests/EndToEnd/test_limits.py"]] * 2),
        Proof("upgrade", *[load("upgrade")] * 2),
        Proof("newer format", *[[*PYTEST, "Tests/EndToEnd/test_durability.py", "-k", "newer"]] * 2),
    ]  # fmt: skip


def run(proof: Proof, command: list[str]) -> tuple[str, str, str, float]:
    """Its row: what was done, whether it holds, and what it said last."""
    log = LOGS / f"reliability-{proof.name.replace(' ', '-')}.log"
    start = time.monotonic()
    with log.open("wb") as output:
        code = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"}).returncode  # fmt: skip
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    told = lines[-1] if lines else ""
    verdict = {0: "holds", LEFT_OUT: "left out"}.get(code, "BROKEN")
    return proof.name, verdict, told, time.monotonic() - start


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/reliability", description=__doc__, allow_abbrev=False)
    parser.add_argument("names", nargs="*", help="some of them; all by default")
    parser.add_argument("--long", action="store_true", help="the long forms, for a day")
    parser.add_argument("--builds", action="store_true",
                        help="those that take a build of their own, too")  # fmt: skip
    parser.add_argument("--document", help="Qdrant's OpenAPI document: a file or an address")
    given = parser.parse_args()
    every = proofs(given.document or "")
    if unknown := {*given.names} - {proof.name for proof in every}:
        parser.error(f"there is no proof {', '.join(sorted(unknown))}")
    LOGS.mkdir(parents=True, exist_ok=True)
    rows = []
    for proof in every:
        if missing := proof.lacks(given):
            rows.append((proof.name, "left out", f"runs with {missing}", 0.0))
            continue
        print(f"{proof.name}: {time.strftime('%H:%M:%S')}", file=sys.stderr, flush=True)
        rows.append(run(proof, proof.long if given.long else proof.short))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, verdict, told, seconds in rows:
        print(f"{name.ljust(widths[0])}  {verdict.ljust(widths[1])}  {seconds:6.0f} s  {told[:90]}")
    verdicts = collections.Counter(row[1] for row in rows)
    print(f"{verdicts['holds']} hold, {verdicts['BROKEN']} broken, {verdicts['left out']} left out")
    is_missing = any(row[1] == "left out" and row[0] in given.names for row in rows)
    return 1 if verdicts["BROKEN"] or is_missing else 0


if __name__ == "__main__":
    sys.exit(main())
