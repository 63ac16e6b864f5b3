"""Snapshots of collections, made, moved and recovered by the real client."""

import hashlib
import os
import re

import pytest
import requests
from process import quiver, until
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse
from snapshot_service import (  # noqa: F401
    everything, folder, location, make, own, own_wire,
)  # fmt: skip


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


def test_work_that_goes_on_is_told_by_those_who_ask(own, own_wire):
    make(own, count=3000)
    make(own, name="other", count=3)
    path = "/collections/things/snapshots"

    def running(path=path):
        return own_wire.send("GET", path + "?progress=true").json()["running"]

    assert running() == []
    assert "running" not in own_wire.send("GET", path).json()
    assert own_wire.send("GET", path + "?progress=x").status_code == 400
    name = own.create_snapshot("things").name
    body = {"location": f"snapshot:{name}"}
    for kind, method, target, of in (
        ("create", "POST", path, None), ("recover", "PUT", path + "/recover", body),
        ("create", "POST", "/snapshots", None),
    ):  # fmt: skip
        asked = path if target.startswith(path) else target

        def told():
            # Enough that some of it waits while the list is read.
            for _ in range(4):
                answer = own_wire.send(method, target + "?wait=false", of)
                assert answer.status_code in (202, 503), answer.text
            assert running("/collections/other/snapshots") == []
            return running(asked)

        for work in until(told, 60):
            assert work["kind"] == kind and 0 <= work["progress"] <= 1
        until(lambda: running(asked) == [], 60)


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


#: Parts of a file that may be asked for, and what they are.
PARTS = {
    "bytes=0-0": slice(0, 1), "bytes=100-199": slice(100, 200), "bytes=1000-": slice(1000, None),
    "bytes=-5": slice(-5, None), "Bytes=7-99999999999999999999999": slice(7, None),
    "bytes=-99999999999999999999999": slice(0, None),
}  # fmt: skip
NO_PARTS = (
    "bytes=5-4", "bytes=", "bytes=-", "bytes=a-b", "bytes=+1-2", "lines=0-1", "bytes 0-1",
    "bytes=0-1,4-5", "bytes=0-1-2",
)  # fmt: skip


def test_a_download_goes_on_where_it_ended(service, own):
    make(own)
    url = f"{service.url}/collections/things/snapshots/{own.create_snapshot('things').name}"

    def download(**headers):
        answer = requests.get(url, headers=headers, timeout=60)
        assert int(answer.headers["content-length"]) == len(answer.content)
        return answer.status_code, answer.headers.get("content-range"), answer.content

    whole = requests.get(url, timeout=60)
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    content = whole.content
    size = len(content)
    for wanted, part in PARTS.items():
        first, end, _ = part.indices(size)
        told = f"bytes {first}-{end - 1}/{size}"
        assert download(range=wanted) == (206, told, content[part]), wanted
    # What says nothing gets the whole, and so does who knows another file.
    for wanted in NO_PARTS:
        assert download(range=wanted) == (200, None, content), wanted
    head = requests.head(url, headers={"range": "bytes=0-1"}, timeout=60)
    assert (head.status_code, int(head.headers["content-length"])) == (200, size)
    condition = {"range": "bytes=0-1", "if-range": '"another"'}
    assert download(**condition) == (200, None, content)
    for wanted in (f"bytes={size}-", "bytes=-0", "bytes=99999999999999999999-"):
        assert download(range=wanted) == (416, f"bytes */{size}", b""), wanted


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

    until(lambda: own.list_snapshots("things") and own.list_full_snapshots())
    made = own.list_snapshots("things")[0]
    body = {"location": location(service, made)}
    answer = own_wire.send("PUT", "/collections/late/snapshots/recover?wait=false", body)
    assert answer.status_code == 202
    until(lambda: own.collection_exists("late"))
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
        assert answer.status_code == 404, (name, answer.text)
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
    assert answer.status_code == 404, answer.text


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
                    method, service.url + path, headers=headers, timeout=60
                )
                assert answer.status_code == status, (method, path, key)
        answer = requests.get(service.url + "/snapshots", headers={"api-key": "all"}, timeout=60)
        assert answer.json()["result"] == []
    finally:
        service.kill()
