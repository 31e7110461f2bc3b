"""Two distribution functions, side by side, at every point where one of them takes a step.

    reference   ____/''''''    points        all values (samples), or the points of both sketches
    current     ______/''''    differences   of the functions, just before and at each point

Between two points a sample's function is level, and a sketch's (core/profile/distribution.py) is a
straight line, so that what is greatest is at a point, and areas are those of trapezes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from core.profile.distribution import Sample, Sketch

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.profile.distribution import Distribution

    Numbers = npt.NDArray[np.float64]
    Whole = npt.NDArray[Any]  # int32, int64 or float64


@dataclass(frozen=True)
class Curves:
    """How many values of both sides are below, and at most, each point."""

    points: Numbers
    before_below: Whole
    before: Whole
    after_below: Whole
    after: Whole
    values: tuple[Numbers, Numbers] | None = None

    @property
    def rows(self) -> tuple[int, int]:
        """How many values both sides have."""
        return int(self.before[-1]), int(self.after[-1])

    def few_values(self, most: int) -> tuple[Numbers, Numbers] | None:
        """Return the values of both sides where they are known and few."""
        return self.values if max(self.rows) <= most else None

    @classmethod
    def of(cls, reference: Distribution, current: Distribution) -> Self:
        """Put two distributions side by side; neither may be empty."""
        if isinstance(reference, Sample) and isinstance(current, Sample):
            return cls._of_values(reference.values, current.values)
        points = np.unique(np.concatenate([_points(reference), _points(current)]))
        return cls(
            points,
            reference.below(points),
            reference.up_to(points),
            current.below(points),
            current.up_to(points),
        )

    @classmethod
    def _of_values(cls, reference: Numbers, current: Numbers) -> Self:
        """Merge two samples once; everything else is read off it."""
        every = np.concatenate([reference, current])
        order = np.argsort(every, kind="stable")  # merges what is sorted already
        every = every[order]
        whole: type[Any] = np.int32 if len(every) < 2**31 else np.int64
        before = np.cumsum(order < len(reference), dtype=whole)
        del order  # the largest of all
        after = np.arange(1, len(every) + 1, dtype=whole) - before
        steps = every[1:] != every[:-1]
        if not steps.all():
            ends = np.append(np.flatnonzero(steps), len(every) - 1)
            every, before, after = every[ends], before[ends], after[ends]
        start = np.zeros(1, dtype=whole)
        return cls(
            every,
            np.concatenate([start, before[:-1]]),
            before,
            np.concatenate([start, after[:-1]]),
            after,
            (reference, current),
        )

    @cached_property
    def _at(self) -> Numbers:
        found = self.before / self.before[-1]
        found -= self.after / self.after[-1]
        return np.asarray(found)

    @cached_property
    def _just_before(self) -> Numbers:
        if self.values is not None:  # level between points
            return np.concatenate([np.zeros(1), self._at[:-1]])
        rows = self.before[-1], self.after[-1]
        return np.asarray(self.before_below / rows[0] - self.after_below / rows[1])

    def distance(self) -> float:
        """Return the greatest difference of the functions: Kolmogorov and Smirnov's."""
        each = [self._at] if self.values is not None else [self._at, self._just_before]
        return max(float(max(found.max(), -found.min())) for found in each)

    def area(self, low: float = -np.inf, high: float = np.inf) -> float:
        """Return the area between the functions: the first Wasserstein distance.

        Values beyond `low` and `high` count as if they were there.
        """
        if low <= self.points[0] and self.points[-1] <= high:
            return self._whole_area
        return self._area(low, high)

    @cached_property
    def _whole_area(self) -> float:
        return self._area(-np.inf, np.inf)

    def _area(self, low: float, high: float) -> float:
        points = np.clip(self.points, low, high) if np.isfinite(high - low) else self.points
        widths = np.diff(points)
        if self.values is not None:
            return float(np.abs(self._at[:-1]) @ widths)
        left, right = self._at[:-1], self._just_before[1:]
        height = np.abs(left + right) / 2
        crossing = left * right < 0
        if crossing.any():
            left, right = left[crossing], right[crossing]
            height[crossing] = (left**2 + right**2) / (2 * np.abs(left - right))
        return float(widths @ height)

    @property
    def _all_differ(self) -> bool:
        return self.values is not None and len(self.points) == sum(self.rows)

    def wins(self) -> float:
        """Return in how many pairs the current value is the greater one, ties half."""
        if self._all_differ:  # from the sum of the current values' ranks
            first, second = self.rows
            both = first + second
            ranks = both * (both + 1) // 2 - first * (both + 1) + int(self.before.sum())
            return float(ranks - second * (second + 1) // 2)
        steps = self.after - self.after_below
        under = (self.before.astype(np.float64) + self.before_below) / 2
        found = float(steps @ under)
        if self.values is None:
            between = self.after_below[1:] - self.after[:-1]
            found += float(between @ (self.before_below[1:] + self.before[:-1])) / 2
        return found

    def ties(self) -> float:
        """Return the sum of t^3 - t over values that occur t times, of N (N - 1)."""
        if self._all_differ:
            return 0.0
        rows = sum(self.rows)
        times = (self.before - self.before_below) + (self.after - self.after_below)
        times = times[times > 1].astype(np.float64)
        return float((times**3 - times).sum() / (rows * (rows - 1.0))) if rows > 1 else 0.0


def _points(distribution: Distribution) -> Numbers:
    if isinstance(distribution, Sketch):
        return distribution.points
    if isinstance(distribution, Sample):
        return distribution.values
    raise TypeError(distribution)
