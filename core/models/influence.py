"""A figure together with by how much each row moves it, from which its interval follows.

The difference of two figures of the same rows is moved by the difference of their influences: so
differences are paired (for areas this is DeLong's covariance), whatever the sampling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from core.models.interval import ANY, Bounds, Estimate, around, around_ratio, share

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Figure:
    """A value and the influences of rows; those of a `ratio` are on its logarithm.

    `events`, of an area under the ROC curve, are the rows whose spread is taken for itself, as
    DeLong does. A figure that does not exist says `why`.
    """

    value: float
    influence: Numbers
    method: str = "delta"
    within: Bounds = ANY
    ratio: bool = False
    events: Flags | None = None
    why: str = ""

    @classmethod
    def missing(cls, why: str) -> Self:
        """Return a figure that could not be computed."""
        return cls(math.nan, np.zeros(0), why=why)

    @classmethod
    def mean(cls, values: Numbers, sampling: Sampling, *, within: Bounds = ANY) -> Self:
        """Return the mean of values."""
        mean = sampling.mean(values)
        return cls(mean, sampling.influence(values, mean), within=within)

    def variance(self, sampling: Sampling) -> float:
        """Return the variance, that of the logarithm of a ratio."""
        if self.events is None or sampling.cluster is not None:
            return sampling.variance(self.influence)
        parts = [self.influence[rows] for rows in (self.events, ~self.events)]
        if min(map(len, parts)) < 2:
            return math.nan
        return sum(float(part @ part) * len(part) / (len(part) - 1) for part in parts)

    def estimate(self, sampling: Sampling) -> Estimate:
        """Return the figure with its interval."""
        if self.why:
            return Estimate.missing(self.why)
        variance, method = self.variance(sampling), self.method + sampling.said
        reach = sampling.reach
        if self.events is not None and self.value in self.within and variance == 0:
            # without a pair in disorder there is no spread: as of a share that never failed
            rarer = min(int(self.events.sum()), int((~self.events).sum()))
            return share(self.value, rarer, method="Wilson of the rarer class", reach=reach)
        if self.ratio:
            return around_ratio(self.value, variance, method=method, reach=reach)
        return around(self.value, variance, method=method, within=self.within, reach=reach)

    def less(self, other: Figure) -> Figure:
        """Return this figure less another of the same rows."""
        if self.why or other.why:
            return Figure.missing(self.why or other.why)
        return Figure(
            self.value - other.value,
            self.influence - other.influence,
            method=self.method,
            events=self.events,
        )
