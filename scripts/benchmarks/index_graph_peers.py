"""Index libraries over quantised codes, for index_peers.py: its protocol, its limits."""

import os
import shutil

import numpy as np

LIMIT = 10


class SymphonyQG:
    """A graph whose nodes hold the codes of their neighbours (arXiv 2411.12229), by ef."""

    settings = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)

    def __init__(self, variant, metric):
        self.degree, self.ef_construction = variant
        self.metric = {"cosine": "ip", "l2": "l2", "dot": "ip"}[metric]

    @staticmethod
    def padded(rows):
        """With zeros up to what its rotation takes, a multiple of 64 dimensions."""
        return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 64)))

    def build(self, rows):
        import rabitqlib

        rows = self.padded(rows)
        self.index = rabitqlib.SymqgIndex(rows.shape[1], self.degree, self.metric)
        self.index.build(rows, self.ef_construction, num_threads=1)

    def save(self, folder):
        self.index.save(str(folder / "index"))
        self.file_bytes = os.path.getsize(folder / "index")

    def load(self, folder, rows):
        import rabitqlib

        self.index = rabitqlib.SymqgIndex.load(str(folder / "index"))
        self.file_bytes = os.path.getsize(folder / "index")

    def bytes(self, rows):
        """What its file holds beside the vectors."""
        return self.file_bytes / len(rows) - 4 * rows.shape[1]

    def use(self, setting):
        self.ef = setting

    def search(self, queries):
        return self.index.search(self.padded(queries), LIMIT, self.ef, num_threads=1)[0]


class FaissRaBitQ:
    """IVF with 1-bit codes, read by blocks, and refinement; `setting` is nprobe and `k_factor`."""

    settings = tuple((probes, factor) for factor in (6, 15) for probes in (4, 8, 16, 32, 64, 128))

    def __init__(self, variant, metric):
        import faiss

        faiss.omp_set_num_threads(1)
        self.faiss, self.lists_per_root, self.metric = faiss, variant, metric

    def build(self, rows):
        lists = max(1, min(int(self.lists_per_root * len(rows) ** 0.5), len(rows) // 8))
        l2 = self.metric == "l2"
        kind = self.faiss.METRIC_L2 if l2 else self.faiss.METRIC_INNER_PRODUCT
        self.index = self.faiss.index_factory(
            rows.shape[1], f"IVF{lists},RaBitQfs,Refine(Flat)", kind
        )
        self.index.train(rows)
        self.index.add(rows)

    def save(self, folder):
        self.faiss.write_index(self.index, str(folder / "index"))
        self.file_bytes = os.path.getsize(folder / "index")

    def load(self, folder, rows):
        self.index = self.faiss.read_index(str(folder / "index"))
        self.file_bytes = os.path.getsize(folder / "index")

    def bytes(self, rows):
        return self.file_bytes / len(rows) - 4 * rows.shape[1]

    def use(self, setting):
        probes, factor = setting
        self.params = self.faiss.IndexRefineSearchParameters(
            k_factor=factor, base_index_params=self.faiss.SearchParametersIVF(nprobe=probes)
        )

    def search(self, queries):
        return self.index.search(queries, LIMIT, params=self.params)[1]


class AlayaLite:
    """A graph with RaBitQ codes; `setting` is ef. Measured only."""

    settings = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)

    def __init__(self, variant, metric):
        self.degree, self.ef_construction = variant
        self.metric = {"cosine": "ip", "l2": "l2", "dot": "ip"}[metric]

    def build(self, rows):
        import alayalite

        client = alayalite.Client()
        self.index = client.create_index(
            "one", metric=self.metric, quantization_type="rabitq", capacity=len(rows) + 64,
            max_nbrs=self.degree, index_type="fusion",
        )  # fmt: skip
        self.index.fit(rows, ef_construction=self.ef_construction, num_threads=1)

    def save(self, folder):
        raise NotImplementedError

    def bytes(self, rows):
        """A code of a bit a dimension for every neighbour, its two factors and its number."""
        return self.degree * (rows.shape[1] / 8 + 12)

    def use(self, setting):
        self.ef = setting

    def search(self, queries):
        return self.index.batch_search(queries, LIMIT, self.ef, 1)


class Zvec:
    """A collection in a folder, asked one query at a time; `setting` is ef or nprobe."""

    settings = (8, 16, 32, 64, 128, 256, 512)
    calls_one_by_one = True
    takes_arrays = True

    def __init__(self, variant, metric):
        import zvec

        self.z, self.kind, self.metric = zvec, variant, metric
        self.folder = None

    def at(self, folder):
        self.folder = folder / "collection"
        return self

    def parameters(self, rows):
        z = self.z
        metric = {"cosine": z.MetricType.COSINE, "l2": z.MetricType.L2, "dot": z.MetricType.IP}
        if self.kind == "hnsw":
            return z.HnswRabitqIndexParam(
                metric[self.metric], total_bits=7, m=16, ef_construction=200
            )
        return z.IvfRabitqIndexParam(
            metric[self.metric], nlist=max(1, int(4 * len(rows) ** 0.5)), total_bits=7
        )

    @staticmethod
    def padded(rows):
        """With zeros up to 64 dimensions, the fewest that it takes."""
        return np.pad(rows, ((0, 0), (0, max(0, 64 - rows.shape[1]))))

    def build(self, rows):
        z = self.z
        rows = self.padded(rows)
        try:
            z.init(log_level=z.LogLevel.ERROR, query_threads=1, optimize_threads=1)
        except RuntimeError:
            pass  # It can be told once only.
        shutil.rmtree(self.folder, ignore_errors=True)
        field = z.VectorSchema(
            "v", z.DataType.VECTOR_FP32, rows.shape[1], index_param=self.parameters(rows)
        )
        self.collection = z.create_and_open(
            str(self.folder), z.CollectionSchema(name="rows", vectors=[field])
        )
        for first in range(0, len(rows), 1_000):
            part = rows[first : first + 1_000]
            self.collection.insert([
                z.Doc(id=str(first + i), vectors={"v": row}) for i, row in enumerate(part)
            ])  # fmt: skip
        self.collection.flush()
        self.collection.optimize(z.OptimizeOption(concurrency=1))

    def save(self, folder):
        raise NotImplementedError

    def bytes(self, rows):
        files = sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
        return files / len(rows) - 4 * rows.shape[1]

    def use(self, setting):
        if self.kind == "hnsw":
            self.params = self.z.HnswRabitqQueryParam(ef=setting, is_using_refiner=True)
        else:
            self.params = self.z.IvfRabitqQueryParam(nprobe=setting, is_using_refiner=True)

    def search(self, queries):
        found = []
        for query in self.padded(np.asarray(queries)):
            asked = self.z.Query(field_name="v", vector=query, param=self.params)
            hits = self.collection.query(asked, topk=LIMIT, output_fields=[])
            found.append([int(hit.id) for hit in hits])
        return np.asarray(found, np.int64)


PEERS = {
    "symphonyqg": (SymphonyQG, {"32": (32, 200), "64": (64, 300)}),
    "zvec": (Zvec, {"hnsw": "hnsw", "ivf": "ivf"}),
    "faiss-rabitq": (FaissRaBitQ, {"4√N": 4, "8√N": 8}),
    "alayalite": (AlayaLite, {"ef200": (32, 200), "ef400": (32, 400)}),
}
