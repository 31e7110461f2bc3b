"""The queries people keep under a name, and those they asked before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.layout import plain, table
from app.link_column import click_column
from app.sql_editor import TEXT, open_query
from app.wording import ago, counted, span
from core.errors import QueryNotKeptError

if TYPE_CHECKING:
    from app.session import View
    from core.queries import Query

_LISTED: Final = 50


def history_menu(view: View) -> None:
    """Offer the queries that were asked before."""
    with st.popover("History", icon=":material/history:", help="Queries that were asked before"):
        found = view.ask(view.workbench.queries.history, limit=_LISTED)
        if not found:
            st.caption("Nothing was asked yet.")
            return
        _list(found, "history", [_outcome(query) for query in found])


def saved_menu(view: View) -> None:
    """Offer the queries that are kept, and to keep this one."""
    with st.popover("Saved", icon=":material/bookmark:", help="Queries that are kept by name"):
        with st.form("save-query", border=False, clear_on_submit=True):
            name = st.text_input("Name", placeholder="Best runs by model", key="query-name")
            if st.form_submit_button("Keep this query", icon=":material/bookmark_add:"):
                _save(view, name)
        found = view.ask(view.workbench.queries.saved)
        if found:
            _list(found, "saved", [query.name for query in found])
            chosen = st.selectbox(
                "Delete", [query.name for query in found], index=None, placeholder="Delete ..."
            )
            if chosen and st.button(f"Delete {plain(chosen)}", icon=":material/delete:"):
                query = next(query for query in found if query.name == chosen)
                view.workbench.queries.delete(query.query_id)
                st.rerun()
        else:
            st.caption("None is kept yet.")


def _save(view: View, name: str) -> None:
    try:
        kept = view.workbench.queries.save(name, str(st.session_state[TEXT]))
    except QueryNotKeptError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.toast(f"Kept as {plain(kept.name)}.", icon=":material/bookmark_added:")


def _outcome(query: Query) -> str:
    if query.error:
        return "failed"
    took = "" if query.seconds is None else f" in {span(query.seconds)}"
    return f"{counted(query.rows or 0, 'row')}{took}"


def _list(found: list[Query], key: str, told: list[str]) -> None:
    def opened(query: Query) -> None:
        open_query(query.sql, query.query_id)

    config = st.column_config
    table(
        {
            "query": [" ".join(query.sql.split()) for query in found],
            "told": told,
            "at": [ago(query.created_at) for query in found],
        },
        key=key,
        alt=counted(len(found), "query", "queries"),
        settings={
            "query": click_column("Query", found, opened, key=f"{key}-open", width=300),
            "told": config.TextColumn("Name" if key == "saved" else "Answer", width=130),
            "at": config.TextColumn("When", width=110),
        },
    )
