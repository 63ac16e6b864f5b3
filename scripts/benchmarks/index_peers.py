"""One index library in a process of its own, driven by lines of JSON; see index_bench.py.

    index_peers.py NAME VARIANT BASE QUERIES METRIC CACHE

The first line out tells of the build; each line in is a setting, each line out after it the CPU
seconds of all queries and the times of single ones. Answers lie in CACHE/found.npy.
"""

import json
import os
import pathlib
import shutil
import sys
import time

import numpy as np
from index_graph_peers import LIMIT
from index_graph_peers import PEERS as GRAPH_PEERS


class Hnswlib:
    """`setting` is ef."""

    settings = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)

    def __init__(self, variant, metric):
        import hnswlib

        self.m, self.ef_construction = variant
        self.make = lambda d: hnswlib.Index({"cosine": "ip", "l2": "l2", "dot": "ip"}[metric], d)

    def build(self, rows):
        self.index = self.make(rows.shape[1])
        self.index.init_index(len(rows), ef_construction=self.ef_construction, M=self.m)
        self.index.set_num_threads(1)
        self.index.add_items(rows, num_threads=1)

    def save(self, folder):
        self.index.save_index(str(folder / "index"))

    def load(self, folder, rows):
        self.index = self.make(rows.shape[1])
        self.index.load_index(str(folder / "index"))

    def bytes(self, rows):
        """Links: 2·M on the ground floor and their count; upper floors add a little."""
        return 8 * self.m + 4 + 8

    def use(self, setting):
        self.index.set_ef(setting)

    def search(self, queries):
        limit = min(LIMIT, self.index.get_current_count())
        return self.index.knn_query(queries, limit, num_threads=1)[0]


