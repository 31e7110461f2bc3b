"""Run: one run, live while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import run_sections as sections, session, state
from app.comment_panel import Subject, comments_button, comments_section
from app.layout import copy_link, empty, header, plain
from app.nav import open_page
from app.one_run_export import export_run
from app.run_edits import note_section, tags_card
from core.errors import RunNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.tracking.run import Run

LIVE_SECONDS = 2
UNTOUCHED = {
    "tab": "Overview",
    "artifact": state.VARIES,
    **{name: state.RUNS_UNTOUCHED[name] for name in ("along", "smooth", "log")},
}


def compare_with_others(run: Run) -> None:
    """Add the run to the ones to compare, and show them."""
    state.choose_runs([*state.chosen_runs(), run.run_id])
    open_page("runs")


view = session.look()
run_id = state.run_id_in_address()
try:
    run = view.ask(view.tracker.get_run, run_id or "")
except RunNotFoundError:
    with header("Run", "There is nothing to show."):
        pass
    text = f"There is no run {run_id}." if run_id else "The address names no run."
    empty("No such run", f"{text} Choose one from the list of runs.", icon="search_off")
    if st.button("All runs", icon=":material/arrow_back:"):
        open_page("runs")
    st.stop()

live = LIVE_SECONDS if run.status == "RUNNING" and not run.is_stale else None
with header(run.run_name, f"{plain(run.experiment_name)} · {plain(run.run_id)}"):
    if st.button("Compare", icon=":material/compare_arrows:", type="primary"):
        compare_with_others(run)
    itself = Subject(kind="run", id=run.run_id, label="this run", metrics=sorted(run.last_metrics))
    comments_button(view, itself)
    export_run(view, run)
    place = st.container(width="content")  # the link says what is chosen below, too


@st.fragment(run_every=live)
def summary() -> None:
    """Draw what changes while the run runs; when it ends, draw the whole page once more."""
    now = session.look()
    seen = now.ask(now.tracker.get_run, run.run_id)
    if live and (seen.status != "RUNNING" or seen.is_stale):
        st.rerun()
    sections.status_line(seen)
    sections.headline(now, seen)


def metrics() -> None:
    """Draw the curves."""
    now = session.look()
    sections.metrics_section(now, now.ask(now.tracker.get_run, run.run_id))


def artifacts() -> None:
    """Draw the files."""
    now = session.look()
    sections.artifacts_section(now, run)


def draw(part: Callable[[], None]) -> None:
    """Draw a part: of a run that runs again and again, else with the page, so the link follows."""
    if live:
        st.fragment(part, run_every=live)()
    else:
        part()


summary()
overview, curves, files, surroundings, notes, comments = st.tabs(
    ["Overview", "Metrics", "Artifacts", "Environment", "Notes", "Comments"],
    key="tab",
    on_change="rerun",
    bind="query-params",
)
if overview.open:
    with overview:
        left, right = st.columns(2)
        with left:
            sections.params_card(run)
            tags_card(view, run)
        with right:
            sections.changes_card(view, run)
            sections.inputs_card(view, run)
        sections.family_card(view, run)
if curves.open:
    with curves:
        draw(metrics)
if files.open:
    with files:
        draw(artifacts)
if surroundings.open:
    with surroundings:
        sections.environment_section(view, run)
if notes.open:
    with notes:
        note_section(view, run)
if comments.open:
    with comments:
        comments_section(view, itself)
with place:
    copy_link(state.view_address("run", UNTOUCHED, id=run.run_id))
