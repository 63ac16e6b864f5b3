"""Requests that are made of the OpenAPI document, by schemathesis: none is answered with a failure
of the server, and no answer breaks its schema.

The document is Qdrant's, and not kept here: it is taken from a file or an address.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import load  # noqa: F401
from overload import Report
from process import quiver

DOCUMENT = "https://raw.githubusercontent.com/qdrant/qdrant/v1.19.0/docs/redoc/master/openapi.json"
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"


def program() -> str | None:
    beside = pathlib.Path(sys.executable).with_name("schemathesis")
    return str(beside) if beside.exists() else shutil.which("schemathesis")


def run(
    document: str, phases: str, examples: int, seconds: float, seed: int, folder: pathlib.Path
) -> Report:
    report = Report()
    if not (command := program()):
        report.tell("contract", "skipped: schemathesis is not installed (pip install schemathesis)")
        return report
    server = quiver(folder)
    server.start()
    try:
        result = subprocess.run(
            [command, "run", document, "--url", server.url, "--checks", CHECKS,
             "--phases", phases, "--max-examples", str(examples),
             "--max-time", str(int(seconds)), "--seed", str(seed),
             "--continue-on-failure", "--warnings", "off", "--no-color", "--no-shrink",
             "--suppress-health-check", "all", "--request-timeout", "60"],
            capture_output=True, text=True, cwd=folder,
        )  # fmt: skip
        # Cases, and those that failed, in the last lines of what it prints.
        cases = re.findall(r"([\d,]+) (?:test cases )?generated", result.stdout)
        failures = re.findall(r"^_{3,} (.*?) _{3,}$", result.stdout, re.M)
        report.tell("cases", cases[-1] if cases else "none", bool(cases))
        report.tell("failures", ", ".join(failures) or "none", result.returncode in (0,))
        if result.returncode:
            print(result.stdout[-6000:], result.stderr[-1000:])
        report.tell("the server", "goes on", server.status("/readyz") == 200)
    finally:
        server.kill()
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--document", default=DOCUMENT, help="a file or an address")
    parser.add_argument("--long", action="store_true", help="an hour")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--examples", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    document = given.document
    if "://" not in document:
        document = str(pathlib.Path(document).resolve())
    with tempfile.TemporaryDirectory() as folder:
        report = run(
            document, "coverage,fuzzing,stateful" if given.long else "coverage,stateful",
            given.examples or (50 if given.long else 3),
            given.seconds or (3600 if given.long else 60), given.seed, pathlib.Path(folder))
    report.show()
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
