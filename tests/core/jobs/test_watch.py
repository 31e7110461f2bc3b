"""What goes on beside the work: it is told to end, and what it prints is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from core import Workbench
from core.errors import JobCancelledError
from core.jobs.board import Jobs
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# a worker whose work is ours: it prints, says how far it is, and goes on until it is told to end
WORKER = """
import json, sys, time
from core.worker import __main__ as worker, watch
watch._LOOK_SECONDS, watch._TERMINATE_SECONDS, watch._KILL_SECONDS = 0.1, 0.2, 0.6
def work(wb, parameters, progress):
    print("print of Python", flush=True)
    import os
    os.write(2, b"print of C\\n")
    progress("half of it", 0.5)
    {body}
    return {{"answer": 42}}
worker.WORK["compaction"] = work
sys.exit(worker.main(sys.argv[1]))
"""
LISTENS = "while True: time.sleep(0.01); progress('still', 0.6)"
SLEEPS = "time.sleep(60)"
DEAF = (
    "import signal; from concurrent.futures import ThreadPoolExecutor\n"
    "    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]); time.sleep(60)"
)


def start(bench: Workbench, body: str) -> tuple[Jobs, str, subprocess.Popen[bytes]]:
    jobs = Jobs(bench.catalog, bench.settings, start=lambda _settings: None)
    job = jobs.submit("compaction", {})
    given = json.dumps({"lake": str(bench.lake.root), "actor": "ben"})
    process = subprocess.Popen([sys.executable, "-c", WORKER.format(body=body), given], cwd=ROOT)
    return jobs, job.job_id, process


def test_what_is_printed_and_returned_is_kept(tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake", actor="ana") as bench:
        jobs, job_id, process = start(bench, "pass")
        assert process.wait(60) == 0
        job = jobs.get(job_id)
        assert (job.state, job.result, job.progress) == ("FINISHED", {"answer": 42}, 1.0)
        assert jobs.log(job_id) == "print of Python\nprint of C\n"
        assert (job.pid, job.actor) == (process.pid, "ana")


@pytest.mark.parametrize("body", [LISTENS, SLEEPS, DEAF], ids=["listens", "sleeps", "deaf"])
def test_work_ends_when_it_is_asked_to(tmp_path: Path, body: str) -> None:
    with Workbench(tmp_path / "lake", actor="ana") as bench:
        jobs, job_id, process = start(bench, body)
        while jobs.wait(job_id, seconds=0.3).progress < 0.5:
            assert process.poll() is None
        jobs.cancel(job_id)
        code = process.wait(60)
        assert jobs.get(job_id).state == "CANCELLED"
        assert (code == 0) == (body is not DEAF)


def test_an_error_nobody_expected_is_told(tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake", actor="ana") as bench:
        jobs, job_id, process = start(bench, "raise SystemError('odd')")
        assert process.wait(60) == 0
        assert (jobs.get(job_id).state, jobs.get(job_id).error) == ("FAILED", "SystemError: odd")
        assert "Traceback" in jobs.log(job_id)


def test_progress_tells_the_work_to_end(tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as bench:
        from core.worker.watch import Watch

        watch = Watch(bench, "some job")
        watch.progress("begun", 0.1)
        watch._asked_at = 1.0
        with pytest.raises(JobCancelledError):
            watch.progress("half", 0.5)
