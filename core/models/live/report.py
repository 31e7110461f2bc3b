"""What following a model found: plain values that a page, a card and a file can hold."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - from_dict reads the fields
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

from core.drift.plain import from_plain, to_plain
from core.errors import ModelError
from core.models.interval import Estimate  # noqa: TC001 - as above
from core.models.live.alerts import AlertRule  # noqa: TC001 - as above

Action = Literal["keep", "investigate", "recalibrate", "retrain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChunk:
    """A chunk of time: `time` is the day on which it begins, `outcomes` how many have come.

    `realised` are figures of the rows with outcomes, `expected` what is expected of all rows
    without looking at outcomes, and `drift` the part of the rows by which the prediction, and each
    input that was logged, differs from the reference; `drifted` are those where that is drift.
    """

    time: str
    rows: int
    outcomes: int
    realised: Mapping[str, Estimate] = field(default_factory=dict)
    expected: Mapping[str, Estimate] = field(default_factory=dict)
    drift: Mapping[str, float] = field(default_factory=dict)
    drifted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A line that was crossed: `since` when, `until` when, None as long as it lasts.

    `said` names the figure, its value, the line and the reference.
    """

    figure: str
    kind: str
    since: str
    until: str | None
    signal: float
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A model followed over time.

    `reference` are the figures of the reference, `signals` how far each rule's figure is from it
    at each time (core/models/live/alerts.py), `raised` whether its alert was raised then.
    `action` is what to do now, and `reasons` say which figure crossed which line. `assumption` is
    what expected figures rest on; `notes` say what could not be computed, and why.
    """

    model_id: str
    model_name: str
    version: str
    task: str
    every: str
    reference_name: str
    reference_rows: int
    reference: Mapping[str, Estimate]
    chunks: tuple[LiveChunk, ...]
    rules: tuple[AlertRule, ...]
    signals: Mapping[str, tuple[float, ...]]
    raised: Mapping[str, tuple[bool, ...]]
    alerts: tuple[Alert, ...]
    action: Action
    reasons: tuple[str, ...]
    assumption: str = ""
    notes: tuple[str, ...] = ()
    generated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def active(self) -> tuple[Alert, ...]:
        """The alerts that last."""
        return tuple(alert for alert in self.alerts if alert.until is None)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values that keep every float; NaN and infinities are texts."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Make it again of what `to_dict` returned. Raises ModelError."""
        try:
            return from_plain(cls, plain)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"This is no report of a model in service: {error}.") from error
