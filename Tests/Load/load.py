"""Clients that ask as fast as they are told to, and what became of their requests."""

import asyncio
import contextlib
import dataclasses
import json
import pathlib
import random
import resource
import socket
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Tests" / "EndToEnd"))

SIZE = 64
COLLECTION = "/collections/loaded"


def raise_descriptor_limit() -> int:
    """As many open connections as this process may have at all."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def vector(chance: random.Random) -> list[float]:
    return [round(chance.gauss(0, 1), 3) for _ in range(SIZE)]


def fill(wire, count: int, path: str = COLLECTION) -> None:
    """A collection that is searched row by row, so that a search costs something."""
    chance = random.Random(4)
    wire.result("PUT", path, {
        "vectors": {"size": SIZE, "distance": "Dot"},
        "optimizers_config": {"indexing_threshold": 0},
    })  # fmt: skip
    for start in range(0, count, 1000):
        points = [{"id": n, "vector": vector(chance), "payload": {"n": n, "k": f"k{n % 50}"}}
                  for n in range(start, min(count, start + 1000))]  # fmt: skip
        wire.result("PUT", path + "/points?wait=true", {"points": points})


def request(path: str, body: dict | None = None, key: str | None = None) -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "POST"
    lines = [f"{method} {path} HTTP/1.1", "host: x", f"content-length: {len(data)}",
             "content-type: application/json"]  # fmt: skip
    if key:
        lines.append(f"api-key: {key}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + data


def search(chance: random.Random, searches: int = 1, limit: int = 10) -> bytes:
    """A request for the nearest of all points, a few times over."""
    one = [{"query": vector(chance), "limit": limit, "params": {"exact": True}}
           for _ in range(searches)]  # fmt: skip
    return request(COLLECTION + "/points/query/batch", {"searches": one})


@dataclasses.dataclass
class Outcome:
    """What became of requests: how many had which status, and how long those took that were
    answered with 200."""

    statuses: dict[int, int] = dataclasses.field(default_factory=dict)
    seconds: list[float] = dataclasses.field(default_factory=list)
    dishonest: int = 0
    broken: int = 0
    # Requests that were written to a connection, whatever became of them.
    sent: int = 0
    # Until the last answer, and until the last request.
    time: float = 0
    sending: float = 0

    @property
    def offered(self) -> float:
        """Requests that were sent in a second."""
        return self.sent / max(self.sending, 1e-9)

    @property
    def rate(self) -> float:
        return self.statuses.get(200, 0) / max(self.time, 1e-9)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0

    def note(self, status: int, headers: dict[str, str], seconds: float) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 200:
            self.seconds.append(seconds)
        elif status not in (429, 503) or "retry-after" not in headers:
            self.dishonest += 1


class Exchange(asyncio.Protocol):
    """One request after the other over one connection; what is read of answers is their status and
    headers.

    Not by streams of asyncio, which cost three times as much: who asks for more than a server can
    do must not be what there is too little of.
    """

    def __init__(self):
        self.arrived = bytearray()
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future | None = None

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.arrived += data
        end = self.arrived.find(b"\r\n\r\n")
        if end < 0 or self.answer is None or self.answer.done():
            return
        lines = self.arrived[:end].decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        rest = end + 4 + int(headers.get("content-length", 0))
        if len(self.arrived) >= rest:
            del self.arrived[:rest]
            self.answer.set_result((int(lines[0].split()[1]), headers))

    def connection_lost(self, error) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_exception(error or ConnectionError("closed before its answer"))

    async def ask(self, data: bytes) -> tuple[int, dict[str, str]]:
        if self.transport.is_closing():
            raise ConnectionError("closed while nothing was asked")
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(data)
        return await self.answer


class Pace:
    """Moments at which requests are due, so many a second, for whichever connection is free: one
    that waits for its answer holds none of them up. What was not asked in time is not made up for.
    """

    def __init__(self, rate: float):
        self.rate, self.next = rate, 0.0

    def due(self, now: float) -> float:
        if not self.rate:
            return now
        due = max(self.next, now)
        self.next = due + 1 / self.rate
        return due


async def connection(port: int, requests, outcome: Outcome, end: float, pace: Pace) -> None:
    """Asks one after the other until `end`, when it is due."""
    loop = asyncio.get_running_loop()
    client: Exchange | None = None
    while (due := pace.due(loop.time())) < end:
        if pace.rate:
            await asyncio.sleep(due - loop.time())
        try:
            if not client:
                _, client = await loop.create_connection(Exchange, "127.0.0.1", port)
            start = loop.time()
            outcome.sent += 1
            status, headers = await client.ask(next(requests))
            outcome.note(status, headers, loop.time() - start)
        except OSError:
            outcome.broken += 1
            client = None
            await asyncio.sleep(0.05)
    if client:
        client.transport.close()


def cycle(requests: list[bytes]):
    while True:
        yield from requests


async def ask(
    port: int, requests: list[bytes], seconds: float, connections: int, rate: float = 0
) -> Outcome:
    """Asks for some time from so many connections, together at most `rate` times a second."""
    outcome, start = Outcome(), time.monotonic()
    end = asyncio.get_running_loop().time() + seconds
    requests, pace = cycle(requests), Pace(rate)
    await asyncio.gather(
        *(connection(port, requests, outcome, end, pace) for _ in range(connections)))
    outcome.time, outcome.sending = time.monotonic() - start, seconds
    return outcome


class Requests:
    """The clients of one server."""

    over = "REST"

    def __init__(self, server):
        self.port = server.port

    def queries(self, searches: int) -> list[bytes]:
        chance = random.Random(9)
        return [search(chance, searches) for _ in range(16)]

    async def ask(
        self, requests: list[bytes], seconds: float, clients: int, rate: float = 0
    ) -> Outcome:
        """Asks for some time over so many connections, together at most `rate` times a second."""
        return await ask(self.port, requests, seconds, clients, rate)

    @contextlib.contextmanager
    def under_way(self, body: bytes, count: int):
        """Asks so many times; whoever asked has gone at the end."""
        connections = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(count)]
        try:
            for connection in connections:
                connection.sendall(body)
            yield
        finally:
            for connection in connections:
                connection.close()


def memory_bytes(server) -> int:
    """What a server's process has of memory that is its own."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) << 10


def descriptors(server) -> int:
    return len(list(pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()))
