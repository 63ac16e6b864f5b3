"""Sparse vectors made of real texts, in the files that every engine reads.

A file holds one vector after the other: the number of its elements, their indices, ascending, and
their weights, little-endian, four bytes each.
"""

import json
import pathlib
import random
import subprocess

import numpy as np

SEED = 11


def texts(path: pathlib.Path) -> list[str]:
    if path.suffix == ".zst":
        lines = subprocess.run(["zstdcat", str(path)], stdout=subprocess.PIPE, check=True).stdout
    else:
        lines = path.read_bytes()
    return [json.loads(line)["text"] for line in lines.splitlines()]


def write(path: pathlib.Path, vectors) -> None:
    with path.open("wb") as file:
        for indices, weights in vectors:
            order = np.argsort(indices)
            np.array([len(indices)], "<u4").tofile(file)
            np.asarray(indices, "<u4")[order].tofile(file)
            np.asarray(weights, "<f4")[order].tofile(file)


def read(path: pathlib.Path):
    """Pairs of indices and weights."""
    numbers = np.fromfile(path, "<u4")
    position = 0
    while position < len(numbers):
        middle = position + 1 + int(numbers[position])
        end = middle + int(numbers[position])
        yield numbers[position + 1 : middle], numbers[middle:end].view("<f4")
        position = end


def bm25(folder: pathlib.Path, points: int | None, queries: int):
    """The vectors of `qdrant/bm25`, by Qdrant's own engine; the modifier is idf."""
    import qdrant_edge as edge

    model = edge.Bm25(edge.Bm25Config())
    rows = [model.embed_document(text) for text in texts(folder / "texts.jsonl.zst")[:points]]
    asked = texts(folder / "query_texts.jsonl")[:queries]
    return [
        [(np.array(v.indices, np.uint32), np.array(v.values, np.float32)) for v in vectors]
        for vectors in (rows, [model.embed_query(text) for text in asked])
    ]


class Expansion:
    """Vectors like those of SPLADE: terms of a text, and of texts that share its rare terms.

    Weights are ln(1 + x) of a term's frequency times its rarity, where terms of the text count once
    and borrowed ones a third, with some noise; indices are numbers below 30,000 by falling
    frequency; the rarest terms share the last ones. About 120 terms a row and 25 a query.
    """

    VOCABULARY = 30_000

    def __init__(self, rows):
        self.random = np.random.default_rng(SEED)
        count = len(rows)
        hashes, holding = np.unique(np.concatenate([r for r, _ in rows]), return_counts=True)
        order = np.argsort(-holding, kind="stable")
        rank = np.empty(len(hashes), np.int64)
        rank[order] = np.arange(len(hashes))
        self.hashes = hashes
        self.number = np.minimum(rank, self.VOCABULARY - 1 - rank % 97)
        by_number = np.zeros(self.VOCABULARY)
        np.add.at(by_number, self.number, holding)
        self.rarity = np.log1p(count / by_number.clip(1))
        self.rows = [self.numbers(indices) for indices, _ in rows]
        self.lists = [[] for _ in range(self.VOCABULARY)]
        for row, numbers in enumerate(self.rows):
            for number in numbers:
                if len(self.lists[number]) < 400:
                    self.lists[number].append(row)

    def numbers(self, indices):
        places = np.searchsorted(self.hashes, indices).clip(0, len(self.hashes) - 1)
        return np.unique(self.number[places[self.hashes[places] == indices]])

    def expand(self, numbers, terms: int):
        weight = dict.fromkeys(numbers.tolist(), 1.0)
        rare = numbers[np.argsort(-self.rarity[numbers])][:6]
        for _ in range(40):
            if len(weight) >= terms or len(rare) == 0:
                break
            sharing = self.lists[rare[self.random.integers(len(rare))]]
            if not sharing:
                continue
            for number in self.rows[sharing[self.random.integers(len(sharing))]].tolist():
                weight[number] = weight.get(number, 0.0) + 0.33
        chosen = np.array(list(weight), np.int64)
        mass = np.array(list(weight.values())) * self.rarity[chosen]
        mass *= self.random.uniform(0.5, 1.5, len(mass))
        keep = np.argsort(-mass)[:terms]
        return chosen[keep].astype(np.uint32), np.log1p(mass[keep]).astype(np.float32)


def splade(folder: pathlib.Path, points: int, queries: int):
    rows, asked = bm25(folder, None, queries)
    model = Expansion(rows)
    draw = random.Random(SEED)

    def row(number):
        # A part of a text, another each time it is taken.
        numbers = model.rows[number % len(rows)]
        part = numbers[model.random.random(len(numbers)) < draw.uniform(0.6, 1)]
        return model.expand(part, draw.randint(90, 150))

    made = (row(number) for number in range(points))
    questions = (model.expand(model.numbers(q), draw.randint(18, 32)) for q, _ in asked)
    return made, [question for question in questions if len(question[0])]


def frequencies(indices, weights, k=1.2, b=0.75, average=256):
    """How often each term stands in a text with these weights."""
    for length in range(len(indices), 4096):
        share = k * (1 - b + b * length / average)
        counts = weights * share / (k + 1 - weights)
        if round(float(counts.sum())) <= length:
            return np.maximum(1, np.rint(counts)).astype(int)
    return np.ones(len(indices), int)
