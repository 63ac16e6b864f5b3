"""What sharing the log costs: writes without it, shipped later, answered from the store, and sent
to a server that follows, which sends them on.

    QUIVER_BINARIES=… .venv/bin/python Tests/Load/replication.py [--seconds 5] [--rounds 3]

One run has all four, in turns, each with an empty data directory and a log of its own in a
SeaweedFS on this machine. The figures are medians of the rounds.
"""

import argparse
import http.client
import json
import pathlib
import random
import statistics
import sys
import tempfile
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))

import shared_log  # noqa: E402
from object_stores import seaweedfs  # noqa: E402
from process import quiver, until  # noqa: E402

DIMENSION, CONNECTIONS = 128, 4


def load(port: int, batch: int, seconds: float) -> tuple[int, list[float]]:
    """Upserts for a while; the points that were answered, and how long each request took."""
    vectors = [[round(random.random(), 4) for _ in range(DIMENSION)] for _ in range(256)]
    took, lock, end = [], threading.Lock(), time.monotonic() + seconds

    def work(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        number = first * 10_000_000
        while time.monotonic() < end:
            points = [{"id": number + i, "vector": vectors[(number + i) % 256]}
                      for i in range(batch)]  # fmt: skip
            number += batch
            body = json.dumps({"points": points})
            start = time.monotonic()
            connection.request(
                "PUT", "/collections/things/points?wait=true", body,
                {"content-type": "application/json"},
            )  # fmt: skip
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            with lock:
                took.append(time.monotonic() - start)
        connection.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) * batch, sorted(took)


def measure(folder: pathlib.Path, store, mode: str, batch: int, seconds: float) -> dict:
    folder.mkdir()
    servers = []

    def begin(name: str, **settings: str):
        (folder / name).mkdir()
        if mode == "none":
            server = quiver(folder / name)
        else:
            server = shared_log.sharing(
                folder / name, store.endpoint, "async" if mode == "async" else "sync", **settings)
            place = f"s3://backups/load/{folder.name}"
            server.settings["QUIVER__REPLICATION__URL"] = place
        servers.append(server)
        server.start()
        return server

    try:
        asked = server = begin("one")
        if mode != "none":
            until(lambda: shared_log.leads(server), 60)
        config = {"vectors": {"size": DIMENSION, "distance": "Dot"}}
        assert shared_log.call(server, "PUT", "/collections/things", config)[0] == 200
        if mode == "forwarded":
            asked = begin("other", QUIVER__REPLICATION__ROLE="follower")
            first = {"points": [{"id": 0, "vector": [1] * DIMENSION}]}
            path = "/collections/things/points?wait=true"
            until(lambda: shared_log.call(asked, "PUT", path, first)[0] == 200, 60)
        start = time.monotonic()
        points, took = load(asked.port, batch, seconds)
        rate = points / (time.monotonic() - start)
        row = {"points/s": rate, "p50 ms": took[len(took) // 2] * 1000,
               "p99 ms": took[int(len(took) * 0.99)] * 1000}  # fmt: skip
        if mode != "none":
            until(lambda: shared_log.figure(server, "replication_lag_entries") == 0, 60)
            puts = shared_log.figure(server, "replication_puts_total")
            row["PUTs/million"] = puts / points * 1e6
        return row
    finally:
        for server in servers:
            server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "store").mkdir()
        store = seaweedfs(folder / "store")
        try:
            for batch in (1, 100):
                rows = {"none": [], "async": [], "sync": [], "forwarded": []}
                for turn in range(options.rounds):
                    for mode, found in rows.items():
                        place = folder / f"{mode}-{batch}-{turn}"
                        found.append(measure(place, store, mode, batch, options.seconds))
                for mode, found in rows.items():
                    medians = {key: statistics.median(row[key] for row in found)
                               for key in found[0]}  # fmt: skip
                    text = ", ".join(f"{key} {value:,.1f}" for key, value in medians.items())
                    print(f"{batch} points a request, {mode}: {text}", flush=True)
        finally:
            store.stop()


if __name__ == "__main__":
    main()
