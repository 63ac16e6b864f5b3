"""A headless Chromium, told what to do over its DevTools protocol."""

import base64
import contextlib
import itertools
import json
import pathlib
import shutil
import subprocess
import tempfile

from process import until
from websockets.sync.client import connect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
DESKTOP, PHONE = (1280, 900), (390, 844)
WAIT_SECONDS = 20


class PageError(AssertionError):
    """What a page threw, logged as an error, or was refused."""


class Browser:
    """One browser process. Its pages have no past: each has a profile of its own."""

    def __init__(self, *options: str):
        program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
        assert program, "chromium is missing: scripts/install-dependencies installs it"
        self.folder = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [
                program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-dev-shm-usage", "--disable-background-networking",
                "--disable-component-update", "--force-prefers-reduced-motion",
                "--remote-debugging-port=0", f"--user-data-dir={self.folder.name}",
                *options, "about:blank",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        address = pathlib.Path(self.folder.name) / "DevToolsActivePort"
        port, path = until(lambda: address.exists() and address.read_text().split())
        # Pictures of pages are large messages.
        self.open = contextlib.ExitStack()
        self.socket = self.open.enter_context(
            connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None))
        self.numbers = itertools.count(1)
        self.pages: dict[str, Page] = {}

    def call(self, method: str, session: str | None = None, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            answer = self.receive(WAIT_SECONDS)
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def receive(self, seconds: float) -> dict:
        message = json.loads(self.socket.recv(timeout=seconds))
        if "method" in message and (page := self.pages.get(message.get("sessionId"))):
            page.hear(message["method"], message["params"])
        return message

    def page(self, size=DESKTOP, scheme="light") -> "Page":
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        session = self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        return Page(self, session, context, size, scheme)

    def close(self):
        with contextlib.suppress(Exception):
            self.call("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.open.close()
        self.folder.cleanup()


class Page:
    """One tab. Errors of the page are gathered, and fail the test that asks for them."""

    def __init__(self, browser: Browser, session: str, context: str, size, scheme: str):
        self.browser, self.session, self.context = browser, session, context
        self.errors: list[str] = []
        self.requests: list[tuple[str, str]] = []
        # What a test provokes, as parts of the messages.
        self.expected: list[str] = []
        browser.pages[session] = self
        for domain in ("Page", "Runtime", "Log", "Network", "Security"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.resize(size)

    def call(self, method: str, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def resize(self, size):
        width, height = size
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=1, mobile=size == PHONE)
        self.call("Emulation.setTouchEmulationEnabled", enabled=size == PHONE)

    def hear(self, event: str, told: dict):
        if event == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.errors.append(
                details.get("exception", {}).get("description") or details["text"])
        elif event == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(a.get("value", a)) for a in told["args"]))
        elif event == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            entry = told["entry"]
            self.errors.append(f"{entry['text']} ({entry.get('url', '')})")
        elif event == "Network.requestWillBeSent":
            self.requests.append((told["request"]["method"], told["request"]["url"]))

    def open(self, url: str):
        # The same address with another part behind `#` would not load anything.
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def run(self, script: str):
        """The value of an expression, which may be a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
            userGesture=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = WAIT_SECONDS):
        """Waits until an expression is true, or an element that is there."""
        # An element has no value by itself.
        value = f"(v => v instanceof Node ? true : v)({script})"
        try:
            return until(lambda: self.run(value), seconds)
        except TimeoutError:
            text = self.run("document.body.innerText")
            raise PageError(
                f"waited for {script}\n{self.errors}\nthe page says:\n{text}") from None

    def text(self, selector: str = "main") -> str:
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def wait_for_text(self, text: str, selector: str = "body"):
        self.wait(
            f"document.querySelector({json.dumps(selector)})?.innerText"
            f".includes({json.dumps(text)})")

    def click(self, label: str, within: str = "body", role: str = "button, a, summary"):
        """Clicks what is called so, as a mouse does: what lies below something else is missed."""
        find = f"const [within, role, label] = {json.dumps([within, role, label])}; {FIND}"
        script = f"(() => {{ {find} {PLACE} }})()"
        # What still moves is waited for, as people do.
        last = None
        while (place := self.wait(script)) != last:
            last = place
            self.run("new Promise(done => setTimeout(done, 30))")
        self.mouse(*place)

    def mouse(self, x: float, y: float):
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def fill(self, label: str, value: str, within: str = "body"):
        """Puts a value into the field of that label, as typing would."""
        what = json.dumps([within, label, value])
        self.wait(f"(() => {{ const [within, label, value] = {what}; {FILL} }})()")

    def press(self, key: str, modifiers: int = 0):
        text = {"Enter": "\r", " ": " "}.get(key, key if len(key) == 1 else "")
        code = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowRight": 39}.get(key, 0)
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        for event in (down, {"type": "keyUp"}):
            self.call(
                "Input.dispatchKeyEvent", key=key, code=key, windowsVirtualKeyCode=code,
                modifiers=modifiers, **event)

    def focus(self) -> str:
        """What has the focus, as a screen reader would name it, roughly."""
        return self.run(
            "(e => `${e.tagName.toLowerCase()} "
            "${e.getAttribute('aria-label') ?? e.innerText ?? ''}`.trim())"
            "(document.activeElement)")

    def picture(self, file: pathlib.Path, whole: bool = True) -> pathlib.Path:
        """Saves what is seen, the whole page by default."""
        options = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            options = {
                "captureBeyondViewport": True,
                "clip": {"x": 0, "y": 0, "width": size["width"],
                         "height": min(size["height"], 4000), "scale": 1},
            }  # fmt: skip
        file.parent.mkdir(parents=True, exist_ok=True)
        data = self.call("Page.captureScreenshot", format="png", **options)["data"]
        file.write_bytes(base64.b64decode(data))
        return file

    def check(self):
        """Fails when the page complained of anything that was not provoked."""
        self.run("new Promise(requestAnimationFrame)")
        found = [e for e in self.errors if not any(part in e for part in self.expected)]
        if found:
            raise PageError("\n".join(found))

    def close(self):
        self.browser.pages.pop(self.session, None)
        self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)


# Finds a button or a link by its name, in the topmost window.
FIND = """
const roots = [...document.querySelectorAll(within)];
const all = roots.flatMap(root => [...root.querySelectorAll(role)]);
const name = e => (e.getAttribute("aria-label") ?? e.innerText).trim();
const open = document.querySelector("dialog[open]");
const found = all.filter(e => e.checkVisibility() && (!open || open.contains(e)));
const element = found.find(e => name(e) === label && !e.disabled);
if (!element) return false;
"""
PLACE = """
element.scrollIntoView({block: "center", behavior: "instant"});
const box = element.getBoundingClientRect();
return [box.x + box.width / 2, box.y + box.height / 2];
"""
FILL = """
const open = document.querySelector("dialog[open]") ?? document;
const root = open === document ? document.querySelector(within) : open;
const named = e => (e.getAttribute("aria-label") ?? e.labels?.[0]?.querySelector("span")?.innerText
  ?? e.labels?.[0]?.innerText ?? "").trim();
const field = [...root.querySelectorAll("input, select, textarea")]
  .find(e => named(e) === label && e.checkVisibility());
if (!field) return false;
field.focus();
if (field.type === "checkbox") { if (field.checked !== (value === "true")) field.click(); }
else {
  field.value = value;
  field.dispatchEvent(new Event("input", {bubbles: true}));
  field.dispatchEvent(new Event("change", {bubbles: true}));
}
return true;
"""
