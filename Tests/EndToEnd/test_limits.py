"""Every bound stands on one page, and connections keep theirs."""

import contextlib
import pathlib
import re
import socket

import h2.settings
import limits
import pytest
import requests
from http2 import GO_AWAY, RawConnection, framed
from process import quiver
from qdrant_client import models
from wire import Wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "Sources/VectorDB/VectorDB.docc/Limits.md"
HEALTH = "/qdrant.Qdrant/HealthCheck"


def rows() -> dict[str, list[list[str]]]:
    """The rows of each table of the page that tells of a type, by its heading's place."""
    tables = [[]]
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            tables.append([])
        if line.startswith("| `"):
            tables[-1].append([cell.strip() for cell in line.strip("|").split(" | ")])
    tables = [table for table in tables if table]
    return dict(zip([*limits.TYPES, limits.CONSTANTS], tables, strict=True))


@pytest.mark.parametrize("kind", limits.TYPES)
def test_every_bound_is_on_the_page(kind):
    compare(rows()[kind], limits.bounds(kind), f"{kind}.")


def test_every_constant_is_on_the_page():
    compare(rows()[limits.CONSTANTS], limits.constants())
    assert not limits.MEASURES - {bound.name for bound in limits.all_constants()}


def compare(table: list[list[str]], bounds: list[limits.Bound], prefix: str = "") -> None:
    told = {row[0].strip("`"): row for row in table}
    assert list(told) == [bound.name for bound in bounds]
    for bound in bounds:
        assert bound.default in ("", "0", told[bound.name][1]), bound
        assert bound.about.rstrip(".") == told[bound.name][2], bound
        check_test(prefix + bound.name, told[bound.name][3:])


def check_test(bound: str, cells: list[str]) -> None:
    """A bound has a test, which names it: in what it does or says."""
    assert len(cells) == 1, f"{bound} has no one test"
    name = cells[0].strip("` |")
    suffix = ".py" if name.startswith("test_") else ".swift"
    assert name, f"{bound} is reached by no test"
    files = list((ROOT / "Tests").rglob(name + suffix))
    assert files, f"{name} is no test"
    member = re.compile(rf"\b{bound.rpartition('.')[2]}\b")
    assert any(member.search(file.read_text()) for file in files), f"{name} does not name {bound}"


def test_no_type_of_bounds_is_forgotten():
    found = set()
    for file in (ROOT / "Sources").rglob("*.swift"):
        found |= set(re.findall(r"struct (\w*Limits)\b", file.read_text()))
    assert found == set(limits.TYPES)


def status(server, head: bytes) -> int:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"GET /collections HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" + head)
        data = b""
        while chunk := connection.recv(1 << 16):
            data += chunk
    return int(data.split(b" ")[1])


def test_heads(server):
    """`headFieldsMax` and `headBytesMax`."""
    assert status(server, b"x-a: 1\r\n" * 900 + b"\r\n") == 200
    assert status(server, b"x-a: 1\r\n" * 1100 + b"\r\n") == 431
    assert status(server, b"x-a: " + b"y" * 70_000 + b"\r\n\r\n") == 200
    assert status(server, b"x-a: " + b"y" * 90_000 + b"\r\n\r\n") == 431


def test_grpc_tells_its_bounds(raw):
    """`streamsMax`, `frameBytesMax`, `callWindow` and `headersBytesMax`."""
    raw.answer(raw.call(HEALTH, b""))
    told = raw.state.remote_settings
    assert told.max_concurrent_streams == 1024
    assert told.max_frame_size == 1 << 20
    assert told[h2.settings.SettingCodes.INITIAL_WINDOW_SIZE] == 64 << 10
    assert told.max_header_list_size == 64 << 10


def test_grpc_headers(raw):
    # What is told in the settings holds once the client has read them.
    raw.answer(raw.call(HEALTH, b""))
    fits = {f"x-{n}": "y" * 1000 for n in range(40)}
    assert raw.answer(raw.call(HEALTH, b"", **fits))["grpc-status"] == "0"
    stream = None
    with contextlib.suppress(OSError):
        stream = raw.call(HEALTH, b"", **{f"x-{n}": "y" * 1000 for n in range(100)})
        raw.until(lambda: raw.is_closed or stream in raw.resets or stream in raw.ended)
    assert raw.headers.get(stream, {}).get("grpc-status") != "0"


