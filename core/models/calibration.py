"""Whether what is foretold comes as often as it is foretold."""

from __future__ import annotations

from dataclasses import dataclass

from core.models.interval import Estimate  # noqa: TC001 - from_dict reads the fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Rows of a tenth of the predictions, from `low` to `high`: foretold and observed mean."""

    low: float
    high: float
    predicted: float
    observed: Estimate
    rows: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothPoint:
    """A point of the smooth calibration curve."""

    predicted: float
    observed: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramBin:
    """How many rows are foretold between `low` and `high`, and how many of them were events."""

    low: float
    high: float
    rows: int
    events: int
