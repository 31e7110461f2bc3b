"""An evaluation is drawn with its own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from core.charts.export import to_svg
from core.charts.reliability import CURVE, RANGE, TENTH
from core.models.drawings import draw_importance, draw_operating_points, draw_reliability
from core.models.evaluation import evaluate
from core.models.explain import permutation_importance
from core.render.blocks import Chart
from core.render.chart_rows import table_of
from tests.core.models.samples import sample


def test_calibration_is_drawn_in_tenths_a_curve_and_ranges() -> None:
    data = sample()
    found = evaluate(data.outcome, data.risk, resamples=100)
    spec = draw_reliability(found)
    rows = spec["data"]["values"]
    kinds = [row["kind"] for row in rows]
    assert kinds.count(TENTH) == len(found.reliability) == 10
    assert kinds.count(CURVE) <= 25
    assert sum(row["rows"] for row in rows if row["kind"] == RANGE) == 600
    curve = [row["predicted"] for row in rows if row["kind"] == CURVE]
    assert curve[-1] == found.calibration_curve[-1].predicted
    assert "Calibration" in to_svg(spec)
    assert table_of(Chart(spec)) is not None


def test_thresholds_are_drawn_without_what_does_not_exist() -> None:
    found = evaluate([0, 1, 1], [0.1, 0.2, 0.3], thresholds=[0.15, 0.9])
    rows = draw_operating_points(found)["data"]["values"]
    last = {row["measure"] for row in rows if row["threshold"] == 0.9}
    assert last == {"Sensitivity", "Specificity", "NPV", "Alerts"}
    assert all(0 <= row["low"] <= row["value"] <= row["high"] <= 1 for row in rows)


def test_importance_is_a_forest() -> None:
    table = np.random.default_rng(0).normal(size=(200, 30))
    found = permutation_importance(lambda x: x[:, 0], table, table[:, 0] > 0, repeats=2)
    spec = draw_importance(found, title="Importance", value="AUROC lost")
    rows = spec["data"]["values"]
    assert len(rows) == 20
    assert rows[0]["name"] == "0"
    assert rows[0]["value"] == pytest.approx(0.5, abs=0.1)


def test_scores_have_nothing_to_draw() -> None:
    found = evaluate([0, 1, 0, 1], [1, 2, 3, 4], resamples=100)
    assert draw_reliability(found)["data"]["values"] == []
    assert "<svg" in to_svg(draw_reliability(found))
