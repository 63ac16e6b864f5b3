"""The scores of multivectors by another library, in a process of its own; see multi_bench.py.

    multi_peer.py NAME FOLDER TOKENS
"""

import json
import pathlib
import sys
import tempfile
import time

import numpy as np

REPEATS = 3


def rows_of(folder: pathlib.Path) -> list[np.ndarray]:
    counts = np.fromfile(folder / "counts.bin", "<u4")
    return np.split(np.load(folder / "vectors.npy"), np.cumsum(counts)[:-1])


def best_of(call) -> float:
    """The least CPU time of some runs."""
    times = []
    for _ in range(REPEATS):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return min(times)


def maxsim_cpu(rows, queries, candidates):
    import maxsim_cpu as library

    asked = [[rows[number] for number in own] for own in candidates]
    scores = np.empty(candidates.shape, np.float32)

    def call():
        for number, (query, own) in enumerate(zip(queries, asked)):
            scores[number] = library.maxsim_scores_variable(query, own)

    return best_of(call), scores


def qdrant_edge(rows, queries, candidates):
    import qdrant_edge as q

    config = q.EdgeConfig(
        vectors=q.EdgeVectorParams(
            rows[0].shape[1], q.Distance.Dot, on_disk=False,
            multivector_config=q.MultiVectorConfig(q.MultiVectorComparator.MaxSim),
        ),
        optimizers=q.EdgeOptimizersConfig(indexing_threshold=100_000_000),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        shard = q.EdgeShard.create(folder, config)
        for first in range(0, len(rows), 200):
            points = [
                q.Point(number, rows[number].tolist())
                for number in range(first, min(first + 200, len(rows)))
            ]
            shard.update(q.UpdateOperation.upsert_points(points))

        def requests(width: int):
            return [
                q.QueryRequest(
                    limit=width, query=q.Query.Nearest(query.tolist()),
                    params=q.SearchParams(exact=True),
                    filter=q.Filter(must=[q.HasIdCondition({int(id) for id in own[:width]})]),
                )
                for query, own in zip(queries, candidates)
            ]  # fmt: skip

        found = []

        def call(asked):
            found[:] = [shard.query(request) for request in asked]

        one, all_of_them = requests(1), requests(candidates.shape[1])
        overhead = best_of(lambda: call(one))
        seconds = best_of(lambda: call(all_of_them)) - overhead
        scores = np.empty(candidates.shape, np.float32)
        for number, hits in enumerate(found):
            by_id = {hit.id: hit.score for hit in hits}
            scores[number] = [by_id[int(id)] for id in candidates[number]]
        shard.close()
    return seconds, scores


def main() -> None:
    name, folder, tokens = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    queries = np.load(folder / "queries.npy")
    queries = queries.reshape(-1, tokens, queries.shape[1])
    candidates = np.fromfile(folder / "candidates.bin", "<u4").reshape(len(queries), -1)
    measure = {"maxsim-cpu": maxsim_cpu, "qdrant-edge": qdrant_edge}[name]
    seconds, scores = measure(rows_of(folder), queries, candidates)
    np.save(folder / f"{name}.npy", scores)
    print(json.dumps({"cpu_s": seconds}))


if __name__ == "__main__":
    main()
