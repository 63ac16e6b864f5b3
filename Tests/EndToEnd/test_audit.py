"""The audit log, and figures on a port of their own."""

import concurrent.futures
import contextlib
import errno
import fcntl
import json
import os
import select
import socket
import time

import grpc
import pytest
import requests
from process import binary, clean_environment, free_port, quiver, until
from tokens import FULL, READ_ONLY, guarded, token


def entries(folder) -> list[dict]:
    lines = []
    for file in sorted(folder.glob("audit.*.log")):
        lines += [json.loads(line) for line in file.read_text().splitlines() if line[0] == "{"]
    return lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("audit") / "log"


@pytest.fixture(scope="module")
def server(tmp_path_factory, folder):
    folder.mkdir()
    for day in range(10, 20):
        (folder / f"audit.2020-01-{day}.log").write_text("")
    (folder / "other.log").write_text("")
    service = guarded(
        tmp_path_factory.mktemp("quiver"),
        QUIVER__SERVICE__METRICS_PORT=str(free_port()),
        QUIVER__AUDIT__ENABLED="true",
        QUIVER__AUDIT__DIR=str(folder),
        QUIVER__AUDIT__MAX_LOG_FILES="3",
        QUIVER__AUDIT__TRUST_FORWARDED_HEADERS="true",
    )
    with service:
        service.start()
        yield service


@pytest.fixture
def told(folder):
    """A function that returns what was written since it was last called."""
    seen = len(entries(folder))

    def since() -> list[dict]:
        nonlocal seen
        new = entries(folder)[seen:]
        seen += len(new)
        for entry in new:
            moment = entry.pop("timestamp")
            assert moment.endswith("Z") and abs(
                time.mktime(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
                - time.time()
            ) < 3700  # fmt: skip
        return new

    return since


def send(server, method, path, key, body=None, **headers):
    headers |= {"api-key": key} if key else {}
    return requests.request(method, server.url + path, json=body, headers=headers, timeout=20)


def test_old_files_go(server, folder):
    names = sorted(file.name for file in folder.iterdir())
    assert len(names) == 4 and "other.log" in names and "audit.2020-01-19.log" in names


def test_what_is_done_and_what_is_refused(server, told):
    assert send(server, "PUT", "/collections/c", FULL, {"vectors": {}}).ok
    assert told() == [
        {
            "method": "create_collection", "api": "/collections/c", "auth_type": "ApiKey",
            "remote": "127.0.0.1", "collection": "c", "result": "ok",
        }
    ]  # fmt: skip
    someone = token({"access": [{"collection": "c", "access": "rw"}], "subject": "ann"}, FULL)
    body = {"points": [{"id": 1, "vector": {}, "payload": {"secret": "s3cr3t"}}]}
    assert send(server, "PUT", "/collections/c/points", someone, body, **{"x-request-id": "r1"}).ok
    expected = {
        "method": "upsert_points", "api": "/collections/c/points", "auth_type": "Jwt",
        "subject": "ann", "remote": "127.0.0.1", "collection": "c", "tracing_id": "r1",
        "result": "ok",
    }  # fmt: skip
    assert told() == [expected]
    headers = {"X-Forwarded-For": "10.0.0.9", "traceparent": "00-ab-cd-01"}
    assert send(server, "DELETE", "/collections/c", someone, **headers).status_code == 403
    (refused,) = told()
    assert refused == {
        "method": "delete_collection", "api": "/collections/c", "auth_type": "Jwt",
        "subject": "ann", "remote": "10.0.0.9", "collection": "c", "tracing_id": "00-ab-cd-01",
        "result": "denied", "error": "Forbidden: Global access is required",
    }  # fmt: skip
    assert send(server, "GET", "/collections?x=1", "nonsense").status_code == 401
    assert send(server, "GET", "/collections", token({"exp": 1}, FULL)).status_code == 403
    unknown, expired = told()
    assert unknown == {
        "api": "/collections", "auth_type": "None", "remote": "127.0.0.1", "result": "denied",
        "error": "Unauthorized: Invalid API key or JWT",
    }  # fmt: skip
    assert expired["error"] == "Forbidden: ExpiredSignature" and "method" not in expired


def test_figures_are_not_written_down(server, told):
    for path in ("/metrics", "/telemetry", "/cluster/telemetry", "/healthz", "/", "/readyz"):
        assert send(server, "GET", path, READ_ONLY).ok
    # Nor are they where somebody may not see them.
    bound = token({"access": []}, FULL)
    assert send(server, "GET", "/metrics", bound).status_code == 403
    assert told() == []
    assert send(server, "GET", "/logger", READ_ONLY).ok
    assert [entry["method"] for entry in told()] == ["get_logger_config"]


def test_a_lookup_is_one_line(server, told):
    reader = token({"access": [{"collection": "c", "access": "r"}]}, FULL)
    body = {"query": 1, "lookup_from": {"collection": "d"}}
    assert send(server, "POST", "/collections/c/points/query", reader, body).status_code == 403
    (entry,) = told()
    assert entry["method"] == "query_batch" and entry["result"] == "denied"
    assert entry["error"] == "Forbidden: Access to collection d is required"


def test_grpc(server, channel, told):
    call = channel.unary_unary("/qdrant.Collections/Get", bytes, bytes)
    call(b"\x0a\x01c", metadata=[("api-key", FULL), ("x-request-id", "g1")], timeout=20)
    with pytest.raises(grpc.RpcError):
        call(b"\x0a\x01c", metadata=[("api-key", "x")], timeout=20)
    # Who is turned away at once does not wait for the line.
    lines = []
    until(lambda: lines.extend(told()) or len(lines) == 2, 20)
    done, refused = lines
    assert done == {
        "method": "get_collection", "api": "/qdrant.Collections/Get", "auth_type": "ApiKey",
        "remote": "127.0.0.1", "collection": "c", "tracing_id": "g1", "result": "ok",
    }  # fmt: skip
    assert refused["result"] == "denied" and refused["api"] == "/qdrant.Collections/Get"


def search(server, key=FULL, **body) -> list[dict]:
    answer = send(server, "POST", "/audit/logs", key, body)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]["entries"]


