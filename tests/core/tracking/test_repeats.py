"""Intervals and tests of repeats against scipy, and what is no repeat."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from core.tracking.repeats import repeats, welch_test


@pytest.mark.parametrize("sizes", [(2, 2), (3, 7), (12, 5)])
def test_welch_is_that_of_scipy(sizes: tuple[int, int]) -> None:
    random = np.random.default_rng(sum(sizes))
    first = random.normal(0.7, 0.01, sizes[0]).tolist()
    second = random.normal(0.72, 0.05, sizes[1]).tolist()
    found = welch_test(first, second)
    assert found is not None
    known = stats.ttest_ind(second, first, equal_var=False)
    interval = known.confidence_interval(0.95)
    assert found.statistic == pytest.approx(known.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-9)
    assert found.degrees == pytest.approx(known.df, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_a_mean_has_the_interval_of_scipy() -> None:
    values = [0.71, 0.74, 0.69, 0.73, 0.72]
    (group,) = repeats(list("abcde"), {"depth": ["4"] * 5}, values)
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (group.low, group.high) == pytest.approx((low, high), rel=1e-12)
    assert group.deviation == pytest.approx(np.std(values, ddof=1), rel=1e-12)


def test_a_group_without_spread_or_a_second_value_has_no_test() -> None:
    assert welch_test([0.7], [0.7, 0.8]) is None
    assert welch_test([0.7, 0.7], [0.8, 0.8]) is None
    one_varies = welch_test([0.7, 0.7], [0.8, 0.9])
    assert one_varies is not None
    assert one_varies.degrees == pytest.approx(1)


def test_an_absent_param_is_another_group_and_values_that_are_none_are_left_out() -> None:
    found = repeats(
        list("abcde"),
        {"depth": ["2", None, "2", None, "2"]},
        [0.5, 0.6, None, math.nan, 0.7],
    )
    assert [(group.params["depth"], group.run_ids) for group in found] == [
        ("2", ("a", "e")),
        (None, ("b",)),
    ]
    assert found[1].low is None
