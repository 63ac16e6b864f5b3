"""The table, and the failures behind it."""

import dataclasses
import json
import pathlib
import shutil
import time

from ledger import Verdict
from server import WORK


@dataclasses.dataclass
class Row:
    """The result of one proof."""

    proof: str
    unit: str
    seed: int
    images: int = 0
    verdict: Verdict = dataclasses.field(default_factory=Verdict)
    known: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)
    remarks: list[str] = dataclasses.field(default_factory=list)
    skipped: str | None = None
    started: float = dataclasses.field(default_factory=time.monotonic)
    seconds: float = 0

    def add(self, verdict: Verdict, place: str) -> None:
        """Counts an image in; one that is not clean is a failure."""
        self.images += 1
        self.verdict.add(dataclasses.replace(verdict, notes=[]))
        if not verdict.is_clean:
            self.fail(f"{place}: {'; '.join(verdict.notes[:6])}")

    def fail(self, text: str) -> None:
        self.failures.append(text)
        print(f"FAILED {self.proof}, seed {self.seed}, {text}", flush=True)

    def finish(self) -> "Row":
        self.seconds = time.monotonic() - self.started
        if self.verdict.file_reads:
            self.remarks.append(f"{self.verdict.file_reads:,} reads of files of vectors")
        return self

    @property
    def is_good(self) -> bool:
        return not self.failures and self.verdict.is_clean


HEAD = ("proof", "images", "acked checked", "lost", "phantom", "torn", "wrong", "known", "s", "")


def show(rows: list[Row]) -> None:
    """Prints the table."""
    lines = [HEAD]
    for row in rows:
        v = row.verdict
        end = "skipped" if row.skipped else "holds" if row.is_good else "BROKEN"
        lines.append((
            row.proof, f"{row.images} {row.unit}", f"{v.acknowledged:,}", str(v.lost),
            str(v.phantom), str(v.torn), str(v.wrong), str(row.known), f"{row.seconds:.0f}", end,
        ))  # fmt: skip
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    for line in lines:
        cells = [c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())
    for row in rows:
        for remark in row.remarks:
            print(f"{row.proof}: {remark}")
        if row.skipped:
            print(f"{row.proof}: skipped: {row.skipped}")
        for failure in row.failures[:10]:
            print(f"{row.proof}, seed {row.seed}: FAILED: {failure}")


def keep_evidence(folder: pathlib.Path, name: str, facts: dict) -> str:
    """Copies a store that failed to where it can be looked at."""
    target = WORK / "failed" / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    (target / "facts.json").write_text(json.dumps(facts, indent=2, default=str))
    return str(target)
