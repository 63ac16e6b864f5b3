"""Requests as bytes and answers as text, for what the client library hides."""

import json

import requests


class Wire:
    def __init__(self, url: str, session: requests.Session):
        self.url = url
        self.session = session

    def send(self, method: str, path: str, body=None, **options) -> requests.Response:
        """Sends a body given as bytes, as text or as anything that JSON can hold."""
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        return self.session.request(
            method, self.url + path, data=body, headers=headers, timeout=60, **options
        )

    def result(self, method: str, path: str, body=None):
        """The result of a request that must succeed."""
        answer = self.send(method, path, body)
        assert answer.status_code == 200, answer.text
        envelope = answer.json()
        assert envelope["status"] == "ok", answer.text
        assert isinstance(envelope["time"], (int, float)), answer.text
        return envelope["result"]
