"""Parallel coordinates: which lines are drawn, in which order, on which axes, in which colours."""

from __future__ import annotations

import json

from core.charts.axes import axis_of
from core.charts.palette import LIGHT
from core.charts.parallel import parallel

MODEL = axis_of("model", ["rf", "gbm", None, "rf"])
RATE = axis_of("rate", ["0.0001", "0.1", "0.01", None])
AUC = axis_of("auc", [0.7, 0.9, 0.8, None])
NAMES = ["a", "b", "c", "d"]


def test_runs_without_the_last_value_are_left_out_and_the_best_lie_on_top() -> None:
    lines = parallel([MODEL, RATE, AUC], NAMES)["series"][0]["data"]
    assert [line["name"] for line in lines] == ["a", "c", "b"]
    assert lines[1]["value"] == ["-", 0.01, 0.8]
    lower = parallel([MODEL, RATE, AUC], NAMES, lower_is_better=True)
    assert [line["name"] for line in lower["series"][0]["data"]] == ["b", "c", "a"]


def test_axes_have_the_kind_of_their_values() -> None:
    axes = parallel([MODEL, RATE, AUC], NAMES)["parallelAxis"]
    assert [axis["type"] for axis in axes] == ["category", "log", "value"]
    assert axes[0]["data"] == ["gbm", "rf"]


def test_the_strongest_colour_is_the_best() -> None:
    colours = parallel([MODEL, AUC], NAMES)["visualMap"]
    assert (colours["min"], colours["max"], colours["dimension"]) == (0.7, 0.9, 1)
    assert colours["inRange"]["color"][-1] == LIGHT.sequential[-1]
    lower = parallel([MODEL, AUC], NAMES, lower_is_better=True)["visualMap"]
    assert lower["inRange"]["color"][0] == LIGHT.sequential[-1]


def test_a_single_value_colours_nothing_and_all_of_it_is_json() -> None:
    same = parallel([MODEL, axis_of("auc", [0.7, 0.7, float("nan"), None])], NAMES)
    assert "visualMap" not in same
    assert len(same["series"][0]["data"]) == 2
    json.dumps(same, allow_nan=False)
