"""A server whose vectors stay on disk, for the tests of these."""

import pathlib
import sys

import pytest
import requests
from process import ROOT, quiver
from wire import Wire

sys.path.append(str(ROOT / "Tests" / "Regressions"))

from stalled_disk import StalledDisk  # noqa: E402

DIMENSION = 512
PATH = "/collections/c"


class Server:
    """A server whose vectors go into files as soon as a chunk of them is complete."""

    def __init__(self, folder: pathlib.Path, is_stalled: bool = False, **limits: str):
        names = {f"QUIVER__STORAGE__{k.upper()}": v for k, v in limits.items()}
        names.setdefault("QUIVER__STORAGE__PERFORMANCE__VECTOR_TAIL_MB", "0")
        self.service = quiver(folder, **names)
        self.session = requests.Session()
        if is_stalled:
            # What a file is called until it is on disk.
            self.disk = StalledDisk(self.service, folder, suffix=".rows.new")
            self.disk.stall()
        self.start()

    def start(self):
        self.service.start()
        self.wire = Wire(self.service.url, self.session)

    def close(self):
        self.session.close()
        self.service.kill()

    @property
    def files(self) -> list[pathlib.Path]:
        folder = pathlib.Path(self.service.settings["QUIVER__STORAGE__STORAGE_PATH"]) / "vectors"
        return sorted(folder.glob("*.rows"))

    def memory(self, vector: str) -> int:
        report = self.wire.result("GET", f"{PATH}/memory")
        return next(v["storage"]["ram_bytes"] for v in report["vectors"] if v["name"] == vector)

    def figure(self, name: str) -> float:
        text = self.session.get(f"{self.service.url}/metrics").text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture
def start(tmp_path):
    """A function that starts a server."""
    servers = []

    def make(name: str = "a", **limits: str) -> Server:
        folder = tmp_path / name
        folder.mkdir()
        servers.append(Server(folder, **limits))
        return servers[-1]

    yield make
    for server in servers:
        server.close()
