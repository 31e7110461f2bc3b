"""Tests and distances, against SciPy and scikit-learn."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from core.drift import measures
from core.drift.merged import MergedSamples

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]

NUMBERS = (
    st.integers(1, 60)
    .flatmap(
        lambda size: arrays(
            np.float64, size, elements=st.floats(-100, 100) | st.sampled_from([0.0, 1.0])
        )
    )
    .map(np.sort)
)
COUNTS = (
    st.integers(2, 8)
    .flatmap(lambda size: st.tuples(*[arrays(np.int64, size, elements=st.integers(0, 200))] * 2))
    .filter(lambda pair: bool(pair[0].sum() and pair[1].sum()))
)


@given(first=NUMBERS, second=NUMBERS)
def test_distances_of_numbers_are_those_of_scipy(first: Numbers, second: Numbers) -> None:
    test = measures.ks(first, second)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # SciPy's, when it takes another method
        expected = stats.ks_2samp(first, second)
    assert [*test] == pytest.approx([expected.statistic, expected.pvalue])
    distance = stats.wasserstein_distance(first, second)
    assert measures.wasserstein(first, second) == pytest.approx(distance, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.1])
def test_the_test_of_many_numbers_is_that_of_scipy(shift: float) -> None:
    random = np.random.default_rng(3)
    first, second = np.sort(random.normal(size=15_000)), np.sort(random.normal(shift, 1, 12_000))
    expected = stats.ks_2samp(first, second, method="asymp")
    found = measures.ks(first, second)
    assert [*found] == pytest.approx([expected.statistic, expected.pvalue], rel=1e-9)


@pytest.mark.parametrize("digits", [0, 1, 6])
def test_the_test_of_a_shift_is_that_of_scipy(digits: int) -> None:
    random = np.random.default_rng(4)
    for rows in (40, 12_000):
        first = np.sort(random.normal(size=rows).round(digits))
        second = np.sort(random.normal(0.03, 1, rows + 500).round(digits))
        expected = stats.mannwhitneyu(second, first)
        share = expected.statistic / (len(first) * len(second))
        found = measures.mann_whitney(first, second)
        assert [*found] == pytest.approx([share, expected.pvalue], rel=1e-9)


@pytest.mark.parametrize("digits", [0, 1, 6])
def test_areas_of_many_numbers_are_those_of_scipy(digits: int) -> None:
    random = np.random.default_rng(5)
    first = np.sort(np.append(random.normal(size=20_000).round(digits), 1e6))
    second = np.sort(np.append(random.normal(0.1, 1, 30_000).round(digits), [0.5] * 9_000))
    curves = MergedSamples(first, second)
    for low, high in ((-np.inf, np.inf), (-1.0, 1.25), (0.4, 0.6), (3e6, 4e6)):
        expected = stats.wasserstein_distance(first.clip(low, high), second.clip(low, high))
        assert curves.area(low, high) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(pair=COUNTS)
def test_distances_of_categories_are_those_of_scipy(pair: tuple[Counts, Counts]) -> None:
    first, second = pair
    expected = jensenshannon(first, second, base=2)
    assert measures.jensen_shannon(first, second) == pytest.approx(expected, abs=1e-7)
    assert 0 <= measures.total_variation(first, second) <= 1


def test_chi_squared_is_that_of_scipy() -> None:
    first, second = np.array([30, 50, 20]), np.array([45, 40, 15])
    expected = stats.chi2_contingency(np.array([first, second]), correction=False)
    found = measures.chi_squared(first, second)
    assert found is not None
    assert [*found] == pytest.approx([expected.statistic, expected.pvalue])


def test_rare_categories_are_judged_together() -> None:
    first, second = np.array([500, 490, 1, 2, 1, 3, 2, 1]), np.array([480, 505, 3, 0, 2, 1, 2, 7])
    together = np.array([[500, 490, 10], [480, 505, 15]])
    expected = stats.chi2_contingency(together, correction=False)
    found = measures.chi_squared(first, second)
    assert found is not None
    assert [*found] == pytest.approx([expected.statistic, expected.pvalue])
    assert measures.chi_squared(np.array([3, 1]), np.array([1, 3])) is None


def test_shares_are_compared_exactly_when_they_are_small() -> None:
    exact = stats.fisher_exact([[0, 50], [4, 46]]).pvalue
    assert [*measures.proportion((0, 50), (4, 50))] == pytest.approx([0.08, exact])
    table = np.array([[100, 900], [150, 850]])
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert [*measures.proportion((100, 1000), (150, 1000))] == pytest.approx([0.05, expected])
    assert measures.proportion((0, 10), (0, 10)) == (0.0, 1.0)


def test_values_beyond_the_bounds_have_the_probability_they_should() -> None:
    random = np.random.default_rng(5)
    samples = [
        (np.sort(random.normal(size=80)), np.sort(random.normal(size=40))) for _ in range(2000)
    ]
    alarms = [measures.outside(*pair).p_value < 0.05 for pair in samples]
    assert np.mean(alarms) <= 0.06
    found = measures.outside(np.array([0.0, 1.0]), np.array([-1.0, 0.5, 2.0, 3.0]))
    assert found.statistic == 0.75


def test_psi_is_the_sum_over_the_references_deciles() -> None:
    first, second = np.arange(1000.0), np.sort(np.arange(1000.0) ** 2 / 1000)
    edges = np.quantile(first, np.arange(1, 10) / 10)
    shares = [np.bincount(np.searchsorted(edges, v), minlength=10) / 1000 for v in (first, second)]
    expected = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    assert measures.psi(*measures.decile_counts(first, second)) == pytest.approx(expected)


def test_one_far_value_hardly_changes_psi() -> None:
    random = np.random.default_rng(7)
    first, second = np.sort(random.normal(size=2000)), np.sort(random.normal(0.8, 1, 2000))
    before = measures.psi(*measures.decile_counts(first, second))
    far = np.sort(np.append(first, 1e6))
    assert measures.psi(*measures.decile_counts(far, second)) == pytest.approx(before, abs=0.01)


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_p_values_are_adjusted_as_scipy_does(p_values: list[float]) -> None:
    expected = stats.false_discovery_control(p_values)
    assert measures.benjamini_hochberg(p_values) == pytest.approx(expected.tolist())


def test_the_scale_is_robust_and_never_zero() -> None:
    normal = np.sort(np.random.default_rng(1).normal(10, 2, 20_000))
    assert measures.robust_scale(normal) == pytest.approx(2, rel=0.03)
    assert measures.robust_scale(np.append(normal, 1e9)) == pytest.approx(2, rel=0.03)
    assert measures.robust_scale(np.array([0.0] * 99 + [1.0])) > 0
    assert (measures.robust_scale(np.full(5, -3.0)), measures.robust_scale(np.zeros(5))) == (3, 1)


@pytest.mark.parametrize(("rows", "fresh"), [((1100, 50), 5), ((100, 5000), 90), ((300, 300), 1)])
def test_one_new_category_is_tested_as_fisher_does(rows: tuple[int, int], fresh: int) -> None:
    before, after = np.array([rows[0], 0]), np.array([rows[1] - fresh, fresh])
    found = measures.one_sided(before, after)
    exact = stats.fisher_exact([before, after], alternative="greater").pvalue
    assert found.p_value == pytest.approx(exact, rel=1e-6)
    assert found.share == fresh / rows[1]
    assert found.by_chance == pytest.approx(fresh / rows[1] * exact, rel=1e-6)


@pytest.mark.parametrize("rows", [(1100, 50), (50, 1100), (100, 5000), (5000, 1000)])
def test_a_long_tail_of_names_is_no_new_category(rows: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    often = 1 / np.arange(1, 2001) ** 1.1
    counts = [random.multinomial(n, often / often.sum(), size=200) for n in rows]
    found = []
    for before, after in zip(*counts, strict=True):
        there = before + after > 0
        found.append(measures.one_sided(before[there], after[there]))
    assert np.mean([one.p_value < 0.05 for one in found]) <= 0.05
    shares = np.array([(one.share, one.by_chance) for one in found])
    assert shares[:, 0].mean() == pytest.approx(shares[:, 1].mean(), rel=0.05)
    assert shares[:, 0].mean() > 0.01  # Fisher's test would call all of them new
    before, after = counts[0][0], counts[1][0]
    more = np.append(after, max(3, rows[1] // 10))
    assert measures.one_sided(np.append(before, 0), more).p_value < 0.05
