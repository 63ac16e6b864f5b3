"""JSON Web Tokens, made by hand."""

import base64
import hashlib
import hmac
import json


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims: dict, secret: str) -> str:
    """A token that says the claims, signed with HMAC-SHA-256."""
    header = _text(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    message = f"{header}.{_text(json.dumps(claims).encode())}"
    return f"{message}.{_text(hmac.digest(secret.encode(), message.encode(), hashlib.sha256))}"


def claims(text: str) -> dict:
    """What a token says, whoever signed it."""
    payload = text.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
