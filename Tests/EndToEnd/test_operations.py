"""Every command of the operations page, in order; scripts/test-deploy runs those of containers."""

import json
import os
import re
import shutil
import subprocess

import numpy
import pytest
import requests
from process import ROOT, binary, clean_environment, free_port, quiver
from qdrant_client import QdrantClient, models

PAGE = (ROOT / "Sources" / "VectorDB" / "VectorDB.docc" / "Operations.md").read_text()


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def is_about_containers(block: str) -> bool:
    return "docker " in block


@pytest.fixture
def elsewhere(tmp_path):
    """A server that stands for the Qdrant that somebody moves in from."""
    (tmp_path / "elsewhere").mkdir()
    service = quiver(tmp_path / "elsewhere")
    service.start()
    client = QdrantClient(url=service.url)
    client.create_collection("old", models.VectorParams(size=4, distance="Cosine"))
    client.upsert("old", [models.PointStruct(id=n, vector=[n, 1, 2, 3]) for n in range(50)])
    yield service
    service.kill()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_command_does_what_the_page_says(elsewhere, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    with open(folder / "documents.jsonl", "w") as file:
        for n in range(300):
            point = {"id": n, "vector": [n, 1.0, 2.0], "payload": {"n": n}}
            file.write(json.dumps(point) + "\n")
    numpy.save(folder / "vectors.npy", numpy.eye(8, dtype="float32"))
    (folder / "payloads.jsonl").write_text('{"a": 1}\n' * 8)
    port = free_port()
    script = "\n".join(block for block in blocks() if not is_about_containers(block))
    script = script.replace("http://qdrant:6333", elsewhere.url)
    script = script.replace("localhost:6333", f"localhost:{port}")
    # Job control gives background jobs their numbers; the last server is ended from here.
    script = f"set -euo pipefail\n{script}\necho; echo server $!\n"
    environment = clean_environment({
        "PATH": f"{binary('quiver').parent}:{os.environ['PATH']}",
        "QUIVER__SERVICE__HOST": "127.0.0.1", "QUIVER__SERVICE__HTTP_PORT": str(port),
    })  # fmt: skip
    # Servers keep their channels open, so output goes to files.
    with open(tmp_path / "out", "w+") as out:
        done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment,
                              stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                              timeout=180)  # fmt: skip
        out.seek(0)
        text = out.read()
    last = re.findall(r"^server (\d+)$", text, re.MULTILINE)
    try:
        assert done.returncode == 0, text
        check(folder, port, text)
    finally:
        for pid in last:
            os.kill(int(pid), 15)


def check(folder, port: int, text: str) -> None:
    """What must be true once all has run: the restored server has everything."""
    assert "old: 50 points on both" in text
    assert "300 points imported into documents" in text
    assert "8 points of images exported" in text
    assert '"count":300' in text
    assert len((folder / "images.jsonl").read_text().splitlines()) == 8
    key = (folder / "secrets" / "api_key").read_text().strip()
    url = f"http://127.0.0.1:{port}"
    assert requests.get(f"{url}/collections", timeout=60).status_code == 401
    client = QdrantClient(url=url, api_key=key)
    found = {c.name: client.count(c.name).count for c in client.get_collections().collections}
    assert found == {"old": 50, "documents": 300, "images": 8}
    log = (folder / "quiver.log").read_text()
    assert key not in log
    for line in log.splitlines():
        assert {"time", "level", "message"} <= set(json.loads(line)), line


def test_commands_of_containers_are_run_by_the_script_for_them():
    script = (ROOT / "scripts" / "test-deploy").read_text()
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    about = [s.split("\n")[0] for s in sections if is_about_containers(
        "".join(re.findall(r"^```sh\n(.*?)^```$", s, re.DOTALL | re.MULTILINE)))]  # fmt: skip
    assert about == ["Start", "Upgrade"]
    for section in about:
        assert re.search(rf"run_page {section} \d", script), section


def sources(*folders: str) -> str:
    return "".join(p.read_text() for f in folders for p in (ROOT / "Sources" / f).rglob("*.swift"))


def test_what_the_page_names_is_there():
    spans = re.search(r"^\| span \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)[0]
    metrics = sources("QdrantREST/Metrics", "ServiceProcess", "RAGGateway")
    row = re.compile(r"^\| `([a-z_]+)`(?:, (?:with )?`([a-z_]+)`)?(?: in it)? \|", re.MULTILINE)
    for name in row.findall(PAGE.replace(spans, "")):
        for figure in filter(None, name):
            # Those of both transports are made of one text.
            shared = re.sub("^(rest|grpc)_", r"\\(kind)_", figure)
            assert f'"{figure}"' in metrics or f'"{shared}"' in metrics, figure
    places = sources("QdrantREST/Body", "VectorDB")
    names = [span for name in row.findall(spans) for span in filter(None, name)]
    assert len(names) > 5
    for span in names:
        assert f'"{span}"' in places, span
    exits = (ROOT / "Sources/quiver/ServerExit.swift").read_text()
    codes = set(re.findall(r"ExitCode\((\d)\)", exits))
    assert codes == set(re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE))
    for path in re.findall(r"`(deploy/[\w./-]+)`", PAGE):
        assert (ROOT / path).exists() or path == "deploy/.env", path
