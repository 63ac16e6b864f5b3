"""Machines of a cluster on this one: each a network namespace with a cable to a common switch.

The switch is a bridge in the network namespace of whoever runs this, which is one of its own
(`enter`), so the machine's own network is never touched, and all is gone with the last process.
"""

import os
import pathlib
import subprocess
import sys
import time

NETWORK = "10.77.0"
SWITCH = f"{NETWORK}.1"
# Nobody has this address: what is sent to it gets lost.
NOWHERE = "02:00:00:00:de:ad"
INSIDE = "QUIVER_CLUSTER_SWITCH"


def obstacle() -> str | None:
    """Why this machine permits no networks of their own; None when it does."""
    for tool in ("unshare", "nsenter", "ip"):
        if not any(os.access(f"{folder}/{tool}", os.X_OK)
                   for folder in (*os.get_exec_path(), "/usr/sbin", "/sbin")):  # fmt: skip
            return f"{tool} is missing (packages iproute2 and util-linux)"
    tried = "ip link add one type veth peer name two && ip link add three type bridge"
    result = subprocess.run(
        [*own_network(), "sh", "-c", tried], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, env=environment())  # fmt: skip
    if result.returncode != 0:
        return f"network namespaces are not permitted here: {result.stderr.strip()}"
    return None


def own_network() -> list[str]:
    """What runs a command in a network of its own, as root or as whoever is permitted to."""
    return ["unshare", "--net"] if os.geteuid() == 0 else [
        "unshare", "--user", "--map-root-user", "--net"]  # fmt: skip


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}


def enter() -> None:
    """Runs this program again in a network of its own, unless it does already."""
    if INSIDE not in os.environ:
        settings = {**environment(), INSIDE: "1"}
        os.execvpe("unshare", [*own_network(), sys.executable, *sys.argv], settings)


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


class Machine:
    """A network namespace with one cable, which lives as long as this process."""

    def __init__(self, name: str, number: int):
        self.name = name
        self.address = f"{NETWORK}.{number}"
        # It ends when this process does, as its input does.
        self.holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE)
        place = pathlib.Path(f"/proc/{self.holder.pid}/ns/net")
        own = os.readlink("/proc/self/ns/net")
        end = time.monotonic() + 60
        while os.readlink(place) == own:
            assert time.monotonic() < end and self.holder.poll() is None, "no namespace"
            time.sleep(0.01)
        self.plug = f"to-{name}"
        self.within = ("nsenter", f"--net={place}")
        run("ip", "link", "add", self.plug, "type", "veth", "peer", "name", "eth0", "netns",
            str(self.holder.pid))  # fmt: skip
        run("ip", "link", "set", self.plug, "master", "switch", "up")
        for command in (f"addr add {self.address}/24 dev eth0", "link set eth0 up",
                        "link set lo up"):  # fmt: skip
            self.ip(*command.split())

    def ip(self, *arguments: str) -> None:
        run(*self.within, "ip", *arguments)


class Network:
    """The switch with its machines, and what is wrong with their cables."""

    can_cut = True

    def __init__(self):
        self.machines: dict[str, Machine] = {}
        # What is wrong with machines: they lose what they send, have no cable, or a bad one.
        self.losing: set[Machine] = set()
        self.unplugged: set[Machine] = set()
        self.rough: set[Machine] = set()
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "switch", "type", "bridge", "stp_state", "0")
        run("ip", "addr", "add", f"{SWITCH}/24", "dev", "switch")
        run("ip", "link", "set", "switch", "up")

    def add(self, name: str) -> Machine:
        machine = Machine(name, 10 + len(self.machines))
        self.machines[name] = machine
        return machine

    def lose(self, source: str, target: str) -> None:
        """Everything that one machine sends to another gets lost; not what comes back."""
        one, other = self.machines[source], self.machines[target]
        one.ip("neigh", "replace", other.address, "lladdr", NOWHERE, "dev", "eth0", "nud",
               "permanent")  # fmt: skip
        self.losing.add(one)

    def cut(self, one: str, other: str) -> None:
        self.lose(one, other)
        self.lose(other, one)

    def unplug(self, name: str) -> None:
        """Takes a machine's cable out."""
        machine = self.machines[name]
        run("ip", "link", "set", machine.plug, "down")
        self.unplugged.add(machine)

    def roughen(self, name: str) -> str:
        """Has a machine's frames come late, and some of them never; tells how."""
        machine = self.machines[name]
        ways = {
            "20 ms late, 5 % lost": "netem delay 20ms 10ms loss 5%",
            # Where the kernel has no netem: what does not fit into a narrow line waits, then is
            # dropped.
            "through 64 KB a second": "tbf rate 512kbit burst 3000 latency 300ms",
        }
        for told, way in ways.items():
            command = ["tc", "qdisc", "replace", "dev", "eth0", "root", *way.split()]
            if subprocess.run([*machine.within, *command], capture_output=True).returncode == 0:
                self.rough.add(machine)
                return told
        raise RuntimeError("the kernel has neither netem nor tbf")

    def heal(self) -> None:
        for machine in self.losing:
            machine.ip("neigh", "flush", "dev", "eth0", "nud", "permanent")
        for machine in self.unplugged:
            run("ip", "link", "set", machine.plug, "up")
        for machine in self.rough:
            run(*machine.within, "tc", "qdisc", "del", "dev", "eth0", "root")
        self.losing, self.unplugged, self.rough = set(), set(), set()


class OneMachine:
    """No network at all: everything runs here, and only processes and the store fail."""

    can_cut = False

    class Machine:
        within = ()
        address = "127.0.0.1"

        def __init__(self, name: str):
            self.name = name

    def add(self, name: str) -> "OneMachine.Machine":
        return self.Machine(name)

    def heal(self) -> None:
        """There is nothing to heal."""
