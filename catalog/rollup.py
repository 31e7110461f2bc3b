"""The roll-up of metric points: what `metric_summary` needs of them, one row per run and metric.

    SUMMARISE      points -> parts, in DuckDB                           (catalog/views.py)
    FLAT           parts as columns of plain types, which Parquet has
    PARTS          those columns as parts again, exactly

Several parts of a run and metric, from files and journals, are merged by MERGE_SUMMARIES whenever
somebody asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from catalog.views import SUMMARISE
from lake.spec import Rollup, TableSpec

if TYPE_CHECKING:
    import pyarrow as pa

# `last_place` needs 128 bits: its quotient and its remainder fit into 64 each
_BASE: Final = "9223372036854775807::hugeint"

FLAT: Final = f"""
select run_id, metric_name, last, last_at.step as last_step,
       (last_place // {_BASE})::bigint as place_quotient,
       (last_place % {_BASE})::bigint as place_remainder,
       min, min_at.step as min_step, max, max_at.step as max_step,
       points, first_logged_at, last_logged_at
from ({SUMMARISE})
"""

PARTS: Final = f"""
select run_id, metric_name, last, {{{{step: last_step}}}} as last_at,
       place_quotient::hugeint * {_BASE} + place_remainder as last_place,
       min, {{{{step: min_step}}}} as min_at, max, {{{{step: max_step}}}} as max_at,
       points, first_logged_at, last_logged_at
from {{rollups}}
"""


def summarise_points(points: pa.Table) -> pa.Table:
    """Summarise the points of each run and metric.

    >>> import pyarrow as pa
    >>> from catalog.tables import METRICS
    >>> rows = [{"run_id": "a", "metric_name": "auc", "value": v, "step": s} for s, v in [(1, .7)]]
    >>> summarise_points(pa.Table.from_pylist(rows, METRICS.schema)).to_pylist()[0]["max"]
    0.7
    """
    import duckdb  # 80 ms that only compactions need

    # one thread: this is done in the background, beside somebody's training
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("fresh_points", points)
        return connection.sql(FLAT.format(points="fresh_points")).to_arrow_table()


METRIC_SUMMARY: Final = Rollup(
    spec=TableSpec(
        name="metric_summary",
        columns={
            "run_id": "string",
            "metric_name": "string",
            "last": "double",
            "last_step": "int64",
            "place_quotient": "int64",
            "place_remainder": "int64",
            "min": "double",
            "min_step": "int64",
            "max": "double",
            "max_step": "int64",
            "points": "int64",
            "first_logged_at": "timestamp",
            "last_logged_at": "timestamp",
        },
        sort_by=("run_id", "metric_name"),
    ),
    make=summarise_points,
)
