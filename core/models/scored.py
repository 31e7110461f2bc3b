"""One prediction of the rows, and all its figures: the model's, or those of a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.models.calibration import calibration_figures
from core.models.discrimination import auroc, one_class
from core.models.influence import Figure
from core.models.interval import SHARE, Estimate, from_resamples
from core.models.ranked import Ranked, average_precision
from core.models.resampling import resampled
from core.models.smoothing import Smoother

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

NO_PROBABILITY = "the predictions are scores, not probabilities: some are below 0 or above 1"
_CALIBRATION = (
    "brier",
    "scaled_brier",
    "log_loss",
    "observed_expected",
    "calibration_intercept",
    "calibration_slope",
)


@dataclass(frozen=True)
class Scored:
    """Scores of rows, which are probabilities when all of them are from 0 to 1."""

    scores: Numbers
    events: Flags
    sampling: Sampling

    @cached_property
    def probabilities(self) -> bool:
        """Whether all scores are from 0 to 1."""
        return bool((self.scores >= 0).all() and (self.scores <= 1).all())

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """All figures that rows move smoothly."""
        area = auroc(self.scores, self.events, self.sampling.weights)
        if not self.probabilities:
            return {"auroc": area} | dict.fromkeys(_CALIBRATION, Figure.missing(NO_PROBABILITY))
        return {"auroc": area, **calibration_figures(self.scores, self.events, self.sampling)}

    @cached_property
    def ranked(self) -> Ranked:
        """The rows in the order of their scores."""
        return Ranked.of(self.scores, self.events, self.sampling.weights)

    @cached_property
    def smoother(self) -> Smoother:
        """How the calibration curve is smoothed."""
        return Smoother.of(self.ranked, self.scores, self.sampling.weights)

    @cached_property
    def auprc(self) -> float:
        """The area under the precision-recall curve; NaN without events."""
        return float(average_precision(*self.ranked.sums(self.sampling.weights[None]))[0])

    @cached_property
    def binned(self) -> tuple[Numbers, Numbers]:
        """The weights of rows and of events in each bin of the smooth curve."""
        every, hits = self.ranked.sums(self.sampling.weights[None])
        return self.ranked.binned(every), self.ranked.binned(hits)


@dataclass(frozen=True)
class Resampled:
    """What some predictions have in each resample: a line of `auprc` for each of them.

    `every` and `hits` are the weights in the bins of the first one, a line for each resample.
    """

    auprc: Numbers
    every: Numbers
    hits: Numbers


def resample(scored: Sequence[Scored], resamples: int, seed: int) -> Resampled:
    """Draw resamples, the same ones for all predictions."""
    model = scored[0]
    areas, every, hits = [], [], []
    for weights in resampled(model.sampling, resamples, seed):
        sums = [each.ranked.sums(weights) for each in scored]
        areas.append(np.stack([average_precision(*pair) for pair in sums]))
        every.append(model.ranked.binned(sums[0][0]))
        hits.append(model.ranked.binned(sums[0][1]))
    return Resampled(np.concatenate(areas, axis=1), np.concatenate(every), np.concatenate(hits))


def precision_area(scored: Scored, found: Numbers) -> Estimate:
    """Return the area under the precision-recall curve, of what resamples have."""
    if scored.events.all() or not scored.events.any():
        return Estimate.missing(one_class(scored.events))
    said = scored.sampling.said
    return from_resamples(scored.auprc, found, within=SHARE, said=said)
