"""How numbers are spread: counts in ranges of one width, and a smooth density over them.

       low                          high        values beyond are counted, not drawn: one
 few    |   _,-''-._                 |   few    typing error must not squeeze all the
beyond  | ,'        `'-._ _ _ _ _ _ _|  beyond  others into one bar
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.profile.column import quantile

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

BINS: Final = 24
_GRID: Final = 10  # points of the density for each range
_FAR: Final = 3.0  # times the distance from p1 to p99: what is farther away is beyond
_LARGEST: Final = 1e150  # squares of larger numbers may be infinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """`counts[i]` values lie from `edges[i]` to `edges[i + 1]`.

    `density` is how many values a range around the middle of each has by a Gaussian kernel with
    Silverman's bandwidth; empty where the values are few and distinct. `below` and `above` are how
    many finite values lie beyond the edges.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    density: tuple[float, ...] = ()
    below: int = 0
    above: int = 0


def histogram_of(ordered: Numbers, *, whole: bool = False) -> Histogram | None:
    """Count ascending finite numbers; None where there are none, or all are too large to subtract.

    Whole numbers of few values get a bar each.

    >>> histogram_of(np.array([1.0, 1.0, 2.0, 4.0]), whole=True).counts
    (2, 1, 0, 1)
    """
    if not len(ordered) or max(-ordered[0], ordered[-1]) > _LARGEST:
        return None
    low, high = _bounds(ordered)
    if whole and high - low < BINS:
        edges = np.arange(np.floor(low), np.floor(high) + 2) - 0.5
    elif low == high:
        half = max(abs(low), 1.0) / 2
        edges = np.array([low - half, low + half])
    else:
        edges = np.linspace(low, high, BINS + 1)
    if not (np.diff(edges) > 0).all():  # a spread too small for 24 different edges
        edges = np.array([np.nextafter(low, -np.inf), np.nextafter(high, np.inf)])
    places = np.searchsorted(ordered, edges, "left")
    below = int(places[0])
    places[-1] = np.searchsorted(ordered, edges[-1], "right")  # the last edge is inside
    counts = np.diff(places)
    return Histogram(
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        density=() if whole and high - low < BINS else _density(ordered, edges),
        below=below,
        above=len(ordered) - int(places[-1]),
    )


def _bounds(ordered: Numbers) -> tuple[float, float]:
    last = len(ordered) - 1
    first, end = ordered[round(0.01 * last)], ordered[round(0.99 * last)]
    reach = _FAR * (end - first)
    if not reach:
        return float(ordered[0]), float(ordered[-1])
    return float(max(ordered[0], first - reach)), float(min(ordered[-1], end + reach))


def _density(ordered: Numbers, edges: Numbers) -> tuple[float, ...]:
    """Smooth a fine histogram: exact up to a tenth of a range, and as fast for many rows."""
    if len(edges) <= 2:
        return ()
    inside = ordered[np.searchsorted(ordered, edges[0]) : np.searchsorted(ordered, edges[-1])]
    width = (edges[1] - edges[0]) / _GRID
    if not len(inside):
        return ()
    quarter, three = quantile(inside, 0.25), quantile(inside, 0.75)
    spreads = [s for s in (float(np.std(inside)), (three - quarter) / 1.349) if s > 0]
    if not spreads or not width > 0:
        return ()
    bandwidth = max(0.9 * min(spreads) * len(inside) ** -0.2, width)
    fine = np.linspace(edges[0], edges[-1], BINS * _GRID + 1)
    counts = np.diff(np.searchsorted(inside, fine)).astype(np.float64)
    reach = int(min(np.ceil(4 * bandwidth / width), len(counts) // 2 - 1))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * width / bandwidth) ** 2)
    smooth = np.convolve(counts, kernel / kernel.sum(), "same")
    return tuple(smooth.reshape(BINS, _GRID).sum(axis=1).tolist())
