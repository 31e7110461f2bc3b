"""Take one run away: its points as CSV or Parquet, a report of it, or code that opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.layout import copy_code
from app.table_export import export_table
from catalog.run_sql import literal

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View
    from core.tracking.run import Run

_POINTS: Final = """\
select metric_name, step, value, logged_at from metrics
where run_id = $run_id
order by metric_name, step nulls last, logged_at"""
_PYTHON: Final = """\
from core import Workbench

with Workbench({lake!r}) as wb:
    run = wb.tracker.get_run({run_id!r})
    print(run.params, run.last_metrics, run.tags)
    points = run.metrics  # every point by metric
    files = {{each.path: wb.runs.read_artifact(each.artifact_id) for each in run.artifacts}}
"""


def export_run(view: View, run: Run) -> None:
    """Offer the run's points, a report, and the code that reads it."""

    def points() -> pa.Table:
        return view.workbench.sql(_POINTS, {"run_id": run.run_id})

    export_table(
        run.run_id,
        points,
        lambda: run_report(view, run.run_id),
        rows="Every point of every metric",
        page="Metrics, curves, params, files and note as one file that needs no network",
    )
    code = _PYTHON.format(lake=view.workbench.lake.url, run_id=run.run_id)
    sql = _POINTS.replace("$run_id", literal(run.run_id))
    copy_code({"Python": ("python", code), "SQL": ("sql", sql)}, help="This run in Python and SQL")


def run_report(view: View, run_id: str) -> bytes:
    """Return a run as HTML. Raises RunNotFoundError."""
    from core.render.html import render_html  # with jinja2, which only a report needs

    return render_html(view.runs.document(run_id))
