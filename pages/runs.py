"""Runs: search, sort, group, edit, compare and export them."""

from __future__ import annotations

import streamlit as st

from app import session, state
from app.compare_panel import compare_panel
from app.layout import context_line, empty, header, pager, plain, runs_line
from app.nav import open_page
from app.run_bulk import bulk_menu, undo_bar
from app.run_charts import run_charts
from app.run_choices import metric_choices, usual_columns
from app.run_export import export_runs
from app.run_filters import RunColumns, column_choice, filter_bar, first_page, orders, show_metric
from app.run_groups import group_choice, run_groups
from app.run_live import watch_runs
from app.run_numbers import run_numbers
from app.run_table import RunTable, run_table
from app.saved_views import view_links
from app.wording import counted

ROWS = 50
NEWEST = "Newest first"

view = session.look()
total = view.ask(view.runs.count_runs)
experiments = view.ask(view.runs.experiments).num_rows

context = context_line(
    counted(experiments, "experiment"), counted(total, "run"), f"lake {plain(session.lake_name())}"
)
with header("Runs", context):
    actions = st.container(horizontal=True, horizontal_alignment="right")

chosen = filter_bar(view)
matching = view.ask(
    view.runs.count_runs, chosen.experiment, chosen.expression, only_deleted=chosen.deleted
)
metrics = metric_choices(view, chosen.experiment)
columns, sorted_by, order, by = RunColumns(), orders(RunColumns()), NEWEST, ""
with st.container(horizontal=True, vertical_alignment="bottom"):
    layout = st.segmented_control(
        "View",
        ["Table", "Groups", "Charts"],
        default="Table",
        required=True,
        key="view",
        bind="query-params",
        on_change=first_page,
    )
    metric = st.selectbox(
        "Metric",
        metrics,
        key="metric",
        bind="query-params",
        width=190,
        placeholder="none logged",
        on_change=show_metric,
    )
    usual = usual_columns(view, chosen.experiment, metric)
    if layout == "Groups":
        by = group_choice(view, chosen.experiment)
    elif layout == "Table":
        columns = column_choice(view, chosen.experiment, usual)
        sorted_by = orders(columns)
        order = st.selectbox(
            "Sort",
            list(sorted_by),
            key="sort",
            bind="query-params",
            width=190,
            on_change=first_page,
        )
        bulk_menu(view, chosen, matching)
undo_bar(view)
run_numbers(view, chosen, metric, matching)

with actions:
    picked = state.chosen_runs()  # those in the table, of which the comparison may be out of sight
    if len(picked) > 1 and st.button(
        f"Compare {len(picked)} runs", icon=":material/stacked_line_chart:", type="primary"
    ):
        open_page("compare", run=picked)
    wanted = sorted_by.get(order or "", "start_time desc")
    export_runs(view, chosen, columns if layout == "Table" else usual, wanted)

if not matching:
    empty(
        "No run matches" if total else "No runs yet",
        "Loosen the filter above." if total else "The home page shows a script that logs one.",
        icon="search_off",
    )
elif layout == "Groups":
    run_groups(view, chosen, by, metric)
elif layout == "Charts":
    run_charts(view, chosen, metric)
else:
    table = st.container()
    offset = pager(matching, ROWS, key="page")
    runs = view.ask(
        view.runs.search_runs_arrow,
        chosen.experiment,
        chosen.expression,
        (wanted,),
        metrics=columns.metrics,
        params=columns.params,
        tags=columns.tags,
        limit=ROWS,
        offset=offset,
        only_deleted=chosen.deleted,
    )
    ids = runs.column("run_id").to_pylist()
    shown = RunTable(
        columns=columns,
        curve=metric,
        sparklines=view.ask(view.runs.sparklines, ids, metric) if metric else {},
        with_experiment=chosen.experiment is None and experiments > 1,
    )
    with table:
        run_table(runs, shown, key="runs")
    compare_panel(view, metric)
if matching < total:
    st.caption(runs_line(total, matching))
with actions:  # the link says what is chosen above, too
    first = metrics[0] if metrics else None
    untouched = {**state.RUNS_UNTOUCHED, "metric": first, "columns": usual.names}
    view_links(view, "runs", untouched, run=state.chosen_runs())
watch_runs(view)
