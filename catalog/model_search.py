"""Finds the rows of models: versions, moves, evaluations, reports in service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from catalog.records import records

if TYPE_CHECKING:
    from catalog.catalog import Catalog

_BY_ID: Final = "select * from model_versions where model_id = $model_id"
_NEWEST: Final = """
select * from model_versions where model_name = $name
order by created_at desc, model_id desc
"""
# a label comes before an alias, an alias before a stage; of a stage the newest version counts
_FIND: Final = """
select * from model_versions
where model_name = $name
  and (version = $wanted or list_contains(aliases, $wanted) or stage = $wanted)
order by version <> $wanted, not list_contains(aliases, $wanted), created_at desc, model_id desc
limit 1
"""
_MODELS: Final = "select * from models order by model_name"
_MOVES: Final = """
select * from model_stages
where model_name = $name and ($model_id is null or model_id = $model_id or previous = $model_id)
order by moved_at
"""
_EVALUATIONS: Final = """
select * from model_evaluations where model_id = $model_id
order by created_at desc, evaluation_id desc
"""
_REPORTS: Final = """
select * from model_reports
where ($model_id is null or model_id = $model_id) and ($name is null or model_name = $name)
order by created_at desc, report_id desc limit $number
"""
_REPORT: Final = "select * from model_reports where report_id = $report_id"
_ALL: Final = 2**62


class ModelRows:
    """Asks the catalog for models, as mappings from column to value."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def by_id(self, model_id: str) -> dict[str, Any] | None:
        """Return a version of any model."""
        return next(iter(self._ask(_BY_ID, model_id=model_id)), None)

    def newest(self, name: str) -> list[dict[str, Any]]:
        """Return the versions of a model, the newest first."""
        return self._ask(_NEWEST, name=name)

    def find(self, name: str, wanted: str | None) -> dict[str, Any] | None:
        """Return a version by label, alias or stage; else the newest."""
        if wanted is None:
            return next(iter(self.newest(name)), None)
        return next(iter(self._ask(_FIND, name=name, wanted=wanted)), None)

    def models(self) -> list[dict[str, Any]]:
        """Return one row for each model, by name."""
        return self._ask(_MODELS)

    def moves(self, name: str, model_id: str | None = None) -> list[dict[str, Any]]:
        """Return the moves of a model's versions and aliases, or of one version, in order."""
        return self._ask(_MOVES, name=name, model_id=model_id)

    def evaluations(self, model_id: str) -> list[dict[str, Any]]:
        """Return the evaluations of a version, the newest first."""
        return self._ask(_EVALUATIONS, model_id=model_id)

    def reports(
        self, name: str | None = None, model_id: str | None = None, number: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the reports on a model, a version of it or all models, the newest first."""
        most = _ALL if number is None else number
        return self._ask(_REPORTS, name=name, model_id=model_id, number=most)

    def report(self, report_id: str) -> dict[str, Any] | None:
        """Return a report."""
        return next(iter(self._ask(_REPORT, report_id=report_id)), None)

    def _ask(self, query: str, **values: object) -> list[dict[str, Any]]:
        return records(self._catalog, query, values)
