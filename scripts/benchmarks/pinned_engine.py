"""Engines in processes of their own, all on one core, of which one works at a time."""

import json
import os
import subprocess
import sys


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def pinned() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class PinnedEngine:
    """An engine's process: a line in, a line out."""

    def __init__(self, title: str, command: list[str], **options):
        self.title = title
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pinned,
            **options,
        )  # fmt: skip

    def read(self) -> dict:
        while line := self.process.stdout.readline():
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"{self.title} ended")

    def ask(self, line: str) -> dict:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
