"""Finds the rows of stored drift reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from catalog.records import records

if TYPE_CHECKING:
    from datetime import datetime

    from catalog.catalog import Catalog

_FIND: Final = "select * from drift_reports where report_id = $report_id"
_BY_KEY: Final = "select * from drift_reports where result_key = $key order by created_at limit 1"
_DELETED: Final = """
select coalesce(arg_max(deleted, event_at), false) from events_drift_reports
where report_id = $report_id
"""
# the beginning of an id that only one report has is as good as the id
_LIKE: Final = """
select report_id from drift_reports where starts_with(report_id, $beginning)
order by report_id limit 2
"""
_SEARCH: Final = """
select * exclude (statistical_tests, attachments), map_keys(attachments) as attachments
from drift_reports
where kind = $kind
  and ($dataset is null or dataset_name = $dataset)
  and ($version_id is null or version_id1 = $version_id or version_id2 = $version_id
       or list_contains(from_json(version_ids, '["varchar"]'), $version_id))
  and ($drifted is null or drift_detected = $drifted)
  and ($column is null
       or list_contains(from_json(drifted_columns, '["varchar"]'), $column))
  and ($since is null or created_at >= $since)
order by created_at desc, report_id desc
limit $number
"""
_ALL: Final = 2**62


class DriftRows:
    """Asks the catalog for drift reports, as mappings from column to value."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def by_id(self, report_id: str) -> dict[str, Any] | None:
        """Return a report."""
        return next(iter(self._ask(_FIND, report_id=report_id)), None)

    def by_key(self, key: str) -> dict[str, Any] | None:
        """Return the report of this comparison."""
        return next(iter(self._ask(_BY_KEY, key=key)), None)

    def beginning_with(self, beginning: str) -> list[str]:
        """Return the ids, two at most, that begin so."""
        return [row["report_id"] for row in self._ask(_LIKE, beginning=beginning)]

    def is_deleted(self, report_id: str) -> bool:
        """Tell whether there was such a report, and it was deleted."""
        with self._catalog.cursor() as cursor:
            found = cursor.execute(_DELETED, {"report_id": report_id}).fetchone()
        return bool(found and found[0])

    def search(
        self,
        kind: str,
        *,
        dataset: str | None = None,
        version_id: str | None = None,
        drifted: bool | None = None,
        column: str | None = None,
        since: datetime | None = None,
        number: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return reports of a kind without their tests, the newest first."""
        return self._ask(
            _SEARCH,
            kind=kind,
            dataset=dataset,
            version_id=version_id,
            drifted=drifted,
            column=column,
            since=since,
            number=_ALL if number is None else number,
        )

    def _ask(self, query: str, **values: object) -> list[dict[str, Any]]:
        return records(self._catalog, query, values)
