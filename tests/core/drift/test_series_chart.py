"""The heat map of drift over time: what stands in its cells."""

from __future__ import annotations

from core.charts.export import to_svg
from core.drift.series import DriftSeries, drift_over_time
from core.drift.series_chart import columns_in_order, series_heat_map


def weeks() -> DriftSeries:
    same = {"x": [0.0, 1.0] * 99, "sex": ["f", "m"] * 99}
    parts = {"1": same, "2": {"x": same["x"]}, "3": {**same, "x": [5.0, 6.0] * 99}}
    return drift_over_time(same, parts)


def test_a_cell_tells_its_effect_and_what_changed() -> None:
    cells = series_heat_map(weeks())["data"]["values"]
    found = {(cell["row"], cell["column"]): cell for cell in cells}
    assert len(found) == 6
    assert found["sex", "2"]["value"] is None
    drifted = found["x", "3"]
    assert (drifted["value"], drifted["alert"], drifted["change"]) == (1.0, True, True)
    assert drifted["note"].startswith("new categories")
    assert [cell["alert"] for cell in cells].count(True) == 1
    assert found["x", "1"]["note"] == "-"


def test_drifted_columns_come_first_and_may_be_chosen() -> None:
    assert columns_in_order(weeks()) == ["x", "sex"]
    cells = series_heat_map(weeks(), columns=["sex"])["data"]["values"]
    assert {cell["row"] for cell in cells} == {"sex"}


def test_the_scale_begins_at_nothing_and_ends_above_the_largest_effect() -> None:
    chart = series_heat_map(weeks())
    assert chart["layer"][0]["encoding"]["color"]["scale"]["domain"] == [0, 0.5]
    small = series_heat_map(weeks(), columns=["sex"])
    assert small["layer"][0]["encoding"]["color"]["scale"]["domain"] == [0, 0.1]
    assert to_svg(chart).count("<path") > to_svg(small).count("<path")
