"""Clients that call over gRPC as fast as they are told to, as `load` has them over HTTP/1."""

import asyncio
import contextlib
import random
import time

import grpc
import load
import qdrant_client.grpc as messages

METHOD = "/qdrant.Points/QueryBatch"
# Calls that are under way at once over one connection.
CALLS_PER_CONNECTION = 10
# Of a channel: its own connection, not one that all channels to the server share.
OWN = [("grpc.use_local_subchannel_pool", 1)]


def search(chance: random.Random, searches: int) -> bytes:
    """A message that asks for the nearest of all points, a few times over."""
    name = load.COLLECTION.rpartition("/")[2]
    params = messages.SearchParams(exact=True)
    one = [
        messages.QueryPoints(
            collection_name=name, limit=10, params=params,
            query=messages.Query(nearest=messages.VectorInput(
                dense=messages.DenseVector(data=load.vector(chance)))))
        for _ in range(searches)
    ]  # fmt: skip
    return messages.QueryBatchPoints(
        collection_name=name, query_points=one
    ).SerializeToString()


def status_of(error: grpc.aio.AioRpcError) -> tuple[int, dict[str, str]]:
    """The status of HTTP that stands for a call's, and the fields that came with it."""
    refusals = {grpc.StatusCode.RESOURCE_EXHAUSTED: 429, grpc.StatusCode.UNAVAILABLE: 503}
    return refusals.get(error.code(), 500), dict(error.trailing_metadata() or ())


class Calls:
    """The clients of one server."""

    over = "gRPC"

    def __init__(self, server):
        self.address = server.grpc_address

    def queries(self, searches: int) -> list[bytes]:
        chance = random.Random(9)
        return [search(chance, searches) for _ in range(16)]

    async def ask(
        self, requests: list[bytes], seconds: float, clients: int, rate: float = 0
    ) -> load.Outcome:
        """Asks for some time, so many calls at once, together at most `rate` times a second."""
        outcome, start = load.Outcome(), time.monotonic()
        end = asyncio.get_running_loop().time() + seconds
        requests, pace = load.cycle(requests), load.Pace(rate)
        channels = [grpc.aio.insecure_channel(self.address, options=OWN)
                    for _ in range(-(-clients // CALLS_PER_CONNECTION))]  # fmt: skip
        try:
            await asyncio.gather(*(
                client(channels[n // CALLS_PER_CONNECTION], requests, outcome, end, pace)
                for n in range(clients)))  # fmt: skip
        finally:
            await asyncio.gather(*(channel.close() for channel in channels))
        outcome.time, outcome.sending = time.monotonic() - start, seconds
        return outcome

    @contextlib.contextmanager
    def under_way(self, body: bytes, count: int):
        """Calls so many times; whoever called has gone at the end."""
        channels = [grpc.insecure_channel(self.address, OWN)
                    for _ in range(-(-count // CALLS_PER_CONNECTION))]  # fmt: skip
        try:
            for number in range(count):
                channels[number // CALLS_PER_CONNECTION].unary_unary(METHOD).future(body)
            yield
        finally:
            for channel in channels:
                channel.close()


async def client(channel, requests, outcome: load.Outcome, end: float, pace: load.Pace) -> None:
    """Calls one time after the other until `end`, when it is due."""
    loop = asyncio.get_running_loop()
    # As bytes: nothing that is sent or answered is made a message of.
    call = channel.unary_unary(METHOD)
    while (due := pace.due(loop.time())) < end:
        if pace.rate:
            await asyncio.sleep(due - loop.time())
        start = loop.time()
        outcome.sent += 1
        try:
            await call(next(requests))
            outcome.note(200, {}, loop.time() - start)
        except grpc.aio.AioRpcError as error:
            outcome.note(*status_of(error), loop.time() - start)
