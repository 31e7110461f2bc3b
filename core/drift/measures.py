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
    one_sided          share of rows in categories the other sample has not, p of so many
    outside            p of so many values beyond the other sample's least and greatest

PSI bins are the reference's deciles, so that a single far value cannot change them.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from core.drift.curves import curves_of
from core.profile.distribution import Sample

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.drift.curves import Curves
    from core.profile.distribution import Distribution

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


class OneSided(NamedTuple):
    """A share of rows, the share expected by chance, and the probability of one as large."""

    share: float
    by_chance: float
    p_value: float


def ks(reference: Numbers, current: Numbers) -> Test:
    """Return the two-sample Kolmogorov-Smirnov test."""
    return ks_test(curves_of(Sample(reference), Sample(current)))


def ks_test(curves: Curves) -> Test:
    """Return the Kolmogorov-Smirnov test; of sketches its p value is always asymptotic."""
    from scipy import stats  # 0.6 s that only drift needs

    values = curves.few_values(_EXACT_UP_TO)
    if values is not None:
        with warnings.catch_warnings():  # where the exact sum fails, SciPy takes the asymptotic p
            warnings.simplefilter("ignore", RuntimeWarning)
            found = stats.ks_2samp(*values)
        return Test(float(found.statistic), float(found.pvalue))
    distance = curves.distance()
    rows = curves.rows[0] * curves.rows[1] / sum(curves.rows)
    return Test(distance, float(stats.kstwo.sf(distance, max(1, np.round(rows)))))


def mann_whitney(reference: Numbers, current: Numbers) -> Test:
    """Return the share of pairs in which the current value is the greater one, and its test."""
    return shift_test(curves_of(Sample(reference), Sample(current)))


def shift_test(curves: Curves) -> Test:
    """Return the test of Mann and Whitney; of sketches its p value is always asymptotic."""
    from scipy import stats  # as above

    pairs = curves.rows[0] * curves.rows[1]
    values = curves.few_values(_EXACT_UP_TO)
    if values is not None:
        found = stats.mannwhitneyu(values[1], values[0])
        return Test(float(found.statistic) / pairs, float(found.pvalue))
    wins, rows = curves.wins(), sum(curves.rows)
    spread = math.sqrt(max(0.0, pairs / 12 * (rows + 1 - curves.ties())))
    distance = max(0.0, abs(wins - pairs / 2) - 0.5)
    p_value = math.erfc(distance / spread / math.sqrt(2)) if spread else 1.0
    return Test(wins / pairs, min(1.0, p_value))


def wasserstein(reference: Numbers, current: Numbers) -> float:
    """Return the first Wasserstein distance.

    >>> wasserstein(np.array([0.0, 1.0]), np.array([0.5, 1.5]))
    0.5
    """
    return curves_of(Sample(reference), Sample(current)).area()


def robust_scale(reference: Numbers) -> float:
    """Return the spread of the middle half, as a standard deviation of a normal sample would be.

    Where the middle half is one value: the standard deviation; of a constant: its size.
    """
    return scale_of(Sample(reference))


def scale_of(reference: Distribution) -> float:
    """Return the robust scale of finite numbers."""
    low, middle, high = reference.quantiles([0.25, 0.5, 0.75])
    for scale in (float(high - low) / 1.349, reference.spread, abs(float(middle))):
        if math.isfinite(scale) and scale > 0:
            return scale
    return 1.0


def decile_counts(reference: Numbers, current: Numbers) -> tuple[Counts, Counts]:
    """Return how many values are in each bin between the reference's deciles.

    Infinite values are in the first and the last one.
    """
    return counts_by_decile(Sample(reference), Sample(current))


def counts_by_decile(reference: Distribution, current: Distribution) -> tuple[Counts, Counts]:
    """Return how many values are in each bin between the reference's deciles, as above."""
    finite = reference.finite
    edges = np.empty(0)
    if finite.rows:
        edges = np.unique(finite.quantiles((np.arange(1, BINS) / BINS).tolist()))
    found = []
    for side in (reference, current):
        places = np.rint(side.up_to(edges)).astype(np.int64)
        found.append(np.diff(places, prepend=0, append=side.rows))
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


def judged_together(reference: Counts, current: Counts) -> Counts:
    """Return the group of each category: one for each common one, one for all rare ones.

    -1 is none: the rare ones are too few together.
    """
    totals = reference + current
    smaller = min(reference.sum(), current.sum()) / totals.sum()
    common = totals * smaller >= _EXPECTED
    rest = common.sum() if totals[~common].sum() * smaller >= _EXPECTED else -1
    return np.where(common, np.cumsum(common) - 1, rest).astype(np.int64)


def chi_squared(reference: Counts, current: Counts) -> Test | None:
    """Return the two-sample chi-squared test; None when fewer than two categories can be judged."""
    totals = reference + current
    smaller = min(reference.sum(), current.sum()) / totals.sum()
    common = totals * smaller >= _EXPECTED
    table = np.array([reference[common], current[common]])
    rest = [reference[~common].sum(), current[~common].sum()]
    if sum(rest) * smaller >= _EXPECTED:
        table = np.column_stack([table, rest])
    if table.shape[1] < 2:
        return None
    return _independence(table)


