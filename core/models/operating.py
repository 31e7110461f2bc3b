"""What happens when everybody at or above a threshold is alerted to."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from core.models.interval import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

THRESHOLDS: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """The figures of one threshold: a row is positive when its prediction is at least that.

    The four counts are of rows, without weights; the figures are weighted.
    """

    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    alerts_per_100: Estimate
    number_needed_to_evaluate: Estimate
    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int


def operating_points(
    predictions: Numbers, events: Flags, sampling: Sampling, thresholds: Sequence[float]
) -> tuple[OperatingPoint, ...]:
    """Return the figures of each threshold; shares have Wilson's interval."""
    return tuple(_point(predictions >= t, events, sampling, t) for t in thresholds)


def _point(alerts: Flags, events: Flags, sampling: Sampling, threshold: float) -> OperatingPoint:
    ppv = sampling.share_of(events, alerts)
    counts = [int(part.sum()) for part in _four(alerts, events)]
    return OperatingPoint(
        threshold=threshold,
        sensitivity=sampling.share_of(alerts, events),
        specificity=sampling.share_of(~alerts, ~events),
        ppv=ppv,
        npv=sampling.share_of(~events, ~alerts),
        alerts_per_100=_times(sampling.share_of(alerts), 100),
        number_needed_to_evaluate=_reciprocal(ppv),
        true_positives=counts[0],
        false_positives=counts[1],
        true_negatives=counts[2],
        false_negatives=counts[3],
    )


def _four(alerts: Flags, events: Flags) -> tuple[Flags, Flags, Flags, Flags]:
    return alerts & events, alerts & ~events, ~alerts & ~events, ~alerts & events


def _times(estimate: Estimate, factor: float) -> Estimate:
    value, low, high = (factor * end for end in (estimate.value, estimate.low, estimate.high))
    return replace(estimate, value=value, low=low, high=high)


def _reciprocal(share: Estimate) -> Estimate:
    """Return 1 / share, with the ends of its interval turned round."""
    if not share.known:
        return share
    if share.value <= 0:
        return Estimate.missing("no alert is an event")
    high = 1 / share.low if share.low > 0 else math.inf
    return replace(share, value=1 / share.value, low=1 / share.high, high=high)
