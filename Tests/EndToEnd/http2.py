"""A connection of HTTP/2 that does exactly what it is told, for what gRPC's library hides."""

import contextlib
import socket
import ssl
import struct
import time

import h2.config
import h2.connection
import h2.events
import h2.settings

DATA, HEADERS, PING, GO_AWAY = 0, 1, 6, 7


def framed(message: bytes, packed: bool = False) -> bytes:
    """A message with its prefix."""
    return bytes([packed]) + struct.pack(">I", len(message)) + message


class RawConnection:
    """Windows are opened only where a test does so; nothing is read until it is waited for."""

    def __init__(
        self, address: str, window: int = 65_535, tls: ssl.SSLContext | None = None,
        frame: int = 16_384,
    ):  # fmt: skip
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        if tls:
            self.socket = tls.wrap_socket(self.socket)
        self.state = h2.connection.H2Connection(
            h2.config.H2Configuration(
                client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )  # fmt: skip
        )
        self.state.initiate_connection()
        codes = h2.settings.SettingCodes
        self.state.update_settings(
            {codes.INITIAL_WINDOW_SIZE: window, codes.MAX_FRAME_SIZE: frame}
        )
        self.headers: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytearray] = {}
        # How long the frames are that these came in.
        self.pieces: dict[int, list[int]] = {}
        self.ended: set[int] = set()
        self.resets: dict[int, int] = {}
        self.answered_pings: set[bytes] = set()
        self.is_closed = False
        self.flush()

    def flush(self) -> None:
        # Who has ended sending acknowledges nothing any more.
        with contextlib.suppress(BrokenPipeError):
            self.socket.sendall(self.state.data_to_send())

    def begin(self, path: str, end: bool = False, fields=(), **changed: str) -> int:
        """The headers of a call, and further fields behind them; `name=""` leaves one out."""
        headers = {
            ":method": "POST", ":scheme": "http", ":authority": "test", ":path": path,
            "te": "trailers", "content-type": "application/grpc",
        }  # fmt: skip
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        if method := headers.pop("method", None):
            headers[":method"] = method
        stream = self.state.get_next_available_stream_id()
        pairs = [(name, value) for name, value in headers.items() if value]
        pairs += fields
        self.state.send_headers(stream, pairs, end_stream=end)
        self.flush()
        return stream

    def send(self, stream: int, data: bytes, end: bool = False) -> None:
        """Sends bytes as windows allow it, and takes what comes meanwhile."""
        while True:
            room = min(
                len(data), self.state.local_flow_control_window(stream),
                self.state.max_outbound_frame_size,
            )  # fmt: skip
            if room > 0 or not data:
                self.state.send_data(stream, data[:room], end_stream=end and room == len(data))
                self.flush()
                data = data[room:]
            if not data:
                return
            if room == 0:
                self.take()

    def call(self, path: str, message: bytes, **headers: str) -> int:
        stream = self.begin(path, **headers)
        self.send(stream, framed(message), end=True)
        return stream

    def take(self) -> None:
        """Takes what the server has sent, which must be something."""
        data = self.socket.recv(1 << 16)
        if not data:
            self.is_closed = True
            return
        for event in self.state.receive_data(data):
            match event:
                case h2.events.ResponseReceived() | h2.events.TrailersReceived():
                    pairs = dict(event.headers)
                    self.headers.setdefault(event.stream_id, {}).update(pairs)
                case h2.events.DataReceived():
                    self.bodies.setdefault(event.stream_id, bytearray()).extend(event.data)
                    self.pieces.setdefault(event.stream_id, []).append(len(event.data))
                case h2.events.StreamEnded():
                    self.ended.add(event.stream_id)
                case h2.events.StreamReset():
                    self.resets[event.stream_id] = event.error_code
                case h2.events.PingAckReceived():
                    self.answered_pings.add(event.ping_data)
        self.flush()

    def until(self, condition, seconds: float = 60) -> None:
        """Takes what comes until something is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline and not self.is_closed, "it never came"
            self.take()

    def ping(self, number: int) -> None:
        """Asks whether the server is there, and returns once it says so."""
        data = number.to_bytes(8)
        self.state.ping(data)
        self.flush()
        self.until(lambda: data in self.answered_pings)

    def answer(self, stream: int) -> dict[str, str]:
        """The headers and trailers of a call that has come to its end."""
        self.until(lambda: stream in self.ended or stream in self.resets)
        return self.headers[stream]

    def frames(self):
        """The frames that come until the end, each by its type, stream and payload: the library
        takes none behind the first that announces the end. Pings are acknowledged.
        """
        data = b""
        while piece := self.socket.recv(1 << 16):
            data += piece
            while len(data) >= 9 and len(data) >= 9 + (size := int.from_bytes(data[:3])):
                kind, flags, stream = data[3], data[4], int.from_bytes(data[5:9])
                payload, data = data[9 : 9 + size], data[9 + size :]
                if kind == PING and not flags & 1:
                    self.send_frame(PING, 1, 0, payload)
                yield kind, stream, payload

    def send_frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        head = len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4)
        self.socket.sendall(head + payload)

    def close(self) -> None:
        self.socket.close()
