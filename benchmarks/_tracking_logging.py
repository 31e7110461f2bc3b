"""Starting, logging one value at a time, logging many at once, and being killed meanwhile."""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Final

from benchmarks._measure import process, quantile, run_process, show, without_collector
from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks._measure import Report
    from benchmarks._tracking_scale import Scale
    from core import ExperimentTracker

BATCH: Final = 1000
_MICROSECOND: Final = 1e-6


def measure_start(report: Report, folder: Path, scale: Scale) -> None:
    """Import, and one run on a lake that is not there yet, each in processes of their own."""
    report.begin("start", "fresh processes; a bare interpreter's time is subtracted")
    bare = min(run_process("nothing")[0] for _ in range(2 * scale.repeat))
    whole = [run_process("import_core")[0] for _ in range(2 * scale.repeat)]
    times = [seconds - bare for seconds in whole]
    note = f"not subtracted {show(min(whole), 'seconds')}"
    what = "from core import Workbench"
    report.add_times("start.import", what, times, at_most=0.050, note=note)
    ended, closed, imported = [], [], ""
    for i in range(scale.repeat):
        took, output = run_process("first_run", str(folder / f"first-{i}"))
        seconds, _, imported = output.strip().partition(" ")
        ended.append(float(seconds))
        closed.append(took - bare)
    report.add_times("start.run", "first run, empty lake: import to end", ended, at_most=0.200)
    note = f"not subtracted {show(min(closed) + bare, 'seconds')}; close() makes segments"
    report.add_times("start.process", "the same, whole process", closed, note=note)
    heavy = [name for name in imported.split(",") if name]
    report.add(
        "start.heavy",
        "heavy packages imported",
        len(heavy),
        "count",
        at_most=0,
        note=", ".join(heavy) or "no duckdb, numpy, pandas, polars, pyarrow after logging",
    )


def measure_calls(report: Report, folder: Path, scale: Scale) -> None:
    """Log one metric a call, then many a call."""
    report.begin("log_metrics", "one process; full journals become segments meanwhile")
    for name, measure in (("single", _single_calls), ("batches", _batches)):
        with Workbench(folder / name, durability="process") as workbench:
            with workbench.tracker.start_run(name):
                workbench.tracker.wait()
                measure(report, workbench.tracker, scale)
            begun = perf_counter()
        took = perf_counter() - begun
        report.add(f"{name}.close", "close() after that", took, note="seals the last journals")


def _single_calls(report: Report, tracker: ExperimentTracker, scale: Scale) -> None:
    source = random.Random(1)  # noqa: S311 - made-up data
    values = [source.random() for _ in range(scale.points)]
    log = tracker.log_metrics
    rates = []
    for _ in range(scale.repeat):
        begun = perf_counter()
        for step, value in enumerate(values):
            log({"auc": value}, step=step)
        rates.append(len(values) / (perf_counter() - begun))
    note = f"median {show(median(rates), 'per second')} of {len(rates)}"
    what = f"one a call, {len(values):,} points in a row"
    report.add("call.rate", what, max(rates), "per second", at_least=200_000, note=note)
    with without_collector():
        taken = []
        for step, value in enumerate(values[: scale.points // 5]):
            begun_ns = perf_counter_ns()
            log({"auc": value}, step=step)
            taken.append(perf_counter_ns() - begun_ns)
    p50, p90, p99, p999 = (quantile(taken, q) / 1e9 for q in (0.5, 0.9, 0.99, 0.999))
    note = f"p90 {show(p90, 'seconds')}, p99.9 {show(p999, 'seconds')}"
    report.add("call.p50", "one a call, p50", p50, at_most=5 * _MICROSECOND, note=note)
    report.add("call.p99", "one a call, p99", p99, at_most=50 * _MICROSECOND)


def _batches(report: Report, tracker: ExperimentTracker, scale: Scale) -> None:
    source = random.Random(2)  # noqa: S311 - made-up data
    batch = {f"metric_{i:04d}": source.random() for i in range(BATCH)}
    rates = []
    for _ in range(2 * scale.repeat):
        begun = perf_counter()
        for step in range(scale.points // BATCH // 2):
            tracker.log_metrics(batch, step=step)
        rates.append(scale.points // BATCH // 2 * BATCH / (perf_counter() - begun))
    note = f"median {show(median(rates), 'per second')} of {len(rates)}"
    what = f"{BATCH:,} metrics a call, metrics"
    report.add("batch.rate", what, max(rates), "per second", at_least=500_000, note=note)


def measure_crash(report: Report, folder: Path, scale: Scale) -> None:
    """Kill a process that logs, and look for every point that it was told is kept."""
    report.begin("kill -9 while logging", f"killed {scale.repeat} times, then reopened")
    acknowledged = found = lost = 0
    for i in range(scale.repeat):
        run_id, count = kill_logging(
            "log_until_killed", str(folder / "crash"), scale.killed_after * (1 + i)
        )
        with Workbench(folder / "crash", create=False) as workbench:
            history = workbench.tracker.get_metric_history(run_id, "auc")
        steps, values = (history[name].to_pylist() for name in ("step", "value"))
        kept = dict(zip(steps, values, strict=True))
        acknowledged += count
        found += len(kept)
        lost += sum(kept.get(step) != step / 7 for step in range(count))
    report.add("crash.acknowledged", "points acknowledged", acknowledged, "count")
    report.add("crash.found", "points found", found, "count", note="one may be under way each time")
    report.add("crash.lost", "acknowledged points lost", lost, "count", at_most=0)


def kill_logging(program: str, place: str, seconds: float) -> tuple[str, int]:
    """Kill a logging process after some seconds: its run, and how many points it was told of."""
    with process(program, place) as running:
        assert running.stdout is not None
        run_id = running.stdout.readline().decode().strip()
        begun, received = perf_counter(), bytearray()
        while perf_counter() - begun < seconds:
            received += running.stdout.read1(1 << 16)  # type: ignore[attr-defined] # it is buffered
        running.kill()
        received += running.stdout.read()
    return run_id, len(received) // 8
