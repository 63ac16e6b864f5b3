"""Three servers that share a log, and the store that has it, each on a machine of its own."""

import hashlib
import json
import pathlib
import shutil
import signal
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Crash"))

import faults  # noqa: E402
import shared_log  # noqa: E402
from cluster_store import StoreProxy  # noqa: E402
from object_stores import BUCKET, RealStore, seaweedfs  # noqa: E402
from process import Service, free_port, until  # noqa: E402

STORE = "store"
PATIENCE = 90
PAGE = 2000


class Node:
    """One server, which may be killed, put to sleep and replaced."""

    def __init__(self, name: str, folder: pathlib.Path, machine, endpoint: str, settings: dict):
        self.name = name
        self.folder = folder
        folder.mkdir()
        service = shared_log.sharing(folder, endpoint, "sync", **settings)
        service.command = [*machine.within, *service.command]
        if machine.within:
            service.host, service.port, service.grpc_port = machine.address, 6333, 6334
            service.settings |= {
                "QUIVER__SERVICE__HOST": service.host, "QUIVER__SERVICE__HTTP_PORT": "6333",
                "QUIVER__SERVICE__GRPC_PORT": "6334", "QUIVER__REPLICATION__ADDRESS": service.url,
            }  # fmt: skip
        self.control = faults.Control(folder / "control")
        service.settings |= faults.shim_settings(folder, self.control)
        self.service: Service = service
        self.sleeps = False

    @property
    def runs(self) -> bool:
        return self.service.process is not None

    def start(self) -> None:
        self.service.start(PATIENCE)

    def kill(self) -> None:
        self.wake()
        self.service.kill()

    def sleep(self) -> None:
        self.service.process.send_signal(signal.SIGSTOP)
        self.sleeps = True

    def wake(self) -> None:
        if self.sleeps:
            self.service.process.send_signal(signal.SIGCONT)
            self.sleeps = False

    def forget(self) -> None:
        """Loses its disk; the server does not run."""
        shutil.rmtree(self.folder / "data")

    def break_disk(self, error: int) -> None:
        """Has whatever it writes from now on fail."""
        kinds = faults.WRITE | faults.SYNC | faults.OPEN | faults.NAME
        self.control.arm(target=1, error=error, sticky=1, mask=kinds, calls=0)

    def mend_disk(self) -> None:
        """Gives it a disk that works; the server has to start anew for that."""
        if self.control["armed"]:
            self.kill()
            self.control["armed"] = 0

    def leads(self) -> bool:
        # One whose cable is out is not waited for.
        return self.runs and not self.sleeps and shared_log.leads(self.service, timeout=3)

    def points(self, collection: str) -> dict | None:
        """All points of a collection, as they are when everything in the log is applied."""
        found, offset = {}, None
        while True:
            body = {"limit": PAGE, "with_payload": True, "with_vector": True, "offset": offset}
            path = f"/collections/{collection}/points/scroll?consistency=majority"
            status, answer = shared_log.call(self.service, "POST", path, body)
            if status != 200:
                return None
            found |= {point["id"]: point for point in answer["result"]["points"]}
            offset = answer["result"]["next_page_offset"]
            if offset is None:
                return found


class Cluster:
    """The whole of it; `network` says where the machines are."""

    def __init__(self, folder: pathlib.Path, network, **settings: str):
        self.network = network
        # Called when damage is done.
        self.strike = lambda: None
        machine = network.add(STORE)
        (folder / STORE).mkdir()
        inner = free_port()
        port = 9000 if machine.within else free_port()
        self.proxy = StoreProxy(machine, port, f"http://127.0.0.1:{inner}", folder / "proxy.log")
        self.nodes: list[Node] = []
        self.store: RealStore | None = None
        try:
            self.store = seaweedfs(folder / STORE, inner, machine.within, self.proxy.endpoint)
            for name in "abc":
                node = Node(name, folder / name, network.add(name), self.proxy.endpoint, settings)
                self.nodes.append(node)
                node.start()
            until(self.leader, PATIENCE)
        except BaseException:
            self.stop()
            raise

    def leader(self) -> Node | None:
        """One that says that it leads."""
        return next((node for node in self.nodes if node.leads()), None)

    def heal(self) -> None:
        """Has everything work again: the network, the store, and every server."""
        self.network.heal()
        self.proxy.tell()
        if self.store.process.poll() is not None:
            self.store.start()
        for node in self.nodes:
            node.wake()
            node.mend_disk()
            if not node.runs:
                node.start()

    def create(self, collection: str) -> None:
        """Makes a collection, whoever leads."""
        config = {"vectors": {"size": 2, "distance": "Dot"}}

        def is_made() -> bool:
            return any(shared_log.call(node.service, "PUT", f"/collections/{collection}",
                                       config)[0] in (200, 409) for node in self.nodes)  # fmt: skip

        until(is_made, PATIENCE)

    def drop(self, collection: str) -> None:
        until(lambda: any(
            shared_log.call(node.service, "DELETE", f"/collections/{collection}")[0] == 200
            for node in self.nodes), PATIENCE)  # fmt: skip

    def same_points(self, collection: str) -> dict | None:
        """What all servers hold, if they hold the same."""
        all_points = [node.points(collection) for node in self.nodes]
        if len({checksum(points) for points in all_points}) != 1:
            return None
        return all_points[0]

    def first_segment(self) -> int:
        """The first that the log still has: more than 1 when what snapshots hold was dropped."""
        prefix = f"{shared_log.PREFIX}/log/"
        found = self.store.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix, MaxKeys=1)
        return int(found["Contents"][0]["Key"].removeprefix(prefix))

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()
        if self.store is not None:
            self.store.stop()
        self.proxy.stop()


def checksum(points: dict | None) -> str:
    """What two servers have in common that hold the same points."""
    if points is None:
        return "not known"
    return hashlib.sha256(json.dumps(points, sort_keys=True).encode()).hexdigest()
