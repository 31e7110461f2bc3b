"""What a model is better than: the prevalence for everybody, its last version, a simple score.

Differences are the model's figure less the baseline's on the same rows, and so is their interval:
DeLong's covariance, the covariance of the influences, or the same resamples for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from core.models.decision import net_benefit
from core.models.influence import Figure
from core.models.interval import Estimate, from_resamples
from core.models.scored import NO_PROBABILITY, Scored, precision_area

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

PREVALENCE: Final = "prevalence"
COMPARED: Final = ("auroc", "brier", "scaled_brier", "log_loss")


def baselines_of(model: Scored, given: Mapping[str, Numbers]) -> dict[str, Scored]:
    """Return the prevalence, and what was given, as predictions of the same rows."""
    prevalence = model.sampling.mean(model.events.astype(np.float64))
    every = {PREVALENCE: np.full(len(model.events), prevalence), **given}
    return {name: Scored(scores, model.events, model.sampling) for name, scores in every.items()}


def compare(
    model: Scored, other: Scored, areas: tuple[Numbers, Numbers], threshold: float
) -> dict[str, Estimate]:
    """Return the figures of a baseline, and the model's less those.

    `areas` are those of precision and recall in resamples, of the model and of the baseline.
    """
    sampling = model.sampling
    mine, theirs = (dict(each.figures) for each in (model, other))
    mine["net_benefit"] = _net_benefit(model, threshold)
    theirs["net_benefit"] = _net_benefit(other, threshold)
    found = {name: theirs[name].estimate(sampling) for name in (*COMPARED, "net_benefit")}
    found["auprc"] = precision_area(other, areas[1])
    for name in (*COMPARED, "net_benefit"):
        found[f"{name}_difference"] = mine[name].less(theirs[name]).estimate(sampling)
    found["auprc_difference"] = _less(found["auprc"], model, areas)
    return found


def _net_benefit(scored: Scored, threshold: float) -> Figure:
    if not scored.probabilities:
        return Figure.missing(NO_PROBABILITY)
    outcome = scored.events.astype(np.float64)
    return net_benefit(scored.scores, outcome, scored.sampling, threshold)


def _less(theirs: Estimate, model: Scored, areas: tuple[Numbers, Numbers]) -> Estimate:
    if not theirs.known:
        return theirs
    difference = model.auprc - theirs.value
    return from_resamples(difference, areas[0] - areas[1], said=model.sampling.said)
