"""Writes the fixture `snapshots-<number>`: a snapshot of a collection and one of the whole server.

Run with the program that is to be remembered:
`QUIVER_BINARIES=<folder> write_snapshots.py <folder>`.
"""

import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "Tests" / "EndToEnd"))

import requests  # noqa: E402
from process import quiver  # noqa: E402
from wire import Wire  # noqa: E402

COUNT = 20


def point(number: int) -> dict:
    vector = {"dense": [number, 1], "sparse": {"indices": [1, number + 2], "values": [1, number]},
              "multi": [[number, 1], [1, number]]}  # fmt: skip
    if number % 4 == 0:
        del vector["sparse"]
    payload = {"n": number, "text": f"tëg {number % 3}", "nested": [{"k": None}, {"k": [1.5]}]}
    return {"id": number, "vector": vector, "payload": payload}


def write(wire: Wire) -> None:
    path = "/collections/things"
    wire.result("PUT", path, {
        "vectors": {
            "dense": {"size": 2, "distance": "Dot"},
            "multi": {"size": 2, "distance": "Dot",
                      "multivector_config": {"comparator": "max_sim"}},
        },
        "sparse_vectors": {"sparse": {}}, "metadata": {"kept": True},
    })  # fmt: skip
    wire.result("PUT", path + "/index?wait=true", {"field_name": "n", "field_schema": "integer"})
    points = {"points": [point(number) for number in range(COUNT + 2)]}
    wire.result("PUT", path + "/points?wait=true", points)
    wire.result("POST", path + "/points/delete?wait=true", {"points": [COUNT, COUNT + 1]})


def main(target: pathlib.Path) -> None:
    target.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        service = quiver(pathlib.Path(folder))
        service.start()
        try:
            wire = Wire(service.url, requests.Session())
            write(wire)
            for place, name in [("/collections/things", "things"), ("", "server")]:
                made = wire.result("POST", place + "/snapshots")["name"]
                content = requests.get(f"{service.url}{place}/snapshots/{made}", timeout=60).content
                (target / f"{name}.snapshot").write_bytes(content)
        finally:
            service.kill()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
