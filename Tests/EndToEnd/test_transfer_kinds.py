"""Every way to move a collection moves every kind of vector: export and import, migration, and
snapshots of the collection and of its shard, also after vectors were added and dropped."""

import random

import pytest
import requests
from process import quiver
from qdrant_client import QdrantClient
from transfers import contents, run
from wire import Wire

COUNT = 150
SIZE = 8
MULTI = {"comparator": "max_sim"}
CONFIG = {
    "vectors": {
        "": {"size": SIZE, "distance": "Cosine"},
        "half": {"size": SIZE, "distance": "Dot", "datatype": "float16"},
        "bytes": {"size": SIZE, "distance": "Euclid", "datatype": "uint8"},
        "codes": {"size": SIZE, "distance": "Dot", "datatype": "turbo4"},
        "many": {"size": SIZE, "distance": "Cosine", "multivector_config": MULTI},
        "many-half": {
            "size": SIZE,
            "distance": "Dot",
            "datatype": "float16",
            "multivector_config": MULTI,
        },
        "many-bytes": {
            "size": SIZE,
            "distance": "Manhattan",
            "datatype": "uint8",
            "multivector_config": MULTI,
        },
        "doomed": {"size": 2, "distance": "Dot"},
    },
    "sparse_vectors": {
        "words": {"modifier": "idf"},
        "weights": {"index": {"datatype": "float16", "on_disk": True}},
        "words-in-steps": {"index": {"datatype": "uint8"}, "modifier": "idf"},
        "doomed-too": {},
    },
    "metadata": {"of": "every kind"},
}
ADDED = {
    "late": {"dense": {"size": SIZE, "distance": "Euclid"}},
    "late-many": {"dense": {"size": SIZE, "distance": "Dot", "multivector_config": MULTI}},
    "late-words": {"sparse": {"modifier": "idf"}},
}


def vector(chance: random.Random, name: str):
    def dense():
        if "bytes" in name:
            return [chance.randrange(256) for _ in range(SIZE)]
        return [round(chance.uniform(-1, 1), 4) for _ in range(2 if name == "doomed" else SIZE)]

    if "words" in name or name in ("weights", "doomed-too"):
        indices = chance.sample(range(50), chance.randrange(1, 9))
        return {"indices": indices, "values": [round(chance.uniform(0.1, 2), 3) for _ in indices]}
    if "many" in name:
        return [dense() for _ in range(chance.randrange(1, 5))]
    return dense()


def fill(wire: Wire, name: str) -> None:
    chance = random.Random(11)
    wire.result("PUT", f"/collections/{name}", CONFIG)
    path = f"/collections/{name}/points"
    names = [*CONFIG["vectors"], *CONFIG["sparse_vectors"]]

    def upsert(ids, names):
        batch = [
            {
                "id": id,
                # Any point may lack any of them.
                "vector": {n: vector(chance, n) for n in names if chance.random() < 0.8},
                "payload": {"n": id, "text": "ß" * (id % 3)},
            }
            for id in ids
        ]
        wire.result("PUT", path + "?wait=true", {"points": batch})

    upsert(range(COUNT), names)
    for dropped in ("doomed", "doomed-too"):
        wire.result("DELETE", f"/collections/{name}/vectors/{dropped}?wait=true")
    for added, vectors in ADDED.items():
        wire.result("PUT", f"/collections/{name}/vectors/{added}?wait=true", vectors)
    # A name that comes back is another one.
    again = {"dense": {"size": 2, "distance": "Cosine", "datatype": "float16"}}
    wire.result("PUT", f"/collections/{name}/vectors/doomed?wait=true", again)
    upsert(range(COUNT - 40, COUNT + 40), [n for n in names if "doomed" not in n] + [*ADDED])
    wire.result("POST", path + "/delete?wait=true", {"points": list(range(5))})
    index = {"field_name": "n", "field_schema": "integer"}
    wire.result("PUT", f"/collections/{name}/index?wait=true", index)


def answers(wire: Wire, name: str) -> list:
    """What searches with each vector find."""
    chance = random.Random(5)
    found = []
    # In the order of their names: a copy may declare them in another.
    info = wire.result("GET", f"/collections/{name}")["config"]["params"]
    for using in sorted([*info["vectors"], *info["sparse_vectors"]]):
        query = {"query": vector(chance, using), "using": using, "limit": 10}
        hits = wire.result("POST", f"/collections/{name}/points/query", query)["points"]
        found.append((using, [(hit["id"], pytest.approx(hit["score"], rel=1e-5)) for hit in hits]))
    return found


