"""Packed bodies: answers for clients that ask for it, and uploads."""

import gzip
import json
import subprocess
import zlib

import pytest

POINTS = "/collections/packing/points"
LIMIT = 32 << 20


@pytest.fixture(scope="module", autouse=True)
def points(wire):
    wire.result("PUT", "/collections/packing", {"vectors": {"size": 1, "distance": "Dot"}})
    batch = [{"id": i, "vector": [1.0], "payload": {"t": f"text {i} " * 50}} for i in range(3000)]
    wire.result("PUT", POINTS + "?wait=true", {"points": batch})


def by_zstd(body: bytes, *options: str) -> bytes:
    command = ["zstd", "-c", *options]
    return subprocess.run(command, input=body, capture_output=True, check=True).stdout


def answer(wire, accepted, method="POST", path=POINTS + "/scroll", body=None):
    body = {"limit": 3000} if method == "POST" and body is None else body
    sent = wire.send(method, path, body, headers={"Accept-Encoding": accepted}, stream=True)
    return sent, sent.raw.read(decode_content=False)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("deflate", "deflate"), ("br", "br"), ("zstd", "zstd"),
     ("gzip;q=0.9, br;q=0.2", "gzip"), ("identity", None), ("gzip;q=0", None), ("*", "br")],
)  # fmt: skip
def test_answers_are_packed_as_the_client_likes(wire, accepted, coding):
    plain, whole = answer(wire, "identity")
    sent, body = answer(wire, accepted)
    assert sent.status_code == 200
    assert sent.headers.get("content-encoding") == coding
    assert all("accept-encoding" in a.headers["vary"].lower() for a in (sent, plain))
    if coding:
        assert len(body) < len(whole) / 3
    if coding == "gzip":
        body = gzip.decompress(body)
    elif coding == "deflate":
        body = zlib.decompress(body)
    elif coding == "zstd":
        body = by_zstd(body, "-d")
    if coding != "br":
        assert json.loads(body)["result"] == json.loads(whole)["result"]


def test_small_answers_stay_as_they_are(wire):
    sent, body = answer(wire, "gzip", "GET", "/collections")
    assert "content-encoding" not in sent.headers and json.loads(body)["status"] == "ok"


def test_metrics_are_packed(wire):
    sent, body = answer(wire, "gzip", "GET", "/metrics")
    assert sent.headers["content-encoding"] == "gzip"
    assert b"app_info" in gzip.decompress(body)


def upload(wire, body: bytes, coding: str):
    return wire.send("POST", POINTS + "/count", body, headers={"Content-Encoding": coding})


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", gzip.compress(b"{}")), ("deflate", zlib.compress(b"{}")),
     ("deflate", zlib.compress(b"{}")[2:-4]), ("br", b"\x8b\x00\x80{}\x03"),
     ("zstd", by_zstd(b"{}")), ("ZSTD", by_zstd(b"{") + by_zstd(b"}")), ("identity", b"{}"),
     ("utf-8", b"{}"), ("gzip, identity", b"{}")],
    ids=["gzip", "deflate", "bare-deflate", "br", "zstd", "zstd-frames", "identity", "charset",
         "several"],
)  # fmt: skip
def test_packed_uploads_are_understood(wire, coding, body):
    sent = upload(wire, body, coding)
    assert sent.status_code == 200, sent.text
    assert sent.json()["result"]["count"] == 3000


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_large_packed_uploads(wire, coding):
    batch = [{"id": i, "vector": [2.0], "payload": {"t": "x" * 10_000}} for i in range(2000)]
    body = json.dumps({"points": batch}).encode()
    body = gzip.compress(body) if coding == "gzip" else by_zstd(body, "-19")
    sent = wire.send("PUT", POINTS + "?wait=true", body, headers={"Content-Encoding": coding})
    assert sent.status_code == 200, sent.text
    assert wire.result("GET", POINTS + "/7")["vector"] == [2.0]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_broken_packings_are_the_clients_fault(wire, coding):
    assert upload(wire, b"this is not packed at all", coding).status_code == 400


def test_cut_packings_are_the_clients_fault(wire):
    body = b"{}" + b" " * 5000
    assert upload(wire, gzip.compress(body)[:-6], "gzip").status_code == 400
    assert upload(wire, by_zstd(body)[:-6], "zstd").status_code == 400


def test_what_unpacks_to_too_much_is_refused(wire):
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(bomb.compress(b" " * (1 << 20)) for _ in range(400)) + bomb.flush()
    assert len(body) < LIMIT
    for packed, coding in ((body, "gzip"), (by_zstd(b" " * (400 << 20)), "zstd")):
        sent = upload(wire, packed, coding)
        assert sent.status_code == 413 and "limit" in sent.text


def test_windows_are_bounded(wire):
    """A body that asks for 128 MiB of memory before its first byte is unpacked."""
    assert upload(wire, by_zstd(b"{}" + b" " * 9000, "--long=27"), "zstd").status_code == 400


def test_bodies_of_unknown_codings_are_read_as_they_are(wire):
    sent = upload(wire, gzip.compress(b"{}"), "lz4")
    assert sent.status_code == 400 and "Format error in JSON body" in sent.text
