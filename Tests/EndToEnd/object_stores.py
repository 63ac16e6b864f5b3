"""Object stores that speak S3's API, for tests: two real ones, and one that can be made unfit."""

import contextlib
import json
import pathlib
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from process import free_port, until

KEY_ID, SECRET = "quiver-key", "quiver-secret-1618"
BUCKET = "backups"


class RealStore:
    """A store's program with an empty bucket.

    `endpoint` is where it is reached, when that is not its port on this machine.
    """

    def __init__(
        self, command: list[str], port: int, log: pathlib.Path, endpoint: str | None = None
    ):
        self.endpoint = endpoint or f"http://127.0.0.1:{port}"
        self.command = command
        self.log = log
        self.client = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        """Starts it; what it has kept is there again."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        until(self.has_bucket, 120)

    def has_bucket(self) -> bool:
        assert self.process.poll() is None, "the store ended"
        try:
            with contextlib.suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
                self.client.create_bucket(Bucket=BUCKET)
            self.client.put_object(Bucket=BUCKET, Key="first", Body=b"1")
            self.client.delete_object(Bucket=BUCKET, Key="first")
        except (BotoCoreError, ClientError):
            return False
        return True

    def keys(self) -> list[str]:
        return [entry["Key"] for entry in
                self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]  # fmt: skip

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def seaweedfs(
    folder: pathlib.Path, s3_port: int | None = None, within: tuple[str, ...] = (),
    endpoint: str | None = None,
) -> RealStore:  # fmt: skip
    """SeaweedFS, which checks signatures.

    `within` is what comes before its command, to run it somewhere else.
    """
    identity = {
        "name": "quiver", "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }  # fmt: skip
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    data = folder / "data"
    data.mkdir()
    names = [f"{service}.port{kind}" for service in ("s3", "master", "volume", "filer")
             for kind in ("", ".grpc")]  # fmt: skip
    ports = {name: free_port() for name in names}
    ports["s3.port"] = s3_port or ports["s3.port"]
    program = pathlib.Path(sys.executable).parent / "weed"
    command = [
        *within, str(program), "server", "-s3", f"-dir={data}", f"-s3.config={config}",
        "-ip=127.0.0.1", "-master.volumeSizeLimitMB=64", "-volume.max=20",
        "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
        *[f"-{name}={port}" for name, port in ports.items()],
    ]  # fmt: skip
    return RealStore(command, ports["s3.port"], folder / "weed.log", endpoint)


def moto(folder: pathlib.Path) -> RealStore:
    """moto, which does not."""
    port = free_port()
    program = pathlib.Path(__file__).with_name("serial_moto.py")
    return RealStore([sys.executable, str(program), "-p", str(port)], port, folder / "moto.log")


class UnfitStore:
    """A store in memory that ignores some headers, or gives answers that are none."""

    def __init__(self, ignored: tuple[str, ...] = (), answer: tuple[int, bytes] | None = None):
        objects: dict[str, bytes] = {}
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status: int, body: bytes = b"", **headers: str):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if answer is not None:
                    return self.reply(*answer)
                key = urllib.parse.urlsplit(self.path).path
                with lock:
                    return self.act(key, body)

            def act(self, key: str, body: bytes):
                old = objects.get(key)
                tag = f'"{hash(old):x}"'
                header = {name: self.headers.get(name) for name in ("If-None-Match", "If-Match")
                          if name not in ignored}  # fmt: skip
                if self.command == "PUT":
                    if header.get("If-None-Match") and old is not None:
                        return self.reply(412)
                    if header.get("If-Match") not in (None, tag):
                        return self.reply(412)
                    objects[key] = body
                    return self.reply(200, ETag=f'"{hash(body):x}"')
                if self.command == "DELETE":
                    objects.pop(key, None)
                    return self.reply(204)
                return self.reply(404) if old is None else self.reply(200, old, ETag=tag)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

        self.objects = objects
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
