"""Whether who has the event is foretold a greater risk: ROC and precision-recall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.models.interval import SHARE, Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The points of a curve, few enough to draw; figures are computed of all."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float, ...]


@dataclass(frozen=True)
class Area:
    """An area under the ROC curve, and by how much each row moves it."""

    value: float
    influence: Numbers


def area_under_roc(scores: Numbers, events: Flags, weights: Numbers) -> Area:
    """Return the chance that an event has the greater score, ties half; there must be both.

    Each row is placed among the rows of the other class, in O(n log n) (Sun and Xu 2014).
    """
    values, place = np.unique(scores, return_inverse=True)
    placed = np.empty(len(scores))
    totals = []
    for others, rows in ((~events, events), (events, ~events)):
        mass = np.bincount(place, weights=weights * others, minlength=len(values))
        below = np.cumsum(mass) - mass / 2
        total = float(mass.sum())
        totals.append(float(weights @ rows))
        placed[rows] = below[place[rows]] / total
    placed[~events] = 1 - placed[~events]
    value = float((weights * events) @ placed) / totals[0]
    own = np.where(events, totals[0], totals[1])
    return Area(value, weights * (placed - value) / own)


def auroc_variance(area: Area, events: Flags, sampling: Sampling) -> float:
    """Return DeLong's variance; with clusters, that of their summed influences."""
    return paired_variance(area.influence, events, sampling)


def paired_variance(influence: Numbers, events: Flags, sampling: Sampling) -> float:
    """Return the variance of an area, or of the difference of two (DeLong's covariance)."""
    if sampling.cluster is not None:
        return sampling.variance(influence)
    variance = 0.0
    for rows in (events, ~events):
        number = int(rows.sum())
        if number < 2:
            return float("nan")
        variance += float(influence[rows] @ influence[rows]) * number / (number - 1)
    return variance


def auroc(scores: Numbers, events: Flags, sampling: Sampling) -> Estimate:
    """Return the area under the ROC curve with DeLong's interval."""
    from core.models.interval import around

    if events.all() or not events.any():
        return Estimate.missing(one_class(events))
    area = area_under_roc(scores, events, sampling.weights)
    variance = auroc_variance(area, events, sampling)
    method = "DeLong" + sampling.said
    return around(area.value, variance, method=method, within=SHARE, reach=sampling.reach)


def one_class(events: Flags) -> str:
    """Say why nothing can be told apart."""
    return "all rows are events" if len(events) and events.all() else "no row is an event"
