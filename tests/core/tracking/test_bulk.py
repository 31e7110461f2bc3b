from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from core import ExperimentError

if TYPE_CHECKING:
    from core import Workbench

ROWS = {
    "experiment_name": ["risk", "risk", "sleep"],
    "run_name": ["a", "b", "c"],
    "status": ["FINISHED", "FAILED", "FINISHED"],
    "params.depth": ["4", None, "6"],
    "params.model": ["rf", "rf", None],
    "metrics.auc": [0.7, None, 0.9],
    "metrics.loss": [0.5, 0.6, None],
    "tags.team": ["x", "y", None],
}
WANTED = [
    ("a", "FINISHED", {"depth": "4", "model": "rf"}, {"auc": 0.7, "loss": 0.5}, {"team": "x"}),
    ("b", "FAILED", {"model": "rf"}, {"loss": 0.6}, {"team": "y"}),
    ("c", "FINISHED", {"depth": "6"}, {"auc": 0.9}, {}),
]


def imported(workbench: Workbench) -> list[tuple[object, ...]]:
    runs = workbench.tracker.search_runs(order_by=["run_name"])
    return [(r.run_name, r.status, r.params, r.last_metrics, r.tags) for r in runs]


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame, pl.LazyFrame, dict])
def test_any_table_is_imported(workbench: Workbench, make: type) -> None:
    assert workbench.tracker.import_runs(make(ROWS)) == 3
    assert imported(workbench) == WANTED
    assert workbench.runs.experiments()["runs"].to_pylist() == [2, 1]


def test_maps_are_imported(workbench: Workbench) -> None:
    text, number = pa.map_(pa.string(), pa.string()), pa.map_(pa.string(), pa.float64())
    maps = {
        "params": pa.array([list(w[2].items()) for w in WANTED], text),
        "metrics": pa.array([list(w[3].items()) for w in WANTED], number),
        "tags": pa.array([list(w[4].items()) or None for w in WANTED], text),
    }
    plain = {name: ROWS[name] for name in ("experiment_name", "run_name", "status")}
    workbench.tracker.import_runs(pa.table({**plain, **maps}).slice(0, 3))
    assert imported(workbench) == WANTED


def test_a_slice_of_maps_is_imported(workbench: Workbench) -> None:
    kind = pa.map_(pa.string(), pa.float64())
    maps = pa.array([[("a", 1.0)], [("b", 2.0)], None, [("c", 3.0)]], kind)
    table = pa.table({"experiment_name": ["x"] * 4, "run_name": list("pqrs"), "metrics": maps})
    workbench.tracker.import_runs(table.slice(1, 3))
    assert [row[3] for row in imported(workbench)] == [{"b": 2.0}, {}, {"c": 3.0}]


def test_times_are_kept(workbench: Workbench) -> None:
    start, end = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 13, tzinfo=UTC)
    workbench.tracker.import_runs(
        {"experiment_name": ["x"], "start_time": [start], "end_time": [end], "metrics.a": [1.0]}
    )
    (run,) = workbench.tracker.search_runs("x", "start_time < '2026-01-02'")
    assert (run.start_time, run.end_time, run.duration) == (start, end, 3600.0)
    assert run.metrics == {"a": [(1.0, None)]}


def test_everything_wrong_is_said_and_nothing_imported(workbench: Workbench) -> None:
    with pytest.raises(ExperimentError) as caught:
        workbench.tracker.import_runs({"status": ["DONE", "FINISHED"], "colour": ["red", "blue"]})
    for fault in (
        "'colour' is not known",
        "'experiment_name' is missing",
        "'DONE' is not a status",
    ):
        assert fault in str(caught.value)
    assert imported(workbench) == []


def test_no_rows_are_no_runs(workbench: Workbench) -> None:
    assert workbench.tracker.import_runs({"experiment_name": pa.array([], pa.string())}) == 0
