"""A figure and its interval of confidence, and where intervals come from.

DeLong              DeLong, DeLong and Clarke-Pearson 1988, by ranks (Sun and Xu 2014)
Wilson              Wilson 1927; with weights or clusters at the effective number of rows
delta               a smooth figure is normal about the truth, with the variance of its influences
bootstrap (1,000)   resampled, bias-corrected percentiles (Efron 1981)

All are of 95 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

LEVEL: Final = 0.95
NORMAL: Final = 1.959963984540054  # standard errors from the middle to the end of an interval
_NOT_COMPUTED: Final = "not computed: "
Bounds = tuple[float, float]
SHARE: Final[Bounds] = (0.0, 1.0)
POSITIVE: Final[Bounds] = (0.0, math.inf)
ANY: Final[Bounds] = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % interval, and how that was made.

    A figure that does not exist, as the AUROC of rows of one class, is NaN and its method says why.

    >>> Estimate(0.731, 0.706, 0.757, "DeLong").text()
    '0.731 (0.706 to 0.757)'
    >>> Estimate.missing("all rows are events").known
    False
    """

    value: float
    low: float
    high: float
    method: str

    @classmethod
    def missing(cls, why: str) -> Estimate:
        """Return a figure that could not be computed."""
        return cls(math.nan, math.nan, math.nan, f"{_NOT_COMPUTED}{why}")

    @property
    def known(self) -> bool:
        """Whether there is a figure."""
        return not math.isnan(self.value)

    @property
    def why_missing(self) -> str:
        """Why there is no figure; empty when there is one."""
        return self.method.removeprefix(_NOT_COMPUTED) if not self.known else ""

    def text(self, digits: int = 3) -> str:
        """Return the figure and its interval as a reader wants them."""
        if not self.known:
            return self.method
        value, low, high = (f"{end:.{digits}f}" for end in (self.value, self.low, self.high))
        return f"{value} ({low} to {high})"


def around(
    value: float, variance: float, *, method: str, within: Bounds = ANY, reach: float = NORMAL
) -> Estimate:
    """Return the interval of a figure that is normal about the truth, inside its bounds.

    `reach` is in standard errors. Where the variance is not known (NaN), as of one row, the
    interval is all there is within the bounds.

    >>> around(0.9, 0.01, method="delta", within=SHARE).high
    1.0
    """
    if not math.isfinite(value):
        return Estimate.missing("it is not finite")
    value = max(within[0], min(within[1], value))  # a rounding error beyond them
    width = reach * math.sqrt(variance) if math.isfinite(variance) else math.inf
    return Estimate(value, max(within[0], value - width), min(within[1], value + width), method)


def around_ratio(
    value: float, variance: float, *, method: str = "delta", reach: float = NORMAL
) -> Estimate:
    """Return the interval of a positive ratio; `variance` is that of its logarithm.

    >>> around_ratio(2.0, 0.0).text()
    '2.000 (2.000 to 2.000)'
    """
    if not (math.isfinite(value) and value > 0):
        return Estimate.missing("a part of the ratio is 0")
    if not math.isfinite(variance):
        return Estimate(value, 0.0, math.inf, method)
    factor = math.exp(min(700.0, reach * math.sqrt(variance)))
    return Estimate(value, value / factor, value * factor, method)


def share(value: float, rows: float, *, method: str = "Wilson", reach: float = NORMAL) -> Estimate:
    """Return Wilson's interval of a share of so many rows, which may be an effective number.

    >>> share(0.0, 10).text()
    '0.000 (0.000 to 0.278)'
    """
    if not rows > 0:
        return Estimate.missing("no rows")
    squared = reach**2 / rows
    middle = (value + squared / 2) / (1 + squared)
    width = reach * math.sqrt(value * (1 - value) / rows + squared / (4 * rows)) / (1 + squared)
    return Estimate(
        value, min(value, max(0.0, middle - width)), max(value, min(1.0, middle + width)), method
    )


def from_resamples(
    value: float, found: Numbers, *, within: Bounds = ANY, said: str = ""
) -> Estimate:
    """Return the bias-corrected percentiles of a figure in resamples (Efron 1981).

    Resamples without the figure are NaN; when more than a tenth are, the interval is all there is
    within the bounds.
    """
    from scipy.special import ndtr, ndtri  # 50 ms that only evaluations need

    method = f"bootstrap ({len(found):,}){said}"
    there = found[np.isfinite(found)]
    if len(there) < 0.9 * max(1, len(found)):
        return Estimate(value, *within, method)
    # ties count half: a figure that never varies has no bias
    below = float((there < value).mean() + (there == value).mean() / 2)
    bias = float(ndtri(min(max(below, 0.5 / len(there)), 1 - 0.5 / len(there))))
    low, high = np.quantile(there, ndtr(2 * bias + np.array([-NORMAL, NORMAL])))
    return Estimate(
        value,
        max(within[0], min(value, float(low))),
        min(within[1], max(value, float(high))),
        method,
    )
