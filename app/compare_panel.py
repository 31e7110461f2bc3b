"""What lies under the table of runs: the curves of the chosen runs, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app import state
from app.curves import CurveOptions, curves, distinct_names
from app.layout import card, empty, table as show_table
from app.nav import open_page
from app.wording import counted, number, span
from core.errors import RunNotFoundError

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View


def compare_panel(view: View, metric: str | None, options: CurveOptions) -> None:
    """Draw the comparison of the chosen runs; nothing when none is chosen."""
    ids = state.chosen_runs()
    if not ids:
        return
    try:
        table = view.ask(view.tracker.compare_runs, ids, as_frame="arrow")
    except RunNotFoundError as error:
        gone = error.facts.get("run_ids")
        state.choose_runs(i for i in ids if not isinstance(gone, list) or i not in gone)
        st.toast("Some of the chosen runs are gone.", icon=":material/info:")
        st.rerun()
    names = distinct_names(ids, table.column("run_name").to_pylist())
    _chosen(ids, names)
    left, right = st.columns([3, 2])
    with left:
        if metric is None or not curves(
            view, names, metric, options, key="compare-curves", height=360
        ):
            empty("No curve to draw", "The chosen runs did not log this metric more than once.")
    with right, card("What differs"):
        _differences(table, names)


def _chosen(ids: list[str], names: dict[str, str]) -> None:
    key = f"chosen-{state.choices_made()}-{'-'.join(run_id[-4:] for run_id in ids)}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            f"Compare {counted(len(ids), 'chosen run')}",
            ids,
            default=ids,
            format_func=lambda run_id: names.get(run_id, run_id),
            key=key,
            on_change=lambda: state.choose_runs(st.session_state[key]),
        )
        if len(ids) == 1 and st.button("Open run", icon=":material/open_in_full:"):
            open_page("run", id=ids[0])
        st.button("Clear", icon=":material/close:", on_click=state.choose_runs, args=([],))


def _differences(table: pa.Table, names: dict[str, str]) -> None:
    rows = _difference_rows(table)
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
        settings={"": st.column_config.TextColumn(" ", pinned=True, width=130)},
    )


def _difference_rows(table: pa.Table) -> list[tuple[str, list[str]]]:
    """Give the lines of the comparison: a label, and a text for each run."""
    rows: list[tuple[str, list[str]]] = []
    for label in table.column_names:
        values: list[Any] = table.column(label).to_pylist()
        kind, _, name = label.partition(".")
        if label == "duration":
            rows.append(("duration", [span(value) for value in values]))
        elif kind == "params":
            rows.append((name, ["" if value is None else value for value in values]))
        elif kind == "metrics" and not name.endswith((".min", ".max", ".best_step", ".delta")):
            texts, last = [number(value) for value in values], name.removesuffix(".best")
            # the best value says nothing where every run ended with it
            told = last != name and values == table.column(f"metrics.{last}").to_pylist()
            if not told and len(set(texts)) > 1:
                rows.append((name.replace(".best", ", best"), texts))
        elif label in ("status", "experiment_name") and len(set(values)) > 1:
            rows.append((label.replace("_name", ""), values))
    return rows
