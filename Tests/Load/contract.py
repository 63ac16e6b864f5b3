"""Requests that are made of the OpenAPI document, by schemathesis: none is answered with a failure
of the server, no answer breaks its schema, and every operation succeeds with some of them.

The document is Qdrant's, and not kept here: it is taken from a file or an address. Without
schemathesis there is no proof, and the exit code is that of one that was left out.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import contract_examples
import load  # noqa: F401
import requests
from overload import Report
from process import quiver
from reliability import LEFT_OUT

DOCUMENT = "https://raw.githubusercontent.com/qdrant/qdrant/v1.19.0/docs/redoc/master/openapi.json"
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"
HOOKS = pathlib.Path(__file__).with_name("contract_hooks.py")
EXAMPLES = HOOKS.with_name("contract_trial.py")


def program() -> str | None:
    """Schemathesis beside this Python, which has it as a module, too."""
    return shutil.which("schemathesis", path=pathlib.Path(sys.executable).parent)


def read(document: str) -> dict:
    if "://" in document:
        answer = requests.get(document, timeout=60)
        answer.raise_for_status()
        return answer.json()
    return json.loads(pathlib.Path(document).read_text())


def run(
    document: dict, phases: list[str], examples: int, seconds: float, seed: int,
    folder: pathlib.Path,
) -> Report:  # fmt: skip
    """Requests of each phase, which share the time; examples of all operations come first."""
    report = Report()
    server = quiver(folder, QUIVER__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY="true")
    server.start()
    try:
        written = folder / "document.json"
        written.write_text(json.dumps(
            contract_examples.with_examples(document, server.url, folder / "snapshots")))
        variables = {"SCHEMATHESIS_HOOKS": str(HOOKS), "CONTRACT_URL": server.url,
                     "CONTRACT_FOLDER": str(folder)}  # fmt: skip
        tried = subprocess.run(
            [sys.executable, str(EXAMPLES), str(written)], capture_output=True, text=True,
            cwd=folder, env={**os.environ, **variables})  # fmt: skip
        report.tell("examples", tried.stdout.strip() or "none", tried.returncode == 0)
        if tried.returncode:
            print(tried.stderr[-6000:])
        for phase in phases:
            command = [
                program(), "run", str(written), "--url", server.url, "--checks", CHECKS,
                "--phases", phase, "--max-examples", str(examples),
                "--max-time", str(max(1, int(seconds / len(phases)))), "--seed", str(seed),
                "--continue-on-failure", "--warnings", "off", "--no-color", "--no-shrink",
                "--suppress-health-check", "all", "--request-timeout", "60",
            ]  # fmt: skip
            result = subprocess.run(
                command, capture_output=True, text=True, cwd=folder,
                env={**os.environ, **variables})  # fmt: skip
            judge_phase(phase, result, report)
        judge_answers(contract_examples.operations(document), folder / "answers", report)
        report.tell("the server", "goes on", server.status("/readyz") == 200)
    finally:
        server.kill()
    return report


def judge_phase(phase: str, result: subprocess.CompletedProcess, report: Report) -> None:
    # Cases, and those that failed, in the last lines of what it prints.
    cases = re.findall(r"([\d,]+) (?:test cases )?generated", result.stdout)
    failures = re.findall(r"^_{3,} (.*?) _{3,}$", result.stdout, re.M)
    report.tell(f"{phase}: cases", cases[-1] if cases else "none", bool(cases))
    report.tell(f"{phase}: failures", ", ".join(failures) or "none", result.returncode == 0)
    if result.returncode:
        print(result.stdout[-6000:], result.stderr[-1000:])


def judge_answers(operations: list[tuple[str, str]], answers: pathlib.Path, report: Report) -> None:
    """Every operation has succeeded, but for those that can't."""
    operations = [" ".join(operation) for operation in operations]
    statuses = collections.defaultdict(collections.Counter)
    for line in answers.read_text().splitlines() if answers.exists() else ():
        status, _, operation = line.partition(" ")
        statuses[operation][int(status)] += 1
    succeeded = {name for name in operations if any(200 <= n < 300 for n in statuses[name])}
    refused = contract_examples.REFUSED
    report.tell("operations", f"{len(succeeded)} of {len(operations)} succeeded")
    for reason in sorted({*refused.values()}):
        names = [name for name in refused if refused[name] == reason]
        report.tell("refused", f"{len(names)}: {reason}", succeeded.isdisjoint(names))
    missing = [f"{name} {dict(statuses[name])}" for name in operations
               if name not in succeeded and name not in refused]  # fmt: skip
    report.tell("never succeeded", "; ".join(missing) or "none", not missing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--document", default=DOCUMENT, help="a file or an address")
    parser.add_argument("--long", action="store_true", help="an hour")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--examples", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if not program():
        print("left out: schemathesis is not installed (pip install schemathesis)")
        return LEFT_OUT
    with tempfile.TemporaryDirectory() as folder:
        report = run(
            read(given.document),
            ["coverage", "fuzzing", "stateful"] if given.long else ["coverage", "stateful"],
            given.examples or (50 if given.long else 3),
            given.seconds or (3600 if given.long else 60), given.seed, pathlib.Path(folder))
    report.show()
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
