"""Long work on a lake in a bucket: done here, or on another machine, and seen by all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import Workbench
from core.jobs.board import Jobs
from core.jobs.processes import host_name, is_working
from core.jobs.records import JobRecords
from lake.clock import now_us

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_file_is_imported_into_a_bucket_by_another_process(bucket: str, tmp_path: Path) -> None:
    (tmp_path / "phq9.csv").write_text("age,score\n30,4\n41,9\n", encoding="utf8")
    with Workbench(f"{bucket}/lake", actor="ana") as bench:
        asked = {"path": str(tmp_path / "phq9.csv"), "dataset": "phq9", "tag": "first"}
        job = bench.jobs.submit("import", asked)
        ended = bench.jobs.wait(job.job_id, seconds=120)
        assert (ended.state, ended.error) == ("FINISHED", "")
        assert bench.datasets.get_version("phq9", "first").num_rows == 2


def test_another_machine_sees_a_job_cancels_it_and_leaves_its_process_alone(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{bucket}/lake"
    with Workbench(url, actor="ana") as bench:
        here = Jobs(bench.catalog, bench.settings, start=lambda _settings: None)
        running, waiting = here.submit("compaction", {}), here.submit("proof", {})
        begun = {"host": "elsewhere", "pid": 1, "process_mark": "x", "started_at": now_us()}
        JobRecords(bench.lake).record(running.job_id, state="RUNNING", **begun)
        bench.lake.flush()
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
        with Workbench(url, actor="ben") as far:
            there = Jobs(far.catalog, far.settings, start=lambda _settings: None)
            assert there.tend() == []
            assert {job.state for job in there.list_jobs()} == {"QUEUED", "RUNNING"}
            assert there.cancel(waiting.job_id).state == "CANCELLED"
            assert there.cancel(running.job_id).cancelling
            assert there.tend() == []  # nobody here can ask that process
            far.lake.flush()
        assert here.get(waiting.job_id).state == "CANCELLED"
        assert here.get(running.job_id).cancelling
        assert is_working("elsewhere", 1, "x") is None
        assert here.get(running.job_id).host != host_name()
