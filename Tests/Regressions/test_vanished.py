"""A client that is gone and could not say so is given up while it waits for an answer.

A network of the test's own goes down, so nothing reaches the server, not even the end of the
connection. That takes as long as the bounds say, so the quick test looks at what the
system was told of a connection, and the slow one is asked for by QUIVER_LONG_TESTS.
"""

import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest
from process import quiver, until

TICKS = os.sysconf("SC_CLK_TCK")
KEEPALIVE = "02"
SILENCE, PATIENCE = 60, 60
HERE = pathlib.Path(__file__).resolve()


def sockets(port: int) -> list[tuple[str, int]]:
    """The timer of each established connection to a port of this machine: which, and its ticks."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rsplit(":")[1], 16) == port and fields[3] == "01":
                timer, ticks = fields[5].split(":")
                found.append((timer, int(ticks, 16)))
    return found


def test_the_system_asks_after_silent_clients(tmp_path):
    """After `silence`, and not much earlier."""
    server = quiver(tmp_path)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
            assert client.recv(1000)
            timers = sockets(server.port)
            assert any(timer == KEEPALIVE and SILENCE / 2 < ticks / TICKS <= SILENCE
                       for timer, ticks in timers), timers  # fmt: skip
    finally:
        server.kill()


def alone(folder: pathlib.Path) -> None:
    """The slow test, in a network of its own: who waits for an answer of REST is given up after
    `silence` and `silencePatience`."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    silent = socket.create_server(("127.0.0.1", 0))
    server = quiver(folder, QUIVER__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY="true")
    server.start()
    began = time.monotonic()
    try:
        client = socket.create_connection(("127.0.0.1", server.port))
        location = f"http://127.0.0.1:{silent.getsockname()[1]}/a.snapshot"
        body = f'{{"location":"{location}"}}'.encode()
        client.sendall(
            b"PUT /collections/c/snapshots/recover HTTP/1.1\r\nhost: x\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        # The request is under way: the server asks somebody who says nothing.
        other, _ = silent.accept()
        call = socket.create_connection(("127.0.0.1", int(server.grpc_address.rsplit(":")[1])))
        call.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        assert call.recv(1000)
        ports = (server.port, call.getpeername()[1])
        assert all(map(sockets, ports))
        subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
        for port in ports:
            until(lambda p=port: not sockets(p), SILENCE + PATIENCE + 60)
            print(f"given up after {time.monotonic() - began:.0f} s")
            # The system reckons in ticks of its own.
            assert time.monotonic() - began > SILENCE + PATIENCE - 1
        other.close()
        client.close()
    finally:
        server.kill()


@pytest.mark.skipif(not os.environ.get("QUIVER_LONG_TESTS"), reason="takes three minutes")
def test_a_client_that_vanishes_is_given_up(tmp_path):
    within = ["unshare", "-n", sys.executable, str(HERE), str(tmp_path)]
    subprocess.run(within, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


if __name__ == "__main__":
    alone(pathlib.Path(sys.argv[1]))
