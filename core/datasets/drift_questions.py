"""What may be asked of drift: how versions and tables differ, at once, over time, and before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from core.datasets.comparison import Comparisons
from core.datasets.over_time import OverTime
from core.datasets.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.dataset_search import VersionRows
    from core.datasets.drift_reports import DriftReports, WantedReports
    from core.datasets.drift_rows import DriftSummary, Kind
    from core.datasets.places import VersionPlaces
    from core.drift.report import DriftReport, Method
    from core.drift.second_opinion import SecondOpinion
    from core.drift.series import DriftSeries
    from lake.lake import Durability, Lake


class DriftQuestions(Statements):
    """The part of `DataVersionControl` that is about drift."""

    def __init__(
        self,
        lake: Lake,
        rows: VersionRows,
        places: VersionPlaces,
        reports: DriftReports,
        *,
        actor: str | None,
        durability: Durability,
    ) -> None:
        super().__init__(lake, rows, places, actor=actor, durability=durability)
        self._reports = reports
        self._comparisons = Comparisons(self._versions, reports)
        self._over_time = OverTime(self._comparisons, self._versions, reports)

    def detect_drift(
        self,
        dataset_version_id1: Any,
        dataset_version_id2: Any,
        *,
        columns: Sequence[str] | None = None,
        method: Method = "exact",
        store: bool = True,
        **options: Any,
    ) -> DriftReport:
        """Compare a version with the one it is measured by, which comes first.

        Versions are given by id or as ``name@version``; any frame, query or file may be in their
        place. core/drift/columns.py says what drift is, and which `options` there are. A report of
        two versions is stored, unless `store` is false, and comes back when it is asked for again.
        `method="sketch"` compares what was kept of versions when they were registered: see
        core/profile/distribution.py for how near that is. Raises DatasetNotFoundError, FrameError,
        and DataVersionError for unknown columns.
        """
        return self._comparisons.detect_drift(
            dataset_version_id1,
            dataset_version_id2,
            columns=columns,
            method=method,
            store=store,
            **options,
        )

    def drift_reports(
        self,
        dataset_name: str | None = None,
        version: str | None = None,
        **wanted: Unpack[WantedReports],
    ) -> list[DriftSummary]:
        """Return stored comparisons, the newest first: those for which all that is given holds.

        With a version, or ``name@version`` as the name: the reports in which it is the reference or
        the current one. `drifted` chooses by verdict, `column` those in which this one drifted,
        `since` by time, UTC without a zone; `limit` is the most. Raises DatasetNotFoundError.
        """
        return self._searched("comparison", dataset_name, version, wanted)

    def second_opinion(
        self, report: DriftReport | str, tables: tuple[Any, Any] | None = None
    ) -> SecondOpinion:
        """Ask Evidently about a report, by itself or by its id (core/drift/second_opinion.py).

        `tables` are those it is of, when they are not versions. Raises MissingExtraError and
        DriftReportError.
        """
        return self._comparisons.second_opinion(report, tables)[0]

    def second_opinion_page(
        self, report: DriftReport | str, tables: tuple[Any, Any] | None = None
    ) -> tuple[SecondOpinion, bytes]:
        """Return the second opinion with the page in HTML that Evidently makes of it."""
        return self._comparisons.second_opinion(report, tables)

    @property
    def stored_reports(self) -> DriftReports:
        """The stored reports of drift, and the files that are kept with them."""
        return self._reports

    def get_drift_report(self, report_id: str) -> DriftReport:
        """Find a stored report by its id, or by as much of it as no other report has.

        Raises DriftReportNotFoundError.
        """
        return self._reports.get(report_id)

    def drift_over_time(
        self,
        reference: Any,
        series: Any = None,
        *,
        columns: Sequence[str] | None = None,
        time: str | None = None,
        every: str = "1mo",
        store: bool = True,
    ) -> DriftSeries:
        """Compare one table after another with the same reference: when did what change?

        `series` is the name of a dataset (its versions, the oldest first), a list of versions or
        tables, or what core.drift.series.chunks_of made of one table. With `time`, a column of
        dates or times, it is one version or table, cut `every` 7d, 1w, 1mo, 1q or 1y; without one,
        the reference itself is cut, and its first part is the reference.

        A series of versions is stored, unless `store` is false, and comes back when it is asked for
        again. Raises as detect_drift does.
        """
        return self._over_time.compare(
            reference, series, columns=columns, time=time, every=every, store=store
        )

    def drift_series(
        self,
        dataset_name: str | None = None,
        version: str | None = None,
        **wanted: Unpack[WantedReports],
    ) -> list[DriftSummary]:
        """Return stored series, the newest first; searched as `drift_reports` are."""
        return self._searched("series", dataset_name, version, wanted)

    def get_drift_series(self, report_id: str) -> DriftSeries:
        """Find a stored series by its id, or by as much of it as no other report has.

        Raises DriftReportNotFoundError.
        """
        return self._reports.get_series(report_id)

    def delete_drift_report(self, report_id: str) -> None:
        """Delete a stored report or series for good, with the files that are kept with it.

        Its bytes go with garbage collection. Raises DriftReportNotFoundError.
        """
        self._reports.delete(report_id)

    def _searched(
        self, kind: Kind, dataset_name: str | None, version: str | None, wanted: WantedReports
    ) -> list[DriftSummary]:
        if dataset_name and (version is not None or "@" in dataset_name):
            found = self._versions.find(dataset_name, version)
            return self._reports.search(kind, version_id=found.version_id, **wanted)
        return self._reports.search(kind, dataset=dataset_name, **wanted)
