"""Import and export: with the real clients, and through crashes of both ends."""

import json
import os
import re
import time

import numpy
import pytest
import requests
from qdrant_client import QdrantClient, models
from transfers import (  # noqa: F401
    DIMENSION, contents, count, kill_when, own, points, run, second, start, until_asked,
    write_lines,
)  # fmt: skip


def test_import_makes_what_the_client_reads(server, client, tmp_path):
    given = list(points(1000))
    file = write_lines(tmp_path / "points.jsonl", given)
    out, error = run(
        "import", file, "--collection", "imported", "--url", server.url, "--distance", "Dot"
    )
    assert "1,000 points imported" in out and "collection imported made" in error
    found = contents(client, "imported")
    assert len(found) == 1000
    for point in given:
        vector, payload = found[str(point["id"])]
        assert vector == pytest.approx(point["vector"], abs=1e-6)
        assert payload == point["payload"]
    assert not list(tmp_path.glob("*.import*"))
    client.delete_collection("imported")


@pytest.mark.parametrize("type", ["float16", "float32", "float64"])
def test_import_of_a_matrix_with_payloads(server, client, tmp_path, type):
    rows = numpy.random.default_rng(3).normal(size=(700, DIMENSION)).astype(type)
    numpy.save(tmp_path / "rows.npy", rows)
    payloads = write_lines(
        tmp_path / "rows.jsonl", [{"row": n} if n % 3 else None for n in range(700)]
    )
    run("import", tmp_path / "rows.npy", "--payloads", payloads, "--collection", "matrix",
        "--url", server.url, "--distance", "Euclid", "--first-id", "5")  # fmt: skip
    found = contents(client, "matrix")
    assert len(found) == 700
    for n in range(700):
        vector, payload = found[str(n + 5)]
        assert vector == [float(numpy.float32(x)) for x in rows[n]] or vector == pytest.approx(
            rows[n].astype("float32").tolist(), rel=1e-6
        )
        assert payload == ({"row": n} if n % 3 else {})
    client.delete_collection("matrix")


def test_import_says_which_record_is_wrong(server, client, tmp_path):
    lines = [json.dumps(p) for p in points(20)]
    for bad, word in [("{\"id\": 3", "record 11"), ("[]", "one object"),
                      ('{"id": 3}', "`vector`"), ('{"id":1,"vector":[1],"x":2}', "`x`")]:
        file = tmp_path / "bad.jsonl"
        file.write_text("\n".join(lines[:10] + [bad] + lines[10:]))
        _, error = run("import", file, "--collection", "bad", "--url", server.url, code=1)
        assert word in error and "11" in error, error
    wrong = {"id": 5, "vector": [1.0, 2.0], "payload": {}}
    write_lines(tmp_path / "short.jsonl", [*points(3), wrong])
    _, error = run("import", tmp_path / "short.jsonl", "--collection", "bad",
                   "--url", server.url, code=1)  # fmt: skip
    assert "expected dim: 16, got 2" in error and "HTTP 400" in error
    numpy.save(tmp_path / "rows.npy", numpy.zeros((5, 3), "float32"))
    write_lines(tmp_path / "four.jsonl", [{}] * 4)
    _, error = run("import", tmp_path / "rows.npy", "--payloads", tmp_path / "four.jsonl",
                   "--collection", "bad4", "--url", server.url, code=1)  # fmt: skip
    assert "4 lines for" in error
    client.delete_collection("bad")
    client.delete_collection("bad4")


def test_import_goes_on_after_both_ends_were_killed(own, tmp_path):
    given = list(points(6000))
    file = write_lines(tmp_path / "points.jsonl", given)
    command = ("import", file, "--collection", "c", "--url", own.url, "--batch", "20")
    record = tmp_path / "points.jsonl.import"
    kill_when(start(*command), lambda: count(own, "c") > 500)
    first = json.loads(record.read_text())["records"]
    assert 0 < first < 6000
    # The server goes down under the second run and comes back; the tool waits for it.
    tool = start(*command)
    while count(own, "c") < first + 500:
        assert tool.poll() is None, tool.communicate()
        time.sleep(0.002)
    own.kill()
    until_asked(own)
    assert tool.poll() is None, tool.communicate()
    own.start()
    out, error = tool.communicate(timeout=120)
    assert tool.returncode == 0, error
    assert f"going on after {first:,} records" in error
    imported = int(re.search(r"([\d,]+) points imported", out)[1].replace(",", ""))
    assert imported == 6000 - first, "the second run must not begin anew"
    found = contents(QdrantClient(url=own.url), "c")
    assert len(found) == 6000
    assert all(found[str(p["id"])][1] == p["payload"] for p in given)
    assert not record.exists()


def test_import_begins_anew_when_the_server_lost_its_data(own, tmp_path):
    file = write_lines(tmp_path / "points.jsonl", points(3000))
    command = ("import", file, "--collection", "c", "--url", own.url, "--batch", "20")
    kill_when(start(*command), lambda: count(own, "c") > 100)
    requests.delete(f"{own.url}/collections/c", timeout=60)
    out, error = run(*command)
    assert "beginning anew" in error and "3,000 points imported" in out
    assert count(own, "c") == 3000


def test_export_and_import_give_the_same_collection(server, client, second, tmp_path):
    vectors = {
        "text": models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE),
        "image": models.VectorParams(size=3, distance=models.Distance.EUCLID),
    }
    client.create_collection("named", vectors, metadata={"owner": "me"})
    client.upsert("named", [
        models.PointStruct(
            id=p["id"], payload=p["payload"],
            vector={"text": p["vector"], "image": [1.0, float(n), 3.0]} if n % 2 else
            {"text": p["vector"]})
        for n, p in enumerate(points(900))])  # fmt: skip
    file = tmp_path / "named.jsonl"
    out, _ = run("export", file, "--collection", "named", "--url", server.url, "--batch", "100")
    assert "900 points of named exported" in out
    ids = [json.loads(line)["id"] for line in file.read_text().splitlines()]
    assert ids == sorted(ids, key=lambda id: (isinstance(id, str), id)) and len(ids) == 900
    run("import", file, "--collection", "named", "--url", second.url)
    copy = QdrantClient(url=second.url)
    assert contents(copy, "named") == contents(client, "named")
    assert copy.get_collection("named").config == client.get_collection("named").config
    _, error = run("export", file, "--collection", "named", "--url", server.url, code=1)
    assert "is there already" in error
    client.delete_collection("named")


def test_export_goes_on_after_a_kill(own, tmp_path):
    write_lines(tmp_path / "in.jsonl", points(5000))
    run("import", tmp_path / "in.jsonl", "--collection", "c", "--url", own.url)
    out_file = tmp_path / "out.jsonl"
    partial = tmp_path / "out.jsonl.partial"
    command = ("export", out_file, "--collection", "c", "--url", own.url, "--batch", "10")
    kill_when(start(*command), lambda: partial.exists() and partial.stat().st_size > 60_000)
    assert not out_file.exists()
    # As a crash of the machine may leave it: the last line is not whole.
    os.truncate(partial, partial.stat().st_size - 17)
    whole = partial.read_bytes().count(b"\n")
    out, error = run(*command)
    assert f"going on after {whole:,} points" in error
    lines = out_file.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 5000
    assert not partial.exists()
