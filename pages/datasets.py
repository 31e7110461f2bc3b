"""Datasets: find them, see how they grew, register new ones."""

from __future__ import annotations

import streamlit as st

from app import session
from app.dataset_catalogue import (
    UNTOUCHED,
    catalogue_csv,
    catalogue_numbers,
    catalogue_table,
    filter_bar,
    snippets,
)
from app.layout import context_line, copy_code, empty, header, plain
from app.nav import open_page
from app.saved_views import view_links
from app.wording import ago, counted

view = session.look()
summaries = view.ask(view.datasets.summaries)

versions = sum(summary.versions for summary in summaries)
newest = max((summary.created_at for summary in summaries), default=None)
context = context_line(
    counted(len(summaries), "dataset"),
    counted(versions, "version"),
    f"newest {ago(newest)}" if newest else "",
    f"lake {plain(session.lake_name())}",
)
with header("Datasets", context):
    actions = st.container(horizontal=True, horizontal_alignment="right")
    if st.button("Register data", icon=":material/upload:", type="primary"):
        open_page("register")

if not summaries:
    empty(
        "No datasets yet",
        "Register data with the button above, or wb.datasets.register_dataset(frame, 'phq9', '...')"
        " in a script.",
        icon="database",
    )
    st.stop()

shown = filter_bar(summaries)
catalogue_numbers(shown)
if shown:
    catalogue_table(view, shown)
else:
    empty("No dataset matches", "Loosen the filter above.", icon="search_off")
if len(shown) < len(summaries):
    st.caption(f"{len(shown):,} of {counted(len(summaries), 'dataset')}")

with actions:
    copy_code(snippets(view.workbench.lake.url), help="The same list in Python and SQL")
    st.download_button(
        "Export CSV",
        data=lambda: catalogue_csv(shown),
        file_name="datasets.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="One line for each dataset that is shown.",
    )
    view_links(view, "datasets", UNTOUCHED)
