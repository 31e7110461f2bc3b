"""Card: what a model is for, how good it is and for whom it is not, kept, published and signed."""

from __future__ import annotations

import streamlit as st

from app import session, state
from app.card_parts import SUMMARY, card_part, exports, people_part, snippets, standing_part
from app.comment_panel import Subject, comments_button, comments_section
from app.layout import context_line, copy_code, copy_link, empty, header, plain
from app.nav import open_page
from app.wording import ago
from core.errors import ModelNotFoundError

view = session.look()
cards = view.workbench.cards
name = str(st.query_params.get("model", ""))
try:
    version = view.ask(view.workbench.models.get_model, name)
except ModelNotFoundError as error:
    with header("Model card", "There is nothing to show."):
        pass
    empty("No such model", f"{error.message} {error.hint}", icon="search_off")
    if st.button("All models", icon=":material/arrow_back:"):
        open_page("models")
    st.stop()

made_card = view.ask(cards.generate_model_card, version.model_id)
standing = cards.standing(made_card)
kept = [
    each
    for each in view.ask(cards.list_cards, version.model_name)
    if each.model_id == version.model_id
]
context = context_line(
    plain(version.model_type), f"what is known as of {ago(made_card.date)}", plain(version.owner)
)
with header(f"Model card: {version.name}", context):
    actions = st.container(horizontal=True, horizontal_alignment="right")
standing_part(made_card, standing)
said, people, comments = st.tabs(
    ["Card", "Publish and sign", "Comments"], key="tab", on_change="rerun", bind="query-params"
)
if said.open:
    with said:
        card_part(made_card, standing)
if people.open:
    with people:
        people_part(view, made_card, standing, kept)
itself = Subject(kind="card", id=version.model_id, label="this card")
if comments.open:
    with comments:
        comments_section(view, itself)

with actions:
    if st.button("Model", icon=":material/model_training:"):
        open_page("model", name=version.model_name, version=version.version)
    comments_button(view, itself)
    exports(view, made_card, standing)
    copy_code(snippets(view, made_card), help="The same card in Python, SQL and a terminal")
    copy_link(state.view_address("card", {"tab": "Card", "section": SUMMARY}, model=version.name))