def test_what_a_client_calls_its_call_has_a_bound(server, told):
    """`Origin.tracingIDBytesMax`: one character for whoever counts these, and many bytes."""
    name = "e" + "\u0301" * 300
    send(server, "GET", "/collections/none", FULL, traceparent=name.encode())
    send(server, "DELETE", "/collections/none", FULL, traceparent=name.encode())
    assert {entry["tracing_id"] for entry in told()} == {name[:128]}


def test_a_search_has_a_bound(server):
    """`AuditQuery.limitMax`."""
    assert send(server, "POST", "/audit/logs", FULL, {"limit": 10_000}).status_code == 200
    assert send(server, "POST", "/audit/logs", FULL, {"limit": 10_001}).status_code == 422


def test_lines_are_found_again(server, folder, told):
    # Of a day long ago, whose file stays as long as there are few.
    line = {"timestamp": "2020-01-19T10:00:00.000000Z", "method": "old", "auth_type": "None",
            "result": "ok"}  # fmt: skip
    (folder / "audit.2020-01-19.log").write_text(json.dumps(line) + "\nno line\n")
    for name in ("one", "two", "three"):
        send(server, "GET", f"/collections/{name}", FULL)
    found = search(server, filters={"method": "get_collection"}, limit=2)
    assert [entry["collection"] for entry in found] == ["three", "two"]
    newest = search(server, limit=1)[0]
    assert newest["method"] == "get_audit_logs" and newest["api"] == "/audit/logs"
    assert search(server, time_to="2020-01-19T10:00:01Z") == [line]
    assert search(server, time_to="2020-01-19T10:00:00Z") == []
    assert search(server, time_from="2020-01-19T12:00:00+02:00", limit=10_000)[-1] == line
    assert line not in search(server, time_from="2020-01-20T00:00:00Z", limit=10_000)
    assert search(server, filters={"collection": "three", "result": "denied"}) == []
    for filters in ({"nothing": "x"}, {"timestamp": line["timestamp"]}):
        assert search(server, filters=filters) == []
    told()


def opened(pipe) -> int | None:
    """A descriptor to write to, once somebody reads."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        assert error.errno == errno.ENXIO
        return None


def test_a_search_ends_when_nobody_waits_for_it(server, folder, told):
    """A file without an end is read until the client has gone."""
    endless = folder / "audit.2020-01-20.log"
    os.mkfifo(endless)
    try:
        body = json.dumps({"limit": 1, "time_to": "2020-01-21T00:00:00Z"}).encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(
                b"POST /audit/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                b"api-key: %b\r\ncontent-length: %d\r\n\r\n%b" % (FULL.encode(), len(body), body)
            )
            writer = until(lambda: opened(endless), 60)
            os.write(writer, b"no line\n")
        end = time.monotonic() + 60
        with pytest.raises(BrokenPipeError):
            while time.monotonic() < end and select.select([], [writer], [], 60)[1]:
                with contextlib.suppress(BlockingIOError):
                    os.write(writer, b"no line\n")
        os.close(writer)
    finally:
        endless.unlink()
    told()


def test_only_who_may_do_everything_reads_lines(server, told):
    for key, status in ((READ_ONLY, 403), (token({"access": "r"}, FULL), 403), (None, 401)):
        assert send(server, "POST", "/audit/logs", key, {}).status_code == status
    assert send(server, "POST", "/audit/logs", token({"access": "m"}, FULL), {}).ok
    assert send(server, "POST", "/audit/logs", FULL, {"limit": 0}).status_code == 422
    assert send(server, "POST", "/audit/logs", FULL, {"limit": 10_001}).status_code == 422
    assert send(server, "POST", "/audit/logs", FULL, {"time_from": "today"}).status_code == 400
    told()


def test_telemetry_tells_where_it_is(server, folder):
    told = send(server, "GET", "/telemetry?details_level=3", FULL).json()["result"]["app"]["audit"]
    assert told.pop("dir_size_bytes") > 0
    assert told == {
        "dir": str(folder), "rotation": "daily", "max_log_files": 3,
        "trust_forwarded_headers": True, "log_api": True,
    }  # fmt: skip
    assert "audit_log_dir_size_bytes" in send(server, "GET", "/metrics", FULL).text


def test_a_proxy_is_believed(server, told):
    headers = {"Forwarded": "for=192.0.2.60", "X-Forwarded-For": "10.0.0.9"}
    send(server, "GET", "/collections", FULL, **headers)
    assert told()[0]["remote"] == "for=192.0.2.60"


def test_paths_can_be_left_out(tmp_path, servers):
    service = quiver(
        tmp_path, QDRANT__AUDIT__ENABLED="true", QDRANT__AUDIT__LOG_API="false",
        QUIVER__SERVICE__API_KEY=FULL,
    )  # fmt: skip
    servers.append(service)
    service.start()
    send(service, "GET", "/collections", FULL)
    send(service, "GET", "/collections", "wrong")
    done, refused = entries(tmp_path / "audit")
    assert "api" not in done and refused["api"] == "/collections"


class StalledFile:
    """Today's file of an audit log, whose disk takes nothing more once a few lines are written."""

    def __init__(self, folder):
        folder.mkdir()
        today = time.strftime("%Y-%m-%d", time.gmtime())
        self.path = folder / f"audit.{today}.log"
        os.mkfifo(self.path)
        self.pipe = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, 4096)
        self.read_bytes = b""

    def take(self) -> list[dict]:
        """All lines that have come."""
        with contextlib.suppress(BlockingIOError):
            while more := os.read(self.pipe, 1 << 16):
                self.read_bytes += more
        return [json.loads(line) for line in self.read_bytes.split(b"\n")[:-1]]


