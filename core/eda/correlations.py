"""Correlations of numbers, over the rows that both columns have, as pandas does.

    pearson    products of shifted and scaled columns, 65,536 rows at a time
    spearman   Pearson's of ranks; ties share the mean of theirs. A pair with missing values is
               ranked again among the rows it has: by counting, not by sorting
    kendall    tau-b, from the signs of all differences between two rows: its cost grows with the
               square of the rows, so that more than a limit are sampled

A pair is NaN where a column is constant, has an infinite value (Pearson), or where there are not
two rows with both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Part = Callable[[int, int, int], Numbers]

Method = Literal["pearson", "spearman", "kendall"]
METHODS: Final = ("pearson", "spearman", "kendall")
_ROWS: Final = 65_536  # at a time: 22 columns of them fit a processor's cache
_PAIRS: Final = 1 << 16  # differences at a time; float32 counts them exactly
_CANCELLED: Final = 1e-4  # of the sum of squares: the variance has four digits less than that
_EPSILON: Final = 1e-14  # of the variance: what rounding makes of a constant


def pearson(columns: Sequence[Numbers]) -> Numbers:
    """Return the matrix of Pearson's correlations; missing values are NaN.

    >>> pearson([np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 0.0])])[0, 1].item()
    -1.0
    """
    rows = len(columns[0]) if columns else 0
    sums = _Sums(len(columns))
    shifts, scales = zip(*map(_centre, columns), strict=True) if columns else ((), ())
    for start in range(0, rows, _ROWS):
        part = np.empty((len(columns), min(_ROWS, rows - start)))
        for place, column in enumerate(columns):
            np.subtract(column[start : start + _ROWS], shifts[place], out=part[place])
            part[place] /= scales[place]
        sums.add(part)
    found = sums.correlations()
    for i, j in sums.cancelled():
        both = ~np.isnan(columns[i]) & ~np.isnan(columns[j])
        found[i, j] = found[j, i] = _of_pair(columns[i][both], columns[j][both])
    return found


def _centre(column: Numbers) -> tuple[float, float]:
    """Return a shift and a scale that keep sums of squares finite and free of cancellation."""
    finite = column[np.isfinite(column)]
    if not len(finite):
        return 0.0, 1.0
    largest = float(np.abs(finite).max()) or 1.0
    shift = float((finite / largest).mean()) * largest
    scale = float(np.abs(finite / largest - shift / largest).max()) * largest
    return shift, scale if np.isfinite(scale) and scale > 0 else 1.0


class _Sums:
    """Sums over the rows both columns of a pair have, of parts of a table."""

    def __init__(self, columns: int) -> None:
        self._number = np.zeros((columns, columns))
        self._products = np.zeros((columns, columns))
        self._firsts = np.zeros((columns, columns))  # of the row's column, where the other is there
        self._squares = np.zeros((columns, columns))
        self._infinite = np.zeros(columns, bool)

    def add(self, part: Numbers) -> None:
        """Take rows along."""
        missing = np.isnan(part)
        total = part.sum(axis=1)
        if np.isinf(total).any() or np.isnan(total).any():
            infinite = np.isinf(part)
            self._infinite |= infinite.any(axis=1)
            part[missing | infinite] = 0.0
        present = (~missing).astype(np.float64)
        self._products += part @ part.T
        if missing.any():
            self._number += present @ present.T
            self._firsts += part @ present.T
            self._squares += (part * part) @ present.T
        else:
            self._number += part.shape[1]
            self._firsts += part.sum(axis=1)[:, None]
            self._squares += np.einsum("ij,ij->i", part, part)[:, None]

    def cancelled(self) -> list[tuple[int, int]]:
        """Return pairs whose sums have lost digits: far values are where the other has none."""
        with np.errstate(invalid="ignore", divide="ignore"):  # pairs without a row
            variance = self._squares - self._firsts**2 / self._number
        lost = variance < _CANCELLED * self._squares
        lost[self._infinite, :] = False
        lost[:, self._infinite] = False
        lost[self._number < 2] = False
        return [(int(i), int(j)) for i, j in np.argwhere(lost | lost.T) if i > j]

    def correlations(self) -> Numbers:
        """Return what all parts together say."""
        with np.errstate(invalid="ignore", divide="ignore"):
            covariance = self._products - self._firsts * self._firsts.T / self._number
            variance = self._squares - self._firsts**2 / self._number
            variance[variance <= _EPSILON * self._squares] = np.nan
            found = covariance / np.sqrt(variance * variance.T)
        found[self._infinite, :] = np.nan
        found[:, self._infinite] = np.nan
        found[self._number < 2] = np.nan
        known = np.isfinite(np.diag(found))
        found[np.diag_indices_from(found)] = np.where(known, 1.0, np.nan)
        return np.clip(found, -1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A column as the places of its values among the distinct ones; missing values are -1."""

    codes: Codes
    distinct: int
    complete: bool

    def ranks(self, rows: npt.NDArray[np.bool_] | None = None) -> Numbers:
        """Return mean ranks among some of the rows, all of which have a value."""
        codes = self.codes if rows is None else self.codes[rows]
        counts = np.bincount(codes, minlength=self.distinct)
        middle = np.cumsum(counts) - (counts - 1) / 2
        ranks: Numbers = middle[codes]
        return ranks


