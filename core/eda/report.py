"""What an analysis of a table found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from core.eda.associations import Associations
from core.eda.report_form import parts_of, plain
from core.errors import EDAError

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
    not computed from all rows, and `missing_together`: which columns are missing in the same rows
    (core/eda/together.py). An analysis of a dataset version is kept under its `report_id`;
    `found_again` says that it was not made now (core/eda/stored.py). `labels` say what columns are
    called in words, where that is known (core/datasets/variable_labels.py).
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
    missing_together: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    report_id: str = ""
    found_again: bool = field(default=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values; infinite numbers are texts (report_form.py)."""
        found: dict[str, Any] = plain(asdict(self))
        return found

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Make a report of what `to_dict` returned. Raises EDAError for what is none."""
        try:
            return cls(**parts_of(given))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"This is no analysis of a table: {type(error).__name__} {error}."
            hint = "Give what to_dict() or `mhras eda --json` wrote, of this version."
            raise EDAError(message, hint=hint) from error
