"""Traces that go through both programs, as a collector gets them."""

import json
import os

import grpc
import pytest
import requests
from collector import Collector, attributes, embeddings
from gateway_service import CHUNKS, chunk
from process import quiver, until, until_at_rest
from qdrant_client.grpc import points_pb2

FLAGS = {True: "01", False: "00"}


def place(sampled: bool = True) -> tuple[str, str, str]:
    """A trace and a span of somebody else's, and the header that names them."""
    trace, span = os.urandom(16).hex(), os.urandom(8).hex()
    return trace, span, f"00-{trace}-{span}-{FLAGS[sampled]}"


@pytest.fixture(scope="module")
def collector():
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory, collector):
    """A server that records the traces that its callers record."""
    service = quiver(
        tmp_path_factory.mktemp("store"), OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        QUIVER__TRACING__SAMPLING_RATIO="0",
    )  # fmt: skip
    with service:
        service.start()
        body = {"vectors": {"size": 4, "distance": "Dot"}}
        requests.put(service.url + "/collections/places", json=body).raise_for_status()
        yield service


@pytest.fixture(scope="module")
def provider():
    provider = embeddings()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def front(start_gateway, collector, provider):
    return start_gateway(
        "chunks", TRACING__ENDPOINT=collector.url + "/v1/traces", TRACING__SAMPLING_RATIO="0",
        TRACING__HEADERS="x-tenant=some%20body,x-other=1", APP_LOG_FORMAT="json",
        EMBEDDINGS__PROVIDER="openai", EMBEDDINGS__BASE_URL=provider.url,
        EMBEDDINGS__MODEL="hashes", EMBEDDINGS__API_KEY="none",
    )  # fmt: skip


def named(spans: list[dict], name: str, service: str | None = None) -> dict:
    """The one span of a name."""
    (found,) = (s for s in spans if s["name"] == name and service in (None, s["service"]))
    return found


def is_below(spans: list[dict], span: dict, ancestor: str) -> bool:
    by_id = {span["spanId"]: span for span in spans}
    while span and span.get("parentSpanId") != ancestor:
        span = by_id.get(span.get("parentSpanId"))
    return span is not None


def contains(outer: dict, inner: dict) -> bool:
    return int(outer["startTimeUnixNano"]) <= int(inner["startTimeUnixNano"]) and int(
        inner["endTimeUnixNano"]
    ) <= int(outer["endTimeUnixNano"])


def test_one_trace_goes_through_both(front, store, collector, provider):
    trace, above, header = place()
    body = {"chunks": [chunk(*parts) for parts in CHUNKS]}
    headers = {"traceparent": header, "tracestate": "vendor=a", "x-request-id": "upload-1"}
    requests.post(front.url + "/upload/chunks", json=body, headers=headers).raise_for_status()
    spans = collector.trace(trace, "POST /upload/chunks", "commit", "sync", "stage", "decode")
    root = named(spans, "POST /upload/chunks")
    assert root["parentSpanId"] == above and root["kind"] == 2
    assert root["service"] == "quiver-gateway" and root["traceState"] == "vendor=a"
    assert attributes(root)["quiver.request_id"] == "upload-1"
    assert all(is_below(spans, span, above) for span in spans)
    # The provider and the server are told the spans that ask them.
    clients = {span["spanId"]: span for span in spans if span["kind"] == 3}
    told = [h for path, h, _ in provider.requests if trace in h.get("traceparent", "")]
    assert told and all(h["traceparent"].split("-")[2] in clients for h in told)
    assert all(h["tracestate"] == "vendor=a" for h in told)
    served = [s for s in spans if s["service"] == "quiver" and s["kind"] == 2]
    assert served and all(span["parentSpanId"] in clients for span in served)
    upsert = next(s for s in served if s["name"].startswith("PUT /collections/{collection_name}/p"))
    assert attributes(upsert)["db.collection.name"] == "chunks"
    # What the committer did belongs to the request that waited for it.
    mine = [span for span in spans if span.get("parentSpanId") == upsert["spanId"]]
    assert {"decode", "wait", "stage", "commit"} <= {span["name"] for span in mine}
    commit = named(mine, "commit")
    sync = next(s for s in spans if s.get("parentSpanId") == commit["spanId"])
    assert sync["name"] == "sync" and contains(commit, sync) and contains(upsert, commit)
    path, sent, _ = collector.requests[-1]
    assert path == "/v1/traces"
    assert any(h.get("x-tenant") == "some body" for _, h, _ in collector.requests)


def test_a_question_shows_where_its_time_went(front, collector):
    trace, above, header = place()
    question = {"question": "What makes an arrow fly straight?"}
    answer = requests.post(
        front.url + "/insight/query", json=question, headers={"traceparent": header}
    )  # fmt: skip
    answer.raise_for_status()
    spans = collector.trace(trace, "POST /insight/query", "embed", "search", "hydrate")
    assert named(spans, "embed")["service"] == "quiver-gateway"
    search = next(s for s in spans if s["name"] == "search")
    query = next(s for s in spans if s["spanId"] == search["parentSpanId"])
    assert query["service"] == "quiver" and "/points/query" in query["name"]
    assert all(is_below(spans, span, above) for span in spans)
    lines = [json.loads(line) for line in front.log.read_text().splitlines() if line[:1] == "{"]
    logged = [line for line in lines if line.get("trace_id") == trace]
    assert [line["path"] for line in logged] == ["/insight/query"] and logged[0]["request_id"]


