"""The short forms of the proofs of Tests/Crash; `scripts/crash --long` runs the long ones.

The model test is one of the Swift tests.
"""

import os
import sys

import pytest
from process import ROOT

sys.path.append(str(ROOT / "Tests" / "Crash"))

import main  # noqa: E402
import report  # noqa: E402

SEED = int(os.environ.get("QUIVER_TEST_SEED", "1"))


@pytest.mark.parametrize("proof", ["kill", "power", "damage", "faults"])
def test_storage_keeps_its_promise(proof):
    rows = main.run(proof, main.SHORT[proof], SEED)
    report.show(rows)
    broken = [f"{row.proof}: {text}" for row in rows for text in row.failures]
    assert all(row.is_good for row in rows), "\n".join(broken)
    skipped = [row.skipped for row in rows if row.skipped]
    if skipped:
        pytest.skip(skipped[0])
