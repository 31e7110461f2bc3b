"""Analyses of dataset versions, kept so that nobody waits for one twice.

    claim of the key    one id for an analysis, whoever asks first
    object              the whole report as JSON
    row                 what it says: now it is there (eda_reports in SQL)

The key is made of the version's content, of what was asked for, and of the number of the
algorithm: versions with the same content share an analysis.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Self

from core.errors import EDAError
from core.ids import new_id
from lake.clock import now_us, to_us
from lake.digest import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from catalog.eda_search import EDARows
    from core.datasets.version import DatasetVersion
    from core.eda.report import EDAReport
    from lake.lake import Durability, Lake

ALGORITHM: Final = 2  # a new number when reports become different: older ones are not found then
_CLAIMS: Final = "eda-reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class EDASummary:
    """A stored analysis in one line. `version` is the version it was made of, as name@version."""

    report_id: str
    dataset_name: str
    version: str
    target: str | None
    num_rows: int
    num_columns: int
    quality_issues: int
    recommendations: tuple[str, ...]
    created_at: datetime
    actor: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make a summary of a row that the catalog found."""
        same = ("report_id", "dataset_name", "version", "target", "num_rows", "num_columns")
        return cls(
            **{name: row[name] for name in same},
            quality_issues=row["quality_issues"],
            recommendations=tuple(json.loads(row["recommendations"])),
            created_at=row["created_at"].replace(tzinfo=UTC),
            actor=row["actor"] or "",
        )


class EDAReports:
    """The stored analyses of a lake."""

    def __init__(
        self,
        lake: Lake,
        rows: EDARows,
        *,
        actor: str | None = None,
        durability: Durability = "commit",
    ) -> None:
        self._lake = lake
        self._rows = rows
        self._actor = actor
        self._durability: Durability = durability

    def once(
        self,
        version: DatasetVersion,
        parameters: Mapping[str, Any],
        compute: Callable[[], EDAReport],
    ) -> EDAReport:
        """Return the analysis of a version's content; made and kept when nobody has before."""
        found = self.find(version, parameters)
        if found is not None:
            return found
        report, key = compute(), _key(version, parameters)
        held, _ = self._lake.claim(_CLAIMS, key, {"report_id": new_id()})
        report = replace(report, report_id=held["report_id"], labels=version.labels)
        self._keep(report, version, parameters, key)
        return report

    def find(self, version: DatasetVersion, parameters: Mapping[str, Any]) -> EDAReport | None:
        """Return the analysis of a version's content; None when nobody has asked for just this."""
        row = self._rows.by_key(_key(version, parameters))
        if row is None:
            return None
        return replace(self._load(row), dataset_name=version.name, labels=version.labels)

    def get(self, report_id: str) -> EDAReport:
        """Find an analysis by its id. Raises EDAError."""
        row = self._rows.by_id(report_id)
        if row is None:
            hint = 'List them with eda.reports(), or `mhras sql "from eda_reports"`.'
            raise EDAError(f"There is no analysis {report_id!r}.", hint=hint, report=report_id)
        return self._load(row)

    def search(self, dataset: str | None = None) -> list[EDASummary]:
        """Return the analyses of a dataset's versions, or of all, the newest first."""
        return [EDASummary.from_row(row) for row in self._rows.search(dataset)]

    def _keep(
        self, report: EDAReport, version: DatasetVersion, parameters: Mapping[str, Any], key: str
    ) -> None:
        plain = json.dumps(report.to_dict(), allow_nan=False)
        row = {
            "report_id": report.report_id,
            "dataset_name": version.dataset_name,
            "version_id": version.version_id,
            "version": version.name,
            "target": None if report.target is None else report.target.column,
            "num_rows": report.num_rows,
            "num_columns": report.num_columns,
            "quality_issues": len(report.quality_issues),
            "recommendations": json.dumps([*report.recommendations]),
            "parameters": json.dumps(dict(parameters), sort_keys=True),
            "result_key": key,
            "digest": self._lake.objects.put(plain.encode()),
            "created_at": to_us(report.generated_at),
            "actor": self._actor,
            "event_at": now_us(),
            "writer": self._lake.writer,
        }
        self._lake.append("eda_reports", [row], durability=self._durability)

    def _load(self, row: Mapping[str, Any]) -> EDAReport:
        from core.eda.report import EDAReport  # with NumPy, which logging does not need

        try:
            plain = json.loads(self._lake.objects.get(row["digest"]))
        except ValueError as error:
            message = f"The analysis {row['report_id']} is no JSON: {error}"
            raise EDAError(message, report=row["report_id"]) from error
        return replace(EDAReport.from_dict(plain), report_id=row["report_id"], found_again=True)


def _key(version: DatasetVersion, parameters: Mapping[str, Any]) -> str:
    asked = {"algorithm": ALGORITHM, "content": version.content_digest, **parameters}
    return digest_bytes(json.dumps(asked, sort_keys=True).encode())
