"""Import, export and migration: with the real clients, and through crashes of both ends."""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import threading
import time

import numpy
import pytest
import requests
from process import binary, clean_environment, free_port, quiver
from qdrant_client import QdrantClient, models

DIMENSION = 16


@pytest.fixture
def second(tmp_path):
    """Another server of this test's own, to move points to."""
    (tmp_path / "second").mkdir()
    service = quiver(tmp_path / "second")
    service.start()
    yield service
    service.kill()


@pytest.fixture
def own(tmp_path):
    """A server of this test's own, which it may kill."""
    (tmp_path / "own").mkdir()
    service = quiver(tmp_path / "own")
    service.start()
    yield service
    service.kill()


def start(*arguments, **environment) -> subprocess.Popen:
    return subprocess.Popen(
        [str(binary("quiver")), *map(str, arguments)], env=clean_environment(environment),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def run(*arguments, code: int = 0, **environment) -> tuple[str, str]:
    """What a command that must end with the code says on both channels."""
    process = start(*arguments, **environment)
    out, error = process.communicate(timeout=120)
    assert process.returncode == code, f"{process.returncode}\n{out}\n{error}"
    return out, error


def points(count: int, seed: int = 7):
    """Points as JSON objects; every tenth has a UUID."""
    chance = random.Random(seed)
    for number in range(count):
        id = number if number % 10 else f"00000000-0000-4000-8000-{number:012d}"
        payload = {"n": number, "text": f"línea {number} \"x\"", "nested": {"b": [1, 2.5, None]}}
        vector = [round(chance.uniform(-1, 1), 6) for _ in range(DIMENSION)]
        yield {"id": id, "vector": vector, "payload": payload if number % 7 else {}}


def write_lines(path: pathlib.Path, objects) -> pathlib.Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return path


def contents(client: QdrantClient, collection: str) -> dict:
    """Every point by its id, read with the real client."""
    found, offset = {}, None
    while True:
        page, offset = client.scroll(
            collection, limit=500, offset=offset, with_payload=True, with_vectors=True
        )
        found |= {str(p.id): (p.vector, p.payload) for p in page}
        if offset is None:
            return found


def test_import_makes_what_the_client_reads(server, client, tmp_path):
    given = list(points(1000))
    file = write_lines(tmp_path / "points.jsonl", given)
    out, error = run(
        "import", file, "--collection", "imported", "--url", server.url, "--distance", "Dot"
    )
    assert "1,000 points imported" in out and "collection imported made" in error
    found = contents(client, "imported")
    assert len(found) == 1000
    for point in given:
        vector, payload = found[str(point["id"])]
        assert vector == pytest.approx(point["vector"], abs=1e-6)
        assert payload == point["payload"]
    assert not list(tmp_path.glob("*.import*"))
    client.delete_collection("imported")


@pytest.mark.parametrize("type", ["float16", "float32", "float64"])
def test_import_of_a_matrix_with_payloads(server, client, tmp_path, type):
    rows = numpy.random.default_rng(3).normal(size=(700, DIMENSION)).astype(type)
    numpy.save(tmp_path / "rows.npy", rows)
    payloads = write_lines(
        tmp_path / "rows.jsonl", [{"row": n} if n % 3 else None for n in range(700)]
    )
    run("import", tmp_path / "rows.npy", "--payloads", payloads, "--collection", "matrix",
        "--url", server.url, "--distance", "Euclid", "--first-id", "5")  # fmt: skip
    found = contents(client, "matrix")
    assert len(found) == 700
    for n in range(700):
        vector, payload = found[str(n + 5)]
        assert vector == [float(numpy.float32(x)) for x in rows[n]] or vector == pytest.approx(
            rows[n].astype("float32").tolist(), rel=1e-6
        )
        assert payload == ({"row": n} if n % 3 else {})
    client.delete_collection("matrix")


def test_import_says_which_record_is_wrong(server, client, tmp_path):
    lines = [json.dumps(p) for p in points(20)]
    for bad, word in [("{\"id\": 3", "record 11"), ("[]", "one object"),
                      ('{"id": 3}', "`vector`"), ('{"id":1,"vector":[1],"x":2}', "`x`")]:
        file = tmp_path / "bad.jsonl"
        file.write_text("\n".join(lines[:10] + [bad] + lines[10:]))
        _, error = run("import", file, "--collection", "bad", "--url", server.url, code=1)
        assert word in error and "11" in error, error
    wrong = {"id": 5, "vector": [1.0, 2.0], "payload": {}}
    write_lines(tmp_path / "short.jsonl", [*points(3), wrong])
    _, error = run("import", tmp_path / "short.jsonl", "--collection", "bad",
                   "--url", server.url, code=1)  # fmt: skip
    assert "expected dim: 16, got 2" in error and "HTTP 400" in error
    numpy.save(tmp_path / "rows.npy", numpy.zeros((5, 3), "float32"))
    write_lines(tmp_path / "four.jsonl", [{}] * 4)
    _, error = run("import", tmp_path / "rows.npy", "--payloads", tmp_path / "four.jsonl",
                   "--collection", "bad4", "--url", server.url, code=1)  # fmt: skip
    assert "4 lines for" in error
    client.delete_collection("bad")
    client.delete_collection("bad4")


def kill_when(process: subprocess.Popen, condition, seconds: float = 60) -> None:
    """Kills the process without warning as soon as the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def count(service, collection: str) -> int:
    answer = requests.post(
        f"{service.url}/collections/{collection}/points/count", json={"exact": True}, timeout=10
    )
    return answer.json()["result"]["count"] if answer.status_code == 200 else 0


def test_import_goes_on_after_both_ends_were_killed(own, tmp_path):
    given = list(points(6000))
    file = write_lines(tmp_path / "points.jsonl", given)
    command = ("import", file, "--collection", "c", "--url", own.url, "--batch", "20")
    record = tmp_path / "points.jsonl.import"
    kill_when(start(*command), lambda: count(own, "c") > 500)
    first = json.loads(record.read_text())["records"]
    assert 0 < first < 6000
    # The server goes down under the second run and comes back; the tool waits for it.
    tool = start(*command)
    while count(own, "c") < first + 500:
        assert tool.poll() is None, tool.communicate()
        time.sleep(0.002)
    own.kill()
    time.sleep(0.5)
    assert tool.poll() is None, tool.communicate()
    own.start()
    out, error = tool.communicate(timeout=120)
    assert tool.returncode == 0, error
    assert f"going on after {first:,} records" in error
    imported = int(re.search(r"([\d,]+) points imported", out)[1].replace(",", ""))
    assert imported == 6000 - first, "the second run must not begin anew"
    found = contents(QdrantClient(url=own.url), "c")
    assert len(found) == 6000
    assert all(found[str(p["id"])][1] == p["payload"] for p in given)
    assert not record.exists()


def test_import_begins_anew_when_the_server_lost_its_data(own, tmp_path):
    file = write_lines(tmp_path / "points.jsonl", points(3000))
    command = ("import", file, "--collection", "c", "--url", own.url, "--batch", "20")
    kill_when(start(*command), lambda: count(own, "c") > 100)
    requests.delete(f"{own.url}/collections/c", timeout=10)
    out, error = run(*command)
    assert "beginning anew" in error and "3,000 points imported" in out
    assert count(own, "c") == 3000


def test_export_and_import_give_the_same_collection(server, client, second, tmp_path):
    vectors = {
        "text": models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE),
        "image": models.VectorParams(size=3, distance=models.Distance.EUCLID),
    }
    client.create_collection("named", vectors, metadata={"owner": "me"})
    client.upsert("named", [
        models.PointStruct(
            id=p["id"], payload=p["payload"],
            vector={"text": p["vector"], "image": [1.0, float(n), 3.0]} if n % 2 else
            {"text": p["vector"]})
        for n, p in enumerate(points(900))])  # fmt: skip
    file = tmp_path / "named.jsonl"
    out, _ = run("export", file, "--collection", "named", "--url", server.url, "--batch", "100")
    assert "900 points of named exported" in out
    ids = [json.loads(line)["id"] for line in file.read_text().splitlines()]
    assert ids == sorted(ids, key=lambda id: (isinstance(id, str), id)) and len(ids) == 900
    run("import", file, "--collection", "named", "--url", second.url)
    copy = QdrantClient(url=second.url)
    assert contents(copy, "named") == contents(client, "named")
    assert copy.get_collection("named").config == client.get_collection("named").config
    _, error = run("export", file, "--collection", "named", "--url", server.url, code=1)
    assert "is there already" in error
    client.delete_collection("named")


def test_export_goes_on_after_a_kill(own, tmp_path):
    write_lines(tmp_path / "in.jsonl", points(5000))
    run("import", tmp_path / "in.jsonl", "--collection", "c", "--url", own.url)
    out_file = tmp_path / "out.jsonl"
    partial = tmp_path / "out.jsonl.partial"
    command = ("export", out_file, "--collection", "c", "--url", own.url, "--batch", "10")
    kill_when(start(*command), lambda: partial.exists() and partial.stat().st_size > 60_000)
    assert not out_file.exists()
    # As a crash of the machine may leave it: the last line is not whole.
    os.truncate(partial, partial.stat().st_size - 17)
    whole = partial.read_bytes().count(b"\n")
    out, error = run(*command)
    assert f"going on after {whole:,} points" in error
    lines = out_file.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 5000
    assert not partial.exists()


def fill(client: QdrantClient, name: str, amount: int, **options) -> None:
    client.create_collection(
        name, models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE), **options
    )
    for start in range(0, amount, 500):
        batch = list(points(amount))[start : start + 500]
        client.upsert(name, [models.PointStruct(**point) for point in batch])


def test_migration_copies_everything_and_compares(server, client, second, tmp_path):
    fill(client, "one", 1500, metadata={"a": 1}, hnsw_config=models.HnswConfigDiff(m=20))
    fill(client, "two", 300)
    record = tmp_path / "record.json"
    command = ("migrate", "--from", server.url, "--to", second.url, "--checkpoint", record,
               "--collection", "one", "--collection", "two")  # fmt: skip
    out, _ = run(*command)
    assert re.search(r"one: 1,500 points on both, checksum [0-9a-f]{16}", out)
    assert re.search(r"two: 300 points on both, checksum [0-9a-f]{16}", out)
    copy = QdrantClient(url=second.url)
    for name in ("one", "two"):
        assert contents(copy, name) == contents(client, name)
        assert copy.get_collection(name).config == client.get_collection(name).config
    assert not record.exists()
    _, error = run(*command, code=1)
    assert "already" in error and "--add-to-existing" in error
    run(*command, "--add-to-existing")
    client.delete_collection("one")
    client.delete_collection("two")


def test_migration_goes_on_after_all_three_were_killed(own, second, tmp_path):
    source = QdrantClient(url=own.url)
    fill(source, "c", 4000)
    record = tmp_path / "record.json"
    command = ("migrate", "--from", own.url, "--to", second.url, "--checkpoint", record,
               "--batch", "20")  # fmt: skip
    kill_when(start(*command), lambda: count(second, "c") > 300)
    copied = json.loads(record.read_text())["collections"]["c"]["copied"]
    assert 0 < copied < 4000
    tool = start(*command)
    for service, goal in ((second, copied + 500), (own, copied + 1500)):
        while count(second, "c") < goal:
            assert tool.poll() is None, tool.communicate()
            time.sleep(0.002)
        service.kill()
        time.sleep(0.2)
        service.start()
    out, error = tool.communicate(timeout=120)
    assert tool.returncode == 0, error
    assert f"going on after {copied:,} points" in error
    assert "c: 4,000 points on both" in out
    assert contents(QdrantClient(url=second.url), "c") == contents(source, "c")


def test_migration_notices_what_differs(server, client, second, tmp_path):
    fill(client, "c", 400)
    record = tmp_path / "record.json"
    command = ("migrate", "--from", server.url, "--to", second.url, "--checkpoint", record,
               "--collection", "c")  # fmt: skip
    run(*command)
    copy = QdrantClient(url=second.url)
    copy.set_payload("c", {"n": -1}, points=[7])
    copy.delete("c", points_selector=[8])
    copy.upsert("c", [models.PointStruct(id=100_000, vector=[1.0] * DIMENSION)])
    # A record that says all is copied, as a run leaves it that ended before it compared.
    done = {"from": server.url, "to": second.url,
            "collections": {"c": {"copied": 400, "complete": True}}}  # fmt: skip
    record.write_text(json.dumps(done))
    _, error = run(*command, code=1)
    for words in ("7 differs", "8 is missing", "100000 is only on the target", "3 differ"):
        assert words in error, error
    copy.delete("c", points_selector=[100_000])
    out, _ = run(*command)
    assert "c: 400 points on both" in out
    client.delete_collection("c")


def test_migration_refuses_what_does_not_fit(server, client, second, tmp_path):
    fill(client, "c", 10)
    QdrantClient(url=second.url).create_collection(
        "c", models.VectorParams(size=3, distance=models.Distance.COSINE)
    )
    record = tmp_path / "r.json"
    for arguments, words in [
        (("--collection", "c"), "other vectors"),
        (("--collection", "none"), "no collection none"),
    ]:
        _, error = run("migrate", "--from", server.url, "--to", second.url,
                       "--checkpoint", record, *arguments, code=1)  # fmt: skip
        assert words in error
    _, error = run("migrate", "--from", server.url, "--to", server.url, code=1)
    assert "same server" in error
    client.delete_collection("c")


class Counterpart(threading.Thread):
    """A Qdrant with payload indexes and aliases, as far as a migration asks for them."""

    def __init__(self):
        super().__init__(daemon=True)
        import http.server

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(size)
                key = self.headers.get("api-key")
                result, status = Counterpart.result(self.path), 200
                if key != "from-key":
                    result, status = None, 401
                body = json.dumps(
                    {"result": result, "status": "ok"} if status == 200 else
                    {"status": {"error": "Must provide an API key"}}).encode()  # fmt: skip
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer

        self.port = free_port()
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.url = f"http://127.0.0.1:{self.port}"

    @staticmethod
    def result(path: str):
        if path == "/collections":
            return {"collections": [{"name": name} for name in ("a-strange-one", "c")]}
        if path == "/aliases":
            return {"aliases": [{"alias_name": "newest", "collection_name": "c"}]}
        if path.endswith("/count"):
            return {"count": 1}
        if path.endswith("/scroll"):
            point = {"id": 1, "vector": [1.0, 0.0], "payload": {"city": "Bonn"}}
            return {"points": [point], "next_page_offset": None}
        params = {"vectors": {"size": 2, "distance": "Dot"}, "shard_number": 1,
                  "replication_factor": 1, "read_fan_out_factor": 1}  # fmt: skip
        if "strange" in path:
            params["vectors"]["distance"] = "Hamming"
        return {
            "status": "green", "points_count": 1,
            "config": {"params": params, "hnsw_config": {"m": 16}, "optimizer_config": {}},
            "payload_schema": {"city": {"data_type": "keyword", "points": 1}},
        }  # fmt: skip

    def run(self):
        self.http.serve_forever()


def test_migration_with_payload_indexes_aliases_and_keys(tmp_path):
    counterpart = Counterpart()
    counterpart.start()
    target = quiver(tmp_path, QUIVER__SERVICE__API_KEY="to-key")
    target.start()
    secret = tmp_path / "to-key"
    secret.write_text("to-key\n")
    try:
        command = ("migrate", "--from", counterpart.url, "--to", target.url,
                   "--checkpoint", tmp_path / "r.json")  # fmt: skip
        _, error = run(*command, code=1)
        assert "401" in error or "HTTP 401" in error
        keys = {"QUIVER_FROM_API_KEY": "from-key", "QUIVER_TO_API_KEY_FILE": str(secret)}
        _, told = run(*command, code=1, **keys)
        assert "a-strange-one: PUT" in told and "HTTP 400" in told and "Hamming" in told
        assert "c: 1 points on both" in told
        out, error = run(*command, "--collection", "c", **keys)
        assert "c: 1 points on both" in out
        assert "from-key" not in error and "to-key" not in error.replace(str(secret), "")
        copy = QdrantClient(url=target.url, api_key="to-key")
        schema = copy.get_collection("c").payload_schema
        # Either the server has them, or the user was told.
        assert "city" in schema or "payload index on `city` not made" in told
        aliases = [a.alias_name for a in copy.get_aliases().aliases]
        assert aliases == ["newest"] or "alias `newest` of c not made" in error
        _, error = run(*command, QUIVER_TO_API_KEY_FILE="/does/not/exist", code=2)
        assert "QUIVER_TO_API_KEY_FILE" in error
    finally:
        target.kill()
        counterpart.http.shutdown()
