"""An update of many points that a kill cut off is told of by the server that is started then."""

import threading

import requests
from process import quiver
from test_shutdown import fill

COUNT = 60_000


def issues(service) -> list:
    return requests.get(f"{service.url}/issues", timeout=30).json()["result"]["issues"]


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
        assert not issues(service)

        def send():
            try:
                requests.post(service.url + url, json=update, timeout=60)
            except requests.RequestException:
                pass

        sender = threading.Thread(target=send)
        sender.start()
        while not marked(service):
            assert sender.is_alive(), "the update was answered before anything was marked"
        service.kill()
        sender.join()
        service.start()
        [issue] = issues(service)
        assert issue["id"].startswith("UNFINISHED_UPDATE/things/")
        assert issue["related_collection"] == "things" and "refactor" in issue["solution"]
        told = issue["unfinished_update"]
        assert told["kind"] == "set_payload" and told["points_selected"] == COUNT
        assert 0 < told["points_done"] < COUNT
        assert told["points_done"] == marked(service)
        assert "did not reach its end" in service.log_tail()
        assert requests.post(service.url + url, json=update, timeout=60).status_code == 200
        assert not issues(service)
        assert marked(service) == COUNT
    finally:
        service.kill()
