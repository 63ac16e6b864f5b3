"""What was acknowledged is there after any end of the process."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests
from process import clean_environment, quiver, until
from wire import Wire
from writers import SIZE, Writer, check

SEED = int(os.environ.get("QUIVER_TEST_SEED", "20"))
THREADS = 4
CYCLES = 5


@pytest.fixture
def server(tmp_path):
    """A server of this test's own."""
    service = quiver(tmp_path)
    service.start()
    with requests.Session() as session:
        config = {"vectors": {"size": SIZE, "distance": "Euclid"}}
        Wire(service.url, session).result("PUT", "/collections/live", config)
    yield service
    service.kill()


@pytest.fixture
def wire(server):
    with requests.Session() as session:
        yield Wire(server.url, session)


def start_writers(server, acknowledged, seed) -> list[Writer]:
    writers = [Writer(n, server.port, seed, acknowledged[n]) for n in range(THREADS)]
    for writer in writers:
        writer.start()
    return writers


def wait_for_requests(writers, count) -> None:
    """Returns when the writers have had so many answers, so that slow disks are loaded too."""
    while sum(w.requests for w in writers) < count:
        assert all(w.is_alive() for w in writers), [w.refusals for w in writers]
        time.sleep(0.005)


def test_kill_in_the_middle_of_writes(server, wire):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    acknowledged = [{} for _ in range(THREADS)]
    total = 0
    for cycle in range(CYCLES):
        writers = start_writers(server, acknowledged, SEED + cycle)
        wait_for_requests(writers, chance.randrange(40, 400))
        server.kill()
        for writer in writers:
            writer.join()
            assert writer.refusals == []
        total += sum(w.requests for w in writers)
        server.start()
        check(wire, writers)
    assert total >= CYCLES * 40


def test_kill_right_after_an_answer(server, wire):
    """The shortest distance between an acknowledgement and the end."""
    for id in range(6):
        body = {"points": [{"id": id, "vector": [float(id)] * SIZE}]}
        wire.result("PUT", f"/collections/live/points?wait={str(id % 2 == 0).lower()}", body)
        server.kill()
        server.start()
        count = wire.result("POST", "/collections/live/points/count", {})
        assert count == {"count": id + 1}


def test_collections_survive_kill(server, wire):
    named = {
        "vectors": {"a": {"size": 3, "distance": "Cosine"}, "b": {"size": 5, "distance": "Dot"}},
        "sparse_vectors": {"s": {}}, "hnsw_config": {"m": 20}, "metadata": {"k": [1, None]},
    }  # fmt: skip
    wire.result("PUT", "/collections/named", named)
    wire.result("PUT", "/collections/gone", {"vectors": {"size": 3, "distance": "Dot"}})
    wire.result("PUT", "/collections/gone/points", {"points": [{"id": 1, "vector": [1, 2, 3]}]})
    wire.result("PATCH", "/collections/named", {"hnsw_config": {"ef_construct": 55}})
    wire.result("DELETE", "/collections/gone")
    before = wire.result("GET", "/collections/named")["config"]
    assert (before["hnsw_config"]["m"], before["hnsw_config"]["ef_construct"]) == (20, 55)
    server.kill()
    server.start()
    assert wire.result("GET", "/collections/named")["config"] == before
    names = [c["name"] for c in wire.result("GET", "/collections")["collections"]]
    assert sorted(names) == ["live", "named"]
    wire.result("PUT", "/collections/gone", {"vectors": {"size": 3, "distance": "Dot"}})
    assert wire.result("POST", "/collections/gone/points/count", {}) == {"count": 0}


def test_terminate_under_load(server, wire):
    """Readiness ends first, what was accepted is answered, and the exit is clean."""
    acknowledged = [{} for _ in range(THREADS)]
    writers = start_writers(server, acknowledged, SEED)
    wait_for_requests(writers, 100)
    statuses, watching = [], threading.Event()

    def watch() -> None:
        while not watching.is_set():
            statuses.append(server.status("/readyz", timeout=5))
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    until(lambda: statuses)
    server.process.send_signal(signal.SIGTERM)
    code = server.wait(60)
    watching.set()
    watcher.join()
    for writer in writers:
        writer.stopping.set()
        writer.join(60)
        assert set(writer.refusals) <= {503}
    assert code == 0, server.log_tail()
    assert statuses[0] == 200
    assert 503 in statuses, statuses
    after = statuses[statuses.index(503) :]
    assert 200 not in after, after
    server.start()
    check(wire, writers)


