"""Refusals, by gRPC and by either transport."""

import contextlib

import grpc
import pytest
from qdrant_client.http.exceptions import UnexpectedResponse


@contextlib.contextmanager
def refused(code: grpc.StatusCode, text: str):
    """Within it a call is refused with this status, and a text that has these words."""
    with pytest.raises(grpc.RpcError) as refusal:
        yield refusal
    assert refusal.value.code() == code
    assert text in refusal.value.details()


CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT, 404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.ALREADY_EXISTS, 422: grpc.StatusCode.INVALID_ARGUMENT,
}  # fmt: skip


@contextlib.contextmanager
def refused_either_way(status: int, text: str = ""):
    """Within it a call is refused with this status, or the code of gRPC that stands for it."""
    with pytest.raises((UnexpectedResponse, grpc.RpcError)) as refusal:
        yield
    error = refusal.value
    if isinstance(error, UnexpectedResponse):
        assert error.status_code == status
        assert text in error.content.decode()
    else:
        assert error.code() == CODES[status]
        assert text in error.details()