def test_a_stalled_disk_holds_up_only_who_is_written_down(tmp_path, servers):
    disk = StalledFile(tmp_path / "log")
    service = quiver(
        tmp_path, QUIVER__SERVICE__API_KEY=FULL, QUIVER__AUDIT__ENABLED="true",
        QUIVER__AUDIT__DIR=str(tmp_path / "log"),
    )  # fmt: skip
    servers.append(service)
    service.start()
    names = [f"c{number}-{'x' * 100}" for number in range(100)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as threads:
        calls = [
            threads.submit(send, service, "GET", f"/collections/{name}", FULL) for name in names
        ]
        until(lambda: sum(call.done() for call in calls) > 0, 20)
        # More than there are threads of any kind wait for their lines by now.
        for path in ("/healthz", "/readyz", "/metrics", "/") * 5:
            assert send(service, "GET", path, FULL).ok
        answered = sum(call.done() for call in calls)
        assert 0 < answered < 50, "nothing stalled"
        lines = []
        until(lambda: lines.extend(disk.take()[len(lines):]) or len(lines) == len(names), 20)
        assert {call.result().status_code for call in calls} == {404}
    assert sorted(line["collection"] for line in lines) == sorted(names)


def test_a_call_is_answered_behind_its_line(server, channel, told):
    call = channel.unary_unary("/qdrant.Collections/Get", bytes, bytes)
    for number in range(100):
        send(server, "GET", f"/collections/n{number}", FULL)
        assert [entry["collection"] for entry in told()] == [f"n{number}"]
        call(b"\x0a\x01c", metadata=[("api-key", FULL)], timeout=20)
        assert [entry["collection"] for entry in told()] == ["c"]


def test_without_a_log_nothing_is_found(service):
    answer = send(service, "POST", "/audit/logs", None, {})
    assert answer.status_code == 400
    assert answer.json()["status"]["error"] == "Bad request: Audit logging is not enabled"


def test_nothing_of_keys_or_contents_is_in_it(server, folder):
    text = "".join(file.read_text() for file in folder.iterdir())
    assert FULL not in text and READ_ONLY not in text and "s3cr3t" not in text


def test_figures_on_a_port_of_their_own(server):
    port = server.settings["QUIVER__SERVICE__METRICS_PORT"]
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60)
    assert answer.status_code == 200 and "app_info" in answer.text
    for path in ("/collections", "/", "/telemetry", "/metrics/../collections"):
        status = requests.get(f"http://127.0.0.1:{port}{path}", timeout=60).status_code
        assert status == 401, path
    assert send(server, "GET", "/metrics", None).status_code == 401


def test_a_folder_that_can_not_be_written_ends_the_start(tmp_path):
    import subprocess

    (tmp_path / "file").write_text("")
    settings = quiver(tmp_path).settings | {
        "QUIVER__AUDIT__ENABLED": "true", "QUIVER__AUDIT__DIR": str(tmp_path / "file" / "audit"),
    }  # fmt: skip
    ended = subprocess.run(
        [binary("quiver")], env=clean_environment(settings), capture_output=True, text=True,
        timeout=30,
    )  # fmt: skip
    assert ended.returncode == 2 and "can't be written" in ended.stderr
