"""qdrant-edge with payloads, in a process of its own, driven by lines of JSON; see filter_bench.py.

    filter_peer.py BASE QUERIES FOLDER
"""

import json
import os
import pathlib
import shutil
import sys
import time

import numpy as np
import qdrant_edge as q

LIMIT = 10


def config(dimension: int) -> q.EdgeConfig:
    return q.EdgeConfig(
        vectors=q.EdgeVectorParams(dimension, q.Distance.Cosine, on_disk=False),
        hnsw_config=q.HnswIndexConfig(16, 100, 1, max_indexing_threads=1, on_disk=False),
        optimizers=q.EdgeOptimizersConfig(
            default_segment_number=1, max_segment_size=100_000_000, indexing_threshold=1
        ),
    )


def schema_of(schema: dict):
    kinds = {"integer": q.IntegerIndexParams, "geo": q.GeoIndexParams}
    if schema["type"] in kinds:
        return kinds[schema["type"]]()
    return q.KeywordIndexParams(is_tenant=schema["is_tenant"])


def condition_of(condition: dict) -> q.FieldCondition:
    key = condition["key"]
    if "match" in condition:
        return q.FieldCondition(key, match=q.MatchValue(condition["match"]["value"]))
    if "range" in condition:
        return q.FieldCondition(key, range=q.RangeFloat(**condition["range"]))
    corners = {
        name: q.GeoPoint(place["lon"], place["lat"])
        for name, place in condition["geo_bounding_box"].items()
    }
    return q.FieldCondition(key, geo_bounding_box=q.GeoBoundingBox(**corners))


def make(folder: pathlib.Path, rows, payloads: list[dict], indexes: list[dict]) -> q.EdgeShard:
    """Points with payloads; the indexes are there before the graph is built, which knows them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shard = q.EdgeShard.create(str(folder), config(rows.shape[1]))
    for index in indexes:
        schema = schema_of(index["field_schema"])
        shard.update(q.UpdateOperation.create_field_index(index["field_name"], schema))
    for first in range(0, len(rows), 2_000):
        points = [
            q.Point(number, rows[number].tolist(), payload=payloads[number])
            for number in range(first, min(first + 2_000, len(rows)))
        ]
        shard.update(q.UpdateOperation.upsert_points(points))
    shard.optimize()
    return shard


def requests(queries, conditions: list[list[dict]], ef: int, acorn=False) -> list[q.QueryRequest]:
    """Made beforehand: what a client has in hand."""
    params = q.SearchParams(hnsw_ef=ef, acorn=q.AcornSearchParams(enable=acorn))
    return [
        q.QueryRequest(
            limit=LIMIT, query=q.Query.Nearest(query), params=params,
            filter=q.Filter(must=[condition_of(one) for one in must]),
        )
        for query, must in zip(queries, conditions)
    ]  # fmt: skip


def main() -> None:
    base, queries = np.load(sys.argv[1]), np.load(sys.argv[2])
    folder = pathlib.Path(sys.argv[3])
    with (folder / "payloads.jsonl").open() as file:
        payloads = [json.loads(line) for line in file]
    with (folder / "indexes.jsonl").open() as file:
        indexes = [json.loads(line) for line in file]
    asked = [query.tolist() for query in queries]

    # What a call costs whatever it finds: a shard of one point.
    tiny = make(folder / "edge-one", base[:1], payloads[:1], indexes)
    field = indexes[0]["field_name"]
    condition = {"key": field, "match": {"value": payloads[0][field]}}
    some = requests(asked[:200], [[condition]] * 200, 10)
    for request in some:
        tiny.query(request)
    started = time.process_time()
    for _ in range(3):
        for request in some:
            tiny.query(request)
    overhead = (time.process_time() - started) / 3 / len(some)

    kept = folder / "edge"
    started = time.process_time()
    if (kept / "built").exists():
        shard = q.EdgeShard.load(str(kept / "shard"))
    else:
        shard = make(kept / "shard", base, payloads, indexes)
        shard.flush()
        shard.close()
        (kept / "built").touch()
        shard = q.EdgeShard.load(str(kept / "shard"))
    seconds = time.process_time() - started
    print(json.dumps({"load_cpu_s": seconds, "overhead_s": overhead}), flush=True)

    for line in sys.stdin:
        told = json.loads(line)
        batch = requests(asked, told["conditions"], told["ef"], told["acorn"])
        for request in batch[:20]:
            shard.query(request)
        padded = np.full((len(asked), LIMIT), -1, np.int64)
        times = []
        started = last = time.process_time()
        found = []
        for request in batch:
            found.append(shard.query(request))
            now = time.process_time()
            times.append(now - last - overhead)
            last = now
        cpu = last - started - overhead * len(asked)
        for number, hits in enumerate(found):
            padded[number, : len(hits)] = [hit.id for hit in hits]
        np.save(folder / "edge-found.npy", padded)
        times.sort()
        print(json.dumps({
            "cpu_s": cpu, "p50_ms": times[len(times) // 2] * 1e3,
            "p99_ms": times[len(times) * 99 // 100] * 1e3,
        }), flush=True)  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
