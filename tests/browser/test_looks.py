"""Every page, empty and full, light and dark: readable for everybody, and nothing fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.ui import Ui
    from tests.support.sample_lake import SampleLake

pytestmark = pytest.mark.browser

# What Streamlit itself draws so; each with the reason why it stays.
UPSTREAM = {
    "svg-img-alt": "the sparkline of st.metric has no name; its number stands beside it",
}
FULL = {
    "home": "",
    "runs": "runs",
    "runs-charts": "runs?view=Charts",
    "compare-boxes": "compare?comparing=Boxes",
    "sql": "sql?query=select+run_name+from+runs",
    "sql-refused": "sql?query=selec+1",
    "jobs": "jobs",
    "lineage": "lineage?files=true",
    "settings": "settings",
    "run": "run?id={finished}",
    "run-metrics": "run?id={finished}&tab=Metrics",
    "run-artifacts": "run?id={finished}&tab=Artifacts&artifact=table.csv",
    "run-json": "run?id={finished}&tab=Artifacts&artifact=settings.json",
    "run-environment": "run?id={finished}&tab=Environment",
    "run-notes": "run?id={finished}&tab=Notes",
    "run-failed": "run?id={failed}",
}
# Where colours are that no other page has: charts, chips, code, tables, a drawing.
DARK = (
    "home",
    "runs",
    "runs-charts",
    "sql",
    "sql-refused",
    "lineage",
    "run",
    "run-metrics",
    "run-json",
)
EMPTY = {
    "home": "",
    "runs": "runs",
    "run": "run",
    "sql": "sql",
    "jobs": "jobs",
    "lineage": "lineage",
    "settings": "settings",
}


def tour(ui: Ui, pages: dict[str, str], prefix: str) -> dict[str, list[str]]:
    """Visit pages one after the other; what does not fit, and what axe-core finds that is ours."""
    found = {}
    for name, path in pages.items():
        ui.open(path).picture(f"{prefix}-{name}")
        found[name] = [v for v in ui.violations() if v.partition(":")[0] not in UPSTREAM]
        if ui.theme == "light":  # a dark page is as wide
            found[name] += ui.misfits()
    return {name: violations for name, violations in found.items() if violations}


def test_pages_of_a_full_lake_are_accessible(
    open_ui: Callable[..., Ui], served: str, sample: SampleLake, theme: str
) -> None:
    ids = {"finished": sample.finished, "failed": sample.failed}
    shown = FULL if theme == "light" else {name: FULL[name] for name in DARK}
    pages = {name: path.format(**ids) for name, path in shown.items()}
    assert tour(open_ui(served, theme), pages, "full") == {}


def test_pages_of_an_empty_lake_are_accessible(
    open_ui: Callable[..., Ui], served_empty: str
) -> None:
    assert tour(open_ui(served_empty), EMPTY, "empty") == {}


def test_the_page_is_ours(ui: Ui) -> None:
    ui.open("runs")
    assert ui.page.title() == "Runs · MHRAS workbench"
    assert ui.page.locator("link[rel='shortcut icon']").get_attribute("href") is not None
    font = "() => document.fonts.check('14px Inter') && getComputedStyle(document.body).fontFamily"
    assert "Inter" in ui.page.evaluate(font)


def test_the_policy_lets_no_strange_script_run(ui: Ui) -> None:
    ui.expects("Content Security Policy")
    ui.open()
    ui.page.evaluate(
        "() => { const s = document.createElement('script');"
        " s.textContent = 'window.strange = 1'; document.body.append(s); }"
    )
    assert ui.page.evaluate("() => window.strange") is None
