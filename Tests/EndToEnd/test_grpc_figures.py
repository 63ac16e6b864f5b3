"""Calls over gRPC stand in telemetry and metrics, under the names that Qdrant gives them."""

import grpc
import pytest
import requests
from qdrant_client import grpc as m

POINT = m.PointStruct(
    id=m.PointId(num=1), vectors=m.Vectors(vector=m.Vector(dense=m.DenseVector(data=[1, 0, 0, 0])))
)


def telemetry(server, **options) -> dict:
    answer = requests.get(f"{server.url}/telemetry", params=options, timeout=20)
    return answer.json()["result"]["requests"]


@pytest.fixture(scope="module")
def name(client, channel):
    """A collection that was written to, asked, and asked for what is refused."""
    name = "figures"
    collections = m.CollectionsStub(channel)
    params = m.VectorParams(size=4, distance=m.Distance.Dot)
    collections.Create(
        m.CreateCollection(collection_name=name, vectors_config=m.VectorsConfig(params=params))
    )
    points = m.PointsStub(channel)
    points.Upsert(m.UpsertPoints(collection_name=name, wait=True, points=[POINT]))
    for _ in range(3):
        points.Count(m.CountPoints(collection_name=name))
    for wrong in ("none", "", "a/b"):
        with pytest.raises(grpc.RpcError):
            points.Count(m.CountPoints(collection_name=wrong))
    with pytest.raises(grpc.RpcError):
        channel.unary_unary("/qdrant.Points/None")(b"")
    return name


def test_telemetry_counts_calls_by_status(server, name):
    grpc_requests = telemetry(server, details_level=1)["grpc"]
    responses = grpc_requests["responses"]
    count = responses["/qdrant.Points/Count"]
    assert count["0"]["count"] == 3
    assert count["5"]["count"] == 1
    assert count["3"]["count"] == 2
    assert count["0"]["avg_duration_micros"] > 0
    assert responses["/qdrant.Points/Upsert"]["0"]["count"] == 1
    assert responses["/qdrant.Collections/Create"]["0"]["count"] == 1
    # What does not exist is not counted: its name is the client's to choose.
    assert "/qdrant.Points/None" not in responses
    assert "per_collection_responses" not in grpc_requests


def test_telemetry_counts_calls_by_collection(server, name):
    found = telemetry(server, details_level=1, per_collection="true")["grpc"]
    assert found["per_collection_responses"][name]["/qdrant.Points/Count"]["0"]["count"] == 3
    assert "/qdrant.Collections/Create" not in found["per_collection_responses"][name]


def test_metrics_count_calls(server, name):
    text = requests.get(f"{server.url}/metrics", timeout=20).text
    lines = text.splitlines()
    labels = 'endpoint="/qdrant.Points/Count",status="0"'
    assert f"grpc_responses_total{{{labels}}} 3" in lines
    assert f"grpc_responses_fail_total{{{labels}}} 0" in lines
    assert (
        'grpc_responses_fail_total{endpoint="/qdrant.Points/Count",status="5"} 1' in lines
    )
    assert f"grpc_responses_duration_seconds_count{{{labels}}} 3" in lines
    assert f'grpc_responses_duration_seconds_bucket{{{labels},le="+Inf"}} 3' in lines
    assert "# TYPE grpc_responses_duration_seconds histogram" in lines
    for kind in ("avg", "min", "max"):
        assert any(line.startswith(f"grpc_responses_{kind}_duration_seconds{{") for line in lines)


def test_metrics_count_calls_by_collection(server, name):
    answer = requests.get(f"{server.url}/metrics", params={"per_collection": "true"}, timeout=20)
    labels = f'endpoint="/qdrant.Points/Count",status="0",collection="{name}"'
    assert f"grpc_responses_total{{{labels}}} 3" in answer.text.splitlines()
