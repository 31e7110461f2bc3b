"""An exported report, opened from the disk in a real browser that has no network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from core.charts.export import with_data
from core.charts.lines import metric_curves
from core.drift.detect import detect_drift
from core.drift.document import drift_document
from core.eda.comparison_document import comparison_document
from core.eda.document import eda_document
from core.eda.module import EDAModule
from core.models.exports.document import card_document
from core.render.document import Chart, Document, Section, render_html
from tests.browser.ui import AXE, PATIENCE, PICTURES, SIZE
from tests.core.models.made_cards import a_card, a_standing
from tests.core.render.documents import chart, everything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

DRAWN: Final = "html[data-charts=drawn]"
MARKED: Final = "window.name = 'attacked'"  # what an attack would do, seen from outside
PAYLOADS: Final = (
    f"<script>{MARKED}</script>",
    f"</script><script>{MARKED}</script>",
    f"</ScRiPt ><script>{MARKED}//",
    f"<!--<script></script>--><script>{MARKED}</script>",
    f'"><script>{MARKED}</script>',
    f'\'><img src=x onerror="{MARKED}">',
    f'<img src=x onerror="{MARKED}">',
    f"</style><script>{MARKED}</script>",
    f"</title><script>{MARKED}</script>",
    f"</textarea></noscript><script>{MARKED}</script>",
    f'" onmouseover="{MARKED}" autofocus onfocus="{MARKED}" x="',
    f'<svg onload="{MARKED}"><script>{MARKED}</script></svg>',
    f"<svg><style><img src=x onerror={MARKED}>",
    f"<math><mtext></mtext><mglyph><style></math><img src onerror={MARKED}>",
    f'<iframe srcdoc="<script>top.{MARKED}</script>"></iframe>',
    f"javascript:{MARKED}",
    f'<a href="javascript:{MARKED}">a</a>',
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<link rel=stylesheet href=//example.org/a.css><base href=//example.org>",
    f"{{{{constructor.constructor(`{MARKED}`)()}}}} ${{{MARKED}}} \\u003cscript\\u003e",
    f"[x](javascript:{MARKED}) datum['constructor']['constructor']('{MARKED}')()",
    "\u2028\u2029\x00]]>'\"`\\",
)


class Report:
    """A window on a report, with everything that happened in it that should not."""

    def __init__(self, browser: Browser, folder: Path, **options: Any) -> None:
        self.folder, self.faults = folder, list[str]()
        self.context = browser.new_context(viewport=SIZE, offline=True, locale="en-GB", **options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("dialog", lambda dialog: self.faults.append(dialog.message))

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:image/svg+xml,")):
            self.faults.append(url)

    def open(self, document: Document) -> Page:
        """Write a report and open it; returns before its charts are drawn."""
        path = self.folder / "report.html"
        path.write_bytes(render_html(document))
        self.page.goto(path.as_uri())
        return self.page

    def picture(self, name: str) -> None:
        """Keep a picture, when somebody wants to look at it."""
        if PICTURES is not None:
            self.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.fixture
def report(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Report]]:
    windows: list[Report] = []

    def start(**options: Any) -> Report:
        windows.append(Report(chromium, tmp_path, **options))
        return windows[-1]

    yield start
    for window in windows:
        window.context.close()
        assert window.faults == []


def many(charts: int) -> Document:
    names = [f"{i} to {i + 1}" for i in range(20)]
    return Document(
        "Columns",
        sections=[Section("Rows", blocks=[chart(f"c{i}", names=names) for i in range(charts)])],
    )


def drifted() -> Document:
    random = np.random.default_rng(0)
    sites = random.choice(["north", "south", "<b>west</b>"], 1000)
    before = {"sleep": random.normal(7, 1, 1000), "site": sites, "age": random.normal(40, 9, 1000)}
    after = {**before, "sleep": random.normal(6.4, 1.2, 1000), "site": np.sort(sites)[::-1] + "x"}
    return drift_document(detect_drift(before, after, names=("2013-14", "2015-16")))


def drawn(page: Page) -> Page:
    page.wait_for_selector(DRAWN, state="attached")
    return page


def test_no_text_is_run_or_becomes_an_element(report: Callable[..., Report]) -> None:
    attacks = [everything(payload).sections[0] for payload in PAYLOADS]
    page = drawn(report().open(Document("Attacks", sections=attacks)))
    for bar in page.locator("svg.marks .mark-rect path").all()[::8]:
        bar.hover()
    assert page.evaluate("window.name") == ""
    said = [title.replace("\x00", "") for title in PAYLOADS]
    assert page.locator("h2").all_text_contents() == said
    assert page.locator("script:not(#charts, #vega, body > script, head > script)").count() == 0
    assert page.locator("iframe, img, link[rel=stylesheet], base, math, [onload]").count() == 0


def attacked(payload: str) -> dict[str, list[object]]:
    """A table whose columns and values are attacks, each where a report shows it."""
    random = np.random.default_rng(1)
    values = [f"{payload}{place % 3}" for place in range(60)]
    numbers: list[object] = random.normal(size=60).tolist()
    return {payload: numbers, f"{payload} again": [*values], "case": [*(random.random(60) < 0.4)]}


def test_no_analysis_and_no_comparison_runs_what_is_in_its_table(
    report: Callable[..., Report],
) -> None:
    module, window = EDAModule(), report()
    for place, payload in enumerate(PAYLOADS):
        table = attacked(payload.replace("\x00", ""))
        documents = [eda_document(module.analyze_dataset(table, "case"))]
        if not place % 5:
            documents.append(comparison_document(module.compare(table, split="case")))
        for document in documents:
            page = drawn(window.open(document))
            assert page.evaluate("window.name") == ""
            assert payload.replace("\x00", "") in page.locator("h3").all_text_contents()
            assert page.locator("iframe, img, link[rel=stylesheet], base, math").count() == 0


def test_no_card_runs_what_is_said_in_any_of_its_texts(report: Callable[..., Report]) -> None:
    window, said = report(), " ".join(PAYLOADS).replace("\x00", "")
    page = drawn(window.open(card_document(a_card(said), a_standing(said))))
    assert page.evaluate("window.name") == ""
    assert page.url.startswith("file:")
    assert said in page.locator("td, p, li").all_text_contents()
    assert page.locator("iframe, img, link[rel=stylesheet], base, math, script[src]").count() == 0
    assert page.locator("a[href^=javascript], meta[http-equiv=refresh]").count() == 0


def test_no_title_is_run_either(report: Callable[..., Report]) -> None:
    window = report()
    for payload in PAYLOADS:
        page = window.open(Document(payload, subtitle=payload, facts=[(payload, payload)]))
        assert page.evaluate("window.name") == ""
        assert page.locator("h1").text_content() == payload.replace("\x00", "")
        assert page.locator("script, iframe, img, math").count() == 1  # the script of the report


def test_sixty_charts_are_drawn_the_first_at_once(report: Callable[..., Report]) -> None:
    window, seconds = report(), []
    for charts in (1, 60):
        before = time.perf_counter()
        page = window.open(many(charts))
        page.wait_for_selector(".drawn")
        seconds.append(time.perf_counter() - before)
        drawn(page)
        assert page.locator(".drawn svg.marks").count() == charts
    alone, first = seconds
    assert first <= 4 * max(alone, 1.5)  # on a busy machine the only chart of a report takes longer


def test_charts_that_find_the_nearest_point_or_fit_a_line_are_drawn(
    report: Callable[..., Report],
) -> None:
    rows = [{"run": "a", "step": n, "value": n % 3} for n in range(20)]
    curves = with_data(metric_curves("auc", ["a"]), rows)
    bare = {"data": curves["data"], "title": "Line", "mark": "line"}
    fit = {"regression": "value", "on": "step"}
    axes = {name: {"field": name, "type": "quantitative"} for name in ("step", "value")}
    fitted = {**bare, "transform": [fit], "encoding": {"x": axes["step"], "y": axes["value"]}}
    page = drawn(report().open(Document("x", summary=[Chart(curves), Chart(fitted)])))
    assert page.locator(".drawn svg.marks .mark-line path").count() >= 2


def test_everything_is_drawn_for_paper(report: Callable[..., Report]) -> None:
    window = report()
    page = window.open(many(30))
    page.wait_for_selector(".drawn")
    pdf = page.pdf(format="A4")
    assert page.locator(".drawn svg.marks").count() == 30
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_accessible(report: Callable[..., Report], scheme: str) -> None:
    window = report(color_scheme=scheme, bypass_csp=True)
    page = drawn(window.open(drifted()))
    window.picture(f"report-{scheme}")
    page.evaluate(AXE.read_text(encoding="utf8"))
    found = page.evaluate("() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})")
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found["violations"]] == []


def test_paper_is_light_whatever_the_screen(report: Callable[..., Report]) -> None:
    window = report(color_scheme="dark")
    page = drawn(window.open(drifted()))
    colour = "getComputedStyle(document.querySelector('h1')).color"
    assert page.evaluate(colour) == "rgb(233, 238, 246)"
    page.emulate_media(media="print")
    assert page.evaluate(colour) == "rgb(11, 18, 32)"
    assert not page.locator(".side").is_visible()
    window.picture("report-print")


def test_a_button_switches_between_light_and_dark(report: Callable[..., Report]) -> None:
    page = drawn(report(color_scheme="light").open(drifted()))
    ground = "getComputedStyle(document.body).backgroundColor"
    bar = "getComputedStyle(document.querySelector('.mark-rect path')).fill"
    light = page.evaluate(ground), page.evaluate(bar)
    page.click("#theme")
    assert (page.evaluate(ground), page.evaluate(bar)) != light
    assert page.evaluate(ground) == "rgb(14, 20, 32)"
    page.click("#theme")
    assert (page.evaluate(ground), page.evaluate(bar)) == light


def test_the_keyboard_searches_and_finds(report: Callable[..., Report]) -> None:
    page = drawn(report().open(drifted()))
    rows = page.locator("#at-all-columns tbody tr")
    assert rows.count() == 3
    page.keyboard.press("/")
    page.keyboard.type("sleep")
    assert rows.locator("visible=true").count() == 1
    assert page.locator("#found").inner_text().endswith("places")
    page.keyboard.press("Escape")
    assert rows.locator("visible=true").count() == 3


def test_a_table_is_sorted_by_its_numbers(report: Callable[..., Report]) -> None:
    page = drawn(report().open(drifted()))
    table = page.locator("#at-all-columns table")
    head = table.get_by_text("Rows affected")
    names = "tables => [...tables[0].tBodies[0].rows].map(row => row.cells[0].textContent)"
    orders = []
    for _ in range(2):
        head.press("Enter")
        orders.append(table.evaluate_all(names))
    down, up = orders
    assert up == down[::-1]
    assert sorted(up) == ["age", "site", "sleep"]


def test_a_mark_says_its_numbers_as_text(report: Callable[..., Report]) -> None:
    page = drawn(report().open(Document("x", summary=[chart("<i>t</i>", names=["<b>n</b>", "m"])])))
    page.locator("svg.marks .mark-rect path").first.hover()
    assert page.locator("#tooltip").inner_text().split("\n") == ["Site", "<b>n</b>", "Rows", "1"]


def test_without_scripts_words_and_tables_are_there(report: Callable[..., Report]) -> None:
    page = report(java_script_enabled=False).open(drifted())
    words = page.locator("main").inner_text()
    assert "Drift: 2 of 3 columns have changed." in words
    assert "Histograms: sleep. Share of rows by sleep" in words
    assert "Charts need JavaScript" in words
    assert not page.locator("#search").is_visible()


def test_the_policy_lets_nothing_else_run(report: Callable[..., Report]) -> None:
    window = report()
    page = drawn(window.open(many(1)))
    with page.expect_console_message():
        page.evaluate(
            "() => { const s = document.createElement('script');"
            " s.textContent = 'window.strange = 1'; document.body.append(s); }"
        )
    assert page.evaluate("window.strange") is None
    assert "Content Security Policy" in window.faults.pop()
