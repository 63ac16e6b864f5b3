"""Files of every kind, brought in over HTTP and by command; chunks that two clients store."""

import email.message
import gzip
import json
import shutil
import subprocess

import pytest
import requests
from gateway_service import CHUNKS, call, chunk, run, upload
from hashing_embeddings import HashingEmbeddings
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_qdrant import QdrantVectorStore
from qdrant_client import QdrantClient, models

TEXT = "The {} leaves the harbour of the island at half past nine in the morning."
QUESTION = "When does the {} leave the harbour?"


class GatewayEmbeddings(Embeddings):
    """The gateway's own model, by OpenAI's interface."""

    def __init__(self, url: str):
        self.url = url + "/v1/embeddings"

    def embed_documents(self, texts):
        body = {"model": "any", "input": texts}
        entries = requests.post(self.url, json=body, timeout=60).json()["data"]
        return [entry["embedding"] for entry in entries]

    def embed_query(self, text):
        return self.embed_documents([text])[0]


@pytest.fixture(scope="module")
def server(start_gateway):
    return start_gateway("files")


def send(server, *files, status=200, **headers):
    form = [("file", file) for file in files]
    answer = requests.post(
        server.url + "/upload/files", files=form, headers=headers, timeout=120)  # fmt: skip
    assert answer.status_code == status, answer.text
    return answer


def ask(server, question: str) -> dict:
    return call(server, "POST", "/query", {"question": question})


def stored(server, name: str) -> list[dict]:
    wanted = {"document": name, "limit": 1000}
    listed = requests.get(server.url + "/upload/chunks", params=wanted, timeout=30)
    return listed.json()["chunks"]


def test_files_in_a_form(server):
    first = f"# Timetable\n\n## Ferry\n\n{TEXT.format('ferry')}\n\n## Price\n\nIt costs two crowns."
    names = ["timetable.md", 'a "quoted" name.txt']
    reports = send(server, (names[0], first), (names[1], TEXT.format("tug"))).json()["files"]
    assert [(r["document"], r["passages"], r["success"]) for r in reports] == [
        (names[0], 2, True), (names[1], 1, True),
    ]  # fmt: skip
    assert [r["unchanged"] for r in send(server, (names[0], first)).json()["files"]] == [2]
    # What the document no longer has is gone.
    report = send(server, (names[0], first.split("## Price")[0])).json()["files"][0]
    assert (report["unchanged"], report["removed"]) == (1, 1)
    assert len(stored(server, names[0])) == 1
    insight = ask(server, QUESTION.format("ferry"))
    assert "half past nine" in insight["summary"]


def test_a_file_as_the_body_and_its_progress(server):
    text = "\n\n".join(f"## Part {n}\n\n{TEXT.format(f'boat number {n}')}" for n in range(150))
    answer = requests.post(
        server.url + "/upload/files", params={"name": "boats.md"}, data=text.encode(),
        headers={"Accept": "text/event-stream", "Content-Type": "application/octet-stream"},
        timeout=300,
    )  # fmt: skip
    events = [
        (part.split("\n")[0].removeprefix("event: "), json.loads(part.split("\ndata: ")[1]))
        for part in answer.text.split("\n\n")
        if part.startswith("event: ")
    ]
    done = [data["done"] for name, data in events if name == "progress"]
    assert done == [0, 64, 128, 150]
    assert [name for name, _ in events][-2:] == ["file", "done"]
    assert events[-2][1]["uploaded"] == 150


