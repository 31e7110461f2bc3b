"""Columns of tables whose cells open a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.nav import open_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def link_column(
    label: str, *, page: str, addresses: Sequence[Mapping[str, str]], width: int | None = None
) -> Any:
    """Return the settings of a column that opens a page; each row has the address of its own.

    It stays in sight when the table is moved sideways.
    """
    key = f"{page}-open"

    def open_clicked() -> None:
        click = st.session_state[key]
        if click is not None and click.row < len(addresses):
            open_page(page, **addresses[click.row])

    return st.column_config.ButtonColumn(
        label,
        key=key,
        on_click=open_clicked,
        type="tertiary",
        alignment="left",
        pinned=True,
        width=width,
    )
