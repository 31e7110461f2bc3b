"""One window of a browser on the workbench, as tests use it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import TimeoutError as NotYetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import (
        Browser,
        ConsoleMessage,
        Error,
        Locator,
        Position,
        Request,
        Response,
        ViewportSize,
        WebSocket,
    )

LOCAL: Final = "127.0.0.1"
BLOCKED: Final = ("csp", "net::ERR_BLOCKED_BY_CSP")  # what a request fails of that was never sent
PATIENCE: Final = 90_000  # milliseconds; a machine that is busy is not a fault
AGAIN: Final = 3_000  # after which a click of which the page took no notice is done again
LATE: Final = 30_000  # and one that the server was told of, when nothing came of it
TRIES: Final = 10
ROW: Final = 35  # pixels of a row of a table of runs
HEADING: Final = 33  # and of the names of its columns
SIZE: Final[ViewportSize] = {"width": 1440, "height": 1000}
PICTURES: Final = os.environ.get("MHRAS_PICTURES")  # a folder: tests leave what they saw there
AXE: Final = Path(__file__).with_name("axe.min.js")
WIDTHS: Final = (1280, 1920, 640)
LOOKS: Final = 100  # at a page that was given another width
MISFITS: Final = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const found = [document.documentElement, main]
    .filter((part) => part.scrollWidth > part.clientWidth + 1)
    .map((part) => `${part.tagName} is ${part.scrollWidth} wide in ${part.clientWidth}`);
  const parts = [...main.querySelectorAll('[data-testid=stElementContainer]')]
    .map((part) => [part, part.getBoundingClientRect()])
    .filter(([, box]) => box.width > 2 && box.height > 2);
  parts.forEach(([one, a], place) => parts.slice(place + 1).forEach(([other, b]) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 3 && down > 3 && !one.contains(other) && !other.contains(one))
      found.push(`${one.innerText.slice(0, 40)} covers ${other.innerText.slice(0, 40)}`);
  }));
  return found;
}"""
SETTLED: Final = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return !!app && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')
    && !document.querySelector('[data-stale=true]')
    && !!document.querySelector('h1');
}"""


def says(text: str) -> str:
    """Return the condition in JavaScript that the page shows a text."""
    return f"() => document.querySelector('[data-testid=stMain]').innerText.includes({text!r})"


def has(selector: str) -> str:
    """Return the condition that the page has an element."""
    return f"() => !!document.querySelector({selector!r})"


def is_titled(title: str) -> str:
    """Return the condition that this is the page of a title."""
    return f"() => document.querySelector('h1')?.innerText === {title!r}"


class Ui:
    """A window with a guard: it must stay on this machine, and nothing in it may fail."""

    def __init__(self, browser: Browser, address: str, theme: str) -> None:
        self.address, self.theme = address, theme
        self.faults: list[str] = []
        self.expected: tuple[str, ...] = ()
        self.outside: set[Request] = set()  # to others, of which it is not known what became
        self.asked = 0  # messages to the server: each is a click or a text the page has taken
        scheme: Any = theme
        self.context = browser.new_context(viewport=SIZE, color_scheme=scheme, locale="en-GB")
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_error)
        self.page.on("request", self._on_request)
        self.page.on("requestfailed", self._on_request_ended)
        self.page.on("requestfinished", self._on_request_ended)
        self.page.on("response", self._on_response)
        self.page.on("websocket", self._on_websocket)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text}")

    def _on_error(self, error: Error) -> None:
        self.faults.append(f"page: {error}")

    def _on_request(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme not in ("data", "blob", "about") and place.hostname != LOCAL:
            self.outside.add(request)

    def _on_request_ended(self, request: Request) -> None:
        # Chromium tells of a request that the policy stops as of any other: it only fails at once
        if request in self.outside and request.failure not in BLOCKED:
            self.faults.append(f"left this machine ({request.failure}): {request.url}")
        self.outside.discard(request)

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def _on_websocket(self, socket: WebSocket) -> None:
        socket.on("framesent", self._on_asked)

    def _on_asked(self, _message: object) -> None:
        self.asked += 1

    def expects(self, *texts: str) -> None:
        """Say of which faults there must be some, whenever they arrive, by a text each has."""
        self.expected += texts

    def check(self) -> None:
        """Fail when anything happened that should not, or nothing that was expected."""
        end = time.monotonic() + PATIENCE / 1000
        while self.outside and time.monotonic() < end:
            self.page.wait_for_timeout(50)
        assert not self.outside, f"it is not known what became of {self.outside}"
        while missing := [text for text in self.expected if text not in "\n".join(self.faults)]:
            assert time.monotonic() < end, f"these faults were expected: {missing}"
            self.page.wait_for_timeout(50)
        unexpected = [fault for fault in self.faults if not self._is_expected(fault)]
        assert not unexpected, f"these faults were not expected: {unexpected}"

    def _is_expected(self, fault: str) -> bool:
        return any(text in fault for text in self.expected)

    def close(self) -> None:
        self.context.close()

    def open(self, path: str = "") -> Ui:
        """Go to a page by its address."""
        self.page.goto(f"{self.address}/{path}")
        return self.settle()

    def settle(self) -> Ui:
        """Wait until the page is drawn; the one way to wait here."""
        self.page.wait_for_function(SETTLED)
        return self

    def until(self, condition: str) -> Ui:
        """Wait until a condition in JavaScript holds, and the page is drawn."""
        self.page.wait_for_function(condition)
        return self.settle()

    def keyed(self, key: str) -> Locator:
        """Find what the app gave a key."""
        return self.page.locator(f".st-key-{key}")

    def go(self, name: str) -> Ui:
        """Follow a link of the sidebar."""
        link = self.page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True)
        return self.press(link, until=is_titled(name))

    def press(self, what: Locator, *, until: str, at: Position | None = None) -> Ui:
        """Click until a condition in JavaScript holds; see `do`."""
        return self.do(lambda: what.click(position=at), until=until)

    def enter(self, box: Locator, text: str, *, until: str, key: str = "Enter") -> Ui:
        """Write into a box and press a key until a condition in JavaScript holds; see `do`."""

        def write() -> None:
            box.fill(text)
            box.press(key)

        return self.do(write, until=until)

    def do(self, act: Callable[[], None], *, until: str) -> Ui:
        """Act until a condition in JavaScript holds: again when the page took no notice of it.

        It took notice when it sent something to the server, which may then take its time. The mouse
        leaves what it rests on first: help that opened there may cover what to click.
        """
        for _ in range(TRIES):
            asked = self.asked
            self.page.mouse.move(0, 0)
            act()
            if self._comes(until) or (self.asked > asked and self.settle()._comes(until, LATE)):
                return self.settle()
        raise AssertionError(f"in vain: {until}")

    def download(self, name: str, path: Path) -> str:
        """Press a button until it gives a file; keep the file, and return its text."""
        for _ in range(TRIES):
            try:
                with self.settle().page.expect_download(timeout=LATE) as waiting:
                    self.page.get_by_role("button", name=name, exact=True).click()
            except NotYetError:
                continue
            waiting.value.save_as(path)
            return path.read_text(encoding="utf8")
        raise AssertionError(f"no file came of {name}")

    def _comes(self, condition: str, within: int = AGAIN) -> bool:
        try:
            self.page.wait_for_function(condition, timeout=within)
        except NotYetError:
            return False
        return True

    def tab(self, name: str) -> Ui:
        """Turn to a tab."""
        shown = "[...document.querySelectorAll('[role=tab][aria-selected=true]')]"
        until = f"() => {shown}.some(tab => tab.innerText.trim() === {name!r})"
        return self.press(self.page.get_by_role("tab", name=name, exact=True), until=until)

    def unfold(self, name: str) -> None:
        """Open a menu; not by `press`, because a second click would close it."""
        self.page.mouse.move(0, 0)
        self.settle().page.get_by_role("button", name=name, exact=True).click()

    def fill(self, name: str, text: str) -> Ui:
        """Write into the box of this name and leave it, so that the page takes the text."""
        box = self.page.get_by_role("textbox", name=name, exact=True)
        box.fill(text)
        box.press("Tab")
        return self.settle()

    @property
    def title(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def text(self) -> str:
        """All text of the page itself."""
        return self.page.get_by_test_id("stMain").inner_text()

    @property
    def parameters(self) -> dict[str, list[str]]:
        """What the address says after the question mark."""
        return parse_qs(urlsplit(self.page.url).query)

    def click_cell(self, inside: Locator, row: int, x: float, *, until: str) -> Ui:
        """Click into a table, `x` pixels from its left, in a row counted from 0."""
        table = inside.get_by_test_id("stDataFrameResizable").first
        return self.press(table, until=until, at={"x": x, "y": HEADING + ROW * (row + 0.5)})

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, when somebody wants to look at them."""
        if PICTURES is None:
            return
        tall = self.page.evaluate(
            "() => document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 0"
        )
        height = max(SIZE["height"], min(int(tall) + 20, 5000))
        self.page.set_viewport_size({"width": SIZE["width"], "height": height})
        self.settle()
        self.page.screenshot(path=Path(PICTURES) / f"{name}-{self.theme}.png")
        self.page.set_viewport_size(SIZE)

    def misfits(self) -> list[str]:
        """What is too wide or covered in windows as wide as screens are, and at 200 % of 1280."""
        found: list[str] = []
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": SIZE["height"]})
            for _ in range(LOOKS):  # charts and tables take the new width a moment later
                wrong = self.page.evaluate(MISFITS)
                if not wrong:
                    break
                self.page.wait_for_timeout(100)
            found += [f"{width} px: {text}" for text in wrong]
        self.page.set_viewport_size(SIZE)
        return found

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.1 AA: rule and element."""
        self.page.evaluate(AXE.read_text(encoding="utf8"))
        found = self.page.evaluate(
            "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'],"
            " resultTypes: ['violations']})"
        )
        return [
            f"{rule['id']}: {' '.join(node['target'][-1:])}: {node['html'][:160]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
