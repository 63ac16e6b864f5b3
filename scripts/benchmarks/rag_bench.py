"""How well the gateway finds and quotes answers; see scripts/bench."""

import argparse
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

from measure import ServerProcesses
from rag_data import OFF_TOPIC, OFF_TOPIC_DEVELOPMENT, development, sets
from rag_manuals import pages, questions

ROOT = pathlib.Path(__file__).resolve().parents[2]
JSON = {"Content-Type": "application/json"}
BATCH = 32


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gateway:
    """The server and the gateway before it, both our own, on free ports."""

    def __init__(self, folder: pathlib.Path, binaries: pathlib.Path, model: pathlib.Path):
        server, self.port = free_port(), free_port()
        environment = {
            "QUIVER__SERVICE__HOST": "127.0.0.1", "QUIVER__SERVICE__HTTP_PORT": str(server),
            "QUIVER__SERVICE__GRPC_PORT": str(free_port()),
            "QUIVER__STORAGE__STORAGE_PATH": str(folder / "data"), "APP_HOST": "127.0.0.1",
            "APP_PORT": str(self.port), "QDRANT_VECTOR_STORE__URL": f"http://127.0.0.1:{server}",
            "EMBEDDINGS__MODEL": model.name,
            "EMBEDDINGS__MODEL_PATH": str(model), "APP_LOG_LEVEL": "error",
        }  # fmt: skip
        self.processes = []
        for name in ("quiver", "quiver-gateway"):
            log = (folder / f"{name}.log").open("wb")
            self.processes.append(subprocess.Popen(
                [binaries / name, "serve"], env={**os.environ, **environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log))  # fmt: skip
        self.cpu = ServerProcesses(self.processes[1].pid).cpu_seconds
        self.server_cpu = ServerProcesses(self.processes[0].pid).cpu_seconds
        deadline = time.monotonic() + 60
        while True:
            try:
                self.call("GET", "/health/ready")
                return
            except (OSError, RuntimeError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request(method, path, body and json.dumps(body), JSON)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text)

    def send(self, name: str, content: bytes) -> dict:
        """Stores a file and gives what became of it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request("POST", f"/upload/files?name={name}", content)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{name}: {answer.status} {text[:300]!r}")
        return json.loads(text)["files"][0]

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(20)


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip()


def area(pairs: list[tuple[float, bool]]) -> float:
    """The chance that a right one is told apart from a wrong one."""
    right = [value for value, is_right in pairs if is_right]
    wrong = [value for value, is_right in pairs if not is_right]
    wins = sum((a > b) + 0.5 * (a == b) for a in right for b in wrong)
    return wins / max(1, len(right) * len(wrong))


def ask_all(gateway: Gateway, entries: list[dict], save: list[dict]) -> dict:
    ranks, sure, quoted, false_quotes, refused = [], [], 0, 0, 0
    seconds, before = [], gateway.cpu()
    answers = {entry["id"]: plain(entry["title"] + " " + entry["answer"]) for entry in entries}
    for entry in entries:
        start = time.perf_counter()
        insight = gateway.call("POST", "/insight/query", {"question": entry["question"], "k": 5})
        seconds.append(time.perf_counter() - start)
        entry["insight"] = insight
    cpu = gateway.cpu() - before
    for entry in entries:
        found = gateway.call("POST", "/insight/search", {"question": entry["question"], "k": 10})
        save.append({"question": entry["question"], "id": entry["id"], "found": found,
                     "insight": entry["insight"]})  # fmt: skip
        ids = [passage["chunk_id"] for passage in found["passages"]]
        ranks.append(ids.index(entry["id"]) + 1 if entry["id"] in ids else 0)
        refused += not ids
        insight = entry["insight"]
        citations = insight["citations"]
        if citations:
            best = max(citations, key=lambda citation: citation["score"])
            quoted += best["chunk_id"] == entry["id"]
            false_quotes += sum(
                plain(c["quote"]) not in answers[c["chunk_id"]] for c in citations
            )
            sure.append((insight["confidence"], best["chunk_id"] == entry["id"]))
    count, seconds = len(entries), sorted(seconds)
    return {
        "questions": count, "recall@1": sum(r == 1 for r in ranks) / count,
        "recall@5": sum(1 <= r <= 5 for r in ranks) / count,
        "recall@10": sum(1 <= r <= 10 for r in ranks) / count,
        "mrr": sum(1 / r for r in ranks if r) / count, "wrongly refused": refused,
        "best quote right": quoted / count, "false quotes": false_quotes,
        "confidence auc": area(sure), "calibration": bins(sure),
        "median ms": 1000 * seconds[count // 2], "p90 ms": 1000 * seconds[count * 9 // 10],
        "cpu ms a question": 1000 * cpu / count,
    }  # fmt: skip


def bins(pairs: list[tuple[float, bool]]) -> list[str]:
    """What was said and what was true, in five parts."""
    pairs = sorted(pairs)
    parts = [pairs[len(pairs) * i // 5 : len(pairs) * (i + 1) // 5] for i in range(5)]
    return [
        f"{sum(c for c, _ in part) / len(part):.2f} said, {sum(r for _, r in part) / len(part):.2f}"
        for part in parts if part
    ]  # fmt: skip


def ask_manuals(gateway: Gateway, folder: pathlib.Path, save: list[dict]) -> dict:
    """How often a passage that names the answer is among the first, and is quoted."""
    passages = sum(
        gateway.send(page.name, page.read_bytes())["passages"] for page in pages(folder))
    first = five = quoted = refused = 0
    asked = questions()
    for question, words in asked:
        found = gateway.call("POST", "/insight/search", {"question": question, "k": 5})["passages"]
        insight = gateway.call("POST", "/insight/query", {"question": question})
        right = [any(w in p["text"] or w in p["title"] for w in words) for p in found]
        save.append({"question": question, "right": right, "insight": insight})
        first += bool(right and right[0])
        five += any(right)
        refused += not right
        quoted += any(word in insight["summary"] for word in words)
    count = len(asked)
    result = {"passages": passages, "questions": count, "recall@1": first / count,
              "recall@5": five / count, "answer named": quoted / count,
              "wrongly refused": refused}  # fmt: skip
    return result | refusals(gateway, {"off-topic refused": OFF_TOPIC}, save)


def refusals(gateway: Gateway, sets: dict[str, list[str]], save: list[dict]) -> dict:
    result = {}
    for name, asked in sets.items():
        found = [gateway.call("POST", "/insight/search", {"question": q}) for q in asked]
        save += [{"question": q, "kind": name, "found": f} for q, f in zip(asked, found)]
        refused = sum(f["status"] == "no_knowledge" for f in found)
        result[name] = f"{refused} of {len(asked)}"
    return result


def ask_faqs(
    gateway: Gateway, entries: list[dict], strange: dict[str, list[str]], count: int,
    save: list[dict],
) -> dict:  # fmt: skip
    before, start = gateway.cpu(), time.perf_counter()
    chunks = [{"page_content": e["answer"], "metadata": {"chunk_id": e["id"], "title": e["title"]}}
              for e in entries]  # fmt: skip
    for first in range(0, len(chunks), BATCH):
        answer = gateway.call("POST", "/upload/chunks", {"chunks": chunks[first : first + BATCH]})
        assert answer["success"], answer
    result = {"passages": len(chunks),
              "passages/cpu-s": len(chunks) / (gateway.cpu() - before),
              "upload s": time.perf_counter() - start}  # fmt: skip
    result |= ask_all(gateway, entries[:count], save)
    return result | refusals(gateway, strange, save)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--manuals", action="store_true", help="questions put to manual pages")
    parser.add_argument("--development", action="store_true",
                        help="questions to fit weights and bounds on")  # fmt: skip
    parser.add_argument("--multilingual", action="store_true", help="by multilingual-e5-small")
    parser.add_argument("--save", type=pathlib.Path, help="write all answers there")
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / ".build" / "release")
    parser.add_argument("--questions", type=int, default=10**9)
    options = parser.parse_args()
    data = ROOT / ".quiver" / "bench-data" / "rag"
    name = "multilingual-e5-small" if options.multilingual else "all-MiniLM-L6-v2"
    model = ROOT / ".quiver" / "models" / name
    save: list[dict] = []
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(pathlib.Path(folder), options.binaries, model)
        try:
            if options.manuals:
                result = ask_manuals(gateway, data, save)
            else:
                read = development if options.development else sets
                entries, neighbours = read(data)
                strange = {
                    "off-topic refused":
                        OFF_TOPIC_DEVELOPMENT if options.development else OFF_TOPIC,
                    "neighbouring refused": neighbours,
                }  # fmt: skip
                result = ask_faqs(gateway, entries, strange, options.questions, save)
        finally:
            gateway.stop()
    if options.save:
        options.save.write_text(json.dumps(save))
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:22} {value:.3f}" if isinstance(value, float) else f"{name:22} {value}")


if __name__ == "__main__":
    main()
