"""A search of runs as SQL to copy: over the public views, with its values written out.

The text is for people and other tools. The library itself binds values and never writes them.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from catalog.direction import lower_is_better

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.filter_names import Name
    from catalog.search import Search

_PARAMETER: Final = re.compile(r"\$(\w+)")
_MAPS: Final = {"metric": "metrics", "param": "params", "tag": "tags"}
_NOT_STORED: Final = {
    "artifact_uri": "null::varchar",
    "dataset_name": "inputs",
    "dataset_digest": "[]::varchar[]",
    "dataset_context": "[]::varchar[]",
}
_FIELDS: Final = ("run_id", "run_name", "experiment_name", "status", "start_time", "duration")


def sql_of_search(search: Search, columns: Sequence[Name] = ()) -> str:
    """Return SQL that finds what a search finds, with these columns, in any DuckDB of the lake.

    Raises FilterError.

    >>> from catalog.filters import Name
    >>> from catalog.search import Search
    >>> asked = Search(filter_string="metrics.auc > 0.7", order_by=["duration desc"], limit=5)
    >>> print(sql_of_search(asked, [Name("param", "depth")]))
    select run_id, run_name, experiment_name, status, start_time, duration,
           params['depth'] as "params.depth"
    from runs
    where ((metrics['auc'] > 0.7 and not isnan(metrics['auc'])))
    order by duration desc nulls last, start_time desc nulls last, run_id asc nulls last
    limit 5
    """
    chosen = [f"{_column(name)} as {_quoted_name(name)}" for name in columns]
    where, values = search.where(_column)
    page, _ = search.page(_column)
    ordered = page[len(f"where {where} ") :].partition(" limit ")[0]
    condition = where.removesuffix(" and (deleted)").removesuffix(" and (not deleted)")
    told = _PARAMETER.sub(lambda found: literal(values[found[1]]), condition)
    source = "runs"
    if search.only_deleted or search.include_deleted:
        source = "all_runs"
        told = f"{told} and deleted" if search.only_deleted else told
    lines = [f"select {', '.join(_FIELDS)}"]
    lines = [",\n       ".join([*lines, *chosen])]
    lines += [f"from {source}", f"where {told}", ordered]
    if search.limit is not None:
        lines.append(f"limit {int(search.limit)}")
    return "\n".join(lines)


def _column(name: Name) -> str:
    """Return what stands for a name of the filter language over the view `runs`."""
    if name.kind == "attribute":
        return _NOT_STORED.get(name.key, name.key)
    aggregate: str = name.aggregate
    if aggregate == "best":
        aggregate = "min" if lower_is_better(name.key) else "max"
    if name.kind == "metric" and aggregate != "last":
        return (
            f"(select s.{aggregate} from metric_summary s where s.run_id = runs.run_id"
            f" and s.metric_name = {literal(name.key)})"
        )
    return f"{_MAPS[name.kind]}[{literal(name.key)}]"


def _quoted_name(name: Name) -> str:
    label = f"{_MAPS.get(name.kind, name.kind)}.{name.key}"
    doubled = label.replace('"', '""')
    return f'"{doubled}"'


def literal(value: object) -> str:
    """Return a value as SQL writes it.

    >>> literal("it's"), literal(0.5), literal(float("nan"))
    ("'it''s'", '0.5', "'nan'::double")
    """
    if isinstance(value, str):
        doubled = value.replace("'", "''")
        return f"'{doubled}'"
    if isinstance(value, datetime):
        return f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}'"
    if isinstance(value, float) and not math.isfinite(value):
        return f"'{value}'::double"
    return repr(value)