def ranked(values: Numbers) -> Ranked:
    """Number the values by their order.

    >>> ranked(np.array([7.0, np.nan, -1.0, 7.0])).codes.tolist()
    [1, -1, 0, 1]
    """
    order = np.argsort(values)
    present = len(values) - int(np.isnan(values).sum())
    ordered = values[order[:present]]
    starts = np.append(False, ordered[1:] != ordered[:-1])[:present]
    codes = np.full(len(values), -1, np.int64)
    places = np.cumsum(starts)
    codes[order[:present]] = places
    distinct = int(places[-1]) + 1 if present else 0
    return Ranked(codes, distinct, present == len(values))


def spearman(columns: Sequence[Numbers]) -> Numbers:
    """Return the matrix of Spearman's rank correlations; missing values are NaN.

    >>> spearman([np.array([1.0, 2.0, 90.0]), np.array([1.0, 2.0, 3.0])])[0, 1].item()
    1.0
    """
    known = [ranked(column) for column in columns]
    found = np.full((len(columns), len(columns)), np.nan)
    complete = [place for place, column in enumerate(known) if column.complete]
    found[np.ix_(complete, complete)] = pearson([known[place].ranks() for place in complete])
    for i, first in enumerate(known):
        for j, second in enumerate(known[: i + 1]):
            if not (first.complete and second.complete):
                rows = (first.codes >= 0) & (second.codes >= 0)
                found[i, j] = found[j, i] = _of_pair(first.ranks(rows), second.ranks(rows))
    return found


def _of_pair(first: Numbers, second: Numbers) -> float:
    if len(first) < 2 or first.min() == first.max() or second.min() == second.max():
        return float("nan")
    first, second = (side / float(np.abs(side).max()) for side in (first, second))
    first, second = first - first.mean(), second - second.mean()
    # by one thread: those of a BLAS would wait for each other, busily
    spread = np.einsum("i,i->", first, first) * np.einsum("i,i->", second, second)
    if not spread > 0:
        return float("nan")
    return float(np.clip(np.einsum("i,i->", first, second) / np.sqrt(spread), -1.0, 1.0))


def kendall(columns: Sequence[Numbers]) -> Numbers:
    """Return the matrix of Kendall's tau-b; missing values are NaN.

    >>> kendall([np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])])[0, 1].round(4).item()
    0.3333
    """
    number = len(columns)
    codes = [ranked(column).codes for column in columns]
    rows = len(codes[0]) if codes else 0
    table = np.array(codes, np.float32).reshape(number, rows)  # places up to 2^24 are exact
    table[table < 0] = np.nan
    complete = not np.isnan(table).any()
    scores, ties = np.zeros((number, number)), np.zeros((number, number))
    step = max(1, _PAIRS // max(1, rows))
    for start in range(0, rows, step):
        signs = np.sign(table[:, start : start + step, None] - table[:, None, :])
        signs = signs.reshape(number, signs.shape[1] * rows)
        present = np.ones_like(signs) if complete else (~np.isnan(signs)).astype(np.float32)
        signs = signs if complete else np.nan_to_num(signs, copy=False)
        scores += signs @ signs.T
        ties += np.abs(signs) @ present.T
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Numbers = scores / np.sqrt(ties * ties.T)
    return np.clip(found, -1.0, 1.0)
