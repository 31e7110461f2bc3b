"""Searching runs: which ones, in which order, which page, which columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from catalog.filters import Name, compile_filter, compile_order, names_of, names_of_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from catalog.catalog import Catalog

RUN_FIELDS: Final = (
    "run_id",
    "experiment_id",
    "experiment_name",
    "run_name",
    "status",
    "start_time",
    "end_time",
    "document",
    "git_commit",
    "code_version",
    "parent_run_id",
    "environment",
    "inputs",
    "error",
    "note",
    "actor",
    "deleted",
    "writer",
    "heartbeat_at",
)
_SELECT: Final = f"select {', '.join(RUN_FIELDS)} from run_rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What runs are asked for. ``order_by`` empty: the newest first."""

    experiment_name: str | None = None
    filter_string: str | None = None
    order_by: Sequence[str] = ()
    limit: int | None = None
    offset: int = 0
    include_deleted: bool = False
    only_deleted: bool = False

    @property
    def names(self) -> frozenset[Name]:
        """The metrics, params, tags and attributes that filter and order speak of."""
        return names_of(self.filter_string or "") | names_of_order(self.order_by)

    def where(self, column: Callable[[Name], str]) -> tuple[str, dict[str, object]]:
        """The condition over `run_rows`, and the values bound in it."""
        compiled = compile_filter(self.filter_string or "", column)
        conditions, parameters = [compiled.sql], dict(compiled.parameters)
        if self.experiment_name is not None:
            conditions.append("experiment_name = $experiment_name")
            parameters["experiment_name"] = self.experiment_name
        if self.only_deleted:
            conditions.append("deleted")
        elif not self.include_deleted:
            conditions.append("not deleted")
        return " and ".join(f"({c})" for c in conditions), parameters

    def page(self, column: Callable[[Name], str]) -> tuple[str, dict[str, object]]:
        """What follows `from run_rows`: the condition, the order and the page."""
        where, parameters = self.where(column)
        text = f"where {where} order by {compile_order(self.order_by, column)}"
        if self.limit is not None or self.offset:
            text += " limit $limit offset $offset"
            parameters |= {"limit": self.limit, "offset": self.offset}
        return text, parameters


def find_runs(catalog: Catalog, search: Search) -> list[tuple[Any, ...]]:
    """The runs asked for, one tuple of `RUN_FIELDS` each.

    Times are naive UTC datetimes. The document is JSON text with params, param_types, tags and
    metrics: DuckDB takes 10 us to make one map a dict, Python 2 us to read all four.
    """
    with catalog.search_cursor(search.names) as (cursor, column):
        page, parameters = search.page(column)
        return cursor.execute(f"{_SELECT} {page}", parameters).fetchall()


def find_run(catalog: Catalog, run_id: str) -> tuple[Any, ...] | None:
    """One run by its id, also a deleted one, as `find_runs` gives it."""
    statement = f"{_SELECT} where run_id = $run_id"
    with catalog.cursor() as cursor:
        row: tuple[Any, ...] | None = cursor.execute(statement, {"run_id": run_id}).fetchone()
        return row


def find_runs_by_id(catalog: Catalog, run_ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """Those of these runs that are there, also deleted ones, as `find_runs` gives them."""
    statement = f"{_SELECT} where run_id in (select unnest($run_ids))"
    with catalog.cursor() as cursor:
        return cursor.execute(statement, {"run_ids": list(run_ids)}).fetchall()


def find_columns(catalog: Catalog, search: Search, columns: dict[str, Name | str]) -> pa.Table:
    """The runs asked for as an Arrow table of chosen columns.

    ``columns`` maps a column's label to a filter name, or to a field of `run_rows`.
    """
    names = frozenset(c for c in columns.values() if isinstance(c, Name))
    with catalog.search_cursor(search.names | names) as (cursor, column):
        page, parameters = search.page(column)
        chosen = [column(c) if isinstance(c, Name) else c for c in columns.values()]
        relation = cursor.sql(f"select {', '.join(chosen)} from run_rows {page}", params=parameters)
        return relation.to_arrow_table().rename_columns(list(columns))


def count_runs(catalog: Catalog, search: Search) -> int:
    """How many runs match, whatever the page."""
    with catalog.search_cursor(search.names) as (cursor, column):
        where, parameters = search.where(column)
        rows = cursor.execute(f"select count(*) from run_rows where {where}", parameters)
        return int(rows.fetchall()[0][0])
