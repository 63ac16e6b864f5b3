"""Recoveries of snapshots: through kills, beside other work, of a whole server."""

import hashlib
import os
import pathlib
import re
import threading
import time

import pytest
import requests
from process import cpu_seconds, quiver
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse
from snapshot_service import (  # noqa: F401
    everything, folder, location, make, own, own_wire,
)  # fmt: skip
from wire import Wire


def test_kill_during_recovery(service, own):
    """Before the end of a recovery the old collection is there, after it the new one."""
    make(own, count=4000, size=512)
    made = own.create_snapshot("things")
    full = own.count("things").count
    began = cpu_seconds(service)
    assert own.recover_snapshot("things", location(service, made))
    whole = cpu_seconds(service) - began
    own.delete("things", [1, 2, 3], wait=True)
    sizes = []
    for part in [0.1, 0.3, 0.5, 0.7, 0.9, 1.5]:
        before = own.count("things").count

        def recover():
            try:
                requests.put(
                    f"{service.url}/collections/things/snapshots/recover",
                    json={"location": location(service, made)}, timeout=60,
                )  # fmt: skip
            except requests.RequestException:
                pass

        goal = cpu_seconds(service) + part * whole
        thread = threading.Thread(target=recover)
        thread.start()
        # So far into the work, however long it takes; or at its end.
        while thread.is_alive() and cpu_seconds(service) < goal:
            time.sleep(0.001)
        service.kill()
        thread.join()
        service.start()
        after = own.count("things").count
        assert after in (before, full)
        assert len(everything(own)) == after
        sizes.append(after)
        if after == full:
            own.delete("things", [1, 2, 3], wait=True)
    print(sizes)
    assert own.recover_snapshot("things", location(service, made))
    assert own.count("things").count == full


def test_writes_and_reads_go_on(service, own, own_wire):
    make(own, count=2000, size=256)
    refusals = []
    stop = threading.Event()

    def work(number):
        with requests.Session() as session:
            wire = Wire(service.url, session)
            while not stop.is_set():
                body = {"points": [{"id": 10**6 + number, "vector": {"b": [1.0, number]}}]}
                for answer in [
                    wire.send("PUT", "/collections/things/points?wait=true", body),
                    wire.send("POST", "/collections/things/points/query", {
                        "query": [3.0, 1.0], "using": "b", "limit": 3, "with_payload": True}),
                    wire.send("POST", "/collections/things/points/scroll", {"limit": 5}),
                ]:  # fmt: skip
                    if answer.status_code != 200:
                        refusals.append(answer.text)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(3):
            made = own.create_snapshot("things")
            assert own.recover_snapshot("things", location(service, made))
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert refusals == []


def test_a_whole_server(service, own, tmp_path):
    make(own)
    make(own, "more", count=20)
    before = everything(own), everything(own, "more")
    assert own.list_full_snapshots() == []
    made = own.create_full_snapshot()
    assert re.fullmatch(r"full-snapshot-\d{16}-\d{4}(-\d\d){5}\.snapshot", made.name)
    assert own.list_full_snapshots() == [made]
    content = requests.get(f"{service.url}/snapshots/{made.name}", timeout=60).content
    assert hashlib.sha256(content).hexdigest() == made.checksum
    assert [p.name for p in folder(service).iterdir() if p.is_dir()] == []
    file = tmp_path / "downloaded.snapshot"
    file.write_bytes(content)

    home = tmp_path / "second"
    home.mkdir()
    second = quiver(home)
    second.command += ["--snapshot", str(file)]
    second.start()
    try:
        client = QdrantClient(url=second.url, timeout=60)
        assert (everything(client), everything(client, "more")) == before
        second.terminate()
        with pytest.raises(RuntimeError, match="is not empty") as refusal:
            second.start()
        assert "exited with 2" in str(refusal.value)
        second.command = second.command[:-2]
        second.start()
        assert (everything(client), everything(client, "more")) == before
        client.close()
    finally:
        second.kill()
    third = quiver(tmp_path / "second")
    third.settings["QUIVER__STORAGE__STORAGE_PATH"] = str(tmp_path / "third")
    third.command += ["--snapshot", str(file)]
    damaged, newer = bytearray(content), bytearray(content)
    damaged[len(content) // 3] ^= 4
    file.write_bytes(damaged)
    with pytest.raises(RuntimeError, match="damaged"):
        third.start()
    # The format stands behind eight letters.
    assert newer[:12] == b"QUIVSNAP\0\0\0\1"
    newer[11] = 2
    file.write_bytes(newer)
    with pytest.raises(RuntimeError, match="has format 2, this release reads") as refusal:
        third.start()
    assert "exited with 4" in str(refusal.value)
    assert own.delete_full_snapshot(made.name)
    assert own.list_full_snapshots() == []


def test_memory_is_flat(service, own, own_wire):
    """A snapshot far larger than a few frames moves through the server in little memory."""
    own.create_collection(
        "big", vectors_config=models.VectorParams(size=4, distance=models.Distance.DOT)
    )
    filler = os.urandom(40_000).hex()
    for start in range(0, 2000, 200):
        points = [
            models.PointStruct(id=id, vector=[1, 2, 3, id], payload={"filler": f"{id}{filler}"})
            for id in range(start, start + 200)
        ]
        own.upsert("big", points, wait=True)

    def resident():
        text = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1]) // 1024

    service.terminate()
    service.start()
    before = resident()
    made = own.create_snapshot("big")
    assert made.size > 150 << 20
    checksum = hashlib.sha256()
    path = f"{service.url}/collections/big/snapshots/{made.name}"
    with requests.get(path, stream=True, timeout=60) as answer:
        for chunk in answer.iter_content(1 << 20):
            checksum.update(chunk)
    assert checksum.hexdigest() == made.checksum
    grown = resident() - before
    print(f"{made.size >> 20} MiB, {before} MiB resident before, {grown} MiB more at most")
    assert grown < 100


def test_recover_from_a_url(service, own, tmp_path):
    """Off by default; permitted, one server fetches a snapshot from another."""
    make(own)
    before = everything(own)
    made = own.create_snapshot("things")
    url = f"{service.url}/collections/things/snapshots/{made.name}"
    home = tmp_path / "second"
    home.mkdir()
    second = quiver(home, QUIVER__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY="true")
    second.start()
    try:
        client = QdrantClient(url=second.url, timeout=60)
        assert client.recover_snapshot("things", location=url, checksum=made.checksum)
        assert everything(client) == before
        for location, checksum in [
            (url + "x", None),
            (service.url + "/readyz", None),
            (url, "0" * 64),
        ]:
            with pytest.raises(UnexpectedResponse) as refusal:
                client.recover_snapshot("things", location=location, checksum=checksum)
            assert refusal.value.status_code == 400
        assert everything(client) == before
        client.close()
        assert list(folder(second).glob("upload-*")) == []
    finally:
        second.kill()
