"""Answers of many lists are the lists that each request alone would get, wherever the pages that
they are read in begin and end."""

import json

import grpc
import pytest
import requests
from process import quiver
from qdrant_client import grpc as messages

POINTS = 300
#: Of a payload; about fifty of them are a page.
BYTES = 20_000
#: Pages end within lists, with them, and after many of them; some lists are empty.
LIMITS = [1, 300, 2, 0, 50, 51, 52, 0, 0, 300, 1, 1, 1, 120, 0]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    service = quiver(tmp_path_factory.mktemp("lists"))
    service.start()
    url = f"{service.url}/collections/c"
    assert requests.put(url, json={"vectors": {"size": 1, "distance": "Dot"}}).ok
    for first in range(0, POINTS, 100):
        points = [
            {"id": n, "vector": [n], "payload": {"n": n, "text": chr(97 + n % 26) * BYTES}}
            for n in range(first, first + 100)
        ]
        assert requests.put(f"{url}/points?wait=true", json={"points": points}).ok
    yield service
    service.kill()


def over_rest(server, limits, whole) -> list[list]:
    nobody = {"must": [{"key": "n", "match": {"value": -1}}]}
    searches = [
        {"query": [1], "limit": max(limit, 1), "with_payload": whole, "with_vector": whole}
        | ({} if limit else {"filter": nobody})
        for limit in limits
    ]
    answer = requests.post(
        f"{server.url}/collections/c/points/query/batch", json={"searches": searches}
    )
    assert answer.ok, answer.text
    return [
        [(point["id"], point["payload"]["text"] if whole else None) for point in found["points"]]
        for found in json.loads(answer.content)["result"]
    ]


def over_grpc(server, limits, whole) -> list[list]:
    match = messages.FieldCondition(key="n", match=messages.Match(integer=-1))
    nobody = messages.Filter(must=[messages.Condition(field=match)])
    searches = [
        messages.QueryPoints(
            collection_name="c", query=messages.Query(nearest=messages.VectorInput(
                dense=messages.DenseVector(data=[1]))),
            limit=max(limit, 1), filter=None if limit else nobody,
            with_payload=messages.WithPayloadSelector(enable=whole),
            with_vectors=messages.WithVectorsSelector(enable=whole),
        )
        for limit in limits
    ]  # fmt: skip
    with grpc.insecure_channel(
        server.grpc_address, [("grpc.max_receive_message_length", -1)]
    ) as channel:
        answer = channel.unary_unary("/qdrant.Points/QueryBatch")(
            messages.QueryBatchPoints(
                collection_name="c", query_points=searches
            ).SerializeToString(),
            timeout=60,
        )
    found = messages.QueryBatchResponse.FromString(answer).result
    return [
        [(p.id.num, p.payload["text"].string_value if whole else None) for p in of.result]
        for of in found
    ]


@pytest.mark.parametrize("asked", [over_rest, over_grpc])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("limits", [LIMITS, LIMITS[::-1], [1] * 200 + LIMITS, [0], [300], []])
def test_each_list_is_what_its_request_alone_gets(server, asked, whole, limits):
    expected = [
        [(n, chr(97 + n % 26) * BYTES if whole else None) for n in range(299, 299 - limit, -1)]
        for limit in limits
    ]
    assert asked(server, limits, whole) == expected


@pytest.mark.parametrize("asked", [over_rest, over_grpc])
def test_thousands_of_short_lists(server, asked):
    limits = [n % 4 for n in range(5_000)]
    expected = [[(299 - n, None) for n in range(limit)] for limit in limits]
    assert asked(server, limits, False) == expected
