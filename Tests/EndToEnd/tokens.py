"""Keys of a server, and JSON Web Tokens that are made by hand."""

import base64
import hashlib
import hmac
import json
import pathlib

from process import Service, quiver

FULL, READ_ONLY = "full-key-2718", "read-key-3141"


def guarded(folder: pathlib.Path, **settings: str) -> Service:
    """A server that is not started yet, with both keys; the full one signs tokens as well."""
    return quiver(
        folder, QUIVER__SERVICE__API_KEY=FULL, QUIVER__SERVICE__READ_ONLY_API_KEY=READ_ONLY,
        QUIVER__SERVICE__JWT_RBAC="true", **settings,
    )  # fmt: skip


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
