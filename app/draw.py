"""Draw charts described by core.charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.layout import plain

if TYPE_CHECKING:
    import pyarrow as pa

    from core.charts.theme import Spec


_SAID = frozenset({"title", "description"})  # said outside of the drawing


def draw(spec: Spec, data: pa.Table | None, *, key: str, alt: str | None = None) -> None:
    """Draw a chart in a card, its title as a heading and its description for screen readers.

    A dict and an Arrow table take 0.4 ms here; an Altair chart takes 10 to 30.
    """
    bare: dict[str, Any] = {name: value for name, value in spec.items() if name not in _SAID}
    with st.container(border=True, height="stretch"):
        st.header(plain(str(spec["title"])), anchor=False)
        st.vega_lite_chart(data, bare, key=key, alt=alt or spec["description"])
