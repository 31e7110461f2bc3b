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
from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int32]

Method = Literal["pearson", "spearman", "kendall"]
METHODS: Final = ("pearson", "spearman", "kendall")
_ROWS: Final = 65_536  # at a time: 22 columns of them fit a processor's cache
_PAIRS: Final = 1 << 16  # differences at a time; float32 counts them exactly
_CANCELLED: Final = 1e-4  # of the sum of squares: the variance has four digits less than that
_EPSILON: Final = 1e-14  # of the variance: what rounding makes of a constant


class Sliced(Protocol):
    """Numbers that can be asked for in pieces, as those of an array can."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __getitem__(self, rows: slice) -> Numbers:
        """Return those of some rows; missing ones are NaN."""
        ...


@dataclass(frozen=True, slots=True)
class Centre:
    """A shift and a scale that keep sums of squares finite and free of cancellation."""

    shift: float = 0.0
    scale: float = 1.0
    is_gapped: bool = False
    is_infinite: bool = False


def pearson(columns: Sequence[Numbers]) -> Numbers:
    """Return the matrix of Pearson's correlations; missing values are NaN.

    >>> pearson([np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 0.0])])[0, 1].item()
    -1.0
    """
    return pearson_by_pieces(columns, [centre_of(column) for column in columns])


def pearson_by_pieces(columns: Sequence[Sliced], centres: Sequence[Centre]) -> Numbers:
    """Return the same of columns of which only some rows are in memory at a time."""
    rows = len(columns[0]) if columns else 0
    gapped = np.array([centre.is_gapped for centre in centres], bool)
    sums = _Sums(gapped)
    room = np.empty((len(columns), min(_ROWS, rows)))
    for start in range(0, rows, _ROWS):
        part = room[:, : min(_ROWS, rows - start)]
        for place, (column, centre) in enumerate(zip(columns, centres, strict=True)):
            np.subtract(column[start : start + _ROWS], centre.shift, out=part[place])
            part[place] /= centre.scale
        sums.add(part)
    found = sums.correlations(np.array([centre.is_infinite for centre in centres], bool))
    for i, j in sums.cancelled():
        first, second = columns[i][:], columns[j][:]
        both = ~np.isnan(first) & ~np.isnan(second)
        found[i, j] = found[j, i] = _of_pair(first[both], second[both])
    return found


def centre_of(column: Numbers) -> Centre:
    """Return what to subtract from numbers, and to divide them by."""
    total, finite = float(column.sum()), column
    is_gapped = is_infinite = False
    if not np.isfinite(total):  # of values that are missing, infinite, or huge
        is_gapped, is_infinite = bool(np.isnan(column).any()), bool(np.isinf(column).any())
        finite = column[np.isfinite(column)]
        total = float(finite.sum())
    if not len(finite):
        return Centre(0.0, 1.0, is_gapped, is_infinite)
    low, high = float(finite.min()), float(finite.max())
    mean = total / len(finite)
    if not np.isfinite(mean):
        largest = max(-low, high)
        mean = float((finite / largest).mean()) * largest
    return centred(low, mean, high, is_gapped=is_gapped, is_infinite=is_infinite)


def centred(low: float, mean: float, high: float, *, is_gapped: bool, is_infinite: bool) -> Centre:
    """Return the centre of numbers with these least, mean and greatest ones."""
    largest = max(-low, high) or 1.0
    scale = max(mean / largest - low / largest, high / largest - mean / largest) * largest
    scale = scale if np.isfinite(scale) and scale > 0 else 1.0
    return Centre(mean, scale, is_gapped, is_infinite)


class _Sums:
    """Sums over the rows both columns of a pair have, of parts of a table.

    Where the columns of a pair are sums over the rows that the other one has, they differ from
    those of all rows only for a column with gaps: nothing else is multiplied.
    """

    def __init__(self, gapped: npt.NDArray[np.bool_]) -> None:
        columns = len(gapped)
        self._gapped = np.flatnonzero(gapped)
        self._rows = 0
        self._number = np.zeros((len(self._gapped), len(self._gapped)))
        self._products = np.zeros((columns, columns))
        self._firsts = np.zeros(columns)
        self._squares = np.zeros(columns)
        self._firsts_where = np.zeros((columns, len(self._gapped)))
        self._squares_where = np.zeros((columns, len(self._gapped)))

    def add(self, part: Numbers) -> None:
        """Take rows along. The part is changed: its missing values become 0."""
        self._rows += part.shape[1]
        present = np.ones((len(self._gapped), part.shape[1]))
        for place, column in enumerate(self._gapped):
            missing = np.isnan(part[column])
            present[place, missing] = 0.0
            part[column, missing] = 0.0
        self._products += part @ part.T
        self._firsts += part.sum(axis=1)
        self._squares += np.einsum("ij,ij->i", part, part)
        if len(self._gapped):
            self._number += present @ present.T
            self._firsts_where += part @ present.T
            np.multiply(part, part, out=part)
            self._squares_where += part @ present.T

    def _pairs(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return rows of each pair, and sums and squares of its first column over them."""
        columns = len(self._firsts)
        number = np.full((columns, columns), float(self._rows))
        known = np.diag(self._number)
        number[self._gapped, :] = known[:, None]
        number[:, self._gapped] = known
        number[np.ix_(self._gapped, self._gapped)] = self._number
        firsts = np.repeat(self._firsts[:, None], columns, axis=1)
        squares = np.repeat(self._squares[:, None], columns, axis=1)
        firsts[:, self._gapped] = self._firsts_where
        squares[:, self._gapped] = self._squares_where
        return number, firsts, squares

    def cancelled(self) -> list[tuple[int, int]]:
        """Return pairs whose sums have lost digits: far values are where the other has none."""
        number, firsts, squares = self._pairs()
        with np.errstate(invalid="ignore", divide="ignore"):  # pairs without a row
            variance = squares - firsts**2 / number
        lost = (variance < _CANCELLED * squares) & (number >= 2)
        return [(int(i), int(j)) for i, j in np.argwhere(lost | lost.T) if i > j]

    def correlations(self, infinite: npt.NDArray[np.bool_]) -> Numbers:
        """Return what all parts together say; NaN for columns with an infinite value."""
        number, firsts, squares = self._pairs()
        with np.errstate(invalid="ignore", divide="ignore"):
            covariance = self._products - firsts * firsts.T / number
            variance = squares - firsts**2 / number
            variance[variance <= _EPSILON * squares] = np.nan
            found = covariance / np.sqrt(variance * variance.T)
        found[infinite, :] = np.nan
        found[:, infinite] = np.nan
        found[number < 2] = np.nan
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
    ordered = values[order]
    present = int(np.searchsorted(ordered, np.nan))
    starts = np.append(False, ordered[1:present] != ordered[: max(0, present - 1)])[:present]
    codes = np.full(len(values), -1, np.int32)
    places = np.cumsum(starts)
    codes[order[:present]] = places
    distinct = int(places[-1]) + 1 if present else 0
    return Ranked(codes, distinct, present == len(values))


