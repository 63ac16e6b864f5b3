"""House rules that no compiler checks, read off the files that git knows."""

import ast
import collections
import pathlib
import re
import subprocess

import pytest
from process import ROOT

FILE_LINES, FILE_LINES_WARN, FUNCTION_LINES, COLUMNS = 500, 400, 70, 100
TOP_LEVEL = {"Package.swift", "Sources", "Tests", "deploy", "scripts", "README.md"}
CODE = {".swift", ".c", ".h", ".cpp", ".py", ".js", ".css"}
# A target and what it must not import: a name stands for every module that begins with it.
FORBIDDEN_IMPORTS = {
    "VectorIndex": ("Foundation", "Storage", "NIO"),
    "Storage": ("VectorIndex", "NIO"),
    "VectorDB": ("NIO", "Hummingbird", "QdrantAPI", "QdrantREST"),
    "QdrantAPI": ("VectorDB", "Hummingbird"),
    "QdrantService": ("FastJSON", "HTTP", "Hummingbird", "NIO", "QdrantAPI", "Storage"),
    "PointModel": ("VectorDB", "Hummingbird"),
    "RAGGateway": ("VectorDB", "Storage"),
    "QdrantClient": ("VectorDB", "Storage", "QdrantREST", "Hummingbird", "NIO"),
    "DataTransfer": ("VectorDB", "Storage", "QdrantREST", "Hummingbird", "NIO"),
    "ServiceProcess": ("VectorDB", "Hummingbird", "NIO"),
}
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|func|protocol|typealias|let|var)\s+)?(\w+)",
    re.MULTILINE,
)
DECLARATION = re.compile(
    r"^( *)(?:@\w+(?:\([^)]*\))? +)*(?:[a-z]+(?:\([a-z]+\))? +)*"
    r"(?:func |init[?(<]|subscript[(<]|deinit\b)"
)
WORDS = r"(?:(?:(?:private|internal|fileprivate|package)\(set\)|[a-z]+) +)*?"
OFFERED = re.compile(
    rf"^ *(?:@\w+(?:\([^)]*\))? +)*{WORDS}(?:public|package|open) +{WORDS}"
    r"(?:func|var|let|struct|class|enum|protocol|actor|init|subscript|typealias)\b"
)
# What NIO calls is told by NIO.
OF_HANDLERS = re.compile(r"ChannelHandlerContext|typealias (?:In|Out)bound(?:In|Out)\b")
# Written in pieces, so that this file passes its own test.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
OUR_MACHINE = re.compile(r"(?<![\w.*])/" + r"work/")


def listed() -> list[str]:
    """Files in the repository, and new ones that are not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted({name for name in names.splitlines() if (ROOT / name).is_file()})


def read(name: str) -> str | None:
    """The text of a file; None if it is no text."""
    content = (ROOT / name).read_bytes()
    if b"\0" in content:
        return None
    return content.decode("utf-8", errors="replace")


FILES = {name: text for name in listed() if (text := read(name)) is not None}
SWIFT = {name: text for name, text in FILES.items() if name.endswith(".swift")}


def fail_if(problems: list[str]) -> None:
    if problems:
        pytest.fail("\n".join([f"{len(problems)} places:", *problems]), pytrace=False)


def places(files: dict[str, str], pattern: re.Pattern) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_files_are_short():
    problems = []
    for name, text in FILES.items():
        lines = text.count("\n")
        if pathlib.Path(name).suffix in CODE and lines > FILE_LINES_WARN:
            print(f"{name} has {lines} lines: does it hide a second idea?")
            if lines > FILE_LINES:
                problems.append(f"{name} has {lines} lines")
    fail_if(problems)


def swift_functions(text: str):
    """Line and length of every function, by the indentation that swift format gives."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        match = DECLARATION.match(line)
        if not match:
            continue
        indent = match[1]
        body = start
        while body < len(lines) and not lines[body].rstrip().endswith("{"):
            following = lines[body + 1] if body + 1 < len(lines) else ""
            continues = following.startswith(indent + " ") or following.startswith(
                (indent + ")", indent + "{", indent + "where")
            )
            if lines[body].rstrip().endswith("}") or not continues:
                body = len(lines)
            body += 1
        for end in range(body + 1, len(lines)):
            if lines[end].startswith(indent + "}"):
                yield start + 1, end - start + 1
                break


def c_functions(text: str):
    start = None
    for number, line in enumerate(text.splitlines(), start=1):
        if start is None and re.match(r"[A-Za-z_].*\(", line) and "typedef" not in line:
            start = number
        elif start is not None and line.startswith("}"):
            yield start, number - start + 1
            start = None
        elif start is not None and line.rstrip().endswith(";") and not line.startswith(" "):
            start = None
        if start == number and line.rstrip().endswith(";"):
            start = None


