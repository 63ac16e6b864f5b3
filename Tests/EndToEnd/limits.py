"""The bounds that the code has, read from its source: names, defaults and what is said of them."""

import dataclasses
import pathlib
import re

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "Sources"
UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
# Where the types are, in the order of the page.
TYPES = {
    "Limits": "VectorDB/Limits.swift",
    "RoomLimits": "VectorDB/Room/RoomLimits.swift",
    "ReplicationLimits": "Replication/ReplicationLimits.swift",
    "ConnectionLimits": "HTTPConnections/ConnectionLimits.swift",
    "GRPCLimits": "QdrantGRPC/Connection/GRPCLimits.swift",
    "TracingLimits": "RequestTracing/TracingLimits.swift",
    "TransferLimits": "DataTransfer/TransferLimits.swift",
    "GatewayLimits": "RAGGateway/GatewayLimits.swift",
}


@dataclasses.dataclass
class Bound:
    name: str
    default: str
    about: str


def bounds(kind: str) -> list[Bound]:
    """The members of a type, without those that are groups of others."""
    lines = (SOURCES / TYPES[kind]).read_text().splitlines()
    defaults = dict(re.findall(r"(\w+): (?:Int|Double) = ([^,\n)]+(?:\))?)", "\n".join(lines)))
    found, about = [], []
    for line in lines[next(i for i, line in enumerate(lines) if f"struct {kind}" in line) :]:
        if comment := re.match(r"  /// (.*)", line):
            about.append(comment[1])
            continue
        member = re.match(r"  (?:public |package )?var (\w+)(?:: (\w+))?(?: = (.*))?$", line)
        if member and member[2] not in ("ConnectionLimits", "RoomLimits"):
            value = member[3] or defaults.get(member[1], "")
            found.append(Bound(member[1], shown(value.strip(), member[1]), " ".join(about)))
        about = []
        if line == "}":
            break
    return found


def shown(value: str, name: str) -> str:
    """A default as people write it; what is computed is told in words by the page."""
    if unit := re.fullmatch(r"(?:TimeAmount|Duration)?\.(seconds|minutes)\(([\d_ *]+)\)", value):
        seconds = 60 if unit[1] == "minutes" else 1
        for factor in unit[2].replace("_", "").split("*"):
            seconds *= int(factor)
        return f"{seconds:,} s"
    if not re.fullmatch(r"[\d_.]+(?: << \d+)?", value):
        return ""
    base, _, shift = value.replace("_", "").partition(" << ")
    number = float(base) if "." in base else int(base) << int(shift or 0)
    if re.search("second", name, re.I) and "bytes" not in name.lower():
        return f"{number:,g} s" if not name.endswith("Milliseconds") else f"{number:,} ms"
    for size, unit in UNITS:
        if re.search("bytes|window|step", name, re.I) and number and number % size == 0:
            return f"{number // size} {unit}"
    return f"{number:,}"
