"""Two samples side by side, merged a block of neighbouring values at a time.

    values   |.. . ..:|. .:. ...|:..  . .|        a block ends at a cut, which is a value of one of
                      ^cut      ^cut     ^cut     them; the times a cut occurs are counted, not
                                                  merged, so that no block is large

What is temporary stays small enough for the cache of a processor: two million values take a third
of the processor time that they take whole, and hardly any memory. Nothing here is a dot product:
NumPy hands long ones to threads, which take the processor while they wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

_STEP: Final = 8192  # values of each sample from a cut to the next, at most


@dataclass(frozen=True, slots=True)
class _Block:
    """Different values, ascending, and how many of both samples are at most each of them.

    `left` is the cut before it; `start` and `end` are how many values of both there are up to
    `left` and up to the last value.
    """

    left: float
    points: Numbers
    before: Numbers
    after: Numbers
    start: tuple[int, int]
    end: tuple[int, int]

    @property
    def all_differ(self) -> bool:
        """Whether none of the values occurs twice."""
        return len(self.points) == sum(self.end) - sum(self.start)

    def area(self, level: float, differences: Numbers, low: float, high: float) -> float:
        """Return the area between the functions from the cut before it to its end.

        `level` is their difference from that cut to the first value.
        """
        left, points = self.left, self.points
        if left < low or points[-1] > high:
            left, points = min(max(left, low), high), np.clip(points, low, high)
        areas = np.diff(points)
        areas *= np.abs(differences[:-1])
        first = abs(level) * float(points[0] - left) if level else 0.0
        return first + float(areas.sum())

    def wins(self) -> float:
        """Return the sum over its current values of how many of the reference are less."""
        if self.all_differ:  # of all its values, without those of the reference
            first, last = self.start[0], self.end[0]
            return float(self.before.sum()) - (last * (last + 1) - first * (first + 1)) // 2
        steps = np.diff(self.after, prepend=self.start[1])
        less = np.concatenate([[self.start[0]], self.before[:-1]])
        return float((steps * (self.before + less)).sum()) / 2  # of equal ones half

    def ties(self) -> float:
        """Return the sum of t^3 - t over its values, which occur t times."""
        if self.all_differ:
            return 0.0
        times = np.diff(self.before + self.after, prepend=sum(self.start))
        return float((times**3 - times).sum())


@dataclass(frozen=True, slots=True)
class _Sums:
    """What is found in one pass over the blocks; `areas` are those of each."""

    distance: float
    areas: Numbers
    wins: float
    ties: float


@dataclass(frozen=True)
class MergedSamples:
    """Two samples, ascending, neither of them empty: Curves of core/drift/curves.py."""

    reference: Numbers
    current: Numbers

    @property
    def rows(self) -> tuple[int, int]:
        """How many values both samples have."""
        return len(self.reference), len(self.current)

    def few_values(self, most: int) -> tuple[Numbers, Numbers] | None:
        """Return the values of both where they are few."""
        return (self.reference, self.current) if max(self.rows) <= most else None

    def distance(self) -> float:
        """Return the greatest difference of the functions: Kolmogorov and Smirnov's."""
        return self._sums.distance

    def wins(self) -> float:
        """Return in how many pairs the current value is the greater one, ties half."""
        return self._sums.wins

    def ties(self) -> float:
        """Return the sum of t^3 - t over values that occur t times, of N (N - 1)."""
        rows = sum(self.rows)
        return self._sums.ties / (rows * (rows - 1.0))

    def area(self, low: float = -np.inf, high: float = np.inf) -> float:
        """Return the area between the functions: the first Wasserstein distance.

        Values beyond `low` and `high` count as if they were there.
        """
        lefts, rights = self._lefts, self._cuts
        outside = (rights < low) | (lefts > high)
        parted = ~outside & ((lefts < low) | (rights > high))
        parts = [self._area(place, low, high) for place in np.flatnonzero(parted).tolist()]
        return float(self._sums.areas[~outside & ~parted].sum()) + sum(parts)

    @cached_property
    def _cuts(self) -> Numbers:
        """The last value of each block."""
        both = self.reference, self.current
        some = [each for side in both for each in (side[_STEP - 1 :: _STEP], side[-1:])]
        return np.unique(np.concatenate(some))

    @cached_property
    def _lefts(self) -> Numbers:
        """The cut before each block; before the first, the least value."""
        least = min(self.reference[0], self.current[0])
        return np.concatenate([[least], self._cuts[:-1]])

    @cached_property
    def _ends(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """How many values of both are below each cut, and how many up to it."""
        return self._counts("left"), self._counts("right")

    def _counts(self, side: Literal["left", "right"]) -> list[tuple[int, int]]:
        both = self.reference, self.current
        first, second = (np.searchsorted(sample, self._cuts, side).tolist() for sample in both)
        return list(zip(first, second, strict=True))

    def _block(self, place: int) -> _Block:
        below, up_to = self._ends
        first, second = start = up_to[place - 1] if place else (0, 0)
        reference = self.reference[first : below[place][0]]
        current = self.current[second : below[place][1]]
        points = np.concatenate([reference, current, self._cuts[place : place + 1]])
        order = np.argsort(points, kind="stable")  # merges what is sorted already
        points = points[order]
        before = np.cumsum(order < len(reference), dtype=np.float64)
        before += first
        after = np.arange(first + second + 1, first + second + len(points) + 1) - before
        before[-1], after[-1] = up_to[place]
        steps = points[1:] != points[:-1]
        if not steps.all():
            last = np.flatnonzero(np.append(steps, True))
            points, before, after = points[last], before[last], after[last]
        return _Block(float(self._lefts[place]), points, before, after, start, up_to[place])

    def _differences(self, block: _Block) -> tuple[float, Numbers]:
        """Return the difference of the functions before the block, and at its values."""
        rows = self.rows
        found = block.before / rows[0]
        found -= block.after / rows[1]
        return block.start[0] / rows[0] - block.start[1] / rows[1], found

    def _area(self, place: int, low: float, high: float) -> float:
        block = self._block(place)
        return block.area(*self._differences(block), low, high)

    @cached_property
    def _sums(self) -> _Sums:
        distance, wins, ties = 0.0, 0.0, 0.0
        areas = np.empty(len(self._cuts))
        with np.errstate(all="ignore"):  # between infinite values there is no area to ask for
            for place in range(len(areas)):
                block = self._block(place)
                level, differences = self._differences(block)
                distance = max(distance, float(differences.max()), -float(differences.min()))
                areas[place] = block.area(level, differences, -np.inf, np.inf)
                wins += block.wins()
                ties += block.ties()
        return _Sums(distance, areas, wins, ties)
