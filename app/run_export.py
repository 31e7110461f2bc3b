"""Take runs away: as CSV, Parquet or a report, or as code that asks for the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.layout import copy_code
from app.table_export import export_table
from catalog.filter_names import Name
from catalog.run_sql import sql_of_search
from catalog.search import Search

if TYPE_CHECKING:
    import pyarrow as pa

    from app.run_filters import RunColumns, RunFilter
    from app.session import View

MOST_EXPORTED: Final = 100_000
_PYTHON: Final = """\
from core import Workbench

with Workbench({lake!r}) as wb:
    runs = wb.runs.search_runs_arrow(
{arguments}
    ).to_pandas()
"""


def export_runs(view: View, chosen: RunFilter, columns: RunColumns, order: str) -> None:
    """Offer all runs that match, with the chosen columns."""

    def asked() -> pa.Table:
        return runs_that_match(view, chosen, columns, order)

    export_table(
        "runs",
        asked,
        lambda: _report(asked(), chosen, columns),
        rows=f"All runs that match with the columns shown, at most {MOST_EXPORTED:,}",
        page="One file that needs no network",
    )
    copy_code(
        {
            "Python": ("python", python_of_runs(view, chosen, columns, order)),
            "SQL": ("sql", sql_of_runs(chosen, columns, order)),
        },
        help="The same runs in Python and SQL",
    )


def runs_that_match(view: View, chosen: RunFilter, columns: RunColumns, order: str) -> pa.Table:
    """Return the runs that match with their columns."""
    return view.runs.search_runs_arrow(
        chosen.experiment,
        chosen.expression,
        (order,),
        metrics=columns.metrics,
        params=columns.params,
        tags=columns.tags,
        limit=MOST_EXPORTED,
        only_deleted=chosen.deleted,
    )


def _report(runs: pa.Table, chosen: RunFilter, columns: RunColumns) -> bytes:
    from core.render.html import render_html  # with jinja2, which only a report needs
    from core.tracking.report import runs_document

    asked = f"{chosen.experiment or 'All experiments'} · {chosen.expression or 'every run'}"
    metric = columns.metrics[0] if columns.metrics else None
    document = runs_document(runs, asked=asked, matching=runs.num_rows, metric_name=metric)
    return render_html(document)


def python_of_runs(view: View, chosen: RunFilter, columns: RunColumns, order: str) -> str:
    """Return Python that asks for the same runs."""
    arguments: dict[str, Any] = {
        "experiment_name": chosen.experiment,
        "filter_string": chosen.expression,
        "order_by": [order],
        "metrics": list(columns.metrics),
        "params": list(columns.params),
        "tags": list(columns.tags),
        "only_deleted": chosen.deleted,
    }
    said = [f"        {name}={value!r}," for name, value in arguments.items() if value]
    said.append("        limit=None,")
    return _PYTHON.format(lake=view.workbench.lake.url, arguments="\n".join(said))


def sql_of_runs(chosen: RunFilter, columns: RunColumns, order: str) -> str:
    """Return SQL that finds the same runs in any DuckDB of the lake."""
    search = Search(
        experiment_name=chosen.experiment,
        filter_string=chosen.expression,
        order_by=(order,),
        only_deleted=chosen.deleted,
    )
    names = [Name("metric", name) for name in columns.metrics]
    names += [Name("param", name) for name in columns.params]
    names += [Name("tag", name) for name in columns.tags]
    return sql_of_search(search, names)
