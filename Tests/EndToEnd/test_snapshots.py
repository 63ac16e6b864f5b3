"""Snapshots of collections and of the whole server, made and recovered by the real client."""

import hashlib
import os
import pathlib
import re
import threading
import time

import pytest
import requests
from process import quiver
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse
from wire import Wire

SIZE = 64
UUID = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


@pytest.fixture
def service(tmp_path):
    """A server of this test's own, started, with its snapshots beside its data."""
    service = quiver(tmp_path)
    service.start()
    yield service
    service.kill()


@pytest.fixture
def own(service):
    client = QdrantClient(url=service.url, timeout=120)
    yield client
    client.close()


@pytest.fixture
def own_wire(service):
    with requests.Session() as session:
        yield Wire(service.url, session)


def folder(service) -> pathlib.Path:
    return pathlib.Path(service.settings["QUIVER__STORAGE__STORAGE_PATH"]).parent / "snapshots"


def make(client, name="things", count=300, size=SIZE):
    vectors = {
        "a": models.VectorParams(size=size, distance=models.Distance.COSINE),
        "b": models.VectorParams(size=2, distance=models.Distance.EUCLID),
    }
    client.create_collection(name, vectors_config=vectors)
    for start in range(0, count, 500):
        points = [
            models.PointStruct(
                id=UUID if id == 7 else id,
                vector={"a": [float(id + k % 5 + 1) for k in range(size)], "b": [id, 1.0]}
                if id % 3
                else {"b": [id, 2.0]},
                payload={"of": name, "n": id, "text": "käse" * (id % 4)},
            )
            for id in range(start, min(count, start + 500))
        ]
        client.upsert(name, points, wait=True)


def everything(client, name="things"):
    records, _ = client.scroll(name, limit=100_000, with_payload=True, with_vectors=True)
    return [(r.id, r.payload, r.vector) for r in records]


def location(service, snapshot, name="things") -> str:
    return (folder(service) / name / snapshot.name).as_uri()


def test_a_collection_through_the_client(service, own):
    make(own)
    before = everything(own)
    assert own.list_snapshots("things") == []
    made = own.create_snapshot("things")
    assert re.fullmatch(r"things-\d{16}-\d{4}(-\d\d){5}\.snapshot", made.name)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", made.creation_time)
    assert own.list_snapshots("things") == [made]
    own.delete("things", models.FilterSelector(filter=models.Filter()), wait=True)
    assert everything(own) == []
    assert own.recover_snapshot(
        "things", location(service, made), checksum=made.checksum,
        priority=models.SnapshotPriority.SNAPSHOT,
    )  # fmt: skip
    assert everything(own) == before
    assert own.recover_snapshot("copy", location(service, made))
    assert everything(own, "copy") == before
    assert own.get_collection("copy").config == own.get_collection("things").config
    hits = own.query_points("copy", query=[5.0, 1.0], using="b", limit=1).points
    assert [h.id for h in hits] == [5]
    service.kill()
    service.start()
    assert everything(own) == everything(own, "copy") == before
    assert own.delete_snapshot("things", made.name)
    assert own.list_snapshots("things") == []
    assert os.listdir(folder(service) / "things") == []
    with pytest.raises(UnexpectedResponse) as refusal:
        own.delete_snapshot("things", made.name)
    assert refusal.value.status_code == 404


