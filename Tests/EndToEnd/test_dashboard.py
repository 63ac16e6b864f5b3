"""The built-in dashboard, used in a browser as people use it. Pictures go to DASHBOARD_PICTURES."""

import json
import os
import pathlib
import random

import axe_core_python
import pytest
import requests
from browser import DESKTOP, PHONE, Browser, PageError, until
from process import ROOT, quiver
from reverse_proxy import below
from wire import Wire

PAGES = ROOT / "Sources/CDashboardPages/Pages"
AXE = (pathlib.Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
KEY, READ_KEY = "full-key-2718", "read-key-3141"
POINTS = 1200
VIEWS = {
    "overview": ("#/", "Collections"),
    "about": ("#/collections/articles", "Memory by kind"),
    "payload": ("#/collections/articles/payload", "author.name"),
    "points": ("#/collections/articles/points", "of about 1,200"),
    "map": ("#/collections/articles/map", "of their variance"),
    "snapshots": ("#/collections/articles/snapshots", "New snapshot"),
    "console": ("#/console", "Nothing was sent yet"),
    "activity": ("#/activity", "since the start"),
    "server-snapshots": ("#/snapshots", "Snapshots of the server"),
    "access": ("#/access", "everybody who reaches it"),
}


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a collection of every kind of vector, and an index."""
    service = quiver(
        tmp_path_factory.mktemp("quiver"), QUIVER__STORAGE__LIMITS__MEMORY_MB="2048")
    service.start()
    fill(Wire(service.url, requests.Session()))
    yield service
    service.kill()


def fill(wire):
    topics = ["sport", "science", "music", "travel", "food"]
    generator = random.Random(5)
    centres = {topic: [generator.gauss(0, 1) for _ in range(24)] for topic in topics}
    wire.result("PUT", "/collections/articles", {
        "vectors": {
            "text": {"size": 24, "distance": "Cosine"},
            "tokens": {"size": 8, "distance": "Dot",
                       "multivector_config": {"comparator": "max_sim"}}},
        "sparse_vectors": {"words": {"modifier": "idf"}},
        "optimizers_config": {"indexing_threshold": 20},
    })  # fmt: skip
    points = []
    for number in range(1, POINTS + 1):
        topic = generator.choice(topics)
        points.append({
            "id": number,
            "vector": {
                "text": [value + generator.gauss(0, 0.5) for value in centres[topic]],
                "tokens": [[generator.random() for _ in range(8)] for _ in range(2)],
                "words": {"indices": [0, number], "values": [0.5, 1]}},
            "payload": {
                "topic": topic, "title": f"An article about {topic}, number {number}",
                "year": 1990 + number % 30, "tags": ["new", "long"],
                "author": {"name": generator.choice(["Ada", "Grace"])}},
        })  # fmt: skip
    wire.result("PUT", "/collections/articles/points?wait=true", {"points": points})
    for field, kind in (("topic", "keyword"), ("year", "integer"), ("title", "text")):
        wire.result("PUT", "/collections/articles/index?wait=true",
                    {"field_name": field, "field_schema": kind})  # fmt: skip
    wire.result("POST", "/collections/aliases", {"actions": [
        {"create_alias": {"alias_name": "news", "collection_name": "articles"}}]})  # fmt: skip
    until(lambda: wire.result("GET", "/collections/articles").get("ivf", {})
          .get("text", {}).get("state") == "ready")  # fmt: skip


@pytest.fixture
def page(browser, server):
    page = browser.page()
    page.home = server.url + "/dashboard/"
    yield page
    page.check()
    page.close()


def visit(page, place):
    page.open(page.home + place)
    page.wait("document.querySelector('h1')")


def picture(page, name):
    if folder := os.environ.get("DASHBOARD_PICTURES"):
        page.picture(pathlib.Path(folder) / f"{name}.png")


def violations(page) -> list[str]:
    """What axe finds wrong, and how wide the page is beyond the window."""
    page.run(AXE)
    # The map of a plane of dots has its table; nothing else is left out.
    found = page.run("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations"
                     ".map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.html).join(' | ')}`))")  # fmt: skip
    over = page.run("document.documentElement.scrollWidth - innerWidth")
    return found + ([f"{over} pixels too wide"] if over > 0 else [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_view(browser, server, size, scheme):
    """No complaint of the browser, nothing that axe minds, nothing wider than the window."""
    page = browser.page(size, scheme)
    page.home = server.url + "/dashboard/"
    problems = {}
    for name, (place, text) in VIEWS.items():
        visit(page, place)
        page.wait_for_text(text, "main")
        page.wait("document.querySelectorAll('.trouble').length === 0")
        picture(page, f"{name}-{'phone' if size == PHONE else 'desktop'}-{scheme}")
        if found := violations(page):
            problems[name] = found
    assert not problems, json.dumps(problems, indent=2)
    hosts = {url.split("/")[2] for _, url in page.requests if url.startswith("http")}
    assert hosts == {f"127.0.0.1:{server.port}"}
    page.check()
    page.close()


def test_every_module_is_sound(page):
    """Each is loaded by itself: a slip in one that no other test opens fails here."""
    visit(page, "#/")
    for module in sorted(PAGES.rglob("*.js")):
        name = module.relative_to(PAGES).as_posix()
        if name != "app.js":
            page.run(f"import('./{name}').then(() => true)")


def test_a_broken_rule_is_noticed(browser, server):
    """The tests see what the policy refuses."""
    page = browser.page()
    page.open(server.url + "/dashboard/")
    page.run("document.body.append(Object.assign(document.createElement('script'),"
             "{textContent: 'window.evil = 1'}))")  # fmt: skip
    with pytest.raises(PageError, match="Content Security Policy"):
        page.check()
    assert page.run("window.evil") is None
    page.close()


def test_a_collection_lives_and_dies(page, server):
    wire = Wire(server.url, requests.Session())
    visit(page, "#/")
    page.click("New collection")
    page.fill("Name", "made here")
    # The name that counts is the first: the others are of vectors.
    page.fill("Size", "3")
    page.click("Add a vector")
    page.click("Create")
    page.wait_for_text("Only a single dense vector may be without a name", "dialog")
    page.press("Escape")
    page.wait("!document.querySelector('dialog')")

    page.click("New collection")
    page.fill("Name", "made here")
    page.run("[...document.querySelectorAll('dialog fieldset input')][0].value = 'text'")
    page.fill("Size", "3")
    page.click("Add a vector")
    page.run("""(() => {
      const set = [...document.querySelectorAll('dialog fieldset')][1];
      const [kind] = set.querySelectorAll('select');
      kind.value = 'sparse';
      kind.dispatchEvent(new Event('change'));
      set.querySelector('input').value = 'words';
    })()""")
    page.click("Create")
    page.wait_for_text("“made here” was made.")
    page.wait_for_text("0 points", "main")
    params = wire.result("GET", "/collections/made%20here")["config"]["params"]
    assert params["vectors"] == {"text": {"size": 3, "distance": "Cosine"}}
    assert params["sparse_vectors"] == {"words": {}}

    page.click("Edit")
    page.fill("Changes, as JSON", '{"optimizers_config": {"indexing_threshold": 77}}')
    page.click("Save")
    page.wait_for_text("77 KB of vectors", "main")

    page.click("New alias")
    page.fill("Alias", "other name")
    page.click("Create")
    page.wait_for_text("other name", "main")
    assert wire.send("GET", "/collections/other%20name").ok
    page.click("Delete the alias other name")
    page.click("Delete", "dialog")
    page.wait_for_text("It has no other name", "main")

    page.click("Delete", ".heading")
    page.click("Delete the collection")
    page.wait_for_text("This is not “made here”.", "dialog")
    page.run("document.querySelector('dialog input').value = 'made here'")
    page.click("Delete the collection")
    page.wait("location.hash === '#/'")
    assert wire.send("GET", "/collections/made%20here").status_code == 404


def test_payload_indexes(page, server):
    wire = Wire(server.url, requests.Session())
    visit(page, "#/collections/articles/payload")
    page.click("Index it: author.name")
    page.click("Create")
    page.wait_for_text("“author.name” is indexed.")
    schema = wire.result("GET", "/collections/articles")["payload_schema"]
    assert schema["author.name"] == {"data_type": "keyword", "points": POINTS}
    page.click("Delete index: author.name")
    page.click("Delete the index")
    page.wait_for_text("Index it", "main")
    page.wait("!document.querySelector('dialog')")
    assert "author.name" not in wire.result("GET", "/collections/articles")["payload_schema"]


def shown_points(page) -> list[int]:
    return page.run("[...document.querySelectorAll('.point h3 code')].map(e => +e.innerText)")


def test_points_are_paged_filtered_and_changed(page, server):
    wire = Wire(server.url, requests.Session())
    visit(page, "#/collections/articles/points")
    page.wait_for_text("1–10 of about 1,200")
    page.click("Next")
    page.wait_for_text("11–20 of about")
    assert shown_points(page) == list(range(11, 21))
    page.click("Previous")
    page.wait_for_text("1–10 of about")

    page.click("Add a condition")
    page.fill("Key", "topic")
    page.fill("Value", "music")
    page.click("Add a condition")
    page.run("""(() => {
      const row = [...document.querySelectorAll('form fieldset')][1];
      const [, kind] = row.querySelectorAll('select');
      kind.value = 'least';
      kind.dispatchEvent(new Event('change'));
      const [key, value] = row.querySelectorAll('input');
      [key.value, value.value] = ['year', '2010'];
    })()""")
    page.click("Apply")
    body = {"filter": {"must": [{"key": "topic", "match": {"value": "music"}},
                                {"key": "year", "range": {"gte": 2010}}]}, "limit": 10}  # fmt: skip
    found = wire.result("POST", "/collections/articles/points/scroll", body)["points"]
    wanted = [point["id"] for point in found]
    until(lambda: shown_points(page) == wanted)
    page.click("Write it as JSON")
    assert json.loads(page.run("document.querySelector('form textarea').value")) == body["filter"]
    page.fill("Filter as JSON", '{"must": ')
    page.click("Apply")
    page.wait_for_text("The filter is not JSON")
    page.fill("Filter as JSON", '{"must": [{"nonsense": 1}]}')
    page.expected.append("400")
    page.click("Apply")
    page.wait("document.querySelector('main .trouble')")
    assert "Bad request" in page.text(".trouble") or "Format error" in page.text(".trouble")
    page.fill("Filter as JSON", "")
    page.click("Apply")
    page.wait_for_text("1–10 of about")

    page.click("Similar: point 7")
    page.wait_for_text("The nearest to point 7")
    nearest = wire.result("POST", "/collections/articles/points/query",
                          {"query": 7, "using": "text", "limit": 10})["points"]  # fmt: skip
    page.wait("document.querySelectorAll('.point').length === 10")
    assert shown_points(page) == [p["id"] for p in nearest]
    page.click("All points")
    page.wait_for_text("1–10 of about")

    page.click("Vectors: point 3")
    page.wait_for_text('"words"', "main")
    page.click("Edit payload: point 8")
    page.fill("As JSON", "[1]")
    page.click("Save")
    page.wait_for_text("A payload is an object", "dialog")
    page.fill("As JSON", '{"topic": "changed"}')
    page.click("Save")
    page.wait_for_text("The payload of point 8 was saved.")
    point = "/collections/articles/points/8"
    assert wire.result("GET", point)["payload"] == {"topic": "changed"}
    page.click("Delete: point 8")
    page.click("Delete", "dialog")
    page.wait_for_text("Point 8 was deleted.")
    page.wait("!document.querySelector('[aria-label=\"Delete: point 8\"]')")
    assert wire.send("GET", point).status_code == 404


def test_console(page, server):
    visit(page, "#/console")
    page.wait("document.querySelectorAll('main select')[1]?.options.length > 20")
    titles = page.run("[...document.querySelectorAll('main select')[1].options].map(o => o.text)")
    sent = 0
    for number, title in enumerate(titles[1:]):
        if title.startswith(("Upsert", "Set payload", "Delete", "Index a key")):
            continue
        page.fill("Template", str(number))
        page.click("Send")
        page.wait("document.querySelector('[aria-label=\"The answer\"]')")
        sent += 1
        page.wait(f"document.querySelectorAll('.history li').length === {sent}")
        assert page.text("strong").startswith("200"), (title, page.text())
    assert sent > 20
    page.fill("Path", "collections/nowhere")
    page.fill("Method", "GET")
    page.fill("Body, as JSON", "")
    page.expected.append("404")
    page.click("Send")
    page.wait_for_text("Collection `nowhere` doesn't exist!", "main")


def test_map(page):
    visit(page, "#/collections/articles/map")
    page.wait_for_text("of their variance", "main")
    assert page.text(".legend").count("(") == 5
    colours = """(() => {
      const canvas = document.querySelector("canvas");
      const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let drawn = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) drawn += 1;
      return drawn;
    })()"""
    # Pictures are read back here, and nowhere else.
    page.expected.append("willReadFrequently")
    whole = page.run(colours)
    assert whole > 1000
    page.click("Zoom in")
    page.click("Zoom in")
    page.run("document.querySelector('canvas').focus()")
    page.press("+")
    page.press("ArrowRight")
    assert page.run(colours) != whole
    page.click("Show all")
    assert page.run(colours) == whole
    page.fill("Colour by", "year")
    page.wait("document.querySelectorAll('.legend li').length === 3")
    page.click("The same as a table")
    page.wait_for_text("1–25 of 1,000", "main")
    page.run("document.querySelector('details table button').click()")
    page.wait("document.querySelector('.point')")


def test_snapshots(page, server, tmp_path):
    wire = Wire(server.url, requests.Session())
    wire.result("PUT", "/collections/kept", {"vectors": {"size": 2, "distance": "Dot"}})
    point = {"points": [{"id": 1, "vector": [1, 2]}]}
    wire.result("PUT", "/collections/kept/points?wait=true", point)
    visit(page, "#/collections/kept/snapshots")
    page.click("New snapshot")
    page.wait_for_text(".snapshot", "table")
    name = wire.result("GET", "/collections/kept/snapshots")[0]["name"]
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path),
              browserContextId=page.context)  # fmt: skip
    page.click(f"Download: {name}")
    file = tmp_path / name
    until(file.exists)
    assert file.read_bytes() == wire.send("GET", f"/collections/kept/snapshots/{name}").content

    def lose():
        wire.result("POST", "/collections/kept/points/delete?wait=true", {"points": [1]})

    def count():
        return wire.result("POST", "/collections/kept/points/count", {})["count"]

    lose()
    page.click(f"Recover: {name}")
    page.click("Recover", "dialog")
    page.wait_for_text("is as it was in")
    assert count() == 1

    lose()
    document = page.call("DOM.getDocument")["root"]["nodeId"]
    field = page.call("DOM.querySelector", nodeId=document, selector="input[type=file]")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=field, files=[str(file)])
    page.click("Upload and recover")
    until(lambda: count() == 1)
    page.wait("!document.querySelector('dialog')")

    page.click(f"Delete: {name}")
    page.click("Delete", "dialog")
    page.wait_for_text("There is no snapshot.", "main")
    wire.result("DELETE", "/collections/kept")


def test_by_keyboard(page):
    """From the first key to an open collection, with the focus always seen."""
    visit(page, "#/")
    page.wait_for_text("articles", "main")
    page.press("Tab")
    assert page.focus() == "a Skip to the content"
    assert page.run("document.activeElement.getBoundingClientRect().y >= 0")
    seen = []
    while True:
        page.press("Tab")
        if page.run("document.activeElement === document.body"):
            break
        seen.append(page.focus())
        outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"{seen[-1]} has the focus, which is not seen"
    assert seen[:3] == ["a Quiver", "a Overview", "a Console"]
    wanted = ["button Colours: system", "button New collection",
              "input Filter collections by name", "div Collections", "a articles"]  # fmt: skip
    order = [seen.index(one) for one in wanted]
    assert order == sorted(order)
    while page.focus() != "a articles":
        page.press("Tab")
    page.press("Enter")
    page.wait_for_text("Memory by kind", "main")
    assert page.run("document.activeElement.id") == "main"
    page.run("document.querySelector('.heading .danger').focus()")
    page.press("Enter")
    page.wait("document.querySelector('dialog[open]')")
    for _ in range(8):
        page.press("Tab")
        assert page.run("document.activeElement === document.body"
                        " || !!document.activeElement.closest('dialog')")  # fmt: skip
    page.press("Escape")
    page.wait("!document.querySelector('dialog')")
    assert page.focus() == "button Delete"


def test_colours_can_be_chosen(page):
    visit(page, "#/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.run(ground)
    page.click("Colours: system")
    assert page.run(ground) == light
    page.click("Colours: light")
    dark = page.run(ground)
    assert dark != light
    page.call("Page.reload")
    page.wait("document.readyState === 'complete' && document.querySelector('h1')")
    assert page.run(ground) == dark
    page.click("Colours: dark")
    assert page.run(ground) == light


def test_below_a_path_of_its_own(page, server):
    with below("/db/quiver", server.port) as address:
        page.open(address + "/dashboard")
        page.wait_for_text("articles", "main")
        assert page.run("location.pathname") == "/db/quiver/dashboard/"
        page.click("articles")
        page.wait_for_text("Memory by kind", "main")
        page.click("Map")
        page.wait_for_text("of their variance", "main")
        assert all("/db/quiver/" in url for _, url in page.requests
                   if address.split("/")[2] in url)  # fmt: skip
        # Before the proxy's own server goes.
        page.open("about:blank")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    service = quiver(
        tmp_path_factory.mktemp("guarded"), QUIVER__SERVICE__API_KEY=KEY,
        QUIVER__SERVICE__READ_ONLY_API_KEY=READ_KEY,
    )  # fmt: skip
    service.start()
    wire = Wire(service.url, requests.Session())
    vectors = {"vectors": {"size": 2, "distance": "Dot"}}
    assert wire.send("PUT", "/collections/guarded", vectors, headers={"api-key": KEY}).ok
    yield service
    service.kill()


def test_a_key_is_asked_for(browser, guarded):
    page = browser.page()
    page.expected += ["401", "403"]
    page.open(guarded.url + "/dashboard/")
    page.wait_for_text("This server asks for a key", "dialog")
    assert not violations(page)
    picture(page, "key")
    page.fill("API key or token", "nonsense")
    page.click("Go on")
    page.wait_for_text("Invalid API key", "dialog")
    page.fill("API key or token", READ_KEY)
    page.click("Go on")
    page.wait_for_text("guarded", "main")
    page.click("Access")
    page.wait_for_text("It may read everything, and change nothing.", "main")
    page.open(guarded.url + "/dashboard/#/collections/guarded")
    page.wait_for_text("Memory by kind", "main")
    page.click("Delete", ".heading")
    page.wait("document.querySelector('dialog input')")
    page.run("document.querySelector('dialog input').value = 'guarded'")
    page.click("Delete the collection")
    page.wait_for_text("Global manage access is required", "dialog")
    page.press("Escape")

    page.open(guarded.url + "/dashboard/#/access")
    page.wait_for_text("change nothing", "main")
    page.click("Use another key")
    page.fill("API key or token", KEY)
    page.click("Go on")
    page.wait_for_text("It may do everything.", "main")
    assert KEY not in page.text("body")
    page.click("Make a token")
    page.wait("document.querySelector('main textarea')?.value.split('.').length === 3")
    picture(page, "token")
    token = page.run("document.querySelector('main textarea').value")
    claims = page.run(f"import('./core/token.js').then(m => m.claims({json.dumps(token)}))")
    assert claims["access"] == "r" and claims["exp"] > 1_700_000_000
    page.click("Forget it")
    page.wait_for_text("This server asks for a key", "dialog")
    assert page.run("sessionStorage.getItem('quiver.key')") is None
    page.check()
    page.close()


def test_a_thousand_collections_stay_usable(browser, tmp_path):
    service = quiver(tmp_path)
    service.start()
    try:
        wire = Wire(service.url, requests.Session())
        for number in range(1000):
            wire.result("PUT", f"/collections/many-{number:04}",
                        {"vectors": {"size": 4, "distance": "Dot"}})  # fmt: skip
        page = browser.page()
        page.open(service.url + "/dashboard/")
        page.wait_for_text("1–50 of 1,000", "main")
        page.wait("!document.querySelector('table').innerText.includes('…')")
        asked = [url for _, url in page.requests if "/collections/many" in url]
        assert len(asked) == 50, "only those that are seen are asked for"
        page.fill("Filter collections by name", "0777")
        page.wait("document.querySelectorAll('tbody tr').length === 1")
        page.wait_for_text("many-0777", "table")
        page.check()
        page.close()
    finally:
        service.kill()


def test_projection(page):
    """Two directions of a known shape: a long one, a short one, and nothing else."""
    visit(page, "#/")
    found = page.run("""import("./core/pca.js").then(({project}) => {
      const rows = Array.from({length: 400}, (_, i) => {
        const [a, b] = [Math.cos(i * 0.7) * 10, Math.sin(i * 1.3) * 3];
        return [a + 1, b - 2, 5, (a - b) * 0.001];
      });
      return project(rows);
    })""")
    long, short = found["explained"]
    assert 0.85 < long < 0.95 and abs(long + short - 1) < 1e-3
    spread = [max(p[axis] for p in found["points"]) - min(p[axis] for p in found["points"])
              for axis in (0, 1)]  # fmt: skip
    assert abs(spread[0] - 20) < 0.2 and abs(spread[1] - 6) < 0.2
