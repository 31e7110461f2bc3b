"""The view of stored analyses, and how they are found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from catalog.records import records

if TYPE_CHECKING:
    from catalog.catalog import Catalog

# whoever analyzed the same at the same time was given the same id: the first row counts
LATEST_EDA_REPORTS: Final = """
select report_id, min(dataset_name) as dataset_name, min(version_id) as version_id,
       min(version) as version, min(target) as target, min(num_rows) as num_rows,
       min(num_columns) as num_columns, min(quality_issues) as quality_issues,
       arg_min(recommendations, event_at) as recommendations, min(parameters) as parameters,
       min(result_key) as result_key, arg_min(digest, event_at) as digest,
       min(created_at) as created_at, arg_min(actor, event_at) as actor
from {events} group by report_id
having min(digest) is not null
"""
_FIND: Final = "select * from eda_reports where report_id = $report_id"
_BY_KEY: Final = "select * from eda_reports where result_key = $key"
_SEARCH: Final = """
select * from eda_reports where $dataset is null or dataset_name = $dataset
order by created_at desc, report_id desc
"""


class EDARows:
    """Asks the catalog for stored analyses, as mappings from column to value."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def by_id(self, report_id: str) -> dict[str, Any] | None:
        """Return an analysis."""
        return next(iter(self._ask(_FIND, report_id=report_id)), None)

    def by_key(self, key: str) -> dict[str, Any] | None:
        """Return the analysis of this content."""
        return next(iter(self._ask(_BY_KEY, key=key)), None)

    def search(self, dataset: str | None = None) -> list[dict[str, Any]]:
        """Return analyses, the newest first."""
        return self._ask(_SEARCH, dataset=dataset)

    def _ask(self, query: str, **values: object) -> list[dict[str, Any]]:
        return records(self._catalog, query, values)
