"""What figures can be expected before outcomes come: confidence-based performance estimation.

    assumption   a probability of 0.3 comes true in three of ten rows like it

Then each row is an event with its probability and none with the rest, and every figure of a table
of four counts follows (the CBPE of NannyML; Bialek and others 2024). The AUROC is that of all rows
taken twice, weighted so, without the pairs of a row with itself.

An interval is where the figure of these rows will lie in 95 of 100 when their outcomes come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.models.influence import Figure
from core.models.interval import SHARE, Estimate, around

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

METHOD = "CBPE"


@dataclass(frozen=True)
class Expected:
    """A figure that is expected of rows.

    `moved` is by how much each outcome moves it when it comes, `influence` by how much each row
    does: what other rows of the same source would have had.
    """

    value: float
    moved: Numbers
    influence: Numbers

    def realised_within(self, probabilities: Numbers) -> Estimate:
        """Return where the figure of these rows will lie."""
        variance = float((self.moved**2) @ (probabilities * (1 - probabilities)))
        return around(self.value, variance, method=METHOD, within=SHARE)

    @property
    def variance(self) -> float:
        """The variance of the expectation, as other rows would have had another one."""
        rows = len(self.influence)
        return float(self.influence @ self.influence) * rows / max(1, rows - 1)


def expected_figures(probabilities: Numbers, threshold: float) -> dict[str, Expected | Figure]:
    """Return what is expected of rows, by name; a figure that does not exist says why."""
    alerts = probabilities >= threshold
    rows = len(probabilities)
    right = np.where(alerts, probabilities, 1 - probabilities)
    toward = np.where(alerts, 1.0, -1.0)
    mean = float(probabilities.mean())
    brier = probabilities * (1 - probabilities)
    each = np.full(rows, 1 / rows)
    return {
        "auroc": _auroc(probabilities),
        "prevalence": Expected(mean, each, (probabilities - mean) / rows),
        "accuracy": Expected(float(right.mean()), toward / rows, (right - right.mean()) / rows),
        "brier": Expected(
            float(brier.mean()), (1 - 2 * probabilities) / rows, (brier - brier.mean()) / rows
        ),
        "true_positive_rate": _share(alerts, probabilities),
        "false_positive_rate": _share(alerts, 1 - probabilities, sign=-1),
        "ppv": _precision(alerts, probabilities),
    }


def _share(hits: npt.NDArray[np.bool_], weights: Numbers, *, sign: int = 1) -> Expected | Figure:
    """Return the share of events (or, with the sign -1, of other rows) that are hits."""
    total = float(weights.sum())
    if total <= 0:
        return Figure.missing("no event is expected" if sign > 0 else "only events are expected")
    value = float(weights[hits].sum()) / total
    moved = (hits.astype(np.float64) - value) / total
    return Expected(value, sign * moved, weights * moved)


def _precision(alerts: npt.NDArray[np.bool_], probabilities: Numbers) -> Expected | Figure:
    number = int(alerts.sum())
    if not number:
        return Figure.missing("no row is at or above the threshold")
    value = float(probabilities[alerts].mean())
    return Expected(value, alerts / number, alerts * (probabilities - value) / number)


def _auroc(probabilities: Numbers) -> Expected | Figure:
    others = 1 - probabilities
    certain = probabilities * others
    of_pairs = float(probabilities.sum()) * float(others.sum()) - float(certain.sum())
    if len(probabilities) < 2 or of_pairs <= 0:
        return Figure.missing("no event, or nothing else, is expected")
    _, tie = np.unique(probabilities, return_inverse=True)
    # of each row: the other rows' events above it, and their others below, ties half, not itself
    below = _mass_below(tie, others) - others / 2
    above = float(probabilities.sum()) - _mass_below(tie, probabilities) - probabilities / 2
    value = float(probabilities @ below) / of_pairs
    pairs_as_event = float(others.sum()) - others
    pairs_as_other = float(probabilities.sum()) - probabilities
    as_event = below - value * pairs_as_event
    as_other = above - value * pairs_as_other
    moved = (as_event - as_other) / of_pairs
    influence = (probabilities * as_event + others * as_other) / of_pairs
    return Expected(value, moved, influence)


def _mass_below(tie: npt.NDArray[np.intp], weights: Numbers) -> Numbers:
    mass = np.bincount(tie, weights=weights)
    return np.asarray((np.cumsum(mass) - mass / 2)[tie])
