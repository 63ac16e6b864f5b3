"""Vectors larger than memory: engines that read them from disk, each alone in a memory cgroup.

An engine builds its index without a limit. Then it is started anew, its files out of the page
cache, in a cgroup of a part of the raw vectors and `--base` MB for the program, page cache
included, and is asked one query after the other. Where no cgroup can be made, the process is
limited instead, by what it may allocate (RLIMIT_DATA): the page cache is not, and the output says
so.

On a machine that others work on too, times depend on them; `cpu_us` is what a query takes of a
processor in the engine's process.
"""

import argparse
import http.client
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import orjson
from disk_peers import LIMIT, PEERS
from engines import ROOT, free_port

BINARIES = pathlib.Path(os.environ.get("QUIVER_BINARIES") or ROOT / ".build" / "release")
GROUPS = (pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup"))


def make_rows(count: int, dimension: int, queries: int, seed: int):
    """Rows of 48 latent dimensions around 200 centres, of length 1."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(200, 48)).astype(np.float32)
    mixing = random.normal(size=(48, dimension)).astype(np.float32)

    def draw(number):
        latent = centres[random.integers(200, size=number)]
        latent = latent + 0.7 * random.normal(size=latent.shape).astype(np.float32)
        rows = latent @ mixing + 1.5 * random.normal(size=(number, dimension)).astype(np.float32)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    base = np.empty((count, dimension), np.float32)
    for first in range(0, count, 20_000):
        part = base[first : first + 20_000]
        part[:] = draw(len(part))
    return base, draw(queries)


def nearest(base, queries):
    best = []
    for query in np.array_split(queries, max(1, len(queries) // 50)):
        scores = query @ base.T
        part = np.argpartition(-scores, LIMIT, axis=1)[:, :LIMIT]
        best.append(part)
    return np.concatenate(best)


class Group:
    """A memory cgroup, of either version, with a limit; where none can be made, the same limit to
    what a process allocates."""

    def __init__(self, name: str, limit: int):
        self.path, self.limit = None, limit
        for root in GROUPS:
            path = root / name
            file = "memory.limit_in_bytes" if root.name == "memory" else "memory.max"
            try:
                path.mkdir()
                (path / file).write_text(str(limit))
            except OSError:
                continue
            self.path = path
            return

    def join(self):
        if self.path:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))
        else:
            resource.setrlimit(resource.RLIMIT_DATA, (self.limit, self.limit))

    def remove(self):
        for _ in range(50):
            try:
                if self.path:
                    self.path.rmdir()
                return
            except OSError:
                time.sleep(0.1)


def forget(folder: pathlib.Path) -> None:
    """Takes a folder's files out of the page cache."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def resident(pid: int) -> tuple[int, int]:
    """Anonymous memory, and pages of files, in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return tuple(int(fields[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Quiver:
    """The server, over HTTP with one connection."""

    settings = (0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995)

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.process = None

    def start(self, group: Group | None):
        self.port = free_port()
        settings = {
            "QUIVER__SERVICE__HOST": "127.0.0.1", "QUIVER__SERVICE__HTTP_PORT": str(self.port),
            "QUIVER__SERVICE__GRPC_PORT": "0", "QUIVER__LOG_LEVEL": "warn",
            "QUIVER__STORAGE__STORAGE_PATH": str(self.folder / "data"),
            "QUIVER__STORAGE__DURABILITY": "interval:1000",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [BINARIES / "quiver", "serve"], env={**os.environ, **settings},
            preexec_fn=group.join if group else None,
        )  # fmt: skip
        for _ in range(6_000):
            try:
                if self.call("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("the server does not start")

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            text = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def build(self, rows):
        self.start(None)
        vectors = {"size": rows.shape[1], "distance": "Cosine", "on_disk": True}
        self.call("PUT", "/collections/c", {"vectors": vectors})
        for first in range(0, len(rows), 500):
            part = rows[first : first + 500]
            points = [{"id": first + i, "vector": row} for i, row in enumerate(part)]
            status, text = self.call("PUT", "/collections/c/points?wait=true", {"points": points})
            assert status == 200, text
        data = self.folder / "data" / "vectors"
        raw = rows.nbytes
        while True:
            info = json.loads(self.call("GET", "/collections/c")[1])["result"]
            index = info.get("ivf", {}).get("", {})
            files = list(data.glob("*.rows"))
            ordered = [f for f in files if f.open("rb").read(41)[40] == 1]
            is_entered = index.get("state") == "ready" and index.get("tail_points", 0) == 0
            size = sum(f.stat().st_size for f in ordered)
            if is_entered and len(files) <= 3 and size > 0.95 * raw - (36 << 20):
                break
            time.sleep(0.5)
        self.process.terminate()
        self.process.wait()

    def open(self, group):
        self.start(group)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    @property
    def pid(self):
        return self.process.pid

    def figures(self):
        text = self.call("GET", "/metrics")[1].decode()
        return {
            line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if line and line[0] != "#"
        }

    def search(self, queries, recall):
        params = {"ivf": {"recall": recall}}
        bodies = [
            json.dumps({"query": query.tolist(), "limit": LIMIT, "params": params})
            for query in queries
        ]
        found = []
        for body in bodies:
            self.connection.request("POST", "/collections/c/points/query", body,
                                    {"Content-Type": "application/json"})  # fmt: skip
            answer = json.loads(self.connection.getresponse().read())
            found.append([point["id"] for point in answer["result"]["points"]])
        return found

    def close(self):
        self.process.kill()
        self.process.wait()


class Peer:
    """A library in a process of its own, by lines of JSON."""

    def __init__(self, name: str, folder: pathlib.Path):
        self.name, self.folder = name, folder
        self.settings = PEERS[name].settings

    def run(self, what, group=None):
        script = pathlib.Path(__file__).with_name("disk_peers.py")
        return subprocess.Popen(
            [sys.executable, script, self.name, what, self.folder], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, preexec_fn=group.join if group else None,
        )  # fmt: skip

    def build(self, rows):
        if self.run("build").wait() != 0:
            raise RuntimeError("it does not build")

    def open(self, group):
        self.process = self.run("search", group)
        if self.process.stdout.readline().strip() != "open":
            raise RuntimeError("it does not open")

    @property
    def pid(self):
        return self.process.pid

    def figures(self):
        return {}

    def search(self, queries, setting):
        self.process.stdin.write(json.dumps([setting, len(queries)]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()


def measure(engine, queries, truth, limit: int, name: str) -> dict:
    group = Group(f"quiver-bench-disk-{os.getpid()}", limit)
    try:
        forget(engine.folder)
        started = time.perf_counter()
        engine.open(group)
        engine.search(queries[:1], engine.settings[0])
        row = {"engine": name, "first_answer_s": round(time.perf_counter() - started, 2)}
        row["limited"] = "cgroup" if group.path else "process"
        for setting in engine.settings:
            engine.search(queries[:50], setting)
            before = engine.figures()
            started, cpu = time.perf_counter(), cpu_seconds(engine.pid)
            found = engine.search(queries, setting)
            seconds = time.perf_counter() - started
            cpu = cpu_seconds(engine.pid) - cpu
            after = engine.figures()
            hits = [len(set(f) & set(t)) for f, t in zip(found, truth.tolist(), strict=True)]
            row |= {
                "setting": setting, "recall": round(float(np.mean(hits)) / LIMIT, 4),
                "qps": round(len(queries) / seconds, 1),
                "cpu_us": round(cpu / len(queries) * 1e6),
            }  # fmt: skip
            for key in ("vector_file_reads_total", "vector_cache_hits_total"):
                if key in after:
                    row[key.removesuffix("_total") + "_a_query"] = round(
                        (after[key] - before[key]) / len(queries), 1
                    )
            if row["recall"] >= 0.95:
                break
        anonymous, files = resident(engine.pid)
        row |= {"anonymous_mb": anonymous >> 20, "mapped_mb": files >> 20}
        if "memory_formula_bytes" in after:
            row["formula_mb"] = int(after["memory_formula_bytes"]) >> 20
        return row
    finally:
        try:
            engine.close()
        finally:
            group.remove()


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench disk")
    parser.add_argument("--rows", "--points", dest="points", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=768)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--base", type=int, default=96)
    parser.add_argument("--engines", default="quiver,qdrant-edge,diskann,lancedb")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    print("making the rows", file=sys.stderr)
    base, queries = make_rows(given.points, given.dimension, given.queries, seed=1)
    truth = nearest(base, queries)
    limit = int(base.nbytes * given.share) + (given.base << 20)
    print(
        f"{given.points} x {given.dimension}: {base.nbytes >> 20} MB of vectors, a limit of "
        f"{limit >> 20} MB", file=sys.stderr,
    )  # fmt: skip
    rows = []
    with tempfile.TemporaryDirectory(prefix="quiver-bench-") as place:
        for name in given.engines.split(","):
            folder = pathlib.Path(place) / name
            folder.mkdir()
            if name != "quiver":
                np.save(folder / "base.npy", base)
                np.save(folder / "queries.npy", queries)
            engine = Quiver(folder) if name == "quiver" else Peer(name, folder)
            try:
                started = time.perf_counter()
                engine.build(base)
                built = round(time.perf_counter() - started, 1)
                (folder / "base.npy").unlink(missing_ok=True)
                row = {**measure(engine, queries, truth, limit, name), "build_s": built}
                rows.append(row)
                print(json.dumps(row), flush=True)
            except Exception as error:
                print(f"{name} is left out: {error!r}", file=sys.stderr)
                if getattr(engine, "process", None):
                    engine.close()
            shutil.rmtree(folder, ignore_errors=True)
    if given.json or not rows or rows[0]["engine"] != "quiver":
        return
    for row in rows[1:]:
        if row["recall"] >= 0.95:
            print(f"{rows[0]['qps'] / row['qps']:.1f} x the queries of {row['engine']}")


if __name__ == "__main__":
    main()
