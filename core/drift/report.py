"""What a comparison found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, Self

from core.drift.distributions import Distributions  # noqa: TC001 - from_plain looks it up
from core.drift.findings import (  # noqa: TC001 - from_dict reads the fields
    Clusters,
    CorrelationDrifts,
    MultivariateDrift,
    OutcomeDrift,
    SubgroupDrift,
)
from core.drift.plain import from_plain, to_plain
from core.errors import DriftReportError

# One more for every change that may give the same tables another report: stored ones are then
# made anew.
ALGORITHM: Final = 5
Method = Literal["exact", "sketch"]
TestResult = Mapping[str, float | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """How a current table differs from a reference.

    `drifted_columns` are those with a significant and large enough difference, the largest effect
    first. `feature_drifts` maps each column to its largest effect: the part of the rows, 0 ... 1,
    by which it differs. `drift_score` is the sum of the drifted columns' effects, divided by the
    number of columns. `statistical_tests` maps columns and tests to statistic, p_value, p_adjusted
    (None for a distance, which has none), effect, the threshold it is judged by, and drifted.
    `recommendations` say what the cause may be and what to do next, the most important first.
    `labels` say what columns are called in words, where that is known (core/datasets).
    `distributions` are the counts that charts draw. `method` is sketch when it was made of what
    was counted at registration; `parameters` are what was asked for; `report_id` is empty unless
    it is stored.

    `clusters` are those that p values were corrected for; tests have a design_effect then.

    What is found on request (core/drift/analyses.py) is None unless it was asked for; it counts for
    `drift_detected`, not for the score.
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
    labels: Mapping[str, str] = field(default_factory=dict)
    distributions: Mapping[str, Distributions] = field(default_factory=dict)
    correlation_drifts: CorrelationDrifts | None = None
    multivariate: MultivariateDrift | None = None
    target: OutcomeDrift | None = None
    prediction: OutcomeDrift | None = None
    subgroups: SubgroupDrift | None = None
    clusters: Clusters | None = None
    method: Method = "exact"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    report_id: str = ""
    generated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; NaN and infinities are texts (core/drift/plain.py)."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Make the report again that `to_dict` was asked of. Raises DriftReportError.

        >>> from core.drift.detect import detect_drift
        >>> report = detect_drift({"age": [30, 41]}, {"age": [31, 40]})
        >>> DriftReport.from_dict(report.to_dict()) == report
        True
        """
        try:
            return from_plain(cls, plain)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"This is no report of drift: {error}."
            raise DriftReportError(message) from error
