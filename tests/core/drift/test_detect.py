"""What is called drift, and what is not."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from benchmarks._drift_calibration import count_false_alarms
from core.drift.detect import detect_drift

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]


def normal(rows: int, shift: float = 0.0, *, seed: int = 0) -> Numbers:
    """Draw the same numbers whatever tests come before."""
    return np.random.default_rng([rows, int(1000 * shift), seed]).normal(shift, 1, rows)


# How many of so many tables without drift may be called drifted. More than that has, where one in
# twenty is, a probability of 0.06 (of ten tables: 0.09), and of 0.68 where one in ten is. Of large
# tables one in five would be, if significance alone decided: 0.62. All 400 of each size are made by
# `python benchmarks/drift.py --calibration 400`, in the same way.
@pytest.mark.parametrize(
    ("current", "reference", "comparisons", "most"),
    [(50, 1100, 100, 8), (100, 5000, 100, 8), (1000, 5000, 100, 8), (100_000, 100_000, 10, 1)],
)
def test_no_drift_is_hardly_ever_called_drift(
    current: int, reference: int, comparisons: int, most: int
) -> None:
    per_column, alarms = count_false_alarms(current, reference, comparisons)
    assert per_column <= 0.07 * 5 * comparisons
    assert alarms <= most


def test_a_shift_of_a_fifth_of_the_spread_is_seen() -> None:
    found = []
    for seed in range(200):
        first, second = normal(1000, seed=seed), normal(1000, 0.2, seed=seed)
        found.append(detect_drift({"x": first}, {"x": second}).drift_detected)
    assert np.mean(found) >= 0.95


def test_a_shift_too_small_to_matter_is_none() -> None:
    report = detect_drift({"x": normal(50_000)}, {"x": normal(50_000, 0.05)})
    assert (report.statistical_tests["x"]["ks"]["p_adjusted"] or 1) < 0.001
    assert not report.drift_detected


def test_one_far_value_moves_no_verdict() -> None:
    first, second = normal(2000), normal(2000, seed=1)
    assert not detect_drift({"x": np.append(first, 1e6)}, {"x": second}).drift_detected
    assert not detect_drift({"x": first}, {"x": np.append(second, 1e6)}).drift_detected
    shifted = detect_drift({"x": np.append(first, 1e6)}, {"x": second + 0.8})
    assert shifted.drifted_columns == ("x",)


def test_missing_values_are_drift_of_their_own() -> None:
    values = normal(1000)
    gone = np.where(np.arange(1000) < 400, np.nan, values)
    report = detect_drift({"x": values}, {"x": gone})
    assert report.drifted_columns == ("x",)
    assert report.feature_drifts == {"x": 0.4}
    assert report.statistical_tests["x"]["missing_share"]["drifted"] is True
    assert report.statistical_tests["x"]["ks"]["drifted"] is False
    assert "0% were missing and now 40% are" in report.recommendations[0]


def test_new_coding_is_named() -> None:
    first = {"sex": ["f", "m"] * 200}
    report = detect_drift(first, {"sex": ["1", "2"] * 200})
    assert report.feature_drifts == {"sex": 1.0}
    assert "'f', 'm' gave way to '1', '2'" in report.recommendations[0]


@pytest.mark.parametrize(
    ("factor", "units"),
    [(2.2046, "kilograms and pounds"), (0.01, "metres and centimetres"), (60, "hours and minutes")],
)
def test_another_unit_is_named(factor: float, units: str) -> None:
    weights = 70 + 12 * normal(800)
    report = detect_drift({"weight": weights}, {"weight": (70 + 12 * normal(800, seed=1)) * factor})
    assert f"another unit ({units}" in report.recommendations[0]


def test_numbers_that_became_text_are_named() -> None:
    report = detect_drift({"age": [30, 40, 50]}, {"age": ["30", "40", "50+"]})
    assert report.statistical_tests["age"]["type"]["drifted"] is True
    assert report.recommendations[0].startswith("age: held numbers and now holds texts.")


def test_columns_of_one_side_only_are_named() -> None:
    report = detect_drift({"a": [1], "b": [1]}, {"a": [1], "c": [1]})
    assert (report.only_in_reference, report.only_in_current) == (("b",), ("c",))
    assert report.drift_detected
    assert report.drift_score == 0.0


def test_identifiers_and_dates_may_be_others() -> None:
    first = {"id": [f"P{n}" for n in range(500)], "at": [dt.date(2024, 1, 1)] * 500}
    second = {"id": [f"Q{n}" for n in range(500)], "at": [dt.date(2025, 1, 1)] * 500}
    assert not detect_drift(first, second).drift_detected


def test_a_constant_that_hardly_changes_is_no_drift() -> None:
    assert not detect_drift({"x": [1.0] * 500}, {"x": [1.01] * 500}).drift_detected
    assert detect_drift({"x": [1.0] * 500}, {"x": [5.0] * 500}).drift_detected


STRANGE: list[Any] = [
    pa.array([None] * 30, pa.float64()),
    pa.nulls(30),
    pa.array([1.0] * 30),
    pa.array([math.nan] * 30),
    pa.array([math.inf, -math.inf] * 15),
    pa.array([1e300, -1e300, 0.0] * 10),
    pa.array([True, None, False] * 10),
    pa.array([2**63 - 1, -(2**63), None] * 10),
    pa.array(["", None, "\x00", "𝄞"] * 8).slice(0, 30),
    pa.array([f"text {n}" for n in range(30)]),
    pa.array(["a", "b", None] * 10).dictionary_encode(),
    pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * 30),
    pa.array([dt.timedelta(seconds=1), None] * 15),
    pa.array([[1], None, []] * 10),
    pa.array([{"a": 1}] * 30),
    pa.array([b"\xff"] * 30),
]


@pytest.mark.parametrize("first", range(len(STRANGE)))
def test_no_values_raise_an_error(first: int) -> None:
    for second in STRANGE:
        for rows in (30, 1, 0):
            report = detect_drift({"x": STRANGE[first]}, pa.table({"x": second}).slice(0, rows))
            json.dumps(report.to_dict(), allow_nan=False)
            assert 0 <= report.drift_score <= 1
            assert all(0 <= effect <= 1 for effect in report.feature_drifts.values())


def test_ten_thousand_categories_are_compared() -> None:
    values = [f"c{n % 10_000}" for n in range(30_000)]
    assert not detect_drift({"x": values}, {"x": values}).drift_detected


def test_any_frame_is_compared() -> None:
    first, second = {"x": normal(300).tolist()}, {"x": normal(300, 2.0).tolist()}
    frames = [pd.DataFrame(second, dtype="float32"), pl.DataFrame(second).lazy(), pa.table(second)]
    for frame in frames:
        assert detect_drift(pd.DataFrame(first), frame).drifted_columns == ("x",)
    nullable = pd.DataFrame({"x": pd.array([1, None, 3] * 100, dtype="Int64")})
    assert not detect_drift(nullable, nullable).drift_detected


def test_the_score_is_the_share_of_columns_weighted_by_effect() -> None:
    first = {"x": normal(1000), "y": normal(1000, seed=1)}
    second = {"x": normal(1000, 3.0), "y": first["y"]}
    report = detect_drift(first, second)
    assert report.drifted_columns == ("x",)
    assert report.drift_score == pytest.approx(report.feature_drifts["x"] / 2)
