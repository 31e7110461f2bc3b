"""A server that is killed takes nothing along: work goes on, and whoever comes back sees it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks._workbench_client import Client
from core import Workbench
from tests.app.test_serve import SERVE, address_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def serving(lake: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-c", SERVE, str(lake)]
    process = subprocess.Popen(
        command, cwd=lake.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process, address_of(process)
    finally:
        process.kill()
        process.communicate()


def test_work_outlives_a_killed_server_and_is_seen_in_every_tab(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with Workbench(lake) as bench:
        bench.tracker.start_run("first").end()
    with (
        serving(lake) as (server, address),
        Client(address, "jobs") as tab,
        Client(address, "jobs") as another,
    ):
        assert not tab.rerun().failed
        assert not another.rerun().failed
        assert "No jobs yet" in another.words
        tab.click("start-proof")
        assert not another.rerun().failed
        assert "1 job" in another.words
        server.kill()
        server.wait()
    with Workbench(lake, create=False) as bench:
        (job,) = bench.jobs.list_jobs()
        ended = bench.jobs.wait(job.job_id, seconds=120)
        assert (ended.state, ended.result["problems"]) == ("FINISHED", 0)
    with (
        serving(lake) as (_, address),
        Client(address, "jobs", query=f"id={job.job_id}") as tab,
    ):
        assert not tab.rerun().failed
        assert "1 job" in tab.words
