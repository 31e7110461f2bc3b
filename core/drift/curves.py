"""Two distribution functions, side by side, at every point where one of them takes a step.

    reference   ____/''''''    points        the points of both sketches (samples: merged.py)
    current     ______/''''    differences   of the functions, just before and at each point

Between two points a sample's function is level, and a sketch's (core/profile/distribution.py) is a
straight line, so that what is greatest is at a point, and areas are those of trapezes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from core.drift.merged import MergedSamples
from core.profile.distribution import Sample, Sketch

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.profile.distribution import Distribution

    Numbers = npt.NDArray[np.float64]


class Curves(Protocol):
    """What is asked of two distribution functions."""

    @property
    def rows(self) -> tuple[int, int]:
        """How many values both sides have."""
        ...

    def few_values(self, most: int) -> tuple[Numbers, Numbers] | None:
        """Return the values of both sides where they are known and few."""
        ...

    def distance(self) -> float:
        """Return the greatest difference of the functions: Kolmogorov and Smirnov's."""
        ...

    def area(self, low: float = -np.inf, high: float = np.inf) -> float:
        """Return the area between the functions: the first Wasserstein distance.

        Values beyond `low` and `high` count as if they were there.
        """
        ...

    def wins(self) -> float:
        """Return in how many pairs the current value is the greater one, ties half."""
        ...

    def ties(self) -> float:
        """Return the sum of t^3 - t over values that occur t times, of N (N - 1)."""
        ...


def curves_of(reference: Distribution, current: Distribution) -> Curves:
    """Put two distributions side by side; neither may be empty."""
    if isinstance(reference, Sample) and isinstance(current, Sample):
        return MergedSamples(reference.values, current.values)
    return SketchCurves.of(reference, current)


@dataclass(frozen=True)
class SketchCurves:
    """How many values of both sides are below, and at most, each point, one side a sketch."""

    points: Numbers
    before_below: Numbers
    before: Numbers
    after_below: Numbers
    after: Numbers

    @property
    def rows(self) -> tuple[int, int]:
        """How many values both sides have."""
        return int(self.before[-1]), int(self.after[-1])

    def few_values(self, most: int) -> None:
        """Return None: the values of a sketch are not known, however few."""

    @classmethod
    def of(cls, reference: Distribution, current: Distribution) -> Self:
        """Put two distributions side by side; neither may be empty."""
        points = np.unique(np.concatenate([_points(reference), _points(current)]))
        return cls(
            points,
            reference.below(points),
            reference.up_to(points),
            current.below(points),
            current.up_to(points),
        )

    @cached_property
    def _at(self) -> Numbers:
        found = self.before / self.before[-1]
        found -= self.after / self.after[-1]
        return np.asarray(found)

    @cached_property
    def _just_before(self) -> Numbers:
        rows = self.before[-1], self.after[-1]
        return np.asarray(self.before_below / rows[0] - self.after_below / rows[1])

    def distance(self) -> float:
        """Return the greatest difference of the functions: Kolmogorov and Smirnov's."""
        return max(float(np.abs(found).max()) for found in (self._at, self._just_before))

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
        left, right = self._at[:-1], self._just_before[1:]
        height = np.abs(left + right) / 2
        crossing = left * right < 0
        if crossing.any():
            left, right = left[crossing], right[crossing]
            height[crossing] = (left**2 + right**2) / (2 * np.abs(left - right))
        return float(widths @ height)

    def wins(self) -> float:
        """Return in how many pairs the current value is the greater one, ties half."""
        steps = self.after - self.after_below
        within = float(steps @ (self.before + self.before_below)) / 2
        between = self.after_below[1:] - self.after[:-1]
        return within + float(between @ (self.before_below[1:] + self.before[:-1])) / 2

    def ties(self) -> float:
        """Return the sum of t^3 - t over values that occur t times, of N (N - 1)."""
        rows = sum(self.rows)
        times = (self.before - self.before_below) + (self.after - self.after_below)
        times = times[times > 1]
        return float((times**3 - times).sum() / (rows * (rows - 1.0))) if rows > 1 else 0.0


def _points(distribution: Distribution) -> Numbers:
    if isinstance(distribution, Sketch):
        return distribution.points
    if isinstance(distribution, Sample):
        return distribution.values
    raise TypeError(distribution)