def test_conversations_have_small_messages(raw):
    """Of `conversationBytesMax`."""
    path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
    stream = raw.begin(path)
    raw.send(stream, framed(b"\x3a\x00"))
    raw.until(lambda: raw.bodies.get(stream))
    # Its length alone: who says it is answered before the rest has come.
    raw.send(stream, b"\0" + ((64 << 10) + 1).to_bytes(4))
    assert raw.answer(stream)["grpc-status"] == "8"


def test_a_flood_of_control_frames_ends_a_connection(server):
    """Beyond `controlFramesMax`."""
    raw = RawConnection(server.grpc_address)
    try:
        with pytest.raises(OSError):
            for _ in range(200):
                raw.socket.sendall((b"\x00\x00\x08\x06\x00" + bytes(12)) * 100)
            assert any(kind == GO_AWAY for kind, _, _ in raw.frames())
            raise ConnectionResetError
    finally:
        raw.close()
    other = RawConnection(server.grpc_address)
    assert other.answer(other.call(HEALTH, b""))["grpc-status"] == "0"
    other.close()


def nested(levels: int) -> bytes:
    """Points whose payload makes the whole body so many levels deep."""
    inner = levels - 4
    text = '{"a":' * inner + "1" + "}" * inner
    return b'{"points":[{"id":1,"vector":[1,2],"payload":{"p":%b}}]}' % text.encode()


def test_names_and_bodies(wire, new_collection):
    """`VectorNames.bytesMax`, `PayloadPath.stepsMax` and `FieldReader.multivectorValuesMax`."""
    vectors = {"vectors": {"size": 2, "distance": "Dot"}}
    assert wire.send("PUT", "/collections/" + "n" * 255, vectors).ok
    assert wire.send("PUT", "/collections/" + "n" * 256, vectors).status_code == 422
    wire.result("DELETE", "/collections/" + "n" * 255)
    for length, status in ((200, 200), (201, 400)):
        named = {"vectors": {"v" * length: vectors["vectors"]}}
        assert wire.send("PUT", "/collections/named", named).status_code == status
    wire.result("DELETE", "/collections/named")
    # VectorParams.sizeMax
    for size, status in ((65_536, 200), (65_537, 422)):
        long = {"vectors": {"size": size, "distance": "Dot"}}
        assert wire.send("PUT", "/collections/named", long).status_code == status
    wire.result("DELETE", "/collections/named")
    size = models.VectorParams(size=2, distance=models.Distance.DOT)
    path = f"/collections/{new_collection(size)}"
    put = path + "/points?wait=true"
    headers = {"content-type": "application/json"}
    deep = wire.session.put(wire.url + put, data=nested(128), headers=headers)
    assert deep.ok, deep.text
    assert wire.session.put(wire.url + put, data=nested(129), headers=headers).status_code == 400
    for steps, status in ((128, 200), (129, 400)):
        body = {"filter": {"must": [{"is_null": {"key": ".".join(["k"] * steps)}}]}}
        assert wire.send("POST", path + "/points/count", body).status_code == status
    many = {"points": [{"id": 1, "vector": [[1, 2]] * (1 << 19)}]}
    assert wire.send("PUT", put, many).status_code == 422


def test_collections_have_the_number_that_a_configuration_of_qdrant_says(tmp_path, servers):
    """Those that there are stay, and are served; a snapshot makes none beyond it, either."""
    service = quiver(tmp_path)
    servers.append(service)
    service.start()
    with requests.Session() as session:
        wire = Wire(service.url, session)
        vectors = {"vectors": {"size": 2, "distance": "Dot"}}
        for name in ("a", "b"):
            wire.result("PUT", f"/collections/{name}", vectors)
        snapshot = wire.result("POST", "/collections/a/snapshots")["name"]
        content = requests.get(f"{service.url}/collections/a/snapshots/{snapshot}", timeout=30)
        service.terminate()
        service.settings["QDRANT__STORAGE__MAX_COLLECTIONS"] = "1"
        service.start()
        answer = wire.send("PUT", "/collections/c", vectors)
        assert answer.status_code == 400
        assert "c. Max collections limit reached: 1" in answer.json()["status"]["error"]
        upload = f"{service.url}/collections/c/snapshots/upload?wait=false"
        answer = requests.post(upload, files={"snapshot": content.content}, timeout=30)
        assert answer.status_code == 400 and "Max collections limit" in answer.text
        told = wire.result("GET", "/telemetry")["collections"]
        assert told["number_of_collections"] == 2 and told["max_collections"] == 1
        for name in ("a", "b"):
            wire.result("DELETE", f"/collections/{name}")
        assert requests.post(upload, files={"snapshot": content.content}, timeout=30).ok
