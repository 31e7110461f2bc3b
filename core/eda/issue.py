"""What is wrong with a table, in a form that can be shown, ranked, queried and mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite, isnan
from sys import float_info
from typing import Any, Final, Literal

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low")


def _plain(value: Any) -> Any:
    """Return evidence as JSON has it; what is infinite as a text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQualityIssue:
    """One thing that is wrong with one column, with several, or with the table.

    `column` is None when it is about several columns; `columns` has all their names. `sql` returns
    the affected rows, and no others, from a table named `data`; it is empty when the issue is about
    the columns and not about rows. `impact` says how far it would move an analysis: for values
    that are no measurements, by how many standard deviations of the rest they move the mean or
    by what factor (its logarithm) they inflate the deviation; for rows, their share. Issues of one
    severity are ranked by it. `sampled` is the number of rows looked at when these were not all.

    >>> issue = DataQualityIssue(issue_type="missing", severity="low", column="age",
    ...     description="2 of 90 values are missing.", affected_rows=2, recommendation="Ask why.")
    >>> issue.columns
    ('age',)
    """

    issue_type: str
    severity: Severity
    column: str | None
    description: str
    affected_rows: int
    recommendation: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    sql: str = ""
    columns: tuple[str, ...] = ()
    impact: float = 0.0
    sampled: int | None = None

    def __post_init__(self) -> None:
        """Name the one column among the columns, too, and keep what JSON can hold."""
        object.__setattr__(self, "evidence", _plain(self.evidence))
        object.__setattr__(self, "impact", min(self.impact, float_info.max))
        if self.column is not None and not self.columns:
            object.__setattr__(self, "columns", (self.column,))

    def to_dict(self) -> dict[str, Any]:
        """Return the issue as plain values."""
        return asdict(self) | {"columns": list(self.columns)}
