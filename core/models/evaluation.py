"""Judge predictions by what came: every figure with its interval, of simple rows or of a survey.

binary       AUROC, AUPRC, calibration, net benefit, thresholds
multiclass   accuracy, one class against the others, log loss
regression   errors, explained variance, calibration
all          groups of people, baselines
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.models.binary import evaluate_binary
from core.models.evaluated import Evaluation
from core.models.inputs import Given, read_inputs
from core.models.multiclass import evaluate_multiclass
from core.models.regression import evaluate_regression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.models.inputs import Task

__all__ = ["Evaluation", "evaluate"]


def evaluate(
    outcome: Any,
    prediction: Any,
    *,
    task: Task | None = None,
    classes: Sequence[Any] | None = None,
    weights: Any = None,
    clusters: Any = None,
    strata: Any = None,
    thresholds: Sequence[float] | None = None,
    threshold: float | None = None,
    groups: Mapping[str, Any] | None = None,
    baselines: Mapping[str, Any] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Judge predictions by outcomes.

    `outcome` is 0 and 1, one of `classes` (of two: no event, event), or a measurement;
    `prediction` the probability of an event, of each class (a column each), or a measurement. A
    prediction of two classes may be any score: then only what needs no probability is computed.
    `weights`, `clusters` and `strata` are those of a survey (core/models/sampling.py).
    `thresholds` are those of the operating table, `threshold` that of the groups: by default the
    first of `thresholds`, or the observed share of events. `groups` and `baselines` map names to
    columns; a baseline of several classes has a column for each. Raises EvaluationError that names
    everything that is wrong with them.

    >>> found = evaluate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> found.metrics["auroc"].value
    0.75
    """
    given = Given(
        outcome=outcome,
        prediction=prediction,
        task=task,
        classes=classes,
        weights=weights,
        clusters=clusters,
        strata=strata,
        thresholds=thresholds,
        threshold=threshold,
        groups=groups,
        baselines=baselines,
        resamples=resamples,
        seed=seed,
    )
    # two threads gain nothing on so few numbers, and on a busy machine wait for each other, busily
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    inputs = read_inputs(given)
    # squares of huge measurements are infinite, and figures of them say that they do not exist
    with threadpool_limits(limits=1), np.errstate(over="ignore", invalid="ignore"):
        return _EVALUATE[inputs.task](inputs)


_EVALUATE: Final = {
    "binary": evaluate_binary,
    "multiclass": evaluate_multiclass,
    "regression": evaluate_regression,
}
