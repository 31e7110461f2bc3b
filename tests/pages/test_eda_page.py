"""The page of an analysis: overview, columns, faults, pairs, target, cohorts."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from app import analysis, session
from tests.pages.test_pages import titles, words
from tests.support.jobs import do_here
from tests.support.sample_datasets import EVIL_COLUMN, EVIL_VALUE, NAME, make_dataset_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    Opener = Callable[..., AppTest]

FIRST = f"{NAME}@v1"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset_lake(tmp_path_factory.mktemp("lakes") / "data")


def test_an_empty_lake_says_what_is_needed(open_page: Opener, tmp_path: Path) -> None:
    app = open_page(tmp_path, "eda")
    assert titles(app) == ["EDA"]
    assert app.header[0].value == "No datasets yet"


@pytest.mark.parametrize(
    "part",
    ["Overview", "Columns", "Quality", "Associations", "Missing", "Target", "Cohort", "Compare"],
)
def test_every_part_opens(open_page: Opener, lake: Path, part: str) -> None:
    app = open_page(lake, "eda", data=FIRST, part=part)
    assert titles(app) == ["EDA"]
    assert "400 rows" in words(app)


def test_the_overview_says_what_to_do_first(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST)
    numbers = {metric.label: metric.value for metric in app.metric}
    assert (numbers["Rows"], numbers["Columns"]) == ("400", "7")
    assert numbers["Missing values"] == "1.4%"
    assert "What to do first" in words(app)


def test_a_column_of_the_address_is_shown(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Columns", column="sleep")
    assert app.selectbox(key="column").value == "sleep"
    assert "sleep in numbers" in words(app)
    assert list(app.dataframe[0].value["Column"])[:3] == ["person", "age", "sleep"]


def test_two_versions_stand_side_by_side(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Compare", other=f"{NAME}@v2")
    found = app.dataframe[0].value
    assert list(found["Column"])[:2] == ["wave", "sleep"]
    app.selectbox(key="compared").select("sleep").run()
    assert any("Standardised difference" in str(each.value) for each in app.table)
    assert not app.exception


def test_two_cohorts_of_a_version_stand_side_by_side(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Compare", split="sex")
    assert "sleep" in list(app.dataframe[0].value["Column"])
    app = open_page(lake, "eda", data=FIRST, part="Compare", split="age")
    assert "age" in app.error[0].value


def test_names_and_values_from_anybody_are_text(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Columns", column=EVIL_COLUMN)
    assert r"\*\*site\*\* \<b\>" in words(app)
    assert EVIL_VALUE not in words(app)


def test_a_pair_of_the_address_is_drawn(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Associations", first="age", second="sleep")
    assert "sleep by age" in words(app)
    assert "Drawn: all rows." in words(app)


def test_what_tells_of_a_target_is_shown(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Target", **{"target-column": "phq9"})
    assert "What tells of phq9" in words(app)
    assert "age" in list(app.dataframe[-1].value["Feature"])


def test_a_column_that_cannot_be_a_target_is_explained(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, **{"target-column": "wave"})
    assert not app.exception
    assert "cannot be a target" in app.error[0].value
    assert "What to do first" in words(app)


def test_a_cohort_is_compared_with_all_others(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Cohort", cohort="age >= 60")
    assert "The cohort differs in 1 of 7 columns." in words(app)
    table = app.dataframe[0].value.set_index("Column")
    assert table["Verdict"]["age"] == "differs"
    assert table["Verdict"]["sleep"] == "alike"


@pytest.mark.parametrize(("cohort", "said"), [("age > 500", "no row"), ("age > 1", "every row")])
def test_a_cohort_without_rows_or_without_others_says_so(
    open_page: Opener, lake: Path, cohort: str, said: str
) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Cohort", cohort=cohort)
    assert f"The condition holds for {said}." in words(app)


def test_a_condition_that_cannot_be_answered_is_explained(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "eda", data=FIRST, part="Cohort", cohort="agee > 1")
    assert titles_of(app) == ["EDA"]
    assert "agee" in app.error[0].value


def titles_of(app: AppTest) -> list[str]:
    assert not app.exception
    return [title.value for title in app.title]


def test_a_large_version_is_analyzed_by_a_job_that_is_started_here(
    open_page: Opener, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    monkeypatch.setattr("app.analysis.AT_ONCE", 100)
    analysis._kept.clear()
    app = open_page(tmp_path / "lake", "eda", data=FIRST)
    assert not app.metric
    app.button(key="begin-work").click().run()
    jobs = session.workbench().jobs
    (job,) = jobs.list_jobs()
    assert job.title == f"Analysis of {FIRST}"
    assert jobs.wait(job.job_id, seconds=120).state == "FINISHED"
    assert app.run().metric[0].value == "400"
    dataset = open_page(tmp_path / "lake", "dataset", name=NAME, version="v1", tab="Quality")
    assert "begin-work" not in {button.key for button in dataset.button}
    found = open_page(tmp_path / "lake", "jobs", id=job.job_id)
    found.button(key="open-result").click().run()
    assert titles(found) == ["EDA"]


def test_a_cohort_of_a_large_version_is_compared_by_a_job_that_is_started_here(
    open_page: Opener, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    analysis._kept.clear()
    open_page(tmp_path / "lake", "eda", data=FIRST)
    monkeypatch.setattr("app.analysis.AT_ONCE", 100)  # the analysis itself is made already
    app = open_page(tmp_path / "lake", "eda", data=FIRST, part="Cohort", cohort="age >= 60")
    assert "The cohort differs" not in words(app)
    app.button(key="begin-work").click().run()
    jobs = session.workbench().jobs
    (job,) = jobs.list_jobs()
    assert job.title == f"Cohort of {FIRST}: age >= 60"
    assert jobs.wait(job.job_id, seconds=120).state == "FINISHED"
    assert "The cohort differs in 1 of 7 columns." in words(app.run())
    found = open_page(tmp_path / "lake", "jobs", id=job.job_id)
    found.button(key="open-result").click().run()
    assert titles(found) == ["EDA"]
    assert "The cohort differs in 1 of 7 columns." in words(found)


@pytest.mark.parametrize("asked", [{"split": "sex"}, {"other": f"{NAME}@v2"}])
def test_what_a_job_compared_is_shown_of_large_versions(
    open_page: Opener,
    lake: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, str],
) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    analysis._kept.clear()
    open_page(tmp_path / "lake", "eda", data=FIRST)
    monkeypatch.setattr("app.analysis.AT_ONCE", 100)
    app = open_page(tmp_path / "lake", "eda", data=FIRST, part="Compare", **asked)
    assert "Side by side" not in words(app)
    bench = session.workbench()
    ids = {v.name: f"{NAME}@{v.version_id}" for v in bench.datasets.list_versions(NAME)}
    second = {"second" if n == "other" else n: ids.get(value, value) for n, value in asked.items()}
    job = do_here(bench, "comparison", {"first": ids[FIRST], **second})
    assert "Side by side" in words(app.run())
    found = open_page(tmp_path / "lake", "jobs", id=job.job_id)
    found.button(key="open-result").click().run()
    assert "Side by side" in words(found)


def test_a_condition_that_cannot_be_answered_never_becomes_a_job(
    open_page: Opener, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page(lake, "eda", data=FIRST)
    monkeypatch.setattr("app.analysis.AT_ONCE", 100)
    app = open_page(lake, "eda", data=FIRST, part="Cohort", cohort="agee > 1")
    assert "agee" in app.error[0].value
    assert "begin-work" not in {button.key for button in app.button}
