"""The editor of the SQL page: text, values of its parameters, and the buttons that ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.layout import plain
from core.errors import QueryNotFoundError

if TYPE_CHECKING:
    from app.session import View
    from catalog.console import Asked

TEXT: Final = "sql-text"
_ASKED: Final = "sql-asked"
_SHOWN: Final = "sql-shown-id"
_SHOWN_TEXT: Final = "sql-shown-text"
_BEFORE: Final = "sql-text-before"
_TAKEN: Final = "sql-text-of-address"
_UNNOTED: Final = "sql-unnoted"  # asked, and not answered yet
_HEIGHT: Final = 190
_AT_ONCE: Final = 0.6  # seconds a query may take before the page is drawn without its answer
_LONGEST_IN_ADDRESS: Final = 16_000  # letters; servers refuse an address of 64 kB
_EXAMPLE: Final = """select experiment_name, count(*) as runs,
       max(metrics['auc']) as best_auc, max(start_time) as last_run
from runs
group by all
order by best_auc desc nulls last"""
# a text, a name in quotes, a comment: what looks like a parameter in them is none
_PARAMETER: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|\$([A-Za-z_]\w*)")


def load_address(view: View) -> None:
    """Open what the address says: a query by its id, or by its text; it is asked at once."""
    query_id = str(st.query_params.get("id", ""))
    text = str(st.query_params.get("query", ""))
    if query_id and st.session_state.get(_SHOWN) != query_id:
        st.session_state[_SHOWN] = query_id
        try:
            open_query(view.workbench.queries.get(query_id).sql, query_id)
        except QueryNotFoundError:
            st.toast(
                "The query of this address is not kept any more.", icon=":material/search_off:"
            )
            return
        if all(_value(name) for name in parameter_names(st.session_state[TEXT])):
            ask(view, remember=False)
    elif text and not query_id and st.session_state.get(_TAKEN) != text:
        st.session_state[_TAKEN] = text  # what is typed after it came stays
        _open_text(view, text)
    if not text:
        st.session_state.pop(_TAKEN, None)
    st.session_state.setdefault(TEXT, _EXAMPLE)


def _open_text(view: View, text: str) -> None:
    """Open a query that an address holds, and ask it where nothing has to be filled in first."""
    if len(text) > _LONGEST_IN_ADDRESS:
        st.toast(
            f"The query of this address has more than {_LONGEST_IN_ADDRESS:,} letters,"
            " so it was not opened.",
            icon=":material/error:",
        )
        return
    replace_text(text)
    if all(_value(name) for name in parameter_names(text)):
        ask(view)


def replace_text(sql: str) -> None:
    """Put another query into the editor; the text that was there can be had back."""
    before = st.session_state.get(TEXT, _EXAMPLE)
    if before.strip() and before not in (sql, _EXAMPLE, st.session_state.get(_SHOWN_TEXT)):
        st.session_state[_BEFORE] = before
    st.session_state[TEXT] = sql
    asked: Asked | None = st.session_state.pop(_ASKED, None)
    if asked is not None:
        asked.cancel()
    for key in (_SHOWN, _SHOWN_TEXT, _UNNOTED):
        st.session_state.pop(key, None)
    if "id" in st.query_params:
        del st.query_params["id"]


def _go_back() -> None:
    """Give the editor the text it had before another one was opened."""
    before = st.session_state.pop(_BEFORE)
    replace_text(before)
    st.session_state.pop(_BEFORE, None)
    if "query" in st.query_params:
        del st.query_params["query"]


def open_query(sql: str, query_id: str) -> None:
    """Put a query into the editor, and its id into the address."""
    replace_text(sql)
    remember(query_id, sql)


def parameters() -> dict[str, str]:
    """Return what the address of this page says: which query, and the values filled in."""
    text = str(st.session_state.get(TEXT, ""))
    unchanged = text == st.session_state.get(_SHOWN_TEXT)
    found = {"id": st.session_state[_SHOWN]} if unchanged else {"query": text}
    return found | {f"value-{name}": _value(name) for name in parameter_names(text)}


def _value(name: str) -> str:
    """Return what was filled in for a parameter, or at first what the address says."""
    key = f"value-{name}"
    return str(st.session_state.get(key) or st.query_params.get(key, ""))


def insert(text: str) -> None:
    """Add a name at the end of the text."""
    before = str(st.session_state.get(TEXT, ""))
    gap = "" if not before or before[-1:].isspace() or before.endswith(("(", ".")) else " "
    st.session_state[TEXT] = f"{before}{gap}{text}"


def parameter_names(sql: str) -> list[str]:
    """Return the names of the parameters of a query, each once.

    >>> parameter_names("select $a, '$b', $a + $c -- $d")
    ['a', 'c']
    """
    return list(dict.fromkeys(m.group(1) for m in _PARAMETER.finditer(sql) if m.group(1)))


def value_of(text: str) -> Any:
    """Understand what was typed for a parameter: a number where it is one, else a text.

    >>> value_of("3"), value_of("0.5"), value_of("forest"), value_of("'3'")
    (3, 0.5, 'forest', '3')
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    quoted = len(text) > 1 and text[0] == text[-1] == "'"
    return text[1:-1] if quoted else text


