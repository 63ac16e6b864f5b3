"""Starts, watches and ends the real programs under test."""

import contextlib
import http.client
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUR_VARIABLES = (
    "QUIVER__", "QDRANT__", "QDRANT_VECTOR_STORE__", "EMBEDDINGS__", "LLM__", "OPENAI_MODEL__",
    "PROMPT__", "APP_", "AUTH__", "LIMITS__", "RERANK__", "TLS__", "TRACING__", "OTEL_",
)  # fmt: skip


def binary(name: str) -> pathlib.Path:
    """The release build of a program, or the one that QUIVER_BINARIES has."""
    folder = os.environ.get("QUIVER_BINARIES") or ROOT / ".build" / "release"
    return pathlib.Path(folder) / name


def free_port() -> int:
    """A port that nothing has, of those that no outgoing connection is given meanwhile."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def until(work, seconds: float = 60):
    """What `work` gives, once that is something."""
    deadline = time.monotonic() + seconds
    while not (value := work()):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)
    return value


def cpu_seconds(service: "Service") -> float:
    """What a program's process has taken of processors."""
    stat = pathlib.Path(f"/proc/{service.process.pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until_at_work(service: "Service", since: float, seconds: float = 0.05) -> None:
    """Returns once a program has taken so many seconds of processors more than `since`: what it was
    asked meanwhile has begun. It was at rest before."""
    until(lambda: cpu_seconds(service) >= since + seconds, 60)


def until_at_rest(service: "Service", seconds: float = 60) -> None:
    """Returns once a program does next to nothing.

    Whoever works has a thread that runs or would like to, however little it gets of a busy machine.
    """
    deadline = time.monotonic() + seconds
    while sum(_wants_a_processor(service) for _ in range(10)) > 3:
        assert time.monotonic() < deadline, f"the work goes on after {seconds} s"


def _wants_a_processor(service: "Service") -> bool:
    time.sleep(0.03)
    states = []
    for thread in pathlib.Path(f"/proc/{service.process.pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            states.append((thread / "stat").read_text().rpartition(")")[2].split()[0])
    return "R" in states


def _ends(connection: socket.socket) -> tuple[list[str] | None, list[str] | None]:
    """What the system says of our end of a connection of IPv4, and of the other one."""
    ours, theirs = connection.getsockname()[1], connection.getpeername()[1]
    lines = {}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        lines[tuple(int(fields[n].partition(":")[2], 16) for n in (1, 2))] = fields
    return lines.get((ours, theirs)), lines.get((theirs, ours))


def has_taken_all(connection: socket.socket) -> bool:
    """Whether the program at the other end has read whatever was sent over a connection of IPv4."""
    ours, theirs = _ends(connection)
    if ours is None or theirs is None:
        return False
    unsent, unread = ours[4].partition(":")[0], theirs[4].partition(":")[2]
    # A connection that nobody has accepted yet is no file.
    return int(unsent, 16) == 0 and int(unread, 16) == 0 and theirs[9] != "0"


def answer_to_no_request(service) -> str:
    """The head of what a server answers to bytes that are no HTTP, in lower case."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(b"this is no request\r\n\r\n")
        received = b""
        while part := connection.recv(1 << 16):
            received += part
    return received.partition(b"\r\n\r\n")[0].decode().lower()


def is_given_up(connection: socket.socket) -> bool:
    """Whether the program at the other end of a connection of IPv4 has closed it, so that nothing
    is read from it any more; who has only ended sending has not."""
    theirs = _ends(connection)[1]
    return theirs is None or theirs[9] == "0"


def clean_environment(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment without settings of ours, and with the given ones."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OUR_VARIABLES)}
    return {**kept, **settings}


class Service:
    """One program with its port and log; may be started and ended many times.

    Whatever comes of it, it does not outlive the `with` that it is the subject of.
    """

    def __init__(self, name: str, folder: pathlib.Path, ready_path: str, arguments=("serve",)):
        self.command = [str(binary(name)), *arguments]
        # Where it is reached: another address when it runs in a network of its own.
        self.host = "127.0.0.1"
        self.port = free_port()
        self.grpc_port = free_port()
        self.ready_path = ready_path
        self.log = folder / f"{name}.log"
        self.settings: dict[str, str] = {}
        self.process: subprocess.Popen | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def grpc_address(self) -> str:
        return f"{self.host}:{self.grpc_port}"

    def start(self, seconds: float = 60) -> None:
        """Starts the program and returns once it says that it is ready."""
        assert self.process is None, "already started"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=clean_environment(self.settings), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + seconds
        while self.status(self.ready_path) != 200:
            code = self.process.poll()
            late = time.monotonic() > deadline
            if code is not None or late:
                self.kill()
                reason = f"is not ready after {seconds} s" if late else f"exited with {code}"
                raise RuntimeError(f"{self.command[0]} {reason}\n{self.log_tail()}")
            time.sleep(0.02)

    def status(self, path: str, timeout: float = 2) -> int | None:
        """The status code of a GET, None when nobody answers."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def terminate(self, seconds: float = 60) -> int:
        """Asks the program to end and returns its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds: float) -> int:
        assert self.process is not None
        code = self.process.wait(seconds)
        self.process = None
        return code

    def kill(self) -> None:
        """Ends the program with no warning (SIGKILL)."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def log_tail(self, characters: int = 6000) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"--- the end of {self.log.name} ---\n{text[-characters:]}"


def quiver(folder: pathlib.Path, **settings: str) -> Service:
    """A server that is not started yet, with its data under the folder."""
    service = Service("quiver", folder, "/readyz")
    service.settings = {
        "QUIVER__SERVICE__HOST": "127.0.0.1",
        "QUIVER__SERVICE__HTTP_PORT": str(service.port),
        "QUIVER__SERVICE__GRPC_PORT": str(service.grpc_port),
        "QUIVER__STORAGE__STORAGE_PATH": str(folder / "data"),
        "QUIVER__LOG_LEVEL": "info",
        **settings,
    }
    return service
