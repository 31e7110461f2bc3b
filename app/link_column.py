"""Columns of tables whose cells do something when they are clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from app.nav import open_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Thing = TypeVar("Thing")


def click_column(
    label: str,
    things: Sequence[Thing],
    on_click: Callable[[Thing], object],
    *,
    key: str,
    width: int | None = None,
    pinned: bool = False,
    told: str | None = None,
) -> Any:
    """Return the settings of a column of names; a click on one gives the thing of its row.

    `told` is the help of the column. A click on a row that is not there any more does nothing.
    """

    def clicked() -> None:
        click = st.session_state[key]
        if click is not None and click.row < len(things):
            on_click(things[click.row])

    return st.column_config.ButtonColumn(
        label,
        key=key,
        on_click=clicked,
        type="tertiary",
        alignment="left",
        pinned=pinned,
        width=width,
        help=told,
    )


def link_column(
    label: str, *, page: str, addresses: Sequence[Mapping[str, str]], width: int | None = None
) -> Any:
    """Return the settings of a column that opens a page; each row has the address of its own.

    It stays in sight when the table is moved sideways.
    """
    return click_column(
        label,
        addresses,
        lambda address: open_page(page, **address),
        key=f"{page}-open",
        width=width,
        pinned=True,
    )
