"""The clock of the machine is set back while a run is logged."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from lake import clock as clock_module
from lake.clock import now_us
from tests.support.processes import Child

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from core.tracking.run import Run

    Pipe = Connection[Any, Any]

HOUR = 3_600 * 1_000_000_000


class Clock:
    """The clock of the machine, which can be set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = time.time_ns
        self._ahead = 0
        monkeypatch.setattr("time.time_ns", lambda: self._real() + self._ahead)

    def set_back(self, hours: float) -> None:
        self._ahead -= round(hours * HOUR)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_time_goes_on_when_the_clock_is_set_back(clock: Clock) -> None:
    before = now_us()
    clock.set_back(hours=1)
    assert before < now_us() < now_us()


def read_everywhere(workbench: Workbench, run_id: str) -> list[Run]:
    """The run as read from journals, from segments, and by a workbench that opens just now."""
    runs = [workbench.tracker.get_run(run_id)]
    workbench.lake.flush()
    runs.append(workbench.tracker.get_run(run_id))
    with Workbench(workbench.lake.root) as fresh:
        return [*runs, fresh.tracker.get_run(run_id)]


def test_what_was_said_last_counts_when_the_clock_is_set_back(
    clock: Clock, memory_path: Path
) -> None:
    with Workbench(memory_path / "lake") as workbench:
        tracker = workbench.tracker
        with tracker.start_run("risk", tags={"stage": "first"}) as run:
            tracker.set_note("first")
            for step in range(3):
                clock.set_back(hours=1)
                run.log_metrics({"loss": 1.0 - step, "auc": step / 4}, step=step)
                run.log_metrics({"unordered": step})
                tracker.set_tags({"stage": f"step {step}"})
            tracker.set_note("last")
            clock.set_back(hours=1)
        clock.set_back(hours=1)
        tracker.set_tags({"stage": "reviewed"}, run_id=run.run_id)
        tracker.delete_run(run.run_id)
        clock.set_back(hours=1)
        tracker.restore_run(run.run_id)
        for found in read_everywhere(workbench, run.run_id):
            assert found.status == "FINISHED"
            assert found.tags == {"stage": "reviewed"}
            assert (found.note, found.deleted) == ("last", False)
            assert found.last_metrics == {"loss": -1.0, "auc": 0.5, "unordered": 2.0}
            assert found.metrics["unordered"] == [(0.0, None), (1.0, None), (2.0, None)]
            assert found.duration is not None
            assert found.duration > 0


def test_a_run_resumed_after_the_clock_was_set_back_runs_again(
    clock: Clock, memory_path: Path
) -> None:
    with Workbench(memory_path / "lake") as workbench:
        with workbench.tracker.start_run("risk") as run:
            run.log_metrics({"loss": 1.0}, step=1)
        clock.set_back(hours=1)
        resumed = workbench.tracker.start_run("risk", run_id=run.run_id)
        resumed.log_metrics({"loss": 0.5}, step=2)
        for found in read_everywhere(workbench, run.run_id):
            assert (found.status, found.is_stale) == ("RUNNING", False)
        resumed.end("FAILED")
        for found in read_everywhere(workbench, run.run_id):
            assert (found.status, found.last_metrics) == ("FAILED", {"loss": 0.5})


def start_clock(monkeypatch: pytest.MonkeyPatch, *, hours: float) -> None:
    """Begin as a process does that was not forked, with a clock that is ahead or behind."""
    Clock(monkeypatch).set_back(-hours)
    monkeypatch.setattr(clock_module, "_ticker", type(clock_module._ticker)())


def resume_an_hour_ago(pipe: Pipe, lake: Path, run_id: str) -> None:
    """Edit, resume, log to and end a run by a clock that is an hour behind."""
    start_clock(pytest.MonkeyPatch(), hours=-1)
    with Workbench(lake) as workbench:
        tracker = workbench.tracker
        tracker.set_tags({"stage": "second"}, run_id=run_id)
        tracker.set_note("second", run_id=run_id)
        run = tracker.start_run("risk", run_id=run_id)
        pipe.send(tracker.get_run(run_id).status)
        run.log_metrics({"loss": 0.5, "unordered": 2.0}, step=None)
        tracker.set_tags({"kind": "resumed"})
        run.end("FAILED")
        tracker.delete_run(run_id)
        tracker.restore_run(run_id)


def test_a_process_whose_clock_is_behind_has_the_last_word_all_the_same(memory_path: Path) -> None:
    lake = memory_path / "lake"
    with Workbench(lake) as workbench:
        with workbench.tracker.start_run("risk", tags={"stage": "first"}) as run:
            run.log_metrics({"loss": 1.0, "unordered": 1.0})
            workbench.tracker.set_note("first")
        with Child(resume_an_hour_ago, lake, run.run_id) as child:
            assert child.hear() == "RUNNING"
            child.end()
        for found in read_everywhere(workbench, run.run_id):
            assert (found.status, found.deleted, found.note) == ("FAILED", False, "second")
            assert found.tags == {"stage": "second", "kind": "resumed"}
            assert found.last_metrics == {"loss": 0.5, "unordered": 2.0}
            assert found.duration is not None
            assert found.duration > 0


def stop_while_logging(pipe: Pipe, lake: Path) -> None:
    start_clock(pytest.MonkeyPatch(), hours=1)
    workbench = Workbench(lake)
    pipe.send(workbench.tracker.start_run("risk").run_id)
    workbench.tracker.wait()
    os._exit(1)


def test_a_stale_run_of_a_clock_ahead_ends_as_failed(memory_path: Path) -> None:
    lake = memory_path / "lake"
    with Child(stop_while_logging, lake) as child, Workbench(lake) as workbench:
        run_id = child.hear()
        assert child.exit_code() == 1
        assert [run.run_id for run in workbench.tracker.close_stale_runs()] == [run_id]
        for found in read_everywhere(workbench, run_id):
            assert found.status == "FAILED"


def test_runs_are_in_the_order_of_their_start_when_the_clock_is_set_back(
    clock: Clock, memory_path: Path
) -> None:
    with Workbench(memory_path / "lake") as workbench:
        for number in range(5):
            workbench.tracker.start_run("risk", run_name=f"{number}").end()
            workbench.lake.flush()
            clock.set_back(hours=1)
        newest_first = workbench.tracker.search_runs("risk")
        assert [run.run_name for run in newest_first] == ["4", "3", "2", "1", "0"]
        assert len(workbench.lake.table("runs").snapshot().tail) == 5
