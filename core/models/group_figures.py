"""The figures that groups are compared by, of an event and of anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.models.calibration import calibration_figures
from core.models.discrimination import auroc
from core.models.influence import Figure
from core.models.interval import SHARE, Estimate
from core.models.parity import Measured, fairness

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from core.models.columns import Grouping
    from core.models.fairness import FairnessReport
    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.intp]

_NO_RATIO = {"calibration_intercept", "calibration_slope", "bias"}
_TOLD = ("observed_expected", "calibration_intercept", "calibration_slope", "brier")


def fairness_of_events(
    groups: Mapping[str, Grouping],
    scores: Numbers,
    events: Flags,
    sampling: Sampling,
    *,
    threshold: float | None,
) -> FairnessReport:
    """Compare groups by the prediction of an event; scores without a threshold by their order."""

    def figures(rows: Places, within: Sampling) -> dict[str, Measured]:
        mine, hits = scores[rows], events[rows]
        found = {"prevalence": share_measured(hits, None, within)}
        if threshold is not None:
            alerts = mine >= threshold
            found |= {
                "selection_rate": share_measured(alerts, None, within),
                "true_positive_rate": share_measured(alerts, hits, within),
                "false_positive_rate": share_measured(alerts, ~hits, within),
                "ppv": share_measured(hits, alerts, within),
            }
        smooth = {"auroc": auroc(mine, hits, within.weights)}
        if threshold is not None:
            every = calibration_figures(mine, hits, within)
            smooth |= {name: every[name] for name in _TOLD}
        return found | {name: measured(name, figure, within) for name, figure in smooth.items()}

    return fairness(groups, events, sampling, figures, threshold=threshold)


def measured(name: str, figure: Figure, within: Sampling) -> Measured:
    """Return a figure that rows move smoothly."""
    return Measured(figure.estimate(within), figure, has_ratio=name not in _NO_RATIO)


def share_measured(hits: Flags, rows: Flags | None, within: Sampling) -> Measured:
    """Return the share of some rows that are hits."""
    if rows is not None and not rows.any():
        why = "no rows"
        return Measured(Estimate.missing(why), Figure.missing(why))
    flags = hits.astype(np.float64)
    mean = within.mean(flags, rows)
    figure = Figure(mean, within.influence(flags, mean, rows), within=SHARE)
    return Measured(within.share_of(hits, rows), figure)
