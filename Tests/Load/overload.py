"""A server is asked for five times what it can do, by more clients than it has room for.

What it accepts it answers, and nearly as much of it as before; the rest it refuses at once, with
429 or 503 and when to come back. Its health is told meanwhile, it takes no more memory than it may,
and afterwards it is as it was.
"""

import argparse
import asyncio
import collections
import contextlib
import dataclasses
import http.client
import multiprocessing
import os
import pathlib
import socket
import sys
import tempfile
import threading
import time

import load
import requests
from calls import Calls
from process import cpu_seconds, quiver, until, until_at_work
from wire import Wire

# What may come on top of what the server may take: what is transient, and each connection.
BEYOND_MB, CONNECTION_KB = 64, 36


@dataclasses.dataclass
class Form:
    """How much is asked, and what is demanded: of a quiet machine, or of any."""

    seconds: float
    points: int
    connections: int
    # In one request.
    searches: int = 16
    factor: float = 5
    # Shares of the peak, and seconds. What else a machine does changes the share from one second to
    # the next, so the short form only finds out whether requests go on being answered.
    throughput: float = 0.05
    health: float = 10
    patience: float = 60
    idle: float = 30
    # What the server may take: enough that every connection has a place.
    memory_mb: int = 128
    # How many times the peak has to be sent at least, of which something then has to be refused.
    # None: clients that get too little of a machine can't ask for that much.
    offered: float | None = None


Clients = load.Requests | Calls

SHORT = Form(seconds=3, points=10_000, connections=400)
LONG = Form(
    seconds=120, points=40_000, connections=3000, searches=4, throughput=0.8, health=0.1,
    patience=10, idle=0.1, memory_mb=256, offered=4)


class Report:
    """What was measured, and what was not as it should be."""

    def __init__(self):
        self.lines: list[tuple[str, str]] = []
        self.failures: list[str] = []

    def tell(self, what: str, figure: str, holds: bool = True) -> None:
        self.lines.append((what, figure + ("" if holds else "  BROKEN")))
        if not holds:
            self.failures.append(f"{what}: {figure}")

    def show(self) -> None:
        width = max(len(what) for what, _ in self.lines)
        for what, figure in self.lines:
            print(f"{what.ljust(width)}  {figure}")


def start(folder: pathlib.Path, form: Form):
    """A server that has half of the cores, where there are several: its clients take the others."""
    server = quiver(folder, QUIVER__STORAGE__LIMITS__MEMORY_MB=str(form.memory_mb))
    cores = sorted(os.sched_getaffinity(0))
    half = len(cores) // 2
    os.sched_setaffinity(0, cores[half:])
    server.start()
    os.sched_setaffinity(0, cores[:half] or cores)
    load.fill(Wire(server.url, requests.Session()), form.points)
    return server


class Health:
    """Asks for health twenty times a second, while something else is done.

    In a process of its own: clients keep the event loop of this one busy.
    """

    def __init__(self, port: int):
        self.has_ended, self.results = multiprocessing.Event(), multiprocessing.Queue()
        self.process = multiprocessing.Process(
            target=ask_for_health, args=(port, self.has_ended, self.results), daemon=True)
        self.outcome = load.Outcome()

    @contextlib.contextmanager
    def watched(self):
        self.process.start()
        try:
            yield self
        finally:
            self.has_ended.set()
            self.outcome = self.results.get(timeout=120)
            self.process.join()


def ask_for_health(port: int, has_ended, results) -> None:
    outcome = load.Outcome()
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not has_ended.wait(0.05):
        start = time.monotonic()
        try:
            client.request("GET", "/healthz")
            answer = client.getresponse()
            answer.read()
            outcome.note(answer.status, answer.headers, time.monotonic() - start)
        except (OSError, http.client.HTTPException):
            outcome.broken += 1
            client.close()
    results.put(outcome)


