from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core import Workbench


@pytest.fixture
def filled(workbench: Workbench) -> Workbench:
    for number in range(5):
        with workbench.tracker.start_run("risk", f"run-{number}", {"team": "x"}) as run:
            run.log_params({"depth": number, "model": "rf"})
            for step in range(100):
                run.log_metrics({"auc": number / 10 + step / 1000}, step=step)
            run.log_metrics({"spiky": 1.0}, step=0)
    workbench.tracker.start_run("sleep", "failing").end("FAILED", error="ValueError: x")
    return workbench


def test_a_page_has_the_fields_and_the_columns_chosen(filled: Workbench) -> None:
    page = filled.runs.search_runs_arrow(
        "risk", order_by=["metrics.auc desc"], metrics=["auc"], params=["depth"], tags=["team"],
        limit=2, offset=1,
    )  # fmt: skip
    assert page["run_name"].to_pylist() == ["run-3", "run-2"]
    assert page["metrics.auc"].to_pylist() == pytest.approx([0.399, 0.299])
    assert page["params.depth"].to_pylist() == ["3", "2"]
    assert page["tags.team"].to_pylist() == ["x", "x"]
    assert page["is_stale"].to_pylist() == [False, False]


def test_runs_are_counted(filled: Workbench) -> None:
    assert filled.runs.count_runs() == 6
    assert filled.runs.count_runs("risk", "params.depth >= 3") == 2


def test_experiments_are_listed_with_their_runs(filled: Workbench) -> None:
    columns = ["experiment_name", "runs", "running", "failed"]
    assert filled.runs.experiments().select(columns).to_pylist() == [
        {"experiment_name": "sleep", "runs": 1, "running": 0, "failed": 1},
        {"experiment_name": "risk", "runs": 5, "running": 0, "failed": 0},
    ]


def test_names_are_listed_the_commonest_first(filled: Workbench) -> None:
    with filled.tracker.start_run("risk") as run:
        run.log_metrics({"rare": 1.0, "auc": 0.5})
    assert filled.runs.metric_names() == ["auc", "spiky", "rare"]
    assert filled.runs.metric_names("sleep") == []
    assert filled.runs.param_names("risk") == ["depth", "model"]
    assert filled.runs.tag_names() == ["team"]


def test_sparklines_are_short_and_keep_spikes(filled: Workbench) -> None:
    with filled.tracker.start_run("spikes") as run:
        for step in range(1000):
            run.log_metrics({"loss": 9.0 if step == 777 else 1.0}, step=step)
        run.log_metrics({"loss": math.nan}, step=1000)
    curve = filled.runs.sparklines([run.run_id], "loss", points=30)[run.run_id]
    assert len(curve) <= 30
    assert (max(curve), min(curve)) == (9.0, 1.0)


def test_a_short_curve_is_shown_whole_and_in_order(filled: Workbench) -> None:
    with filled.tracker.start_run("short") as run:
        for step, value in enumerate([3.0, 1.0, 2.0]):
            run.log_metrics({"loss": value}, step=step)
    assert filled.runs.sparklines([run.run_id], "loss") == {run.run_id: [3.0, 1.0, 2.0]}


def test_histories_of_several_runs_come_together(filled: Workbench) -> None:
    ids = [run.run_id for run in filled.tracker.search_runs("risk", limit=2)]
    found = filled.runs.metric_histories(ids, "auc")
    assert found.num_rows == 200
    assert set(found["run_id"].to_pylist()) == set(ids)


def test_days_without_runs_are_counted_too(filled: Workbench) -> None:
    days = filled.runs.run_statistics(days=7)
    assert days.num_rows == 7
    assert days["runs"].to_pylist() == [0] * 6 + [6]
    assert days["failed"].to_pylist()[-1] == 1
    assert filled.runs.run_statistics("sleep", days=1)["runs"].to_pylist() == [1]


def test_runs_are_parted_by_what_has_few_values_and_is_no_seed(workbench: Workbench) -> None:
    assert workbench.runs.telling_name() is None
    for number in range(6):
        with workbench.tracker.start_run("risk", tags={"team": "x", "stage": "abc"[number // 2]}):
            workbench.tracker.log_params(
                {"seed": number % 2, "depth": number, "rate": 0.1 * (number < 5)}
            )
    assert workbench.runs.telling_name("risk") == ("tags", "stage")  # rate has a run all alone
    assert workbench.runs.telling_name("sleep") is None
