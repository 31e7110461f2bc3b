"""Compare: runs side by side, what made them, and whether a difference is chance."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import session, state
from app.compare_artifacts import artifacts_part
from app.compare_boxes import boxes_part
from app.compare_chance import chance_part
from app.compare_choice import MOST_RUNS, choose_compared
from app.compare_code import code_part
from app.compare_contour import contour_part
from app.compare_export import export_comparison
from app.compare_parts import differences_part, parallel_part, scatter_part
from app.layout import empty, header, plain, runs_line
from app.saved_views import view_links

UNTOUCHED: dict[str, Any] = {
    "experiment": "All experiments",
    "status": [],
    "filter": "",
    "show": "Active",
    "comparing": "Differences",
    "rare": False,
    # what is usual of these depends on the runs, so the link says them
    **dict.fromkeys(
        (
            *("baseline", "x", "y", "shade", "contour_x", "contour_y", "box_by"),
            *("first", "second", "left", "right", "file"),
        ),
        state.VARIES,
    ),
    **dict.fromkeys(("axes", "seeds"), state.SEVERAL_VARY),
}

view = session.look()
total = view.ask(view.runs.count_runs)
with header("Compare", f"Runs side by side · lake {plain(session.lake_name())}"):
    actions = st.container(horizontal=True, horizontal_alignment="right")
if not total:
    empty("No runs yet", "The home page shows a script that logs one.", icon="search_off")
    st.stop()

compared = choose_compared(view)
if compared is None:
    empty("No run matches", "Loosen the filter above.", icon="search_off")
    st.stop()
metric = st.selectbox(
    "Metric",
    compared.metrics,
    key="metric",
    bind="query-params",
    width=260,
    placeholder="none logged",
    help="Colours the lines, ranks the runs, and is what chance is asked about",
)
differences, parallel, scatter, contour, boxes, artifacts, code, chance = st.tabs(
    [
        "Differences",
        "Parallel coordinates",
        "Scatter",
        "Contour",
        "Boxes",
        "Artifacts",
        "Code and environment",
        "Is it chance?",
    ],
    key="comparing",
    on_change="rerun",
    bind="query-params",
)
if differences.open:
    with differences:
        differences_part(compared, metric)
if parallel.open:
    with parallel:
        parallel_part(compared, metric)
if scatter.open:
    with scatter:
        scatter_part(compared, metric)
if contour.open:
    with contour:
        contour_part(compared, metric)
if boxes.open:
    with boxes:
        boxes_part(compared, metric)
if artifacts.open:
    with artifacts:
        artifacts_part(view, compared)
if code.open:
    with code:
        code_part(view, compared)
if chance.open:
    with chance:
        chance_part(compared, metric)
if compared.matching > MOST_RUNS:
    st.caption(f"The newest {runs_line(compared.matching, MOST_RUNS)} are compared.")

with actions:
    export_comparison(view, compared, metric)
    first = compared.metrics[0] if compared.metrics else None
    usual = {**UNTOUCHED, "metric": first}
    view_links(view, "compare", usual, run=state.chosen_runs())
