"""One window of a browser on the workbench, as tests use it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        ConsoleMessage,
        Error,
        Locator,
        Request,
        Response,
        ViewportSize,
    )

LOCAL: Final = "127.0.0.1"
PATIENCE: Final = 90_000  # milliseconds; a machine that is busy is not a fault
ROW: Final = 35  # pixels of a row of a table of runs
HEADING: Final = 33  # and of the names of its columns
SIZE: Final[ViewportSize] = {"width": 1440, "height": 1000}
PICTURES: Final = os.environ.get("MHRAS_PICTURES")  # a folder: tests leave what they saw there
AXE: Final = Path(__file__).with_name("axe.min.js")
SETTLED: Final = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return !!app && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')
    && !document.querySelector('[data-stale=true]')
    && !!document.querySelector('h1');
}"""


class Ui:
    """A window with a guard: it must stay on this machine, and nothing in it may fail."""

    def __init__(self, browser: Browser, address: str, theme: str) -> None:
        self.address, self.theme = address, theme
        self.faults: list[str] = []
        scheme: Any = theme
        self.context = browser.new_context(viewport=SIZE, color_scheme=scheme, locale="en-GB")
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_error)
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text}")

    def _on_error(self, error: Error) -> None:
        self.faults.append(f"page: {error}")

    def _on_request(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme not in ("data", "blob", "about") and place.hostname != LOCAL:
            self.faults.append(f"left this machine: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def check(self) -> None:
        """Fail when anything happened that should not."""
        assert self.faults == []

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
        self.page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()
        return self.until(f"() => document.querySelector('h1')?.innerText === '{name}'")

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

    def click_cell(self, inside: Locator, row: int, x: float) -> None:
        """Click into a table, `x` pixels from its left, in a row counted from 0."""
        canvas = inside.locator("canvas[data-testid=data-grid-canvas]").first
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None, "the table is not visible"
        self.page.mouse.click(box["x"] + x, box["y"] + HEADING + ROW * (row + 0.5))

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

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.1 AA: rule and element."""
        self.page.evaluate(AXE.read_text(encoding="utf8"))
        found = self.page.evaluate(
            "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})"
        )
        return [
            f"{rule['id']}: {' '.join(node['target'][-1:])}: {node['html'][:160]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
