"""What people do with the workbench, from the first page to an artifact."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from core import Workbench
from core.lineage.arrangement import WIDTH
from tests.browser.ui import has, is_titled, says
from tests.support.sample_lake import EVIL_NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Position

    from tests.browser.ui import Ui
    from tests.support.sample_lake import SampleLake

pytestmark = pytest.mark.browser
ANSWER = ".st-key-sql-answer"
INVISIBLE = re.compile("[\u2060\u200b]")
DIES_RUNNING = """
import os, sys
from core import Workbench
bench = Workbench(sys.argv[1], actor="ana")
print(bench.tracker.start_run("abandoned", "abandoned").run_id, flush=True)
os._exit(1)
"""


def filter_by(ui: Ui, text: str, *, until: str) -> None:
    ui.enter(ui.keyed("filter").get_by_role("textbox"), text, until=until)


def ask(ui: Ui, query: str, *, until: str) -> None:
    ui.open("sql")
    box = ui.page.get_by_role("textbox", name="Query")
    ui.enter(box, query, until=until, key="Control+Enter")


def test_from_home_to_an_artifact_of_a_filtered_run(ui: Ui, sample: SampleLake) -> None:
    ui.open()
    assert ui.title == "Home"
    ui.go("Runs")
    filter_by(ui, "params.depth = '4'", until=says("1 of "))
    ui.click_cell(ui.keyed("runs-table"), 0, 80, until=is_titled("forest-4"))
    assert ui.parameters["id"] == [sample.finished]
    ui.tab("Artifacts")
    ui.press(ui.page.get_by_role("combobox", name="Artifact"), until=has("[role=option]"))
    shape = ui.page.get_by_role("option", name="shape.svg")
    ui.press(shape, until=has("img[alt='shape.svg']"))
    ui.settle().picture("run-artifact")


def test_an_address_opens_the_same_view_again(ui: Ui) -> None:
    expression = "metrics.auc > 0.5"
    path = (
        f"runs?experiment=sleep&filter={quote(expression)}&sort=auc%2C+lowest+first&status=FINISHED"
    )
    ui.open(path)
    assert ui.keyed("filter").get_by_role("textbox").input_value() == expression
    assert ui.page.get_by_role("combobox", name="Experiment").input_value() == "sleep"
    assert "4 of " in ui.text
    assert ui.parameters["sort"] == ["auc, lowest first"]


def test_chosen_runs_are_compared_and_stand_in_the_address(ui: Ui) -> None:
    ui.open("runs?experiment=phq9+risk&status=FINISHED")
    table = ui.keyed("runs-table")
    ui.click_cell(table, 0, 18, until=says("1 chosen run"))
    ui.click_cell(table, 1, 18, until=says("2 chosen runs"))
    assert "What differs" in ui.text
    assert "auc by step" in ui.text
    ids = ui.parameters["run"]
    assert len(ids) == 2
    ui.picture("runs-compared")
    ui.page.reload()
    ui.until(says("2 chosen runs"))
    assert ui.parameters["run"] == ids
    clear = ui.page.get_by_role("button", name="Clear", exact=True)
    ui.press(clear, until="() => !location.search.includes('run=')")
    assert "What differs" not in ui.text


def test_chosen_runs_survive_another_page(ui: Ui, sample: SampleLake) -> None:
    ui.open(f"runs?run={sample.finished}")
    ui.until(says("1 chosen run"))
    ui.go("Home").go("Runs")
    ui.until(says("1 chosen run"))
    assert ui.parameters["run"] == [sample.finished]


def test_a_filter_that_cannot_be_read_is_explained_below_it(ui: Ui) -> None:
    ui.open("runs")
    filter_by(ui, "metrics.auc >", until=has(".st-key-filter-error"))
    problem = ui.keyed("filter-error").inner_text()
    assert "a value is missing" in problem
    assert f"{' ' * len('metrics.auc >')}^" in problem.replace("\xa0", " ")
    ui.picture("runs-filter-error")


def test_names_from_anybody_are_shown_as_text(ui: Ui, sample: SampleLake) -> None:
    ui.open(f"run?id={sample.evil}")
    assert INVISIBLE.sub("", ui.title) == EVIL_NAME
    assert ui.page.locator("h1 a, h1 strong, h1 b, h1 .katex").count() == 0
    tags = ui.keyed("tags")
    assert INVISIBLE.sub("", tags.inner_text()) == "<i>tag</i>: *v*"
    assert tags.locator("i, em").count() == 0


def test_a_page_from_an_artifact_can_neither_run_nor_reach_out(ui: Ui, sample: SampleLake) -> None:
    blocked = "Content Security Policy"  # the picture it asks for is on another machine
    ui.expects(blocked)
    ui.open(f"run?id={sample.finished}&tab=Artifacts&artifact=report.html")
    frame = ui.page.frame_locator("iframe").frame_locator("iframe")
    assert frame.get_by_role("heading").inner_text() == "Report of a run"
    assert ui.page.locator("iframe").count() == 1


def test_a_running_run_is_live(ui: Ui, sample: SampleLake) -> None:
    with Workbench(sample.folder, actor="ana") as bench:
        with bench.tracker.start_run("live", "live one") as run:
            run.log_metrics({"auc": 0.125}, step=0)
            ui.open(f"run?id={run.run_id}").until(says("RUNNING"))
            assert "0.875" not in ui.text
            run.log_metrics({"auc": 0.875}, step=1)
            ui.until(says("0.875"))
        ui.until(says("FINISHED"))
        assert "RUNNING" not in ui.text
        bench.tracker.delete_run(run.run_id)


def test_an_abandoned_run_says_when_it_was_last_heard_of(ui: Ui, sample: SampleLake) -> None:
    died = subprocess.run(
        [sys.executable, "-c", DIES_RUNNING, str(sample.folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    run_id = died.stdout.strip()
    ui.open(f"run?id={run_id}")
    ui.until(says("no sign of life"))
    assert "last sign of life" in ui.text
    with Workbench(sample.folder, actor="ana") as bench:
        bench.tracker.delete_run(run_id)


def test_notes_and_tags_are_edited_in_place(ui: Ui, sample: SampleLake) -> None:
    ui.open(f"run?id={sample.failed}&tab=Notes")
    ui.fill("Note", "It **failed** early.")
    ui.press(ui.page.get_by_role("button", name="Save note"), until=has("strong"))
    ui.tab("Overview")
    ui.unfold("Edit tags")
    ui.fill("Name", "seen").fill("Value", "yes")
    ui.press(ui.page.get_by_role("button", name="Save tag"), until=says("seen: yes"))
    with Workbench(sample.folder) as bench:
        run = bench.tracker.get_run(sample.failed)
    assert (run.note, run.tags["seen"]) == ("It **failed** early.", "yes")


def test_runs_that_match_are_tagged_at_once_and_given_back(ui: Ui, sample: SampleLake) -> None:
    expression = "experiment = 'sleep' and params.depth in ('3', '5')"
    ui.open("runs")
    filter_by(ui, expression, until=says("2 of "))
    ui.unfold("Edit")
    every = ui.page.get_by_text("All 2 that match")
    ui.press(every, until="() => document.body.innerText.includes('Archive 2 runs')")
    ui.fill("Tag", "checked").fill("Value", "twice")
    tag = ui.page.get_by_role("button", name="Set tag", exact=True)
    ui.press(tag, until=says("2 runs tagged checked: twice."))
    with Workbench(sample.folder) as bench:
        assert bench.runs.count_runs(None, "tags.checked = 'twice'") == 2
    undo = ui.page.get_by_role("button", name="Undo", exact=True)
    ui.press(undo, until="() => !document.querySelector('.st-key-undo')")
    with Workbench(sample.folder) as bench:
        assert bench.runs.count_runs(None, "tags.checked is not null") == 0


def test_runs_that_match_are_exported(ui: Ui, tmp_path: Path) -> None:
    ui.open("runs?experiment=sleep&status=FINISHED")
    ui.unfold("Export")
    heading, *lines = ui.download("CSV", tmp_path / "runs.csv").splitlines()
    assert '"metrics.auc"' in heading
    assert len(lines) == 5


def test_things_are_found_by_name_from_any_page(ui: Ui, sample: SampleLake) -> None:
    ui.open("runs")
    ui.page.locator("h1").click()
    ui.do(lambda: ui.page.keyboard.press("Control+k"), until=has("[role=dialog]"))
    box = ui.page.get_by_role("textbox", name="Name, tag or id")
    box.press_sequentially("forest-4", delay=20)
    found = ui.page.get_by_role("dialog").get_by_role("button", name="forest-4")
    found.wait_for()
    ui.settle().picture("search")
    ui.press(found, until=is_titled("forest-4"))
    assert ui.parameters["id"] == [sample.finished]


def test_an_answer_in_sql_becomes_a_dataset(ui: Ui, sample: SampleLake) -> None:
    query = "select run_name, metrics['auc'] as auc from runs where experiment_name = 'sleep'"
    ask(ui, query, until=has(ANSWER))
    ui.picture("sql-answer")
    address = ui.page.url
    ui.unfold("Save as dataset")
    ui.fill("Dataset", "sleep_runs")
    save = ui.page.get_by_role("button", name="Save", exact=True)
    ui.press(save, until="() => document.body.innerText.includes('has 5 rows.')")
    with Workbench(sample.folder) as bench:
        version = bench.datasets.get_version("sleep_runs")
        assert (version.num_rows, version.metadata["sql"]) == (5, query)
    ui.page.goto(address)
    ui.until(has(ANSWER))
    assert ui.page.get_by_role("textbox", name="Query").input_value() == query
    with Workbench(sample.folder) as bench:
        asked = bench.queries.history(limit=1000)
    assert [each.sql for each in asked].count(query) == 1


def test_a_query_that_takes_long_is_cancelled(ui: Ui) -> None:
    cancel = ui.page.get_by_role("button", name="Cancel", exact=True)
    endless = "select count(*) from range(10000000) a, range(10000000) b"
    ask(ui, endless, until=has(".st-key-cancel-query"))
    ui.press(cancel, until=says("was cancelled"))
    assert cancel.count() == 0


def test_a_box_of_the_lineage_is_clicked(ui: Ui, sample: SampleLake) -> None:
    with Workbench(sample.folder, actor="ana") as bench:
        raw = bench.datasets.register_dataset({"age": [30, 41]}, "lineage raw", "form")
        sql = 'select age + 1 as age from "lineage raw"'
        with bench.datasets.transform(inputs=[raw], code=sql, name="lineage older"):
            pass
    ui.open(f"lineage?id={raw.version_id}")
    ui.until(says("select age + 1"))
    ui.picture("lineage")
    canvas = ui.keyed("lineage-drawing").locator("canvas").first
    box = canvas.bounding_box()
    assert box is not None
    # the drawing is in the middle; of two boxes the right one is clicked
    at: Position = {"x": box["width"] / 2 + WIDTH, "y": box["height"] / 2}
    ui.press(canvas, until="() => location.search.includes('node=')", at=at)
    ui.until(says("Begin here"))
    assert len(ui.parameters["node"]) == 1


def test_the_link_of_a_view_is_offered(ui: Ui, sample: SampleLake) -> None:
    ui.open(f"run?id={sample.finished}")
    ui.unfold("Link")
    link = ui.page.get_by_text("/run?id=")
    assert link.inner_text() == f"{ui.address}/run?id={sample.finished}"


def test_metrics_are_drawn_and_smoothed(ui: Ui, sample: SampleLake) -> None:
    ui.open(f"run?id={sample.finished}&tab=Metrics&smooth=0.6&log=true")
    ui.until(says("loss by step"))
    assert ui.page.get_by_test_id("stVegaLiteChart").count() == 2
    ui.picture("run-metrics-smoothed")


@pytest.mark.parametrize("path", ["run", "run?id=nothing", "run?id=..%2F..%2Fetc"])
def test_an_address_of_no_run_says_so(ui: Ui, path: str) -> None:
    ui.open(path)
    assert "No such run" in ui.text


def test_a_folder_that_is_no_lake_is_explained(
    open_ui: Callable[..., Ui], serve: Callable[..., object], tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf8")
    ui = open_ui(getattr(serve(tmp_path), "address"))  # noqa: B009
    ui.open()
    assert ui.title == "This lake cannot be opened"
    assert str(tmp_path) in ui.text
    ui.picture("no-lake")
