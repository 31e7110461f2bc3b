"""The page of jobs: what runs, what came of it, and its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app import session
from core import Workbench
from core.jobs.board import Jobs
from core.jobs.processes import host_name
from core.jobs.records import JobRecords
from tests.pages.test_pages import titles, words
from tests.support.damage import damage
from tests.support.four_runs import CHANCE

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


def test_an_orphan_is_shown_and_started_again(open_page: Opener, tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as bench:
        job_id = waiting(bench, 2)
        bench.lake.claim("jobs", job_id, {"host": host_name(), "pid": 2**22 + 1, "mark": "gone"})
    app = open_page(tmp_path / "lake", "jobs", id=job_id)
    assert titles(app) == ["Jobs"]
    assert "orphaned" in words(app)
    jobs = session.workbench().jobs
    jobs._start_worker = lambda _settings: None
    app.button(key=f"again-{job_id}").click().run()
    again, orphan = jobs.list_jobs()
    assert (again.state, orphan.state, orphan.is_orphaned) == ("QUEUED", "FAILED", True)
    assert again.job_id in app.query_params["id"]


def test_what_a_proof_found_is_listed(open_page: Opener, tmp_path: Path) -> None:
    found = {"path": "objects/aa/bb", "problem": "missing: absent", "affects": "run *x*"}
    result = {"problems": 1, "files": 3, "bytes": 10, "findings": [{**found, "advice": "Repair."}]}
    with Workbench(tmp_path / "lake") as bench:
        idle = Jobs(bench.catalog, bench.settings, start=lambda _settings: None)
        job = idle.submit("proof", {"level": "content"})
        JobRecords(bench.lake).end(job.job_id, "FINISHED", result=json.dumps(result))
    app = open_page(tmp_path / "lake", "jobs", id=job.job_id)
    assert list(app.dataframe[-1].value["Concerns"]) == ["run *x*"]
    settings = open_page(tmp_path / "lake", "settings")
    assert "1 problem in 3 files, 10 bytes read" in words(settings)


def test_settings_offer_work_on_the_lake_and_show_how_far_it_is(
    open_page: Opener, tmp_path: Path
) -> None:
    app = open_page(tmp_path, "settings")
    jobs = session.workbench().jobs
    jobs._start_worker = lambda _settings: None
    app.button(key="begin-compaction").click().run()
    app.button(key="begin-proof").click().run()
    proof, compaction = jobs.list_jobs()
    assert (proof.kind, compaction.kind) == ("proof", "compaction")
    app.button(key=f"cancel-{proof.job_id}").click().run()
    assert titles(app) == ["Settings"]
    assert jobs.get(proof.job_id).state == "CANCELLED"
    assert f"cancel-{compaction.job_id}" in {button.key for button in app.button}


def test_a_damaged_table_of_jobs_is_a_card(open_page: Opener, tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as bench:
        waiting(bench, 2)
        bench.lake.flush()
    for path in (tmp_path / "lake/tables/jobs").rglob("*.parquet"):
        if path.stat().st_size:
            damage(path, "flipped", CHANCE)
    app = open_page(tmp_path / "lake", "jobs")
    assert titles(app) == ["A file of the lake is damaged"]


def test_an_id_of_no_job_is_a_card(open_page: Opener, tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as bench:
        waiting(bench, 2)
    app = open_page(tmp_path / "lake", "jobs", id="../../etc")
    assert titles(app) == ["Jobs"]
    assert "No such job" in words(app)
