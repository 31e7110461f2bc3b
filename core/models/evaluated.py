"""What an evaluation found: plain values that a card, a page and a file can hold."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - from_dict reads the fields
from dataclasses import dataclass, field
from typing import Any, Self

from core.drift.plain import from_plain, to_plain
from core.errors import EvaluationError
from core.models.calibration import (  # noqa: TC001 - as above
    HistogramBin,
    ReliabilityBin,
    SmoothPoint,
)
from core.models.decision import NetBenefit  # noqa: TC001 - as above
from core.models.discrimination import Curve  # noqa: TC001 - as above
from core.models.fairness import FairnessReport  # noqa: TC001 - as above
from core.models.inputs import Task  # noqa: TC001 - as above
from core.models.interval import Estimate  # noqa: TC001 - as above
from core.models.operating import OperatingPoint  # noqa: TC001 - as above


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What predictions are worth.

    `metrics` maps names to figures; one that does not exist, as the AUROC of rows of one class,
    is NaN and its method says why (Estimate.known). `definitions` says what each name means.
    `events` are the rows of the second class, None unless there are two. `baselines` maps each
    baseline to its figures, and to ``auroc_difference``, ...: the model's less the baseline's.
    `by_class` are the figures of each class against the others, `confusion` counts rows by
    observed and predicted class; both are empty unless there are more than two. `weighted` says
    whether weights told some rows from others; `threshold` is where the groups and the net benefit
    of baselines count a prediction as positive. Curves that were not computed are None or empty.
    """

    task: Task
    rows: int
    events: int | None
    weighted: bool
    metrics: dict[str, Estimate]
    definitions: dict[str, str]
    classes: tuple[str, ...] = ()
    threshold: float | None = None
    reliability: tuple[ReliabilityBin, ...] = ()
    calibration_curve: tuple[SmoothPoint, ...] = ()
    histogram: tuple[HistogramBin, ...] = ()
    decision_curve: tuple[NetBenefit, ...] = ()
    operating_points: tuple[OperatingPoint, ...] = ()
    roc: Curve | None = None
    precision_recall: Curve | None = None
    baselines: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    by_class: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    confusion: tuple[tuple[int, ...], ...] = ()
    fairness: FairnessReport | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values that keep every float; NaN and infinities are texts."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Make it again of what `to_dict` returned. Raises EvaluationError."""
        try:
            return from_plain(cls, plain)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"This is no evaluation: {error}."
            raise EvaluationError(message, faults=(str(error),)) from error