def test_files_that_are_not_read(server):
    wrong = send(server, ("a.xyz", "text"), status=415).json()["detail"]
    assert "a.xyz is not a kind of file that is read" in wrong and "markdown" in wrong
    send(server, ("a.txt", b"\0\1\2\3" * 99), status=400)
    large = b"word " * ((34 << 20) // 5)
    assert "larger" in send(server, ("a.txt", large), status=413).json()["detail"]
    for body, type in (
        (b"x", "text/plain"), (b"--b\r\nrubbish", "multipart/form-data; boundary=b"),
        (b"", "multipart/form-data; boundary=b"), (b"--b--\r\n", "multipart/form-data; boundary=b"),
    ):  # fmt: skip
        headers = {"Content-Type": type}
        answer = requests.post(
            server.url + "/upload/files", data=body, headers=headers, timeout=30)  # fmt: skip
        assert answer.status_code == 400, (body, answer.text)


def form_of(size: int) -> bytes:
    """A form of so many bytes, of two files that are no text."""
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    left = size - 2 * len(head) - len(b"\r\n") - len(tail)
    return head + bytes(left // 2) + b"\r\n" + head + bytes(left - left // 2) + tail


def test_a_body_of_files_has_a_bound(server):
    """`fileBytes`: up to it files are looked at, none of which is too large by itself."""
    for size, status in ((33 << 20, 400), ((33 << 20) + 1, 413)):
        body = form_of(size)
        assert len(body) == size
        answer = requests.post(
            server.url + "/upload/files", data=body, timeout=120,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )  # fmt: skip
        assert answer.status_code == status, answer.text
        assert ("is larger" in answer.text) == (status == 413), answer.text


def test_without_the_programs(start_gateway):
    service = start_gateway("bare", PATH="/nonexistent")
    detail = send(service, ("a.pdf", b"%PDF-1.4"), status=415).json()["detail"]
    assert "needs pdftotext" in detail and "poppler-utils" in detail
    detail = send(service, ("a.xyz", b""), status=415).json()["detail"]
    assert "would be read" in detail and "with pandoc" in detail


MARKUP = """# Ferries

## Departure

{}

## Prices

| Who | Crowns |
|-----|--------|
| adults | 20 |
| children | 10 |

- Dogs travel free.
- Bicycles cost five crowns.
"""
MANUAL = """.TH FERRY 1
.SH NAME
ferry \\- cross the water
.SH DESCRIPTION
{}
.SH OPTIONS
.TP
.B \\-\\-slow
Cross the water slowly, which is better for those who are easily sick.
"""


def documents(folder) -> dict[str, str]:
    """A file of every kind that a program reads, with the boat that it is about."""
    made = {}
    for kind in ("docx", "odt", "epub", "rtf", "rst", "org", "latex"):
        boat = f"{kind} ferry"
        name = f"{kind}.{'tex' if kind == 'latex' else kind}"
        command = ["pandoc", "--from=gfm", f"--to={kind}", "--standalone", "-o", folder / name]
        text = MARKUP.format(TEXT.format(boat))
        subprocess.run([*command, "--metadata=title:Ferries"], input=text, text=True, check=True)
        made[name] = boat
    for name, write in (("manual.1", None), ("packed.8.gz", gzip.compress)):
        text = MANUAL.format(TEXT.format(f"{name} ferry")).encode()
        (folder / name).write_bytes(write(text) if write else text)
        made[name] = f"{name} ferry"
    letter = email.message.EmailMessage()
    letter["Subject"] = "Ferries"
    letter.set_content(TEXT.format("mail boat"))
    (folder / "letter.eml").write_bytes(bytes(letter))
    made["letter.eml"] = "mail boat"
    return made


def test_pages_read_no_other_file(server, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("The treasure lies below the lighthouse.\n")
    head, tail = MANUAL.format("Some words.").split(".SH OPTIONS")
    tricks = {
        "so": ".so {}", "nx": ".nx {}", "mso": "'mso {}", "cf": ".cf {}", "trf": ".trf {}",
        "if": ".if 1 .so {}", "do": ".do so {}", "als": ".als XX so\n.XX {}",
        "string": ".ds x so\n.\\*x {}", "macro": ".de XX\n.so \\\\$1\n..\n.XX {}",
        "joined": ".s\\\no {}", "pic": ".PS\ncopy \"{}\"\n.PE", "eqn": ".EQ\ninclude \"{}\"\n.EN",
    }  # fmt: skip
    for name, trick in tricks.items():
        letters = {"pic": "'\\\" p\n", "eqn": "'\\\" e\n"}.get(name, "")
        page = f"{letters}{head}{trick.format(secret)}\n.SH OPTIONS{tail}".encode()
        for file, content in ((f"{name}.1", page), (f"{name}.8.gz", gzip.compress(page))):
            send(server, (file, content))
            text = "\n".join(c["page_content"] for c in stored(server, file))
            assert "treasure" not in text, (file, text)
            assert "Cross the water slowly" in text, (file, text)
            (folder / file).write_bytes(content)
    # Somebody else's pages are no less foreign for lying in a folder of this machine.
    done = run(server, "ingest", folder)
    assert done.returncode == 0, done.stderr
    for file in folder.iterdir():
        text = "\n".join(c["page_content"] for c in stored(server, f"pages/{file.name}"))
        assert "treasure" not in text, (file, text)
        assert "Cross the water slowly" in text, (file, text)


def test_kinds_that_programs_read(server, tmp_path):
    for program in ("pandoc", "man"):
        assert shutil.which(program), f"{program} is missing: scripts/install-dependencies has it"
    for name, boat in documents(tmp_path).items():
        content = (tmp_path / name).read_bytes()
        report = send(server, (name, content)).json()["files"][0]
        assert report["success"] and report["passages"], report
        chunks = stored(server, name)
        text = "\n".join(c["page_content"] for c in chunks)
        assert TEXT.format(boat) in " ".join(text.split()), (name, text)
        if name.split(".")[0] in ("docx", "odt", "epub", "rst", "org"):
            assert any(c["metadata"]["title"].endswith("Departure") for c in chunks), chunks
            assert "children" in text and "Dogs travel free." in text
        if name in ("manual.1", "packed.8.gz"):
            assert any("OPTIONS" in c["metadata"]["title"] for c in chunks), chunks
            assert "--slow" in text and "\x08" not in text
    # What a manual page says is prose, though all of it is indented.
    insight = ask(server, "How does one cross the water without getting sick?")
    assert "Cross the water slowly, which is better for those who are" in insight["summary"]
    done = run(server, "ingest", tmp_path)
    assert done.returncode == 0, done.stderr


def test_imprints_of_pages_are_left_out(server):
    page = f"""<title>Ferries</title><body><h1>Departure</h1><p>{TEXT.format('packet')}</p>
    <p>Copyright notices are printed on every ticket that the harbour sells to travellers, and it is
    not allowed to remove them before the inspector of the harbour has seen the ticket.</p>
    <div>This page was last modified on 3 May 2020.</div><p>© The harbour. All rights reserved.</p>
    <footer><p>Imprint of the harbour</p></footer></body>"""
    send(server, ("page.html", page))
    text = " ".join(c["page_content"] for c in stored(server, "page.html"))
    assert "half past nine" in text and "printed on every ticket" in text
    assert not any(word in text for word in ("last modified", "reserved", "Imprint")), text


def test_a_chunk_of_two_clients_is_there_once(store, start_gateway):
    client = QdrantClient(url=store.url)
    client.create_collection(
        "shared", vectors_config=models.VectorParams(size=384, distance="Cosine"))
    store_of = QdrantVectorStore(
        client=client, collection_name="shared", embedding=HashingEmbeddings(384))
    id, title, text = CHUNKS[0]
    store_of.add_documents([
        Document(page_content=text, metadata={"chunk_id": id, "title": title}),
        Document(page_content="Another text.", metadata={"chunk_id": id}),
        Document(page_content=CHUNKS[1][2], metadata={"chunk_id": CHUNKS[1][0]}),
    ])  # fmt: skip
    other = start_gateway("shared")
    report = upload(other, [chunk(id, title, text)])
    assert report["success"], report
    points = client.scroll("shared", limit=10)[0]
    kept = sorted(point.payload["page_content"] for point in points)
    # The same chunk is the gateway's now; others are as they were.
    assert kept == sorted([text, "Another text.", CHUNKS[1][2]])
    insight = ask(other, "What makes an arrow fly straight?")
    ids = [entry["chunk_id"] for entry in insight["metadata"]]
    assert ids.count(id) == 1, insight
    # LangChain reads what the gateway stored.
    found = store_of.similarity_search(text, k=10)
    assert text in [document.page_content for document in found]


def test_the_seed_and_the_gateway_read_each_other(server, store, start_gateway):
    """What LangChain stored with the same model is answered from, and it finds what comes to it."""
    client = QdrantClient(url=store.url)
    size = models.VectorParams(size=384, distance="Cosine")
    client.create_collection("seed", vectors_config=size)
    seed = QdrantVectorStore(
        client=client, collection_name="seed", embedding=GatewayEmbeddings(server.url))
    seed.add_documents([
        Document(page_content=text, metadata={"chunk_id": id, "title": title})
        for id, title, text in CHUNKS
    ])  # fmt: skip
    other = start_gateway("seed")
    question = "What makes an arrow fly straight?"
    insight = ask(other, question)
    assert insight["metadata"][0]["chunk_id"] == "archery"
    # The same number of components is no proof of the same model.
    doubt = "does not say which embedding model filled it"
    assert doubt in insight["generator"]["notice"]
    owl = chunk("owl", "Owls", "Owls turn their heads by 270 degrees.")
    report = upload(other, [owl])
    assert report["uploaded"] == 1 and doubt in report["notice"]
    [found] = seed.similarity_search("How far can an owl turn its head?", k=1)
    assert found.page_content == owl["page_content"]
    assert found.metadata["chunk_id"] == "owl"
    other.kill()
    done = run(other, "reembed")
    assert done.returncode == 0, done.stderr
    other.start(60)
    insight = ask(other, question)
    assert insight["metadata"][0]["chunk_id"] == "archery"
    assert doubt not in insight["generator"]["notice"]
    [found] = seed.similarity_search("Why does high water return?", k=1)
    assert found.metadata["chunk_id"] == "tides"
    assert client.count("seed").count == len(CHUNKS) + 1
