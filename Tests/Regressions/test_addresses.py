"""A server listens where its configuration says, be it told by a number or by a name."""

import socket

import pytest
from process import quiver


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0"])
def test_both_ports_listen(tmp_path, host):
    service = quiver(tmp_path, QUIVER__SERVICE__HOST=host)
    service.start()
    try:
        for port in (service.port, service.grpc_port):
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
    finally:
        assert service.terminate() == 0
