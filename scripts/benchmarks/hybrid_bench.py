"""What a fused search costs the server beside its two searches alone, and what a sparse vector
beside a dense one adds to the cost of writing; see scripts/bench."""

import argparse
import json
import pathlib
import sys
import tempfile
import time

import numpy as np
from data import DIMENSION, SEED, load
from engines import PlainQuiver, send
from measure import Stopwatch

WORDS = 30_000
BATCH = 1_000
SETTLED_SECONDS = 4


def words(random, count: int) -> dict:
    """Weights of words as texts have them: few are frequent, most are rare."""
    drawn = np.minimum(random.zipf(1.3, size=count), WORDS)
    indices = np.unique(drawn).astype(int)
    weights = random.uniform(0.2, 2, size=len(indices)).round(4)
    return {"indices": indices.tolist(), "values": weights.tolist()}


def fill(connection, name: str, base: np.ndarray, random, with_words: bool) -> None:
    config = {"vectors": {"dense": {"size": DIMENSION, "distance": "Cosine"}}}
    if with_words:
        config["sparse_vectors"] = {"words": {}}
    send(connection, "PUT", f"/collections/{name}", json.dumps(config).encode())
    for start in range(0, len(base), BATCH):
        points = []
        for row, v in enumerate(base[start : start + BATCH]):
            vector = {"dense": v.tolist()}
            if with_words:
                vector["words"] = words(random, 60)
            points.append({"id": start + row, "vector": vector})
        body = json.dumps({"points": points}).encode()
        send(connection, "PUT", f"/collections/{name}/points?wait=true", body)


def cost_of_filling(server, connection, name: str, base, random, with_words: bool) -> float:
    """CPU microseconds a point, with all that is done behind the writes."""
    watch = Stopwatch(server.processes())
    fill(connection, name, base, random, with_words)
    # Indexes are built behind the writes, and begin when they like.
    spent, quiet = watch.cpu_seconds(), 0
    while quiet < SETTLED_SECONDS:
        time.sleep(1)
        before, spent = spent, watch.cpu_seconds()
        quiet = quiet + 1 if spent - before < 0.02 else 0
    return spent / len(base) * 1e6


def bodies(queries: np.ndarray, random, limit: int, depth: int) -> dict[str, list[bytes]]:
    """The same searches alone, as prefetches, and fused."""
    made = {"dense": [], "sparse": [], "hybrid": []}
    for query in queries:
        leaves = [
            {"query": {"nearest": query.tolist()}, "using": "dense", "limit": depth},
            {"query": {"nearest": words(random, 8)}, "using": "words", "limit": depth},
        ]
        made["dense"].append(leaves[0])
        made["sparse"].append(leaves[1])
        made["hybrid"].append({"prefetch": leaves, "query": {"fusion": "rrf"}, "limit": limit})
    return {kind: [json.dumps(body).encode() for body in list] for kind, list in made.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench hybrid")
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--prefetch", type=int, default=10, help="the limit of both searches")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    base, queries, what = load(options.data, options.points, options.queries)
    random = np.random.default_rng(SEED)
    best: dict[str, float] = {}
    written: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="quiver-bench-") as scratch:
        server = PlainQuiver(pathlib.Path(scratch) / "server")
        server.start()
        try:
            connection = server.connect()
            for name, with_words in (("dense", False), ("hybrid", True)):
                written[name] = cost_of_filling(
                    server, connection, name, base, random, with_words
                )
            asked = bodies(queries, random, options.limit, options.prefetch)
            path = "/collections/hybrid/points/query"
            for _ in range(options.repeats):
                for kind, requests in asked.items():
                    for body in requests[:50]:
                        send(connection, "POST", path, body)
                    watch = Stopwatch(server.processes())
                    for body in requests:
                        send(connection, "POST", path, body)
                    cost = watch.cpu_seconds() / len(requests) * 1e6
                    best[kind] = min(cost, best.get(kind, cost))
        finally:
            server.stop()
    ratio = best["hybrid"] / (best["dense"] + best["sparse"])
    rows = [{"search": kind, "cpu_us": round(cost)} for kind, cost in best.items()]
    rows.append({"search": "hybrid / (dense + sparse)", "ratio": round(ratio, 2)})
    rows += [{"search": f"a point written, {kind}", "cpu_us": round(cost)}
             for kind, cost in written.items()]  # fmt: skip
    ratio = written["hybrid"] / written["dense"]
    rows.append({"search": "written hybrid / dense", "ratio": round(ratio, 2)})
    if options.json:
        for row in rows:
            print(json.dumps(row))
        return
    print(f"{options.points} points, {what}; server CPU of a request, best of {options.repeats}")
    for row in rows:
        print(f"{row['search']:>26}  {row.get('cpu_us', row.get('ratio'))}", file=sys.stdout)


if __name__ == "__main__":
    main()
