"""Home: what happened lately, what needs you, and how much the lake holds."""

from __future__ import annotations

import streamlit as st

from app import home_activity, home_cards, home_needs, session
from app.layout import context_line, header, plain
from app.wording import ago, counted

view = session.look()
experiments = view.ask(view.runs.experiments)
total = view.ask(view.runs.count_runs)
datasets = view.ask(view.datasets.summaries)
latest = experiments.column("last_start_time").to_pylist()[0] if total else None

context = context_line(
    f"Lake {plain(session.lake_name())}",
    counted(experiments.num_rows, "experiment"),
    counted(total, "run"),
    counted(len(datasets), "dataset") if datasets else "",
    f"last run {ago(latest)}" if latest else "",
)
with header("Home", context):
    st.button("Refresh", icon=":material/refresh:")

if not total and not datasets:
    home_cards.first_steps(view.workbench.lake.url)
else:
    home_cards.numbers(view)
    home_needs.needs_me(view)
    left, right = st.columns([5, 3])
    with left:
        if total:
            home_cards.experiments(experiments)
        home_cards.datasets(datasets)
    with right:
        home_cards.storage(view)
    home_activity.recent_activity_card(view)
    if total:
        home_cards.recent_runs(view)
