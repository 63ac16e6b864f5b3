"""Answers of any length take bounded memory, whoever reads them, and are the same in pieces."""

import contextlib
import json
import pathlib
import select
import socket

import pytest
import requests
from process import quiver, until, until_at_rest
from wire import Wire

COUNT, SIZE = 6000, 256
POINTS = "/collections/long/points"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    service = quiver(tmp_path_factory.mktemp("long"), QUIVER__STORAGE__LIMITS__MEMORY_MB="300")
    service.start()
    with requests.Session() as session:
        wire = Wire(service.url, session)
        wire.result("PUT", "/collections/long", {"vectors": {"size": SIZE, "distance": "Dot"}})
        for start in range(0, COUNT, 500):
            batch = [
                {"id": i, "vector": [i + 0.123] * SIZE, "payload": {"n": i, "t": "x" * 4000}}
                for i in range(start, start + 500)
            ]
            wire.result("PUT", POINTS + "?wait=true", {"points": batch})
    yield service
    service.kill()


def resident_mb(server) -> float:
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_long_answers_are_whole(wire):
    """As short ones say the same of each point."""
    everything = {"limit": 1_000_000, "with_payload": True, "with_vector": True}
    page = wire.result("POST", POINTS + "/scroll", everything)
    assert [point["id"] for point in page["points"]] == list(range(COUNT))
    assert page["next_page_offset"] is None
    few = wire.result("POST", POINTS + "/scroll", {**everything, "limit": 3, "offset": 4000})
    assert few["points"] == page["points"][4000:4003] and few["next_page_offset"] == 4003

    query = {**everything, "query": [1.0] * SIZE}
    found = wire.result("POST", POINTS + "/query", query)["points"]
    assert [point["id"] for point in found] == list(reversed(range(COUNT)))
    assert found[:2] == wire.result("POST", POINTS + "/query", {**query, "limit": 2})["points"]
    searches = {"searches": [query, {**query, "limit": 1}]}
    batch = wire.result("POST", POINTS + "/query/batch", searches)
    assert batch == [{"points": found}, {"points": found[:1]}]

    ids = [5, 7, 5, 10**9] * 200
    records = wire.result("POST", POINTS, {"ids": ids, "with_vector": True})
    assert [record["id"] for record in records] == [5, 7]
    assert records[0] == page["points"][5]


def test_orders_keep_their_values(wire):
    wire.result("PUT", "/collections/long/index?wait=true", {
        "field_name": "n", "field_schema": "integer"})  # fmt: skip
    order = {"order_by": {"key": "n", "direction": "desc"}, "limit": 1000}
    records = wire.result("POST", POINTS + "/scroll", order)["points"]
    assert [r["order_value"] for r in records] == list(range(COUNT - 1, COUNT - 1001, -1))
    assert records[0]["payload"]["n"] == COUNT - 1


def test_readers_that_never_read_hold_little(server, wire):
    body = json.dumps({"limit": COUNT, "with_vector": True, "with_payload": True}).encode()
    head = f"POST {POINTS}/scroll HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    before, readers = resident_mb(server), []
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            reader = stack.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", server.port))
            reader.sendall(head.encode() + body)
            readers.append(reader)
        # All are being answered, and nothing more is made ready for them.
        until(lambda: len(select.select(readers, [], [], 0)[0]) == len(readers), 60)
        until_at_rest(server)
        assert resident_mb(server) < before + 250
        assert wire.result("POST", POINTS + "/count", {})["count"] == COUNT