def test_calls_of_grpc_belong_to_traces(store, collector):
    trace, above, header = place()
    with grpc.insecure_channel(store.grpc_address) as channel:
        call = channel.unary_unary(
            "/qdrant.Points/Upsert", points_pb2.UpsertPoints.SerializeToString,
            points_pb2.PointsOperationResponse.FromString,
        )  # fmt: skip
        point = points_pb2.PointStruct(
            id={"num": 1}, vectors={"vector": {"dense": {"data": [1, 0, 0, 0]}}}
        )  # fmt: skip
        request = points_pb2.UpsertPoints(collection_name="places", points=[point], wait=True)
        call(request, metadata=[("traceparent", header)])
        with pytest.raises(grpc.RpcError):
            call(
                points_pb2.UpsertPoints(collection_name="nowhere", points=[point]),
                metadata=[("traceparent", header)],
            )
    until(lambda: len([s for s in collector.spans if s.get("parentSpanId") == above]) == 2)
    spans = collector.trace(trace, "qdrant.Points/Upsert", "decode", "commit", "sync")
    done, refused = (
        next(s for s in spans if attributes(s).get("rpc.grpc.status_code") == code)
        for code in (0, 5)
    )
    assert done["parentSpanId"] == refused["parentSpanId"] == above
    assert named(spans, "commit")["parentSpanId"] == done["spanId"]
    assert attributes(done)["rpc.service"] == "qdrant.Points"


def test_what_the_caller_does_not_record_nobody_records(front, store, collector):
    trace, _, header = place(sampled=False)
    for url in (front.url + "/health/ready", store.url + "/collections"):
        requests.get(url, headers={"traceparent": header}).raise_for_status()
    recorded, _, mark = place()
    requests.get(store.url + "/collections", headers={"traceparent": mark}).raise_for_status()
    collector.trace(recorded, "GET /collections")
    assert not [span for span in collector.spans if span["traceId"] == trace]


def test_spans_wait_for_others_of_their_message(tmp_path, servers):
    """For `gathering`: a message comes no sooner than so long after its first span has ended, and
    with all that ended meanwhile."""
    collector = Collector()
    service = quiver(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    servers.append(service)
    service.start()
    with requests.Session() as session:
        session.get(service.url + "/").raise_for_status()
        until(lambda: any(span["name"] == "GET /" for span in collector.spans))
        # What ends while a message is sent follows it at once.
        until_at_rest(service)
        before = len(collector.requests)
        for _ in range(5):
            session.get(service.url + "/collections").raise_for_status()

    def asked() -> list[int]:
        return ends(span for message in collector.messages[before:] for span in message)

    until(lambda: len(asked()) == 5)
    collector.close()
    message, first = ends(collector.messages[before]), min(asked())
    assert collector.arrivals[before] - first >= 10**9
    # A span gets into the queue a moment after its end.
    assert all(end in message for end in asked() if end < first + 0.9e9)


def ends(spans) -> list[int]:
    """When the spans of the requests for collections ended, in nanoseconds."""
    return [int(span["endTimeUnixNano"]) for span in spans if span["name"] == "GET /collections"]


def test_what_is_left_is_sent_at_the_end(tmp_path, servers):
    collector = Collector()
    service = quiver(
        tmp_path, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=collector.url + "/v1/traces",
        OTEL_SERVICE_NAME="store-7",
    )  # fmt: skip
    servers.append(service)
    service.start()
    for _ in range(20):
        requests.get(service.url + "/collections").raise_for_status()
    assert service.terminate() == 0
    found = [span for span in collector.spans if span["name"] == "GET /collections"]
    assert len(found) == 20 and {span["service"] for span in found} == {"store-7"}
    assert not any("parentSpanId" in span for span in found)
    collector.close()


@pytest.mark.parametrize("status", [None, 503, 400])
def test_a_collector_that_is_not_there_holds_nobody_up(tmp_path, servers, status):
    collector = Collector(status or 200)
    if status is None:
        collector.close()
    service = quiver(tmp_path, QUIVER__TRACING__ENDPOINT=collector.url)
    servers.append(service)
    service.start()
    session = requests.Session()
    for _ in range(1500):
        session.get(service.url + "/collections").raise_for_status()
    figures = session.get(service.url + "/metrics").text
    assert "tracing_spans_exported_total 0" in figures
    # In order: an end that is forced has another code.
    assert service.terminate(60) == 0
    if status != 400:
        assert "could not be reached" in service.log.read_text()


def test_requests_are_not_recorded_unless_asked_for(tmp_path, servers):
    service = quiver(tmp_path, QUIVER__TRACING__SAMPLING_RATIO="1")
    servers.append(service)
    service.start()
    trace, _, header = place()
    requests.get(service.url + "/collections", headers={"traceparent": header}).raise_for_status()
    assert "tracing_spans" not in requests.get(service.url + "/metrics").text
