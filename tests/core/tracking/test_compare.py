from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import polars as pl
import pytest

from core import RunNotFoundError

if TYPE_CHECKING:
    from core import Run, Workbench


def two_runs(workbench: Workbench) -> tuple[Run, Run]:
    with workbench.tracker.start_run("risk", "first") as first:
        first.log_params({"depth": 4, "model": "rf", "seed": 1})
        for step, (auc, loss) in enumerate([(0.6, 0.9), (0.8, 0.5), (0.7, 0.6)]):
            first.log_metrics({"auc": auc, "loss": loss}, step=step)
    with workbench.tracker.start_run("risk", "second") as second:
        second.log_params({"depth": 6, "model": "rf"})
        second.log_metrics({"auc": 0.75, "brier": 0.1}, step=5)
    return first, second


def test_params_that_differ_come_first_then_summaries_and_deltas(workbench: Workbench) -> None:
    first, second = two_runs(workbench)
    found = workbench.tracker.compare_runs([first.run_id, second.run_id], ["auc", "loss"])
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == [
        *("run_id", "run_name", "experiment_name", "status", "duration"),
        *("params.depth", "params.seed"),
        *(f"metrics.auc{end}" for end in ("", ".min", ".max", ".best", ".best_step", ".delta")),
        *(f"metrics.loss{end}" for end in ("", ".min", ".max", ".best", ".best_step", ".delta")),
    ]
    rows = workbench.tracker.compare_runs(
        [first.run_id, second.run_id], ["auc", "loss"], as_frame="arrow"
    ).to_pylist()
    assert rows[0]["params.depth"] == "4"
    assert rows[1]["params.seed"] is None
    assert [rows[0][f"metrics.auc{e}"] for e in ("", ".min", ".max", ".best", ".best_step")] == [
        *(0.7, 0.6, 0.8, 0.8, 1)
    ]
    assert (rows[0]["metrics.loss.best"], rows[0]["metrics.loss.best_step"]) == (0.5, 1)
    assert rows[0]["metrics.auc.delta"] == 0.0
    assert rows[1]["metrics.auc.delta"] == pytest.approx(0.05)
    assert rows[1]["metrics.loss"] is None


def test_all_metrics_are_compared_unless_named(workbench: Workbench) -> None:
    ids = [run.run_id for run in two_runs(workbench)]
    found = workbench.tracker.compare_runs(ids, as_frame="polars")
    assert isinstance(found, pl.DataFrame)
    assert {"metrics.auc", "metrics.brier", "metrics.loss"} <= set(found.columns)


def test_all_missing_runs_are_named_at_once(workbench: Workbench) -> None:
    first, _ = two_runs(workbench)
    with pytest.raises(RunNotFoundError, match="'gone', 'lost'"):
        workbench.tracker.compare_runs(["gone", first.run_id, "lost"])


def test_no_runs_compare_to_no_rows(workbench: Workbench) -> None:
    assert len(workbench.tracker.compare_runs([])) == 0


def test_a_run_tells_what_changed_since_the_one_before(workbench: Workbench) -> None:
    first, second = two_runs(workbench)
    changes = workbench.tracker.changes_since_previous(second.run_id)
    assert (changes.previous_run_id, changes.previous_run_name) == (first.run_id, "first")
    assert changes.params == {"depth": (4, 6), "seed": (1, None)}
    assert changes.metrics == {"auc": (0.7, 0.75), "brier": (None, 0.1), "loss": (0.6, None)}
    assert not changes.nothing


def test_the_first_run_of_an_experiment_has_none_before(workbench: Workbench) -> None:
    first, _ = two_runs(workbench)
    changes = workbench.tracker.changes_since_previous(first.run_id)
    assert (changes.previous_run_id, changes.nothing) == (None, True)


def test_a_deleted_run_and_the_own_family_are_passed_over(workbench: Workbench) -> None:
    first, second = two_runs(workbench)
    with workbench.tracker.start_run("risk", "parent") as parent:
        workbench.tracker.start_run("risk", "child", parent=parent).end()
    (child,) = workbench.tracker.search_runs("risk", "run_name = 'child'")
    workbench.tracker.delete_run(second.run_id)
    changes = workbench.tracker.changes_since_previous(child.run_id)
    assert changes.previous_run_id == first.run_id
