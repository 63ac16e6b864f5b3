"""Logs in object storage that released formats have written, as `write_backup.py` keeps them."""

import json

import pytest
from object_stores import BUCKET, moto
from process import ROOT, quiver, until
from shared_log import call, everything, is_shipped, leads, restore, sharing

KEPT = sorted((ROOT / "Tests/VectorDBTests/Fixtures").glob("backup-*"))


@pytest.fixture(params=KEPT, ids=lambda folder: folder.name)
def kept(request, tmp_path):
    """A store that holds what is kept, and what clients saw of it then."""
    store = moto(tmp_path)
    objects = request.param / "objects"
    for file in sorted(path for path in objects.rglob("*") if path.is_file()):
        key = str(file.relative_to(objects))
        store.client.put_object(Bucket=BUCKET, Key=key, Body=file.read_bytes())
    yield store, json.loads((request.param / "everything.json").read_text())
    store.stop()


def seen(service) -> dict:
    return json.loads(json.dumps(everything(service)))


def test_there_are_such_logs():
    assert KEPT


def test_a_directory_is_made_of_it(kept, servers, tmp_path):
    store, expected = kept
    folder = tmp_path / "restored"
    assert "2 collections" in restore(store, folder / "data")
    service = quiver(folder)
    servers.append(service)
    service.start()
    assert seen(service) == expected


def test_a_server_goes_on_with_it(kept, servers, tmp_path):
    """And so does the next one, with what the first has added."""
    store, expected = kept
    for name, number in (("first", 100), ("second", 101)):
        folder = tmp_path / name
        folder.mkdir()
        service = sharing(folder, store.endpoint, "sync")
        servers.append(service)
        service.start()
        until(lambda service=service: leads(service), 60)
        assert seen(service) == expected
        point = {"id": number, "vector": {"dense": [1, 2]}}
        body = {"points": [point]}
        assert call(service, "PUT", "/collections/things/points?wait=true", body)[0] == 200
        until(lambda service=service: is_shipped(service), 60)
        expected = seen(service)
        service.kill()
