"""What people do with data: upload a file, explore it, upload the next one, look for drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browser.test_looks import tour
from tests.browser.ui import is_titled, says
from tests.support.sample_datasets import NAME, make_dataset_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Position

    from tests.browser.conftest import Server
    from tests.browser.ui import Ui

pytestmark = pytest.mark.browser
COHORT = f"{NAME}@v2"
PAGES = {
    "datasets": "datasets",
    "dataset": f"dataset?name={NAME}&column=sleep",
    "dataset-rows": f"dataset?name={NAME}&tab=Rows&where=age+%3E+50",
    "dataset-versions": f"dataset?name={NAME}&tab=Versions",
    "dataset-quality": f"dataset?name={NAME}&tab=Quality",
    "dataset-about": f"dataset?name={NAME}&tab=About",
    "register": f"register?dataset={NAME}",
    "eda": f"eda?data={COHORT}",
    "eda-columns": f"eda?data={COHORT}&part=Columns&column=age",
    "eda-pairs": f"eda?data={COHORT}&part=Associations",
    "eda-missing": f"eda?data={COHORT}&part=Missing",
    "eda-cohort": f"eda?data={COHORT}&part=Cohort&cohort=age+%3E+50",
    "drift": f"drift?reference={NAME}@v1&current={COHORT}",
    "drift-further": f"drift?reference={NAME}@v1&current={COHORT}&split=sex&panel=Further",
    "drift-time": f"drift?reference={NAME}@v1&current={COHORT}&panel=Over+time",
    "drift-reports": f"drift?reference={NAME}@v1&current={COHORT}&panel=Reports",
}
DARK = ("datasets", "dataset", "dataset-quality", "eda-columns", "eda-pairs", "drift")
EMPTY = {name: name for name in ("datasets", "dataset", "register", "eda", "drift")}


@pytest.fixture(scope="module")
def served_data(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(make_dataset_lake(tmp_path_factory.mktemp("lakes") / "data")).address


def survey(path: Path, sleep: float) -> Path:
    """Write a file of people who were asked how they sleep."""
    random = np.random.default_rng(2)
    rows = zip(
        range(300), random.normal(sleep, 1, 300), random.choice(["f", "m"], 300), strict=True
    )
    lines = [f"{person},{hours:.2f},{sex}" for person, hours, sex in rows]
    path.write_text("\n".join(["person,hours,sex", *lines]), encoding="utf8")
    return path


def upload(ui: Ui, path: Path) -> None:
    ui.page.locator("input[type=file]").set_input_files(path)
    ui.until(says("What is in the file"))


def press(ui: Ui, name: str, *, until: str) -> None:
    ui.press(ui.page.get_by_role("button", name=name, exact=True), until=until)


def test_from_a_file_to_a_report_of_drift(
    open_ui: Callable[..., Ui], serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    (tmp_path / "lake").mkdir()
    ui = open_ui(serve(tmp_path / "lake").address)
    ui.open().go("Datasets")
    press(ui, "Register data", until=is_titled("Register data"))
    upload(ui, survey(tmp_path / "spring.csv", 7))
    box = ui.page.get_by_role("combobox", name="Dataset")
    box.fill("survey")
    box.press("Enter")
    ui.settle().fill("Source", "spring survey")
    press(ui, "Register", until=is_titled("survey"))
    ui.until(says("v1, 1 of 1"))
    press(ui, "Explore", until=is_titled("EDA"))
    ui.until(says("What to do first"))
    assert ui.parameters["data"] == ["survey@v1"]
    press(ui, "Dataset", until=is_titled("survey"))
    press(ui, "New version", until=is_titled("Register data"))
    upload(ui, survey(tmp_path / "autumn.csv", 6))
    ui.until(says("the same columns and types"))
    press(ui, "Register a new version", until=says("v2, 2 of 2"))
    ui.tab("Versions").until(says("Changed values"))
    press(ui, "Check drift", until=is_titled("Drift"))
    ui.until(says("1 of 3 columns has changed"))
    press(ui, "Keep report", until=says("Compared all rows; stored"))
    report = ui.download("HTML", tmp_path / "drift.html")
    assert "Drift: 1 of 3 columns has changed." in report
    ui.picture("data-journey-drift")


def test_a_clicked_bar_makes_a_cohort_that_the_address_keeps(
    open_ui: Callable[..., Ui], served_data: str
) -> None:
    ui = open_ui(served_data)
    ui.open(f"eda?data={COHORT}&part=Columns&column=age")
    chart = ui.page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first
    chart.wait_for()
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    at: Position = {"x": box["width"] / 2, "y": box["height"] * 0.6}
    ui.press(chart, until=says("The cohort differs in"), at=at)
    (cohort,) = ui.parameters["cohort"]
    assert cohort.startswith('"age" >= ')
    ui.page.reload()
    ui.until(says("The cohort differs in"))
    assert ui.parameters["cohort"] == [cohort]
    press(ui, "Show rows", until=is_titled(NAME))
    ui.until(says("rows match"))
    assert ui.parameters["where"] == [cohort]


def test_a_row_of_the_catalogue_opens_its_dataset(
    open_ui: Callable[..., Ui], served_data: str
) -> None:
    ui = open_ui(served_data)
    ui.open("datasets?find-data=asked")
    ui.click_cell(ui.keyed("datasets-table"), 0, 30, until=is_titled(NAME))
    assert ui.parameters["name"] == [NAME]
    ui.click_cell(ui.keyed("columns-table"), 2, 18, until=says("sleep in numbers"))
    assert ui.parameters["column"] == ["sleep"]


def test_pages_of_data_are_accessible(
    open_ui: Callable[..., Ui], served_data: str, theme: str
) -> None:
    shown = PAGES if theme == "light" else {name: PAGES[name] for name in DARK}
    assert tour(open_ui(served_data, theme), shown, "data") == {}


def test_pages_of_data_of_an_empty_lake_are_accessible(
    open_ui: Callable[..., Ui], served_empty: str
) -> None:
    assert tour(open_ui(served_empty, "dark"), EMPTY, "empty") == {}
