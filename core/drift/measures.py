"""How two columns differ: tests and distances, each equal to SciPy's on the same values.

Values are ascending float64 without missing ones; counts are per category, of both in one order.

    ks                 greatest distance of the distribution functions; p is exact up to 10,000
                       values, else asymptotic, as SciPy decides
    mann_whitney       how often a current value is above one of the reference, ties half; sees a
                       shift of fewer rows than ks does
    wasserstein        area between the distribution functions, in units of the column
    psi                population stability index over bins
    jensen_shannon     distance, base 2, 0 ... 1
    chi_squared        of the 2 x k table; categories too rare to judge are taken together
    proportion         p of the 2 x 2 table: chi-squared, Fisher's exact test where it is small
    outside            p of so many values beyond the other sample's least and greatest

PSI bins are the reference's deciles, so that a single far value cannot change them.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]

BINS: Final = 10
# An expected number below this makes chi-squared too bold (Cochran 1954).
_EXPECTED: Final = 5.0
_EXACT_UP_TO: Final = 10_000  # as scipy.stats.ks_2samp decides by itself
_SMALLEST_SHARE: Final = 1e-4  # of an empty bin, whose logarithm would be infinite


class Test(NamedTuple):
    """A statistic and the probability of one at least as large without any drift."""

    statistic: float
    p_value: float


def ks(reference: Numbers, current: Numbers) -> Test:
    """Return the two-sample Kolmogorov-Smirnov test."""
    from scipy import stats  # 0.6 s that only drift needs

    if max(len(reference), len(current)) <= _EXACT_UP_TO:
        with warnings.catch_warnings():  # where the exact sum fails, SciPy takes the asymptotic p
            warnings.simplefilter("ignore", RuntimeWarning)
            found = stats.ks_2samp(reference, current)
        return Test(float(found.statistic), float(found.pvalue))
    distance = 0.0
    for values in (reference, current):
        below = np.searchsorted(reference, values, "right") / len(reference)
        other = np.searchsorted(current, values, "right") / len(current)
        distance = max(distance, float(np.abs(below - other).max()))
    rows = len(reference) * len(current) / (len(reference) + len(current))
    return Test(distance, float(stats.kstwo.sf(distance, np.round(rows))))


def mann_whitney(reference: Numbers, current: Numbers) -> Test:
    """Return the share of pairs in which the current value is the greater one, and its test."""
    from scipy import stats  # as above

    pairs = len(reference) * len(current)
    if max(len(reference), len(current)) <= _EXACT_UP_TO:
        found = stats.mannwhitneyu(current, reference)
        return Test(float(found.statistic) / pairs, float(found.pvalue))
    above = np.searchsorted(reference, current, "left").sum(dtype=np.float64)
    above += np.searchsorted(reference, current, "right").sum(dtype=np.float64)
    wins = above / 2
    every = np.sort(np.concatenate([reference, current]), kind="stable")
    rows = len(every)
    ties = np.diff(np.flatnonzero(np.append(True, every[1:] != every[:-1])), append=rows)
    tied = ((ties.astype(np.float64) ** 3 - ties) / (rows * (rows - 1.0))).sum()
    spread = math.sqrt(pairs / 12 * (rows + 1 - tied))
    distance = max(0.0, abs(wins - pairs / 2) - 0.5)
    p_value = min(1.0, 2 * float(stats.norm.sf(distance / spread))) if spread else 1.0
    return Test(float(wins / pairs), p_value)


def wasserstein(reference: Numbers, current: Numbers) -> float:
    """Return the first Wasserstein distance.

    >>> wasserstein(np.array([0.0, 1.0]), np.array([0.5, 1.5]))
    0.5
    """
    every = np.sort(np.concatenate([reference, current]), kind="stable")
    below = np.searchsorted(reference, every[:-1], "right") / len(reference)
    other = np.searchsorted(current, every[:-1], "right") / len(current)
    return float((np.abs(below - other) * np.diff(every)).sum())


def robust_scale(reference: Numbers) -> float:
    """Return the spread of the middle half, as a standard deviation of a normal sample would be.

    Where the middle half is one value: the standard deviation; of a constant: its size.
    """
    low, middle, high = np.quantile(reference, [0.25, 0.5, 0.75])
    for scale in (float(high - low) / 1.349, float(np.std(reference)), abs(float(middle))):
        if math.isfinite(scale) and scale > 0:
            return scale
    return 1.0


def decile_counts(reference: Numbers, current: Numbers) -> tuple[Counts, Counts]:
    """Return how many values are in each bin between the reference's deciles.

    Infinite values are in the first and the last one.
    """
    finite = reference[np.isfinite(reference)]
    deciles = np.quantile(finite, np.arange(1, BINS) / BINS) if len(finite) else finite
    edges = np.unique(deciles)
    found = []
    for values in (reference, current):
        places = np.searchsorted(values, edges, "right")
        found.append(np.diff(places, prepend=0, append=len(values)))
    return found[0], found[1]


def psi(reference: Counts, current: Counts) -> float:
    """Return the population stability index, sum of (c - r) ln(c / r) over shares.

    >>> psi(np.array([50, 50]), np.array([50, 50]))
    0.0
    """
    shares = [np.maximum(c / c.sum(), _SMALLEST_SHARE) for c in (reference, current)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def jensen_shannon(reference: Counts, current: Counts) -> float:
    """Return the Jensen-Shannon distance, base 2.

    >>> jensen_shannon(np.array([1, 0]), np.array([0, 1]))
    1.0
    """
    first, second = reference / reference.sum(), current / current.sum()
    middle = (first + second) / 2
    divergence = 0.0
    for shares in (first, second):
        present = shares > 0
        divergence += float((shares[present] * np.log2(shares[present] / middle[present])).sum())
    return math.sqrt(max(0.0, divergence / 2))


def total_variation(reference: Counts, current: Counts) -> float:
    """Return half the sum of the differences of shares: what part of the rows moved, 0 ... 1."""
    return float(np.abs(reference / reference.sum() - current / current.sum()).sum() / 2)


def chi_squared(reference: Counts, current: Counts) -> Test | None:
    """Return the two-sample chi-squared test; None when fewer than two categories can be judged."""
    from scipy import stats  # as above

    totals = reference + current
    smaller = min(reference.sum(), current.sum()) / totals.sum()
    common = totals * smaller >= _EXPECTED
    table = np.array([reference[common], current[common]])
    rest = [reference[~common].sum(), current[~common].sum()]
    if sum(rest) * smaller >= _EXPECTED:
        table = np.column_stack([table, rest])
    if table.shape[1] < 2:
        return None
    found = stats.chi2_contingency(table, correction=False)
    return Test(float(found.statistic), float(found.pvalue))


def proportion(reference: tuple[int, int], current: tuple[int, int]) -> Test:
    """Compare two shares, each given as a count and the rows it is of: difference and p.

    >>> proportion((0, 100), (40, 100)).statistic
    0.4
    """
    from scipy import stats  # as above

    counts = [(number, rows - number) for number, rows in (reference, current)]
    table = np.array(counts)
    difference = current[0] / current[1] - reference[0] / reference[1]
    totals = table.sum(axis=0)
    if 0 in totals:
        return Test(difference, 1.0)
    expected = np.outer(table.sum(axis=1), totals) / table.sum()
    if expected.min() < _EXPECTED:
        return Test(difference, float(stats.fisher_exact(table).pvalue))
    found = stats.chi2_contingency(table, correction=False)
    return Test(difference, float(found.pvalue))


def outside(reference: Numbers, current: Numbers, margin: float = 0.0) -> Test:
    """Return the share of current values beyond the reference's bounds, and its probability.

    Values count that are farther away than the margin.

    Of n + m values of one continuous distribution, the number of the m beyond the n's bounds is
    beta-binomial with 2 and n - 1 (David and Nagaraja, Order Statistics, 2003, section 2.5).
    """
    from scipy import stats  # as above

    inside = np.searchsorted(current, reference[-1] + margin, "right")
    inside -= np.searchsorted(current, reference[0] - margin, "left")
    beyond = int(len(current) - inside)
    if len(reference) < 2 or not beyond:
        return Test(beyond / len(current), 1.0)
    p_value = stats.betabinom.sf(beyond - 1, len(current), 2, len(reference) - 1)
    return Test(beyond / len(current), float(p_value))


def benjamini_hochberg(p_values: list[float]) -> list[float]:
    """Return p values adjusted for how many there are (Benjamini and Hochberg 1995).

    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    number = len(p_values)
    order = sorted(range(number), key=p_values.__getitem__, reverse=True)
    adjusted = [1.0] * number
    least = 1.0
    for position, place in enumerate(order):
        least = min(least, p_values[place] * number / (number - position))
        adjusted[place] = least
    return adjusted
