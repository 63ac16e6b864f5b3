"""Writes the fixture `format-<number>-kinds`: every kind of data that a release keeps on disk.

Run with the program that is to be remembered: `QUIVER_BINARIES=<folder> write_kinds.py <folder>`.
"""

import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "Tests" / "EndToEnd"))

import requests  # noqa: E402
from process import quiver, until  # noqa: E402
from wire import Wire  # noqa: E402

KINDS, TEXTS, DISK = 130, 640, 1024
THRESHOLD = {"indexing_threshold": 1}
FIELDS = {
    "keyword": {"type": "keyword", "is_tenant": True},
    "integer": {"type": "integer", "lookup": True, "range": True},
    "float": "float",
    "bool": "bool",
    "geo": "geo",
    "datetime": {"type": "datetime", "is_principal": True},
    "uuid": "uuid",
    "text": {"type": "text", "tokenizer": "word", "lowercase": True, "phrase_matching": True},
    "nested[].n": "integer",
}


def dense(number: int) -> list[float]:
    """Numbers that every datatype keeps as they are."""
    return [(number * (7 + 2 * i) + 13 * i) % 128 for i in range(8)]


def payload(number: int) -> dict:
    return {
        "keyword": f"k{number % 5}",
        "integer": number % 13,
        "float": number / 4,
        "bool": number % 2 == 0,
        "geo": {"lon": number / 10, "lat": 45},
        "datetime": f"2024-01-{1 + number % 28:02}T00:00:00Z",
        "uuid": f"00000000-0000-0000-0000-{number % 10:012}",
        "text": f"The quick fox number {number % 4}",
        "nested": [{"n": number % 3}, {"n": 10}],
    }


def write_kinds(wire: Wire) -> None:
    path = "/collections/kinds"
    params = {"size": 8, "distance": "Euclid"}
    wire.result("PUT", path, {
        "vectors": {
            "gone": params,
            "half": {**params, "datatype": "float16"},
            "bytes": {**params, "datatype": "uint8"},
            "codes": {**params, "distance": "Dot", "datatype": "turbo4"},
        },
        "sparse_vectors": {
            "words": {"modifier": "idf"},
            "light": {"index": {"datatype": "float16", "on_disk": True}},
        },
        "optimizers_config": THRESHOLD,
        "metadata": {"owner": "format"},
    })  # fmt: skip
    for name, schema in FIELDS.items():
        body = {"field_name": name, "field_schema": schema}
        wire.result("PUT", path + "/index?wait=true", body)
    points = [{"id": n, "payload": payload(n), "vector": {
        **dict.fromkeys(("gone", "half", "bytes", "codes"), dense(n)),
        "words": {"indices": [n % 7, 100 + n], "values": [1, 2]},
        "light": {"indices": [n % 11], "values": [0.5 + n % 3]},
    }} for n in range(KINDS)]  # fmt: skip
    wire.result("PUT", path + "/points?wait=true", {"points": points})
    wire.result("DELETE", path + "/vectors/gone?wait=true")


def write_texts(wire: Wire) -> None:
    path = "/collections/texts"
    wire.result("PUT", path, {
        "vectors": {
            "size": 4, "distance": "Dot", "multivector_config": {"comparator": "max_sim"},
        },
        "optimizers_config": THRESHOLD,
    })  # fmt: skip
    points = [
        {"id": n, "vector": [[n % 31, n % 5, 1, 0], [0, 1, n % 7, n % 29]]} for n in range(TEXTS)
    ]
    wire.result("PUT", path + "/points?wait=true", {"points": points})


def write_disk(wire: Wire) -> None:
    """A file stands for whole chunks of rows; few of this one are left when it is written."""
    path = "/collections/disk"
    params = {"size": 512, "distance": "Cosine", "datatype": "float16"}
    wire.result("PUT", path, {
        "vectors": {"": params}, "optimizers_config": {"indexing_threshold": 0},
    })  # fmt: skip
    points = [{"id": n, "vector": [0] * (n % 512) + [1] + [0] * (511 - n % 512)}
              for n in range(DISK)]  # fmt: skip
    wire.result("PUT", path + "/points?wait=true", {"points": points})
    gone = [n for n in range(DISK) if n % 100]
    wire.result("POST", path + "/points/delete?wait=true", {"points": gone})
    wire.result("PATCH", path, {"vectors": {"": {"on_disk": True}}})


def name_again(wire: Wire) -> None:
    def alias(**action) -> None:
        wire.result("POST", "/collections/aliases", {"actions": [action]})

    alias(create_alias={"collection_name": "kinds", "alias_name": "things"})
    alias(create_alias={"collection_name": "disk", "alias_name": "old"})
    alias(rename_alias={"old_alias_name": "old", "new_alias_name": "cold"})


def write(folder: pathlib.Path) -> None:
    tail = {"QUIVER__STORAGE__PERFORMANCE__VECTOR_TAIL_MB": "0"}
    server = quiver(folder, **tail)
    data = folder / "data"
    try:
        server.start()
        wire = Wire(server.url, requests.Session())
        write_kinds(wire)
        write_texts(wire)
        write_disk(wire)
        name_again(wire)
        wanted = ("index/1-1.ivf", "index/1-2.ivf", "index/1-3.ivf", "index/2-0.lists")
        until(lambda: all((data / file).exists() for file in wanted)
              and list(data.glob("vectors/3-0-*.rows")), 60)  # fmt: skip
        # What the log holds goes into tables.
        for _ in range(2):
            server.terminate()
            server.start()
        wire.result("POST", "/collections/kinds/points/payload?wait=true",
                    {"payload": {"late": True}, "points": [3]})  # fmt: skip
        server.kill()
    finally:
        server.kill()


def main() -> None:
    target = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder))
        names = ("LOCK", "IDENTITY", "LOG", "LOG.*", "OPTIONS-*")
        shutil.copytree(
            f"{folder}/data", target, ignore=shutil.ignore_patterns(*names), dirs_exist_ok=False
        )


if __name__ == "__main__":
    main()