def configuration(wire: Wire, name: str) -> dict:
    info = wire.result("GET", f"/collections/{name}")
    return {"config": info["config"], "points": info["points_count"]}


@pytest.fixture(scope="module")
def filled(wire):
    name = "every-kind"
    fill(wire, name)
    yield name
    wire.result("DELETE", f"/collections/{name}")


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    service = quiver(tmp_path_factory.mktemp("second"))
    service.start()
    yield service
    service.kill()


@pytest.fixture
def copy(second, filled):
    """The other server, which has no such collection."""
    with requests.Session() as session:
        wire = Wire(second.url, session)
        wire.result("DELETE", f"/collections/{filled}")
        yield wire


def export_and_import(server, second, name, folder):
    file = folder / "points.jsonl"
    out, _ = run("export", file, "--collection", name, "--url", server.url, "--batch", "17")
    assert f"{COUNT + 35} points of {name} exported" in out
    run("import", file, "--collection", name, "--url", second.url)


def migrate(server, second, name, folder):
    out, _ = run("migrate", "--from", server.url, "--to", second.url, "--collection", name,
                 "--checkpoint", folder / "record", "--batch", "23")  # fmt: skip
    assert f"{name}: {COUNT + 35} points on both" in out


def snapshot(server, second, name, folder, shard=""):
    path = f"/collections/{name}{shard}/snapshots"
    made = requests.post(server.url + path, timeout=60).json()["result"]
    content = requests.get(f"{server.url}{path}/{made['name']}", timeout=60).content
    if shard:
        # A shard is recovered in a collection that is there.
        config = requests.get(f"{server.url}/collections/{name}", timeout=60).json()["result"]
        params = config["config"]["params"]
        body = {key: params[key] for key in ("vectors", "sparse_vectors")}
        requests.put(f"{second.url}/collections/{name}", json=body, timeout=60)
    answer = requests.post(
        second.url + path + "/upload",
        files={"snapshot": content},
        params={"checksum": made["checksum"]},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


def shard_snapshot(server, second, name, folder):
    snapshot(server, second, name, folder, shard="/shards/0")


def without_codes(told):
    # What is told of codes is coded anew where it is imported; snapshots hold the codes.
    return {id: ({**vectors, "codes": "codes" in vectors}, rest) for id, (vectors, rest) in told}


@pytest.mark.parametrize("move", [export_and_import, migrate, snapshot, shard_snapshot])
def test_every_kind_is_moved(server, second, wire, copy, client, filled, tmp_path, move):
    move(server, second, filled, tmp_path)
    other = QdrantClient(url=second.url)
    there, here = contents(client, filled), contents(other, filled)
    found = answers(wire, filled)
    assert configuration(copy, filled) == configuration(wire, filled)
    if move in (export_and_import, migrate):
        there, here = without_codes(there.items()), without_codes(here.items())
        found = [each for each in found if each[0] != "codes"]
    assert here == there
    assert [each for each in answers(copy, filled) if each in found] == found
    second.kill()
    second.start()
    assert [each for each in answers(copy, filled) if each in found] == found


def test_a_collection_becomes_what_it_was(wire, server, client, filled):
    before = contents(client, filled), answers(wire, filled)
    made = wire.result("POST", f"/collections/{filled}/snapshots")
    everything = {"filter": {"must": []}}
    wire.result("POST", f"/collections/{filled}/points/delete?wait=true", everything)
    wire.result("DELETE", f"/collections/{filled}/vectors/late?wait=true")
    content = requests.get(
        f"{server.url}/collections/{filled}/snapshots/{made['name']}", timeout=60
    ).content
    refused = requests.post(
        f"{server.url}/collections/{filled}/snapshots/upload",
        files={"snapshot": content},
        timeout=60,
    )
    if refused.status_code != 200:
        # The dropped name has to be there again.
        assert "late" in refused.text
        vectors = ADDED["late"]
        wire.result("PUT", f"/collections/{filled}/vectors/late?wait=true", vectors)
        again = requests.post(
            f"{server.url}/collections/{filled}/snapshots/upload",
            files={"snapshot": content},
            timeout=60,
        )
        assert again.status_code == 200, again.text
    assert (contents(client, filled), answers(wire, filled)) == before
