"""Runs the proofs and prints one table; `scripts/crash` is its front."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import damage
import faults
import kill
import linear
import power
from ledger import Verdict
from report import Row, show
from server import ROOT, SHIM, WORK

SHORT = {"kill": 40, "power": 200, "damage": 200, "faults": 50, "linear": 12, "model": 20_000}
LONG = {
    "kill": 1_000, "power": 5_000, "damage": 5_000, "faults": 1_000, "linear": 1_000,
    "model": 1_000_000,
}  # fmt: skip


def build_shim() -> None:
    """Compiles the library that is preloaded into servers, unless it is newer than its source."""
    source = pathlib.Path(__file__).with_name("storage_shim.c")
    if SHIM.exists() and SHIM.stat().st_mtime > source.stat().st_mtime:
        return
    WORK.mkdir(parents=True, exist_ok=True)
    made = SHIM.with_suffix(f".{os.getpid()}")
    compiler = os.environ.get("CC") or shutil.which("cc") or "clang"
    command = [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", str(made),
               str(source), "-ldl", "-pthread"]  # fmt: skip
    subprocess.run(command, check=True)
    made.rename(SHIM)


def run(proof: str, count: int, seed: int, seconds: float | None = None) -> list[Row]:
    """One proof; some have more than one row."""
    build_shim()
    match proof:
        case "kill":
            return [kill.run(count, seed, seconds)]
        case "power":
            unsynced = power.run_unsynced(3, seed)
            return [power.run(count, seed, seconds), unsynced]
        case "damage":
            return [damage.run(count, seed, seconds)]
        case "faults":
            return [faults.run(count, seed, seconds), faults.run_full_disk(seed)]
        case "linear":
            return [linear.run(count, seed, seconds)]
    return [run_model(count, seed)]


def run_model(operations: int, seed: int) -> Row:
    """The model test is part of the Swift tests; here it runs for longer."""
    row = Row("model", "operations", seed)
    settings = {"QUIVER_MODEL_OPERATIONS": str(operations), "QUIVER_MODEL_SEED": str(seed)}
    command = ["swift", "test", "-c", "release", "--skip-build", "--disable-testable-imports",
               "--filter", "ModelTests"]  # fmt: skip
    result = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True
    )
    text = result.stdout + result.stderr
    found = re.search(
        r"model: (\d+) operations, (\d+) points checked, (\d+) restarts, (\d+) recover", text
    )
    if result.returncode != 0 or not found:
        row.fail(f"swift test ended with {result.returncode}: {text[-2000:]}")
    else:
        row.images = int(found[1])
        row.verdict = Verdict(acknowledged=int(found[2]))
        row.remarks.append(f"{found[3]} restarts, {found[4]} recoveries of snapshots")
        fields = re.search(r"fields: (\d+) requests, (\d+) points checked", text)
        if fields is None:
            row.fail(f"nothing is said of vectors that come and go: {text[-2000:]}")
        else:
            row.verdict.acknowledged += int(fields[2])
            row.remarks.append(f"{fields[1]} requests while vectors come and go")
    return row.finish()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/crash", description=__doc__)
    parser.add_argument("proof", nargs="?", default="all", choices=["all", *SHORT])
    parser.add_argument("--long", action="store_true", help="the long forms, for hours")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="cycles, images, calls or operations")
    parser.add_argument("--seconds", type=float, help="ends each proof after this time")
    given = parser.parse_args()
    rows = []
    for proof in SHORT if given.proof == "all" else [given.proof]:
        count = given.count or (LONG if given.long else SHORT)[proof]
        print(f"{proof}: {count:,}, seed {given.seed}, {time.strftime('%H:%M:%S')}", flush=True)
        rows += run(proof, count, given.seed, given.seconds)
    print()
    show(rows)
    return 0 if all(row.is_good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
