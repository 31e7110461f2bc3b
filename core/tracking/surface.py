"""A metric over two params, between the runs that were made.

Runs at the same place count with their mean. Between places the surface is linear over the
triangles of Delaunay, as `scipy.interpolate.griddata(..., method="linear", rescale=True)` has it,
and outside of them there is none: nothing is said of what no run enclosed. Lines of equal height
are exact, because a plane is cut by a level in a straight line.

    place       where one run or several were: their params, and the mean of the metric
    strip       a low rectangle between places, the values in which lie in one of ten steps
    line        a piece of a line along which the metric has one value
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAST_PLACES: Final = 10  # fewer say little of what is between them
LEAST_VALUES: Final = 3  # of each param
LEVELS: Final = 10  # steps of colour; the lines lie between them
_ACROSS: Final = 360  # points along x, and rows of strips: about as many as a screen shows
_ROWS: Final = 120
_FLAT: Final = 1e-6  # of the whole reach: places so near a line have no inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Values of two params, the mean of a metric there, and the rows of the runs."""

    x: float
    y: float
    value: float
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """The places, and what is between them.

    strips  x, y of a corner, x, y of the opposite corner, the value in the middle of the step
    lines   x, y of an end, x, y of the other end, value
    """

    places: tuple[Place, ...]
    strips: tuple[tuple[float, ...], ...]
    lines: tuple[tuple[float, ...], ...]

    @property
    def reach(self) -> tuple[float, float]:
        """The least and the greatest value."""
        values = [place.value for place in self.places]
        return min(values), max(values)


def places_of(
    x: Sequence[float | None], y: Sequence[float | None], values: Sequence[float | None]
) -> list[Place]:
    """Return where the runs with all three finite values are, in the order of their first run.

    >>> [(p.x, p.value, p.rows) for p in places_of([1, 1, 2], [5, 5, 5], [0.5, 0.75, None])]
    [(1, 0.625, (0, 1))]
    """
    found: dict[tuple[float, float], list[tuple[int, float]]] = {}
    for row, (across, up, value) in enumerate(zip(x, y, values, strict=True)):
        if across is None or up is None or value is None:
            continue
        if math.isfinite(across) and math.isfinite(up) and math.isfinite(value):
            found.setdefault((across, up), []).append((row, value))
    return [
        Place(x=x, y=y, value=fmean(v for _, v in runs), rows=tuple(row for row, _ in runs))
        for (x, y), runs in found.items()
    ]


def is_enough(places: Sequence[Place]) -> bool:
    """Say whether places are many and different enough for a surface to mean something."""
    return len(places) >= LEAST_PLACES and all(
        len(set(values)) >= LEAST_VALUES
        for values in ([place.x for place in places], [place.y for place in places])
    )


def surface(
    places: Sequence[Place], *, logarithmic: tuple[bool, bool] = (False, False)
) -> Surface | None:
    """Return the surface through places; None where they lie on a line or have one value.

    An axis that is `logarithmic` is one for the interpolation too, so its values must be positive.

    >>> corners = places_of([0, 1, 0, 1], [0, 0, 1, 1], [0.0, 1.0, 1.0, 2.0])
    >>> flat = surface(corners)
    >>> flat.reach, sorted({round(strip[4], 1) for strip in flat.strips})[:3]
    ((0.0, 2.0), [0.1, 0.3, 0.5])
    """
    import numpy as np  # with the triangles, which only who draws a surface needs
    from scipy.interpolate import LinearNDInterpolator
    from scipy.spatial import Delaunay

    scales = [
        _Scale.of([place.x for place in places], logarithmic=logarithmic[0]),
        _Scale.of([place.y for place in places], logarithmic=logarithmic[1]),
    ]
    values = np.array([place.value for place in places])
    points = np.array([[scales[0].unit(p.x), scales[1].unit(p.y)] for p in places])
    centred = points - points.mean(axis=0)
    if len(places) < 3 or np.linalg.matrix_rank(centred, tol=_FLAT) < 2:
        return None
    low, high = float(values.min()), float(values.max())
    if low == high:
        return None
    triangles = Delaunay(points)
    middles = [(np.arange(count) + 0.5) / count for count in (_ACROSS, _ROWS)]
    grid = LinearNDInterpolator(triangles, values)(*np.meshgrid(*middles))
    steps = np.clip((grid - low) / (high - low) * LEVELS, 0, LEVELS - 1)
    inside = np.where(np.isnan(grid), -1, np.nan_to_num(steps)).astype(int).tolist()
    levels = [low + step * (high - low) / LEVELS for step in range(1, LEVELS)]
    ends, heights = points.tolist(), values.tolist()
    return Surface(
        places=tuple(places),
        strips=tuple(_strips(inside, (low, high), scales)),
        lines=tuple(
            line
            for corners in triangles.simplices.tolist()
            for level in levels
            for line in _cut(corners, ends, heights, level, scales)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """An axis on which the places reach from 0 to 1."""

    low: float
    reach: float
    logarithmic: bool

    @classmethod
    def of(cls, values: Sequence[float], *, logarithmic: bool) -> _Scale:
        said = [math.log10(value) for value in values] if logarithmic else list(values)
        return cls(low=min(said), reach=max(said) - min(said) or 1.0, logarithmic=logarithmic)

    def unit(self, value: float) -> float:
        return ((math.log10(value) if self.logarithmic else value) - self.low) / self.reach

    def value(self, unit: float) -> float:
        said = self.low + unit * self.reach
        return float(10**said) if self.logarithmic else said


def _strips(
    steps: list[list[int]], reach: tuple[float, float], scales: list[_Scale]
) -> Iterator[tuple[float, ...]]:
    """Join neighbours in a row that are in one step; -1 is outside."""
    across, up = (
        [scale.value(edge / count) for edge in range(count + 1)]
        for scale, count in zip(scales, (_ACROSS, _ROWS), strict=True)
    )
    low, high = reach
    for (bottom, top), row in zip(pairwise(up), steps, strict=True):
        start = 0
        for step, same in groupby(row):
            end = start + len(list(same))
            if step >= 0:
                yield (
                    across[start],
                    bottom,
                    across[end],
                    top,
                    low + (step + 0.5) * (high - low) / LEVELS,
                )
            start = end


def _cut(
    corners: list[int],
    points: list[list[float]],
    values: list[float],
    level: float,
    scales: list[_Scale],
) -> list[tuple[float, ...]]:
    """Return the line in which a level cuts a triangle: none, or one."""
    ends: list[float] = []
    for place, other in ((0, 1), (1, 2), (2, 0)):
        one, two = corners[place], corners[other]
        if (values[one] >= level) != (values[two] >= level):
            share = (level - values[one]) / (values[two] - values[one])
            for axis, scale in enumerate(scales):
                start, end = points[one][axis], points[two][axis]
                ends.append(scale.value(start + share * (end - start)))
    return [(*ends, level)] if ends else []
