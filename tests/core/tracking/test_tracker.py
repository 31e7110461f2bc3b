from __future__ import annotations

import json
import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from catalog.catalog import Catalog
from core import (
    ExperimentError,
    ExperimentTracker,
    FileSystemStorage,
    InvalidMetricError,
    ParamConflictError,
    Run,
    RunNotFoundError,
    RunStateError,
    Workbench,
)
from lake import Lake

if TYPE_CHECKING:
    from pathlib import Path


def reopened(workbench: Workbench) -> Workbench:
    """The same lake as another process sees it."""
    return Workbench(workbench.lake.root, create=False)


def test_a_run_comes_back_as_it_was_logged(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk", "first", {"stage": "dev"}) as run:
        workbench.tracker.log_params({"depth": 4, "lr": 0.1, "model": "rf", "scale": True})
        workbench.tracker.log_metrics({"auc": 0.7, "loss": 0.5}, step=1)
        workbench.tracker.log_metrics({"auc": 0.8}, step=2)
    found = reopened(workbench).tracker.get_run(run.run_id)
    assert (found.experiment_name, found.run_name, found.status) == ("risk", "first", "FINISHED")
    assert found.params == {"depth": 4, "lr": 0.1, "model": "rf", "scale": True}
    assert found.last_metrics == {"auc": 0.8, "loss": 0.5}
    assert found.metrics == {"auc": [(0.7, 1), (0.8, 2)], "loss": [(0.5, 1)]}
    assert (found.tags, found.actor, found.deleted) == ({"stage": "dev"}, "ana", False)
    assert found.start_time <= found.end_time  # type: ignore[operator]
    assert found.duration == (found.end_time - found.start_time).total_seconds()  # type: ignore[operator]


def test_the_contract_works_built_by_hand(tmp_path: Path) -> None:
    with Lake.open(tmp_path / "lake") as lake:
        storage = FileSystemStorage(str(tmp_path / "artifacts"))
        tracker = ExperimentTracker(storage, Catalog(lake))
        (tmp_path / "model.json").write_text("{}")
        run = tracker.start_run("risk", None, {"a": "b"})
        tracker.log_params({"depth": 4})
        tracker.log_metrics({"auc": 0.7})
        uri = tracker.log_artifact(str(tmp_path / "model.json"), "model")
        tracker.end_run("FINISHED")
        assert isinstance(run, Run)
        assert [r.run_id for r in tracker.search_runs("risk", "metrics.auc > 0.6")] == [run.run_id]
        assert storage.load_artifact(uri) == b"{}"
        assert list(tracker.compare_runs([run.run_id])["metrics.auc"]) == [0.7]
        tracker.wait()


def test_a_body_that_raises_fails_the_run_with_its_reason(workbench: Workbench) -> None:
    with pytest.raises(ZeroDivisionError), workbench.tracker.start_run("risk") as run:
        1 / 0  # noqa: B018
    found = workbench.tracker.get_run(run.run_id)
    assert (found.status, found.error) == ("FAILED", "ZeroDivisionError: division by zero")


def test_runs_nest(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk") as parent:
        with workbench.tracker.start_run("risk", parent=parent) as child:
            workbench.tracker.log_metrics({"inner": 1.0})
        workbench.tracker.log_metrics({"outer": 2.0})
    assert workbench.tracker.get_run(child.run_id).parent_run_id == parent.run_id
    assert workbench.tracker.get_run(child.run_id).last_metrics == {"inner": 1.0}
    assert workbench.tracker.get_run(parent.run_id).last_metrics == {"outer": 2.0}
    found = workbench.tracker.search_runs(None, f"parent_run_id = '{parent.run_id}'")
    assert [run.run_id for run in found] == [child.run_id]


def test_an_unknown_parent_is_refused(workbench: Workbench) -> None:
    with pytest.raises(RunNotFoundError, match="no run 'nobody'"):
        workbench.tracker.start_run("risk", parent="nobody")


def test_a_run_resumes_and_keeps_its_history(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk", "one", {"a": "1"}) as run:
        run.log_params({"depth": 4})
        for step in range(4):
            run.log_metrics({"auc": 0.5 + step / 10}, step=step)
    again = reopened(workbench)
    with again.tracker.start_run("risk", run_id=run.run_id, tags={"b": "2"}) as resumed:
        assert resumed.params == {"depth": 4}
        resumed.log_metrics({"auc": 0.1}, step=2)
        with pytest.raises(ParamConflictError):
            resumed.log_params({"depth": 5})
    found = workbench.tracker.get_run(run.run_id)
    assert found.metrics["auc"] == [(0.5, 0), (0.6, 1), (0.7, 2), (0.1, 2), (0.8, 3)]
    assert found.last_metrics == {"auc": 0.8}
    assert (found.status, found.run_name, found.tags) == ("FINISHED", "one", {"a": "1", "b": "2"})
    assert found.start_time == run.start_time


def test_a_resumed_run_is_running(workbench: Workbench) -> None:
    workbench.tracker.start_run("risk").end("FAILED")
    (run,) = workbench.tracker.search_runs("risk")
    workbench.tracker.start_run("risk", run_id=run.run_id)
    found = reopened(workbench).tracker.get_run(run.run_id)
    assert (found.status, found.end_time, found.is_stale) == ("RUNNING", None, False)


def test_resuming_under_another_experiment_is_refused(workbench: Workbench) -> None:
    run = workbench.tracker.start_run("risk")
    run.end()
    with pytest.raises(RunStateError, match="belongs to 'risk'"):
        workbench.tracker.start_run("other", run_id=run.run_id)


def test_a_param_does_not_change(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk") as run:
        run.log_params({"depth": 4, "lr": 0.1})
        run.log_params({"depth": 4})
        with pytest.raises(ParamConflictError) as caught:
            run.log_params({"depth": 5, "lr": 0.2, "new": 1})
    assert "depth is '4', not '5'" in str(caught.value)
    assert "lr is '0.1', not '0.2'" in str(caught.value)
    assert workbench.tracker.get_run(run.run_id).params == {"depth": 4, "lr": 0.1}


def test_values_that_are_no_numbers_are_kept_and_found(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk", "strange") as run:
        run.log_metrics({"nan": math.nan, "inf": math.inf, "minus": -math.inf, "zero": -0.0})
    found = reopened(workbench).tracker.get_run(run.run_id).last_metrics
    assert math.isnan(found.pop("nan"))
    assert found == {"inf": math.inf, "minus": -math.inf, "zero": 0.0}
    assert math.copysign(1, found["zero"]) == -1
    for text in ("metrics.nan = nan", "metrics.inf = inf", "metrics.minus = -inf"):
        assert len(workbench.tracker.search_runs("risk", text)) == 1
    assert workbench.tracker.search_runs("risk", "metrics.nan > 0") == []


@given(points=st.lists(st.tuples(st.floats(), st.integers(-(2**63), 2**63 - 2)), min_size=1))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_floats_and_steps_round_trip_exactly(
    workbench: Workbench, points: list[tuple[float, int]]
) -> None:
    with workbench.tracker.start_run("x") as run:
        for value, step in points:
            run.log_metrics({"m": value}, step=step)
    found = workbench.tracker.get_run(run.run_id)
    wanted = sorted(points, key=lambda point: point[1])  # stable: of equal steps the later last
    assert [(v.hex(), s) for v, s in found.metrics["m"]] == [(v.hex(), s) for v, s in wanted]
    assert found.last_metrics["m"].hex() == wanted[-1][0].hex()


def test_numpy_numbers_are_numbers(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk") as run:
        run.log_metrics({"a": np.float32(0.5), "b": np.int64(3)}, step=np.int64(7))  # type: ignore[arg-type, dict-item]
        run.log_params({"c": np.float64(0.25), "d": np.int32(4), "e": np.bool_(True)})
    found = workbench.tracker.get_run(run.run_id)
    assert found.metrics == {"a": [(0.5, 7)], "b": [(3.0, 7)]}
    assert found.params == {"c": 0.25, "d": 4, "e": True}


@pytest.mark.parametrize(
    ("metrics", "step", "said"),
    [
        ({"auc": "0.7"}, None, "'auc' is '0.7', not a number"),
        ({"auc": None, "": 1.0}, None, "'auc' is None, not a number; '' is not a name"),
        ({"auc": 0.7}, 1.5, "step 1.5 is not a whole number"),
        ({"auc": 0.7}, 2**64, "step 18446744073709551616 is not a whole number"),
        ({"a\nb": 0.7}, None, "is not a name for a metric"),
        ([("auc", 0.7)], None, "list is not a mapping"),
        ({"x" * 251: 1.0}, None, "has 251 characters"),
    ],
)
def test_what_is_no_metric_is_refused_whole(
    workbench: Workbench, metrics: Any, step: Any, said: str
) -> None:
    with workbench.tracker.start_run("risk") as run:
        with pytest.raises(InvalidMetricError) as caught:
            run.log_metrics(
                {"good": 1.0, **metrics} if isinstance(metrics, dict) else metrics, step
            )
        assert all(part in str(caught.value) for part in said.split("; "))
    assert workbench.tracker.get_run(run.run_id).metrics == {}


def test_an_ended_run_takes_nothing_more(workbench: Workbench) -> None:
    run = workbench.tracker.start_run("risk")
    run.end()
    for act in (
        lambda: run.log_metrics({"auc": 1.0}),
        lambda: run.log_params({"a": 1}),
        lambda: run.log_bytes(b"", "x"),
        run.end,
    ):
        with pytest.raises(RunStateError, match="has ended as FINISHED"):
            act()


def test_logging_without_a_run_says_how_to_start_one(workbench: Workbench) -> None:
    with pytest.raises(RunStateError, match="start_run"):
        workbench.tracker.log_metrics({"auc": 0.7})


def test_threads_have_runs_of_their_own(workbench: Workbench) -> None:
    def work(number: int) -> None:
        with workbench.tracker.start_run("threads", f"run-{number}"):
            for step in range(50):
                workbench.tracker.log_metrics({"number": float(number)}, step=step)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs = workbench.tracker.search_runs("threads")
    assert len(runs) == 8
    for run in runs:
        number = float(run.run_name.removeprefix("run-"))
        assert run.metrics == {"number": [(number, step) for step in range(50)]}


def test_a_thread_without_a_run_logs_to_the_only_one(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk") as run:
        thread = threading.Thread(target=workbench.tracker.log_metrics, args=({"auc": 0.7},))
        thread.start()
        thread.join()
    assert workbench.tracker.get_run(run.run_id).last_metrics == {"auc": 0.7}


def test_tags_and_notes_of_ended_runs_change(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk", tags={"stage": "dev", "keep": "1"}) as run:
        workbench.tracker.set_tags({"inside": "yes"})
    tracker = reopened(workbench).tracker
    tracker.set_tags({"stage": "prod", "inside": None}, run_id=run.run_id)
    tracker.set_note("**good**", run_id=run.run_id)
    tracker.set_note("*better*", run_id=run.run_id)
    found = workbench.tracker.get_run(run.run_id)
    assert (found.tags, found.note) == ({"stage": "prod", "keep": "1"}, "*better*")
    assert (found.actor, found.status) == ("ana", "FINISHED")


def test_an_edit_by_another_process_outlives_the_end_of_the_run(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk", tags={"stage": "dev"}) as run:
        other = reopened(workbench)
        other.tracker.set_tags({"stage": "prod"}, run_id=run.run_id)
        other.close()
    workbench.lake.flush()
    assert reopened(workbench).tracker.get_run(run.run_id).tags == {"stage": "prod"}


def test_a_deleted_run_is_hidden_until_it_is_restored(workbench: Workbench) -> None:
    workbench.tracker.start_run("risk").end()
    (run,) = workbench.tracker.search_runs("risk")
    workbench.tracker.delete_run(run.run_id)
    assert workbench.tracker.search_runs("risk") == []
    assert workbench.tracker.search_runs("risk", include_deleted=True)[0].deleted
    assert workbench.sql("select count(*) as n from runs")["n"].to_pylist() == [0]
    with pytest.raises(RunStateError, match="is deleted"):
        workbench.tracker.start_run("risk", run_id=run.run_id)
    workbench.tracker.restore_run(run.run_id)
    assert workbench.tracker.search_runs("risk") == [run]


def test_a_missing_run_is_named(workbench: Workbench) -> None:
    with pytest.raises(RunNotFoundError, match="no run 'missing'") as caught:
        workbench.tracker.get_run("missing")
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, ExperimentError)


def test_the_first_of_two_names_an_experiment(workbench: Workbench) -> None:
    other = reopened(workbench)
    ids = {w.tracker.start_run("same").experiment_id for w in (workbench, other)}
    other.close()
    assert len(ids) == 1
    assert workbench.runs.experiments()["runs"].to_pylist() == [2]


def test_an_experiment_is_listed_though_the_process_that_named_it_died(
    workbench: Workbench,
) -> None:
    row = {"experiment_id": "e1", "experiment_name": "risk", "created_at": 1}
    workbench.lake.claim("experiments", "risk", row)
    for _ in range(2):
        workbench.tracker.start_run("risk").end()
    listed = workbench.runs.experiments().select(["experiment_id", "experiment_name", "runs"])
    assert listed.to_pylist() == [
        {"experiment_id": "e1", "experiment_name": "risk", "runs": 2},
    ]


def test_inputs_are_kept(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk", inputs=["phq9@v1", "phq9@v2"]) as run:
        pass
    assert workbench.tracker.get_run(run.run_id).inputs == ["phq9@v1", "phq9@v2"]
    found = workbench.tracker.search_runs(None, "dataset.name = 'phq9@v2'")
    assert [r.run_id for r in found] == [run.run_id]


def test_surroundings_are_taken(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk") as run:
        pass
    workbench.tracker.wait()
    facts = workbench.runs.environment(run.run_id)
    assert {"packages", "python", "host", "command", "platform"} <= facts.keys()
    assert facts["packages"]["duckdb"]
    assert json.dumps(facts)
