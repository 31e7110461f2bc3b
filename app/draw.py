"""Draw charts described by core.charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.arrow_tables import rows_table
from app.layout import plain
from core.charts.palette import palette

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from core.charts.palette import Mode
    from core.charts.theme import Spec


_PICKED: Final = "picked"
_SAID = frozenset({"title", "description"})  # said outside of the drawing


def mode() -> Mode:
    """Return which of the palettes suits the page as its reader sees it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def draw(spec: Spec, data: pa.Table | None, *, key: str, alt: str | None = None) -> None:
    """Draw a chart in a card, its title as a heading and its description for screen readers.

    Without `data` the chart holds its rows itself.
    A dict and an Arrow table take 0.4 ms here; an Altair chart takes 10 to 30.
    """
    bare = _bare(spec)
    if data is None and "values" in bare.get("data", {}):
        data = rows_table(bare.pop("data")["values"])
    with st.container(border=True, height="stretch"):
        st.header(plain(str(spec["title"])), anchor=False)
        st.vega_lite_chart(data, bare, key=key, alt=alt or spec["description"])


def draw_selectable(
    spec: Spec, data: pa.Table, on_pick: Callable[[dict[str, Any]], None], *, key: str
) -> None:
    """Draw a chart like `draw`, the bars of which can be clicked.

    `on_pick` is called before the next run of the page with the fields of the bar: low and high, or
    name. The bars are those of the first layer, or of the chart itself.
    """
    bare = _bare(spec)
    fields = [
        name for name in ("low", "high", "name", "row", "column") if name in data.column_names
    ]
    param = {"name": _PICKED, "select": {"type": "point", "fields": fields, "toggle": False}}
    if "layer" in bare:
        first, *others = bare["layer"]
        bare["layer"] = [_pointed({**first, "params": [param]}), *others]
    else:
        bare = _pointed({**bare, "params": [param]})
    count = f"{key}-clicks"
    widget = f"{key}-{st.session_state.get(count, 0)}"  # a new one forgets what was clicked

    def take() -> None:
        picked = st.session_state[widget]["selection"].get(_PICKED) or []
        if picked:
            st.session_state[count] = st.session_state.get(count, 0) + 1
            on_pick(dict(picked[0]))

    with st.container(border=True, height="stretch"):
        st.header(plain(str(spec["title"])), anchor=False)
        st.vega_lite_chart(data, bare, key=widget, alt=spec["description"], on_select=take)


def _bare(spec: Spec) -> dict[str, Any]:
    """Leave out what is said outside, and add what Streamlit's own theme of charts lacks.

    It has no colour for rules, which would be black on a dark page, pale axes on a light one, and a
    blank strip below.
    """
    muted = palette(mode()).muted
    written = {"labelColor": muted, "titleColor": muted}
    return {
        "padding": {"left": 0, "top": 6, "right": 6, "bottom": 4},
        **{name: value for name, value in spec.items() if name not in _SAID},
        "config": {"rule": {"color": muted}, "axis": written, "legend": written}
        | spec.get("config", {}),
    }


def _pointed(layer: dict[str, Any]) -> dict[str, Any]:
    """Let the pointer say that a click does something."""
    return {**layer, "mark": {**layer["mark"], "cursor": "pointer"}}
