"""One row per run, kept up to date, with a column for every name a search asked about.

`run_rows` is the table a search scans. A metric, param or tag that a filter or an order speaks
of gets a column of its own the first time ("facet"): reading it out of the MAP again for every
search costs ten times the search (measured at 10,000 runs: 10 ms against 1 ms). For the same reason
`document` holds the maps of a run once more, as JSON: what a search gives back is made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from catalog.direction import lower_is_better
from catalog.session import SQL_TYPES
from catalog.tables import SPECS
from catalog.views import FOLD_RUNS, MERGE_SUMMARIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from catalog.filters import Name

MOST_FACETS: Final = 200

_COLUMNS: Final = {
    **{name: SQL_TYPES[kind] for name, kind in SPECS["runs"].columns.items()},
    "inputs": "varchar[]",
    "last_event_at": "timestamp",
    "heartbeat_at": "timestamp",
    "duration": "double",
    "document": "varchar",
}
_OF_EVENTS: Final = frozenset({"kind", "event_at"})
_DOCUMENT: Final = """
to_json({{params: {row}.params, param_types: {row}.param_types, tags: {row}.tags,
          metrics: {metrics}}})
"""
_ROWS: Final = """
select f.* exclude (metrics, inputs), from_json(f.inputs, '["varchar"]') as inputs,
       coalesce(m.metrics, f.metrics) as metrics,
       epoch(f.end_time - f.start_time) as duration,
       greatest(f.last_event_at, m.last_logged_at) as heartbeat_at
from ({fold}) f left join ({points}) m using (run_id)
"""
_POINTS: Final = """
select run_id, max(last_logged_at) as last_logged_at,
       map(list(metric_name order by metric_name), list(last order by metric_name)) as metrics
from ({summaries}) group by run_id
"""
_LOGGED: Final = """
update run_rows set {values} from ({points}) m where run_rows.run_id = m.run_id
"""
_CHOSEN: Final = "(select * from {} where run_id in (select unnest($ids)))"
_MAPS: Final = {"metric": "metrics", "param": "params", "tag": "tags"}

# what a filter may speak of and a row of a run does not hold under the same name
_EXPRESSIONS: Final = {
    "artifact_uri": "null::varchar",
    "dataset_name": "inputs",
    "dataset_digest": "[]::varchar[]",
    "dataset_context": "[]::varchar[]",
}


class RunRows:
    """The table `run_rows` of a catalog's DuckDB. One thread at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._facets: dict[Name, str] = {}
        self._deleted = 0
        self._made = 0
        columns = [f"{c} {kind}" for c, kind in _COLUMNS.items() if c not in _OF_EVENTS]
        connection.execute(f"create table run_rows ({', '.join(columns)})")

    def update(self, run_ids: set[str] | None, logged: set[str]) -> None:
        """Make the rows of some runs again, or of all (None).

        ``logged`` are runs of which nothing is new but points: a tenth of the work.
        """
        if run_ids is None:
            self._connection.execute("delete from run_rows")
            self._insert("events_runs", "summary_parts", {})
            return
        logged = logged - run_ids
        if run_ids:
            ids = {"ids": sorted(run_ids)}
            self._connection.execute(
                "delete from run_rows where run_id in (select unnest($ids))", ids
            )
            self._insert(_CHOSEN.format("events_runs"), _CHOSEN.format("summary_parts"), ids)
        if logged:
            self._take_points(logged)
        if run_ids or logged:
            self._tidy(len(run_ids) + len(logged))

    def _insert(self, events: str, parts: str, parameters: Mapping[str, object]) -> None:
        fold = FOLD_RUNS.format(events=events)
        rows = _ROWS.format(fold=fold, points=_points(parts))
        values, keys = _values(self._facets, "r")
        values["document"] = _DOCUMENT.format(row="r", metrics="r.metrics")
        chosen = ", ".join(["r.*", *(f"{value} as {column}" for column, value in values.items())])
        statement = f"insert into run_rows by name select {chosen} from ({rows}) r"
        self._connection.execute(statement, {**parameters, **keys})

    def _take_points(self, run_ids: set[str]) -> None:
        metrics = {name: facet for name, facet in self._facets.items() if name.kind == "metric"}
        values, keys = _values(metrics, "m")
        values |= {
            "metrics": "m.metrics",
            "document": _DOCUMENT.format(row="run_rows", metrics="m.metrics"),
            "heartbeat_at": "greatest(run_rows.last_event_at, m.last_logged_at)",
        }
        chosen = ", ".join(f"{column} = {value}" for column, value in values.items())
        points = _points(_CHOSEN.format("summary_parts"))
        statement = _LOGGED.format(values=chosen, points=points)
        self._connection.execute(statement, {"ids": sorted(run_ids), **keys})

    def _tidy(self, changed: int) -> None:
        """Write the table anew when most of what it holds is rows replaced since."""
        self._deleted += changed
        (count,) = self._connection.execute("select count(*) from run_rows").fetchall()[0]
        if self._deleted > 2 * count + 10_000:
            self._connection.execute("create or replace table run_rows as from run_rows")
            self._deleted = 0

    def column(self, name: Name) -> str:
        """The column that holds what a filter's name speaks of; made when it is not there.

        >>> from catalog.filters import Name
        >>> from catalog.session import connect
        >>> RunRows.column(object.__new__(RunRows), Name("attribute", "status"))
        'status'
        """
        if name.kind == "attribute":
            return _EXPRESSIONS.get(name.key, name.key)
        if name.aggregate == "best":
            name = type(name)("metric", name.key, "min" if lower_is_better(name.key) else "max")
        if name not in self._facets:
            self._add(name)
        return self._facets[name]

    def known(self, names: frozenset[Name]) -> bool:
        """Whether all these names have their columns already."""
        return all(name.kind == "attribute" or name in self._facets for name in names)

    def _add(self, name: Name) -> None:
        if len(self._facets) >= MOST_FACETS:
            oldest, column = next(iter(self._facets.items()))
            self._connection.execute(f"alter table run_rows drop column {column}")
            del self._facets[oldest]
        self._made += 1
        column = f"facet_{self._made}"
        kind = "double" if name.kind == "metric" else "varchar"
        self._connection.execute(f"alter table run_rows add column {column} {kind}")
        self._facets[name] = column
        values, keys = _values({name: column}, "run_rows")
        self._connection.execute(f"update run_rows set {column} = {values[column]}", keys)


def _points(parts: str) -> str:
    return _POINTS.format(summaries=MERGE_SUMMARIES.format(parts=parts))


def _values(facets: Mapping[Name, str], row: str) -> tuple[dict[str, str], dict[str, str]]:
    """The SQL of each facet's value for a row, and the names that are bound in it."""
    values = {}
    for name, facet in facets.items():
        if name.kind == "metric" and name.aggregate in ("min", "max"):
            values[facet] = (
                f"(select {name.aggregate}({name.aggregate}) from summary_parts p"
                f" where p.metric_name = ${facet} and p.run_id = {row}.run_id)"
            )
        else:
            values[facet] = f"{row}.{_MAPS[name.kind]}[${facet}]"
    return values, {facet: name.key for name, facet in facets.items()}
