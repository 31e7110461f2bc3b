"""Model: one version: how good it is, what it is made of, how it does, where it has been."""

from __future__ import annotations

import streamlit as st

from app import session, state
from app.comment_panel import Subject, comments_button, comments_section
from app.layout import chip, context_line, copy_code, copy_link, empty, header, plain
from app.model_changes import UNTOUCHED as CHANGES, changes_part
from app.model_live import UNTOUCHED as LIVE, live_part
from app.model_parts import about_part, evaluation_part, history_part, snippets, stage_colour
from app.nav import open_page
from app.wording import ago, size
from core.errors import ModelNotFoundError

view = session.look()
models = view.workbench.models
name, label = (str(st.query_params.get(part, "")) for part in ("name", "version"))
try:
    version = view.ask(models.get_model, name, label or None)
except ModelNotFoundError as error:
    with header("Model", "There is nothing to show."):
        pass
    empty("No such model", f"{error.message} {error.hint}", icon="search_off")
    if st.button("All models", icon=":material/arrow_back:"):
        open_page("models")
    st.stop()
labels = [each.version for each in view.ask(models.list_versions, version.model_name)]

subjects = (
    Subject(kind="model_version", id=version.model_id, label=version.name),
    Subject(kind="model", id=version.model_name, label="all versions"),
)


context = context_line(
    f"{plain(version.version)}, {labels[::-1].index(version.version) + 1} of {len(labels)}",
    plain(version.model_type),
    plain(version.format),
    size(version.size_bytes),
    f"registered {ago(version.created_at)} by {plain(version.actor or 'nobody known')}",
)
with header(version.model_name, context):
    actions = st.container(horizontal=True, horizontal_alignment="right")
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    state.choose_version(labels, version.version, key="shown-model-version")
    chip(
        "no stage" if version.stage == "none" else version.stage, colour=stage_colour(version.stage)
    )
    for alias in version.aliases:
        chip(alias, colour="blue", icon=":material/sell:")
    comments_button(view, *subjects)

make_card = view.workbench.cards.generate_model_card
evaluation, live, changes, about, history, comments = st.tabs(
    ["Evaluation", "Live", "Changes", "About", "Stages", "Comments"],
    key="tab",
    on_change="rerun",
    bind="query-params",
)
if evaluation.open:
    with evaluation:
        evaluation_part(view.ask(make_card, version.model_id))
if live.open:
    with live:
        live_part(view, version)
if changes.open:
    with changes:
        changes_part(view, version, labels)
if about.open:
    with about:
        about_part(version, view.ask(make_card, version.model_id))
if history.open:
    with history:
        history_part(view, version, view.ask(models.stage_history, version.model_id))
if comments.open:
    with comments:
        comments_section(view, *subjects)

with actions:
    if st.button("Card", icon=":material/badge:", type="primary"):
        open_page("card", model=version.name)
    copy_code(snippets(view, version), help="Open this model in Python, read its figures in SQL")
    untouched = {**LIVE, **CHANGES, "tab": "Evaluation", "part": "Performance"}
    copy_link(
        state.view_address("model", untouched, name=version.model_name, version=version.version)
    )
