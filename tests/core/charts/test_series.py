"""Series become shorter and smoother without telling another story."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from core.charts.series import smooth, sparkline, thin

VALUES = st.lists(st.floats(-1e6, 1e6), max_size=300)


@given(VALUES, st.integers(4, 50))
def test_thinning_keeps_ends_and_extremes(values: list[float], points: int) -> None:
    kept = thin(values, points)
    assert len(kept) <= max(points, 4)
    assert kept == sorted(set(kept))
    if values:
        assert {0, len(values) - 1} <= set(kept)
        assert max(values[i] for i in kept) == max(values)
        assert min(values[i] for i in kept) == min(values)


@given(VALUES, st.floats(0, 0.99))
def test_smoothing_stays_within_the_values(values: list[float], weight: float) -> None:
    smoothed = smooth(values, weight)
    assert len(smoothed) == len(values)
    if values:
        slack = 1e-6 * max(1.0, *map(abs, values))
        assert min(values) - slack <= min(smoothed)
        assert max(smoothed) <= max(values) + slack


@given(VALUES)
def test_no_weight_changes_nothing(values: list[float]) -> None:
    assert smooth(values, 0) == pytest.approx(values)


def test_gaps_are_passed_on_and_not_averaged() -> None:
    smoothed = smooth([1.0, math.nan, 1.0], 0.9)
    assert math.isnan(smoothed[1])
    assert smoothed[2] == pytest.approx(1.0)


def test_a_weight_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        smooth([1.0], 1.0)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=200))
def test_a_sparkline_is_short_and_finite(values: list[float]) -> None:
    line = sparkline(values, points=30)
    assert len(line) <= 30
    assert all(map(math.isfinite, line))
