"""What lies under the table of runs: the curves of the chosen runs, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import state
from app.compare_choice import chosen_bar, compared_table
from app.compare_rows import difference_rows
from app.curves import curve_options, curves, distinct_names
from app.layout import card, empty, name_width, table as show_table

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View


def compare_panel(view: View, metric: str | None) -> None:
    """Draw the comparison of the chosen runs; nothing when none is chosen."""
    ids = state.chosen_runs()
    if not ids:
        return
    drawn = ids[: state.MOST_COMPARED]
    table = compared_table(view, drawn)
    names = distinct_names(drawn, table.column("run_name").to_pylist())
    chosen_bar(ids, names, on_compare_page=False)
    if len(drawn) < len(ids):
        st.caption(f"The first {len(drawn)} are drawn; Compare shows all of them.")
    options = curve_options()
    left, right = st.columns([3, 2])
    with left:
        if metric is None or not curves(
            view, names, metric, options, key="compare-curves", height=360
        ):
            empty("No curve to draw", "The chosen runs did not log this metric more than once.")
    with right, card("What differs"):
        _differences(table, names)


def _differences(table: pa.Table, names: dict[str, str]) -> None:
    rows = difference_rows(table)
    if not rows:
        st.caption("Nothing: same params, and no metrics.")
        return
    columns: dict[str, list[str]] = {"": [name for name, _ in rows]}
    for place, name in enumerate(names.values()):
        columns[name] = [values[place] for _, values in rows]
    show_table(
        columns,
        key="differences",
        alt=f"What differs between {', '.join(names.values())}",
        settings={"": st.column_config.TextColumn(" ", pinned=True, width=name_width(columns[""]))},
    )
