"""Judge the prediction of a measurement."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.models.calibration import ReliabilityBin, tenths
from core.models.definitions import definitions_of
from core.models.evaluated import Evaluation
from core.models.group_figures import measured
from core.models.influence import Figure
from core.models.interval import POSITIVE, Estimate
from core.models.parity import Measured, fairness

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from core.models.inputs import Inputs
    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

MEAN = "mean"
_LEVEL = "all outcomes are the same"
_COMPARED = ("rmse", "mae", "r2")


def evaluate_regression(inputs: Inputs) -> Evaluation:
    """Return all figures of the prediction of a measurement."""
    sampling, outcome = inputs.sampling, inputs.outcome
    model = regression_figures(inputs.prediction, outcome, sampling)
    metrics = {name: figure.estimate(sampling) for name, figure in model.items()}
    mean = np.full(len(outcome), sampling.mean(outcome))
    baselines = {
        name: _compared(model, regression_figures(values, outcome, sampling), sampling)
        for name, values in {MEAN: mean, **inputs.baselines}.items()
    }
    report = None
    if inputs.groups:
        report = fairness(
            inputs.groups, None, sampling, lambda rows, within: _group(inputs, rows, within)
        )
    return Evaluation(
        task="regression",
        rows=len(outcome),
        events=None,
        weighted=sampling.weighted,
        metrics=metrics,
        definitions=definitions_of([*metrics, *(report.measures() if report else ())]),
        reliability=tuple(_reliability(inputs)),
        baselines=baselines,
        fairness=report,
        notes=inputs.notes,
    )


def regression_figures(
    predictions: Numbers, outcome: Numbers, sampling: Sampling
) -> dict[str, Figure]:
    """Return the figures of a prediction by name."""
    errors = predictions - outcome
    squared = Figure.mean(errors**2, sampling)
    slope, intercept = _line(predictions, outcome, sampling)
    return {
        "rmse": _root(squared),
        "mae": Figure.mean(np.abs(errors), sampling, within=POSITIVE),
        "bias": Figure.mean(errors, sampling),
        "r2": _explained(squared, outcome, sampling),
        "correlation": _correlation(predictions, outcome, sampling),
        "linear_slope": slope,
        "linear_intercept": intercept,
    }


def _root(squared: Figure) -> Figure:
    value = math.sqrt(squared.value)
    influence = squared.influence / (2 * value) if value > 0 else squared.influence
    return Figure(value, influence, within=POSITIVE)


def _explained(squared: Figure, outcome: Numbers, sampling: Sampling) -> Figure:
    mean = sampling.mean(outcome)
    spread = Figure.mean((outcome - mean) ** 2, sampling)
    if spread.value <= 0:
        return Figure.missing(_LEVEL)
    share = squared.value / spread.value
    influence = (share * spread.influence - squared.influence) / spread.value
    return Figure(1 - share, influence, within=(-math.inf, 1.0))


def _correlation(predictions: Numbers, outcome: Numbers, sampling: Sampling) -> Figure:
    first, second = (_standardized(values, sampling) for values in (predictions, outcome))
    if first is None or second is None:
        return Figure.missing("all predictions, or all outcomes, are the same")
    value = sampling.mean(first * second)
    share = sampling.weights / sampling.weights.sum()
    influence = share * (first * second - value * (first**2 + second**2) / 2)
    return Figure(value, influence, within=(-1.0, 1.0))


def _standardized(values: Numbers, sampling: Sampling) -> Numbers | None:
    off = values - sampling.mean(values)
    spread = math.sqrt(sampling.mean(off**2))
    return off / spread if spread > 0 and np.ptp(values) > 0 else None


def _line(predictions: Numbers, outcome: Numbers, sampling: Sampling) -> tuple[Figure, Figure]:
    """Return slope and intercept of the outcome on the prediction, with the sandwich."""
    off = predictions - sampling.mean(predictions)
    spread = sampling.mean(off**2)
    if not np.ptp(predictions) > 0 or not spread > 0:
        why = Figure.missing("all predictions are the same")
        return why, why
    slope = sampling.mean(off * outcome) / spread
    middle = sampling.mean(predictions)
    intercept = sampling.mean(outcome) - slope * middle
    residuals = outcome - intercept - slope * predictions
    share = sampling.weights / sampling.weights.sum()
    moved = share * off * residuals / spread
    return Figure(slope, moved), Figure(intercept, share * residuals - middle * moved)


def _compared(
    model: dict[str, Figure], other: dict[str, Figure], sampling: Sampling
) -> dict[str, Estimate]:
    found = {name: other[name].estimate(sampling) for name in _COMPARED}
    for name in _COMPARED:
        difference = model[name].less(other[name])
        found[f"{name}_difference"] = difference.estimate(sampling)
    return found


def _group(inputs: Inputs, rows: Places, within: Sampling) -> dict[str, Measured]:
    outcome = inputs.outcome[rows]
    figures = regression_figures(inputs.prediction[rows], outcome, within)
    found = {"mean_outcome": Figure.mean(outcome, within)}
    found |= {name: figures[name] for name in ("bias", "mae", "rmse")}
    return {name: measured(name, figure, within) for name, figure in found.items()}


def _reliability(inputs: Inputs) -> Iterator[ReliabilityBin]:
    sampling = inputs.sampling
    for rows in tenths(inputs.prediction, sampling):
        inside = inputs.prediction[rows]
        yield ReliabilityBin(
            low=float(inside.min()),
            high=float(inside.max()),
            predicted=sampling.mean(inputs.prediction, rows),
            observed=sampling.mean_of(inputs.outcome, rows),
            rows=int(rows.sum()),
            events=0,
        )
