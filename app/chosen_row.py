"""A table of which one row is chosen, by a click on it or by name below it.

The name is what stands in the address. The table and the box are two widgets that say the same, so
each is told when the other changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from app import state
from app.layout import plain
from core.render.wording import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenRow:
    """Which row is chosen, and what the table of them is to be given.

    place      where the table stands, above the box
    row        the chosen one, counted from 0
    selection  key, and what st.dataframe wants to know about choosing
    """

    place: DeltaGenerator
    row: int
    selection: dict[str, Any]


def choose_row(
    names: Sequence[str],
    *,
    table: str,
    of: str = "",
    label: str = "Column",
    key: str = "column",
    width: int | Literal["stretch"] = 280,
    anew: bool = False,
) -> ChosenRow:
    """Draw the box with the names of the rows, and return which one is chosen.

    `table` is the key of the table, and `of` what it is about: of something else it is another one,
    on which nothing was clicked; `anew`: and its first row is chosen. An address that names no row
    means the first; one that names what is not there is told so.
    """
    changes, about = f"{table}-changes", f"{table}-of"
    if anew and st.session_state.get(about) != of and key not in st.query_params:
        st.session_state[key] = names[0]  # not what was looked at of something else
    st.session_state[about] = of
    unknown = state.unknown_in_address(key, [*map(named, names)], of=of)

    def chosen_again() -> None:  # the table learns of a choice outside of it by being a new one
        st.session_state[changes] = st.session_state.get(changes, 0) + 1
        state.forget_unknown(key)

    place = st.container(key=f"{table}-table")
    chosen = st.selectbox(
        label,
        names,
        key=key,
        bind="query-params",
        width=width,
        on_change=chosen_again,
        format_func=named,
    )
    if unknown is not None:
        st.caption(plain(f"The address names {unknown!r}, which is not here; the first is shown."))
    row = names.index(chosen) if chosen in names else 0
    widget = f"{table}-{of}-{st.session_state.get(changes, 0)}"

    def take() -> None:
        rows = st.session_state[widget]["selection"]["rows"]
        state.forget_unknown(key)
        if rows and rows[0] < len(names):
            st.session_state[key] = names[rows[0]]

    selection = {
        "key": widget,
        "on_select": take,
        "selection_mode": "single-row-required",
        "selection_default": {"selection": {"rows": [row]}},
    }
    return ChosenRow(place=place, row=row, selection=selection)
