"""Views of a page that people keep under a name, for all who use the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from app import state
from app.layout import copy_link, plain
from app.wording import ago
from core.errors import SavedViewError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.session import View
    from core.saved_views import SavedView

_TALLEST: Final = 320  # pixels of the list
_FAULT: Final = "saved-view-fault"
_OPENED: Final = "saved-views-opened"


def view_links(view: View, page: str, untouched: Mapping[str, Any], **always: Any) -> None:
    """Draw what opens this very view again: the views kept under a name, and its address.

    `untouched` and `always` are those of `state.view_address`.
    """
    address = state.view_address(page, untouched, **always)
    query = urlsplit(address).query
    kept = view.ask(view.workbench.saved_views.of_page, page)
    shown = next((each for each in kept if parse_qs(each.query) == parse_qs(query)), None)
    label = plain(shown.name) if shown is not None and query else "Views"
    icon = ":material/bookmark_added:" if shown is not None and query else ":material/bookmarks:"
    key = f"views-{st.session_state.get(_OPENED, 0)}"  # another one is closed
    with st.popover(label, icon=icon, help="Views of this page kept under a name", key=key):
        _save_form(view, page, query)
        if not kept:
            st.caption("None is kept yet. Everybody who uses this lake sees them here.")
        else:
            with st.container(height=_TALLEST if len(kept) > 6 else "content", border=False):
                for each in kept:
                    _line(view, each, untouched, tuple(always))
    copy_link(address)


def _save_form(view: View, page: str, query: str) -> None:
    fault: SavedViewError | None = st.session_state.pop(_FAULT, None)
    with (
        st.form("save-view", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input("Keep what is seen as", placeholder="Failed this week", width=230)
        if st.form_submit_button("Keep", icon=":material/bookmark_add:"):
            try:
                saved = view.workbench.saved_views.save(name or "", page, query)
            except SavedViewError as error:
                fault = error
            else:
                st.toast(f"Kept as {plain(saved.name)}.", icon=":material/bookmark_added:")
                _close()
                st.rerun()
    if fault is not None:
        st.error(plain(str(fault)), icon=":material/error:")


def _line(
    view: View, kept: SavedView, untouched: Mapping[str, Any], always: tuple[str, ...]
) -> None:
    """Draw a view with what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            plain(kept.name),
            key=f"open-view-{kept.view_id}",
            type="tertiary",
            icon=":material/bookmark:",
            on_click=_open,
            args=(kept, untouched, always),
            help=f"Kept by {plain(kept.owner or 'nobody known')} {plain(ago(kept.created_at))}",
        )
        st.space("stretch")
        wanted = st.menu_button(
            "Edit",
            ["Rename", "Delete"],
            key=f"edit-view-{kept.view_id}",
            type="tertiary",
            help=f"Rename or delete {plain(kept.name)}",
        )
    if wanted == "Rename":
        _rename(view, kept)
    elif wanted == "Delete":
        _delete(view, kept)


@st.dialog("Rename this view", icon=":material/edit:")
def _rename(view: View, kept: SavedView) -> None:
    with st.form("rename-view", border=False):
        name = st.text_input("Name", kept.name)
        if st.form_submit_button("Rename", icon=":material/check:"):
            try:
                view.workbench.saved_views.rename(kept.view_id, name or "")
            except SavedViewError as error:
                st.error(plain(str(error)), icon=":material/error:")
            else:
                st.rerun()


def _delete(view: View, kept: SavedView) -> None:
    """Keep a view no longer; somebody else may have been faster."""
    try:
        view.workbench.saved_views.delete(kept.view_id)
    except SavedViewError as error:
        st.session_state[_FAULT] = error
    else:
        st.toast(f"{plain(kept.name)} is kept no longer.", icon=":material/bookmark_remove:")
    st.rerun()


def _open(kept: SavedView, untouched: Mapping[str, Any], always: tuple[str, ...]) -> None:
    """Give every widget of the page what it had when the view was kept.

    The widgets are bound to the address, which follows them; an address alone would not change
    widgets that are on the page already.
    """
    _close()
    said = parse_qs(kept.query, keep_blank_values=True)
    for key, usual in untouched.items():
        if key in said:
            st.session_state[key] = _read(said[key], usual)
        elif usual is state.VARIES or usual is state.SEVERAL_VARY:
            st.session_state.pop(key, None)  # it was not drawn, and will not be
        else:
            st.session_state[key] = usual
    for key in always:
        if key == "run":
            state.choose_runs(filter(state.is_run_id, said.get(key, [])))
        elif key in said:
            st.session_state[key] = said[key][-1]


def _close() -> None:
    st.session_state[_OPENED] = st.session_state.get(_OPENED, 0) + 1


def _read(texts: list[str], usual: Any) -> Any:
    """Return what an address says of a widget as the widget has it.

    >>> _read(["0.5"], 0.0), _read(["True"], False), _read(["a", "b"], []), _read(["x"], None)
    (0.5, True, ['a', 'b'], 'x')
    """
    if isinstance(usual, list | tuple):
        return texts
    text = texts[-1]
    if isinstance(usual, bool):
        return text.lower() == "true"
    if isinstance(usual, int | float):
        return type(usual)(text)
    return text
