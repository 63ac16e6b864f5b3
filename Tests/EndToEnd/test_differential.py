"""Random calls on the server and on the client library's own in-process store must agree."""

import json
import os

import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse
from random_calls import Call, RandomCalls

SEED = int(os.environ.get("QUIVER_TEST_SEED", "20"))
CALLS = int(os.environ.get("QUIVER_TEST_CALLS", "500"))
TOLERANCE = 1e-4
D = models.Distance
CONFIGS = {
    "named": {"a": (4, D.COSINE), "b": (3, D.EUCLID)},
    "named-2": {"x": (5, D.DOT), "y": (2, D.MANHATTAN)},
    "unnamed-cosine": {"": (4, D.COSINE)},
    "unnamed-manhattan": {"": (3, D.MANHATTAN)},
}


def close(left, right) -> bool:
    return abs(left - right) <= TOLERANCE * max(1, abs(right))


def same_vector(left, right) -> bool:
    if isinstance(left, dict) or isinstance(right, dict):
        left, right = left or {}, right or {}
        return set(left) == set(right) and all(same_vector(left[k], right[k]) for k in left)
    if left is None or right is None:
        return left is right
    return len(left) == len(right) and all(map(close, left, right))


def same_record(left, right) -> bool:
    texts = [json.dumps(record.payload or {}, sort_keys=True) for record in (left, right)]
    return left.id == right.id and texts[0] == texts[1] and same_vector(left.vector, right.vector)


def same_records(left, right) -> bool:
    return len(left) == len(right) and all(map(same_record, left, right))


def same_hits(client, name, call: Call, ours, theirs) -> bool:
    """Equal scores rank by rank, and every hit among the other's with its score: ties may turn."""
    if len(ours) != len(theirs):
        return False
    if not all(close(left.score, right.score) for left, right in zip(ours, theirs)):
        return False
    whole = Call(call.method, {**call.arguments, "limit": 10_000, "offset": 0}).run(client, name)
    by_id = {hit.id: hit for hit in whole.points}
    return len({hit.id for hit in ours}) == len(ours) and all(
        hit.id in by_id
        and close(hit.score, by_id[hit.id].score)
        and same_record(hit, by_id[hit.id])
        for hit in ours
    )


def outcome(call: Call, client, name):
    """What a call returns, or the kind of error that it raises."""
    try:
        return call.run(client, name)
    except (UnexpectedResponse, ValueError, KeyError) as error:
        return error


def agree(local, name, call, ours, theirs) -> bool:
    if isinstance(ours, Exception) or isinstance(theirs, Exception):
        return isinstance(ours, Exception) and isinstance(theirs, Exception)
    if call.method == "query_points":
        return same_hits(local, name, call, ours.points, theirs.points)
    if call.method == "scroll":
        return same_records(ours[0], theirs[0]) and ours[1] == theirs[1]
    if call.method == "retrieve":
        return same_records(
            *(sorted(records, key=lambda r: str(r.id)) for records in (ours, theirs))
        )
    if call.method == "count":
        return ours == theirs
    return True


@pytest.mark.parametrize("config", CONFIGS)
def test_same_answers(client, config):
    vectors = CONFIGS[config]
    params = {n: models.VectorParams(size=s, distance=d) for n, (s, d) in vectors.items()}
    name = f"differential-{config}"
    local = QdrantClient(":memory:")
    for store in (client, local):
        store.create_collection(name, vectors_config=params.get("", params))
    seed = SEED * 100 + list(CONFIGS).index(config)
    print(f"QUIVER_TEST_SEED={SEED} (seed {seed} for {config}), {CALLS} calls")
    calls = RandomCalls(seed, {n: size for n, (size, _) in vectors.items()})
    everything = Call("scroll", {"limit": 1000, "with_payload": True, "with_vectors": True})
    for number in range(CALLS):
        existing = [record.id for record in everything.run(local, name)[0]]
        call = calls.write(existing) if number % 2 == 0 else calls.read(existing)
        for step in (call, everything) if number % 2 == 0 else (call,):
            ours, theirs = outcome(step, client, name), outcome(step, local, name)
            if not agree(local, name, step, ours, theirs):
                message = [f"call {number} of {step.method} differs", f"call: {call}"]
                message += [f"server: {ours}", f"oracle: {theirs}"]
                pytest.fail("\n\n".join(message), pytrace=False)
