"""What of a column is followed over time: means of values that are 0 ... 1.

number      its mean; values are moved to 0 ... 1 by the reference, and far ones moved in
category    the shares of the reference's five most frequent values, and that of new ones
any         the share of missing values
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift import measures
from core.drift.change_points import Cut, Moments, adwin, page_hinkley
from core.drift.pairs import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.profile.measured import MeasuredColumn

_FOLLOWED: Final = 5
_TRIM: Final = (0.005, 0.995)
_TOLERANCE: Final = 0.5  # standard errors; the usual half of the shift that matters
_THRESHOLD: Final = 8.0  # standard errors, summed up
_FARTHEST: Final = 50.0  # standard errors: one chunk alone may say it, and no more than that
_LARGE_SHARE: Final = 0.05
_LARGE_SHIFT: Final = 0.1  # of the robust scale


@dataclass(slots=True)
class Signal:
    """One series; its first chunk is the reference. Places are those of the series it is of."""

    name: str
    measure: Callable[[MeasuredColumn], Moments | None]
    least: float
    low: float = 0.0
    width: float = 1.0
    chunks: list[Moments] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def add(self, column: MeasuredColumn, place: int) -> None:
        """Take in the next chunk; one without values is passed over."""
        moments = self.measure(column)
        if moments is not None and moments.rows:
            self.chunks.append(moments)
            self.places.append(place)

    def cuts(self) -> Iterator[tuple[str, Cut, float, float]]:
        """Yield method, cut, and the mean before and after it, of changes that are large."""
        if not self.chunks or self.places[0] != 0:
            return
        scores = [self._score(chunk) for chunk in self.chunks]
        found = page_hinkley(scores, tolerance=_TOLERANCE, threshold=_THRESHOLD)
        for method, cuts in (("page_hinkley", found), ("adwin", adwin(self.chunks))):
            start = 0
            for cut in cuts:
                since = self._most_likely_start(start, cut.at + 1)
                before, after = self._mean(start, since), self._mean(since, cut.at + 1)
                start = since
                if abs(after - before) >= self.least:
                    places = Cut(self.places[cut.at], self.places[since])
                    yield method, places, self._value(before), self._value(after)

    def _most_likely_start(self, start: int, end: int) -> int:
        """Return where to cut so that both parts differ most, in their own standard error.

        Page-Hinkley's own estimate is a chunk off when that chunk went the same way by luck.
        """

        def contrast(place: int) -> float:
            rows = [
                sum(c.rows for c in self.chunks[a:b]) for a, b in ((start, place), (place, end))
            ]
            distance = abs(self._mean(start, place) - self._mean(place, end))
            return distance * math.sqrt(rows[0] * rows[1] / sum(rows))

        return max(range(start + 1, end), key=contrast)

    def _score(self, chunk: Moments) -> float:
        """Return how many standard errors a chunk's mean is from that of the reference."""
        first = self.chunks[0]
        spread = max(first.variance, chunk.variance, 1 / (first.rows + 2) ** 2)
        error = math.sqrt(spread * (1 / first.rows + 1 / chunk.rows))
        score = (chunk.mean - first.mean) / error
        return max(-_FARTHEST, min(_FARTHEST, score))

    def _mean(self, start: int, end: int) -> float:
        chunks = self.chunks[start:end]
        return sum(c.mean * c.rows for c in chunks) / sum(c.rows for c in chunks)

    def _value(self, mean: float) -> float:
        return self.low + self.width * mean


def signals_of(name: str, reference: MeasuredColumn) -> list[Signal]:
    """Return what to follow of a column, without any chunk yet."""
    kind = Pair(name, reference, reference).kind if reference.rows else "other"
    found = [Signal("missing", _missing, _LARGE_SHARE)]
    if kind == "number":
        found += _of_numbers(reference)
    elif kind == "category":
        counts = reference.categories
        known = sorted(counts, key=lambda value: (-counts[value], value))
        for value in known[:_FOLLOWED]:
            found.append(Signal(f"share of {value!r}", _share_of(value), _LARGE_SHARE))
        found.append(Signal("new values", _share_of_new(frozenset(known)), _LARGE_SHARE))
    return found


def _missing(column: MeasuredColumn) -> Moments:
    share = column.missing / column.rows if column.rows else 0.0
    return Moments(column.rows, share, share * (1 - share))


def _of_numbers(reference: MeasuredColumn) -> Iterator[Signal]:
    values = reference.values[np.isfinite(reference.values)]
    if not len(values):
        return
    with np.errstate(over="ignore", invalid="ignore"):  # of values too far apart
        low, high = np.quantile(values, _TRIM)
        scale = measures.robust_scale(values)
        reach = max(float(high - low), scale)
        low, width = float(low) - reach, float(high - low) + 2 * reach
    if not np.isfinite(width):
        return

    def measure(column: MeasuredColumn) -> Moments | None:
        if column.family != "number":
            return None
        inside = np.clip(column.values, low, low + width)  # infinite ones too
        moved = (inside - low) / width
        if not len(moved):
            return None
        return Moments(len(moved), float(moved.mean()), float(moved.var()))

    yield Signal("mean", measure, _LARGE_SHIFT * scale / width, low, width)


def _share_of(value: str) -> Callable[[MeasuredColumn], Moments | None]:
    return lambda column: _of_counts(column, lambda name: name == value)


def _share_of_new(known: frozenset[str]) -> Callable[[MeasuredColumn], Moments | None]:
    return lambda column: _of_counts(column, lambda name: name not in known)


def _of_counts(column: MeasuredColumn, wanted: Callable[[str], bool]) -> Moments | None:
    if column.family not in {"number", "text", "flag"}:
        return None
    counts = column.categories
    rows = sum(counts.values())
    if not rows:
        return None
    share = sum(number for name, number in counts.items() if wanted(name)) / rows
    return Moments(rows, share, share * (1 - share))
