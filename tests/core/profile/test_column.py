"""Statistics of columns, against pandas, NumPy and SciPy."""

from __future__ import annotations

import datetime as dt
import json
import math
import warnings
from decimal import Decimal

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from scipy import stats

from core.profile.column import QUANTILES, profile_column

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-5, 5).map(float)
VALUES = st.lists(st.none() | st.just(math.nan) | NUMBERS, max_size=60)


def reference(values: list[float | None]) -> dict[str, float | None]:
    """Let pandas say the same."""
    series = pd.Series(values, dtype="float64").dropna()
    if series.empty:
        return dict.fromkeys(["mean", "std", "skewness", "kurtosis", "mad", *QUANTILES])
    found = {
        "mean": series.mean(),
        "std": series.std(),
        "skewness": series.skew(),
        "kurtosis": series.kurt(),
        "mad": stats.median_abs_deviation(series),
        **{name: series.quantile(share) for name, share in QUANTILES.items()},
    }
    return {name: None if math.isnan(value) else value for name, value in found.items()}


@given(values=VALUES)
def test_numbers_are_those_of_pandas(values: list[float | None]) -> None:
    profile = profile_column(pa.array(values, pa.float64()))
    series = pd.Series(values, dtype="float64")
    assert profile["count"] == series.count()
    assert profile["missing"] == series.isna().sum()
    assert profile["distinct"] == series.nunique()
    for name, expected in reference(values).items():
        if expected is None or name not in {"skewness", "kurtosis"}:
            near = None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-6)
            assert profile[name] == near


@pytest.mark.parametrize("seed", range(5))
def test_skewness_and_kurtosis_are_corrected_for_bias(seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(3, 1, 500)
    profile = profile_column(pa.array(values))
    assert profile["skewness"] == pytest.approx(stats.skew(values, bias=False), rel=1e-9)
    assert profile["kurtosis"] == pytest.approx(stats.kurtosis(values, bias=False), rel=1e-9)


def test_a_large_mean_does_not_hide_the_spread() -> None:
    values = 1e9 + np.arange(1000) / 1000
    assert profile_column(pa.array(values))["std"] == pytest.approx(
        np.std(values, ddof=1), rel=1e-9
    )


def test_infinite_values_are_bounds_and_not_added_up() -> None:
    profile = profile_column(pa.array([-math.inf, 1.0, 3.0, math.inf, math.inf]))
    assert (profile["mean"], profile["infinite"], profile["distinct"]) == (2.0, 3, 4)
    assert profile["top"][0] == {"value": "Infinity", "count": 2}
    assert (profile["min"], profile["max"]) == ("-Infinity", "Infinity")
    json.dumps(profile, allow_nan=False)


def test_whole_numbers_too_large_for_floats_are_exact_bounds() -> None:
    profile = profile_column(pa.array([2**63 - 1, 2**63 - 2, None]))
    assert (profile["min"], profile["max"], profile["missing"]) == (2**63 - 2, 2**63 - 1, 1)


@pytest.mark.parametrize("values", [[], [None], [math.nan], [7.0], [7.0, 7.0], [1e300, -1e300] * 3])
def test_hardly_any_values_raise_nothing(values: list[float | None]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        profile = profile_column(pa.array(values, pa.float64()))
    json.dumps(profile, allow_nan=False)
    assert profile["count"] + profile["missing"] == len(values)


def test_signs_and_zeros_are_counted() -> None:
    profile = profile_column(pa.array([-2, -1, 0, 0, 5]))
    assert (profile["negatives"], profile["zeros"], profile["infinite"]) == (2, 2, 0)
    assert profile["top"][0] == {"value": 0.0, "count": 2}


def test_texts_have_lengths_and_top_values() -> None:
    profile = profile_column(pa.array(["b", "a", "b", None, "äöü", ""], pa.large_string()))
    assert (profile["count"], profile["missing"], profile["distinct"]) == (5, 1, 4)
    assert (profile["shortest"], profile["longest"], profile["mean_length"]) == (0, 3, 1.2)
    assert profile["top"][:2] == [{"value": "b", "count": 2}, {"value": "", "count": 1}]


def test_flags_times_and_others_are_counted() -> None:
    assert profile_column(pa.array([True, None, False, True])) == {
        "count": 3,
        "missing": 1,
        "true": 2,
    }
    days = pa.array([dt.date(2024, 2, 29), None, dt.date(1999, 1, 1)])
    assert profile_column(days) == {
        "count": 2,
        "missing": 1,
        "distinct": 2,
        "min": "1999-01-01",
        "max": "2024-02-29",
    }
    assert profile_column(pa.array([[1], None])) == {"count": 1, "missing": 1}
    assert profile_column(pa.array([Decimal("1.50"), Decimal("2.50")]))["mean"] == 2.0
    assert profile_column(pa.nulls(3)) == {"count": 0, "missing": 3}


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.decimal128(38, 0)], ids=str)
def test_codes_of_many_digits_are_told_apart(kind: pa.DataType) -> None:
    """A float64 has one value for both: 15 to 17 digits are all it holds."""
    one, other = 9_007_199_254_740_993, 9_007_199_254_740_992
    profile = profile_column(pa.array([one, other, one, None], kind))
    assert (profile["distinct"], profile["min"], profile["max"]) == (2, other, one)
    assert profile["top"] == [{"value": one, "count": 2}, {"value": other, "count": 1}]
    assert json.loads(json.dumps(profile))["max"] == one
