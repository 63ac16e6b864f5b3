"""What a power cut would have left, rebuilt from the log of the preloaded library.

Bytes of a file survive up to its last sync, names up to the last sync of their folder. What was not
synced may survive all the same, so images differ in that: of the names made since none, all, or the
first few (file systems log them in order) are there; of a file's unsynced end nothing, a part, or
zeros in its place.
"""

import dataclasses
import os
import pathlib
import random


@dataclasses.dataclass
class Event:
    end: int
    kind: str
    fields: list[str]


@dataclasses.dataclass
class Plan:
    """One image: the names in it and the bytes of each."""

    position: int  # length of the log at the cut
    names: str
    tails: str
    files: dict[str, tuple[int, int, int]]  # path: inode, bytes kept, zeros after them


class Recording:
    """The log of one or more runs of a server over one folder."""

    def __init__(self, folder: pathlib.Path):
        self.root = os.path.realpath(folder / "data")
        self.log = folder / "events"
        self.keep = folder / "keep"
        self.keep.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        self.events: list[Event] = []

    def settings(self, shim: pathlib.Path) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(shim), "QUIVER_CRASH_ROOT": self.root,
            "QUIVER_CRASH_LOG": str(self.log), "QUIVER_CRASH_KEEP": str(self.keep),
            "QUIVER__STORAGE__STORAGE_PATH": self.root,
        }  # fmt: skip

    def position(self) -> int:
        return self.log.stat().st_size

    def note_end(self) -> None:
        """After a kill: what was done to names but not logged any more."""
        self.load()
        live = {}
        for event in self.events:
            for path, inode in changes(event, live):
                live[path] = inode
        live = {path: inode for path, inode in live.items() if inode}
        actual = {}
        for path in pathlib.Path(self.root).rglob("*"):
            if path.is_file() and not path.name.startswith("LOG"):
                actual[str(path)] = path.stat().st_ino
        with self.log.open("a") as log:
            for path in live.keys() - actual.keys():
                log.write(f"U\t{path}\n")
            for path, inode in actual.items():
                if live.get(path) != inode:
                    if not (self.keep / str(inode)).exists():
                        os.link(path, self.keep / str(inode))
                    log.write(f"C\t{inode}\t{path}\n")

    def load(self) -> None:
        self.events, end = [], 0
        for line in self.log.read_bytes().splitlines(keepends=True):
            end += len(line)
            kind, *fields = line.decode().rstrip("\n").replace("//", "/").split("\t")
            self.events.append(Event(end, kind, fields))

    def cuts(self, count: int, chance: random.Random) -> list[int]:
        """Where to cut: half anywhere, half right before or after something happened to names."""
        rare = [i for i, e in enumerate(self.events) if e.kind not in "SW"]
        anywhere = [chance.randrange(1, len(self.events) + 1) for _ in range(count - count // 2)]
        return anywhere + [chance.choice(rare) + chance.randrange(2) for _ in range(count // 2)]

    def plan(self, cut: int, chance: random.Random, strict: bool = False) -> Plan:
        """What an image of the first `cut` events holds."""
        live, durable, pending, synced, written = {}, {}, [], {}, {}
        for event in self.events[:cut]:
            match event.kind:
                case "S":
                    inode, size = int(event.fields[0]), int(event.fields[1])
                    synced[inode] = max(size, synced.get(inode, 0))
                case "W":
                    written[int(event.fields[0])] = int(event.fields[1])
                case "T":
                    inode, size = int(event.fields[0]), int(event.fields[1])
                    written[inode] = size
                    assert size >= synced.get(inode, 0), "a synced file was cut in place"
                case "D":
                    folder, later = event.fields[0], []
                    for change in pending:
                        if os.path.dirname(change[0][0]) == folder:
                            durable.update(change)
                        else:
                            later.append(change)
                    pending = later
                case _:
                    if change := changes(event, live):
                        live.update(change)
                        pending.append(change)
        names = "none" if strict else chance.choice(("none", "all", "some"))
        count = {"none": 0, "all": len(pending)}.get(names, chance.randint(0, len(pending)))
        for change in pending[:count]:
            durable.update(change)
        tails = "none" if strict else chance.choice(("none", "none", "part", "zeros"))
        plan = Plan(self.events[cut - 1].end if cut else 0, names, tails, {})
        for path, inode in durable.items():
            if inode:
                size = synced.get(inode, 0)
                more = chance.randint(0, max(0, written.get(inode, 0) - size))
                kept = {"none": (size, 0), "part": (size + more, 0), "zeros": (size, more)}[tails]
                plan.files[path] = (inode, *kept)
        return plan

    def build(self, plan: Plan, target: pathlib.Path) -> None:
        """Writes an image."""
        target.mkdir(parents=True)
        for path, (inode, size, zeros) in plan.files.items():
            place = target / os.path.relpath(path, self.root)
            place.parent.mkdir(parents=True, exist_ok=True)
            with (self.keep / str(inode)).open("rb") as source, place.open("wb") as copy:
                content = source.read(size)
                assert len(content) == size, f"{path} had {size} bytes synced, has {len(content)}"
                copy.write(content + bytes(zeros))


def changes(event: Event, live: dict[str, int]) -> list[tuple[str, int]]:
    """What an event does to names: pairs of a path and an inode, 0 for none."""
    match event.kind, event.fields:
        case "C", [inode, path]:
            return [(path, int(inode))]
        case "U", [path]:
            return [(path, 0)]
        case "R", [source, path] if live.get(source):
            return [(path, live[source]), (source, 0)]
        case "K", [source, path] if live.get(source):
            return [(path, live[source])]
    return []
