"""`quiver store-check`: real stores are fit, and what is wrong with others is said."""

import subprocess
import time

import pytest
from object_stores import BUCKET, KEY_ID, SECRET, UnfitStore, moto, seaweedfs
from process import binary, clean_environment, free_port

PLACE = f"s3://{BUCKET}/quiver/one"


def check(endpoint: str, *arguments: str, place: str = PLACE, secret: str = SECRET):
    environment = clean_environment({"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": secret})
    return subprocess.run(
        [binary("quiver"), "store-check", place, "--endpoint", endpoint, *arguments],
        env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module", params=[seaweedfs, moto], ids=["seaweedfs", "moto"])
def store(request, tmp_path_factory):
    store = request.param(tmp_path_factory.mktemp("store"))
    yield store
    store.stop()


@pytest.fixture
def unfit(request):
    store = UnfitStore(**request.param)
    yield store
    store.stop()


def test_a_real_store_is_fit_and_left_as_it_was(store):
    store.client.put_object(Bucket=BUCKET, Key="quiver/one/log/1", Body=b"kept")
    result = check(store.endpoint)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"fit: {PLACE} creates and replaces objects once")
    assert store.keys() == ["quiver/one/log/1"]
    assert not store.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads")


def test_a_bucket_that_is_not_there_is_named(tmp_path):
    store = moto(tmp_path)  # The other makes it.
    try:
        result = check(store.endpoint, place="s3://nothing-here/quiver")
        assert result.returncode == 1
        assert "NoSuchBucket" in result.stderr, result.stderr
    finally:
        store.stop()


def test_a_wrong_key_is_refused_in_the_words_of_the_store(tmp_path):
    store = seaweedfs(tmp_path)
    try:
        result = check(store.endpoint, secret="another")
        assert result.returncode == 1
        assert "the object store refused (403 SignatureDoesNotMatch)" in result.stderr
    finally:
        store.stop()


@pytest.mark.parametrize("unfit, sentence", [
    ({"ignored": ("If-None-Match",)}, "8 of 8 requests created the same key: it ignores"
     " If-None-Match"),
    ({"ignored": ("If-Match",)}, "it replaces an object that has another tag: it ignores If-Match"),
    ({"answer": (200, b"<html>welcome</html>")}, "an object has no ETag"),
    ({"answer": (503, b"")}, "the object store can't be reached: it answered 503"),
    ({"answer": (307, b"")}, "the object store refused (307) and did not say why"),
    ({"answer": (403, b"<Error><Code>AccessDenied</Code><Message>No way</Message></Error>")},
     "the object store refused (403 AccessDenied): No way"),
    ({"answer": (403, b"<!DOCTYPE a [<!ENTITY x 'y'>]><Error><Code>&x;</Code></Error>")},
     "the object store refused (403) and did not say why"),
], indirect=["unfit"])  # fmt: skip
def test_what_is_unfit_is_said(unfit, sentence):
    result = check(unfit.endpoint)
    assert result.returncode == 1
    assert sentence in result.stderr, result.stderr
    assert not unfit.objects, "the probe's objects are removed"


def test_a_store_that_is_not_there_is_said_in_time():
    start = time.monotonic()
    result = check(f"http://127.0.0.1:{free_port()}", "--timeout", "2")
    assert result.returncode == 1
    assert "the object store can't be reached: could not connect" in result.stderr
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("place, sentence", [
    ("backups/quiver", "backups/quiver does not begin with s3://"),
    ("s3://no", "names no bucket"),
    ("s3://backups/a b", "has other characters than letters"),
])  # fmt: skip
def test_an_address_that_is_none(place, sentence):
    result = check("http://127.0.0.1:1", place=place)
    assert result.returncode == 2
    assert sentence in result.stderr
