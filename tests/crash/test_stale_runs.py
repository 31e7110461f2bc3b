"""Runs of processes that are gone are told from those of processes that live."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from tests.support.processes import Child
from tests.support.workbenches import log_points

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]


@pytest.fixture
def workbench(memory_path: Path) -> Iterator[Workbench]:
    with Workbench(memory_path / "lake") as workbench:
        yield workbench


def killed_run(workbench: Workbench, *, flushed: bool) -> str:
    with Child(log_points, workbench.lake.root, 5) as child:
        run_id = str(child.hear())
        if flushed:
            child.tell("flush")
            child.hear()
        child.kill()
    return run_id


@pytest.mark.parametrize("flushed", [False, True])
def test_a_run_of_a_killed_process_is_stale(workbench: Workbench, flushed: bool) -> None:
    started_at = datetime.now(UTC)
    run_id = killed_run(workbench, flushed=flushed)
    (found,) = workbench.tracker.search_runs("risk")
    (stale,) = workbench.runs.stale_runs()
    page = workbench.runs.search_runs_arrow("risk").select(["run_id", "status", "is_stale"])
    assert page.to_pylist() == [{"run_id": run_id, "status": "RUNNING", "is_stale": True}]
    for run in (found, stale, workbench.tracker.get_run(run_id)):
        assert (run.run_id, run.status, run.is_stale) == (run_id, "RUNNING", True)
        assert run.heartbeat_at is not None
        assert started_at <= run.heartbeat_at <= datetime.now(UTC)


def test_a_stale_run_ends_as_failed_at_its_last_sign_of_life(workbench: Workbench) -> None:
    run_id = killed_run(workbench, flushed=False)
    (stale,) = workbench.runs.stale_runs()
    assert [run.run_id for run in workbench.tracker.close_stale_runs()] == [run_id]
    with Workbench(workbench.lake.root) as fresh:
        for reader in (workbench, fresh):
            run = reader.tracker.get_run(run_id)
            assert (run.status, run.is_stale, run.end_time) == ("FAILED", False, stale.heartbeat_at)
            assert run.error is not None
            assert run.error.startswith("The process ended without a word")
            assert run.metrics == {"loss": [(step / 7, step) for step in range(5)]}
            assert reader.runs.stale_runs() == []
            assert reader.tracker.close_stale_runs() == []


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_run_of_a_living_process_is_not_stale(workbench: Workbench, method: str) -> None:
    with Child(log_points, workbench.lake.root, 5, method=method) as child:
        run_id = child.hear()
        assert [r.is_stale for r in workbench.tracker.search_runs("risk")] == [False]
        child.tell("flush")  # what it logged is in segments now, and nothing is logged since
        child.hear()
        workbench.lake.recover()
        with Workbench(workbench.lake.root) as fresh:
            for reader in (workbench, fresh):
                assert [r.is_stale for r in reader.tracker.search_runs("risk")] == [False]
                assert reader.runs.stale_runs() == []
                assert reader.tracker.close_stale_runs() == []
        child.tell("end")
        child.end()
    run = workbench.tracker.get_run(run_id)
    assert (run.status, run.is_stale) == ("FINISHED", False)


def test_an_idle_process_shows_that_it_lives(workbench: Workbench) -> None:
    with Child(log_points, workbench.lake.root, 5) as child:
        run_id = child.hear()
        journal = max(workbench.lake.journal.folder.iterdir())
        os.utime(journal, (4e9, 4e9))  # as its keeper does now and then, with the time of now
        beat = datetime.fromtimestamp(4e9, UTC)
        assert workbench.tracker.get_run(run_id).heartbeat_at == beat
        child.kill()


def test_a_run_resumed_by_another_process_lives_with_that_one(workbench: Workbench) -> None:
    run_id = killed_run(workbench, flushed=False)
    workbench.tracker.close_stale_runs()
    run = workbench.tracker.start_run("risk", run_id=run_id)
    with Workbench(workbench.lake.root) as fresh:
        found = fresh.tracker.get_run(run_id)
        assert (found.status, found.is_stale) == ("RUNNING", False)
        assert fresh.runs.stale_runs() == []
    run.log_metrics({"loss": 0.0}, step=5)
    run.end()
    found = workbench.tracker.get_run(run_id)
    assert (found.status, len(found.metrics["loss"])) == ("FINISHED", 6)
