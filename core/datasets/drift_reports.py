"""Reports of drift between versions, kept so that nobody computes one twice.

    claim of the key    one id for a comparison, whoever asks first
    object              the whole report as JSON; attached files are objects too
    row                 what it says: now it is there (drift_reports in SQL)

The key is made of the contents and ids of both versions, of what was asked for, and of the number
of the algorithm, so a new way to compare makes new reports.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Self, TypedDict, Unpack

from core.errors import DataVersionError, DriftReportError, DriftReportNotFoundError
from core.ids import new_id
from lake.clock import now_us, to_datetime, to_us
from lake.digest import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import pyarrow as pa

    from catalog.drift_search import DriftRows
    from core.datasets.version import DatasetVersion
    from core.drift.report import DriftReport
    from core.drift.second_opinion import SecondOpinion
    from lake.lake import Durability, Lake

_CLAIMS: Final = "drift-reports"
_SHORTEST_ID: Final = 8
_OPINION: Final = "evidently.json"
PAGE: Final = "evidently.html"
_HINT: Final = 'List them with drift_reports(), or `mhras sql "from drift_reports"`.'


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSummary:
    """A stored report in one line. `version1` is the reference, as ``name@version``."""

    report_id: str
    dataset_name: str
    version1: str
    version2: str
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
            dataset_name=row["dataset_name"],
            version1=row["version1"],
            version2=row["version2"],
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


class WantedReports(TypedDict, total=False):
    """What reports are searched by."""

    drifted: bool | None
    column: str | None
    since: datetime | None
    limit: int | None


class DriftReports:
    """The stored reports of a lake."""

    def __init__(
        self,
        lake: Lake,
        rows: DriftRows,
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
        reference: DatasetVersion,
        current: DatasetVersion,
        parameters: Mapping[str, Any],
        compute: Callable[[], DriftReport],
    ) -> DriftReport:
        """Return the report of this comparison; computed and stored when nobody has before.

        Raises DataVersionError for parameters that JSON cannot hold.
        """
        key = _key(reference, current, parameters)
        row = self._rows.by_key(key)
        if row is not None:
            return self._load(row)
        report = compute()
        held, _ = self._lake.claim(_CLAIMS, key, {"report_id": new_id()})
        report = replace(report, report_id=held["report_id"])
        self._keep(report, reference, current, key)
        return report

    def _keep(
        self, report: DriftReport, reference: DatasetVersion, current: DatasetVersion, key: str
    ) -> None:
        plain = report.to_dict()  # in the order of the columns, which is kept
        self._append(
            {
                "report_id": report.report_id,
                "dataset_name": current.dataset_name,
                "version_id1": reference.version_id,
                "version_id2": current.version_id,
                "version1": reference.name,
                "version2": current.name,
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
                "result_key": key,
                "digest": self._lake.objects.put(json.dumps(plain, allow_nan=False).encode()),
                "created_at": to_us(report.generated_at),
                "actor": self._actor,
            }
        )

    def get(self, report_id: str) -> DriftReport:
        """Find a report by its id, or a beginning of it that no other has.

        Raises DriftReportNotFoundError.
        """
        return self._load(self._row(report_id))

    def search(
        self,
        *,
        dataset: str | None = None,
        version_id: str | None = None,
        **wanted: Unpack[WantedReports],
    ) -> list[DriftSummary]:
        """Return the reports for which all of this holds, the newest first."""
        since = wanted.get("since")
        found = self._rows.search(
            dataset=dataset,
            version_id=version_id,
            drifted=wanted.get("drifted"),
            column=wanted.get("column"),
            since=None if since is None else to_datetime(to_us(since)).replace(tzinfo=None),
            number=wanted.get("limit"),
        )
        return [DriftSummary.from_row(row) for row in found]

    def attach(self, report_id: str, files: Mapping[str, bytes]) -> None:
        """Keep files with a report; one of the same name takes the place of the one before.

        Raises DriftReportNotFoundError.
        """
        row = self._row(report_id)
        digests = {name: self._lake.objects.put(data) for name, data in files.items()}
        self._append({"report_id": row["report_id"], "attachments": digests})

    def attachment(self, report_id: str, name: str) -> bytes:
        """Read a file that was attached. Raises DriftReportNotFoundError."""
        found = self._row(report_id)
        if name not in found["attachments"]:
            message = f"The report {found['report_id']} has no file {name!r}."
            names = ", ".join(sorted(found["attachments"])) or "none"
            raise DriftReportNotFoundError(message, hint=f"Its files: {names}.", name=name)
        return self._lake.objects.get(found["attachments"][name])

    def second_opinion(
        self, report: DriftReport, tables: Callable[[], tuple[pa.Table, pa.Table]]
    ) -> SecondOpinion:
        """Return Evidently's opinion; of a stored report it is asked once, and its page kept.

        Raises MissingExtraError when it is not installed.
        """
        from core.drift.second_opinion import SecondOpinion, ask_evidently  # as above

        if report.report_id and _OPINION in self._row(report.report_id)["attachments"]:
            return SecondOpinion.from_dict(json.loads(self.attachment(report.report_id, _OPINION)))
        opinion, page = ask_evidently(*tables(), report)
        if report.report_id:
            text = json.dumps(opinion.to_dict(), allow_nan=False).encode()
            self.attach(report.report_id, {_OPINION: text, PAGE: page})
        return opinion

    def _row(self, report_id: str) -> dict[str, Any]:
        row = self._rows.by_id(report_id)
        if row is None and len(report_id) >= _SHORTEST_ID:
            found = self._rows.beginning_with(report_id)
            if len(found) > 1:
                message = f"Several reports begin with {report_id}."
                raise DriftReportNotFoundError(message, hint="Give more of it.", report=report_id)
            row = self._rows.by_id(found[0]) if found else None
        if row is None:
            message = f"There is no report of drift {report_id!r}."
            raise DriftReportNotFoundError(message, hint=_HINT, report=report_id)
        return row

    def _load(self, row: Mapping[str, Any]) -> DriftReport:
        from core.drift.report import DriftReport  # its annotations, which logging does not need

        try:
            plain = json.loads(self._lake.objects.get(row["digest"]))
        except ValueError as error:
            message = f"The report {row['report_id']} is no JSON: {error}"
            raise DriftReportError(message, report=row["report_id"]) from error
        return DriftReport.from_dict(plain)

    def _append(self, row: Mapping[str, Any]) -> None:
        event = {"event_at": now_us(), "writer": self._lake.writer}
        self._lake.append("drift_reports", [{**row, **event}], durability=self._durability)


def _key(reference: DatasetVersion, current: DatasetVersion, parameters: Mapping[str, Any]) -> str:
    from core.drift.report import ALGORITHM  # as above

    asked = {
        "algorithm": ALGORITHM,
        "versions": [[each.version_id, each.content_digest] for each in (reference, current)],
        "parameters": parameters,
    }
    try:
        return digest_bytes(json.dumps(asked, sort_keys=True).encode())
    except TypeError as error:
        message = f"A report with these parameters cannot be stored: {error}."
        hint = "Give names as texts, or ask with store=False."
        raise DataVersionError(message, hint=hint, parameters=sorted(parameters)) from error
