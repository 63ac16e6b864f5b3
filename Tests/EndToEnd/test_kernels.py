"""The kernels on processors that this machine is not: compiled for them and, where an emulator is
installed, run there and compared with each other."""

import functools
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EMBEDDING = ROOT / "Sources" / "CEmbeddingKernels"
SOURCES = sorted(
    source
    for folder in ("CVectorKernels", "CEmbeddingKernels")
    for source in (ROOT / "Sources" / folder).glob("*.c")
)
ARM = pathlib.Path("/usr/aarch64-linux-gnu")
ARM_COMPILER = pathlib.Path("/usr/lib/gcc-cross/aarch64-linux-gnu/12")
# Emulated processors, with the instructions that the loops and the products find there.
EMULATED = [
    ("qemu-x86_64", "qemu64", "baseline 0"),
    ("qemu-x86_64", "Haswell", "avx2 0"),
    ("qemu-aarch64", "cortex-a57", "neon 0"),
    ("qemu-aarch64", "max", "neon 1"),
]
PRESENT = [
    machine for machine in EMULATED
    if shutil.which(machine[0]) and ("x86" in machine[0] or ARM_COMPILER.exists())
]  # fmt: skip


def clang() -> pathlib.Path:
    return pathlib.Path(shutil.which("swift")).resolve().with_name("clang")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_compiles_for_aarch64(source, tmp_path):
    output = tmp_path / "kernels.o"
    subprocess.run(
        [clang(), "--target=aarch64-linux-gnu", "-O2", "-Wall", "-Wextra", "-Werror", "-c",
         "-isystem", ARM / "include", "-I", source.parent / "include", "-o", output, source],
        check=True,
    )  # fmt: skip
    assert output.read_bytes()[18:20] == b"\xb7\x00", "an object file for aarch64"


@functools.cache
def built(folder: pathlib.Path, emulator: str) -> pathlib.Path:
    """The program that runs all kernels, for the processors of an emulator."""
    program = folder / f"kernels-{emulator}"
    command = [clang(), "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", program, "-I",
               EMBEDDING / "include", ROOT / "Tests" / "EndToEnd" / "embedding_kernels.c",
               *sorted(EMBEDDING.glob("*.c"))]  # fmt: skip
    if emulator == "qemu-aarch64":
        command += ["--target=aarch64-linux-gnu", "-fuse-ld=lld", "-isystem", ARM / "include",
                    f"-B{ARM_COMPILER}", f"-L{ARM_COMPILER}", f"-B{ARM / 'lib'}",
                    f"-L{ARM / 'lib'}"]  # fmt: skip
    subprocess.run([*command, "-lm"], check=True)
    return program


@functools.cache
def results(folder: pathlib.Path, emulator: str = "", processor: str = "") -> tuple[str, dict]:
    """The instructions that were found, and the numbers of every kernel with every row count."""
    program = built(folder, emulator if emulator == "qemu-aarch64" else "")
    emulated = [emulator, "-cpu", processor] if emulator else []
    output = subprocess.run([*emulated, program], check=True, capture_output=True).stdout
    head, _, rest = output.partition(b"\n")
    found = {}
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, rows, count = line.decode().rsplit(" ", 2)
        values = np.frombuffer(rest[: 4 * int(count)], "<f4")
        found[name, int(rows)], rest = values, rest[4 * int(count):]  # fmt: skip
    return head.decode(), found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kernels")


def test_loops_are_right_here(folder):
    """The program runs all kernels that there are, and none gives what is no number."""
    head, found = results(folder)
    assert len({name for name, _ in found}) == (14 if head.endswith("1") else 7)
    for key, values in found.items():
        assert np.isfinite(values).all() and np.abs(values).max() > 0, key


@pytest.mark.parametrize("emulator, processor, expected", PRESENT)
def test_loops_agree_between_processors(folder, emulator, processor, expected):
    """What is written for one processor computes what is written for another."""
    head, found = results(folder, emulator, processor)
    assert head == expected
    own_head, own = results(folder)
    if expected.endswith("1") and own_head.endswith("1"):
        assert found.keys() == own.keys()
    compared = 0
    for key in found.keys() & own.keys():
        difference = np.linalg.norm(found[key] - own[key]) / np.linalg.norm(own[key])
        # Where sums are rounded to bfloat16 two of them may fall to either side.
        rounds = "bf16" in key[0] or "int8" in key[0]
        assert difference < (2e-3 if rounds else 2e-6), key
        compared += 1
    assert compared >= 7 * 11