def proportion(reference: tuple[int, int], current: tuple[int, int]) -> Test:
    """Compare two shares, each given as a count and the rows it is of: difference and p.

    >>> proportion((0, 100), (40, 100)).statistic
    0.4
    """
    counts = [(number, rows - number) for number, rows in (reference, current)]
    table = np.array(counts)
    difference = current[0] / current[1] - reference[0] / reference[1]
    totals = table.sum(axis=0)
    if 0 in totals:
        return Test(difference, 1.0)
    if _expected(table).min() < _EXPECTED:
        from scipy import stats  # as above

        return Test(difference, float(stats.fisher_exact(table).pvalue))
    return Test(difference, _independence(table).p_value)


def _expected(table: Counts) -> Numbers:
    totals = table.sum(axis=1), table.sum(axis=0)
    return np.asarray(np.outer(*totals) / totals[0].sum())


def _independence(table: Counts) -> Test:
    """Return Pearson's test of a table of counts: a tenth of the time of SciPy's own."""
    from scipy.special import chdtrc  # as above

    expected = _expected(table)
    statistic = float(((table - expected) ** 2 / expected).sum())
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    return Test(statistic, float(chdtrc(degrees, statistic)))


def one_sided(reference: Counts, current: Counts) -> OneSided:
    """Return what part of the current rows is in categories the reference has not, and its test.

    Of hundreds of brands, each sample has some that the other has not. When both are from one
    population, all t rows of a category are in the current sample with the hypergeometric
    probability q = C(m, t) / C(n + m, t), which gives `by_chance`, the expected share. p is the
    lesser of two: Chernoff's bound of the sum of t over such categories, which is never too small,
    as they are negatively associated (Joag-Dev and Proschan 1983), and is Fisher's p of one new
    category; and twice the sum of q over categories as large as the largest new one, which sees
    one new name among many rare ones.

    >>> found = one_sided(np.array([900, 100, 0]), np.array([40, 5, 5]))
    >>> round(found.share, 2), found.by_chance < 0.001, found.p_value < 0.001
    (0.1, True, True)
    """
    rows = int(current.sum())
    totals = reference + current
    chances = all_in_one(totals, rows, int(reference.sum()))
    return one_sided_by(totals, current[reference == 0], chances, rows)


def one_sided_by(totals: Counts, new: Counts, chances: Numbers, rows: int) -> OneSided:
    """Return the same by the chances that categories of so many rows are in one sample only."""
    there = totals > 0
    totals, chances = totals[there], chances[there]
    kinds, numbers = np.unique(np.column_stack([totals, chances]), axis=0, return_counts=True)
    sizes, each = kinds.T
    as_large = totals >= new.max(initial=1)
    p_values = (
        _chernoff(sizes, numbers, each, float(new.sum())),
        2 * float(chances[as_large].sum()) if len(new) else 1.0,
    )
    return OneSided(
        share=int(new.sum()) / rows,
        by_chance=float((totals * chances).sum()) / rows,
        p_value=min(p_values),
    )


def all_in_one(totals: Counts, rows: int, others: int) -> Numbers:
    """Return with which probability all of so many are in the one sample, by its size."""
    from scipy import special  # as above

    possible = np.minimum(totals, rows)
    logarithms = (
        special.gammaln(rows + 1)
        - special.gammaln(rows - possible + 1)
        - special.gammaln(rows + others + 1)
        + special.gammaln(rows + others - possible + 1)
    )
    return np.where(totals <= rows, np.exp(logarithms), 0.0)


def _chernoff(sizes: Numbers, numbers: Counts, chances: Numbers, sum_: float) -> float:
    """Return a bound of the probability that a sum of sizes, each with its chance, is so large.

    It is the least of exp(K(s) - s x) over s > 0, K being the logarithm of the moment-generating
    function: convex, so that ternary search finds it.
    """
    if sum_ <= float((sizes * numbers * chances).sum()):
        return 1.0
    with np.errstate(divide="ignore"):
        taken, left = np.log(chances), np.log1p(-chances)

    def exponent(s: float) -> float:
        return float((numbers * np.logaddexp(left, taken + s * sizes)).sum() - s * sum_)

    low, high = 0.0, 800.0  # beyond, it changes by less than a float can tell
    for _ in range(120):
        third = (high - low) / 3
        if exponent(low + third) <= exponent(high - third):
            high -= third
        else:
            low += third
    return float(math.exp(min(0.0, exponent((low + high) / 2))))


def outside(reference: Numbers, current: Numbers, margin: float = 0.0) -> Test:
    """Return the share of current values beyond the reference's bounds, and its probability."""
    return beyond(Sample(reference), Sample(current), margin)


def beyond(reference: Distribution, current: Distribution, margin: float) -> Test:
    """Return the share of values beyond the other side's bounds by more than the margin, and its p.

    Of n + m values of one continuous distribution, the number of the m beyond the n's bounds is
    beta-binomial with 2 and n - 1 (David and Nagaraja, Order Statistics, 2003, section 2.5).
    """
    from scipy import stats  # as above

    low, high = reference.quantiles([0, 1])
    below = current.below(np.array([low - margin]))[0]
    above = current.rows - current.up_to(np.array([high + margin]))[0]
    number = round(below + above)
    if reference.rows < 2 or not number:
        return Test(number / current.rows, 1.0)
    p_value = stats.betabinom.sf(number - 1, current.rows, 2, reference.rows - 1)
    return Test(number / current.rows, float(p_value))


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
