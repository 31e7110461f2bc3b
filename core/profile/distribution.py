"""How numbers are distributed: by all of them, or by a few points with exact counts.

    sample     every value
    sketch     at most some 300 of the values, and how many are below and at most each of them

           rows  |                     _______
                 |              _,-'''        at a point the counts are exact: a jump is many equal
                 |       |    ,'              values; between two points lie values that were not
                 |       |  ,'                kept, at most 1/256 of the rows: they are taken to be
                 |  _,-''|                    spread evenly
                 +--------------------------

What is asked of both is the same, so that tables and sketches are compared by the same code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]

SKETCH_BINS: Final = 256
# Quantiles that are asked for again: the values beside them are kept, so that they are exact.
_LANDMARKS: Final = (0.005, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.995)


class Distribution(Protocol):
    """Numbers without missing ones; infinite ones are the least and the greatest."""

    @property
    def rows(self) -> int:
        """How many numbers there are."""
        ...

    @property
    def spread(self) -> float:
        """The standard deviation of finite numbers, by dividing by how many they are."""
        ...

    @property
    def finite(self) -> Distribution:
        """The same without infinite numbers."""
        ...

    def quantiles(self, shares: Sequence[float]) -> Numbers:
        """Return quantiles of finite numbers, by linear interpolation."""
        ...

    def below(self, points: Numbers) -> Numbers:
        """Return how many numbers are less than each point."""
        ...

    def up_to(self, points: Numbers) -> Numbers:
        """Return how many numbers are at most each point."""
        ...


@dataclass(frozen=True)
class Sample:
    """All numbers, ascending.

    >>> Sample(np.array([1.0, 2.0, 2.0, 5.0])).up_to(np.array([2.0, 3.0])).tolist()
    [3.0, 3.0]
    """

    values: Numbers

    @property
    def rows(self) -> int:
        """How many numbers there are."""
        return len(self.values)

    @cached_property
    def spread(self) -> float:
        """The standard deviation of finite numbers, by dividing by how many they are."""
        values = self.finite.values
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.std(values)) if len(values) else 0.0

    @property
    def finite(self) -> Sample:
        """The same without infinite numbers."""
        start, end = _finite_range(self.values)  # not kept: it would keep itself from being freed
        return self if end - start == len(self.values) else Sample(self.values[start:end])

    def quantiles(self, shares: Sequence[float]) -> Numbers:
        """Return quantiles of finite numbers, by linear interpolation."""
        return np.quantile(self.values, shares) if len(self.values) < 1000 else self._at(shares)

    def _at(self, shares: Sequence[float]) -> Numbers:
        places = np.asarray(shares) * (len(self.values) - 1)
        low = np.floor(places).astype(np.int64)
        below, above = self.values[low], self.values[np.minimum(low + 1, len(self.values) - 1)]
        return np.asarray(below + (above - below) * (places - low))

    def below(self, points: Numbers) -> Numbers:
        """Return how many numbers are less than each point."""
        return np.searchsorted(self.values, points, "left").astype(np.float64)

    def up_to(self, points: Numbers) -> Numbers:
        """Return how many numbers are at most each point."""
        return np.searchsorted(self.values, points, "right").astype(np.float64)


@dataclass(frozen=True)
class Sketch:
    """Some of the numbers, ascending, and how many are below and at most each of them."""

    points: Numbers
    least_counts: Counts
    counts: Counts
    spread: float = 0.0

    @property
    def rows(self) -> int:
        """How many numbers there are."""
        return int(self.counts[-1]) if len(self.counts) else 0

    @cached_property
    def is_complete(self) -> bool:
        """Whether every number is one of the points."""
        return not len(self.points) or bool((self.least_counts[1:] == self.counts[:-1]).all())

    @property
    def finite(self) -> Sketch:
        """The same without infinite numbers."""
        points = self.points
        if not len(points) or (math.isfinite(points[0]) and math.isfinite(points[-1])):
            return self
        start, end = _finite_range(points)
        lower = int(self.least_counts[start]) if start < len(self.points) else 0
        kept = slice(start, end)
        counts = self.counts[kept] - lower
        return Sketch(self.points[kept], self.least_counts[kept] - lower, counts, self.spread)

    @cached_property
    def _twice(self) -> Numbers:
        return np.repeat(self.points, 2)

    @cached_property
    def _steps(self) -> Counts:
        """How many numbers are below, and at most, each point."""
        return np.column_stack([self.least_counts, self.counts]).ravel()

    @cached_property
    def _ranks(self) -> Counts:
        """The places of the first and the last of the numbers that are each point."""
        return np.column_stack([self.least_counts, self.counts - 1]).ravel()

    def quantiles(self, shares: Sequence[float]) -> Numbers:
        """Return quantiles of finite numbers, by linear interpolation."""
        places = np.asarray(shares) * (self.rows - 1)
        with np.errstate(all="ignore"):
            return np.asarray(np.interp(places, self._ranks, self._twice))

    def below(self, points: Numbers) -> Numbers:
        """Return how many numbers are less than each point."""
        # mirrored, the lower end of a step is the one that counts
        return self._at(-points, -self._twice[::-1], self._steps[::-1])

    def up_to(self, points: Numbers) -> Numbers:
        """Return how many numbers are at most each point."""
        return self._at(points, self._twice, self._steps)

    def _at(self, points: Numbers, twice: Numbers, steps: Counts) -> Numbers:
        if not len(twice):
            return np.zeros(len(points))
        with np.errstate(all="ignore"):  # points that are infinite, or too far apart to subtract
            return np.asarray(np.interp(points, twice, steps))

    def expand(self, rows: int) -> Numbers:
        """Return so many numbers that are distributed alike, ascending."""
        lower = self.counts[0] - self.least_counts[0] if np.isneginf(self.points[:1]).any() else 0
        finite = self.finite
        if finite.rows == self.rows:
            return self.quantiles(np.linspace(0, 1, rows).tolist())
        ranks = np.linspace(0, self.rows - 1, rows)
        found = np.where(ranks < lower, -np.inf, np.inf)
        inside = (ranks >= lower) & (ranks < lower + finite.rows)
        if finite.rows:
            shares = (ranks[inside] - lower) / max(1, finite.rows - 1)
            found[inside] = finite.quantiles(shares.tolist())
        return found


def sketch_numbers(sample: Sample | Numbers) -> Sketch:
    """Return a sketch of ascending numbers: of all of them where few are distinct.

    Otherwise of those at 256 equal steps, those beside the usual quantiles, and, at each end, those
    at steps that double from the outermost value on: long tails are kept in detail.

    >>> sketch = sketch_numbers(np.arange(100_000.0))
    >>> sketch.rows, sketch.quantiles([0.25, 0.5]).tolist()
    (100000, [24999.75, 49999.5])
    """
    if not isinstance(sample, Sample):
        sample = Sample(sample)
    ordered = sample.values
    changes = ordered[1:] != ordered[:-1]
    if np.count_nonzero(changes) <= SKETCH_BINS:
        starts = np.append(0, np.flatnonzero(changes) + 1)[: len(ordered)]
        ends = np.append(starts[1:], len(ordered))[: len(starts)]
        return Sketch(ordered[starts], starts, ends, sample.spread)
    first, end = _finite_range(ordered)
    last = end - first - 1
    places = np.rint(np.linspace(0, last, SKETCH_BINS + 1))
    landmarks = np.asarray(_LANDMARKS) * last
    tail = 2 ** np.arange(np.log2(max(2, last / SKETCH_BINS)))
    chosen = [places, np.floor(landmarks), np.ceil(landmarks), tail, last - tail]
    ranks = np.concatenate(chosen).astype(np.int64) + first
    outer = [ordered[:1], ordered[-1:]]  # infinite ones, where there are some
    points = np.unique(np.concatenate([ordered[np.clip(ranks, first, end - 1)], *outer]))
    below = np.searchsorted(ordered, points, "left").astype(np.int64)
    up_to = np.searchsorted(ordered, points, "right").astype(np.int64)
    return Sketch(points, below, up_to, sample.spread)


def _finite_range(ordered: Numbers) -> tuple[int, int]:
    start = int(np.searchsorted(ordered, -np.inf, "right"))
    return start, int(np.searchsorted(ordered, np.inf, "left"))
