"""Data of each released format is served, and is the same after a restart of today's build."""

import pathlib
import shutil
import sys
import tempfile

import load
import requests
from overload import Report
from process import quiver
from wire import Wire

FORMATS = load.ROOT / "Tests/VectorDBTests/Fixtures"


def everything(url: str) -> dict:
    """All points of all collections, by name."""
    wire = Wire(url, requests.Session())
    found = {}
    for collection in wire.result("GET", "/collections")["collections"]:
        path = f"/collections/{collection['name']}/points/scroll"
        body = {"limit": 100_000, "with_payload": True, "with_vector": True}
        found[collection["name"]] = wire.result("POST", path, body)["points"]
    return found


def opened(source: pathlib.Path, folder: pathlib.Path, report: Report) -> None:
    server = quiver(folder)
    shutil.copytree(source, folder / "data")
    try:
        server.start()
        before = everything(server.url)
        server.kill()
        server.start()
        points = sum(map(len, before.values()))
        report.tell(source.name, f"{len(before)} collections, {points:,} points",
                    points > 0 and everything(server.url) == before)  # fmt: skip
        server.terminate()
    finally:
        server.kill()


def run(folder: pathlib.Path) -> Report:
    report = Report()
    for number, source in enumerate(sorted(FORMATS.glob("format-*"))):
        place = folder / f"{number}"
        place.mkdir()
        opened(source, place, report)
    return report


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = run(pathlib.Path(folder))
    report.show()
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
