"""Search over everything: a dialog that answers while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app import session
from app.layout import plain
from app.nav import open_page
from app.places import place_of, place_of_comment
from app.wording import ago, utc
from catalog.thing_search import find_things

if TYPE_CHECKING:
    from catalog.thing_search import Found

_GROUPS: Final = {
    "run": ("Runs", "science"),
    "experiment": ("Experiments", "experiment"),
    "dataset": ("Datasets", "database"),
    "version": ("Versions of datasets", "table"),
    "model": ("Models", "model_training"),
    "query": ("Queries", "terminal"),
    "comment": ("Comments", "chat"),
}
_PLACES: Final = {"model": "model_version"}  # what is found of models are versions


@st.dialog("Search", width="medium")
def search_dialog() -> None:
    """Ask for a text, and list what fits in groups; a click opens it."""
    text = st.text_input(
        "Name, tag or id",
        key="find",
        placeholder="Name, tag or id of a run, dataset, model or query; words of a comment",
        icon=":material/search:",
        live=True,
    )
    if not text.strip():
        st.caption("Type a few letters. Ctrl+K opens this from every page.")
        return
    view = session.look()
    found = view.ask(find_things, view.workbench.catalog, text)
    if not found:
        st.caption(f"Nothing is called {plain(text)}, is tagged so, or has such an id.")
    for kind, (title, icon) in _GROUPS.items():
        things = [thing for thing in found if thing.kind == kind]
        if not things:
            continue
        more = things[0].total - len(things)
        st.caption(f"**{title}**" + (f", and {more:,} more" if more else ""))
        for thing in things:
            _result(thing, icon)


def _result(thing: Found, icon: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(
            plain(thing.label),
            icon=f":material/{icon}:",
            key=f"found-{thing.kind}-{thing.id}",
            type="tertiary",
        ):
            open_thing(thing.kind, thing.id, thing.label)
        about = " ".join(thing.about.split())
        st.caption(plain(f"{about}, {ago(utc(thing.made_at))}"), width="stretch")


def open_thing(kind: str, thing_id: str, label: str) -> None:
    """Go to the page of a thing."""
    if kind == "comment":
        comment = session.workbench().comments.get(thing_id)
        kind, thing_id, label = comment.subject_kind, comment.subject_id, comment.subject_name
        page, address = place_of_comment(kind, thing_id, label)
    else:
        page, address = place_of(_PLACES.get(kind, kind), thing_id, label)
    open_page(page, **address)
