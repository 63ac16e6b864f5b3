"""A deterministic embedding that needs no model."""

import hashlib
import math
import re

from langchain_core.embeddings import Embeddings


class HashingEmbeddings(Embeddings):
    """Feature hashing: every word adds its weight to one component.

    Texts that share words are close; the weights differ so that scores rarely tie.
    """

    def __init__(self, size: int = 128):
        self.size = size

    def embed_query(self, text: str) -> list[float]:
        vector = [0.0] * self.size
        for word in re.findall(r"\w+", text.lower()):
            digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
            number = int.from_bytes(digest, "little")
            weight = 1 + (number >> 32) % 1000 / 1000
            vector[number % self.size] += weight if number >> 63 else -weight
        length = math.sqrt(sum(x * x for x in vector)) or 1.0
        return [x / length for x in vector]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]
