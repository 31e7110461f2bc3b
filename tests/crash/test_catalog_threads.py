"""Threads log, search, flush and compact in one process, for some seconds."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from core import Workbench
from lake.lake import Lake
from lake.verify import verify
from tests.support.processes import PATIENCE
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 5.0


class Busy:
    """What the threads do until the time is over, and what they have done so far."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.compacting = Lake.open(workbench.lake.root, settle=0.02)
        self.compacting.define(*workbench.lake.specs.values())
        self.over = threading.Event()
        self.points: dict[str, int] = {}
        self.ended = 0
        self.searches = 0

    @property
    def has_done_enough(self) -> bool:
        """Whether something was searched, compacted and logged, however slow this machine is."""
        compacted = self.workbench.lake.table("metrics").snapshot().version > 0
        return compacted and self.searches > 2 and self.ended > 2

    def log(self) -> None:
        tracker = self.workbench.tracker
        for number in itertools.count():
            name = f"run {number}"
            with tracker.start_run("busy", run_name=name, tags={"number": number}) as run:
                for step in range(50):
                    run.log_metrics({"loss": step / 7, f"m{number % 20}": step}, step=step)
                    self.points[name] = step + 1
                run.log_params({"depth": number % 7})
            self.ended += 1
            if self.over.is_set():
                return

    def search(self) -> None:
        """Search with ever new names, each of which makes a column of the table of runs."""
        tracker, before = self.workbench.tracker, 0
        for number in itertools.count():
            ended = self.ended
            where = f"status = 'FINISHED' and metrics.loss > {number % 7} and params.depth != '9'"
            found = tracker.search_runs("busy", where, [f"metrics.m{number % 20} desc", "end_time"])
            assert len(found) >= max(ended, before)
            assert all(run.last_metrics["loss"] == 7 for run in found)
            before = len(found)
            self.searches += 1
            if self.over.is_set():
                return

    def count(self) -> None:
        """Count by one query: what was logged is there, and there once."""
        before: dict[str, int] = {}
        while not self.over.is_set():
            logged = dict(self.points)
            counts = {name: len(steps) for name, steps in steps_by_run(self.workbench).items()}
            for name, steps in (before | logged).items():
                assert counts[name] >= steps
            for name, steps in counts.items():
                assert steps <= 50, f"{name} has doubles"
            before = counts

    def flush(self) -> None:
        while not self.over.wait(0.02):
            self.workbench.lake.flush()

    def compact(self) -> None:
        while not self.over.wait(0.05):
            self.compacting.compact(minimum=4)


def test_counts_never_go_down_while_others_write_and_compact(memory_path: Path) -> None:
    with Workbench(memory_path / "lake") as workbench:
        busy = Busy(workbench)
        jobs = [busy.log, busy.search, busy.search, busy.count, busy.flush, busy.compact]
        with ThreadPoolExecutor(len(jobs)) as pool:
            working = [pool.submit(job) for job in jobs]
            end = time.monotonic() + SECONDS
            while not (busy.has_done_enough and time.monotonic() > end):
                if any(job.done() for job in working) or time.monotonic() > end + PATIENCE:
                    break  # one has failed, or this machine does not get to all of it
                time.sleep(0.05)
            busy.over.set()
            for job in working:
                job.result()
        steps = steps_by_run(workbench)
        assert steps == {f"run {number}": list(range(50)) for number in range(busy.ended)}
        assert busy.has_done_enough
        with Workbench(memory_path / "lake") as fresh:
            assert steps_by_run(fresh) == steps
        assert verify(workbench.lake.store, workbench.lake.specs.values(), "content") == []
