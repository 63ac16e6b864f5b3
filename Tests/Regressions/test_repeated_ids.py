"""Points that are asked for by id come once, where they are named first, however often that is and
however long the answer: as from Qdrant's server and its engine."""

import uuid

import pytest

COUNT = 300
UUID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.fixture(scope="module", autouse=True)
def points(wire):
    wire.result("PUT", "/collections/repeated", {"vectors": {"size": 1, "distance": "Dot"}})
    ids = [*range(COUNT), UUID]
    batch = [{"id": id, "vector": [1.0], "payload": {"t": "x" * 50}} for id in ids]
    wire.result("PUT", "/collections/repeated/points?wait=true", {"points": batch})


def spellings() -> list[str]:
    id = uuid.UUID(UUID)
    return [UUID, id.hex, UUID.upper(), id.urn]


MANY = [*range(COUNT - 1, -1, -1), *range(COUNT)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [([1, 1, 3, 99_999], [1, 3]), ([3, 1, 3, 1, 2], [3, 1, 2]), ([7] * 5000, [7]),
     (["spellings", 1], [UUID, 1]), (MANY, MANY[:COUNT])],
    ids=["pair", "mixed", "one-often", "spellings", "long"],
)  # fmt: skip
@pytest.mark.parametrize("whole", [True, False])
def test_every_point_comes_once(wire, over_grpc, asked, expected, whole):
    asked = [id for item in asked for id in (spellings() if item == "spellings" else [item])]
    body = {"ids": asked, "with_payload": whole, "with_vector": whole}
    found = wire.result("POST", "/collections/repeated/points", body)
    assert [point["id"] for point in found] == expected
    assert not whole or all(point["payload"] and point["vector"] for point in found)
    found = over_grpc.retrieve("repeated", asked, with_payload=whole, with_vectors=whole)
    assert [point.id for point in found] == expected