def test_download_and_upload(service, own, own_wire, tmp_path):
    make(own)
    before = everything(own)
    made = own.create_snapshot("things")
    path = f"/collections/things/snapshots/{made.name}"
    answer = own_wire.send("GET", path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert len(answer.content) == made.size == int(answer.headers["content-length"])
    assert hashlib.sha256(answer.content).hexdigest() == made.checksum
    url = f"{service.url}/collections/uploaded/snapshots/upload"

    def upload(content, query="", part="snapshot"):
        files = {"other": ("x", b"--no--\r\n"), part: ("name.snapshot", content)}
        return requests.post(url + query, files=files, timeout=60)

    good = upload(answer.content, f"?wait=true&priority=snapshot&checksum={made.checksum}")
    assert (good.status_code, good.json()["result"]) == (200, True)
    assert everything(own, "uploaded") == before
    flipped = bytearray(answer.content)
    flipped[len(flipped) // 2] ^= 1
    for content, query, part in [
        (bytes(flipped), "", "snapshot"),
        (answer.content[:-40], "", "snapshot"),
        (b"", "", "snapshot"),
        (os.urandom(70_000), "", "snapshot"),
        (answer.content, "?checksum=" + "0" * 64, "snapshot"),
        (answer.content, "?priority=none", "snapshot"),
        (answer.content, "", "another"),
    ]:
        refused = upload(content, query, part)
        assert refused.status_code == 400, refused.text
        assert refused.json()["status"]["error"]
    raw = requests.post(url, data=answer.content, timeout=60)
    assert raw.status_code == 400
    assert everything(own, "uploaded") == before
    assert [p.name for p in folder(service).iterdir() if p.is_file()] == []


def test_without_waiting(service, own, own_wire):
    make(own)
    for method, path, body in [
        ("POST", "/collections/things/snapshots?wait=false", None),
        ("POST", "/snapshots?wait=false", None),
    ]:
        answer = own_wire.send(method, path, body)
        assert answer.status_code == 202
        assert set(answer.json()) == {"status", "time"}
        assert answer.json()["status"] == "accepted"

    def wait_for(check):
        deadline = time.monotonic() + 30
        while not check() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert check()

    wait_for(lambda: own.list_snapshots("things") and own.list_full_snapshots())
    made = own.list_snapshots("things")[0]
    body = {"location": location(service, made)}
    answer = own_wire.send("PUT", "/collections/late/snapshots/recover?wait=false", body)
    assert answer.status_code == 202
    wait_for(lambda: own.collection_exists("late"))
    assert own.count("late").count == 300


def test_nothing_outside_the_folder(service, own, own_wire, tmp_path):
    make(own, count=10)
    made = own.create_snapshot("things")
    secret = tmp_path / "secret.snapshot"
    secret.write_bytes((folder(service) / "things" / made.name).read_bytes())
    (folder(service) / "things" / "link.snapshot").symlink_to(secret)
    for name in ["..%2F..%2Fsecret.snapshot", "..%2f" + "things%2F" + made.name, "%2Fetc%2Fpasswd"]:
        for method in ["GET", "DELETE"]:
            for base in ["/collections/things/snapshots/", "/snapshots/"]:
                assert own_wire.send(method, base + name).status_code == 404, name
    for name in ["link.snapshot", "none.snapshot", made.name + ".checksum"]:
        answer = own_wire.send("GET", "/collections/things/snapshots/" + name)
        assert answer.status_code in (404, 500), name
        assert b"QUIVSNAP" not in answer.content
    inside = (folder(service) / "things").as_uri()
    for where, status in [
        (secret.as_uri(), 403),
        ("file:///etc/passwd", 403),
        ("file:///does/not/exist", 400),
        (inside + "/../../secret.snapshot", 403),
        (inside + "/%2e%2e/%2e%2e/secret.snapshot", 403),
        (inside + "/link.snapshot", 403),
        (inside + "/none.snapshot", 400),
        (inside, 400),
        ("file://host/x", 400),
        ("file://localhost/etc/passwd", 403),
        ("things.snapshot", 400),
        ("http://127.0.0.1:1/x.snapshot", 403),
        ("https://127.0.0.1:1/x.snapshot", 403),
    ]:
        answer = own_wire.send("PUT", "/collections/new/snapshots/recover", {"location": where})
        assert answer.status_code == status, (where, answer.text)
        prefix = "Forbidden: " if status == 403 else "Bad request: "
        assert answer.json()["status"]["error"].startswith(prefix), answer.text
    assert not own.collection_exists("new")
    assert secret.exists()
    assert own_wire.send("GET", "/collections/..%2F/snapshots").status_code == 422
    own_wire.send("PUT", "/collections/%2E%2E", {"vectors": {"size": 2, "distance": "Dot"}})
    answer = own_wire.send("GET", "/collections/%2E%2E/snapshots")
    assert answer.status_code in (403, 404)


def test_other_vectors_do_not_fit(service, own, own_wire):
    make(own, count=10)
    made = own.create_snapshot("things")
    own.create_collection(
        "other", vectors_config=models.VectorParams(size=3, distance=models.Distance.DOT)
    )
    body = {"location": location(service, made)}
    answer = own_wire.send("PUT", "/collections/other/snapshots/recover", body)
    assert answer.status_code == 400
    assert "not compatible with existing collection" in answer.json()["status"]["error"]
    answer = own_wire.send("POST", "/collections/none/snapshots")
    assert answer.status_code == 404


def test_keys(tmp_path):
    service = quiver(
        tmp_path, QUIVER__SERVICE__API_KEY="all", QUIVER__SERVICE__READ_ONLY_API_KEY="read"
    )
    service.start()
    try:
        # A key for reading lists and downloads snapshots, and makes and takes none.
        for method, path, reader in [
            ("GET", "/snapshots", 200), ("POST", "/snapshots", 403),
            ("GET", "/snapshots/a.snapshot", 404), ("DELETE", "/snapshots/a.snapshot", 403),
            ("GET", "/collections/c/snapshots", 404), ("POST", "/collections/c/snapshots", 403),
            ("PUT", "/collections/c/snapshots/recover", 403),
            ("POST", "/collections/c/snapshots/upload", 403),
            ("GET", "/collections/c/snapshots/a.snapshot", 404),
            ("DELETE", "/collections/c/snapshots/a.snapshot", 403),
        ]:  # fmt: skip
            for key, status in [(None, 401), ("read", reader)]:
                headers = {"api-key": key} if key else {}
                answer = requests.request(
                    method, service.url + path, headers=headers, timeout=10
                )
                assert answer.status_code == status, (method, path, key)
        answer = requests.get(service.url + "/snapshots", headers={"api-key": "all"}, timeout=10)
        assert answer.json()["result"] == []
    finally:
        service.kill()


def test_kill_during_recovery(service, own):
    """Before the end of a recovery the old collection is there, after it the new one."""
    make(own, count=4000, size=512)
    made = own.create_snapshot("things")
    full = own.count("things").count
    began = time.monotonic()
    assert own.recover_snapshot("things", location(service, made))
    whole = time.monotonic() - began
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

        thread = threading.Thread(target=recover)
        thread.start()
        time.sleep(part * whole)
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
    content = bytearray(content)
    content[len(content) // 3] ^= 4
    file.write_bytes(content)
    third = quiver(tmp_path / "second")
    third.settings["QUIVER__STORAGE__STORAGE_PATH"] = str(tmp_path / "third")
    third.command += ["--snapshot", str(file)]
    with pytest.raises(RuntimeError, match="damaged"):
        third.start()
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
