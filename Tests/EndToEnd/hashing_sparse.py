"""A deterministic sparse embedding that needs no model."""

import hashlib
import re

from langchain_qdrant.sparse_embeddings import SparseEmbeddings, SparseVector


class HashingSparse(SparseEmbeddings):
    """Every word is a dimension; the weights differ so that scores rarely tie."""

    def embed_query(self, text: str) -> SparseVector:
        weights: dict[int, float] = {}
        for word in re.findall(r"\w+", text.lower()):
            digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
            number = int.from_bytes(digest, "little")
            index = number % (1 << 32)
            weights[index] = weights.get(index, 0) + 0.5 + (number >> 32) % 1000 / 1000
        return SparseVector(indices=list(weights), values=list(weights.values()))

    def embed_documents(self, texts: list[str]) -> list[SparseVector]:
        return [self.embed_query(text) for text in texts]
