"""Aliases: every endpoint takes them for names, changes are atomic, and they survive a kill."""

import pytest
from grpc_calls import refused_either_way
from process import quiver
from qdrant_client import QdrantClient, models

PARAMS = models.VectorParams(size=2, distance=models.Distance.DOT)


def create(alias: str, collection: str):
    return models.CreateAliasOperation(
        create_alias=models.CreateAlias(alias_name=alias, collection_name=collection)
    )


def rename(old: str, new: str):
    return models.RenameAliasOperation(
        rename_alias=models.RenameAlias(old_alias_name=old, new_alias_name=new)
    )


def delete(alias: str):
    return models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))


def pairs(response) -> list:
    return [(a.alias_name, a.collection_name) for a in response.aliases]


@pytest.fixture
def colours(client):
    """Two collections with a point each, `red` and `green`."""
    for number, name in enumerate(["red", "green"]):
        client.create_collection(name, vectors_config=PARAMS)
        client.upsert(
            name, [models.PointStruct(id=number, vector=[1, 0], payload={"name": name})]
        )
    yield client
    for name in ["red", "green"]:
        client.delete_collection(name)


def test_every_endpoint_takes_an_alias(colours, wire):
    assert colours.update_collection_aliases([create("colour", "red")])
    assert colours.collection_exists("colour")
    assert colours.get_collection("colour").points_count == 1
    colours.upsert("colour", [models.PointStruct(id=5, vector=[0, 1], payload={"n": 1})])
    colours.set_payload("colour", {"m": 2}, points=[5])
    assert colours.retrieve("red", [5])[0].payload == {"n": 1, "m": 2}
    assert colours.count("colour").count == 2
    assert [p.id for p in colours.scroll("colour")[0]] == [0, 5]
    assert [p.id for p in colours.query_points("colour", query=[0, 1], limit=1).points] == [5]
    assert colours.update_collection("colour", metadata={"k": "v"})
    assert colours.get_collection("red").config.metadata == {"k": "v"}
    assert wire.result("GET", "/collections/colour/points/5")["payload"] == {"n": 1, "m": 2}
    colours.delete("colour", [5])
    assert colours.count("red").count == 1
    (snapshot,) = [colours.create_snapshot("colour")]
    assert [s.name for s in colours.list_snapshots("red")] == [snapshot.name]
    # Aliases are no names of their own: the list and the deletion know collections only.
    assert "colour" not in [c.name for c in colours.get_collections().collections]
    assert wire.result("DELETE", "/collections/colour") is False
    assert colours.collection_exists("red")


def test_lists(colours):
    colours.update_collection_aliases(
        [create("b", "red"), create("a", "red"), create("c", "green")]
    )
    assert pairs(colours.get_aliases()) == [("a", "red"), ("b", "red"), ("c", "green")]
    assert pairs(colours.get_collection_aliases("red")) == [("a", "red"), ("b", "red")]
    assert pairs(colours.get_collection_aliases("nothing")) == []
    colours.delete_collection("red")
    assert pairs(colours.get_aliases()) == [("c", "green")]
    assert not colours.collection_exists("a")


def test_switch_is_atomic(colours):
    colours.update_collection_aliases([create("live", "red")])
    colours.update_collection_aliases([delete("live"), create("live", "green")])
    assert colours.scroll("live")[0][0].payload == {"name": "green"}
    colours.update_collection_aliases([rename("live", "current"), create("old", "red")])
    assert pairs(colours.get_aliases()) == [("current", "green"), ("old", "red")]
    with refused_either_way(404):
        colours.update_collection_aliases([delete("old"), create("new", "nothing")])
    assert pairs(colours.get_aliases()) == [("current", "green"), ("old", "red")]


@pytest.mark.parametrize(
    "action, status, text",
    [
        (create("green", "red"), 409, "Wrong input: Collection `green` already exists!"),
        (create("x", "nothing"), 404, "Not found: Collection `nothing` doesn't exist!"),
        (rename("nothing", "x"), 404, "Not found: Alias nothing does not exists!"),
        (
            create("a/b", "red"), 422,
            "Validation error in JSON body: [actions[0].create_alias.alias_name: "
            'collection name cannot contain "/" char]',
        ),
    ],
)  # fmt: skip
def test_refusals(colours, wire, action, status, text):
    body = {"actions": [action.model_dump(exclude_none=True)]}
    answer = wire.send("POST", "/collections/aliases", body)
    assert answer.status_code == status
    assert answer.json()["status"]["error"] == text
    assert pairs(colours.get_aliases()) == []


def test_no_collection_takes_the_name_of_an_alias(colours, wire):
    colours.update_collection_aliases([create("taken", "red")])
    answer = wire.send("PUT", "/collections/taken", {"vectors": {"size": 2, "distance": "Dot"}})
    assert answer.status_code == 400
    assert answer.json()["status"]["error"] == (
        "Wrong input: Can't create collection with name taken. "
        "Alias with the same name already exists"
    )


def test_lookups_through_an_alias(colours):
    colours.update_collection_aliases([create("source", "green")])
    hits = colours.query_points(
        "red", query=1, lookup_from=models.LookupLocation(collection="source"), limit=5
    ).points
    assert [h.id for h in hits] == [0]


def test_aliases_survive_kill_and_full_snapshot(tmp_path):
    server = quiver(tmp_path)
    server.start()
    try:
        client = QdrantClient(url=server.url, check_compatibility=False)
        for name in ["red", "green"]:
            client.create_collection(name, vectors_config=PARAMS)
        client.update_collection_aliases([create("live", "red")])
        server.kill()
        server.start()
        assert pairs(client.get_aliases()) == [("live", "red")]
        client.update_collection_aliases([create("live", "green"), create("old", "red")])
        server.kill()
        server.start()
        assert pairs(client.get_aliases()) == [("live", "green"), ("old", "red")]
        snapshot = client.create_full_snapshot()
        client.update_collection_aliases([delete("live"), delete("old")])
        server.kill()
        server.start()
        assert pairs(client.get_aliases()) == []
        (file,) = tmp_path.rglob(snapshot.name)
        server.kill()
        restored = quiver(tmp_path / "restored")
        (tmp_path / "restored").mkdir()
        restored.command += ["--snapshot", str(file)]
        restored.start()
        try:
            again = QdrantClient(url=restored.url, check_compatibility=False)
            assert pairs(again.get_aliases()) == [("live", "green"), ("old", "red")]
        finally:
            restored.kill()
    finally:
        server.kill()
