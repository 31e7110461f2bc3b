"""Drift: what changed between two versions, whether that is too much, and since when."""

from __future__ import annotations

import streamlit as st

from app import session
from app.drift_choice import UNTOUCHED, choose, compared, keep_report
from app.drift_opinion import opinion_part
from app.drift_parts import (
    columns_part,
    comments_part,
    further_part,
    over_time_part,
    reports_part,
    snippets,
    verdict_part,
)
from app.layout import copy_code, empty, header, plain
from app.nav import open_page
from app.saved_views import view_links
from app.wording import counted
from core.drift.document import drift_document
from core.render.html import render_html

view = session.look()
versions = view.ask(view.datasets.browser.versions)
context = counted(len(versions), "version") if versions else "There is nothing to compare yet."
with header("Drift", f"{context} · lake {plain(session.lake_name())}"):
    actions = st.container(horizontal=True, horizontal_alignment="right")
if len(versions) < 2:
    empty("Two versions are needed", "Register data, and later a new version of it.", icon="join")
    if st.button("Register data", icon=":material/upload:"):
        open_page("register")
    st.stop()

wanted = choose(view, versions)
report = compared(view, wanted)
first, second = wanted.names
with actions:
    if report is not None:
        made = report
        if not made.report_id and st.button("Keep report", icon=":material/save:", type="primary"):
            keep_report(view, wanted, made)
            st.toast("The report is stored.", icon=":material/check:")
            st.rerun()
        st.download_button(
            "HTML",
            data=lambda: render_html(drift_document(made, names=wanted.names)),
            file_name=f"drift-{second}.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/download:",
            help="The whole report as one file that needs no network",
        )
    copy_code(snippets(view, wanted), help="The same comparison in Python, SQL and a terminal")
    usual = {**UNTOUCHED, "cut": "by version"}
    view_links(view, "drift", usual, reference=first, current=second)

if report is not None:
    verdict_part(report)
columns, further, time, opinion, reports, comments = st.tabs(
    ["Columns", "Further", "Over time", "Second opinion", "Reports", "Comments"],
    key="panel",
    on_change="rerun",
    bind="query-params",
)
if columns.open and report is not None:
    with columns:
        columns_part(view, report, wanted)
if further.open and report is not None:
    with further:
        further_part(report, wanted.names)
if time.open:
    with time:
        over_time_part(view, wanted)
if opinion.open and report is not None:
    with opinion:
        opinion_part(view, wanted, report)
if reports.open:
    with reports:
        reports_part(view, wanted)
if comments.open and report is not None:
    with comments:
        comments_part(view, report)
