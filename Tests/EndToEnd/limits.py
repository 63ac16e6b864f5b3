"""The bounds that the code has, read from its source: names, defaults and what is said of them.

Those that may be set are members of types, and those that nobody sets are constants of the types
that keep them, whose names end in `Max`.
"""

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

# Constants beyond which nothing is refused, dropped or put off: it is done in another way with the
# same outcome, in further steps, or forgotten and found out again when somebody asks. What an index
# is made of, and how far searches of it go, are among them.
MEASURES = {
    "Admission.smallBytesMax", "ByteBudget.mediumBytesMax", "ByteBudget.smallBytesMax",
    "Calibration.shareMax", "Calibration.steppedMax", "CalibrationMeasurement.standardRecallMax",
    "CallForwarding.timeoutMax", "CodeLayout.squaredLengthMax",
    "CollectionBench.requestPointsMax", "DatabaseService.pauseMax", "EncoderModel.idleMax",
    "EncoderWorkspace.tokensMax", "FacetCount.readRowsMax", "FilterScan.testedAtOnceMax",
    "FilterScans.keptMax", "GRPCAnswer.bytesMax", "GRPCAnswer.smallBytesMax",
    "IndexFigures.growthMax", "IndexFigures.quietGrowthMax", "IndexerLoop.catchUpsMax",
    "JSONParserPool.capacityMax", "JSONParserPool.parsersMax", "ListUpkeep.changeMax",
    "ListUpkeep.deadShareMax", "ListUpkeep.missingMax", "ListUpkeep.runsMax",
    "ListUpkeep.stepChangesMax", "ListUpkeep.stepListsMax", "LocalEmbedder.batchTextsMax",
    "MultiChunk.pieceBytesMax", "MultiIndexBuild.centroidsMax", "PageReads.ringsMax",
    "PanelMaxSim.batchMax", "PathTree.depthMax", "PayloadIndexes.refusedMax",
    "PayloadSelection.scannedPathsMax", "PointPages.stepMax", "ProbeReach.spreadMax",
    "QueryReservoir.componentMax", "QueryReservoir.queriesBetweenMax", "RankingMemory.rowsMax",
    "RankingQuestion.bytesMax", "ReplicaDriver.applyPauseMax", "RowCompaction.deadShareMax",
    "RowFileUpkeep.deadShareMax", "RowFileUpkeep.filesMax", "RowMoves.countMax", "RowSet.listMax",
    "ScalarSet.comparedStringsMax", "ScanScratch.blocksMax", "SearchScratch.bytesMax",
    "SearchScratch.pooledMax", "SeenRows.slotsMax", "SortKey.wholeMax", "SparseListRoom.spareMax",
    "SparseQuery.tabledMax", "SparseSegment.rowsMax", "SparseSegmentScan.termsMax",
    "SparseSegmentScan.unitsMax", "StreamBench.stepRowsMax", "SyncedMarkFile.marksMax",
}  # fmt: skip
# The table of what nobody sets, which follows those of the types.
CONSTANTS = "constants"
# What bounds the end of the process: moments of one row.
MOMENTS = "quiver/Server.swift"
TYPE = re.compile(r"(\s*)(?:[\w@()]+ )*(?:struct|class|enum|extension|actor|protocol) ([\w.]+)")


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
        whole = int(number) if number == int(number) else number
        return f"{whole:,} ms" if name.endswith("Milliseconds") else f"{whole:,} s"
    for size, unit in UNITS:
        if re.search("bytes|window|step", name, re.I) and number and number % size == 0:
            return f"{number // size} {unit}"
    return f"{number:,}"


def constants() -> list[Bound]:
    """What nobody sets, by type and name, in the order of the files."""
    return [bound for bound in all_constants() if bound.name not in MEASURES]


def all_constants() -> list[Bound]:
    found = []
    for file in sorted(SOURCES.rglob("*.swift")):
        found += constants_of(file)
    return found


def constants_of(file: pathlib.Path) -> list[Bound]:
    names = "Max|Milliseconds" if str(file).endswith(MOMENTS) else "Max"
    constant = re.compile(rf"\s*(?:\w+ )*static let (\w+(?:{names}))(?:: \w+)? = (.*)")
    found, types, about = [], [], []
    for line in file.read_text().splitlines():
        if comment := re.match(r"\s*/// (.*)", line):
            about.append(comment[1])
            continue
        if types and line == types[-1][0] + "}":
            types.pop()
        if (kind := TYPE.match(line)) and not line.endswith("}"):
            types.append((kind[1], kind[2].rsplit(".", 1)[-1]))
        if types and (bound := constant.match(line)):
            name = f"{types[-1][1]}.{bound[1]}"
            found.append(Bound(name, shown(bound[2], bound[1]), " ".join(about)))
        about = []
    return found
