"""When a figure has crossed a line: with hysteresis, so that chance does not switch alarms.

    signal     how far a figure is from the reference, in the direction that is worse
                 of performance   in standard errors of both
                 of drift         in the part of the rows by which a column differs, 0 unless that
                                  is drift (core/drift/columns.py)

    at_once  ......................x.........................  raised by one chunk
    raise_at ..............x....x....x........................  raised by `raise_after` in a row
    clear_at ....................................x..x.........  cleared by `clear_after` in a row

Between raise_at and clear_at everything stays as it is. A chunk without a signal, as one whose
outcomes have not come, changes nothing.

Simulated: of models that stay as they are, followed through twelve chunks as large as the
reference, one rule raises a false alarm in 0.2 %, or 0.1 % when only one direction is worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from core.errors import ModelError

if TYPE_CHECKING:
    import numpy.typing as npt

    Signals = npt.NDArray[np.float64]

Worse = Literal["lower", "higher", "either"]
Kind = Literal["performance", "calibration", "expectation", "drift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """A line for a figure. `worse` says in which direction, `kind` what crossing it means."""

    figure: str
    worse: Worse
    kind: Kind
    at_once: float = 4.0
    raise_at: float = 3.0
    raise_after: int = 2
    clear_at: float = 1.5
    clear_after: int = 2

    def __post_init__(self) -> None:
        faults = []
        if not 0 <= self.clear_at <= self.raise_at <= self.at_once:
            faults.append("clear_at, raise_at and at_once do not rise, from 0 on")
        if min(self.raise_after, self.clear_after) < 1:
            faults.append("raise_after and clear_after are 1 or more")
        if faults:
            message = f"No rule for {self.figure}: {'; '.join(faults)}."
            raise ModelError(message, faults=tuple(faults))


def _drift(figure: str) -> AlertRule:
    # a tenth of the rows elsewhere is what core/drift calls large
    return AlertRule(
        figure=figure, worse="higher", kind="drift", at_once=0.25, raise_at=0.1, clear_at=0.05
    )


RULES: Final[dict[str, tuple[AlertRule, ...]]] = {
    "binary": (
        AlertRule(figure="auroc", worse="lower", kind="performance"),
        AlertRule(figure="brier", worse="higher", kind="performance"),
        AlertRule(figure="observed_expected", worse="either", kind="calibration"),
        AlertRule(figure="calibration_slope", worse="either", kind="calibration"),
        AlertRule(figure="expected_auroc", worse="lower", kind="expectation"),
        _drift("prediction_drift"),
        _drift("feature_drift"),
    ),
    "multiclass": (
        AlertRule(figure="accuracy", worse="lower", kind="performance"),
        _drift("prediction_drift"),
        _drift("feature_drift"),
    ),
    "regression": (
        AlertRule(figure="mean_absolute_error", worse="higher", kind="performance"),
        AlertRule(figure="mean_error", worse="either", kind="calibration"),
        _drift("prediction_drift"),
        _drift("feature_drift"),
    ),
}


def follow(rule: AlertRule, signals: Signals) -> npt.NDArray[np.bool_]:
    """Return whether the alert is raised, at each time (the last axis) of each series.

    >>> rule = AlertRule(figure="auroc", worse="lower", kind="performance")
    >>> follow(rule, np.array([0.0, 3.0, 3.0, 2.0, 1.0, 1.0, 5.0])).tolist()
    [False, False, True, True, True, False, True]
    """
    raised = np.zeros(signals.shape[:-1], dtype=bool)
    high = np.zeros(signals.shape[:-1], dtype=np.int64)
    low = high.copy()
    states = np.zeros(signals.shape, dtype=bool)
    for place in range(signals.shape[-1]):
        now = signals[..., place]
        known = ~np.isnan(now)
        high = np.where(known, np.where(now >= rule.raise_at, high + 1, 0), high)
        low = np.where(known, np.where(now < rule.clear_at, low + 1, 0), low)
        begins = known & ((now >= rule.at_once) | (high >= rule.raise_after))
        ends = low >= rule.clear_after
        raised = begins | (raised & ~ends)
        states[..., place] = raised
    return states
