"""Dataset: one version: its columns, rows, other versions, quality, and what is said of it."""

from __future__ import annotations

import streamlit as st

from app import dataset_rows, dataset_versions, session, state
from app.analysis import quality_issues
from app.comment_panel import Subject, column_comments, comments_button, comments_section
from app.dataset_about import about_section, croissant_button, snippets
from app.dataset_columns import column_choice, column_detail
from app.layout import chip, context_line, copy_code, copy_link, empty, header, plain
from app.nav import open_page
from app.quality_issues import issues_section
from app.wording import ago, counted, size
from core.errors import DatasetNotFoundError

view = session.look()
name, label = (str(st.query_params.get(part, "")) for part in ("name", "version"))
try:
    version = view.ask(view.datasets.get_version, name, label or None)
except DatasetNotFoundError as error:
    with header("Dataset", "There is nothing to show."):
        pass
    empty("No such dataset", f"{error.message} {error.hint}", icon="search_off")
    if st.button("All datasets", icon=":material/arrow_back:"):
        open_page("datasets")
    st.stop()
versions = view.ask(view.datasets.list_versions, version.dataset_name)
labels = [each.version for each in versions]
names = [*version.schema]
subjects = (
    Subject(kind="dataset_version", id=version.version_id, label=version.name, columns=names),
    Subject(kind="dataset", id=version.dataset_name, label="all versions", columns=names),
)


context = context_line(
    f"{plain(version.version)}, {labels[::-1].index(version.version) + 1} of {len(labels)}",
    counted(version.num_rows, "row"),
    counted(version.num_columns, "column"),
    size(version.size_bytes),
    f"registered {ago(version.created_at)} by {plain(version.actor or 'nobody known')}",
)
with header(version.dataset_name, context):
    actions = st.container(horizontal=True, horizontal_alignment="right")

with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    state.choose_version(labels, version.version, key="shown-version")
    where = dataset_rows.rows_filter(version)
    if version.version == labels[0]:
        chip("newest", colour="green")
    for tag in version.tags:
        chip(tag, colour="blue", icon=":material/sell:")
    comments_button(view, *subjects)
    if version.description:
        st.caption(plain(version.description), width="content")

columns, rows, others, quality, about, comments = st.tabs(
    ["Columns", "Rows", "Versions", "Quality", "About", "Comments"],
    key="tab",
    on_change="rerun",
    bind="query-params",
)
if columns.open:
    with columns:
        profiles = view.keep(view.datasets.browser.columns, version.version_id)
        profile = column_choice(profiles, key="columns")
        column_detail(profile, dataset_rows.open_rows)
        column_comments(view, subjects, column=profile.name)
if rows.open:
    with rows:
        dataset_rows.rows_section(view, version, where)
if others.open:
    with others:
        dataset_versions.versions_table(versions)
        dataset_versions.difference_section(view, version, labels)
        dataset_versions.tags_card(view, version, labels)
if quality.open:
    with quality:
        issues = quality_issues(view, version)
        if issues is not None:
            issues_section(view, version, issues)
if about.open:
    with about:
        about_section(view, version)
if comments.open:
    with comments:
        comments_section(view, *subjects)

with actions:
    if st.button("Explore", icon=":material/query_stats:", type="primary"):
        open_page("eda", data=version.name)
    if st.button("New version", icon=":material/upload:"):
        open_page("register", dataset=version.dataset_name)
    croissant_button(view, version)
    copy_code(snippets(view, version), help="Read these rows in Python or SQL")
    untouched = {
        **dataset_rows.UNTOUCHED,
        **dataset_versions.UNTOUCHED,
        "tab": "Columns",
        "column": None,
        "finding": None,
    }
    address = {"name": version.dataset_name, "version": version.version}
    copy_link(state.view_address("dataset", untouched, **address))
