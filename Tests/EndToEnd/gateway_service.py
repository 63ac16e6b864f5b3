"""The gateway before a server, for tests that ask both."""

import os
import pathlib
import subprocess

import requests
from process import ROOT, Service, binary, clean_environment

MODEL = pathlib.Path(
    os.environ.get("EMBEDDINGS__MODEL_PATH") or ROOT / ".quiver" / "models" / "all-MiniLM-L6-v2"
)
CHUNKS = [
    ("archery", "Fletching an arrow", "An arrow is fletched with three feathers, which keep it "
     "straight in flight. The feathers are glued to the shaft at equal angles."),
    ("bread", "Proofing dough", "Bread dough has to rest in a warm place until its volume has "
     "doubled. Bakers call this step proofing, and it takes about an hour."),
    ("purge", "Removing packages", "The command apt purge removes a package together with its "
     "configuration files. A plain apt remove leaves the configuration files behind."),
    ("tides", "Ebb and flow", "The tides of the sea are caused mainly by the gravity of the moon. "
     "High water returns about every twelve hours and twenty-five minutes."),
]  # fmt: skip


def chunk(id: str, title: str, text: str, **more) -> dict:
    return {"page_content": text, "metadata": {"chunk_id": id, "title": title, **more}}


def gateway(folder: pathlib.Path, store_url: str, collection: str, **settings: str) -> Service:
    service = Service("quiver-gateway", folder, "/health/live")
    service.settings = {
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(service.port),
        "QDRANT_VECTOR_STORE__URL": store_url,
        "QDRANT_VECTOR_STORE__COLLECTION_NAME": collection,
        "EMBEDDINGS__MODEL_PATH": str(MODEL),
        **settings,
    }
    return service


def call(service, method, path, body=None, key=None, status=200, **headers):
    """The answer in JSON to a request that ends with a status."""
    if key:
        headers["Authorization"] = f"Bearer {key}"
    answer = requests.request(
        method, service.url + path, json=body, headers=headers, timeout=120)  # fmt: skip
    assert answer.status_code == status, answer.text
    return answer.json()


def upload(service, chunks, key=None, **headers):
    return call(service, "POST", "/upload/chunks", {"chunks": chunks}, key, **headers)


def run(service, *arguments, input: str = "", **settings):
    """Runs a command of the gateway's program with the settings of a running one."""
    return subprocess.run(
        [binary("quiver-gateway"), *arguments], input=input, capture_output=True, text=True,
        timeout=300, env=clean_environment({**service.settings, **settings}),
    )  # fmt: skip
