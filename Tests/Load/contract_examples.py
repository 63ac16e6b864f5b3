"""What requests of the contract can succeed with: a collection that is put back whenever a request
has changed it, and for each operation an example that names what is in it.

An example that is in the document is tried as it is, and is what other cases differ from in one
part: so they reach what lies behind the checks of names, sizes and kinds.
"""

import copy
import pathlib
import shutil

import requests

SEEDED, MADE, SNAPSHOT = "seeded", "made", "seeded.snapshot"
# Stands in examples for the bytes of a snapshot, which a document can't hold.
UPLOADED = "the bytes of a snapshot"
VECTORS = {name: {"size": 4, "distance": "Dot"} for name in ("dense", "spare")}
COLLECTION = {"vectors": VECTORS, "sparse_vectors": {"words": {}}}
INDEX = {"field_name": "city", "field_schema": "keyword"}
CITIES = ("Berlin", "London", "Berlin", "Oslo")
POINTS = [
    {"id": id, "payload": {"city": city, "n": id},
     "vector": {"dense": [1, id, 0, 2], "spare": [id, 0, 0, 1],
                "words": {"indices": [id, 9], "values": [1, 0.5]}}}
    for id, city in enumerate(CITIES, 1)
]  # fmt: skip
ALIAS = {"alias_name": "seeded-alias", "collection_name": SEEDED}

STANDALONE = "a server by itself refuses what changes a cluster (405)"
# Operations that can't succeed, and why.
REFUSED = {
    "PUT /collections/{collection_name}/shards": STANDALONE,
    "POST /collections/{collection_name}/shards/delete": STANDALONE,
    "POST /collections/{collection_name}/cluster": STANDALONE,
    "POST /cluster/recover": STANDALONE,
    "DELETE /cluster/peer/{peer_id}": STANDALONE,
}

PARAMETERS = {
    "collection_name": SEEDED, "snapshot_name": SNAPSHOT, "shard_id": 0, "id": 1, "peer_id": 1,
    "field_name": "city", "vector_name": "spare",
}  # fmt: skip
# What an operation has instead, because it makes something.
OWN_PARAMETERS = {
    "create_collection": {"collection_name": MADE},
    "create_vector_name": {"vector_name": "added"},
}
DENSE = {"query": [1, 2, 3, 4], "using": "dense", "limit": 3, "with_payload": True}


def bodies(url: str, snapshots: pathlib.Path) -> dict[str, object]:
    """A body for each operation that takes one, by the operation's id."""
    selected = {"points": [1, 2]}
    upload = {"snapshot": UPLOADED}
    matrix = {"sample": 4, "limit": 2, "using": "dense"}
    shard = snapshots / SEEDED / "shards" / "0" / SNAPSHOT
    return {
        "create_shard_key": {"shard_key": "a"},
        "delete_shard_key": {"shard_key": "a"},
        "update_quotas": {"enabled": False},
        "create_collection": {"vectors": VECTORS},
        "update_collection": {"optimizers_config": {"indexing_threshold": 20_000}},
        "update_aliases": {"actions": [{"create_alias": {**ALIAS, "alias_name": "another"}}]},
        "create_field_index": {"field_name": "n", "field_schema": "integer"},
        "create_vector_name": {"dense": {"size": 4, "distance": "Cosine"}},
        "update_collection_cluster": {"create_sharding_key": {"shard_key": "a"}},
        "recover_from_uploaded_snapshot": upload,
        "recover_shard_from_uploaded_snapshot": upload,
        "recover_from_snapshot": {
            "location": f"{url}/collections/{SEEDED}/snapshots/{SNAPSHOT}", "priority": "snapshot"},
        "recover_shard_from_snapshot": {"location": shard.as_uri(), "priority": "snapshot"},
        "get_points": {"ids": [1, 2], "with_vector": True, "with_payload": True},
        "upsert_points": {"points": POINTS},
        "delete_points": {"points": [4]},
        "update_vectors": {"points": [{"id": 1, "vector": {"dense": [4, 3, 2, 1]}}]},
        "delete_vectors": {"points": [1], "vector": ["spare"]},
        "set_payload": {"payload": {"seen": True}, **selected},
        "overwrite_payload": {"payload": {"city": "Rome"}, **selected},
        "delete_payload": {"keys": ["n"], **selected},
        "clear_payload": selected,
        "batch_update": {"operations": [{"upsert": {"points": POINTS}}, {"delete": selected}]},
        "scroll_points": {"limit": 2, "with_vector": True,
                          "filter": {"must": [{"key": "city", "match": {"value": "Berlin"}}]}},
        "count_points": {"exact": True},
        "facet": {"key": "city", "exact": True},
        "query_points": DENSE,
        "query_batch_points": {"searches": [DENSE, {**DENSE, "query": 1}]},
        "query_points_groups": {**DENSE, "group_by": "city", "group_size": 2},
        "search_matrix_pairs": matrix,
        "search_matrix_offsets": matrix,
    }  # fmt: skip


