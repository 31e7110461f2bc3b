"""Finds what was made of what: the steps between things, and what these are.

    data_lineage       recorded steps                     version, run ... -> version ...
    runs.inputs        what a run was started with        version -> run
    artifacts          what a run left                    run -> file
    drift_reports      what versions were compared in     version -> report
    eda_reports        what a version was analysed in     version -> analysis
    model_versions     what was registered of a run       run -> model
                       data that the run did not read     version -> model
    model_evaluations  what was judged, and on what       model, version -> evaluation
    model_cards        what a card tells of               model, evaluation, version, report -> card

Only the first are stored as steps; the others are rows that are there anyway. Of a bad lake the
steps may go round in a circle: every question here ends all the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from catalog.records import records, records_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import duckdb

    from catalog.catalog import Catalog

Direction = Literal["upstream", "downstream", "both"]

# A kind of thing: how its rows say id, name and whether it is deleted. A new table of things gets
# its line here, and is in every graph then.
_KINDS: Final = {
    "dataset_version": (
        "select version_id as id, dataset_name || '@' || version as label, false as deleted,"
        " created_at as made_at from dataset_versions"
    ),
    "run": (
        "select run_id as id, experiment_name || '/' || run_name as label, deleted,"
        " start_time as made_at from all_runs"
    ),
    "artifact": (
        "select a.artifact_id as id, a.path as label, r.deleted, a.created_at as made_at"
        " from artifacts a join all_runs r using (run_id)"
    ),
    "report": (
        "select report_id as id, case kind when 'series' then 'drift over time' else 'drift' end"
        " || ' from ' || version1 || ' to ' || version2 as label, false as deleted,"
        " created_at as made_at from drift_reports"
    ),
    "model": (
        "select model_id as id, model_name || '@' || version as label, false as deleted,"
        " created_at as made_at from model_versions"
    ),
    "card": (
        "select card_id as id, model_name || '@' || version || ', card ' || card_number as label,"
        " false as deleted, created_at as made_at from model_cards"
    ),
    "evaluation": (
        "select evaluation_id as id, name || ' of ' || model_name || '@' || version as label,"
        " false as deleted, created_at as made_at from model_evaluations"
    ),
    "eda_report": (
        "select report_id as id, 'analysis of ' || version || coalesce(' for ' || target, '')"
        " as label, false as deleted, created_at as made_at from eda_reports"
    ),
}
_THINGS: Final = " union all ".join(
    f"(select '{kind}' as kind, * from ({query}) where id in (select unnest($ids)))"
    for kind, query in _KINDS.items()
)
# What a run was started with may be named as people name it: phq9@v3. Patches of the code are no
# result of a run.
_LINKS: Final = """
read_by_runs as materialized (
  select coalesce(v.version_id, r.input) as version_id, run_id
  from (select run_id, unnest(inputs) as input from all_runs) r
  left join (select version_id, version_id as name from dataset_versions union all
             select version_id, dataset_name || '@' || version from dataset_versions) v
         on v.name = r.input),
links as materialized (
  select input_version_id as source, output_version_id as target, lineage_id,
         input_kind as source_kind
  from data_lineage
  union
  select version_id, run_id, 'input', 'dataset_version' from read_by_runs
  union
  select run_id, artifact_id, 'file', 'run' from artifacts where artifact_type <> 'code'
  union
  select unnest([version_id1, version_id2] || coalesce(from_json(version_ids, '["varchar"]'), [])),
         report_id, 'report', 'dataset_version'
  from drift_reports
  union
  select version_id, report_id, 'analysis', 'dataset_version' from eda_reports
  union
  select run_id, model_id, 'model', 'run' from model_versions
  union
  select version_id, model_id, 'data', 'dataset_version'
  from (select unnest(from_json(dataset_version_ids, '["varchar"]')) as version_id, model_id, run_id
        from model_versions) anti join read_by_runs using (version_id, run_id)
  union
  select model_id, evaluation_id, 'evaluation', 'model' from model_evaluations
  union
  select dataset_version_id, evaluation_id, 'evaluation', 'dataset_version'
  from model_evaluations where dataset_version_id <> ''
  union
  select model_id, card_id, 'card', 'model' from model_cards
  union
  select unnest(told.value), card_id, 'card', told.key
  from (select card_id, unnest(map_entries(from_json(sources, '"map(varchar, varchar[])"'))) as told
        from model_cards))
"""
# `union` drops what was found before, so that a circle ends it
_REACHED: Final = f"""
with recursive {_LINKS},
upstream(id) as (
  select $start where $up
  union select l.source from upstream u join links l on l.target = u.id),
downstream(id) as (
  select $start where $down
  union select l.target from downstream d join links l on l.source = d.id)
select source, target, lineage_id, source_kind from links
where (target in (from upstream) and source in (from upstream))
   or (source in (from downstream) and target in (from downstream))
