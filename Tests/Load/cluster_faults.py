"""What goes wrong in a cluster.

A fault is a function of the cluster and a source of chance that tells what it did. It lasts until
the cluster is healed. What goes on after the damage is done says when that was (`strike`).
"""

import dataclasses
import errno
import random
from collections.abc import Callable

from cluster_nodes import PATIENCE, STORE, Cluster, Node
from cluster_store import KINDS
from process import until


# Seconds that a leader sleeps at most.
SLEEP = 15


@dataclasses.dataclass
class Fault:
    """`spares` is whether it leaves a server that can lead and reaches the store."""

    act: Callable[[Cluster, random.Random], str]
    spares: bool = True
    # Whether it needs machines with a network.
    cuts: bool = False

    @property
    def name(self) -> str:
        return self.act.__name__.replace("_", " ")


def leader(cluster: Cluster) -> Node:
    return until(cluster.leader, PATIENCE)


def follower(cluster: Cluster, chance: random.Random) -> Node:
    leading = leader(cluster)
    return chance.choice([node for node in cluster.nodes if node is not leading and node.runs])


def others(cluster: Cluster, node: Node) -> list[Node]:
    return [other for other in cluster.nodes if other is not node]


def kill(cluster: Cluster, node: Node, chance: random.Random) -> str:
    """Kills a server, which stays away, comes back at once, or comes back without its disk."""
    node.kill()
    cluster.strike()
    way = chance.random()
    if way < 0.4:
        return f"{node.name} killed"
    told = f"{node.name} killed and started"
    if way > 0.7:
        node.forget()
        told += " without its disk"
    try:
        node.start()
    except RuntimeError as error:
        # Without a database and without a store it can't begin; it has to when all is well.
        if "exited with 7" not in str(error):
            raise
        told += ", in vain"
    return told


def kill_leader(cluster: Cluster, chance: random.Random) -> str:
    return kill(cluster, leader(cluster), chance)


def kill_follower(cluster: Cluster, chance: random.Random) -> str:
    return kill(cluster, follower(cluster, chance), chance)


def kill_all(cluster: Cluster, chance: random.Random) -> str:
    for node in chance.sample(cluster.nodes, 3):
        node.kill()
    return "all killed"


def end_leader(cluster: Cluster, chance: random.Random) -> str:
    node = leader(cluster)
    node.service.terminate(60)
    return f"{node.name} told to end"


def leader_sleeps(cluster: Cluster, chance: random.Random) -> str:
    node = leader(cluster)
    node.sleep()
    return f"{node.name} put to sleep"


def follower_sleeps(cluster: Cluster, chance: random.Random) -> str:
    node = follower(cluster, chance)
    node.sleep()
    return f"{node.name} put to sleep"


def leader_wakes_late(cluster: Cluster, chance: random.Random) -> str:
    """It goes on where it was, when another one leads: at the latest when one should, as an
    earlier fault may keep all from the lead.
    """
    node = leader(cluster)
    node.sleep()
    cluster.strike()
    try:
        until(lambda: any(other.leads() for other in others(cluster, node)), SLEEP)
    except TimeoutError:
        return f"{node.name} slept, and no other one led"
    finally:
        node.wake()
    return f"{node.name} slept until another one led"


def break_disk_of_leader(cluster: Cluster, chance: random.Random) -> str:
    """It reads, and what it writes fails."""
    node = leader(cluster)
    error = chance.choice((errno.EIO, errno.ENOSPC))
    node.break_disk(error)
    return f"{node.name}'s disk gives {errno.errorcode[error]}"


def break_disk_of_follower(cluster: Cluster, chance: random.Random) -> str:
    node = follower(cluster, chance)
    node.break_disk(errno.EIO)
    return f"{node.name}'s disk gives EIO"


def part(cluster: Cluster, chance: random.Random, name: str, ways: tuple[str, ...]) -> str:
    """Cuts between a server and the store, both ways or one."""
    way = chance.choice(ways)
    if way in ("both", "to"):
        cluster.network.lose(name, STORE)
    if way in ("both", "from"):
        cluster.network.lose(STORE, name)
    told = {"both": "to and from", "to": "to", "from": "from"}[way]
    return f"{name} cut off: nothing gets {told} the store"


