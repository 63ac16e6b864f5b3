"""What stands before the gateway: OpenAI's client, an assistant's, the terminal, the pages."""

import asyncio
import subprocess

import mcp.client
import openai
import pytest
import requests
from gateway_service import CHUNKS, chunk, run, upload
from process import ROOT, binary, clean_environment

QUESTION = "What makes an arrow fly straight?"


@pytest.fixture(scope="module")
def server(start_gateway):
    service = start_gateway("fronts")
    upload(service, [chunk(*parts, source="book.md") for parts in CHUNKS])
    return service


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0)


def test_openai_chat(client):
    models = [model.id for model in client.models.list()]
    assert models == ["quiver", "all-MiniLM-L6-v2"]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
    answer = client.chat.completions.create(model="quiver", messages=messages, temperature=0)
    content = answer.choices[0].message.content
    assert "three feathers" in content and "[1] Fletching an arrow" in content
    assert answer.choices[0].finish_reason == "stop"
    pieces = list(client.chat.completions.create(model="quiver", messages=messages, stream=True))
    streamed = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert streamed == content
    assert pieces[-1].choices[0].finish_reason == "stop"


def test_openai_conversation(client):
    messages = [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "Three feathers."},
        {"role": "user", "content": "How are they glued?"},
    ]
    answer = client.chat.completions.create(model="quiver", messages=messages)
    assert "equal angles" in answer.choices[0].message.content


def test_openai_embeddings(client):
    texts = ["An arrow.", "The sea."]
    plain = client.embeddings.create(model="x", input=texts, encoding_format="float")
    packed = client.embeddings.create(model="x", input=texts)
    assert [len(entry.embedding) for entry in plain.data] == [384, 384]
    for one, other in zip(plain.data, packed.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-6)


def test_openai_errors(client):
    with pytest.raises(openai.BadRequestError, match="must end with a message"):
        client.chat.completions.create(model="quiver", messages=[])
    with pytest.raises(openai.BadRequestError, match="list of texts"):
        client.embeddings.create(model="x", input=[[1, 2]])
    with pytest.raises(openai.NotFoundError, match="no model `gpt-4`"):
        client.models.retrieve("gpt-4")
    assert client.models.retrieve("quiver").owned_by == "quiver-gateway"


def test_openai_usage(client):
    messages = [{"role": "user", "content": QUESTION}]
    pieces = list(client.chat.completions.create(
        model="quiver", messages=messages, stream=True, stream_options={"include_usage": True}))
    assert pieces[-1].choices == [] and pieces[-1].usage.completion_tokens > 5
    whole = client.chat.completions.create(model="quiver", messages=messages)
    assert whole.usage == pieces[-1].usage


def test_openai_key(start_gateway):
    guarded = start_gateway("fronts", AUTH__API_KEYS="read:reading-key-1")
    with pytest.raises(openai.AuthenticationError, match="Invalid API key"):
        openai.OpenAI(base_url=guarded.url + "/v1", api_key="wrong").models.list()
    right = openai.OpenAI(base_url=guarded.url + "/v1", api_key="reading-key-1")
    assert right.models.list().data


def test_assistants(server):
    async def talk():
        async with mcp.client.Client(server.url + "/mcp") as session:
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            assert set(tools) == {"search", "ask", "upload"}
            answer = await session.call_tool("ask", {"question": QUESTION})
            assert "three feathers" in answer.content[0].text
            found = await session.call_tool("search", {"question": QUESTION, "k": 1})
            assert found.structured_content["passages"][0]["chunk_id"] == "archery"
            owl = {"text": "Owls turn their heads by 270 degrees.", "id": "owl"}
            stored = await session.call_tool("upload", owl)
            assert stored.structured_content["uploaded"] == 1
            answer = await session.call_tool("ask", {"question": "How far do owls turn heads?"})
            assert "270 degrees" in answer.content[0].text
            wrong = await session.call_tool("search", {"question": "", "k": 0})
            assert wrong.is_error

    asyncio.run(talk())
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    foreign = {"Origin": "http://elsewhere.example"}
    answer = requests.post(server.url + "/mcp", json=body, headers=foreign, timeout=60)
    assert answer.status_code == 403


def test_terminal(server):
    done = run(server, "ask", QUESTION)
    assert done.returncode == 0, done.stderr
    assert "three feathers" in done.stdout and "[1] Fletching an arrow (archery)" in done.stdout
    talk = run(server, "chat", input=f"{QUESTION}\nHow are they glued?\n")
    assert "three feathers" in talk.stdout and "equal angles" in talk.stdout
    lost = run(server, "ask", QUESTION, "--url", "http://127.0.0.1:1")
    assert lost.returncode == 1 and "unreachable" in lost.stderr


def test_commands_say_what_is_wrong(server, tmp_path):
    assert run(server, "--version").stdout.startswith("quiver-gateway ")
    taken = run(server, "serve")
    assert taken.returncode == 1
    assert f"port {server.port} of 127.0.0.1 is taken" in taken.stderr
    check = run(server, "config", "check", EMBEDDINGS__MODEL_PATH=str(tmp_path))
    assert check.returncode == 2 and "is missing" in check.stderr
    assert run(server, "config", "check").returncode == 0


def test_the_model_is_found_from_any_folder(server, tmp_path):
    usual = ROOT / ".quiver" / "models" / "all-MiniLM-L6-v2" / "model.safetensors"
    if not usual.exists() or not binary("quiver-gateway").is_relative_to(ROOT):
        pytest.skip("the model is elsewhere")
    done = subprocess.run(
        [binary("quiver-gateway"), "config", "check"], env=clean_environment({}),
        capture_output=True, text=True, timeout=120, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_pages(server):
    for path in ("/", "/docs"):
        page = requests.get(server.url + path, timeout=60)
        assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
        assert "http://" not in page.text and "https://" not in page.text
    document = requests.get(server.url + "/openapi.json", timeout=60).json()
    assert document["openapi"].startswith("3.")
    # Every route that is described is there.
    for path, methods in document["paths"].items():
        for method in methods:
            address = server.url + path.replace("{name}", "quiver")
            answer = requests.request(method, address, timeout=30)
            assert answer.status_code not in (404, 405) or path == "/mcp", (method, path)
