"""Tables that are larger than an analysis may hold: some rows of them, and counts of all.

    every row, once      missing; of numbers min max mean std skewness kurtosis zeros negatives
                         infinite; of flags true false
    every n-th row       all else: quantiles, distinct values, pairs, faults

Rows come a piece at a time. Every n-th is kept, from the first one on; when those kept are more
than what may be held, every second one of them goes and n doubles, so that they stay evenly spaced
however many rows there are. Moments of pieces are put together by the formulas of Pébay (2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as is_a

from core.profile import vectors
from core.profile.measured import is_number
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

_FEWEST: Final = 1_000  # rows are kept, however large each of them is


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What is known of all rows: how many there are, and exact statistics of each column.

    Of them, every `step`-th is looked at for the rest.
    """

    rows: int
    step: int
    statistics: dict[str, dict[str, Any]]


@dataclass(slots=True)
class Moments:
    """Sums of numbers that come in pieces; infinite ones are only counted."""

    count: int = 0
    mean: float = 0.0
    second: float = 0.0
    third: float = 0.0
    fourth: float = 0.0
    least: float = math.inf
    greatest: float = -math.inf
    zeros: int = 0
    negatives: int = 0
    infinite: int = 0

    def add(self, values: npt.NDArray[np.float64]) -> None:
        """Take numbers along, none of which is NaN."""
        if not len(values):
            return
        self.least = min(self.least, float(values.min()))
        self.greatest = max(self.greatest, float(values.max()))
        self.zeros += int(np.count_nonzero(values == 0))
        self.negatives += int(np.count_nonzero(values < 0))
        finite = values[np.isfinite(values)]
        self.infinite += len(values) - len(finite)
        if len(finite):
            with np.errstate(over="ignore", invalid="ignore"):
                mean = float(finite.mean())
                deviations = finite - mean
                squares = deviations * deviations
                powers = (
                    float(squares.sum()),
                    float((squares * deviations).sum()),
                    float((squares * squares).sum()),
                )
                self._join(len(finite), mean, powers)

    def _join(self, number: int, mean: float, powers: tuple[float, float, float]) -> None:
        before, total = self.count, self.count + number
        apart = np.float64(mean - self.mean)
        second, third, fourth = powers
        fourth += (
            self.fourth
            + apart**4 * before * number * (before**2 - before * number + number**2) / total**3
        )
        fourth += 6 * apart**2 * (before**2 * second + number**2 * self.second) / total**2
        fourth += 4 * apart * (before * third - number * self.third) / total
        third += self.third + apart**3 * before * number * (before - number) / total**2
        third += 3 * apart * (before * second - number * self.second) / total
        second += self.second + apart**2 * before * number / total
        self.count, self.mean = total, float(self.mean + apart * number / total)
        self.second, self.third, self.fourth = float(second), float(third), float(fourth)

    def statistics(self, *, whole: bool) -> dict[str, Any]:
        """Return them as those of a column (core/profile/column.py); `whole` are integers."""
        found = {
            "mean": self.mean if self.count else math.nan,
            "std": math.sqrt(self.second / (self.count - 1)) if self.count > 1 else math.nan,
            "skewness": self._skewness(),
            "kurtosis": self._kurtosis(),
            "min": self.least if self.count + self.infinite else math.nan,
            "max": self.greatest if self.count + self.infinite else math.nan,
        }
        counts = {"zeros": self.zeros, "negatives": self.negatives, "infinite": self.infinite}
        known = {name: _json(value) for name, value in found.items()}
        ends = {n: int(v) for n, v in known.items() if n in {"min", "max"} and type(v) is float}
        return known | counts | (ends if whole else {})

    def _skewness(self) -> float:
        number = self.count
        if number < 3:
            return math.nan
        if not self.second > 0:
            return 0.0
        with np.errstate(all="ignore"):
            scale = number * math.sqrt(number - 1) / (number - 2)
            return float(scale * self.third / np.float64(self.second) ** 1.5)

    def _kurtosis(self) -> float:
        number = self.count
        if number < 4:
            return math.nan
        if not self.second > 0:
            return 0.0
        with np.errstate(all="ignore"):
            adjusted = 3 * (number - 1) ** 2 / ((number - 2) * (number - 3))
            numerator = number * (number + 1) * (number - 1) * np.float64(self.fourth)
            denominator = (number - 2) * (number - 3) * np.float64(self.second) ** 2
            return float(numerator / denominator - adjusted)


def _json(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


@dataclass
class _Counted:
    kind: pa.DataType
    missing: int = 0
    count: int = 0
    true: int = 0
    moments: Moments = field(default_factory=Moments)

    def add(self, column: pa.ChunkedArray) -> None:
        stored = to_stored(column)
        missing = int(stored.null_count)
        if is_number(stored.type):
            values = vectors.floats(stored)
            present = values[~np.isnan(values)]
            missing = len(values) - len(present)
            self.moments.add(present)
        elif is_a.is_boolean(stored.type):
            self.true += int(vectors.flags(stored).sum())
        self.missing += missing
        self.count += len(stored) - missing

    def statistics(self) -> dict[str, Any]:
        found: dict[str, Any] = {"count": self.count, "missing": self.missing}
        if is_number(self.kind):
            # beyond 2^53 a float64 does not tell whole numbers apart: their ends stay the sample's
            ends = max(abs(self.moments.least), abs(self.moments.greatest))
            exact = is_a.is_integer(self.kind) and ends < 2.0**53
            found |= self.moments.statistics(whole=exact)
            if is_a.is_integer(self.kind) and not exact:
                del found["min"], found["max"]
        elif is_a.is_boolean(self.kind):
            share = self.true / self.count if self.count else None
            found |= {"true": self.true, "false": self.count - self.true, "share_true": share}
        return found


def thinned(
    schema: pa.Schema, pieces: Iterable[pa.Table], names: list[str], most_bytes: int
) -> tuple[pa.Table, Whole | None]:
    """Return rows that take at most so many bytes, and what is known of all of them.

    None when every row is there.
    """
    kept: list[pa.Table] = [schema.empty_table().select(names)]
    counted = {name: _Counted(schema.field(name).type) for name in names}
    rows, step, held = 0, 1, 0
    for piece in pieces:
        for name in names:
            counted[name].add(piece[name])
        chosen = _every(piece.select(names), step, rows)
        rows += piece.num_rows
        kept.append(chosen)
        held += _bytes(chosen)
        while held > most_bytes and sum(part.num_rows for part in kept) > 2 * _FEWEST:
            step *= 2
            kept = [_every(pa.concat_tables(kept).combine_chunks(), 2, 0)]
            held = _bytes(kept[0])
    table = pa.concat_tables(kept)
    if step == 1:
        return table, None
    statistics = {name: column.statistics() for name, column in counted.items()}
    return table, Whole(rows=rows, step=step, statistics=statistics)


def _bytes(table: pa.Table) -> int:
    return int(table.nbytes)


def _every(piece: pa.Table, step: int, before: int) -> pa.Table:
    """Return the rows whose place among all is a multiple of the step."""
    if step == 1:
        return piece
    first = -before % step
    views = [f for f in piece.schema if is_a.is_string_view(f.type) or is_a.is_binary_view(f.type)]
    for field_of_views in views:  # of which Arrow can take none
        place = piece.schema.get_field_index(field_of_views.name)
        stored = to_stored(piece.column(place))
        piece = piece.set_column(place, field_of_views.name, pa.chunked_array([stored]))
    return piece.take(vectors.places(np.arange(first, piece.num_rows, step)))
