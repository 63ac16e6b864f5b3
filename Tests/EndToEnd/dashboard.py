"""What tests of the dashboard share: a server to look at, and how its pages are used.

Pictures of them go to the folder that DASHBOARD_PICTURES names, if it names one.
"""

import os
import pathlib
import random

import axe_core_python
import pytest
import requests
from process import quiver, until
from wire import Wire

AXE = (pathlib.Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
POINTS = 1200


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
    found = page.run("""axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations
      .map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.html).join(" | ")}`))""")
    over = page.run("document.documentElement.scrollWidth - innerWidth")
    return found + ([f"{over} pixels too wide"] if over > 0 else [])