def cut_leader(cluster: Cluster, chance: random.Random) -> str:
    return part(cluster, chance, leader(cluster).name, ("both", "to", "from"))


def cut_follower(cluster: Cluster, chance: random.Random) -> str:
    return part(cluster, chance, follower(cluster, chance).name, ("both", "to", "from"))


def cut_store(cluster: Cluster, chance: random.Random) -> str:
    way = (chance.choice(("both", "to", "from")),)
    return "; ".join(part(cluster, chance, node.name, way) for node in cluster.nodes)


def unplug_leader(cluster: Cluster, chance: random.Random) -> str:
    name = leader(cluster).name
    cluster.network.unplug(name)
    return f"{name}'s cable out"


def unplug_follower(cluster: Cluster, chance: random.Random) -> str:
    name = follower(cluster, chance).name
    cluster.network.unplug(name)
    return f"{name}'s cable out"


def cut_servers(cluster: Cluster, chance: random.Random) -> str:
    """The leader and the others do not reach each other; all reach the store."""
    node = leader(cluster)
    for other in others(cluster, node):
        cluster.network.cut(node.name, other.name)
    return f"{node.name} cut off from the other servers"


def rough_cable(cluster: Cluster, chance: random.Random) -> str:
    name = chance.choice([STORE, *(node.name for node in cluster.nodes)])
    return f"{name}'s frames {cluster.network.roughen(name)}"


def kill_store(cluster: Cluster, chance: random.Random) -> str:
    cluster.store.stop()
    return "the store killed"


def poor_store(cluster: Cluster, chance: random.Random) -> str:
    """The proxy before the store loses, doubles, delays and refuses."""
    kind = chance.choice([*KINDS, "all"])
    share = chance.choice([0.1, 0.3, 0.6])
    kinds = KINDS if kind == "all" else [kind]
    shares = {name: share / len(kinds) for name in kinds}
    # Servers wait for ten seconds.
    seconds = chance.choice([0.3, 1, 5, 12])
    cluster.proxy.tell(**shares, seconds=seconds, seed=chance.randrange(1 << 30))
    told = f" by {seconds} s" if "late" in kinds else ""
    return f"the store's requests: {share:.0%} {' or '.join(kinds)}{told}"


def mute_store(cluster: Cluster, chance: random.Random) -> str:
    """Everything is done, and nobody hears of it."""
    cluster.proxy.tell(reply=1, seconds=0)
    return "no reply of the store arrives"


FAULTS = [
    Fault(kill_leader), Fault(kill_leader), Fault(kill_follower), Fault(kill_all, spares=False),
    Fault(end_leader), Fault(leader_sleeps), Fault(leader_wakes_late), Fault(follower_sleeps),
    Fault(break_disk_of_leader), Fault(break_disk_of_follower),
    Fault(cut_leader, cuts=True), Fault(cut_leader, cuts=True), Fault(cut_leader, cuts=True),
    Fault(cut_follower, cuts=True), Fault(cut_store, spares=False, cuts=True),
    Fault(unplug_leader, cuts=True), Fault(unplug_follower, cuts=True),
    Fault(cut_servers, cuts=True), Fault(rough_cable, spares=False, cuts=True),
    Fault(kill_store, spares=False), Fault(poor_store, spares=False),
    Fault(poor_store, spares=False), Fault(mute_store, spares=False),
]  # fmt: skip
# A short run has each way of failing once.
SHORT = [
    cut_leader, kill_leader, leader_wakes_late, break_disk_of_leader, poor_store, cut_store,
    kill_follower,
]  # fmt: skip


def possible(can_cut: bool) -> list[Fault]:
    return [fault for fault in FAULTS if can_cut or not fault.cuts]


def short(can_cut: bool) -> list[Fault]:
    by_act = {fault.act: fault for fault in possible(can_cut)}
    return [by_act[act] for act in SHORT if act in by_act]
