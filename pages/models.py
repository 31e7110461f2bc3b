"""Models: which there are, which is in use, how good each is and whether it is explained."""

from __future__ import annotations

import streamlit as st

from app import session, state
from app.layout import context_line, copy_code, copy_link, empty, header, plain
from app.model_catalogue import (
    UNTOUCHED,
    catalogue_numbers,
    catalogue_table,
    filter_bar,
    snippets,
)
from app.wording import counted

view = session.look()
models = view.ask(view.workbench.models.list_models)
context = context_line(
    counted(len(models), "model"),
    counted(sum(model.versions for model in models), "version"),
    f"lake {plain(session.lake_name())}",
)
with header("Models", context):
    actions = st.container(horizontal=True, horizontal_alignment="right")
if not models:
    empty(
        "No models yet",
        "Register the model of a run with wb.models.register_model('risk', run_id=...), or"
        " mhras models register.",
        icon="model_training",
    )
    st.stop()

cards = view.ask(view.workbench.cards.list_cards)
shown = filter_bar(models)
catalogue_numbers(shown, cards)
if shown:
    catalogue_table(view, shown, cards)
else:
    empty("No model matches", "Loosen the filter above.", icon="search_off")
if len(shown) < len(models):
    st.caption(f"{len(shown):,} of {counted(len(models), 'model')}")
with actions:
    copy_code(snippets(view.workbench.lake.url), help="The same list in Python and SQL")
    copy_link(state.view_address("models", UNTOUCHED))
