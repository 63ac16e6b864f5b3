"""Migration from server to server, through crashes of all three."""

import json
import re
import threading
import time

from process import free_port, quiver
from qdrant_client import QdrantClient, models
from transfers import (  # noqa: F401
    DIMENSION, contents, count, kill_when, own, points, run, second, start, until_asked,
)  # fmt: skip


def fill(client: QdrantClient, name: str, amount: int, **options) -> None:
    client.create_collection(
        name, models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE), **options
    )
    for first in range(0, amount, 500):
        batch = list(points(amount))[first : first + 500]
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
        until_asked(service)
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
        assert "HTTP 401" in error
        keys = {"QUIVER_FROM_API_KEY": "from-key", "QUIVER_TO_API_KEY_FILE": str(secret)}
        _, told = run(*command, code=1, **keys)
        assert "a-strange-one: PUT" in told and "HTTP 400" in told and "Hamming" in told
        assert "c: 1 points on both" in told
        out, error = run(*command, "--collection", "c", **keys)
        assert "c: 1 points on both" in out
        assert "from-key" not in error and "to-key" not in error.replace(str(secret), "")
        copy = QdrantClient(url=target.url, api_key="to-key")
        schema = copy.get_collection("c").payload_schema
        assert set(schema) == {"city"}
        aliases = [a.alias_name for a in copy.get_aliases().aliases]
        assert aliases == ["newest"]
        _, error = run(*command, QUIVER_TO_API_KEY_FILE="/does/not/exist", code=2)
        assert "QUIVER_TO_API_KEY_FILE" in error
    finally:
        target.kill()
        counterpart.http.shutdown()
