"""Charts say what they show, and come out as pictures."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from core.charts.bars import bars, histogram
from core.charts.comparison import paired_names, paired_ranges
from core.charts.contour import contour_plot
from core.charts.curves import curve_rows
from core.charts.decision import decision_curve
from core.charts.export import to_png, to_svg, with_data
from core.charts.intervals import (
    box_plot,
    calibration_plot,
    forest_plot,
    histogram_with_density,
    line_with_band,
)
from core.charts.lines import metric_curves
from core.charts.matrix import binned_scatter, heat_map, marked_heat_map, missing_matrix
from core.charts.operating import operating_chart
from core.charts.points import scatter
from core.charts.ranking import precision_recall_curve, roc_curve
from core.charts.reliability import CURVE as SMOOTH, RANGE, TENTH, reliability_chart
from core.charts.theme import themed
from core.render.blocks import Chart
from core.render.chart_rows import table_of

if TYPE_CHECKING:
    from core.charts.theme import Spec

LINE = [
    {"run": name, "step": step, "value": step / 9, "raw": 1} for name in "ab" for step in (1, 2)
]
POINTS = [{"name": "a", "x": 1, "y": 2, "group": "g"}, {"name": "b", "x": 2, "y": 1, "group": "h"}]
CURVE = [{"series": "test", "x": x / 4, "y": (x / 4) ** 0.5} for x in range(5)]
CHARTS: dict[str, tuple[Spec, list[dict[str, Any]]]] = {
    "curves": (metric_curves("auc", ["a", "b"], unit="area", smoothed=True), LINE),
    "logarithmic": (metric_curves("loss", ["a"], logarithmic=True), LINE),
    "bars": (bars("Runs per model", name="Model", value="Runs"), [{"name": "rf", "value": 3}]),
    "histogram": (histogram("Sleep", value="Sleep", unit="h"), [{"value": 7.5}, {"value": 8}]),
    "scatter": (scatter("auc by depth", x="depth", y="auc", group="model"), POINTS),
    "roc": (roc_curve({"test": 0.731}), CURVE),
    "precision": (precision_recall_curve({"test": 0.4}, prevalence=0.1), CURVE),
}
PAIRED = ("2013-14", "2015-16")
RANGES = [{"low": i, "high": i + 1, "reference": i / 9, "current": 1 - i / 9} for i in range(5)]
NAMES = [{"name": name, "reference": 0.4, "current": 0.6} for name in ("north", "south")]
PAIRS = [{"row": r, "column": c, "value": 0.5 if r == c else -0.5} for r in "ab" for c in "ab"]
GAPS = [{"name": name, "low": i, "high": i + 1, "share": i / 9} for name in "ab" for i in range(3)]
CELLS = [{"x_low": i, "x_high": i + 1, "y_low": 0, "y_high": 1, "count": i} for i in range(3)]
ESTIMATES = [{"name": n, "value": 0.7, "low": 0.6, "high": 0.8, "note": "n = 40"} for n in "ab"]
BOXES = [{"name": "a", "low": 1, "first": 2, "median": 3, "third": 4, "high": 9}]
BAND = [{"x": i, "value": i, "low": i - 1, "high": i + 1, "series": "s"} for i in range(3)]
RISKS = [{"predicted": 0.2, "observed": 0.3, "low": 0.1, "high": 0.4, "rows": 90}]
BENEFIT = [{"series": "Model", "threshold": 0.1, "benefit": 0.1, "low": 0, "high": 0.2}]
DENSE = [{"low": i, "high": i + 1, "share": 0.2, "density": 0.2} for i in range(5)]
MARKED = [
    {"row": "a", "column": name, "value": value, "alert": name == "c", "change": True, "note": "-"}
    for name, value in (("b", None), ("c", 0.4))
]
DOTTED = [
    {"part": "box", "name": "a", **BOXES[0]},
    {"part": "dot", "name": "a", "value": 2.5, "run": "forest"},
]
SURFACE = [
    {"part": "strip", "x": 0.1, "y": 1, "x2": 0.5, "y2": 2, "value": 0.55, "name": "0.5 to 0.6"},
    {"part": "line", "x": 0.1, "y": 1, "x2": 0.5, "y2": 2, "value": 0.6, "name": None},
    {"part": "point", "x": 0.2, "y": 1.5, "value": 0.5, "name": "forest"},
    {"part": "best", "x": 0.4, "y": 2, "value": 0.8, "name": "gbm"},
]
THRESHOLDS = [
    {"measure": name, "threshold": t, "value": t, "low": t / 2, "high": t + 0.1}
    for name in ("PPV", "NPV")
    for t in (0.1, 0.3)
]
JUDGED = [
    {"kind": TENTH, "predicted": 0.2, "observed": 0.3, "low": 0.1, "high": 0.4, "rows": 90},
    {"kind": SMOOTH, "predicted": 0.2, "observed": 0.3, "low": 0.1, "high": 0.4},
    {"kind": SMOOTH, "predicted": 0.5, "observed": 0.4, "low": 0.3, "high": 0.5},
    {"kind": RANGE, "predicted": 0.1, "until": 0.15, "rows": 40},
]
CHARTS |= {
    "ranges": (paired_ranges("Sleep", value="Sleep", unit="h", names=PAIRED, beyond=True), RANGES),
    "names": (paired_names("Site", value="Site", names=PAIRED, count=2), NAMES),
    "heat map": (heat_map("Pearson", rows=["a", "b"], columns=["a", "b"], value="r"), PAIRS),
    "marked": (
        marked_heat_map("Drift", rows=["a"], columns=["b", "c"], value="Share", domain=(0, 1)),
        MARKED,
    ),
    "missing": (missing_matrix("Missing", names=["a", "b"], rows=3), GAPS),
    "binned": (binned_scatter("Age and sleep", x="Age", y="Sleep"), CELLS),
    "forest": (forest_plot("AUROC", value="AUROC", count=2, reference=0.5), ESTIMATES),
    "box": (box_plot("Sleep by site", value="Sleep", unit="h", count=1), BOXES),
    "boxes with dots": (box_plot("AUC by site", value="AUC", count=1, dots="Run"), DOTTED),
    "contour": (
        contour_plot(
            "AUC by rate and depth",
            x="rate",
            y="depth",
            value="AUC",
            extent=((0.1, 1), (1, 3)),
            domain=(0.5, 0.8),
            logarithmic=(True, False),
        ),
        SURFACE,
    ),
    "band": (line_with_band("Drift", x="Week", y="Distance"), BAND),
    "bands": (line_with_band("Drift by site", x="Week", y="Distance", several=True), BAND),
    "calibration": (calibration_plot("Calibration"), RISKS),
    "decision": (decision_curve("Screening"), BENEFIT),
    "operating": (operating_chart("At a threshold", measures=["PPV", "NPV"]), THRESHOLDS),
    "reliability": (reliability_chart("Calibration", most=40, highest=0.6), JUDGED),
    "density": (histogram_with_density("Sleep", value="Sleep", unit="h"), DENSE),
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def histories(**series: list[tuple[int | None, float]]) -> pa.Table:
    rows = [
        {"run_id": name, "step": step, "value": value, "logged_at": NOW + timedelta(hours=place)}
        for name, points in series.items()
        for place, (step, value) in enumerate(points)
    ]
    types = {"run_id": pa.string(), "step": pa.int64(), "value": pa.float64()}
    return pa.Table.from_pylist(
        rows, pa.schema([*types.items(), ("logged_at", pa.timestamp("us", tz="UTC"))])
    )


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_a_title_a_text_and_tooltips(name: str) -> None:
    spec, _ = CHARTS[name]
    assert spec["title"]
    assert spec["description"].endswith(".")
    assert "tooltip" in str(spec)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_chart_is_drawn_as_svg(name: str, mode: Any) -> None:
    spec, rows = CHARTS[name]
    svg = to_svg(with_data(spec, rows), mode=mode)
    assert svg.startswith("<svg")
    assert spec["title"] in svg
    assert svg != to_svg(with_data(spec, []), mode=mode), "it draws its rows"


@pytest.mark.parametrize("name", CHARTS)
def test_every_column_of_a_chart_is_told_in_its_table(name: str) -> None:
    spec, rows = CHARTS[name]
    table = table_of(Chart(with_data(spec, rows)))
    assert table is not None
    assert len(table.rows) == len(rows)
    assert len(table.columns) >= len(rows[0]) - 1  # "raw" or a note may have no title


def test_a_png_is_as_large_as_asked() -> None:
    spec, rows = CHARTS["bars"]
    png = to_png(with_data(spec, rows), width=200, scale=1)
    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG")
    assert 200 <= width <= 320
    assert 240 <= height <= 400


def test_a_unit_stands_in_title_and_axis() -> None:
    spec = metric_curves("duration", ["a"], unit="s", along="hours")
    assert spec["title"] == "duration (s) by hours since start"
    assert spec["encoding"]["y"]["title"] == "duration (s)"


def test_one_run_needs_no_legend_and_many_are_counted() -> None:
    assert metric_curves("auc", ["a"])["encoding"]["color"]["legend"] is None
    assert metric_curves("auc", list("abcdefg"))["description"].endswith("for 7 runs.")


def test_a_chart_is_not_changed_by_its_theme() -> None:
    spec = bars("Runs", name="Model", value="Runs")
    before = str(spec)
    assert themed(spec, "dark")["config"]["range"]["category"][0] == "#2dd4bf"
    assert str(spec) == before


def test_points_are_ordered_by_step_and_named_by_run() -> None:
    table = histories(one=[(2, 0.2), (1, 0.1)], two=[(1, 0.5)])
    rows = curve_rows(table, {"two": "second", "one": "first"}).to_pydict()
    assert rows["run"] == ["second", "first", "first"]
    assert rows["step"] == [1, 1, 2]
    assert rows["value"] == rows["raw"] == [0.5, 0.1, 0.2]


def test_points_without_a_step_are_counted() -> None:
    table = histories(one=[(None, 0.1), (None, 0.2)])
    assert curve_rows(table, {"one": "one"}).column("step").to_pylist() == [0, 1]


def test_time_may_be_relative() -> None:
    table = histories(one=[(1, 0.1), (2, 0.2)])
    rows = curve_rows(table, {"one": "one"}, along="hours").to_pydict()
    assert rows["hours"] == [0.0, 1.0]
    absolute = curve_rows(table, {"one": "one"}, along="time").to_pydict()
    assert absolute["time"] == [NOW, NOW + timedelta(hours=1)]


def test_values_that_cannot_be_drawn_are_left_out() -> None:
    table = histories(one=[(1, float("nan")), (2, float("inf")), (3, -1.0), (4, 1.0)])
    assert curve_rows(table, {"one": "one"}).column("value").to_pylist() == [-1.0, 1.0]
    drawn = curve_rows(table, {"one": "one"}, logarithmic=True)
    assert drawn.column("value").to_pylist() == [1.0]


def test_long_curves_keep_their_spikes() -> None:
    points: list[tuple[int | None, float]] = [(step, 0.0) for step in range(10_000)]
    points[7_321] = (7_321, 5.0)
    rows = curve_rows(histories(one=points), {"one": "one"}, points=100)
    assert rows.num_rows <= 100
    assert max(rows.column("value").to_pylist()) == 5.0


def test_runs_without_the_metric_have_no_rows() -> None:
    assert curve_rows(histories(one=[(1, 0.1)]), {"other": "other"}).num_rows == 0
