"""A server that the log has gone on without, while it slept."""

import json
import signal

from object_stores import BUCKET
from process import until
from shared_log import PREFIX, call, create, figure, ids, leads, write


def snapshots(store) -> list[int]:
    """The segments after which there are snapshots."""
    listed = store.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{PREFIX}/snap/")
    return [int(entry["Key"][-20:]) for entry in listed.get("Contents", [])]


def drop_before(store, floor: int) -> None:
    """Does what the leader does once a snapshot has been there for long enough."""
    note = json.dumps({"version": 1, "floor": floor}).encode()
    store.client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/floor", Body=note)
    for number in range(1, floor):
        store.client.delete_object(Bucket=BUCKET, Key=f"{PREFIX}/log/{number:020}")


def test_a_server_behind_the_log_begins_with_a_snapshot_and_goes_on(start_sharing, log_store):
    often = {"QUIVER__REPLICATION__SNAPSHOT_INTERVAL_SEC": "1"}
    leader = start_sharing("one", **often)
    until(lambda: leads(leader), 60)
    create(leader)
    follower = start_sharing("other", QUIVER__REPLICATION__ROLE="follower", **often)
    assert write(leader, 1)[0] == 200
    until(lambda: call(follower, "GET", "/collections/things")[0] == 200, 60)
    until(lambda: ids(follower) == {1}, 60)
    process = follower.process.pid
    follower.process.send_signal(signal.SIGSTOP)
    for number in range(2, 30):
        assert write(leader, number)[0] == 200
    place = figure(leader, "replication_segment")
    until(lambda: max(snapshots(log_store), default=0) >= place, 60)
    drop_before(log_store, max(snapshots(log_store)) + 1)
    follower.process.send_signal(signal.SIGCONT)
    # The same process, with what it missed.
    until(lambda: "made anew of a snapshot" in follower.log_tail(), 60)
    until(lambda: "the database is open again" in follower.log_tail(), 60)
    until(lambda: follower.status("/readyz") == 200, 60)
    until(lambda: ids(follower) == set(range(1, 30)), 60)
    assert write(leader, 30)[0] == 200
    until(lambda: 30 in ids(follower), 60)
    assert follower.process.pid == process and follower.process.poll() is None
    assert figure(follower, 'replication_role{role="follower"}') == 1
    # Written through it, and stopped as any other.
    until(lambda: write(follower, 31)[0] == 200, 60)
    assert 31 in ids(follower)
    assert follower.terminate() == 0