def editor(view: View) -> Asked | None:
    """Draw the editor, and return what was asked last."""
    with st.container(border=True, key="sql-editor"):
        st.text_area(
            "Query",
            key=TEXT,
            height=_HEIGHT,
            placeholder="select * from runs limit 100",
            label_visibility="collapsed",
            persist_state="session",
        )
        names = parameter_names(str(st.session_state[TEXT]))
        if names:
            with st.container(horizontal=True):
                for name in names:
                    key = f"value-{name}"
                    st.text_input(f"${plain(name)}", key=key, width=160, bind="query-params")
        with st.container(horizontal=True, vertical_alignment="center"):
            run = st.button(
                "Run",
                icon=":material/play_arrow:",
                type="primary",
                shortcut="Ctrl+Enter",
                key="run-query",
            )
            explain = st.button(
                "Explain",
                icon=":material/account_tree:",
                help="Run it, and show what DuckDB did and how long each step took.",
            )
            if _BEFORE in st.session_state:
                st.button(
                    "Back to my text",
                    icon=":material/undo:",
                    key="back-to-my-text",
                    on_click=_go_back,
                    help="The text that stood here before this query was opened",
                )
            st.caption(plain("One SELECT over the lake; $name is a value to fill in."))
    if run or explain:
        ask(view, explain=explain)
    asked: Asked | None = st.session_state.get(_ASKED)
    return asked


def ask(view: View, *, explain: bool = False, remember: bool = True) -> None:
    """Ask what stands in the editor; a query that is under way is ended."""
    from app.sql_answer import LIMITS, note  # it draws with what is defined here

    before: Asked | None = st.session_state.get(_ASKED)
    if before is not None:
        before.cancel()
    st.session_state.pop(_UNNOTED, None)
    sql = str(st.session_state[TEXT])
    values = {name: value_of(_value(name)) for name in parameter_names(sql)}
    asked = view.workbench.console.ask(sql, values, explain=explain, limits=LIMITS)
    view.workbench.console.prepare()
    st.session_state[_ASKED] = asked
    asked.wait(_AT_ONCE)
    if remember and sql.strip():
        if asked.done:
            note(view, asked, sql)
        else:
            st.session_state[_UNNOTED] = sql


def remember(query_id: str, sql: str) -> None:
    """Let the address name the query that is shown, which then need not hold its text."""
    st.session_state[_SHOWN] = query_id
    st.session_state[_SHOWN_TEXT] = sql
    st.query_params["id"] = query_id
    if "query" in st.query_params:
        del st.query_params["query"]


def take_unnoted() -> str | None:
    """Return the query that was under way and is not taken down yet, once."""
    sql: str | None = st.session_state.pop(_UNNOTED, None)
    return sql
