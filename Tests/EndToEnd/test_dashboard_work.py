"""The built-in dashboard in a browser: what people do with it is done in the server."""

import json

import requests
from dashboard import POINTS, page, picture, server, visit  # noqa: F401
from process import until
from wire import Wire


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
    page.fill("Alias", "second one")
    page.click("Create")
    page.wait_for_text("second one", "main")
    assert wire.send("GET", "/collections/second%20one").ok
    page.click("Delete the alias second one")
    page.click("Delete", "dialog")
    page.wait_for_text("It has no other name", "main")

    page.click("Delete", ".heading")
    page.click("Delete the collection")
    page.wait_for_text("This is not “made here”.", "dialog")
    page.run("document.querySelector('dialog input').value = 'made here'")
    page.click("Delete the collection")
    page.wait("location.hash === '#/'")
    assert wire.send("GET", "/collections/made%20here").status_code == 404


def test_vectors_come_and_go(page, server):
    wire = Wire(server.url, requests.Session())
    body = {"vectors": {"first": {"size": 2, "distance": "Dot"}}}
    wire.result("PUT", "/collections/grown", body)
    visit(page, "#/collections/grown")
    page.click("New vector")
    page.click("Add", "dialog")
    page.wait_for_text("needs a name", "dialog")
    page.fill("Name", "second")
    page.fill("Size", "5")
    page.click("Add", "dialog")
    page.wait_for_text("“second” was added.")
    params = wire.result("GET", "/collections/grown")["config"]["params"]["vectors"]
    assert params["second"] == {"size": 5, "distance": "Cosine"}
    page.wait_for_text("second", "main")
    page.click("Drop: second")
    page.wait("document.querySelector('dialog input')")
    page.run("document.querySelector('dialog input').value = 'second'")
    page.click("Drop the vector")
    page.wait_for_text("“second” was dropped.")
    page.wait("!document.querySelector('dialog')")
    params = wire.result("GET", "/collections/grown")["config"]["params"]["vectors"]
    assert list(params) == ["first"]
    wire.result("DELETE", "/collections/grown")


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
    assert "filter.must[0].nonsense" in page.text(".trouble")
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


def test_numbers_stay_what_they_are(page, server):
    """Whole numbers that JavaScript can't hold are shown, asked for, written back as they were."""
    wire = Wire(server.url, requests.Session())
    wire.result("PUT", "/collections/large", {"vectors": {"size": 2, "distance": "Dot"}})
    whole, odd = 18446744073709551615, 9007199254740993
    point = {"points": [{"id": whole, "vector": [1, 2], "payload": {"n": odd, "f": 0.1}}]}
    wire.result("PUT", "/collections/large/points?wait=true", point)
    visit(page, "#/collections/large/points")
    page.wait_for_text(str(whole), "main")
    page.wait_for_text(str(odd), "main")
    page.click(f"Edit payload: point {whole}")
    page.wait("document.querySelector('dialog textarea')")
    text = page.run("document.querySelector('dialog textarea').value")
    assert json.loads(text) == {"n": odd, "f": 0.1}
    page.fill("As JSON", text.replace("0.1", "0.25"))
    page.click("Save")
    page.wait_for_text("was saved.")
    found = wire.result("GET", f"/collections/large/points/{whole}")
    assert found["payload"] == {"n": odd, "f": 0.25}
    page.click(f"Similar: point {whole}")
    page.wait_for_text(f"The nearest to point {whole}.")
    wire.result("DELETE", "/collections/large")


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
        if title == "Nearest to a vector":
            assert "Lists read" in page.text() and "Vectors scored exactly" in page.text()
            picture(page, "console-answer")
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