class FaissIVFFlat:
    """`setting` is nprobe."""

    settings = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

    def __init__(self, variant, metric):
        import faiss

        faiss.omp_set_num_threads(1)
        self.faiss, self.lists_per_root, self.metric = faiss, variant, metric

    def build(self, rows):
        lists = max(1, min(int(self.lists_per_root * len(rows) ** 0.5), len(rows) // 8))
        l2 = self.metric == "l2"
        kind = self.faiss.METRIC_L2 if l2 else self.faiss.METRIC_INNER_PRODUCT
        quantizer = (self.faiss.IndexFlatL2 if l2 else self.faiss.IndexFlatIP)(rows.shape[1])
        self.keep = quantizer
        self.index = self.faiss.IndexIVFFlat(quantizer, rows.shape[1], lists, kind)
        self.index.train(rows)
        self.index.add(rows)

    def save(self, folder):
        self.faiss.write_index(self.index, str(folder / "index"))

    def load(self, folder, rows):
        self.index = self.faiss.read_index(str(folder / "index"))

    def bytes(self, rows):
        """An identifier a row."""
        return 8

    def use(self, setting):
        self.index.nprobe = setting

    def search(self, queries):
        return self.index.search(queries, LIMIT)[1]


class USearch:
    """`setting` is the expansion of searches."""

    settings = (10, 16, 32, 64, 96, 128, 192, 256, 512)

    def __init__(self, variant, metric):
        from usearch.index import Index

        connectivity, expansion = variant
        kind = {"cosine": "ip", "l2": "l2sq", "dot": "ip"}[metric]
        self.connectivity = connectivity
        self.make = lambda d: Index(
            ndim=d, metric=kind, dtype="f32", connectivity=connectivity, expansion_add=expansion
        )

    def build(self, rows):
        self.index = self.make(rows.shape[1])
        self.index.add(np.arange(len(rows)), rows, threads=1)

    def save(self, folder):
        self.index.save(str(folder / "index"))

    def load(self, folder, rows):
        self.index = self.make(rows.shape[1])
        self.index.load(str(folder / "index"))

    def bytes(self, rows):
        return self.index.memory_usage / len(rows) - 4 * rows.shape[1]

    def use(self, setting):
        self.index.expansion_search = setting

    def search(self, queries):
        found = self.index.search(queries, LIMIT, threads=1).keys
        return np.atleast_2d(np.asarray(found)).astype(np.int64)


class ScaNN:
    """`setting` is leaves searched; reordering grows with it."""

    settings = (4, 8, 16, 32, 64, 128, 256)

    def __init__(self, variant, metric):
        self.leaves_per_root = variant
        self.kind = {"cosine": "dot_product", "l2": "squared_l2", "dot": "dot_product"}[metric]

    def build(self, rows):
        import scann

        leaves = max(1, int(self.leaves_per_root * len(rows) ** 0.5))
        self.index = (
            scann.scann_ops_pybind.builder(rows, LIMIT, self.kind)
            .tree(num_leaves=leaves, num_leaves_to_search=32,
                  training_sample_size=min(len(rows), 250_000))
            .score_ah(2, anisotropic_quantization_threshold=0.2)
            .reorder(100)
            .build()
        )  # fmt: skip

    def save(self, folder):
        raise NotImplementedError

    def bytes(self, rows):
        """Half a byte for two dimensions, with a second copy of some rows not counted."""
        return rows.shape[1] / 4 + 4

    def use(self, setting):
        self.leaves, self.reorder = setting, max(30, 2 * setting)

    def search(self, queries):
        found, _ = self.index.search_batched(
            queries, leaves_to_search=self.leaves, pre_reorder_num_neighbors=self.reorder
        )
        return np.asarray(found, np.int64)


class QdrantEdge:
    """`setting` is hnsw_ef, with the oversampling of quantised searches."""

    settings = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512)
    calls_one_by_one = True

    def __init__(self, variant, metric):
        import qdrant_edge

        self.q = qdrant_edge
        self.m, self.ef_construct, self.quantised = variant
        self.distance = {
            "cosine": qdrant_edge.Distance.Cosine, "l2": qdrant_edge.Distance.Euclid,
            "dot": qdrant_edge.Distance.Dot,
        }[metric]  # fmt: skip
        self.folder = None

    def at(self, folder):
        self.folder = folder / "shard"
        return self

    def build(self, rows):
        q = self.q
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        quantization = None
        if self.quantised == "int8":
            quantization = q.ScalarQuantizationConfig(q.ScalarType.Int8, always_ram=True)
        elif self.quantised == "turbo4":
            quantization = q.TurboQuantQuantizationConfig(
                always_ram=True, bits=q.TurboQuantBitSize.Bits4
            )
        config = q.EdgeConfig(
            vectors=q.EdgeVectorParams(rows.shape[1], self.distance, on_disk=False),
            hnsw_config=q.HnswIndexConfig(
                self.m, self.ef_construct, 1, max_indexing_threads=1, on_disk=False
            ),
            quantization_config=quantization,
            optimizers=q.EdgeOptimizersConfig(
                default_segment_number=1, max_segment_size=100_000_000, indexing_threshold=1
            ),
        )
        self.shard = q.EdgeShard.create(str(self.folder), config)
        for first in range(0, len(rows), 2_000):
            part = rows[first : first + 2_000]
            points = [q.Point(first + i, row.tolist()) for i, row in enumerate(part)]
            self.shard.update(q.UpdateOperation.upsert_points(points))
        self.shard.optimize()

    def save(self, folder):
        self.shard.flush()
        self.shard.close()
        self.load(folder, None)

    def load(self, folder, rows):
        self.shard = self.q.EdgeShard.load(str(self.folder))

    def bytes(self, rows):
        """Links of the graph, and a byte or half a byte a dimension if quantised."""
        codes = {None: 0, "int8": rows.shape[1] + 4, "turbo4": rows.shape[1] / 2 + 4}
        return 8 * self.m + codes[self.quantised]

    def use(self, setting):
        q = self.q
        quantization = None
        if self.quantised:
            quantization = q.QuantizationSearchParams(rescore=True, oversampling=2.0)
        self.params = q.SearchParams(hnsw_ef=setting, quantization=quantization)

    def search(self, queries):
        found = []
        for query in queries:
            request = self.q.QueryRequest(
                limit=LIMIT, query=self.q.Query.Nearest(query), params=self.params
            )
            found.append([hit.id for hit in self.shard.query(request)])
        return found


PEERS = {
    "hnswlib": (Hnswlib, {"M16": (16, 200), "M32": (32, 400)}),
    "faiss-ivfflat": (FaissIVFFlat, {"4√N": 4, "8√N": 8}),
    "usearch": (USearch, {"c16": (16, 200), "c32": (32, 400)}),
    "qdrant-edge": (
        QdrantEdge,
        {"plain": (16, 100, None), "int8": (16, 100, "int8"), "turbo4": (16, 100, "turbo4")},
    ),
    "scann": (ScaNN, {"4√N": 4, "8√N": 8}),
    **GRAPH_PEERS,
}


def prepared(queries, kind):
    # Lists are made beforehand: what a client has in hand.
    if getattr(kind, "takes_arrays", False) or not getattr(kind, "calls_one_by_one", False):
        return queries
    return [query.tolist() for query in queries]


def main() -> None:
    name, variant, base, queries, metric, cache = sys.argv[1:]
    kind, variants = PEERS[name]
    rows, asked = np.load(base), np.load(queries)
    folder = pathlib.Path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    one_by_one = getattr(kind, "calls_one_by_one", False)

    # What a call costs whatever it finds.
    tiny = kind(variants[variant], metric)
    overhead = 0.0
    if one_by_one:
        tiny.at(folder / "one").build(rows[:1])
        tiny.use(10)
        some = prepared(asked[:200], kind)
        tiny.search(some)
        started = time.process_time()
        for _ in range(3):
            tiny.search(some)
        overhead = (time.process_time() - started) / 3 / len(some)

    engine = kind(variants[variant], metric)
    if one_by_one:
        engine.at(folder)
    told = folder / "build.json"
    if told.exists():
        engine.load(folder, rows)
        build = json.loads(told.read_text())
    else:
        started = time.process_time()
        engine.build(rows)
        build = {"build_cpu_s": time.process_time() - started}
        try:
            engine.save(folder)
            told.write_text(json.dumps(build))
        except NotImplementedError:
            pass
    build |= {
        "bytes_per_vector": float(engine.bytes(rows)), "settings": list(kind.settings),
        "overhead_s": overhead,
    }  # fmt: skip
    print(json.dumps(build), flush=True)

    for line in sys.stdin:
        engine.use(json.loads(line))
        batch = prepared(asked, kind)
        engine.search(batch[:20])
        started = time.process_time()
        found = engine.search(batch)
        cpu = time.process_time() - started
        times = []
        for query in batch[:300]:
            started = time.process_time()
            engine.search([query] if one_by_one else query[None])
            times.append(time.process_time() - started - overhead)
        padded = np.full((len(asked), LIMIT), -1, np.int64)
        for number, ids in enumerate(found):
            padded[number, : len(ids)] = ids
        np.save(folder / "found.npy", padded)
        answer = {"cpu_s": cpu - overhead * len(asked), "times": times}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
