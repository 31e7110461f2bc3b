"""The page of jobs: what runs, what came of it, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import Workbench
from core.jobs.board import Jobs
from core.jobs.records import JobRecords
from tests.pages.test_pages import titles, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    Opener = Callable[..., AppTest]


def waiting(bench: Workbench, minimum: int) -> str:
    idle = Jobs(bench.catalog, bench.settings, start=lambda _settings: None)
    return idle.submit("compaction", {"minimum": minimum}).job_id


def test_the_page_opens_on_an_empty_lake(open_page: Opener, tmp_path: Path) -> None:
    app = open_page(tmp_path, "jobs")
    assert titles(app) == ["Jobs"]
    assert "No jobs yet" in words(app)


def test_jobs_are_listed_and_one_is_shown(open_page: Opener, tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake", actor="ana") as bench:
        failed, finished = waiting(bench, 2), waiting(bench, 3)
        records = JobRecords(bench.lake)
        records.record(failed, log="all is **lost**\n")
        records.end(failed, "FAILED", error="There is no *file*.")
        records.end(finished, "FINISHED", message="done", progress=1.0, result='{"files": {}}')
    app = open_page(tmp_path / "lake", "jobs", id=failed)
    assert titles(app) == ["Jobs"]
    assert list(app.dataframe[0].value["state"]) == ["FINISHED", "FAILED"]
    assert [code.value for code in app.code][-2:] == ["There is no *file*.", "all is **lost**"]
    app = open_page(tmp_path / "lake", "jobs", state=["FINISHED"])
    assert list(app.dataframe[0].value["state"]) == ["FINISHED"]


def test_a_job_that_waits_is_cancelled(open_page: Opener, tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as bench:
        job_id = waiting(bench, 2)
    app = open_page(tmp_path / "lake", "jobs")
    app.button(key=f"cancel-{job_id}").click().run()
    assert titles(app) == ["Jobs"]
    with Workbench(tmp_path / "lake") as bench:
        assert bench.jobs.get(job_id).state == "CANCELLED"


def test_an_id_of_no_job_is_a_card(open_page: Opener, tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as bench:
        waiting(bench, 2)
    app = open_page(tmp_path / "lake", "jobs", id="../../etc")
    assert titles(app) == ["Jobs"]
    assert "No such job" in words(app)
