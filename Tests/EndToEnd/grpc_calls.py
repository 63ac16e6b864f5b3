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


def fields(data: bytes):
    """The fields of a message whose fields all have lengths or are varints."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while position < len(data):
        tag = varint()
        value = varint()
        if tag & 7 == 2:
            value, position = data[position : position + value], position + value
        yield tag >> 3, value
