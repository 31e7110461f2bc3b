"""What happens when everybody at or above a threshold is alerted to."""

from __future__ import annotations

from dataclasses import dataclass

from core.models.interval import Estimate  # noqa: TC001 - from_dict reads the fields


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
