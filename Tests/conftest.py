"""Fixtures: one server a module, a client for it, and fresh collections."""

import contextlib
import itertools
import pathlib
import sys

import grpc
import pytest
import requests

# What drives the programs serves the regressions too.
sys.path.insert(0, str(pathlib.Path(__file__).parent / "EndToEnd"))

from browser import Browser
from certificates import Certificate
from gateway_service import gateway
from http2 import RawConnection
from object_stores import moto
from process import binary, quiver
from qdrant_client import QdrantClient, models
from shared_log import sharing
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
def server(tmp_path_factory, transport):
    """A running server with an empty data directory: one for each transport."""
    service = quiver(tmp_path_factory.mktemp("quiver"))
    service.start()
    yield service
    service.kill()


@pytest.fixture
def service(tmp_path):
    """A server of a test's own, started, which it may end and start again."""
    with quiver(tmp_path) as service:
        service.start()
        yield service


@pytest.fixture
def servers():
    """A list: the servers in it are ended with the test."""
    started = []
    yield started
    for service in started:
        service.kill()


# Modules whose tests say nothing of HTTP: they run over both transports.
OVER_BOTH = {
    "test_client_aliases", "test_client_collections", "test_client_examples",
    "test_client_filter_conditions", "test_client_filters", "test_client_orders",
    "test_client_patch", "test_client_payload", "test_client_points", "test_client_query",
    "test_documents", "test_hybrid",
    "test_haystack", "test_langchain", "test_llamaindex", "test_strict_mode",
}  # fmt: skip


def pytest_generate_tests(metafunc):
    module = metafunc.module.__name__.rpartition(".")[2]
    if module in OVER_BOTH and "client" in metafunc.fixturenames:
        metafunc.parametrize("transport", ["rest", "grpc"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def transport(request):
    """How the client calls: `rest` or `grpc`."""
    return getattr(request, "param", "rest")


@pytest.fixture(scope="module")
def client(server, transport):
    client = QdrantClient(
        url=server.url, grpc_port=server.grpc_port, prefer_grpc=transport == "grpc", timeout=60,
    )  # fmt: skip
    yield client
    client.close()


@pytest.fixture(scope="module")
def over_grpc(server):
    """A client that calls over gRPC."""
    client = QdrantClient(
        url=server.url, grpc_port=server.grpc_port, prefer_grpc=True, timeout=60,
        check_compatibility=False,
    )  # fmt: skip
    yield client
    client.close()


@pytest.fixture(scope="module")
def channel(server):
    """A gRPC connection, for what the client library hides."""
    with grpc.insecure_channel(server.grpc_address) as channel:
        grpc.channel_ready_future(channel).result(20)
        yield channel


@pytest.fixture
def raw(server):
    """HTTP/2 to the port of gRPC, for what its library hides."""
    connection = RawConnection(server.grpc_address)
    yield connection
    connection.close()


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


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The server that gateways store in."""
    with quiver(tmp_path_factory.mktemp("store")) as service:
        service.start()
        yield service


@pytest.fixture(scope="module")
def start_gateway(store, tmp_path_factory):
    """Starts gateways before that server, which are ended with the module."""
    with contextlib.ExitStack() as started:

        def start(collection: str, **settings: str):
            folder = tmp_path_factory.mktemp("gateway")
            service = started.enter_context(gateway(folder, store.url, collection, **settings))
            service.start(60)
            return service

        yield start


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Signs the certificates of servers and clients."""
    return Certificate(tmp_path_factory.mktemp("certificates"), "authority")


@pytest.fixture
def log_store(tmp_path):
    """A store for the log of servers."""
    (tmp_path / "store").mkdir()
    store = moto(tmp_path / "store")
    yield store
    store.stop()


@pytest.fixture
def start_sharing(tmp_path, log_store, servers):
    """Starts servers of one log, which are ended with the test."""

    def start(name: str, endpoint: str = log_store.endpoint, **settings: str):
        (tmp_path / name).mkdir()
        server = sharing(tmp_path / name, endpoint, "sync")
        server.settings |= settings
        servers.append(server)
        server.start(60)
        return server

    return start
