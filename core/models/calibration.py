"""Whether what is foretold comes as often as it is foretold.

slope          of a logistic model of the outcome on the logit of the prediction (Cox 1958)
intercept      of such a model whose slope is 1: calibration in the large
O/E            observed events by expected ones
Brier          mean squared error; scaled, its improvement on foretelling the prevalence
ICI            mean distance of the smooth calibration curve from the prediction

Variances of the models' coefficients are those of the sandwich: they hold where the model does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.models.discrimination import one_class
from core.models.influence import Figure
from core.models.interval import SHARE, Estimate
from core.models.logistic import Logistic

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

NEAREST: Final = 1e-6  # to 0 and 1 that a prediction is taken to be: its logit is finite
LEAST_LIKELIHOOD: Final = float(
    np.finfo(np.float64).eps
)  # likelihood of a row, as scikit-learn has it
_TENTHS: Final = 10
_BARS: Final = 20


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


def calibration_figures(
    predictions: Numbers, events: Flags, sampling: Sampling
) -> dict[str, Figure]:
    """Return the figures that rows move smoothly, by name; predictions are probabilities."""
    outcome = events.astype(np.float64)
    weights = sampling.weights
    logits = logit(predictions)
    brier = Figure.mean((predictions - outcome) ** 2, sampling, within=SHARE)
    likelihood = np.clip(np.where(events, predictions, 1 - predictions), LEAST_LIKELIHOOD, 1.0)
    return {
        "brier": brier,
        "scaled_brier": _scaled(brier, outcome, sampling),
        "log_loss": Figure.mean(-np.log(likelihood), sampling, within=(0.0, np.inf)),
        "observed_expected": _observed_expected(predictions, outcome, weights),
        "calibration_intercept": _intercept(logits, events, weights),
        "calibration_slope": _slope(logits, events, weights),
    }


def logit(predictions: Numbers) -> Numbers:
    """Return the logarithm of odds, of predictions that are not quite 0 and 1."""
    near = np.clip(predictions, NEAREST, 1 - NEAREST)
    return np.asarray(np.log(near / (1 - near)))


def _scaled(brier: Figure, outcome: Numbers, sampling: Sampling) -> Figure:
    prevalence = sampling.mean(outcome)
    guessing = prevalence * (1 - prevalence)
    if guessing <= 0:
        return Figure.missing(one_class(outcome == 1))
    moved = sampling.influence(outcome, prevalence) * (1 - 2 * prevalence)
    value = 1 - brier.value / guessing
    influence = (brier.value / guessing * moved - brier.influence) / guessing
    return Figure(value, influence, within=(-np.inf, 1.0))


def _observed_expected(predictions: Numbers, outcome: Numbers, weights: Numbers) -> Figure:
    observed, expected = float(weights @ outcome), float(weights @ predictions)
    if observed <= 0 or expected <= 0:
        return Figure.missing("no event is observed, or none expected")
    influence = weights * (outcome / observed - predictions / expected)
    return Figure(observed / expected, influence, ratio=True)


def _intercept(logits: Numbers, events: Flags, weights: Numbers) -> Figure:
    if events.all() or not events.any():
        return Figure.missing(one_class(events))
    model = Logistic(np.ones((len(logits), 1)), logits, events, weights)
    return model.first_coefficient(np.zeros(1))


def _slope(logits: Numbers, events: Flags, weights: Numbers) -> Figure:
    if events.all() or not events.any():
        return Figure.missing(one_class(events))
    if float(np.ptp(logits)) == 0:
        return Figure.missing("all predictions are the same")
    ends = [(float(part.min()), float(part.max())) for part in (logits[events], logits[~events])]
    if ends[0][0] >= ends[1][1] or ends[1][0] >= ends[0][1]:
        return Figure.missing("the predictions separate events from the others without fail")
    design = np.column_stack([logits, np.ones(len(logits))])
    model = Logistic(design, np.zeros(len(logits)), events, weights)
    return model.first_coefficient(np.array([1.0, 0.0]))


def reliability(
    predictions: Numbers, events: Flags, sampling: Sampling
) -> tuple[ReliabilityBin, ...]:
    """Return what is foretold and observed in each tenth of the rows."""
    return tuple(
        ReliabilityBin(
            low=float(predictions[rows].min()),
            high=float(predictions[rows].max()),
            predicted=sampling.mean(predictions, rows),
            observed=sampling.share_of(events, rows),
            rows=int(rows.sum()),
            events=int(events[rows].sum()),
        )
        for rows in tenths(predictions, sampling)
    )


def tenths(predictions: Numbers, sampling: Sampling) -> Iterator[Flags]:
    """Yield the rows of each tenth by prediction, of equal weight; equal ones stay together."""
    _, tie = np.unique(predictions, return_inverse=True)
    mass = np.cumsum(np.bincount(tie, weights=sampling.weights))
    middle = (mass - np.diff(mass, prepend=0) / 2) / mass[-1]
    tenth = np.minimum((middle * _TENTHS).astype(int), _TENTHS - 1)[tie]
    for number in np.unique(tenth):
        yield tenth == number


def histogram(predictions: Numbers, events: Flags) -> tuple[HistogramBin, ...]:
    """Count rows and events in twenty ranges of equal width, from 0 to 1."""
    edges = np.linspace(0, 1, _BARS + 1)
    rows = np.histogram(predictions, edges)[0].tolist()
    hits = np.histogram(predictions[events], edges)[0].tolist()
    return tuple(
        HistogramBin(low=float(low), high=float(high), rows=number, events=many)
        for low, high, number, many in zip(edges[:-1], edges[1:], rows, hits, strict=True)
    )
