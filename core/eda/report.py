"""What an analysis of a table found."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.eda.associations import Associations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.eda.issue import DataQualityIssue
    from core.eda.summary import Summary
    from core.eda.target import TargetAnalysis


@dataclass(frozen=True, slots=True, kw_only=True)
class EDAReport:
    """An analysis of one table.

    `summary_statistics` maps columns to statistics (core/profile/column.py and core/eda/summary.py
    define them). `missing_values` maps columns to the number of nulls and NaN, `data_types` to the
    Arrow types given, `outliers` to the indices of rows beyond Tukey's fences, at most 1,000 of a
    column. `correlations` is Pearson's, columns by columns. `quality_issues` come the most severe
    first, `recommendations` by what they would change.

    Beside these: `columns` with histograms and the pattern of missing values, `associations` of all
    kinds of columns, what tells of the `target` where there is one, and `approximations`: what was
    not computed from all rows.
    """

    dataset_name: str
    num_rows: int
    num_columns: int
    summary_statistics: Mapping[str, Mapping[str, Any]]
    missing_values: Mapping[str, int]
    data_types: Mapping[str, str]
    outliers: Mapping[str, Sequence[int]]
    correlations: Mapping[str, Mapping[str, float | None]]
    quality_issues: Sequence[DataQualityIssue] = ()
    visualizations: Sequence[str] = ()
    recommendations: Sequence[str] = ()
    generated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    columns: Sequence[Summary] = ()
    associations: Associations = field(default_factory=Associations)
    target: TargetAnalysis | None = None
    approximations: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values; numbers that are infinite or none are None."""
        document = asdict(self)
        plain: dict[str, Any] = json.loads(json.dumps(_plain(document)))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, datetime):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
