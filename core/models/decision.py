"""What acting on a prediction is worth: decision curves (Vickers and Elkin 2006)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.models.influence import Figure
from core.models.interval import Estimate  # noqa: TC001 - from_dict reads the fields

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]

_POINTS: Final = 40
_LEAST: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class NetBenefit:
    """Net benefit at one threshold, in true positives a row; treating nobody has 0.

    `advantage` is `model` less the better one of treating all and treating nobody.
    """

    threshold: float
    model: Estimate
    treat_all: Estimate
    advantage: Estimate


def decision_curve(
    predictions: Numbers, outcome: Numbers, sampling: Sampling
) -> tuple[NetBenefit, ...]:
    """Return net benefits from the threshold 0.01 to a little above the greatest prediction."""
    highest = min(0.99, max(0.1, float(np.quantile(predictions, 0.995))))
    found = []
    for threshold in np.round(np.linspace(_LEAST, highest, _POINTS), 4).tolist():
        model = net_benefit(predictions, outcome, sampling, threshold)
        everybody = _benefit(np.ones(len(outcome)), outcome, sampling, threshold)
        advantage = model.less(everybody) if everybody.value > 0 else model
        found.append(
            NetBenefit(
                threshold=threshold,
                model=model.estimate(sampling),
                treat_all=everybody.estimate(sampling),
                advantage=advantage.estimate(sampling),
            )
        )
    return tuple(found)


def net_benefit(
    predictions: Numbers, outcome: Numbers, sampling: Sampling, threshold: float
) -> Figure:
    """Return true positives a row, less false ones at the odds of the threshold."""
    treated = (predictions >= threshold).astype(np.float64)
    return _benefit(treated, outcome, sampling, threshold)


def _benefit(treated: Numbers, outcome: Numbers, sampling: Sampling, threshold: float) -> Figure:
    odds = threshold / (1 - threshold)
    return Figure.mean(treated * (outcome - (1 - outcome) * odds), sampling)
