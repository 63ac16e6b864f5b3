"""The built-in dashboard of servers that share a log: who they are, who leads, who is behind."""

import pytest
from browser import DESKTOP, PHONE
from dashboard import picture, violations, visit
from object_stores import moto
from process import until
from shared_log import call, create, ids, leads, sharing, write


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A server that leads and one that follows."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "store").mkdir()
    store = moto(folder / "store")
    started = []
    try:
        for name, role in (("one", "auto"), ("other", "follower")):
            (folder / name).mkdir()
            server = sharing(folder / name, store.endpoint, "sync",
                             QUIVER__REPLICATION__ROLE=role)  # fmt: skip
            started.append(server)
            server.start(60)
            until(lambda: leads(started[0]), 60)
        yield started
    finally:
        for server in started:
            server.kill()
        store.stop()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_overview_shows_the_servers(browser, pair, size):
    leader, follower = pair
    if call(leader, "GET", "/collections/things")[0] != 200:
        create(leader)
    write(leader, 1)
    until(lambda: call(follower, "GET", "/collections/things")[0] == 200 and 1 in ids(follower), 60)
    for server in pair:
        until(lambda server=server: {"leader", "follower"} == {
            node["role"] for node in
            call(server, "GET", "/cluster")[1]["result"]["replication"]["nodes"]}, 60)  # fmt: skip
        page = browser.page(size)
        page.home = server.url + "/dashboard/"
        visit(page, "#/")
        page.wait_for_text(leader.url, "main")
        page.wait_for_text(follower.url, "main")
        page.wait_for_text("leads: takes writes", "main")
        page.wait_for_text("This server follows" if server is follower
                           else "This server leads", "main")  # fmt: skip
        page.wait("document.querySelectorAll('.trouble').length === 0")
        rows = page.run("""[...document.querySelectorAll('table')].find(t =>
          t.caption.textContent === 'Servers').tBodies[0].innerText""")
        assert rows.count("follows") == 1 and rows.count("leads") == 1
        picture(page, f"servers-{'phone' if size == PHONE else 'desktop'}")
        assert not violations(page)
        page.check()
        page.close()