class Memory(threading.Thread):
    """The most that a server has of memory, from one moment to another."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.most, self.samples = server, 0, 0
        self.has_ended = threading.Event()

    def run(self) -> None:
        while not self.has_ended.wait(0.05):
            self.most = max(self.most, load.memory_bytes(self.server))
            self.samples += 1

    @contextlib.contextmanager
    def watched(self):
        self.start()
        try:
            yield self
        finally:
            self.has_ended.set()
            self.join()


def overload(clients: Clients, server, form: Form, report: Report) -> None:
    before = load.descriptors(server)
    queries = clients.queries(form.searches)
    peak = asyncio.run(clients.ask(queries, form.seconds, 8))
    report.tell("peak", f"{peak.rate:,.0f} requests/s", peak.rate > 0 and not peak.dishonest)
    with Memory(server).watched() as memory:
        result = asyncio.run(clients.ask(
            queries, form.seconds, form.connections, peak.rate * form.factor))
    limit = form.memory_mb + BEYOND_MB + form.connections * CONNECTION_KB // 1024
    report.tell(
        "memory", f"{memory.most >> 20} MB at most, of {limit} under a limit of {form.memory_mb}",
        memory.samples > 0 and memory.most >> 20 <= limit)
    offered = result.offered / peak.rate
    report.tell(
        "sent", f"{result.offered:,.0f} requests/s, {offered:.1f}x the peak",
        offered >= (form.offered or 0))
    share = result.rate / peak.rate
    rate = f"{result.rate:,.0f} requests/s, {share:.0%} of the peak"
    report.tell(
        f"answered at {form.factor:g}x", rate,
        share >= form.throughput)
    report.tell(
        "time of what was answered", f"p50 {result.quantile(0.5):.2f} s, p99 "
        f"{result.quantile(0.99):.2f} s", result.quantile(0.99) <= form.patience)
    refused = {status: n for status, n in result.statuses.items() if status != 200}
    report.tell("refused", f"{refused or 'none'}",
                result.dishonest == 0 and bool(refused or form.offered is None))  # fmt: skip
    report.tell("broken connections", f"{result.broken}", result.broken == 0)
    after = asyncio.run(clients.ask(queries, form.seconds, 8))
    report.tell(
        "afterwards", f"{after.rate:,.0f} requests/s, {after.rate / peak.rate:.0%} of the peak",
        after.rate >= form.throughput * peak.rate and not after.dishonest)
    try:
        until(lambda: load.descriptors(server) <= before + 16, 60)
        report.tell("descriptors", "all came back")
    except TimeoutError:
        report.tell("descriptors", f"{before} before, {load.descriptors(server)} after", False)


def many_connections(clients: Clients, server, form: Form, report: Report) -> None:
    """A thousand of them are open and say nothing: who asks is answered."""
    count = min(1000, form.connections)
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
    try:
        result = asyncio.run(clients.ask(clients.queries(1), form.seconds / 3, 4))
    finally:
        for one in idle:
            one.close()
    report.tell(
        f"beside {count} idle connections", f"{result.rate:,.0f} requests/s, all answered",
        result.statuses.keys() == {200} and result.broken == 0)


def fairness(clients: Clients, server, form: Form, report: Report) -> None:
    """A client that asks for as much as one may is no reason for another to wait for long."""
    small, large = clients.queries(1), clients.queries(200)[:4]

    async def beside():
        work = clients.ask(large, form.seconds, 8)
        return await asyncio.gather(work, clients.ask(small, form.seconds, 1))

    alone = asyncio.run(clients.ask(small, form.seconds, 1))
    heavy, modest = asyncio.run(beside())
    median = modest.quantile(0.5)
    report.tell(
        "a modest client", f"p50 {alone.quantile(0.5) * 1000:.1f} ms and p99 "
        f"{alone.quantile(0.99) * 1000:.1f} ms alone; p50 {median * 1000:.1f} ms and p99 "
        f"{modest.quantile(0.99) * 1000:.1f} ms beside an expensive one of "
        f"{heavy.quantile(0.5) * 1000:.0f} ms",
        bool(modest.seconds) and median < max(0.25, heavy.quantile(0.5) / 2))


def abandoned(clients: Clients, server, form: Form, report: Report) -> None:
    """Clients go away in the middle of their searches."""
    body = clients.queries(500)[0]
    begun = cpu_seconds(server)
    with clients.under_way(body, 50):
        until_at_work(server, begun)
    left = time.monotonic()
    seconds = last_work(server) - left
    report.tell("work of clients that went away", f"ended within {max(0, seconds) * 1000:.0f} ms",
                seconds <= form.idle)  # fmt: skip


def last_work(server, window: float = 0.03, rest: float = 0.5) -> float:
    """When a server last worked, once it has been at rest for some time.

    It works while it takes more than one tick of a processor's clock, of ten milliseconds, in a
    window: what is asked of its health does not, and the last moment is told a window late at most.
    """
    samples = collections.deque([(time.monotonic(), cpu_seconds(server))])
    last, deadline = samples[0][0], time.monotonic() + 60
    while (now := time.monotonic()) - last < rest:
        if now > deadline:
            raise TimeoutError("the work goes on")
        samples.append((now, cpu_seconds(server)))
        while samples[0][0] < now - window:
            samples.popleft()
        if samples[-1][1] - samples[0][1] > 0.015:
            last = now
        time.sleep(0.005)
    return last


def tell_health(part: str, health: load.Outcome, form: Form, report: Report) -> None:
    late = health.quantile(0.99)
    report.tell(
        f"health, {part}", f"p99 {late * 1000:.1f} ms of {len(health.seconds):,}",
        {*health.statuses} == {200} and not health.broken and late <= form.health)


def run(form: Form, folder: pathlib.Path) -> Report:
    report = Report()
    load.raise_descriptor_limit()
    server = start(folder, form)
    try:
        for clients in (load.Requests(server), Calls(server)):
            report.tell("over", clients.over)
            for part in (many_connections, overload, fairness, abandoned):
                with Health(server.port).watched() as health:
                    part(clients, server, form, report)
                tell_health(part.__name__.replace("_", " "), health.outcome, form, report)
        report.tell("the server", "goes on", server.status("/readyz") == 200)
    finally:
        server.kill()
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="two minutes, on a quiet machine")
    parser.add_argument("--seconds", type=float, help="of each part")
    given = parser.parse_args()
    form = LONG if given.long else SHORT
    if given.seconds:
        form = dataclasses.replace(form, seconds=given.seconds)
    with tempfile.TemporaryDirectory() as folder:
        report = run(form, pathlib.Path(folder))
    report.show()
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
