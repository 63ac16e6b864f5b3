"""The built-in dashboard in a browser: how it looks, who may use it, by which means."""

import json

import pytest
import requests
from browser import DESKTOP, PHONE, PageError
from dashboard import page, picture, server, violations, visit  # noqa: F401
from process import ROOT, quiver
from reverse_proxy import below
from wire import Wire

PAGES = ROOT / "Sources/CDashboardPages/Pages"
KEY, READ_KEY = "full-key-2718", "read-key-3141"
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
        QUIVER__SERVICE__READ_ONLY_API_KEY=READ_KEY, QUIVER__SERVICE__JWT_RBAC="true",
    )  # fmt: skip
    service.start()
    wire = Wire(service.url, requests.Session())
    vectors = {"vectors": {"size": 2, "distance": "Dot"}}
    assert wire.send("PUT", "/collections/guarded", vectors, headers={"api-key": KEY}).ok
    yield service
    service.kill()


def check_token_of_a_point(page, wire, before: str):
    """One that ends with a point: the collection has no such point, so that it opens nothing."""
    page.click("It ends when a point is deleted", role="label")
    page.click("Make a token")
    page.wait_for_text("Name the collection of the point.", "main")
    page.fill("Collection of the point", "guarded")
    page.fill("What its payload has", "id=42, name=ann, on=true")
    page.click("Make a token")
    page.wait(f"document.querySelector('main textarea').value !== {json.dumps(before)}")
    bound = page.run("document.querySelector('main textarea').value")
    claims = page.run(f"import('./core/token.js').then(m => m.claims({json.dumps(bound)}))")
    assert claims["value_exists"] == {"collection": "guarded", "matches": [
        {"key": "id", "value": 42}, {"key": "name", "value": "ann"}, {"key": "on", "value": True},
    ]}  # fmt: skip
    assert wire.send("GET", "/collections/guarded", headers={"api-key": bound}).status_code == 401


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
    headers = {"api-key": token}
    wire = Wire(guarded.url, requests.Session())
    assert wire.send("GET", "/collections/guarded", headers=headers).ok
    assert wire.send("DELETE", "/collections/guarded", headers=headers).status_code == 403
    page.fill("What it may do", "some")
    page.fill("Collections", "guarded")
    page.fill("They may", "rw")
    page.click("Make a token")
    page.wait(f"document.querySelector('main textarea').value !== {json.dumps(token)}")
    narrow = page.run("document.querySelector('main textarea').value")
    check_token_of_a_point(page, wire, narrow)
    page.click("Use another key")
    page.fill("API key or token", narrow)
    page.click("Go on")
    page.wait_for_text("It may use some collections only.", "main")
    page.wait_for_text('"access": "rw"', "main")
    page.open(guarded.url + "/dashboard/#/")
    page.wait_for_text("guarded", "main")
    assert "Memory by the formula" not in page.text()
    page.click("guarded")
    page.wait_for_text("Memory by kind", "main")
    page.open(guarded.url + "/dashboard/#/access")
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


def test_plane(page):
    """What is under the pointer stays there; the nearest dot is found where it is seen."""
    visit(page, "#/")
    found = page.run("""import("./core/plane.js").then(({Plane}) => {
      const plane = new Plane();
      Object.assign(plane, {width: 400, height: 200});
      const dots = [{x: -1, y: 5}, {x: 3, y: 5}, {x: 1, y: 6}];
      plane.setDots(dots);
      const whole = dots.map(dot => plane.place(dot));
      plane.zoom(8, whole[1]);
      plane.zoom(1 / 2, whole[1]);
      const zoomed = dots.map(dot => plane.place(dot));
      plane.move(10, -20);
      const moved = plane.place(dots[1]);
      const nearest = plane.nearest(moved[0] + 3, moved[1], 14) === dots[1];
      const nothing = plane.nearest(moved[0] + 30, moved[1], 14);
      plane.reset();
      plane.setDots([{x: 2, y: 2}]);
      return {whole, zoomed, moved, nearest, nothing, alone: plane.place(plane.dots[0])};
    })""")
    assert found["whole"] == [[120, 120], [280, 120], [200, 80]]
    assert found["zoomed"] == [[-360, 120], [280, 120], [-40, -40]]
    assert found["moved"] == [290, 100]
    assert found["nearest"] is True and found["nothing"] is None
    assert found["alone"] == [200, 100]
