"""Fixtures: one server a module, a client for it, and fresh collections."""

import itertools
import pathlib
import sys

import pytest
import requests

# What drives the programs serves the regressions too.
sys.path.insert(0, str(pathlib.Path(__file__).parent / "EndToEnd"))

from process import binary, quiver
from qdrant_client import QdrantClient, models
from wire import Wire

numbers = itertools.count(1)


def pytest_sessionstart(session):
    if not binary("quiver").exists():
        pytest.exit(f"{binary('quiver')} is missing: build it first, or use scripts/test e2e", 4)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and server is not None:
        report.sections.append(("server log", server.log_tail()))
    return report


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running server with an empty data directory."""
    service = quiver(tmp_path_factory.mktemp("quiver"))
    service.start()
    yield service
    service.kill()


@pytest.fixture(scope="module")
def client(server):
    client = QdrantClient(url=server.url, timeout=60)
    yield client
    client.close()


@pytest.fixture(scope="module")
def wire(server):
    """Raw HTTP, for what the client library hides."""
    with requests.Session() as session:
        yield Wire(server.url, session)


@pytest.fixture
def new_collection(client):
    """A function that makes an empty collection and returns its name."""
    made = []

    def make(vectors=None, **options) -> str:
        name = f"collection-{next(numbers)}"
        if vectors is None:
            vectors = models.VectorParams(size=4, distance=models.Distance.DOT)
        assert client.create_collection(name, vectors_config=vectors, **options)
        made.append(name)
        return name

    yield make
    for name in made:
        client.delete_collection(name)
