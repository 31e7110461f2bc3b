"""How well one column foretells another: scores of a single feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.correlations import ranked

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.eda.dependence import Coded

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

_FOLDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingByTarget:
    """The mean target where a feature is missing and where it is not; of an outcome, its share.

    `p_value` is how likely chance makes them differ so: Welch's t test.
    """

    where_missing: float
    where_present: float
    p_value: float | None


def auroc(values: Numbers, positive: Flags) -> float | None:
    """Return the chance that a positive row has the greater value; ties count half.

    None where a value is missing from all rows of one sort.

    >>> auroc(np.array([1.0, 2.0, 3.0]), np.array([False, False, True]))
    1.0
    """
    there = ~np.isnan(values)
    values, positive = values[there], positive[there]
    hits = int(positive.sum())
    others = len(positive) - hits
    if not hits or not others:
        return None
    ranks = ranked(values).ranks()
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * others))


def r_squared(predicted: Numbers, values: Numbers) -> float | None:
    """Return the share of variance that a prediction explains, not below 0; None without any.

    >>> r_squared(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
    1.0
    """
    there = ~np.isnan(predicted)
    if not there.any():
        return None
    values, predicted = values[there], predicted[there]
    largest = float(np.abs(values).max()) or 1.0
    values, predicted = values / largest, predicted / largest
    total = float(((values - values.mean()) ** 2).sum())
    if not total > 0:
        return None
    return max(0.0, 1.0 - float(((values - predicted) ** 2).sum()) / total)


def fold_means(coded: Coded, values: Numbers) -> Numbers:
    """Return for each row the mean target of its category in the other four fifths of the rows.

    So a category with one row does not tell of itself. Where the others have no such row, it is
    the mean of all others; where the feature is missing, NaN.
    """
    folds = np.arange(len(values)) % _FOLDS
    found = np.full(len(values), np.nan)
    there = coded.codes >= 0
    for fold in range(_FOLDS):
        others = there & (folds != fold)
        codes = coded.codes[others]
        counts = np.bincount(codes, minlength=coded.number)
        sums = np.bincount(codes, weights=values[others], minlength=coded.number)
        overall = values[others].mean() if others.any() else np.nan
        means = np.where(counts > 0, sums / np.maximum(counts, 1), overall)
        here = there & (folds == fold)
        found[here] = means[coded.codes[here]]
    return found


def missing_by_target(present: Flags, values: Numbers) -> MissingByTarget | None:
    """Compare the target where a feature is missing and where it is not; None where it always is.

    >>> missing_by_target(np.array([True] * 9 + [False]), np.arange(10.0)).where_present
    4.0
    """
    first, second = values[~present], values[present]
    if not len(first) or not len(second):
        return None
    return MissingByTarget(
        where_missing=float(first.mean()),
        where_present=float(second.mean()),
        p_value=_welch(first, second),
    )


def _welch(first: Numbers, second: Numbers) -> float | None:
    """Return the p value of Welch's t test; None where neither of them varies."""
    from scipy.special import stdtr  # 50 ms that only a target needs

    if min(len(first), len(second)) < 2:
        return None
    errors = [float(np.var(side, ddof=1)) / len(side) for side in (first, second)]
    error = sum(errors)
    if not 0 < error < np.inf:
        return None
    freedom = error**2 / sum(
        e**2 / (len(side) - 1) for e, side in zip(errors, (first, second), strict=True)
    )
    found = 2 * stdtr(freedom, -abs(first.mean() - second.mean()) / np.sqrt(error))
    return float(found) if np.isfinite(found) else None
