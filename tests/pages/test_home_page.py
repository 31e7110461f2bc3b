"""Home: what needs a look, what the lake holds, and the work on the lake that is begun there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app import session
from app.home_activity import _about
from catalog.activity import Happened
from core import Workbench
from core.jobs.board import Jobs
from core.jobs.records import JobRecords
from lake.clock import now_us, to_datetime
from tests.pages.test_pages import titles, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.support.sample_lake import SampleLake

    Opener = Callable[..., AppTest]

PROVED = {"level": "content", "problems": 0, "files": 12, "bytes": 4000, "findings": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Workbench(tmp_path / "lake", actor="ana") as bench:
        bench.datasets.register_dataset({"score": [4, 9]}, "phq9", "form")
    return tmp_path / "lake"


def tables(app: AppTest) -> dict[str, Any]:
    """Return the tables by the name of their second column."""
    assert not app.exception
    return {frame.value.columns[1]: frame.value for frame in app.dataframe}


def test_work_that_failed_needs_a_look_until_it_is_done(open_page: Opener, folder: Path) -> None:
    with Workbench(folder) as bench:
        jobs = Jobs(bench.catalog, bench.settings, start=lambda _settings: None)
        failed = jobs.submit("eda", {"dataset": "phq9@v1"})
        JobRecords(bench.lake).end(failed.job_id, "FAILED", error="Out of memory.")
    (need,) = tables(open_page(folder))["status"].to_dict("records")
    assert (need["what"], need["status"], need["why"]) == (
        "Analysis of phq9@v1",
        "FAILED",
        "Out of memory.",
    )
    with Workbench(folder) as bench:
        again = Jobs(bench.catalog, bench.settings, start=lambda _settings: None).again(
            failed.job_id
        )
        JobRecords(bench.lake).end(again.job_id, "FINISHED", result="{}")
    assert "Nothing: no run or job failed" in words(open_page(folder))


def test_the_lake_is_proved_from_home_and_what_came_of_it_stands_there(
    open_page: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(folder)
    assert "not done yet" in words(app)
    bench = session.workbench()
    monkeypatch.setattr(bench.jobs, "_start_worker", lambda _settings: None)
    app.button(key="begin-proof").click().run()
    (job,) = bench.jobs.list_jobs()
    assert (job.kind, dict(job.parameters)) == ("proof", {"level": "content"})
    assert "begin-proof" not in {button.key for button in app.button}
    JobRecords(bench.lake).end(job.job_id, "FINISHED", result=json.dumps(PROVED))
    assert "nothing is wrong in 12 files" in words(app.run())


def test_a_lake_of_data_alone_shows_them_and_no_empty_cards(
    open_page: Opener, folder: Path
) -> None:
    app = open_page(folder)
    assert titles(app) == ["Home"]
    assert tables(app)["versions"][["dataset", "versions", "rows"]].to_numpy().tolist() == [
        ["phq9", 1, 2]
    ]
    assert {"Recent runs", "0 experiments"}.isdisjoint(header.value for header in app.header)


def test_a_lake_that_is_young_is_not_compared_with_the_week_before(
    open_page: Opener, sample: SampleLake
) -> None:
    runs, failed, *_ = open_page(sample.folder).metric
    assert runs.delta.startswith("since ")
    assert failed.delta == runs.delta


def test_only_comments_lose_the_marks_of_markdown() -> None:
    def about(kind: str, text: str) -> str:
        return _about(
            Happened(
                kind=kind,
                id="1",
                label="a",
                about=text,
                actor="ana",
                happened_at=to_datetime(now_us()),
                subject="",
            )
        )

    assert about("model_version", "judged on 2015_16 *") == "judged on 2015_16 *"
    assert about("comment", "**odd** _very_: `a_b`\n> why") == "odd very: a_b why"
