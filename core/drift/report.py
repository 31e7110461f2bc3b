"""What a comparison found."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    TestResult = Mapping[str, float | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """How a current table differs from a reference.

    `drifted_columns` are those with a significant and large enough difference, the largest effect
    first. `feature_drifts` maps each column to its largest effect: the part of the rows, 0 ... 1,
    by which it differs. `drift_score` is the sum of the drifted columns' effects, divided by the
    number of columns. `statistical_tests` maps columns and tests to statistic, p_value, p_adjusted
    (None for a distance, which has none), threshold and drifted. `recommendations` say what the
    cause may be and what to do next, the most important first.
    """

    version_id1: str
    version_id2: str
    drift_detected: bool
    drift_score: float
    feature_drifts: Mapping[str, float]
    drifted_columns: tuple[str, ...]
    statistical_tests: Mapping[str, Mapping[str, TestResult]]
    recommendations: tuple[str, ...]
    reference_rows: int
    current_rows: int
    only_in_reference: tuple[str, ...] = ()
    only_in_current: tuple[str, ...] = ()
    generated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values; numbers that are infinite or none are None."""
        document = asdict(self) | {"generated_at": self.generated_at.isoformat()}
        plain: dict[str, Any] = json.loads(json.dumps(_finite(document)))
        return plain


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
