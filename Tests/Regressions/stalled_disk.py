"""A disk that does not come back from what it is asked to keep, until it is told to."""

import os
import pathlib
import shutil
import subprocess


class StalledDisk:
    """The disk of a server that is not started yet."""

    def __init__(self, service, folder: pathlib.Path, suffix: str = ""):
        """Only what is asked of files that end in `suffix` stalls."""
        library, self.mark = folder / "stalled_disk.so", folder / "stalled"
        self.calls = folder / "stalled.calls"
        source = pathlib.Path(__file__).with_name("stalled_disk.c")
        compiler = os.environ.get("CC") or shutil.which("cc") or "clang"
        command = [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", library, source]
        subprocess.run(command, check=True)
        service.settings |= {"LD_PRELOAD": str(library), "STALLED_DISK": str(self.mark)}
        service.settings |= {"STALLED_DISK_SUFFIX": suffix}

    def stall(self) -> None:
        self.mark.touch()

    def fail_next(self, error: int) -> None:
        """Ends the next call that waits, with an error."""
        with self.mark.open("ab") as mark:
            mark.write(bytes([error]))

    def go_on(self) -> None:
        self.mark.unlink(missing_ok=True)

    def waited(self) -> list[str]:
        """What somebody wanted to have on disk since it stalled."""
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def waiting_logs(self) -> list[str]:
        """Logs among what waits: nobody asks for these without a write."""
        let_go = self.mark.stat().st_size
        return [path for path in self.waited()[let_go:] if path.endswith(".log")]

    def let_go_until_second_log(self) -> None:
        """Lets one write go on, with what else waits by now, and no other write."""
        calls = self.waited()
        logs = [number for number, path in enumerate(calls) if path.endswith(".log")]
        count = logs[1] if len(logs) > 1 else len(calls)
        with self.mark.open("ab") as mark:
            mark.write(bytes(count - self.mark.stat().st_size))