def python_functions(text: str):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def test_functions_are_short():
    readers = {".swift": swift_functions, ".c": c_functions, ".cpp": c_functions,
               ".h": c_functions, ".py": python_functions}  # fmt: skip
    counted = collections.Counter()
    problems = []
    for name, text in FILES.items():
        suffix = pathlib.Path(name).suffix
        for line, length in readers.get(suffix, lambda _: ())(text):
            counted[suffix] += 1
            if length > FUNCTION_LINES:
                problems.append(f"{name}:{line}: a function of {length} lines")
    assert counted[".swift"] > 100 and counted[".py"] > 50, counted
    fail_if(problems)


def test_lines_fit():
    problems = []
    for name, text in FILES.items():
        if pathlib.Path(name).suffix in (".swift", ".py", ".js", ".css"):
            for number, line in enumerate(text.splitlines(), start=1):
                if len(line) > COLUMNS:
                    problems.append(f"{name}:{number}: {len(line)} columns")
    fail_if(problems)


def test_what_others_may_use_is_documented():
    """Every public or package declaration says what it is for."""
    problems = []
    for name, text in SWIFT.items():
        if not name.startswith("Sources/"):
            continue
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if not OFFERED.match(line) or OF_HANDLERS.search(" ".join(lines[number : number + 2])):
                continue
            above = number - 1
            while above >= 0 and lines[above].lstrip().startswith("@"):
                above -= 1
            if above < 0 or not lines[above].lstrip().startswith("///"):
                problems.append(f"{name}:{number + 1}: {line.strip()}")
    fail_if(problems)


def test_arrows_between_targets():
    problems = []
    for name, text in SWIFT.items():
        parts = name.split("/")
        if parts[0] != "Sources":
            continue
        forbidden = FORBIDDEN_IMPORTS.get(parts[1], ())
        for module in IMPORT.findall(text):
            if module != parts[1] and module.startswith(forbidden):
                problems.append(f"{name} imports {module}")
    assert any(name.startswith("Sources/VectorDB/") for name in SWIFT)
    fail_if(problems)


def test_nothing_is_left_unfinished():
    fail_if(places(FILES, UNFINISHED))


def test_no_traps_on_errors():
    """An error of the user or the disk never ends the process; tests use #require."""
    code = {n: re.sub(r"//.*", "", t) for n, t in SWIFT.items()}
    fail_if(places(code, re.compile(r"\btry!|\bfatalError\(|nonisolated\(unsafe\)")))


def test_unchecked_sendable_is_argued():
    problems = []
    for name, text in SWIFT.items():
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if "@unchecked Sendable" in line.split("//")[0]:
                above = lines[max(0, number - 8) : number + 1]
                if not any("SAFETY" in earlier for earlier in above):
                    problems.append(f"{name}:{number + 1}: {line.strip()}")
    fail_if(problems)


def test_top_level_is_small():
    entries = {name.split("/")[0] for name in listed()}
    strangers = {e for e in entries - TOP_LEVEL if not e.startswith(".")}
    fail_if([f"{entry} at the top level" for entry in sorted(strangers)])


def test_no_paths_of_one_machine():
    fail_if(places(FILES, OUR_MACHINE))


def test_white_space():
    code = {
        n: t
        for n, t in FILES.items()
        if pathlib.Path(n).suffix in CODE | {".md", ".yaml", ".yml", ""}
        # What programs wrote that are remembered.
        and not re.search(r"/Fixtures/[\w-]+/", n)
    }
    fail_if(places(code, re.compile(r"\t|[ \r]+$")))
    fail_if([f"{n} has no newline at its end" for n, t in code.items() if t and t[-1] != "\n"])


def test_scripts_are_executable():
    problems = []
    for name, text in FILES.items():
        if text.startswith("#!") and not (ROOT / name).stat().st_mode & 0o100:
            problems.append(f"{name} is not executable")
    fail_if(problems)


@pytest.mark.parametrize("start", ["An upsert passes", "A search under a filter passes",
                                   "A question passes"])  # fmt: skip
def test_walks_name_what_is_there(start):
    """The ways through the code that a page describes lead through types that exist, and few."""
    page = read("Sources/VectorDB/VectorDB.docc/Architecture.md")
    paragraph = page[page.index(start):].split("\n\n")[0]
    names = re.findall(r"`([A-Z]\w+)`", paragraph)
    sources = "".join(read(name) for name in listed() if name.startswith("Sources/")
                      and name.endswith(".swift"))  # fmt: skip
    for name in names:
        assert re.search(rf"\b(?:struct|class|enum|protocol|actor) {name}\b", sources), name
    assert 5 < len(names) < 18
