"""A program before a cluster's store that loses, delays and refuses what it is told to.

    cluster_store.py ADDRESS PORT TARGET

It reads lines of JSON: shares of `lost`, `reply`, `twice`, `503` and `late` requests, and the
`seconds` that the last are held up. The store does what a `lost` request asks for never, what a
`reply` does without anybody hearing of it, and what is `late` maybe when nobody waits any more.
"""

import json
import pathlib
import random
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))

from faulty_proxy import FaultyProxy  # noqa: E402

KINDS = ("lost", "reply", "twice", "503", "late")


class RandomFaults(FaultyProxy):
    """Requests go wrong by chance."""

    def __init__(self, target: str, address: tuple[str, int]):
        self.shares: dict[str, float] = {}
        self.chance = random.Random(0)
        super().__init__(target, address)

    def chosen(self, method: str, path: str):
        with self.lock:
            draw = self.chance.random()
            shares = self.shares
        for kind in KINDS:
            draw -= shares.get(kind, 0)
            if draw < 0:
                return shares["seconds"] if kind == "late" else kind
        return None

    def obey(self, line: str) -> None:
        with self.lock:
            self.shares = json.loads(line)
            self.chance = random.Random(self.shares.get("seed", 0))


class StoreProxy:
    """The program, run on the store's machine."""

    def __init__(self, machine, port: int, target: str, log: pathlib.Path):
        self.endpoint = f"http://{machine.address}:{port}"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [*machine.within, sys.executable, __file__, machine.address, str(port), target],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, text=True,
            )  # fmt: skip
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, **shares: float) -> None:
        """What goes wrong from now on, when this returns."""
        self.process.stdin.write(json.dumps(shares) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def main() -> None:
    address, port, target = sys.argv[1:]
    proxy = RandomFaults(target, (address, int(port)))
    print("ready", flush=True)
    for line in sys.stdin:
        proxy.obey(line)
        print("ready", flush=True)


if __name__ == "__main__":
    main()
