"""One library that searches vectors on disk, in a process of its own; see disk_bench.py.

    disk_peers.py NAME build|search FOLDER

`base.npy` and `queries.npy` are in FOLDER. To search, each line in is a setting and how many
queries, each line out after the first the ids that were found.
"""

import json
import pathlib
import sys

import numpy as np

LIMIT = 10


class QdrantEdge:
    """Vectors on disk, four-bit codes and graph in memory; `setting` is hnsw_ef."""

    settings = (16, 32, 64, 128, 256, 512)

    def __init__(self, folder):
        import qdrant_edge

        self.q, self.folder = qdrant_edge, folder / "shard"

    def build(self, rows):
        q = self.q
        self.folder.mkdir()
        config = q.EdgeConfig(
            vectors=q.EdgeVectorParams(rows.shape[1], q.Distance.Cosine, on_disk=True),
            hnsw_config=q.HnswIndexConfig(16, 100, 1, max_indexing_threads=2, on_disk=False),
            quantization_config=q.TurboQuantQuantizationConfig(
                always_ram=True, bits=q.TurboQuantBitSize.Bits4
            ),
            optimizers=q.EdgeOptimizersConfig(
                default_segment_number=1, max_segment_size=100_000_000, indexing_threshold=1
            ),
        )
        shard = q.EdgeShard.create(str(self.folder), config)
        for first in range(0, len(rows), 2_000):
            part = rows[first : first + 2_000]
            points = [q.Point(first + i, row.tolist()) for i, row in enumerate(part)]
            shard.update(q.UpdateOperation.upsert_points(points))
        shard.optimize()
        shard.flush()
        shard.close()

    def open(self):
        self.shard = self.q.EdgeShard.load(str(self.folder))

    def search(self, queries, setting):
        q = self.q
        params = q.SearchParams(
            hnsw_ef=setting,
            quantization=q.QuantizationSearchParams(rescore=True, oversampling=2.0),
        )
        found = []
        for query in queries.tolist():
            request = q.QueryRequest(limit=LIMIT, query=q.Query.Nearest(query), params=params)
            found.append([int(hit.id) for hit in self.shard.query(request)])
        return found


class DiskANN:
    """A static index on disk; `setting` is the complexity of a search."""

    settings = (16, 24, 32, 48, 64, 96, 128, 256)

    def __init__(self, folder):
        import diskannpy

        self.d, self.folder = diskannpy, folder / "diskann"

    def build(self, rows):
        self.folder.mkdir()
        # A limit of an eighth of the vectors for what is searched in memory.
        gigabytes = rows.nbytes / 8 / (1 << 30)
        self.d.build_disk_index(
            data=rows, distance_metric="l2", index_directory=str(self.folder), complexity=64,
            graph_degree=32, search_memory_maximum=gigabytes, build_memory_maximum=8,
            num_threads=2, pq_disk_bytes=0, index_prefix="ann",
        )  # fmt: skip

    def open(self):
        self.index = self.d.StaticDiskIndex(
            index_directory=str(self.folder), num_threads=1, num_nodes_to_cache=1_000,
            index_prefix="ann",
        )  # fmt: skip

    def search(self, queries, setting):
        return [
            self.index.search(query, k_neighbors=LIMIT, complexity=setting, beam_width=4)
            .identifiers.tolist()
            for query in queries
        ]  # fmt: skip


class LanceDB:
    """IVF with product quantisation, refined by the vectors; `setting` is probes and refinement."""

    settings = ((5, 10), (10, 10), (20, 10), (20, 30), (40, 30), (80, 50))

    def __init__(self, folder):
        import lancedb

        self.database = lancedb.connect(str(folder / "lance"))

    def build(self, rows):
        import pyarrow

        dimension = rows.shape[1]
        vectors = pyarrow.FixedSizeListArray.from_arrays(
            pyarrow.array(rows.reshape(-1)), dimension
        )
        table = pyarrow.table({"id": np.arange(len(rows)), "vector": vectors})
        table = self.database.create_table("t", table)
        table.create_index(
            metric="cosine", num_partitions=max(1, int(len(rows) ** 0.5)),
            num_sub_vectors=dimension // 8, vector_column_name="vector",
        )  # fmt: skip

    def open(self):
        self.table = self.database.open_table("t")

    def search(self, queries, setting):
        probes, refinement = setting
        found = []
        for query in queries:
            search = self.table.search(query).metric("cosine").limit(LIMIT).select(["id"])
            rows = search.nprobes(probes).refine_factor(refinement).to_arrow()
            found.append(rows["id"].to_pylist())
        return found


PEERS = {"qdrant-edge": QdrantEdge, "diskann": DiskANN, "lancedb": LanceDB}


def main() -> None:
    name, what, place = sys.argv[1:]
    folder = pathlib.Path(place)
    engine = PEERS[name](folder)
    if what == "build":
        engine.build(np.load(folder / "base.npy"))
        return
    queries = np.load(folder / "queries.npy")
    # What libraries print is no answer.
    out = sys.stdout
    sys.stdout = sys.stderr
    engine.open()
    print("open", file=out, flush=True)
    for line in sys.stdin:
        setting, count = json.loads(line)
        print(json.dumps(engine.search(queries[:count], setting)), file=out, flush=True)


if __name__ == "__main__":
    main()
