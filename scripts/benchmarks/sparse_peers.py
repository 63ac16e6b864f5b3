"""One engine for sparse vectors in a process of its own, driven by lines; see sparse_bench.py.

    sparse_peers.py NAME KIND BASE QUERIES FOLDER

The first line out tells of the build; each line in has all queries asked once, and the line out
after it tells the CPU seconds, that of single queries, and where the answers lie.
"""

import contextlib
import json
import pathlib
import sys
import time

import numpy as np
from sparse_data import frequencies, read

LIMIT = 10


class QdrantEdge:
    """Qdrant's engine: segments are merged and made immutable before searches."""

    def __init__(self, kind, folder):
        import qdrant_edge as edge

        self.edge = edge
        modifier = edge.Modifier.Idf if kind == "bm25" else None
        config = edge.EdgeConfig(
            sparse_vectors={"v": edge.EdgeSparseVectorParams(modifier=modifier)},
            optimizers=edge.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1),
        )
        folder.mkdir()
        self.shard = edge.EdgeShard.create(str(folder), config)

    def build(self, rows):
        batch = []
        for id, (indices, weights) in enumerate(rows):
            vector = self.edge.SparseVector(indices.tolist(), weights.tolist())
            batch.append(self.edge.Point(id, {"v": vector}, None))
            if len(batch) == 1000:
                self.shard.update(self.edge.UpdateOperation.upsert_points(batch))
                batch = []
        self.shard.update(self.edge.UpdateOperation.upsert_points(batch))
        self.shard.optimize()

    def prepare(self, indices, weights):
        vector = self.edge.SparseVector(indices.tolist(), weights.tolist())
        return self.edge.QueryRequest(
            limit=LIMIT, query=self.edge.Query.Nearest(vector, "v"), with_payload=False
        )

    def search(self, query):
        return [(point.id, point.score) for point in self.shard.query(query)]


class Tantivy:
    """Terms as words; its own BM25 and idf over the same bags of words. BM25 only."""

    def __init__(self, kind, folder):
        import tantivy

        assert kind == "bm25"
        self.tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="whitespace")
        self.index = tantivy.Index(builder.build())

    def build(self, rows):
        writer = self.index.writer(heap_size=1 << 29, num_threads=1)
        for indices, weights in rows:
            words = np.repeat(indices, frequencies(indices, weights))
            text = " ".join(f"t{word}" for word in words)
            writer.add_document(self.tantivy.Document(text=text))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def prepare(self, indices, weights):
        return self.index.parse_query(" ".join(f"t{index}" for index in indices), ["text"])

    def search(self, query):
        hits = self.searcher.search(query, LIMIT, count=False).hits
        return [(address.doc, score) for score, address in hits]


class BM25S:
    """Its own BM25 and idf over the same bags of words. BM25 only."""

    def __init__(self, kind, folder):
        import bm25s

        assert kind == "bm25"
        self.model = bm25s.BM25(k1=1.2, b=0.75, method="lucene")

    def build(self, rows):
        bags = [
            [f"t{word}" for word in np.repeat(indices, frequencies(indices, weights))]
            for indices, weights in rows
        ]
        self.model.index(bags, show_progress=False)

    def prepare(self, indices, weights):
        return [[f"t{index}" for index in indices]]

    def search(self, query):
        ids, scores = self.model.retrieve(query, k=LIMIT, show_progress=False, n_threads=0)
        return list(zip(ids[0].tolist(), scores[0].tolist()))


