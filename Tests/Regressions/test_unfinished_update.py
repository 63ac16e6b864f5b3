"""An update of many points that a kill cut off is told of by the server that is started then."""

import threading

import requests
from process import quiver
from test_shutdown import fill

COUNT = 60_000


def figures(service) -> dict:
    answer = requests.get(f"{service.url}/telemetry?details_level=1", timeout=30).json()
    return answer["result"]["collections"]["collections"][0]


def marked(service) -> int:
    body = {"filter": {"must": [{"key": "mark", "match": {"value": 1}}]}}
    url = f"{service.url}/collections/things/points/count"
    return requests.post(url, json=body, timeout=60).json()["result"]["count"]


def test_unfinished_update(tmp_path):
    service = quiver(tmp_path)
    service.start()
    update = {"payload": {"mark": 1}, "filter": {"must_not": [{"is_empty": {"key": "n"}}]}}
    url = "/collections/things/points/payload?wait=true"
    try:
        fill(service, COUNT)
        assert "unfinished_update" not in figures(service)

        def send():
            try:
                requests.post(service.url + url, json=update, timeout=60)
            except requests.RequestException:
                pass

        sender = threading.Thread(target=send)
        sender.start()
        while not marked(service):
            pass
        service.kill()
        sender.join()
        service.start()
        told = figures(service)["unfinished_update"]
        assert told["kind"] == "set_payload" and told["points_selected"] == COUNT
        assert 0 < told["points_done"] < COUNT
        assert told["points_done"] == marked(service)
        assert "did not reach its end" in service.log_tail()
        assert requests.post(service.url + url, json=update, timeout=60).status_code == 200
        assert "unfinished_update" not in figures(service)
        assert marked(service) == COUNT
    finally:
        service.kill()