def spearman(columns: Sequence[Numbers]) -> Numbers:
    """Return the matrix of Spearman's rank correlations; missing values are NaN.

    >>> spearman([np.array([1.0, 2.0, 90.0]), np.array([1.0, 2.0, 3.0])])[0, 1].item()
    1.0
    """
    return spearman_of_ranked([ranked(column) for column in columns])


def spearman_of_ranked(columns: Sequence[Ranked]) -> Numbers:
    """Return the same of columns that are ranked already."""
    found = np.full((len(columns), len(columns)), np.nan)
    complete = [place for place, column in enumerate(columns) if column.complete]
    found[np.ix_(complete, complete)] = pearson([columns[place].ranks() for place in complete])
    for j, second in enumerate(columns):
        if second.complete:
            continue
        there = second.codes >= 0
        ranks = _scaled(second.ranks(there))
        for i, first in enumerate(columns):
            if first.complete:
                value = _product(_scaled(first.ranks(there)), ranks)
            elif i > j:
                continue
            else:
                both = there & (first.codes >= 0)
                value = _product(_scaled(first.ranks(both)), _scaled(second.ranks(both)))
            found[i, j] = found[j, i] = value
    return found


def _scaled(ranks: Numbers) -> Numbers | None:
    """Return deviations from the mean of length 1; None where they are all alike."""
    if len(ranks) < 2:
        return None
    ranks = ranks - (len(ranks) + 1) / 2  # the mean of ranks, whatever the ties
    length = np.einsum("i,i->", ranks, ranks)
    return ranks / np.sqrt(length) if length > 0 else None


def _product(first: Numbers | None, second: Numbers | None) -> float:
    if first is None or second is None:
        return float("nan")
    # by one thread: those of a BLAS would wait for each other, busily
    return float(np.clip(np.einsum("i,i->", first, second), -1.0, 1.0))


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
        # what comes before was compared already, the other way round
        signs = np.sign(table[:, start : start + step, None] - table[:, None, start:])
        weights = np.ones(signs.shape[1:], np.float32)
        weights[:, : signs.shape[1]] = 0.5  # of rows of the same piece both ways are there
        weights = weights.ravel()
        signs = signs.reshape(number, len(weights))
        present = np.ones_like(signs) if complete else (~np.isnan(signs)).astype(np.float32)
        signs = signs if complete else np.nan_to_num(signs, copy=False)
        scores += (signs * weights) @ signs.T
        ties += (np.abs(signs) * weights) @ present.T
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Numbers = scores / np.sqrt(ties * ties.T)
    return np.clip(found, -1.0, 1.0)
