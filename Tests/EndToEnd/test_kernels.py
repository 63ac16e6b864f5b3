"""The kernels of the other processor family, which this machine can compile but not run."""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted(
    source
    for folder in ("CVectorKernels", "CEmbeddingKernels")
    for source in (ROOT / "Sources" / folder).glob("*.c")
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_compiles_for_aarch64(source, tmp_path):
    clang = pathlib.Path(shutil.which("swift")).resolve().with_name("clang")
    output = tmp_path / "kernels.o"
    subprocess.run(
        [clang, "--target=aarch64-linux-gnu", "-O2", "-Wall", "-Wextra", "-Werror", "-c",
         "-isystem", "/usr/aarch64-linux-gnu/include", "-I", source.parent / "include",
         "-o", output, source],
        check=True,
    )  # fmt: skip
    assert output.read_bytes()[18:20] == b"\xb7\x00", "an object file for aarch64"
