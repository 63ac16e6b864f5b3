"""What the kernel knows about a server: CPU seconds and memory of all its processes."""

import os
import pathlib
import time


class ServerProcesses:
    """A process and all that descend from it."""

    def __init__(self, pid: int):
        self.pid = pid

    def members(self) -> list[int]:
        parents = {}
        for folder in pathlib.Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                parents[int(folder.name)] = int(fields[1])
        found = [self.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.members():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        pages = 0
        for pid in self.members():
            try:
                pages += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
            except OSError:
                continue
        return pages * os.sysconf("SC_PAGE_SIZE")


class Stopwatch:
    """Wall-clock time and server CPU between its making and now."""

    def __init__(self, processes: ServerProcesses):
        self.processes = processes
        self.cpu = processes.cpu_seconds()
        self.started = time.perf_counter()

    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def cpu_seconds(self) -> float:
        return self.processes.cpu_seconds() - self.cpu
