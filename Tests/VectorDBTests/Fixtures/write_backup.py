"""Writes the fixture `backup-<number>`: the objects of a log in object storage, a snapshot and what
came after it, and what clients saw of the server that wrote it.

Run with the program that is to be remembered:
`QUIVER_BINARIES=<folder> write_backup.py <folder>`.
"""

import json
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "Tests" / "EndToEnd"))

import requests  # noqa: E402
import write_snapshots  # noqa: E402
from object_stores import BUCKET, RealStore, moto  # noqa: E402
from process import Service, until  # noqa: E402
from shared_log import everything, figure, is_shipped, sharing  # noqa: E402
from wire import Wire  # noqa: E402


def snapshots(service: Service) -> float:
    return figure(service, "replication_snapshots_total")


def write(service: Service) -> None:
    wire = Wire(service.url, requests.Session())
    write_snapshots.write(wire)
    until(lambda: is_shipped(service) and snapshots(service) > 0, 60)
    # What is in the log alone, of each kind.
    wire.result("PUT", "/collections/others", {"vectors": {"size": 2, "distance": "Cosine"}})
    points = {"points": [{"id": n, "vector": [n, 1], "payload": {"n": n}} for n in range(1, 9)]}
    wire.result("PUT", "/collections/others/points?wait=true", points)
    wire.result("POST", "/collections/aliases", {"actions": [
        {"create_alias": {"collection_name": "others", "alias_name": "other"}}]})  # fmt: skip
    path = "/collections/things"
    wire.result("POST", path + "/points/payload?wait=true", {"payload": {"late": 1}, "points": [3]})
    odd = {"filter": {"must": [{"key": "n", "range": {"gte": 15}}]}}
    wire.result("POST", path + "/points/delete?wait=true", odd)
    wire.result("POST", path + "/points/vectors/delete?wait=true",
                {"vector": ["sparse"], "points": [5]})  # fmt: skip
    wire.result("PUT", path + "/points/vectors?wait=true",
                {"points": [{"id": 6, "vector": {"dense": [7, 8]}}]})  # fmt: skip
    wire.result("PUT", path + "/index?wait=true", {"field_name": "text", "field_schema": "keyword"})
    wire.result("PATCH", path, {"metadata": {"later": 1}})
    wire.result("PUT", "/collections/gone", {"vectors": {"size": 1, "distance": "Dot"}})
    wire.result("DELETE", "/collections/gone")


def keep(store: RealStore, target: pathlib.Path) -> None:
    for key in store.keys():
        file = target / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(store.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def main(target: pathlib.Path) -> None:
    target.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        store = moto(pathlib.Path(folder))
        place = pathlib.Path(folder) / "server"
        place.mkdir()
        # The next one would take what is to be in the log alone.
        service = sharing(place, store.endpoint, "async",
                          QUIVER__REPLICATION__SNAPSHOT_INTERVAL_SEC="10")  # fmt: skip
        service.start()
        try:
            write(service)
            until(lambda: is_shipped(service), 60)
            seen = json.dumps(everything(service), ensure_ascii=False, indent=1)
            (target / "everything.json").write_text(seen + "\n")
            keep(store, target / "objects")
        finally:
            service.kill()
            store.stop()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
