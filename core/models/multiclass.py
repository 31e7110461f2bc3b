"""Judge the probabilities of more than two classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from core.models.baseline import PREVALENCE
from core.models.calibration import LEAST_LIKELIHOOD
from core.models.definitions import definitions_of
from core.models.discrimination import auroc
from core.models.evaluated import Evaluation
from core.models.group_figures import measured, share_measured
from core.models.influence import Figure
from core.models.interval import SHARE, Estimate
from core.models.parity import Measured, fairness

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from core.models.fairness import FairnessReport
    from core.models.inputs import Inputs
    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.intp]

_TOPS: Final = (2, 3)


def evaluate_multiclass(inputs: Inputs) -> Evaluation:
    """Return all figures of the prediction of a class; ties go to the first class."""
    observed = inputs.outcome.astype(np.intp)
    said = inputs.prediction.argmax(axis=1)
    by_class = {
        name: _of_class(inputs.prediction[:, code], observed == code, said == code, inputs.sampling)
        for code, name in enumerate(inputs.classes)
    }
    metrics = _metrics(inputs, observed, said)
    number = len(inputs.classes)
    pairs = np.bincount(observed * number + said, minlength=number**2).reshape(number, number)
    report = _fairness(inputs, observed, said)
    measures = report.measures() if report else ()
    return Evaluation(
        task="multiclass",
        rows=len(observed),
        events=None,
        weighted=inputs.sampling.weighted,
        metrics=metrics,
        definitions=definitions_of([*metrics, *next(iter(by_class.values())), *measures]),
        classes=inputs.classes,
        by_class=by_class,
        confusion=tuple(tuple(line) for line in pairs.tolist()),
        baselines=dict(_baselines(inputs, observed)),
        fairness=report,
        notes=inputs.notes,
    )


def _metrics(inputs: Inputs, observed: Places, said: Places) -> dict[str, Estimate]:
    sampling, prediction = inputs.sampling, inputs.prediction
    own = prediction[np.arange(len(observed)), observed]
    metrics = {"accuracy": sampling.share_of(said == observed)}
    # a class as probable as the own one is before it when it comes first, as with argmax
    earlier = np.arange(prediction.shape[1]) < observed[:, None]
    before = (prediction > own[:, None]) | ((prediction == own[:, None]) & earlier)
    place = before.sum(axis=1)
    for top in _TOPS:
        if top < prediction.shape[1]:
            metrics[f"top_{top}_accuracy"] = sampling.share_of(place < top)
    figures = _figures(prediction, observed, sampling)
    smooth = {"balanced_accuracy": _balanced(observed, said, sampling)} | figures
    return metrics | {name: figure.estimate(sampling) for name, figure in smooth.items()}


def _figures(prediction: Numbers, observed: Places, sampling: Sampling) -> dict[str, Figure]:
    """Return the figures of probabilities that are compared with those of baselines."""
    own = np.clip(prediction[np.arange(len(observed)), observed], LEAST_LIKELIHOOD, 1.0)
    errors = ((prediction - np.eye(prediction.shape[1])[observed]) ** 2).sum(axis=1)
    return {
        "macro_auroc": _macro_area(prediction, observed, sampling),
        "log_loss": Figure.mean(-np.log(own), sampling, within=(0.0, np.inf)),
        "multiclass_brier": Figure.mean(errors, sampling, within=(0.0, 2.0)),
    }


def _baselines(inputs: Inputs, observed: Places) -> Iterator[tuple[str, dict[str, Estimate]]]:
    """Return the figures of foretelling every row the shares of the classes, and of what is given.

    And the model's less those, of the same rows.
    """
    sampling = inputs.sampling
    shares = [sampling.mean((observed == n).astype(np.float64)) for n in range(len(inputs.classes))]
    model = _compared(inputs.prediction, observed, sampling)
    constant = np.tile(shares, (len(observed), 1))
    for name, prediction in {PREVALENCE: constant, **inputs.baselines}.items():
        other = _compared(prediction, observed, sampling)
        found = {key: figure.estimate(sampling) for key, figure in other.items()}
        for key, figure in other.items():
            found[f"{key}_difference"] = model[key].less(figure).estimate(sampling)
        yield name, found


def _compared(prediction: Numbers, observed: Places, sampling: Sampling) -> dict[str, Figure]:
    right = (prediction.argmax(axis=1) == observed).astype(np.float64)
    accuracy = Figure.mean(right, sampling, within=SHARE)
    return {"accuracy": accuracy, **_figures(prediction, observed, sampling)}


def _of_class(
    probability: Numbers, is_it: Flags, said_so: Flags, sampling: Sampling
) -> dict[str, Estimate]:
    """Return the figures of a class against all others."""
    return {
        "prevalence": sampling.share_of(is_it),
        "auroc": auroc(probability, is_it, sampling.weights).estimate(sampling),
        "sensitivity": sampling.share_of(said_so, is_it),
        "ppv": sampling.share_of(is_it, said_so),
    }


def _balanced(observed: Places, said: Places, sampling: Sampling) -> Figure:
    found, influence = [], np.zeros(len(observed))
    codes = np.unique(observed)
    for code in codes:
        rows = observed == code
        right = (said == observed).astype(np.float64)
        found.append(sampling.mean(right, rows))
        influence += sampling.influence(right, found[-1], rows) / len(codes)
    return Figure(float(np.mean(found)), influence, within=SHARE)


def _macro_area(prediction: Numbers, observed: Places, sampling: Sampling) -> Figure:
    areas = [
        auroc(prediction[:, code], observed == code, sampling.weights)
        for code in range(prediction.shape[1])
    ]
    if any(area.why for area in areas):
        return Figure.missing("a class has no rows, or all of them")
    value = float(np.mean([area.value for area in areas]))
    influence = np.mean([area.influence for area in areas], axis=0)
    return Figure(value, influence, method="DeLong", within=SHARE)


def _fairness(inputs: Inputs, observed: Places, said: Places) -> FairnessReport | None:
    def figures(rows: Places, within: Sampling) -> dict[str, Measured]:
        own = inputs.prediction[rows, observed[rows]]
        surprise = -np.log(np.clip(own, LEAST_LIKELIHOOD, 1.0))
        right = said[rows] == observed[rows]
        return {
            "accuracy": share_measured(right, None, within),
            "log_loss": measured("log_loss", Figure.mean(surprise, within), within),
        }

    return fairness(inputs.groups, None, inputs.sampling, figures) if inputs.groups else None
