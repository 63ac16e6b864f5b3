"""A matrix of distances is bounded: two small numbers must not ask for gigabytes."""

from qdrant_client import models


def test_a_matrix_that_is_too_large_is_refused(wire, client, new_collection):
    name = new_collection(models.VectorParams(size=2, distance=models.Distance.DOT))
    points = [models.PointStruct(id=i, vector=[i, 1]) for i in range(5000)]
    for start in range(0, len(points), 1000):
        client.upsert(name, points[start : start + 1000])
    for form in ("pairs", "offsets"):
        path = f"/collections/{name}/points/search/matrix/{form}"
        refused = wire.send("POST", path, {"sample": 5000, "limit": 5000})
        assert refused.status_code == 400, refused.text[:200]
        assert "sample" in refused.json()["status"]["error"]
        assert wire.send("POST", path, {"sample": 100, "limit": 5000}).status_code == 200
        # What is not there takes no room.
        assert wire.send("POST", path, {"sample": 10**9, "limit": 3}).status_code == 200
