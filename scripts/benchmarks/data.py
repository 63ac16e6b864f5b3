"""Vectors to store and to ask for: real ones from files, or seeded clusters."""

import pathlib

import numpy as np

DIMENSION = 384
SEED = 20


def normalised(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def load(folder: str | None, points: int, queries: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Unit vectors to store, unit vectors to ask for, and what they are."""
    if folder:
        base = np.load(pathlib.Path(folder) / "base.f16.npy", mmap_mode="r")[:points]
        asked = np.load(pathlib.Path(folder) / "queries.f16.npy")[:queries]
        if len(base) < points:
            raise SystemExit(f"bench: {folder} has only {len(base)} points")
        return normalised(base), normalised(asked), f"real vectors from {folder}"
    random = np.random.default_rng(SEED)
    # Clusters that overlap, in a space whose axes matter less and less, as embeddings do.
    scale = 1 / np.sqrt(1 + np.arange(DIMENSION) / 16)
    centres = random.normal(size=(max(16, points // 200), DIMENSION)) * scale
    chosen = centres[random.integers(len(centres), size=points + queries)]
    rows = normalised(chosen + 0.7 * random.normal(size=chosen.shape) * scale)
    return rows[:points], rows[points:], f"random clusters, seed {SEED}"


def nearest(base: np.ndarray, queries: np.ndarray, count: int) -> np.ndarray:
    """The exact nearest rows of every query, `len(queries) × count`, unordered."""
    return np.argpartition(-(queries @ base.T), count, axis=1)[:, :count]
