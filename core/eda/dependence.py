"""How much one column tells of another, where they are not both numbers.

    cramers_v            two categories: chi-squared of their table, 0 ... 1, not corrected for
                         bias (Cramer 1946)
    correlation_ratio    a category and a number: the square root of the share of variance that
                         lies between the categories, 0 ... 1 (Pearson's eta)
    mutual_information   any two columns, in nats: numbers in 16 ranges with equally many values,
                         less the bias of small tables (Miller 1955), never below 0

All of them look at the rows that both columns have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.correlations import Ranked, ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int32]

RANGES: Final = 16
_PIECE: Final = 65_536  # rows at a time
MOST_CATEGORIES: Final = 64  # the rest are one more


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as categories 0 ... number - 1; missing values are -1."""

    codes: Codes
    number: int


def in_ranges(values: Numbers | Ranked) -> Coded:
    """Cut numbers into at most 16 ranges with equally many values; equal values stay together.

    >>> in_ranges(np.array([1.0, 5.0, np.nan, 5.0])).codes.tolist()
    [0, 1, -1, 1]
    """
    known = values if isinstance(values, Ranked) else ranked(values)
    if not known.distinct:
        return Coded(np.full(len(known.codes), -1, np.int32), 0)
    counts = np.bincount(known.codes + 1, minlength=known.distinct + 1)[1:]
    ends = np.cumsum(counts)
    # the distinct values at which a range begins: those at every sixteenth row, but the first one
    wanted = np.arange(1, RANGES) * int(ends[-1]) // RANGES
    edges = np.unique(np.searchsorted(ends, wanted, "right"))
    edges = np.arange(1, known.distinct) if known.distinct <= RANGES else edges[edges > 0]
    ranges = np.empty(known.distinct + 1, np.int32)
    ranges[:-1] = np.searchsorted(edges, np.arange(known.distinct), "right")
    ranges[-1] = -1  # where a value is missing
    return Coded(ranges[known.codes], len(edges) + 1)


def most_frequent(codes: Codes, number: int) -> Coded:
    """Keep the 64 most frequent categories and make one of the rest."""
    if number <= MOST_CATEGORIES:
        return Coded(codes, number)
    counts = np.bincount(codes[codes >= 0], minlength=number)
    chosen = np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]
    new = np.full(number + 1, MOST_CATEGORIES, np.int32)
    new[chosen] = np.arange(MOST_CATEGORIES)
    new[-1] = -1  # where the code -1 of missing values looks
    return Coded(new[codes], MOST_CATEGORIES + 1)


def joint_counts(first: Coded, second: Coded) -> Numbers:
    """Count the rows of every pair of categories."""
    shape = first.number + 1, second.number + 1  # one more for what is missing
    total = np.zeros(shape[0] * shape[1], np.int64)
    for start in range(0, len(first.codes), _PIECE):
        piece = slice(start, start + _PIECE)
        both = first.codes[piece].astype(np.intp)
        both *= shape[1]
        both += second.codes[piece]
        both += shape[1] + 1  # codes begin at -1
        total += np.bincount(both, minlength=len(total))
    return total.reshape(shape)[1:, 1:].astype(np.float64)


def cramers_v(counts: Numbers) -> float:
    """Return Cramer's V of a table of counts; NaN where a column has one category only.

    >>> cramers_v(np.array([[10.0, 0.0], [0.0, 5.0]]))
    1.0
    """
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    least = min(counts.shape)
    if least < 2:
        return float("nan")
    total = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    return float(np.sqrt(min(chi_squared / total / (least - 1), 1.0)))


def correlation_ratio(groups: Coded, values: Numbers) -> float:
    """Return the correlation ratio; NaN where the numbers are all equal, or in one group.

    >>> correlation_ratio(Coded(np.array([0, 0, 1], np.int32), 2), np.array([1.0, 1.0, 4.0]))
    1.0
    """
    return correlation_ratios([groups], values)[0]


def correlation_ratios(several: Sequence[Coded], values: Numbers) -> list[float]:
    """Return the correlation ratios of several categories and the same numbers."""
    finite = np.isfinite(values)
    known = values if finite.all() else values[finite]
    if not len(known):
        return [float("nan")] * len(several)
    largest = max(-float(known.min()), float(known.max())) or 1.0
    scaled = known / largest
    scaled -= scaled.mean()
    return [
        _ratio(groups.codes if known is values else groups.codes[finite], groups.number, scaled)
        for groups in several
    ]


def _ratio(codes: Codes, number: int, scaled: Numbers) -> float:
    if (codes < 0).any():
        rows = codes >= 0
        codes, scaled = codes[rows], scaled[rows]
        scaled = scaled - (scaled.mean() if len(scaled) else 0.0)
    total = float(np.einsum("i,i->", scaled, scaled))
    counts = np.bincount(codes, minlength=number)
    there = counts > 0
    if not total > 1e-20 * len(scaled) or there.sum() < 2:
        return float("nan")
    sums = np.bincount(codes, weights=scaled, minlength=number)
    between = float((sums[there] ** 2 / counts[there]).sum())
    return float(np.sqrt(min(between / total, 1.0)))


def mutual_information(counts: Numbers, *, corrected: bool = True) -> float:
    """Return the mutual information of a table of counts, in nats.

    >>> round(mutual_information(np.array([[50.0, 0.0], [0.0, 50.0]]), corrected=False), 4)
    0.6931
    """
    total = counts.sum()
    if not total:
        return 0.0
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    filled = counts > 0
    expected = np.outer(rows, columns)[filled]
    found = float((counts[filled] * np.log(counts[filled] * total / expected)).sum() / total)
    if corrected:
        # of each entropy the plug-in estimate is too small by (filled cells - 1) / 2n
        cells = int(filled.sum()) - int((rows > 0).sum()) - int((columns > 0).sum()) + 1
        found -= cells / (2 * total)
    return max(found, 0.0)