class PISA:
    """Block-max MaxScore over weights cut to hundredths. Queries go together, for what a call of
    its wrapper costs: all count as alike."""

    def __init__(self, kind, folder):
        from pyterrier_pisa import PisaIndex

        self.folder = folder
        self.index = PisaIndex(str(folder), stemmer="none", threads=1)
        self.rarity = {} if kind == "bm25" else None

    def build(self, rows):
        count = 0
        holding = {}

        def documents():
            nonlocal count
            for id, (indices, weights) in enumerate(rows):
                count += 1
                if self.rarity is not None:
                    for index in indices.tolist():
                        holding[index] = holding.get(index, 0) + 1
                yield {
                    "docno": str(id),
                    "toks": {f"{i}": float(w) for i, w in zip(indices.tolist(), weights)},
                }  # fmt: skip

        self.index.toks_indexer().index(documents())
        if self.rarity is not None:
            self.rarity = {
                i: np.log((count - n + 0.5) / (n + 0.5) + 1) for i, n in holding.items()
            }
        self.retriever = self.index.quantized(
            num_results=LIMIT, threads=1, query_algorithm="block_max_maxscore"
        )

    def prepare(self, indices, weights):
        import pandas

        weight = self.rarity.get if self.rarity is not None else lambda index, default: 1
        toks = {
            f"{i}": float(w * weight(i, 0)) for i, w in zip(indices.tolist(), weights)
        }
        return pandas.DataFrame([{"qid": "0", "query_toks": toks}])

    def search_all(self, queries):
        import pandas

        queries = pandas.concat(queries)
        queries["qid"] = range(len(queries))
        started = time.process_time()
        found = self.retriever.transform(queries)
        times = [(time.process_time() - started) / len(queries)] * len(queries)
        answers = [[] for _ in times]
        for qid, id, score in zip(found["qid"], found["docno"], found["score"]):
            answers[qid].append((int(id), score / 10_000))
        return times, answers


class Seismic:
    """Clustered posting lists with summaries: approximate, its effort is `cut` of a query's terms
    and `heap`, the share of the worst kept score that a block's bound must reach."""

    def __init__(self, kind, folder, cut="10", heap="0.7"):
        import seismic

        self.dataset, self.seismic = seismic.SeismicDataset(), seismic
        self.string = seismic.get_seismic_string()
        self.effort = {"query_cut": int(cut), "heap_factor": float(heap)}
        self.rarity = {} if kind == "bm25" else None

    def tokens(self, indices):
        return np.array([str(index) for index in indices], dtype=self.string)

    def build(self, rows):
        count = 0
        for id, (indices, weights) in enumerate(rows):
            count += 1
            if self.rarity is not None:
                for index in indices.tolist():
                    self.rarity[index] = self.rarity.get(index, 0) + 1
            self.dataset.add_document(str(id), self.tokens(indices), weights.astype("f4"))
        if self.rarity is not None:
            self.rarity = {
                i: np.log((count - n + 0.5) / (n + 0.5) + 1) for i, n in self.rarity.items()
            }
        self.index = self.seismic.SeismicIndex.build_from_dataset(self.dataset, num_threads=1)

    def prepare(self, indices, weights):
        weight = self.rarity.get if self.rarity is not None else lambda index, default: 1
        weights = np.array([w * weight(i, 0) for i, w in zip(indices.tolist(), weights)], "f4")
        return self.tokens(indices), weights

    def search(self, query):
        found = self.index.search("0", *query, k=LIMIT, **self.effort)
        return [(int(id), score) for _, score, id in found]


PEERS = {
    "qdrant-edge": QdrantEdge, "tantivy": Tantivy, "bm25s": BM25S, "pisa": PISA,
    "seismic": Seismic,
}  # fmt: skip


def search_all(engine, queries):
    if hasattr(engine, "search_all"):
        return engine.search_all(queries)
    times, answers = [], []
    for query in queries:
        started = time.process_time()
        answers.append(engine.search(query))
        times.append(time.process_time() - started)
    return times, answers


def main() -> None:
    name, kind, base, queries, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    with contextlib.redirect_stdout(sys.stderr):
        name, *effort = name.split(":")
        engine = PEERS[name](kind, folder, *effort)
        started = time.process_time()
        engine.build(read(pathlib.Path(base)))
        built = time.process_time() - started
    prepared = [engine.prepare(*vector) for vector in read(pathlib.Path(queries))]
    print(json.dumps({"build_cpu_s": built}), flush=True)
    for _ in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            times, answers = search_all(engine, prepared)
        found = folder.with_suffix(".json")
        found.write_text(json.dumps(answers))
        times.sort()
        print(
            json.dumps({
                "cpu_s": sum(times), "p50_ms": times[len(times) // 2] * 1000,
                "p99_ms": times[len(times) * 99 // 100] * 1000, "found": str(found),
            }),
            flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