def with_examples(document: dict, url: str, snapshots: pathlib.Path) -> dict:
    """A document whose operations have examples."""
    document, examples = copy.deepcopy(document), bodies(url, snapshots)
    for operations in document["paths"].values():
        for operation in operations.values():
            name = operation["operationId"]
            values = PARAMETERS | OWN_PARAMETERS.get(name, {})
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["example"] = values[parameter["name"]]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                if name in examples:
                    content["example"] = examples[name]
    return document


def operations(document: dict) -> list[tuple[str, str]]:
    """Methods and paths."""
    return [(method.upper(), path) for path, known in document["paths"].items() for method in known]


class Seed:
    """The collection that examples name, with its points, index, alias and snapshots."""

    def __init__(self, url: str, snapshots: pathlib.Path, kept: pathlib.Path):
        self.url, self.snapshots, self.kept = url, snapshots, kept
        self.session = requests.Session()

    def plant(self) -> None:
        """Makes all of it, and keeps a copy of its snapshots."""
        self.lift_quotas()
        self.make_collection()
        own, full = f"/collections/{SEEDED}/snapshots", self.snapshots
        shard = f"/collections/{SEEDED}/shards/0/snapshots"
        for path, folder in ((own, full / SEEDED), (shard, full / SEEDED / "shards" / "0"),
                             ("/snapshots", full)):  # fmt: skip
            name = self.result("POST", path)["name"]
            for end in ("", ".checksum"):
                target = self.kept / (folder / SNAPSHOT).relative_to(full)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(folder / (name + end), target.with_name(SNAPSHOT + end))
        self.put_back()

    def put_back(self) -> None:
        """Makes anew whatever a request has changed of it."""
        self.lift_quotas()
        if self.send("GET", f"/collections/{MADE}").ok:
            self.result("DELETE", f"/collections/{MADE}")
        if self.state() != self.whole:
            self.make_collection()
        for file in self.kept.rglob("*.*"):
            target = self.snapshots / file.relative_to(self.kept)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)

    def lift_quotas(self) -> None:
        """Those that a request has set would have others refused."""
        if self.result("GET", "/quotas")["config"] != {"enabled": False}:
            self.result("PUT", "/quotas?wait=true", {"enabled": False})

    def make_collection(self) -> None:
        for alias in self.result("GET", "/aliases")["aliases"]:
            self.change_alias("delete_alias", {"alias_name": alias["alias_name"]})
        path = f"/collections/{SEEDED}"
        self.send("DELETE", path)
        self.result("PUT", path, COLLECTION)
        self.result("PUT", f"{path}/index?wait=true", INDEX)
        self.result("PUT", f"{path}/points?wait=true", {"points": POINTS})
        self.change_alias("create_alias", ALIAS)
        self.whole = self.state()

    def change_alias(self, change: str, values: dict) -> None:
        self.result("POST", "/collections/aliases", {"actions": [{change: values}]})

    def state(self) -> object:
        """What requests may have changed of it; None when there is no such collection."""
        path = f"/collections/{SEEDED}"
        shown = self.send("GET", path)
        if not shown.ok:
            return None
        info = shown.json()["result"]
        body = {"limit": 100, "with_vector": True, "with_payload": True}
        points = self.send("POST", f"{path}/points/scroll", body)
        return (info["config"], info["payload_schema"], self.result("GET", "/aliases"),
                points.ok and points.json()["result"])  # fmt: skip

    def send(self, method: str, path: str, body=None) -> requests.Response:
        return self.session.request(method, self.url + path, json=body, timeout=60)

    def result(self, method: str, path: str, body=None):
        answer = self.send(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json()["result"]
