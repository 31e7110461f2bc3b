"""Reports of drift between versions, kept so that nobody computes one twice.

    claim of the key    one id for a comparison, whoever asks first
    object              the whole report as JSON; attached files are objects too
    row                 what it says: now it is there (drift_reports in SQL)
    another row         it is deleted; its objects go with the next collections of garbage

The key is made of the contents and ids of the versions, of what was asked for, and of the number
of the algorithm, so a new way to compare makes new reports. A report is of two versions, or a
series: of one version after another, or of a version in parts, with a reference.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from core.datasets.drift_rows import DriftSummary, row_of_report, row_of_series
from core.errors import DataVersionError, DriftReportError, DriftReportNotFoundError
from core.ids import new_id
from lake.clock import now_us, to_datetime, to_us
from lake.digest import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa

    from catalog.drift_search import DriftRows
    from core.datasets.drift_rows import Kind
    from core.datasets.version import DatasetVersion
    from core.drift.report import DriftReport
    from core.drift.second_opinion import SecondOpinion
    from core.drift.series import DriftSeries
    from lake.lake import Durability, Lake

_CLAIMS: Final = "drift-reports"
_SHORTEST_ID: Final = 8
_OPINION: Final = "evidently.json"
PAGE: Final = "evidently.html"
_GETTERS: Final = {"comparison": "get_drift_report", "series": "get_drift_series"}
_HINT: Final = 'List them with drift_reports(), or `mhras sql "from drift_reports"`.'


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
        versions: Sequence[DatasetVersion],
        parameters: Mapping[str, Any],
        compute: Callable[[], DriftReport],
    ) -> DriftReport:
        """Return the report on a reference and a version; made when nobody has before.

        Raises DataVersionError for parameters that JSON cannot hold.
        """
        key = _key("comparison", versions, parameters)
        row = self._rows.by_key(key)
        if row is not None:
            return self._load(row)
        report = replace(compute(), report_id=self._free_id(key))
        self._keep(report.report_id, key, report, row_of_report(report, versions))
        return report

    def series_once(
        self,
        versions: Sequence[DatasetVersion],
        parameters: Mapping[str, Any],
        compute: Callable[[], DriftSeries],
    ) -> DriftSeries:
        """Return the series of comparisons with the first version, as `once` does."""
        key = _key("series", versions, parameters)
        row = self._rows.by_key(key)
        if row is not None:
            return self._load_series(row)
        series = replace(compute(), report_id=self._free_id(key))
        self._keep(series.report_id, key, series, row_of_series(series, versions))
        return series

    def _free_id(self, key: str) -> str:
        """Claim the id of a report: the same for whoever asks, and never that of a deleted one."""
        deleted = 0
        while True:
            name = f"{key}-{deleted}" if deleted else key
            held, _ = self._lake.claim(_CLAIMS, name, {"report_id": new_id()})
            if not self._rows.is_deleted(held["report_id"]):
                return str(held["report_id"])
            deleted += 1

    def _keep(
        self, report_id: str, key: str, report: DriftReport | DriftSeries, row: Mapping[str, Any]
    ) -> None:
        document = json.dumps(report.to_dict(), allow_nan=False).encode()
        self._append(
            {
                **row,
                "report_id": report_id,
                "result_key": key,
                "digest": self._lake.objects.put(document),
                "created_at": to_us(report.generated_at),
                "actor": self._actor,
            }
        )

    def delete(self, report_id: str) -> None:
        """Delete a report or a series, and what is attached to it, for good.

        Garbage collection frees its objects. Who asks the same again makes another report.
        Raises DriftReportNotFoundError.
        """
        self._append({"report_id": self._row(report_id)["report_id"], "deleted": True})

    def get(self, report_id: str) -> DriftReport:
        """Find a report of two versions by its id, or a beginning of it that no other has.

        Raises DriftReportNotFoundError.
        """
        return self._load(self._row(report_id, "comparison"))

    def get_series(self, report_id: str) -> DriftSeries:
        """Find a series by its id, or a beginning of it that no other report has.

        Raises DriftReportNotFoundError.
        """
        return self._load_series(self._row(report_id, "series"))

    def summary(self, report_id: str) -> DriftSummary:
        """Find a report or a series by its id, in one line. Raises DriftReportNotFoundError."""
        row = self._row(report_id)
        return DriftSummary.from_row({**row, "attachments": [*row["attachments"]]})

    def search(
        self,
        kind: Kind = "comparison",
        *,
        dataset: str | None = None,
        version_id: str | None = None,
        **wanted: Unpack[WantedReports],
    ) -> list[DriftSummary]:
        """Return the reports of a kind for which all of this holds, the newest first."""
        since = wanted.get("since")
        found = self._rows.search(
            kind,
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
    ) -> tuple[SecondOpinion, bytes]:
        """Return Evidently's opinion and its page; of a stored report, it is asked once.

        Raises MissingExtraError when it is not installed.
        """
        from core.drift.second_opinion import SecondOpinion, ask_evidently  # as above

        if report.report_id and _OPINION in self._row(report.report_id)["attachments"]:
            kept, page = (self.attachment(report.report_id, name) for name in (_OPINION, PAGE))
            return SecondOpinion.from_dict(json.loads(kept)), page
        opinion, page = ask_evidently(*tables(), report)
        if report.report_id:
            text = json.dumps(opinion.to_dict(), allow_nan=False).encode()
            self.attach(report.report_id, {_OPINION: text, PAGE: page})
        return opinion, page

    def _row(self, report_id: str, kind: Kind | None = None) -> dict[str, Any]:
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
        if kind not in {None, row["kind"]}:
            message = f"The report {row['report_id']} is a {row['kind']}, not a {kind}."
            hint = f"Get it with {_GETTERS[row['kind']]}."
            raise DriftReportNotFoundError(message, hint=hint, report=report_id)
        return row

    def _load(self, row: Mapping[str, Any]) -> DriftReport:
        from core.drift.report import DriftReport  # its annotations, which logging does not need

        return DriftReport.from_dict(self._document(row))

    def _load_series(self, row: Mapping[str, Any]) -> DriftSeries:
        from core.drift.series import DriftSeries  # with Arrow, as above

        return DriftSeries.from_dict(self._document(row))

    def _document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        try:
            plain: dict[str, Any] = json.loads(self._lake.objects.get(row["digest"]))
        except ValueError as error:
            message = f"The report {row['report_id']} is no JSON: {error}"
            raise DriftReportError(message, report=row["report_id"]) from error
        return plain

    def _append(self, row: Mapping[str, Any]) -> None:
        event = {"event_at": now_us(), "writer": self._lake.writer}
        self._lake.append("drift_reports", [{**row, **event}], durability=self._durability)


def _key(kind: Kind, versions: Sequence[DatasetVersion], parameters: Mapping[str, Any]) -> str:
    from core.drift.report import ALGORITHM  # as above

    asked = {
        "algorithm": ALGORITHM,
        "versions": [[each.version_id, each.content_digest] for each in versions],
        "parameters": parameters,
        **({"kind": kind} if kind != "comparison" else {}),  # which older keys do not have
    }
    try:
        return digest_bytes(json.dumps(asked, sort_keys=True).encode())
    except TypeError as error:
        message = f"A report with these parameters cannot be stored: {error}."
        hint = "Give names as texts, or ask with store=False."
        raise DataVersionError(message, hint=hint, parameters=sorted(parameters)) from error
