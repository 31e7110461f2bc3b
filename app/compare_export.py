"""Take a comparison of runs away: as CSV, Parquet or a report, or as code that makes the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.compare_parts import best_places
from app.compare_rows import BEST, difference_rows
from app.layout import copy_code
from app.table_export import export_table
from app.wording import counted
from catalog.run_sql import literal

if TYPE_CHECKING:
    from app.compare_choice import Compared
    from app.session import View

_MOST_NAMED: Final = 100  # ids in code
_PYTHON: Final = """\
from core import Workbench

run_ids = {ids!r}
with Workbench({lake!r}) as wb:
    side_by_side = wb.tracker.compare_runs(run_ids)
"""
_SQL: Final = """\
select run_id, run_name, status, duration, params, tags, metrics
from all_runs
where run_id in (
  {ids}
)
order by start_time desc"""


def export_comparison(view: View, compared: Compared, metric: str | None) -> None:
    """Offer the runs side by side."""
    export_table(
        "comparison",
        lambda: compared.table,
        lambda: comparison_report(compared, metric),
        rows="A line for each run: params and tags that differ, metrics with their best",
        page="What differs, as one file that needs no network",
    )
    ids = list(compared.names)[:_MOST_NAMED]
    quoted = ",\n  ".join(map(literal, ids))
    copy_code(
        {
            "Python": ("python", _PYTHON.format(ids=ids, lake=view.workbench.lake.url)),
            "SQL": ("sql", _SQL.format(ids=quoted)),
        },
        help="The same comparison in Python and SQL"
        + ("" if len(ids) == len(compared.names) else f", of the first {_MOST_NAMED} runs"),
    )


def comparison_report(compared: Compared, metric: str | None) -> bytes:
    """Return what differs between the runs as HTML, against the first of them."""
    from core.render.html import render_html  # with jinja2, which only a report needs
    from core.tracking.report import comparison_document

    places = best_places(compared, metric)
    names = [list(compared.names.values())[place] for place in places]
    rows = difference_rows(compared.table.take(places), baseline=0)
    note = f"{BEST} is the best of these runs; in brackets, how far from {names[0]}."
    if len(places) < compared.table.num_rows:
        note += f" The best {len(places)} of {compared.table.num_rows:,} runs by {metric}."
    asked = counted(compared.table.num_rows, "run")
    return render_html(comparison_document(names, rows, asked=asked, note=note))
