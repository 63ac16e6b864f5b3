"""Requests whose frame can be read in more than one way, which hide a second request.

Each is either read as the standard says, and then the request behind it is a request, or refused:
then the connection is closed, and nothing behind it is looked at.
"""

import contextlib
import re
import socket

import pytest

GET = b"GET /collections/none/exists HTTP/1.1\r\n"
POST = b"POST /collections/none/points/count HTTP/1.1\r\n"
COUNT = POST + b"Host: x\r\n"
CHUNKED = COUNT + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"2\r\n{}\r\n0\r\n"
# What comes behind: whoever carries it out in the same breath as the first has been fooled.
SECOND = b"DELETE /collections/second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
REFUSED = {
    "lines that end with LF": GET.replace(b"\r\n", b"\n") + b"Host: x\n\n",
    "a body behind lines that end with LF":
        POST.replace(b"\r\n", b"\n") + b"Host: x\nContent-Length: 2\n\n{}",
    "one field that ends with LF": GET + b"Host: x\nFoo: y\r\n\r\n",
    "lines that end with CR": GET.replace(b"\r\n", b"\r") + b"Host: x\r\r",
    "a length behind a CR": GET + b"Host: x\rContent-Length: 5\r\n\r\n",
    "a CR in a value": GET + b"Host: x\r\nFoo: a\rb\r\n\r\n",
    "a folded value": GET + b"Host: x\r\nFoo: a\r\n b\r\n\r\n",
    "a folded length": COUNT + b"Content-Length: 2\r\n 5\r\n\r\n{}",
    "a fold before any field": GET + b" Host: x\r\n\r\n",
    "a space before a colon": GET + b"Host : x\r\n\r\n",
    "a length with a space": COUNT + b"Content-Length : 2\r\n\r\n{}",
    "chunks with a space": COUNT + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS + b"\r\n",
    "NUL in a value": GET + b"Host: x\r\nFoo: a\0b\r\n\r\n",
    "NUL in a name": GET + b"Host: x\r\nFo\0o: b\r\n\r\n",
    "NUL in the path": GET.replace(b"none", b"no\0ne") + b"Host: x\r\n\r\n",
    "chunked twice": COUNT + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS + b"\r\n",
    "chunked in two fields":
        COUNT + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + CHUNKS + b"\r\n",
    "chunked, but not in the end":
        COUNT + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + CHUNKS + b"\r\n",
    "no coding of transfers": COUNT + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS + b"\r\n",
    "a length with a sign": COUNT + b"Content-Length: +2\r\n\r\n{}",
    "a length that is a list": COUNT + b"Content-Length: 2, 3\r\n\r\n{}",
    "chunks whose lines end with LF": CHUNKED + b"2\n{}\n0\n\n",
    "a chunk of a prefixed size": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "a chunk that is longer than its size": CHUNKED + b"2\r\n{}xx\r\n0\r\n\r\n",
    # Beyond `chunkFramingBytesMax`.
    "a huge extension of a chunk": CHUNKED + b"2;" + b"a" * 20_000_000 + b"\r\n{}\r\n0\r\n\r\n",
    "a huge size of a chunk": CHUNKED + b"0" * 20_000_000 + b"2\r\n{}\r\n0\r\n\r\n",
    "extensions without a name": CHUNKED + b"2;" + b"a=b;" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
    "very many trailers": CHUNKED + CHUNKS + b"Foo: bar\r\n" * 100_000 + b"\r\n",
    "a huge trailer": CHUNKED + CHUNKS + b"Foo: " + b"x" * 2_000_000 + b"\r\n\r\n",
    "a trailer that is a length": CHUNKED + CHUNKS + b"Content-Length: 900\r\n\r\n",
}  # fmt: skip
READ = {
    "an extension of a chunk": CHUNKED + b"2;a=b\r\n{}\r\n0\r\n\r\n",
    "extensions of many chunks":
        CHUNKED + (b"1;" + b"a" * 10_000 + b"\r\n \r\n") * 500 + CHUNKS + b"\r\n",
    "a trailer": CHUNKED + CHUNKS + b"Foo: bar\r\n\r\n",
}  # fmt: skip
# Servers differ in these; what holds of all the others holds of them.
EITHER = {
    "gzip, then chunked": COUNT + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS + b"\r\n",
    "no host": GET + b"\r\n",
    "two hosts": GET + b"Host: x\r\nHost: y\r\n\r\n",
    "two lengths that agree": COUNT + b"Content-Length: 2\r\n" * 2 + b"\r\n{}",
    "a space before a chunk's size": CHUNKED + b" 2\r\n{}\r\n0\r\n\r\n",
    "chunks for HTTP/1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + CHUNKS + b"\r\n",
}


@pytest.fixture(autouse=True)
def second(wire):
    """A collection that the request behind the first one deletes."""
    wire.send("DELETE", "/collections/second")
    wire.result("PUT", "/collections/second", {"vectors": {"size": 2, "distance": "Dot"}})


def exchange(server, sent: bytes) -> bytes:
    """All that comes back until the connection is closed, which takes less than its timeout."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        # Who is refused may be so before all has been sent.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                received += part
    return received


def statuses(answers: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d+) ", answers)]


def is_there(wire) -> bool:
    return wire.result("GET", "/collections/second/exists")["exists"]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_ambiguous_is_refused_with_all_behind_it(server, wire, kind):
    answers = exchange(server, REFUSED[kind] + SECOND)
    (status,) = statuses(answers)
    assert status == 400
    assert b"connection: close" in answers.lower() and b'"status":{"error":' in answers
    assert is_there(wire)


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("kind", [*REFUSED, "no request at all"])
def test_what_came_before_it_is_answered(server, wire, kind, place):
    """And it is still refused: whoever sent it finds an answer to each request."""
    put = b'{"points": [{"id": %d, "vector": [1, 2]}]}'
    good = [put % number for number in range(place)]
    good = [b"PUT /collections/second/points?wait=true HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body for body in good]  # fmt: skip
    broken = REFUSED.get(kind, b"hello?\r\n\r\n")
    answers = exchange(server, b"".join(good) + broken + SECOND)
    assert statuses(answers) == [200] * place + [400]
    assert answers.lower().count(b"connection: close") == 1
    assert is_there(wire)
    count = wire.result("POST", "/collections/second/points/count", {"exact": True})["count"]
    assert count == place


def test_nothing_behind_a_last_request_is_carried_out(server, wire):
    """Who says that a request is the last one has it answered, and those before it."""
    get = b"GET /collections/second/exists HTTP/1.1\r\nHost: x\r\n"
    last = get + b"Connection: close\r\n\r\n"
    for behind in [b"X", b"\r\n\r\nG", SECOND]:
        assert statuses(exchange(server, (get + b"\r\n") * 3 + last + behind)) == [200] * 4
        assert is_there(wire)


@pytest.mark.parametrize("kind", READ)
def test_what_is_odd_is_read_to_its_end(server, wire, kind):
    """There is no such collection, which the server found out by reading the request."""
    assert statuses(exchange(server, READ[kind] + SECOND)) == [404, 200]
    assert not is_there(wire)


@pytest.mark.parametrize("kind", EITHER)
def test_what_servers_differ_in_hides_nothing(server, wire, kind):
    """Two requests have two answers; where there is one, the second was not carried out."""
    found = statuses(exchange(server, EITHER[kind] + SECOND))
    assert len(found) == (1 if is_there(wire) else 2)
    assert all(200 <= status < 500 for status in found) or found == [501]
    assert server.status("/readyz") == 200
