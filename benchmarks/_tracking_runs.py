"""Creating runs by the thousand, importing them by the million, and finding some of them."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import pyarrow as pa

from benchmarks._measure import run_process, show, times_of
from benchmarks._tracking_scale import CONDITION, EXPERIMENT, ORDER, run_data
from core import Workbench

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks._measure import Report
    from benchmarks._tracking_scale import Scale
    from core import ExperimentTracker
    from lake.lake import Durability


def measure_creation(report: Report, folder: Path, scale: Scale) -> Path:
    """Create and finish runs by the public API; the lake that holds them, not yet compacted."""
    report.begin("create and finish runs", "5 params, 3 metrics, 2 tags each")
    count = scale.runs
    created, closed = [], []
    for i in range(scale.repeat):
        seconds, closing = _create(folder / f"runs-{i}", count, "process")
        created.append(seconds)
        closed.append(closing)
    at_most = count / 10_000
    report.add_times(
        "runs.create", f'{count:,} runs, durability="process"', created, at_most=at_most
    )
    report.add_times("runs.close", "close() after them", closed, note="makes their segments")
    committed = scale.committed_runs
    times = [_create(folder / f"commit-{i}", committed, "commit")[0] for i in range(3)]
    note = show(committed / min(times), "per second")
    report.add_times("runs.commit", f'{committed:,} runs, durability="commit"', times, note=note)
    return folder / "runs-0"


def _create(place: Path, count: int, durability: Durability) -> tuple[float, float]:
    """Seconds to create runs, and to close the lake."""
    data = list(run_data(count))
    workbench = Workbench(place, durability=durability)
    tracker = workbench.tracker
    with tracker.start_run("first"):  # an experiment's name and the process's surroundings
        tracker.wait()
    begun = perf_counter()
    for one in data:
        with tracker.start_run(EXPERIMENT, tags=one.tags):
            tracker.log_params(one.params)
            tracker.log_metrics(one.metrics)
    created = perf_counter() - begun
    begun = perf_counter()
    workbench.close()
    return created, perf_counter() - begun


def measure_search(report: Report, place: Path, scale: Scale) -> None:
    """Search a compacted lake of some thousand runs, warm, and cold in a fresh process."""
    count = scale.runs
    report.begin(f"search {count:,} runs", f"{CONDITION}, by {ORDER}")
    with Workbench(place, durability="process") as workbench:
        workbench.lake.settle = scale.settle
        begun = perf_counter()
        workbench.lake.compact(minimum=1)
        report.add("search.compact", "compact()", perf_counter() - begun, note=_settling(workbench))
        tracker = workbench.tracker
        hits = len(tracker.search_runs(EXPERIMENT, CONDITION, ORDER))
        _warm(report, tracker, scale, hits)
    times, inside = [], []
    for _ in range(scale.repeat):
        took, output = run_process("cold_search", str(place), EXPERIMENT, CONDITION, ORDER)
        found, seconds = output.split()
        assert int(found) == hits
        times.append(took)
        inside.append(float(seconds))
    note = f"whole process {show(min(times), 'seconds')}"
    report.add_times("search.cold", "cold: import, open, search", inside, at_most=0.300, note=note)


def _settling(workbench: Workbench) -> str:
    return f"waits {workbench.lake.settle:.0f} s a table for slow listings"


def _warm(report: Report, tracker: ExperimentTracker, scale: Scale, hits: int) -> None:
    repeat = 10 * scale.repeat
    times = times_of(lambda: tracker.search_runs(EXPERIMENT, CONDITION, ORDER), repeat)
    report.add_times("search.filter", f"filter and order, {hits} runs", times, at_most=0.010)
    times = times_of(lambda: tracker.search_runs(EXPERIMENT, None, ORDER, limit=100), repeat)
    report.add_times("search.leaderboard", "leaderboard, top 100", times, at_most=0.010)
    times = times_of(lambda: tracker.search_runs(EXPERIMENT), scale.repeat)
    report.add_times("search.all", "all runs, as Run objects", times)


def measure_import(report: Report, folder: Path, scale: Scale) -> None:
    """Import runs by the hundred thousand, then search a million of them."""
    report.begin("import_runs", "5 params, 3 metrics, 2 tags each")
    table = run_table(scale.imported)
    rates = []
    with Workbench(folder / "imported", durability="process") as workbench:
        tracker = workbench.tracker
        for _ in range(scale.imports):
            begun = perf_counter()
            tracker.import_runs(table)
            rates.append(scale.imported / (perf_counter() - begun))
        note = f"median {show(median(rates), 'per second')} of {len(rates)}"
        what = f"import {scale.imported:,} runs"
        report.add("import.rate", what, max(rates), "per second", at_least=100_000, note=note)
        _search_imported(report, tracker, scale)


def _search_imported(report: Report, tracker: ExperimentTracker, scale: Scale) -> None:
    count = scale.imported * scale.imports
    begun = perf_counter()
    hits = len(tracker.search_runs(EXPERIMENT, CONDITION, ORDER))
    first = perf_counter() - begun
    page = times_of(
        lambda: tracker.search_runs(EXPERIMENT, CONDITION, ORDER, limit=1000), 2 * scale.repeat
    )
    what = f"search {count:,}, first 1,000 hits"
    report.add_times("million.page", what, page, at_most=0.500)
    times = times_of(lambda: tracker.search_runs(EXPERIMENT, CONDITION, ORDER), scale.repeat)
    what = f"search {count:,}, all {hits:,} hits"
    report.add_times("million.filter", what, times, at_most=0.500)
    times = times_of(lambda: tracker.search_runs(EXPERIMENT, None, ORDER, limit=100), scale.repeat)
    report.add_times("million.leaderboard", f"search {count:,}, top 100", times)
    report.add("million.first", "the first search of them", first, note="once; not compacted")


def run_table(count: int) -> pa.Table:
    """The runs of `run_data` as a table with a column a name."""
    data = list(run_data(count))
    columns: dict[str, Sequence[object]] = {"experiment_name": [EXPERIMENT] * count}
    for prefix in ("params", "metrics", "tags"):
        for name in getattr(data[0], prefix):
            kind = float if prefix == "metrics" else str
            columns[f"{prefix}.{name}"] = [kind(getattr(one, prefix)[name]) for one in data]
    return pa.table(columns)
