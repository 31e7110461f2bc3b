"""Whether who has the event is foretold a greater risk: ROC and precision-recall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.models.influence import Figure
from core.models.interval import SHARE

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

_POINTS: Final = 400  # of a curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The points of a curve, few enough to draw; figures are computed of all."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float, ...]


def auroc(scores: Numbers, events: Flags, weights: Numbers) -> Figure:
    """Return the chance that an event has the greater score, ties half: DeLong's.

    Each row is placed among the rows of the other class, in O(n log n) (Sun and Xu 2014).

    >>> auroc(np.array([1.0, 2.0, 2.0]), np.array([False, False, True]), np.ones(3)).value
    0.75
    """
    if events.all() or not events.any():
        return Figure.missing(one_class(events))
    values, tie = np.unique(scores, return_inverse=True)
    placed = np.empty(len(scores))
    for others, rows in ((~events, events), (events, ~events)):
        mass = np.bincount(tie, weights=weights * others, minlength=len(values))
        below = np.cumsum(mass) - mass / 2
        placed[rows] = below[tie[rows]] / mass.sum()
    placed[~events] = 1 - placed[~events]
    of_events = float(weights @ events)
    value = float((weights * events) @ placed) / of_events
    own = np.where(events, of_events, float(weights.sum()) - of_events)
    influence = weights * (placed - value) / own
    return Figure(value, influence, method="DeLong", within=SHARE, events=events)


def one_class(events: Flags) -> str:
    """Say why nothing can be told apart."""
    return "all rows are events" if len(events) and events.all() else "no row is an event"


def roc_curve(scores: Numbers, events: Flags, weights: Numbers) -> Curve:
    """Return the ROC curve: false positive rates, true positive rates, thresholds."""
    limits, every, hits = _above(scores, events, weights)
    others = every - hits
    return _drawn(others / others[-1], hits / hits[-1], limits)


def precision_recall_curve(scores: Numbers, events: Flags, weights: Numbers) -> Curve:
    """Return the precision-recall curve: recalls, precisions, thresholds."""
    limits, every, hits = _above(scores, events, weights)
    return _drawn((hits / hits[-1])[1:], (hits[1:] / every[1:]), limits[1:])


def _above(scores: Numbers, events: Flags, weights: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return thresholds, the greatest first, and the weights of rows and events at or above."""
    values, tie = np.unique(-scores, return_inverse=True)
    every = np.cumsum(np.bincount(tie, weights=weights))
    hits = np.cumsum(np.bincount(tie, weights=weights * events))
    start = np.zeros(1)
    return (
        np.append(np.inf, -values),
        np.concatenate([start, every]),
        np.concatenate([start, hits]),
    )


def _drawn(x: Numbers, y: Numbers, thresholds: Numbers) -> Curve:
    """Leave out points that nobody could see: those nearer than a pixel to one that is kept."""
    step = np.abs(np.diff(x, prepend=x[0])) + np.abs(np.diff(y, prepend=y[0]))
    walked = np.cumsum(step)
    cell = np.floor(walked / max(float(walked[-1]), 1e-300) * _POINTS)
    kept = np.append(True, cell[1:] != cell[:-1])
    kept[-1] = True
    return Curve(
        x=tuple(x[kept].tolist()),
        y=tuple(y[kept].tolist()),
        thresholds=tuple(thresholds[kept].tolist()),
    )
