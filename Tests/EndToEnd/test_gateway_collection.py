"""The gateway's collection, deleted and made again by others while the gateway runs."""

import json

import pytest
import requests
from gateway_service import CHUNKS, chunk

QUESTION = {"question": "With what is an arrow fletched?"}
WORDS = {"quiver_bm25": {"modifier": "idf"}}
LABEL = {"quiver_embedding": {
    "provider": "local", "model": "all-MiniLM-L6-v2", "dimension": 384, "recipe": 2}}  # fmt: skip
PLAIN = {"size": 384, "distance": "Cosine"}

# What a collection may be made as, and what the gateway says of it.
FOREIGN = {
    "dimension": (
        {"vectors": {"size": 3, "distance": "Cosine"}, "sparse_vectors": WORDS},
        "holds vectors of 3 components, the embedding model all-MiniLM-L6-v2 makes 384",
    ),
    "names": (
        {"vectors": {"text": PLAIN, "picture": PLAIN}},
        "has no unnamed dense vector, which the gateway needs (its vectors are called `picture`, "
        "`text`)",
    ),
    "sparse": ({"vectors": {}, "sparse_vectors": WORDS}, "has no unnamed dense vector"),
    "words": ({"vectors": PLAIN, "metadata": LABEL}, "has no sparse vectors `quiver_bm25`"),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(start_gateway):
    return start_gateway("remade")


def upload(server, id, title, text):
    body = {"chunks": [chunk(id, title, text)]}
    return requests.post(server.url + "/upload/chunks", json=body, timeout=60)


def ask(server, path="/insight/query", **more):
    return requests.post(server.url + path, json=QUESTION | more, timeout=60)


def remake(store, config):
    address = store.url + "/collections/remade"
    requests.delete(address, timeout=30).raise_for_status()
    if config:
        requests.put(address, json=config, timeout=30).raise_for_status()


@pytest.mark.parametrize("shape", FOREIGN)
def test_another_shape_is_told_and_mended_without_a_restart(store, server, shape):
    config, reason = FOREIGN[shape]
    upload(server, *CHUNKS[0]).raise_for_status()
    assert ask(server).json()["status"] == "answered"
    remake(store, config)
    sentence = "Collection `remade` " + reason
    for answer in (
        upload(server, *CHUNKS[1]), ask(server), ask(server, "/insight/search"),
        upload(server, *CHUNKS[1]),
    ):  # fmt: skip
        assert answer.status_code == 409, answer.text
        assert answer.json()["detail"].startswith(sentence), answer.text
    remake(store, config)
    upload(server, *CHUNKS[0])
    events = ask(server, stream=True).text
    data = json.loads(events.split("event: error\ndata: ")[1].split("\n")[0])
    assert data["status"] == 409 and data["detail"].startswith(sentence)
    # Whatever can be done without the shape goes on.
    for path in ("/documents", "/upload/chunks"):
        assert requests.get(server.url + path, timeout=30).status_code == 200
    remake(store, None)
    assert ask(server).json()["status"] == "no_knowledge"
    assert upload(server, *CHUNKS[0]).json()["uploaded"] == 1
    assert ask(server).json()["status"] == "answered"


def test_a_collection_of_an_older_recipe_takes_its_place(store, server):
    upload(server, *CHUNKS[0]).raise_for_status()
    remake(store, {"vectors": PLAIN})
    assert upload(server, *CHUNKS[0]).json()["uploaded"] == 1
    assert ask(server).json()["status"] == "answered"
    # With words again, and with nothing in it.
    remake(store, {"vectors": PLAIN, "sparse_vectors": WORDS, "metadata": LABEL})
    assert ask(server).json()["status"] == "no_knowledge"
    assert upload(server, *CHUNKS[0]).json()["uploaded"] == 1
