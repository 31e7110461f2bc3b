"""Judge the probabilities, or the scores, of an event."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.models.baseline import baselines_of, compare
from core.models.calibration import NEAREST, SmoothPoint, histogram, reliability
from core.models.decision import decision_curve
from core.models.definitions import definitions_of
from core.models.discrimination import one_class, precision_recall_curve, roc_curve
from core.models.evaluated import Evaluation
from core.models.group_figures import fairness_of_events
from core.models.interval import SHARE, Estimate, from_resamples
from core.models.operating import THRESHOLDS, operating_points
from core.models.resampling import resamples_of
from core.models.scored import NO_PROBABILITY, Scored, precision_area, resample
from core.models.smoothing import integrated_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from core.models.fairness import FairnessReport
    from core.models.inputs import Inputs
    from core.models.scored import Resampled

    Numbers = npt.NDArray[np.float64]
    Curves = tuple[Numbers, Numbers]

_HALF: Final = 0.5
_DRAWN: Final = 50  # points of the smooth curve: more than a line can show


def evaluate_binary(inputs: Inputs) -> Evaluation:
    """Return all figures of the prediction of an event."""
    inputs = inputs.taken(np.argsort(inputs.prediction, kind="stable"))
    events = inputs.outcome == 1
    model = Scored(inputs.prediction, events, inputs.sampling)
    others = baselines_of(model, inputs.baselines)
    resamples = resamples_of(len(events), inputs.resamples)
    found = resample([model, *others.values()], resamples, inputs.seed)
    threshold = _threshold(inputs)
    curves = _curves(model, found) if model.probabilities else None
    metrics = _metrics(model, found, curves)
    compared = {
        name: compare(model, other, (found.auprc[0], areas), threshold)
        for (name, other), areas in zip(others.items(), found.auprc[1:], strict=True)
    }
    report = _fairness(inputs, model, threshold) if inputs.groups else None
    both = bool(events.any() and not events.all())
    return Evaluation(
        task="binary",
        rows=len(events),
        events=int(np.count_nonzero(events)),
        weighted=inputs.sampling.weighted,
        metrics=metrics,
        definitions=definitions_of(
            [*metrics, *chain(*compared.values()), *(report.measures() if report else ())]
        ),
        classes=inputs.classes,
        threshold=threshold if model.probabilities else None,
        roc=roc_curve(model.scores, events, model.sampling.weights) if both else None,
        precision_recall=(
            precision_recall_curve(model.scores, events, model.sampling.weights) if both else None
        ),
        baselines=compared,
        fairness=report,
        notes=(*inputs.notes, *_notes(model)),
        **({} if curves is None else _of_probabilities(inputs, model, curves, threshold)),
    )


def _fairness(inputs: Inputs, model: Scored, threshold: float) -> FairnessReport:
    limit = threshold if model.probabilities else None
    return fairness_of_events(
        inputs.groups, model.scores, model.events, inputs.sampling, threshold=limit
    )


def _threshold(inputs: Inputs) -> float:
    """Return where predictions count as positive: as asked, or the share of events, or a half."""
    if inputs.threshold is not None:
        return inputs.threshold
    if inputs.thresholds:
        return inputs.thresholds[0]
    share = round(inputs.sampling.mean(inputs.outcome), 4)
    return share if 0 < share < 1 else _HALF


def _metrics(model: Scored, found: Resampled, curves: Curves | None) -> dict[str, Estimate]:
    sampling = model.sampling
    metrics = {name: figure.estimate(sampling) for name, figure in model.figures.items()}
    prevalence = {"prevalence": sampling.share_of(model.events)}
    metrics = {**prevalence, "auroc": metrics.pop("auroc")} | {
        "auprc": precision_area(model, found.auprc[0]),
        **metrics,
        "ici": Estimate.missing(NO_PROBABILITY),
    }
    if curves is not None:
        metrics["ici"] = _index(model, curves)
    return metrics


def _index(model: Scored, curves: Curves) -> Estimate:
    smooth, resampled = curves
    value, reach = integrated_index(smooth, resampled, model.smoother.middles, model.binned[0][0])
    low, high = SHARE if math.isnan(reach) else (max(0.0, value - reach), min(1.0, value + reach))
    return Estimate(value, low, high, f"bootstrap ({len(resampled):,}){model.sampling.said}")


def _of_probabilities(
    inputs: Inputs, model: Scored, curves: Curves, threshold: float
) -> dict[str, Any]:
    """Return the fields of an evaluation that need probabilities."""
    sampling, events = model.sampling, model.events
    thresholds = inputs.thresholds or THRESHOLDS
    return {
        "reliability": reliability(model.scores, events, sampling),
        "calibration_curve": tuple(_smooth(model, curves)),
        "histogram": histogram(model.scores, events),
        "decision_curve": decision_curve(model.scores, inputs.outcome, sampling),
        "operating_points": operating_points(
            model.scores, events, sampling, sorted({*thresholds, threshold})
        ),
    }


def _curves(model: Scored, found: Resampled) -> Curves:
    """Return the smooth curve of all rows, and those of the resamples."""
    smoother = model.smoother
    return smoother.curve(*model.binned)[0], smoother.curve(found.every, found.hits)


def _smooth(model: Scored, curves: Curves) -> Iterator[SmoothPoint]:
    curve, resamples = curves
    said = model.sampling.said
    middles = model.smoother.middles.tolist()
    step = max(1, len(middles) // _DRAWN)
    for place in sorted({*range(0, len(middles), step), len(middles) - 1}):
        middle, value = middles[place], float(curve[place])
        observed = from_resamples(value, resamples[:, place], within=SHARE, said=said)
        yield SmoothPoint(predicted=middle, observed=observed)


def _notes(model: Scored) -> Iterator[str]:
    if model.events.all() or not model.events.any():
        yield f"Nothing can be told apart: {one_class(model.events)}."
    if not model.probabilities:
        yield f"Calibration and decisions are not judged: {NO_PROBABILITY}."
        return
    certain = int(np.count_nonzero((model.scores < NEAREST) | (model.scores > 1 - NEAREST)))
    if certain:
        word = "prediction is" if certain == 1 else "predictions are"
        yield f"{certain:,} {word} nearer to 0 or 1 than 1e-6, and taken as that for the logit."
