"""The page of drift: two versions, the verdict with its reasons, columns, times, reports."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from app import analysis, session
from app.home_needs import _drifted as drifted_needs
from app.job_results import report_address
from app.places import place_of_comment
from core import Workbench
from lake.objects import object_key
from tests.pages.test_pages import titles, words
from tests.support.damage import damage
from tests.support.four_runs import CHANCE
from tests.support.sample_datasets import NAME, make_dataset_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    Opener = Callable[..., AppTest]

FIRST, SECOND = f"{NAME}@v1", f"{NAME}@v2"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset_lake(tmp_path_factory.mktemp("lakes") / "data")


@pytest.fixture
def own_lake(lake: Path, tmp_path: Path) -> Path:
    shutil.copytree(lake, tmp_path / "own")
    return tmp_path / "own"


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_an_empty_lake_says_what_is_needed(open_page: Opener, tmp_path: Path) -> None:
    app = open_page(tmp_path, "drift")
    assert titles(app) == ["Drift"]
    assert app.header[0].value == "Two versions are needed"


def test_the_two_newest_versions_are_compared_at_first(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift")
    assert titles(app) == ["Drift"]
    assert (app.selectbox(key="reference").value, app.selectbox(key="current").value) == (
        FIRST,
        SECOND,
    )
    assert "columns have changed" in words(app)
    assert app.metric[0].value == "2 of 7"
    table = app.dataframe[0].value.set_index("Column")
    assert [*table.index[table["Verdict"] == "drifted"]] == ["wave", "sleep"]
    assert len(table[FIRST]["sleep"]) == len(table[SECOND]["sleep"]) > 1


def test_a_column_of_the_address_is_shown_with_its_tests(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift", reference=FIRST, current=SECOND, column="age")
    tests = app.dataframe[1].value
    assert {"Kolmogorov-Smirnov", "Mann-Whitney"} <= {*tests["Test"]}
    assert "drifted" not in {*tests["Verdict"]}


def test_how_to_read_it_is_drawn_for_who_wants_to_know(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift", reference=FIRST, current=SECOND)
    assert "Benjamini and Hochberg" not in words(app)
    app.session_state["how-to-read"] = True
    assert "Benjamini and Hochberg" in words(app.run())


def test_names_of_the_address_that_are_not_there_are_explained(
    open_page: Opener, lake: Path
) -> None:
    app = open_page(lake, "drift", column="sleeep", current=f"{NAME}@v9")
    said = [caption.value for caption in app.caption]
    assert "The address names 'sleeep', which is not here; the first is shown." in said
    assert any("v9'" in text and "another one is shown" in text for text in said)
    assert app.selectbox(key="column").value == "wave"
    app.selectbox(key="column").select("age").run()
    assert "sleeep" not in words(app)


def test_check_drift_opens_the_column_that_drifted_most(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "dataset", name=NAME, version="v2", tab="Columns")
    app.selectbox(key="column").select("age").run()
    app.query_params["tab"] = "Versions"
    app.session_state["tab"] = "Versions"
    press(app.run(), "Check drift")
    assert titles(app) == ["Drift"]
    assert app.selectbox(key="column").value == "wave"


def test_what_needs_a_look_and_lists_of_reports_open_the_column_that_drifted(
    open_page: Opener, lake: Path
) -> None:
    open_page(lake, "home")
    view = session.look()
    (report,) = view.datasets.drift_reports(NAME, "v2")
    address = report_address(report)
    assert address == {"reference": FIRST, "current": SECOND, "column": report.drifted_columns[0]}
    (need,) = [each for each in drifted_needs(view) if each.name == SECOND]
    assert need.address == address


def test_a_stored_report_is_spoken_of_and_a_column_shows_what_is_said_of_it(
    open_page: Opener, own_lake: Path
) -> None:
    app = open_page(own_lake, "drift", reference=SECOND, current=FIRST, panel="Comments")
    assert "Comments are kept with a stored report" in [header.value for header in app.header]
    app = open_page(own_lake, "drift", reference=FIRST, current=SECOND, panel="Comments")
    app.text_area[0].set_value("The question was changed in 2017.")
    press(app, "Comment")
    assert "The question was changed in 2017." in words(app)
    place = place_of_comment("drift_report", "0197", f"{FIRST} to {SECOND}")
    assert place[1]["panel"] == "Comments"
    session.workbench().comments.add("dataset", NAME, "Asked anew in 2017.", column="sleep")
    for column, told in (("sleep", True), ("age", False)):
        app = open_page(own_lake, "drift", reference=FIRST, current=SECOND, column=column)
        assert ("Asked anew in 2017." in words(app)) is told


def test_a_version_has_not_drifted_from_itself(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift", reference=FIRST, current=FIRST)
    assert "No drift was found." in words(app)


def test_subgroups_and_correlations_are_compared_on_request(open_page: Opener, lake: Path) -> None:
    app = open_page(
        lake, "drift", reference=FIRST, current=SECOND,
        split="sex", correlations="true", panel="Further",
    )  # fmt: skip
    found = [header.value for header in app.header]
    assert "Subgroups by sex" in found
    assert "Correlations" in found


def test_without_a_request_it_is_said_what_may_be_asked(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift", panel="Further")
    assert "Nothing more was asked" in words(app)


def test_versions_are_followed_over_time(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift", panel="Over time", reference=FIRST, current=SECOND)
    assert "Drift over time" in words(app)
    assert "A dot is drift" in words(app)


def test_a_dataset_of_one_version_has_no_course(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift", panel="Over time", reference="sites@v1", current="sites@v1")
    assert "There is no course to draw" in words(app)


def test_a_stored_report_is_found_and_listed(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift", panel="Reports", reference=FIRST, current=SECOND)
    assert "Compared all rows; stored" in words(app)
    assert list(app.dataframe[0].value["verdict"]) == ["drifted"]


def test_a_report_is_made_without_being_stored_until_it_is_kept(
    open_page: Opener, own_lake: Path
) -> None:
    app = open_page(own_lake, "drift", reference=SECOND, current=FIRST, split="sex")
    assert "not stored" in words(app)
    press(app, "Keep report")
    assert "Compared all rows; stored" in words(app)
    with Workbench(own_lake) as bench:
        newest = bench.datasets.drift_reports()[0]
        again = bench.datasets.detect_drift(SECOND, FIRST, by="sex")
    assert (newest.version1, newest.version2, dict(newest.parameters)) == (
        SECOND,
        FIRST,
        {"by": "sex"},
    )
    assert again.report_id == newest.report_id


def test_large_versions_are_compared_by_what_was_counted_until_a_job_has_read_all_rows(
    open_page: Opener, own_lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.drift_choice.AT_ONCE", 100)
    app = open_page(own_lake, "drift", reference=SECOND, current=FIRST)
    assert "Compared what was counted at registration" in words(app)
    press(app, "Compare all rows")
    jobs = session.workbench().jobs
    (job,) = jobs.list_jobs()
    assert jobs.wait(job.job_id, seconds=60).state == "FINISHED"
    app.run()
    assert "Compared all rows; stored" in words(app)


def test_sides_are_swapped(open_page: Opener, lake: Path) -> None:
    app = press(open_page(lake, "drift", reference=FIRST, current=SECOND), "Swap")
    assert app.selectbox(key="reference").value == SECOND
    assert app.selectbox(key="current").value == FIRST


def test_what_fits_models_is_offered_as_a_job(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "drift", reference=FIRST, current=SECOND, target="phq9", panel="Further")
    assert titles(app) == ["Drift"]
    assert "in a process of their own" in words(app)
    assert not app.metric


def test_damaged_rows_are_a_card_that_says_what_to_do(open_page: Opener, own_lake: Path) -> None:
    with Workbench(own_lake) as bench:
        uri = bench.datasets.get_version(NAME).storage_uri
    damage(own_lake / object_key(uri.rpartition("/")[2]), "flipped", CHANCE)
    analysis._kept.clear()
    app = open_page(own_lake, "drift", reference=SECOND, current=FIRST)
    assert "A file of the lake is damaged" in [title.value for title in app.title]
    assert "mhras verify --repair" in words(app)
