"""Correlations and other measures of pairs, against pandas, SciPy and scikit-learn."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy import stats
from sklearn.metrics import mutual_info_score

from core.eda.correlations import METHODS, kendall, pearson, spearman
from core.eda.dependence import (
    Coded,
    correlation_ratio,
    cramers_v,
    in_ranges,
    joint_counts,
    most_frequent,
    mutual_information,
)
from core.eda.module import EDAModule

VALUES = (
    st.just(math.nan)
    | st.integers(-4, 4).map(float)
    | st.floats(-1e3, 1e3).map(lambda v: round(v, 3))
)
ROWS = st.integers(2, 40)
TABLES = ROWS.flatmap(
    lambda rows: st.lists(st.lists(VALUES, min_size=rows, max_size=rows), min_size=1, max_size=4)
)


def as_frame(columns: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame({f"c{place}": column for place, column in enumerate(columns)})


@settings(max_examples=60, deadline=None)
@given(columns=TABLES)
def test_correlations_are_those_of_pandas(columns: list[list[float]]) -> None:
    frame = as_frame(columns)
    arrays = [np.array(column) for column in columns]
    for method, measure in (("pearson", pearson), ("spearman", spearman)):
        with np.errstate(all="ignore"):
            expected = frame.corr(method).to_numpy()  # type: ignore[arg-type]
        np.testing.assert_allclose(measure(arrays), expected, rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(columns=TABLES)
def test_kendalls_tau_is_that_of_scipy(columns: list[list[float]]) -> None:
    first, second = np.array(columns[0]), np.array(columns[-1])
    there = ~np.isnan(first) & ~np.isnan(second)
    expected = (
        stats.kendalltau(first[there], second[there]).statistic if there.sum() > 1 else math.nan
    )
    assert kendall([first, second])[0, 1] == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_a_far_value_without_a_partner_costs_no_digits() -> None:
    frame = as_frame([[0.0, math.nan, math.nan, 1.0], [0.062, math.nan, 4e9, 0.0]])
    found = pearson([frame[name].to_numpy() for name in frame])
    np.testing.assert_allclose(found, frame.corr().to_numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_frame_of_correlations_is_that_of_pandas(method: str) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.normal(size=300), "b": rng.integers(0, 5, 300), "c": "text"})
    frame["gapped"] = np.where(rng.random(300) < 0.2, math.nan, frame["a"] + rng.normal(size=300))
    frame["flag"] = frame["a"] > 0
    found = EDAModule().analyze_correlations(frame, method)
    expected = frame.corr(method, numeric_only=True)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(found, expected, atol=1e-9, rtol=0)
    assert found.attrs == {"rows": 300}


def test_more_parts_than_one_are_put_together() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.normal(1e6, 1, (150_000, 3)), columns=list("abc"))
    frame.loc[rng.random(150_000) < 0.1, "b"] = math.nan
    found = pearson([frame[name].to_numpy() for name in frame])
    np.testing.assert_allclose(found, frame.corr().to_numpy(), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1e300, -1e300, 1e300, -1e300], 1.0),
        ([1e-300, -1e-300, 1e-300, -1e-300], 1.0),
        ([7.0, 7.0, 7.0, 7.0], math.nan),
        ([math.inf, 1.0, 2.0, 3.0], math.nan),
        ([math.nan, math.nan, math.nan, 3.0], math.nan),
    ],
)
def test_extreme_columns_have_a_correlation_or_none(values: list[float], expected: float) -> None:
    other = np.array([1.0, -1.0, 1.0, -1.0])
    assert pearson([np.array(values), other])[0, 1] == pytest.approx(expected, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 4)), min_size=1, max_size=80))
def test_categories_are_compared_as_scipy_does(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(codes, np.int32) for codes in zip(*pairs, strict=True))
    counts = joint_counts(Coded(first, 4), Coded(second, 5))
    there = (first >= 0) & (second >= 0)
    table = pd.crosstab(first[there], second[there]).to_numpy()
    assert counts.sum() == there.sum()
    if min(table.shape, default=0) < 2:
        assert math.isnan(cramers_v(counts))
    else:
        expected = stats.contingency.association(table, method="cramer")
        assert cramers_v(counts) == pytest.approx(expected, abs=1e-9)
    if there.any():
        expected = mutual_info_score(first[there], second[there])
        plain = mutual_information(counts, corrected=False)
        assert plain == pytest.approx(max(expected, 0), abs=1e-9)


def test_the_correlation_ratio_is_the_root_of_the_variance_between_groups() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 4, 500).astype(np.int32)
    values = groups * 0.5 + rng.normal(size=500)
    found = correlation_ratio(Coded(groups, 4), values)
    test = stats.f_oneway(*(values[groups == group] for group in range(4)))
    share = 3 * test.statistic / (3 * test.statistic + 496)
    assert found == pytest.approx(math.sqrt(share), abs=1e-9)


def test_independent_columns_share_no_information_after_correction() -> None:
    rng = np.random.default_rng(2)
    first, second = (in_ranges(rng.normal(size=20_000)) for _ in range(2))
    counts = joint_counts(first, second)
    assert mutual_information(counts) < 0.001 < mutual_information(counts, corrected=False)


def test_rare_categories_become_one() -> None:
    codes = np.repeat(np.arange(100), np.arange(100) + 1).astype(np.int32)
    kept = most_frequent(np.append(codes, np.int32(-1)), 100)
    assert kept.number == 65
    assert kept.codes[-1] == -1
    assert (kept.codes == 64).sum() == sum(range(1, 37))
