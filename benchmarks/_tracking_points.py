"""Histories of metrics: how fast they are read, and how many bytes a point takes."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from benchmarks._measure import times_of
from core import Workbench
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks._measure import Report
    from benchmarks._tracking_scale import Scale

RUNS: Final = 5
METRICS: Final = 2
_MOST_BYTES: Final = 10
_STEP_SECONDS: Final = 0.1  # of the runs whose steps take time: the mean and the deviation
_DEVIATION: Final = 0.01


def measure_points(report: Report, folder: Path, scale: Scale) -> None:
    """Log several runs with long histories, read one, compact, count the bytes."""
    steps = scale.points // RUNS // METRICS
    report.begin("histories", f"{RUNS} runs, {METRICS} metrics each, {steps:,} steps")
    source = random.Random(3)  # noqa: S311 - made-up data
    run_id = _log(folder / "random", steps, lambda _: source.random())
    with Workbench(folder / "random", durability="process") as workbench:
        _read(report, workbench, run_id, "fresh", scale)
        _compact(workbench, scale)
        _read(report, workbench, run_id, "compacted", scale)
    _log(folder / "curves", steps, lambda step: _curve(step) + source.gauss(0, 0.01))
    with Workbench(folder / "curves", durability="process") as workbench:
        _compact(workbench, scale)
    _log_as_training_does(folder / "training", steps, scale)
    goal = {"at_most": _MOST_BYTES}
    for name, what in (
        ("random", "random doubles"),
        ("curves", "noisy decaying curves"),
        ("training", "curves, 10 steps/s"),
    ):
        size = _bytes(folder / name) / (steps * RUNS * METRICS)
        note = "after compaction, without the segments it replaced"
        report.add(f"size.{name}", f"a point on disk, {what}", size, "bytes", **goal, note=note)


def _compact(workbench: Workbench, scale: Scale) -> None:
    workbench.lake.settle = scale.settle
    workbench.lake.compact(minimum=1)


def _curve(step: int) -> float:
    return 0.7 * math.exp(-step / 30_000) + 0.1


def _log(place: Path, steps: int, value: Callable[[int], float]) -> str:
    """Log as fast as can be; the id of the last run."""
    with Workbench(place, durability="process") as workbench:
        for _ in range(RUNS):
            with workbench.tracker.start_run("points") as run:
                for step in range(steps):
                    run.log_metrics({"loss": value(step), "acc": 1 - value(step)}, step=step)
    return run.run_id


def _read(report: Report, workbench: Workbench, run_id: str, state: str, scale: Scale) -> None:
    tracker = workbench.tracker
    count = tracker.get_metric_history(run_id, "loss").num_rows
    times = times_of(lambda: tracker.get_metric_history(run_id, "loss"), 4 * scale.repeat)
    what = f"{count:,} points as Arrow, {state}"
    report.add_times(f"history.{state}", what, times, at_most=0.020)


def _log_as_training_does(place: Path, steps: int, scale: Scale) -> None:
    """Put curves into the table whose steps took time: their times take more room."""
    source = np.random.default_rng(4)
    with Workbench(place, durability="process") as workbench:
        table = workbench.lake.table("metrics")
        for _ in range(RUNS):
            with workbench.tracker.start_run("points") as run:
                gaps = source.normal(_STEP_SECONDS, _DEVIATION, steps).clip(0)
            step = np.arange(steps)
            columns = {
                "run_id": pa.repeat(run.run_id, steps),
                "experiment_id": pa.repeat(run.experiment_id, steps),
                "step": step,
                "logged_at": pa.array(now_us() + (gaps.cumsum() * 1e6).astype("int64")),
            }
            for name in ("loss", "acc"):
                value = 0.7 * np.exp(-step / 30_000) + 0.1 + source.normal(0, 0.01, steps)
                named = {"metric_name": pa.repeat(name, steps), "value": value}
                table.append(pa.table(columns | named))
        _compact(workbench, scale)


def _bytes(place: Path) -> int:
    folder = place / "tables" / "metrics" / "data"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
