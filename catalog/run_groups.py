"""Runs in groups: how many there are of each kind, and how well they did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from catalog.direction import lower_is_better
from catalog.errors import FilterError
from catalog.filter_grammar import parse_order_key
from catalog.filter_names import ATTRIBUTES, Name

if TYPE_CHECKING:
    import pyarrow as pa

    from catalog.catalog import Catalog
    from catalog.search import Search

# a run that read several datasets is in the group of each
_GROUPED: Final = """
with chosen as (
  select {group} as name, run_id, run_name, status, start_time,
         {last} as last, {best} as best
  from run_rows where {where}),
grouped as (
  select name, count(*) as runs, count(*) filter (status = 'FAILED') as failed,
         count(last) filter (isfinite(last)) as measured,
         avg(last) filter (isfinite(last)) as mean,
         min(last) filter (isfinite(last)) as least,
         max(last) filter (isfinite(last)) as greatest,
         {ends}(best) filter (isfinite(best)) as best,
         arg_{ends}(run_id, best) filter (isfinite(best)) as best_run_id,
         arg_{ends}(run_name, best) filter (isfinite(best)) as best_run_name,
         max(start_time) as last_start_time
  from chosen group by name)
select *, count(*) over () as groups from grouped
order by best {direction} nulls last, runs desc, name nulls last
limit $group_limit offset $group_offset
"""
_LABELLED: Final = """
select g.*, case when v.version_id is null then g.name
                 else v.dataset_name || '@' || v.version end as label
from ({grouped}) g left join dataset_versions v on v.version_id = g.name
order by g.best {direction} nulls last, g.runs desc, g.name nulls last
"""
_DATASETS: Final = "unnest(case when len(inputs) > 0 then inputs else [null::varchar] end)"


def group_runs(catalog: Catalog, search: Search, by: str, metric_name: str | None) -> pa.Table:
    """Group the runs that match by a name of the filter language, those of the best metric first.

    `by` is a param, a tag, or an attribute that is text: ``params.model``, ``status``, ``actor``,
    ``dataset.name``. Columns: name (null where a run has none), label (of a dataset version its
    name, else the same), runs, failed; of the metric's last values measured (how many are finite),
    mean, least, greatest; best, which is the best value of any step, best_run_id, best_run_name;
    last_start_time; and groups, how many there are whatever the page. Order keys of the search are
    not used.

    Raises FilterError for a name that makes no groups, or a filter that cannot be read.
    """
    name = _group_name(by)
    metrics = (
        [Name("metric", metric_name, kind) for kind in ("last", "best")] if metric_name else []
    )
    low = metric_name is not None and lower_is_better(metric_name)
    names = search.names | {name, *metrics}
    with catalog.search_cursor(names) as (cursor, column):
        where, parameters = search.where(column)
        last, best = (column(each) for each in metrics) if metrics else ("null::double",) * 2
        datasets = name == Name("attribute", "dataset_name")
        direction = "asc" if low else "desc"
        grouped = _GROUPED.format(
            group=_DATASETS if datasets else column(name),
            last=last,
            best=best,
            where=where,
            ends="min" if low else "max",
            direction=direction,
        )
        labelled = _LABELLED.format(grouped=grouped, direction=direction)
        values = {**parameters, "group_limit": search.limit, "group_offset": search.offset}
        return cursor.sql(labelled, params=values).to_arrow_table()


def _group_name(by: str) -> Name:
    """Read what runs are grouped by."""
    operand = parse_order_key(by)[0]
    name = operand.name
    measured = name.kind == "attribute" and ATTRIBUTES[name.key] in ("time", "seconds")
    if measured or name.kind == "metric":
        problem = f"{operand.source} is another number in each run, and makes no groups"
        raise FilterError.at(operand.position, by, problem, example="params.model")
    return name
