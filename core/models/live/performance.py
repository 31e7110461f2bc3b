"""What predictions were worth in a chunk of time, and how far that is from the reference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from core.models.calibration import calibration_figures
from core.models.discrimination import auroc
from core.models.interval import NORMAL, Estimate
from core.models.sampling import Sampling

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.models.live.alerts import AlertRule

    Numbers = npt.NDArray[np.float64]

# their intervals are symmetric on the logarithm
_RATIOS = frozenset({"observed_expected"})


def realised(task: str, prediction: Any, outcome: Any) -> dict[str, Estimate]:
    """Return the figures of rows whose outcomes have come; none for no rows.

    >>> realised("regression", np.array([1.0, 2.0]), np.array([1.5, 2.5]))["mean_error"].value
    0.5
    """
    if not len(outcome):
        return {}
    simple = Sampling.of(len(outcome))
    if task == "multiclass":
        return {"accuracy": simple.share_of(np.asarray(prediction == outcome))}
    if task == "regression":
        error = outcome - prediction
        return {
            "mean_absolute_error": simple.mean_of(np.abs(error)),
            "mean_error": simple.mean_of(error),
        }
    events = outcome == 1
    figures = calibration_figures(prediction, events, simple)
    wanted = ("brier", "observed_expected", "calibration_slope")
    return {
        "auroc": auroc(prediction, events, simple.weights).estimate(simple),
        **{name: figures[name].estimate(simple) for name in wanted},
        "prevalence": simple.share_of(events),
    }


def signal(rule: AlertRule, found: Estimate | None, reference: Estimate | None) -> float:
    """Return how many standard errors worse than the reference a figure is; NaN if not known.

    >>> from core.models.live.alerts import RULES
    >>> low, high = (Estimate(v, v - 0.0196, v + 0.0196, "") for v in (0.7, 0.75))
    >>> round(signal(RULES["binary"][0], low, high), 2)
    3.54
    """
    if found is None or reference is None or not (found.known and reference.known):
        return math.nan
    (value, error), (usual, error_of_usual) = (
        _with_error(each, ratio=rule.figure in _RATIOS) for each in (found, reference)
    )
    both = math.hypot(error, error_of_usual)
    if not 0 < both < math.inf:
        return math.nan
    higher = (value - usual) / both
    return {"higher": higher, "lower": -higher, "either": abs(higher)}[rule.worse]


def _with_error(found: Estimate, *, ratio: bool) -> tuple[float, float]:
    if not ratio:
        return found.value, (found.high - found.low) / (2 * NORMAL)
    if not found.low > 0:
        return math.nan, math.inf
    return math.log(found.value), math.log(found.high / found.low) / (2 * NORMAL)
