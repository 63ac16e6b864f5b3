"""The short form of Tests/Load: what holds on any machine, however slow."""

import sys

from process import ROOT

sys.path.append(str(ROOT / "Tests" / "Load"))

import overload  # noqa: E402
import soak  # noqa: E402


def test_a_server_that_is_asked_for_too_much(tmp_path):
    report = overload.run(overload.SHORT, tmp_path)
    report.show()
    assert not report.failures


def test_a_server_that_is_used_for_long(tmp_path):
    report = soak.run(soak.SHORT, tmp_path)
    report.show()
    assert not report.failures
