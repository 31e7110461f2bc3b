"""The answer as a chart: which columns, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.layout import plain

if TYPE_CHECKING:
    import pyarrow as pa

MOST_POINTS: Final = 5_000
CHOICES: Final = ("chart-x", "chart-y", "mark", "chart-colour")  # keys of the boxes
_MARKS: Final = {"Bars": "bar", "Line": "line", "Points": "point", "Area": "area"}


def chart(table: pa.Table) -> None:
    """Draw two columns against each other, with a third one as colour if wanted."""
    names = table.column_names
    kinds = {name: kind_of(table.schema.field(name).type) for name in names}
    numbers = [name for name in names if kinds[name] == "quantitative"]
    if not numbers:
        st.caption("A chart needs a column of numbers; this answer has none.")
        return
    across = next((name for name in names if kinds[name] != "quantitative"), names[0])
    up = next((name for name in numbers if name != across), numbers[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = st.selectbox(
            "Across", names, names.index(across), key="chart-x", bind="query-params", width=150
        )
        y = st.selectbox(
            "Up", numbers, numbers.index(up), key="chart-y", bind="query-params", width=130
        )
        usual = {"temporal": "Line", "nominal": "Bars"}.get(kinds[x], "Points")
        mark = st.segmented_control(
            "As", list(_MARKS), default=usual, required=True, key="mark", bind="query-params"
        )
        words = [name for name in names if kinds[name] == "nominal" and name != x]
        colour = st.selectbox(
            "Colour",
            words,
            None,
            key="chart-colour",
            bind="query-params",
            placeholder="none",
            width=120,
        )
    shown = table.slice(0, MOST_POINTS)
    spec = described(x, y, kinds[x], _MARKS[mark or usual], colour)
    columns = {"x": shown[x], "y": shown[y]} | ({"group": shown[colour]} if colour else {})
    import pyarrow as pa  # loaded already, by who made the table

    st.vega_lite_chart(
        pa.table(columns), spec, key="sql-chart", alt=f"{y} by {x}, {shown.num_rows} rows"
    )
    if table.num_rows > MOST_POINTS:
        st.caption(f"The first {MOST_POINTS:,} rows are drawn; aggregate in SQL to draw them all.")
    if colour:
        st.caption(f"Coloured by {plain(colour)}.")


def kind_of(kind: Any) -> str:
    """Return what a column is for a chart: quantitative, temporal, or nominal."""
    import pyarrow.types as is_a  # as above

    if is_a.is_integer(kind) or is_a.is_floating(kind) or is_a.is_decimal(kind):
        return "quantitative"
    return "temporal" if is_a.is_timestamp(kind) or is_a.is_date(kind) else "nominal"


def described(x: str, y: str, kind: str, mark: str, colour: str | None) -> dict[str, Any]:
    """Describe the chart in Vega-Lite; values are in the columns x, y and group.

    >>> described("model", "auc", "nominal", "bar", None)["encoding"]["x"]["title"]
    'model'
    """
    across: dict[str, Any] = {"field": "x", "type": kind, "title": x}
    if kind == "nominal":
        across |= {"sort": None, "axis": {"labelAngle": 0, "labelLimit": 120}}
        across["axis"]["labelOverlap"] = "greedy"
    elif mark in {"bar", "area"}:
        across["scale"] = {"nice": True}
    up = {"field": "y", "type": "quantitative", "title": y, "scale": {"zero": mark != "point"}}
    encoding: dict[str, Any] = {
        "x": across,
        "y": up,
        "tooltip": [across, {**up, "format": ",.6~g"}],
    }
    if colour is not None:
        shade = {"field": "group", "type": "nominal", "title": colour}
        encoding |= {"color": {**shade, "legend": {"orient": "bottom"}}}
        encoding["tooltip"].append(shade)
    drawn: dict[str, Any] = {"type": mark}
    drawn |= {"filled": True, "size": 45, "opacity": 0.7} if mark == "point" else {}
    drawn |= {"cornerRadiusEnd": 3} if mark == "bar" else {}
    drawn |= {"point": {"size": 30}} if mark == "line" else {}
    drawn |= {"opacity": 0.5, "line": True} if mark == "area" else {}
    return {"height": 340, "mark": drawn, "encoding": encoding}
