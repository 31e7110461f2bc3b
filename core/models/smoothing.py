"""The smooth calibration curve: how often events come, by what was foretold.

loess of Cleveland 1979, as Austin and Steyerberg 2019 use it: at each point a straight line through
the nearest three quarters of the rows, the near ones counting more (tricube). Rows are put into at
most 200 bins of equal weight first, so that all resamples are smoothed by five products of matrices
rather than one after another; with up to 200 different predictions nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.models.ranked import Ranked

    Numbers = npt.NDArray[np.float64]

SPAN: Final = 0.75
_ENOUGH: Final = 0.9  # of the resamples must have a curve


@dataclass(frozen=True)
class Smoother:
    """The middles of bins, and how much each counts at each."""

    middles: Numbers
    kernels: tuple[Numbers, Numbers, Numbers]

    @classmethod
    def of(cls, ranked: Ranked, predictions: Numbers, weights: Numbers) -> Self:
        """Make the kernels of predictions; they are the same in all resamples."""
        lines = np.stack([weights, weights * predictions])
        sums = ranked.binned(np.add.reduceat(lines[:, ranked.order], ranked.starts, axis=1))
        middles = sums[1] / sums[0]
        far = np.abs(middles[:, None] - middles)
        order = np.argsort(far, axis=1, kind="stable")
        mass = np.cumsum(sums[0][order], axis=1)
        enough = (mass >= SPAN * mass[:, -1:] * (1 - 1e-12)).argmax(axis=1)
        width = np.take_along_axis(far, order[np.arange(len(far)), enough][:, None], axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            near = np.where(width > 0, np.clip(1 - (far / width) ** 3, 0, None) ** 3, far == 0)
        off = middles - middles[:, None]
        return cls(middles, (near.T, (near * off).T, (near * off**2).T))

    def curve(self, every: Numbers, events: Numbers) -> Numbers:
        """Return the smooth share of events at each bin, a line for each resample."""
        flat, first, second = (every @ kernel for kernel in self.kernels)
        level, slope = (events @ kernel for kernel in self.kernels[:2])
        spread = flat * second - first**2
        with np.errstate(invalid="ignore", divide="ignore"):
            straight = (second * level - first * slope) / spread
            found = np.where(spread > 1e-12 * flat * second, straight, level / flat)
        return np.clip(found, 0.0, 1.0)


def integrated_index(
    curve: Numbers, resampled: Numbers, ideal: Numbers, weights: Numbers
) -> tuple[float, float]:
    """Return the mean distance of the curve from the ideal (the ICI), and how far off it may be.

    A distance is never negative, so that noise only adds to it, and percentiles of resamples lie
    above it. But it is off by at most the mean distance of the curve from the true one: the ICI is
    within that, which 95 of 100 resampled curves keep to, on both sides. NaN of too few resamples.
    """
    share = weights / weights.sum()
    there = np.isfinite(resampled).all(axis=1)
    value = float(np.abs(curve - ideal) @ share)
    if there.mean() < _ENOUGH:
        return value, float("nan")
    noise = np.abs(resampled[there] - curve) @ share
    return value, float(np.quantile(noise, 0.95))
