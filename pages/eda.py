"""EDA: look at a version before anything is built on it."""

from __future__ import annotations

import streamlit as st

from app import eda_parts, session, state
from app.analysis import eda_report
from app.eda_cohort import cohort_choice, cohort_part
from app.eda_compare import UNTOUCHED as NOT_COMPARED, compare_part
from app.errors import show_fault
from app.layout import copy_code, empty, header, plain
from app.nav import open_page
from app.quality_issues import issues_section
from app.saved_views import view_links
from app.wording import counted
from core.eda.document import eda_document
from core.errors import EDAError
from core.render.html import render_html
from core.render.wording import named

UNTOUCHED = {"target-column": None, "part": "Overview", "column": None, "finding": None,
             "first": None, "second": None, "cohort": "", "cohort-column": None,
             **NOT_COMPARED}  # fmt: skip

view = session.look()
names = view.ask(view.datasets.browser.versions)
context = counted(len(names), "version") if names else "There is nothing to look at yet."
with header("EDA", f"{context} · lake {plain(session.lake_name())}"):
    actions = st.container(horizontal=True, horizontal_alignment="right")
if not names:
    empty("No datasets yet", "Register data: then you can explore it here.", icon="query_stats")
    if st.button("Register data", icon=":material/upload:"):
        open_page("register")
    st.stop()

unknown = state.unknown_in_address("data", names)
if unknown is not None:
    st.caption(plain(f"The address names {unknown!r}, which is not here; another one is shown."))
with st.container(horizontal=True, vertical_alignment="bottom"):
    state.choose_at_first("data", names[0], names)
    chosen = (
        st.selectbox(
            "Version",
            names,
            index=None,
            key="data",
            bind="query-params",
            on_change=state.forget_unknown,
            args=("data",),
        )
        or names[0]
    )
    dataset, _, label = chosen.rpartition("@")
    version = view.ask(view.datasets.get_version, dataset, label)
    target = st.selectbox(
        "Target",
        list(version.schema),
        index=None,
        key="target-column",
        bind="query-params",
        placeholder="none",
        help="What is to be predicted: then you see what tells of it",
        format_func=named,
    )
    condition = cohort_choice()
    if st.button("Dataset", icon=":material/table:", help="Rows, versions and tags"):
        open_page("dataset", name=dataset, version=label)

report = None
try:
    report = eda_report(view, version, target)
except EDAError as error:
    show_fault(error)
    target = None
    report = eda_report(view, version)
with actions:
    if report is not None:
        made = report
        st.download_button(
            "HTML",
            data=lambda: render_html(eda_document(made)),
            file_name=f"eda-{chosen}.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/download:",
            help="The whole report as one file that needs no network",
        )
    copy_code(eda_parts.snippets(view, version, target), help="The same analysis elsewhere")
    view_links(view, "eda", UNTOUCHED, data=chosen)
if report is None:
    st.stop()

st.caption(eda_parts.summary_line(report))
overview, columns, quality, pairs, missing, telling, cohort, compared = st.tabs(
    ["Overview", "Columns", "Quality", "Associations", "Missing", "Target", "Cohort", "Compare"],
    key="part",
    on_change="rerun",
    bind="query-params",
)
if overview.open:
    with overview:
        eda_parts.overview_part(report)
if columns.open:
    with columns:
        eda_parts.columns_part(report)
if quality.open:
    with quality:
        issues_section(view, version, report.quality_issues)
if pairs.open:
    with pairs:
        eda_parts.associations_part(view, version, report)
if missing.open:
    with missing:
        eda_parts.missing_part(report)
if telling.open:
    with telling:
        eda_parts.target_part(report)
if cohort.open:
    with cohort:
        cohort_part(view, version, condition)
if compared.open:
    with compared:
        compare_part(view, version, names)
