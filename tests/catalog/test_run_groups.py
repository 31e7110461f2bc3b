"""Runs in groups, against the same numbers from the statistics module."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest

from catalog.errors import FilterError
from core import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = [
    ("rf", "dev", [0.61, 0.70], "FINISHED"),
    ("rf", "dev", [0.90, 0.66], "FAILED"),
    ("gbm", "test", [0.81], "FINISHED"),
    (None, "it's", [float("nan")], "FINISHED"),
    ("none", None, [], "FINISHED"),
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    folder = tmp_path_factory.mktemp("groups") / "lake"
    with Workbench(folder, actor="ana", durability="process") as found:
        versions = [
            found.datasets.register_dataset({"x": [n]}, "phq9", source="made up") for n in (1, 2)
        ]
        for place, (model, stage, values, status) in enumerate(RUNS):
            inputs = versions[: 2 - place] if place < 2 else []
            tags = {"stage": stage} if stage else {}
            run = found.tracker.start_run("risk", f"run-{place}", tags, inputs=inputs)
            if model:
                run.log_params({"model": model})
            for step, value in enumerate(values):
                run.log_metrics({"auc": value, "loss": 1 - value}, step=step)
            run.end(status)  # type: ignore[arg-type]
        yield found


def grouped(bench: Workbench, by: str, metric: str | None = "auc", **asked: Any) -> dict[Any, Any]:
    rows = bench.runs.group_runs(by, metric, **asked).to_pylist()
    return {row["name"]: row for row in rows}


def test_a_param_makes_groups_with_the_best_first(bench: Workbench) -> None:
    found = grouped(bench, "params.model")
    assert list(found) == ["rf", "gbm", "none", None]
    first = found["rf"]
    assert (first["runs"], first["failed"], first["measured"]) == (2, 1, 2)
    assert first["mean"] == pytest.approx(fmean([0.70, 0.66]))
    assert (first["least"], first["greatest"], first["best"]) == (0.66, 0.70, 0.90)
    assert first["best_run_name"] == "run-1"
    assert found[None]["measured"] == 0  # NaN is no measure
    assert found[None]["mean"] is None
    assert first["groups"] == 4


def test_of_a_loss_the_least_is_the_best(bench: Workbench) -> None:
    found = grouped(bench, "params.model", "loss")
    assert found["rf"]["best"] == pytest.approx(0.10)
    assert list(found)[:2] == ["rf", "gbm"]


def test_groups_are_a_page_of_all(bench: Workbench) -> None:
    (only,) = bench.runs.group_runs("params.model", "auc", limit=1, offset=1).to_pylist()
    assert (only["name"], only["groups"]) == ("gbm", 4)


def test_a_run_is_in_the_group_of_each_dataset_it_read(bench: Workbench) -> None:
    found = {row["label"]: row["runs"] for row in grouped(bench, "dataset.name").values()}
    assert found == {"phq9@v1": 2, "phq9@v2": 1, None: 3}


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("tags.stage", {"dev": 2, "test": 1, "it's": 1, None: 1}),
        ("status", {"FINISHED": 4, "FAILED": 1}),
        ("actor", {"ana": 5}),
        ("experiment_name", {"risk": 5}),
    ],
)
def test_other_names_make_groups(bench: Workbench, by: str, expected: dict[Any, int]) -> None:
    found = grouped(bench, by, None)
    assert {name: row["runs"] for name, row in found.items()} == expected


def test_only_runs_that_match_are_grouped(bench: Workbench) -> None:
    found = grouped(bench, "params.model", filter_string="status = 'FINISHED'")
    assert {name: row["runs"] for name, row in found.items()} == {
        "gbm": 1, "rf": 1, "none": 1, None: 1,
    }  # fmt: skip
    assert grouped(bench, "params.model", experiment_name="other") == {}
    assert grouped(bench, "params.model", only_deleted=True) == {}


@pytest.mark.parametrize("by", ["metrics.auc", "start_time", "duration", "nonsense.x", ""])
def test_what_makes_no_groups_is_refused(bench: Workbench, by: str) -> None:
    with pytest.raises(FilterError):
        bench.runs.group_runs(by)
