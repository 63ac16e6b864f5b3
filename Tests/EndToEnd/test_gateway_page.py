"""The gateway's page for people, in a browser."""

import os
import pathlib

import pytest
from browser import DESKTOP, PHONE, Browser
from dashboard import violations
from gateway_service import CHUNKS, chunk, upload

QUESTION = "What makes an arrow fly straight?"
TIDES = "The ferry to the lighthouse leaves two hours before high water, when the tide is right."


@pytest.fixture(scope="module")
def server(start_gateway):
    service = start_gateway("page")
    upload(service, [chunk(*parts, source="book.md") for parts in CHUNKS])
    return service


def picture(page, name: str) -> None:
    if folder := os.environ.get("GATEWAY_PICTURES"):
        page.picture(pathlib.Path(folder) / f"{name}.png")


def ask(page, question: str) -> None:
    """By the keyboard alone: the field has the focus, and Enter sends."""
    assert page.run("document.activeElement.id") == "question"
    page.call("Input.insertText", text=question)
    page.press("Enter")
    page.wait("document.querySelector('.turn .note')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_asking(browser, server, size, scheme):
    page = browser.page(size, scheme)
    page.open(server.url + "/")
    page.wait("document.querySelector('#documents tr')")
    ask(page, QUESTION)
    assert "three feathers" in page.run("document.querySelector('.answer').textContent")
    cited = page.run("document.querySelector('details.cited summary').textContent")
    assert "Fletching an arrow" in cited and "similarity" in cited
    page.run("document.querySelector('details.cited summary').click()")
    assert "glued to the shaft" in page.run("document.querySelector('details.cited').innerText")
    assert violations(page) == []
    picture(page, f"ask-{'phone' if size == PHONE else 'desktop'}-{scheme}")
    ask(page, "How do I knit a sweater?")
    assert page.run("document.querySelectorAll('.turn').length") == 2
    page.check()
    hosts = {url.split("/")[2] for _, url in page.requests if url.startswith("http")}
    assert hosts == {f"127.0.0.1:{server.port}"}
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_interface(browser, server, scheme):
    page = browser.page(DESKTOP, scheme)
    page.open(server.url + "/docs")
    page.wait("[...document.querySelectorAll('summary')].some(s => s.innerText.includes('/query'))")
    assert violations(page) == []
    page.check()
    page.close()


def test_storing_and_removing_a_file(browser, server, tmp_path):
    good, bad = tmp_path / "lighthouse.md", tmp_path / "picture.xyz"
    good.write_text(f"# Lighthouse\n\n## Ferry\n\n{TIDES}\n")
    bad.write_bytes(b"\0")
    page = browser.page()
    page.expected.append("415")
    page.open(server.url + "/")
    page.wait("document.querySelector('#documents tr')")
    root = page.call("DOM.getDocument")["root"]["nodeId"]
    field = page.call("DOM.querySelector", nodeId=root, selector="#files")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=field, files=[str(good), str(bad)])
    page.run("document.getElementById('send').click()")
    page.wait("document.getElementById('told').textContent.includes('1 passages of 1 files')")
    told = page.run("document.getElementById('told').textContent")
    assert "picture.xyz is not a kind of file that is read" in told
    page.wait("[...document.querySelectorAll('#documents td')]"
              ".some(cell => cell.textContent === 'lighthouse.md')")  # fmt: skip
    picture(page, "stored")
    # Asked in this document alone.
    page.run("document.getElementById('within').value = 'lighthouse.md'")
    page.run("document.getElementById('question').focus()")
    ask(page, "When does the ferry to the lighthouse leave?")
    assert "before high water" in page.run("document.querySelector('.answer').textContent")
    page.run("window.confirm = () => true")
    page.run("[...document.querySelectorAll('#documents tr')]"
             ".find(row => row.textContent.includes('lighthouse.md'))"
             ".querySelector('button').click()")  # fmt: skip
    page.wait("document.getElementById('told').textContent === '1 passages removed.'")
    page.check()
    page.close()


def test_a_long_list_of_documents(browser, start_gateway):
    crowded = start_gateway("crowded")
    names = [f"{number:04}.md" for number in range(1001)]
    for part in (names[:1000], names[1000:]):
        upload(crowded, [chunk(name, "", name, source=name) for name in part])
    page = browser.page()
    page.open(crowded.url + "/")
    page.wait("document.getElementById('listed').textContent === '1000 of 1001 documents'")
    assert page.run("document.querySelectorAll('#documents tr').length") == 1000
    picture(page, "many")
    # What was chosen stays so, wherever in the list it is.
    page.run("document.getElementById('more').click()")
    page.wait("document.getElementById('more').hidden")
    assert page.run("document.querySelectorAll('#documents tr').length") == 1001
    page.run("document.getElementById('within').value = '1000.md'")
    page.run("window.confirm = () => true")
    page.run("document.querySelector('#documents tr button').click()")
    page.wait("document.querySelector('#documents td').textContent === '0001.md'")
    assert page.run("document.getElementById('within').value") == "1000.md"
    assert page.run("document.getElementById('within').options.length") == 1001
    page.check()
    page.close()


def test_pages_whose_name_leads_here_see_nothing(server):
    browser = Browser("--host-resolver-rules=MAP *.attacker.example 127.0.0.1")
    page = browser.page()
    page.expected.append("403")
    page.open(f"http://rebound.attacker.example:{server.port}/")
    page.wait("document.getElementById('told').textContent.includes('AUTH__ALLOWED_ORIGINS')")
    assert "`rebound.attacker.example`" in page.run("document.getElementById('told').textContent")
    reading = "fetch('/upload/chunks', {referrerPolicy: 'no-referrer', headers: "
    reading += "{'User-Agent': 'program', 'Accept-Language': '*'}}).then(a => a.status)"
    assert page.run(reading) == 403
    page.close()
    browser.close()


def test_a_key_that_is_needed(browser, server, start_gateway):
    guarded = start_gateway("page", AUTH__API_KEYS="read:reading-key-1")
    page = browser.page(PHONE)
    page.expected.append("401")
    page.open(guarded.url + "/")
    page.wait("document.getElementById('told').textContent.includes('API key')")
    page.run("""(key => { key.value = "reading-key-1";
        key.dispatchEvent(new Event("change")); })(document.getElementById("key"))""")
    page.wait("document.querySelector('#documents tr')")
    page.run("document.getElementById('question').focus()")
    ask(page, QUESTION)
    assert "three feathers" in page.run("document.querySelector('.answer').textContent")
    page.close()
