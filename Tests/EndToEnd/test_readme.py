"""The examples of the README do what it says."""

import re
import shutil
import subprocess

import pytest
from process import ROOT

README = (ROOT / "README.md").read_text()


def blocks(language: str, containing: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return [block for block in found if containing in block]


def test_python_example(server):
    examples = blocks("python", "6333")
    assert examples
    for example in examples:
        exec(compile(example.replace("6333", str(server.port)), "README.md", "exec"), {})


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_example(server, client):
    examples = blocks("sh", "localhost:6333")
    assert examples
    client.delete_collection("colours")
    for example in examples:
        script = example.replace("6333", str(server.port)).replace("curl ", "curl -sf ")
        done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr + done.stdout
        assert done.stdout.count('"status":"ok"') == example.count("curl ")


def test_scripts_that_it_names_exist():
    for name in set(re.findall(r"\bscripts/([a-z][a-z-]*)", README)):
        assert (ROOT / "scripts" / name).is_file(), name
