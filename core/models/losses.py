"""Measures of a prediction by name, all the greater the better, with their influences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.models.calibration import calibration_figures
from core.models.columns import Reading
from core.models.discrimination import auroc
from core.models.influence import Figure
from core.models.regression import regression_figures
from core.models.sampling import Sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Loss = Callable[[Numbers, Numbers], Figure]

_HALF: Final = 0.5
_OF_EVENTS: Final = ("auroc", "brier", "log_loss", "accuracy")


def outcomes_of(given: Any, rows: int, measure: str) -> tuple[Numbers, list[str]]:
    """Return outcomes as numbers, and what is wrong with them."""
    reading = Reading(rows=rows)
    values = reading.numbers("the outcome", given)
    if measure in _OF_EVENTS and not reading.faults:
        reading.refuse("the outcome", ~np.isin(values, (0, 1)), "neither 0 nor 1")
    return values, reading.faults


def _auroc(scores: Numbers, outcome: Numbers) -> Figure:
    return auroc(scores, outcome == 1, np.ones(len(outcome)))


def _accuracy(scores: Numbers, outcome: Numbers) -> Figure:
    right = (scores >= _HALF) == (outcome == 1)
    return Figure.mean(right.astype(np.float64), Sampling.of(len(outcome)))


def _negative(name: str, figures: Callable[..., dict[str, Figure]], *, events: bool) -> Loss:
    def loss(scores: Numbers, outcome: Numbers) -> Figure:
        known = outcome == 1 if events else outcome
        found = figures(scores, known, Sampling.of(len(outcome)))[name]
        return replace(found, value=-found.value, influence=-found.influence)

    return loss


def _explained(scores: Numbers, outcome: Numbers) -> Figure:
    return regression_figures(scores, outcome, Sampling.of(len(outcome)))["r2"]


LOSSES: Final[dict[str, Loss]] = {
    "auroc": _auroc,
    "accuracy": _accuracy,
    "brier": _negative("brier", calibration_figures, events=True),
    "log_loss": _negative("log_loss", calibration_figures, events=True),
    "rmse": _negative("rmse", regression_figures, events=False),
    "mae": _negative("mae", regression_figures, events=False),
    "r2": _explained,
}