def run_to_the_end(service) -> tuple[int, str]:
    """The exit code and the output of a server that is expected not to start."""
    done = subprocess.run(
        service.command, env=clean_environment(service.settings), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_data_directory_in_use(server, tmp_path):
    second = quiver(tmp_path)
    code, output = run_to_the_end(second)
    assert code == 3, output
    assert str(tmp_path / "data") in output
    assert server.status("/readyz") == 200


def test_port_in_use(server, tmp_path):
    """The reason is told, not that the opening of the database was given up for it."""
    other = tmp_path / "other"
    other.mkdir()
    second = quiver(other, QUIVER__SERVICE__HTTP_PORT=str(server.port))
    code, output = run_to_the_end(second)
    assert code == 1, output
    assert f"cannot listen on 127.0.0.1:{server.port}" in output


@pytest.mark.parametrize("setting", ["GRPC_PORT", "METRICS_PORT"])
def test_another_port_in_use(tmp_path, setting):
    """It is named, also while clients come to the port that is open already."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = quiver(tmp_path, **{f"QUIVER__SERVICE__{setting}": str(port)})
        ended = threading.Event()
        clients = [threading.Thread(target=knock, args=(server.port, ended)) for _ in range(4)]
        for client in clients:
            client.start()
        try:
            for _ in range(5):
                code, output = run_to_the_end(server)
                assert code == 1, output
                assert f"cannot listen on 127.0.0.1:{port}" in output
        finally:
            ended.set()
            for client in clients:
                client.join()


def knock(port: int, ended: threading.Event) -> None:
    """Connects again and again, and asks."""
    while not ended.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
                client.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
        except OSError:
            ended.wait(0.0005)


@pytest.mark.parametrize(
    "name,value,told",
    [
        ("QUIVER__SERVICE__HTPP_PORT", "1234",
         "is not a setting of quiver; did you mean QUIVER__SERVICE__HTTP_PORT?"),
        ("QUIVER__SERVICE__HTTP_PORT", "many",
         "must be a whole number from 0 to 65535, not `many`"),
        ("QUIVER__STORAGE__DURABILITY", "sometimes",
         "must be `sync` or `interval:<ms>` with 1 to 60000 ms, not `sometimes`"),
    ],
)  # fmt: skip
def test_wrong_setting(tmp_path, name, value, told):
    code, output = run_to_the_end(quiver(tmp_path, **{name: value}))
    assert code == 2, output
    assert f"{name} {told}" in output


def test_configuration_file(tmp_path):
    config = tmp_path / "config.yaml"
    service = quiver(tmp_path)
    config.write_text(f"service:\n  http_port: {service.port}\n  api_key: from-the-file\n")
    del service.settings["QUIVER__SERVICE__HTTP_PORT"]
    # Its extension may be left out.
    for place in (config, config.with_suffix("")):
        service.command = [*service.command[:2], "--config", str(place)]
        service.start()
        try:
            assert service.status("/collections") == 401
        finally:
            service.kill()
    config.write_text("service:\n  http_prot: 1\n")
    code, output = run_to_the_end(service)
    assert code == 2 and "http_prot" in output, output


def test_a_configuration_that_is_passed_over_is_told_of(tmp_path):
    """Qdrant reads files of these names where it is started."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("service:\n  api_key: passed-over\n")
    service = quiver(tmp_path)
    service.command = ["env", "-C", str(tmp_path), *service.command]
    service.start()
    try:
        assert service.status("/collections") == 200
        assert "--config config/config.yaml has it read" in service.log.read_text()
    finally:
        service.kill()


def test_settings_of_qdrant_are_taken(tmp_path):
    """A Qdrant deployment moves over with its variables; unsupported ones are warned of."""
    service = quiver(tmp_path, QDRANT__SERVICE__API_KEY="moved", QDRANT__CLUSTER__FOO="1")
    port = service.settings.pop("QUIVER__SERVICE__HTTP_PORT")
    service.settings["QDRANT__SERVICE__HTTP_PORT"] = port
    service.start()
    try:
        assert service.status("/collections") == 401
        assert "QDRANT__CLUSTER__FOO" in service.log.read_text()
    finally:
        assert service.terminate() == 0


CASTAGNOLI = [0] * 256
for byte in range(256):
    value = byte
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    CASTAGNOLI[byte] = value


def log_checksum(data: bytes) -> int:
    """The checksum that records of the store's log carry."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ CASTAGNOLI[(value ^ byte) & 0xFF]
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_newer_format(tmp_path):
    """A directory that a later release has written is refused, and nothing is written to it."""
    service = quiver(tmp_path)
    service.start()
    service.kill()
    data = tmp_path / "data"
    assert (data / "FORMAT").read_text() == "1 90f599e3\n"
    # The number and its CRC-32C.
    (data / "FORMAT").write_text("999 ea3b526e\n")
    before = contents(data)
    code, output = run_to_the_end(service)
    assert code == 4, output
    assert "999" in output
    assert contents(data) == before


def test_newer_format_without_a_mark(tmp_path):
    """The number among the data is believed, too."""
    service = quiver(tmp_path)
    service.start()
    service.kill()
    data = tmp_path / "data"
    (data / "FORMAT").unlink()
    log = max(data.glob("*.log"))
    content = bytearray(log.read_bytes())
    # The first record of a new store is its format number.
    place = content.index(b"\x06format\x04\x00\x00\x00\x01")
    content[place + 8 : place + 12] = (999).to_bytes(4, "big")
    length = int.from_bytes(content[4:6], "little")
    content[0:4] = log_checksum(bytes(content[6 : 7 + length])).to_bytes(4, "little")
    log.write_bytes(content)
    code, output = run_to_the_end(service)
    assert code == 4, output
    assert "999" in output


def run_repair(service) -> tuple[int, str]:
    command = [service.command[0], "repair"]
    done = subprocess.run(
        command, env=clean_environment(service.settings), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_damaged_log_and_repair(server, wire, tmp_path):
    """Damage behind which more was written is an error that names the way out, which works."""
    for id in range(200):
        body = {"points": [{"id": id, "vector": [float(id)] * SIZE, "payload": {"n": id}}]}
        wire.result("PUT", "/collections/live/points?wait=true", body)
    code, output = run_repair(server)
    assert code == 3, output
    server.kill()
    log = max((tmp_path / "data").glob("*.log"), key=lambda f: f.stat().st_size)
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    code, output = run_to_the_end(server)
    assert code == 6, output
    assert "quiver repair" in output
    code, output = run_repair(server)
    assert code == 0, output
    assert "collection `live`: 199 points kept, 0 lost" in output, output
    assert "changes in the log that are lost" in output
    assert list((tmp_path / "data").glob("damaged-*/*.log"))
    server.start()
    count = wire.result("POST", "/collections/live/points/count", {})
    assert count == {"count": 199}


def test_requests_while_collections_load(server, wire):
    """The port is open at once; what comes early waits for its collection or hears when to ask."""
    wide = {"vectors": {"size": 512, "distance": "Dot"}}
    wire.result("PUT", "/collections/wide", wide)
    for start in range(0, 6000, 500):
        points = [{"id": id, "vector": [id / 8] * 512} for id in range(start, start + 500)]
        wire.result("PUT", "/collections/wide/points?wait=true", {"points": points})
    server.kill()
    started = time.monotonic()
    server.process = subprocess.Popen(
        server.command, env=clean_environment(server.settings), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seen = set()
    while time.monotonic() - started < 120:
        try:
            ready = requests.get(f"{server.url}/readyz", timeout=60)
            answer = requests.post(
                f"{server.url}/collections/wide/points/count", json={}, timeout=60
            )
        except requests.ConnectionError:
            continue
        seen.add(answer.status_code)
        if answer.status_code == 200:
            # Never a count of what is loaded so far.
            assert answer.json()["result"] == {"count": 6000}
            break
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1
        assert ready.status_code == 503 and "not ready: " in ready.text
    assert 200 in seen and seen <= {200, 503}, seen
