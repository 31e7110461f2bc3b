"""What the row of a stored report of drift says, and the same in one line for readers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from core.datasets.version import DatasetVersion
    from core.drift.report import DriftReport
    from core.drift.series import DriftSeries

Kind = Literal["comparison", "series"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSummary:
    """A stored report in one line. `version1` is the reference, as ``name@version``.

    Of a series, `version2` is the last version and `version_ids` are all that were compared;
    `feature_drifts` are the largest effects at any time, and `drifted_columns` those that drifted
    at some time.
    """

    report_id: str
    kind: Kind
    dataset_name: str
    version1: str
    version2: str
    version_ids: tuple[str, ...]
    drift_detected: bool
    drift_score: float
    drifted_columns: tuple[str, ...]
    feature_drifts: Mapping[str, float]
    recommendations: tuple[str, ...]
    method: str
    parameters: Mapping[str, Any]
    attachments: tuple[str, ...]
    created_at: datetime
    actor: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make a summary of a row that the catalog found."""
        return cls(
            report_id=row["report_id"],
            kind=row["kind"],
            dataset_name=row["dataset_name"],
            version1=row["version1"],
            version2=row["version2"],
            version_ids=tuple(json.loads(row["version_ids"] or "[]")),
            drift_detected=row["drift_detected"],
            drift_score=row["drift_score"],
            drifted_columns=tuple(json.loads(row["drifted_columns"])),
            feature_drifts=dict(row["feature_drifts"]),
            recommendations=tuple(json.loads(row["recommendations"])),
            method=row["method"],
            parameters=json.loads(row["parameters"]),
            attachments=tuple(sorted(row["attachments"])),
            created_at=row["created_at"].replace(tzinfo=UTC),
            actor=row["actor"] or "",
        )


def row_of_report(report: DriftReport, versions: Sequence[DatasetVersion]) -> dict[str, Any]:
    """Return what a row says of a comparison; `versions` are the reference and the current one."""
    plain = report.to_dict()  # in the order of the columns, which is kept
    return {
        **_of_versions(versions),
        "kind": "comparison",
        "drift_detected": report.drift_detected,
        "drift_score": report.drift_score,
        "feature_drifts": dict(report.feature_drifts),
        "drifted_columns": json.dumps(plain["drifted_columns"]),
        "statistical_tests": json.dumps(plain["statistical_tests"], allow_nan=False),
        "recommendations": json.dumps(plain["recommendations"]),
        "method": report.method,
        "parameters": json.dumps(plain["parameters"], sort_keys=True),
        "reference_rows": report.reference_rows,
        "current_rows": report.current_rows,
    }


def row_of_series(series: DriftSeries, versions: Sequence[DatasetVersion]) -> dict[str, Any]:
    """Return what a row says of a series; `versions` are the reference and all that follow."""
    said = [
        f"{point.column}: {point.signal} since {point.since}." for point in series.change_points
    ]
    return {
        **_of_versions(versions),
        "kind": "series",
        "version_ids": json.dumps([version.version_id for version in versions[1:]]),
        "drift_detected": series.drift_detected,
        "drift_score": series.drift_score,
        "feature_drifts": series.largest_effects,
        "drifted_columns": json.dumps(series.drifted_columns),
        "statistical_tests": "{}",
        "recommendations": json.dumps([*dict.fromkeys(said)]),
        "method": "exact",
        "parameters": json.dumps(series.to_dict()["parameters"], sort_keys=True),
        "reference_rows": series.reference_rows,
        "current_rows": sum(series.rows),
    }


def _of_versions(versions: Sequence[DatasetVersion]) -> dict[str, Any]:
    reference, last = versions[0], versions[-1]
    return {
        "dataset_name": last.dataset_name,
        "version_id1": reference.version_id,
        "version_id2": last.version_id,
        "version1": reference.name,
        "version2": last.name,
    }
