"""`quiver restore`: what it refuses, in which words and with which exit code."""

import subprocess

import pytest
from object_stores import BUCKET, KEY_ID, SECRET, moto
from process import binary, clean_environment, free_port

PLACE = f"s3://{BUCKET}/quiver/one"


def restore(endpoint: str, target, *arguments: str, place: str = PLACE):
    environment = clean_environment({"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET})
    return subprocess.run(
        [binary("quiver"), "restore", "--from", place, "--to", str(target), "--endpoint", endpoint,
         *arguments],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = moto(tmp_path_factory.mktemp("store"))
    yield store
    store.stop()


def test_a_directory_that_is_taken_is_left_as_it_is(store, tmp_path):
    (tmp_path / "kept").write_text("mine")
    result = restore(store.endpoint, tmp_path)
    assert result.returncode == 2, result.stderr
    assert f"{tmp_path} is not empty, it has kept" in result.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_a_place_without_a_backup_is_said(store, tmp_path):
    result = restore(store.endpoint, tmp_path / "new", place=f"s3://{BUCKET}/nothing")
    assert result.returncode == 8, result.stderr
    assert "there is no snapshot and no log at this place" in result.stderr
    assert not list((tmp_path / "new").iterdir())


def test_a_manifest_that_is_damaged_is_named(store, tmp_path):
    key = f"quiver/one/snap/{7:020}"
    store.client.put_object(Bucket=BUCKET, Key=key, Body=b'{"version":1}\n' + b"0" * 64 + b"\n")
    result = restore(store.endpoint, tmp_path / "new")
    assert result.returncode == 6, result.stderr
    assert "the checksum of the manifest of snapshot 7 is wrong" in result.stderr


def test_a_store_that_is_not_there_is_said(tmp_path):
    result = restore(f"http://127.0.0.1:{free_port()}", tmp_path / "new", "--timeout", "1")
    assert result.returncode == 1
    assert "the object store can't be reached: could not connect" in result.stderr


@pytest.mark.parametrize("at, sentence", [
    ("yesterday", "`yesterday` is neither the number of an entry nor a time of RFC 3339"),
    ("-5", "Missing value for '--at"),
])  # fmt: skip
def test_a_point_in_time_that_is_none(at, sentence, tmp_path):
    result = restore("http://127.0.0.1:1", tmp_path / "new", "--at", at)
    assert result.returncode == 2
    assert sentence in result.stderr