order by all
"""
# the newest steps: what is recorded last was made last, as ids sort by time
_EVERYTHING: Final = f"""
with recursive {_LINKS}
select source, target, lineage_id, source_kind from links
order by target desc, source, lineage_id limit $most
"""
_DETAILS: Final = """
select * from data_lineage where lineage_id in (select unnest($ids))
"""
_RECORDED: Final = """
select distinct lineage_id from data_lineage where lineage_id in (select unnest($ids))
"""
_RUNS: Final = """
select run_id, experiment_name, status, start_time, end_time, error, parent_run_id
from all_runs where run_id in (select unnest($ids))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageNode:
    """A thing: a version of a dataset, a run, a file ... `missing` is what was erased."""

    id: str
    kind: str
    label: str
    deleted: bool = False
    missing: bool = False
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageEdge:
    """A step from one thing to another that was made of it.

    `transformation_type` is "input" or "file" for what a run was started with, or left, "report"
    for what was compared, "analysis" for what was analysed, "model" for what was registered and
    "data" for what it says it was made of, "evaluation" for what was judged, "card" for what a card
    tells of: those have no `lineage_id`. `code` is
    the digest of the text that did it. `columns` are those of the output, each with the columns of
    the source it comes from, and None where that is not known; `unresolved` says of some why it
    could not be found out.
    """

    source: str
    target: str
    transformation_type: str
    lineage_id: str = ""
    code: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] | None = None
    unresolved: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    actor: str | None = None


class LineageRows:
    """Asks the catalog what was made of what."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def things(self, ids: Iterable[str]) -> dict[str, LineageNode]:
        """Return what has these ids, by id."""
        with self._catalog.cursor() as cursor:
            return _things(cursor, ids)

    def recorded(self, ids: Iterable[str]) -> set[str]:
        """Return which of these steps are recorded."""
        with self._catalog.cursor() as cursor:
            return {row[0] for row in cursor.execute(_RECORDED, {"ids": [*ids]}).fetchall()}

    def edges(self, ids: Iterable[str]) -> dict[str, LineageEdge]:
        """Return the steps with these ids, by id."""
        with self._catalog.cursor() as cursor:
            return {way: detail.edge for way, detail in _details(cursor, ids).items()}

    def runs(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return what is known of these runs, by id."""
        rows = records(self._catalog, _RUNS, {"ids": [*ids]})
        return {row["run_id"]: row for row in rows}

    def reached(
        self, start: str, direction: Direction
    ) -> tuple[dict[str, LineageNode], list[LineageEdge]]:
        """Return what something was made of, what was made of it, and all steps between them."""
        asked = {
            "start": start,
            "up": direction in {"upstream", "both"},
            "down": direction in {"downstream", "both"},
        }
        with self._catalog.cursor() as cursor:
            links = cursor.execute(_REACHED, asked).fetchall()
            return _told(cursor, links, {start})

    def everything(self, most: int) -> tuple[dict[str, LineageNode], list[LineageEdge]]:
        """Return the things of so many steps, those that were made last, and the steps."""
        with self._catalog.cursor() as cursor:
            links = cursor.execute(_EVERYTHING, {"most": most}).fetchall()
            return _told(cursor, links, set())


def _told(
    cursor: duckdb.DuckDBPyConnection, links: list[tuple[str, str, str, str]], also: set[str]
) -> tuple[dict[str, LineageNode], list[LineageEdge]]:
    """Say what the things are that links lead from and to, and how each step was done."""
    details = _details(cursor, [link[2] for link in links])
    kinds = {t: details[way].output_kind for _, t, way, _ in links if way in details}
    kinds |= {source: kind for source, _, _, kind in links}
    nodes = _things(cursor, {*also, *kinds, *(link[1] for link in links)})
    for missing, kind in kinds.items():
        unknown = LineageNode(id=missing, kind=kind, label=missing, missing=True)
        nodes.setdefault(missing, unknown)
    edges = [
        details[way].edge
        if way in details
        else LineageEdge(source=source, target=target, transformation_type=way)
        for source, target, way, _ in links
        if source in nodes and target in nodes
    ]
    return nodes, edges


@dataclass(frozen=True, slots=True)
class _Detail:
    edge: LineageEdge
    output_kind: str


def _details(cursor: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> dict[str, _Detail]:
    from datetime import UTC

    found = {}
    for row in records_of(cursor, _DETAILS, {"ids": [*ids]}):
        columns = json.loads(row["column_edges"]) if row["column_edges"] else None
        edge = LineageEdge(
            source=row["input_version_id"],
            target=row["output_version_id"],
            transformation_type=row["transformation_type"],
            lineage_id=row["lineage_id"],
            code=row["transformation_code"],
            parameters=json.loads(row["parameters"] or "{}"),
            columns=columns
            and {name: tuple(sources) for name, sources in columns["columns"].items()},
            unresolved=columns["unresolved"] if columns else {},
            created_at=row["created_at"].replace(tzinfo=UTC),
            actor=row["actor"],
        )
        found[edge.lineage_id] = _Detail(edge, row["output_kind"])
    return found


def _things(cursor: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> dict[str, LineageNode]:
    from datetime import UTC

    rows = cursor.execute(_THINGS, {"ids": [*ids]}).fetchall()
    return {
        thing: LineageNode(
            id=thing,
            kind=kind,
            label=label,
            deleted=bool(deleted),
            created_at=made_at and made_at.replace(tzinfo=UTC),
        )
        for kind, thing, label, deleted, made_at in rows
    }
