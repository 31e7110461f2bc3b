"""Searching while others log, and how soon what they log is there."""

from __future__ import annotations

import subprocess
import time
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks._measure import process, quantile, show, times_of
from benchmarks._tracking_scale import CONDITION, EXPERIMENT, ORDER
from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks._measure import Report
    from benchmarks._tracking_scale import Scale

PAUSE: Final = 1.0  # seconds between the points of a live run
_NEW_POINTS: Final = "select step, value from metrics where run_id = $run_id and step > $step"


def measure_live(report: Report, place: Path, scale: Scale) -> None:
    """Search a lake with and without live runs; watch one run's points appear."""
    live = scale.live_processes * scale.live_runs
    about = f"in {scale.live_processes} processes, each run logs a point a second"
    report.begin(f"{live} live runs", about)
    with Workbench(place, create=False, durability="process") as workbench:
        tracker = workbench.tracker
        hits = len(tracker.search_runs(EXPERIMENT, CONDITION, ORDER))

        def search() -> None:
            assert len(tracker.search_runs(EXPERIMENT, CONDITION, ORDER)) == hits
            time.sleep(0.05)  # so that each search meets new points

        alone = [seconds - 0.05 for seconds in times_of(search, 10 * scale.repeat)]
        count = str(scale.live_runs)
        writers = [
            process("log_slowly", str(place), count, str(PAUSE), stdin=subprocess.PIPE)
            for _ in range(scale.live_processes)
        ]
        try:
            run_ids = [writer.stdout.readline().split() for writer in writers if writer.stdout]
            assert len(tracker.search_runs("live", "status = 'RUNNING'")) == live
            beside = [seconds - 0.05 for seconds in times_of(search, 10 * scale.repeat)]
            listed = times_of(lambda: tracker.search_runs("live"), 4 * scale.repeat)
            _watch(report, workbench, run_ids[0][0].decode(), scale)
        finally:
            for writer in writers:
                writer.communicate(b"")
    note = f"medians: {show(median(beside), 'seconds')} less {show(median(alone), 'seconds')}"
    added = max(0.0, median(beside) - median(alone))
    report.add("live.added", "added to a search, median", added, at_most=0.050, note=note)
    report.add_times("live.list", f"search that finds all {live} of them", listed)


def _watch(report: Report, workbench: Workbench, run_id: str, scale: Scale) -> None:
    """Read one live run's new points again and again: how old each is when it is first seen."""
    ages: list[float] = []
    step = -1
    wanted = 2 * scale.repeat
    while len(ages) < wanted:
        rows = workbench.sql(_NEW_POINTS, {"run_id": run_id, "step": step}).to_pylist()
        now = time.time()
        if step >= 0:  # the points from before the first look say nothing
            ages += [now - row["value"] for row in rows]
        step = max([step, *(row["step"] for row in rows)])
    worst = max(ages)
    note = f"p50 {show(quantile(ages, 0.5), 'seconds')} of {len(ages)} points, reading all the time"
    report.add("live.seen", "age of a point when first seen, worst", worst, at_most=1.0, note=note)
