"""Which runs are compared: those of the address, or all that match a filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app import state
from app.curves import distinct_names
from app.nav import open_page
from app.run_filters import filter_bar
from app.wording import counted
from core.errors import RunNotFoundError

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View

MOST_RUNS: Final = 500
_SUMMARIES: Final = (".min", ".max", ".best", ".best_step", ".delta")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Runs side by side, as `RunBoard.compare` gives them; `matching` is how many there are."""

    table: pa.Table
    names: dict[str, str]
    metrics: list[str]
    matching: int

    @property
    def params(self) -> list[str]:
        """The params that differ, those that most runs have first.

        A param that some runs lack and that is the same in all others comes last.
        """
        found = [name for name in self.table.column_names if name.startswith("params.")]

        def place(name: str) -> tuple[bool, int]:
            column = self.table.column(name)
            return len(column.drop_null().unique()) < 2, column.null_count

        return [name.removeprefix("params.") for name in sorted(found, key=place)]

    @property
    def labels(self) -> list[str]:
        """What can be an axis: `params.<name>`, `metrics.<name>`, duration."""
        metrics = [f"metrics.{name}" for name in self.metrics]
        return [*(f"params.{name}" for name in self.params), *metrics, "duration"]

    def values(self, label: str) -> list[Any]:
        """Return what the runs have under a label, in their order."""
        values: list[Any] = self.table.column(label).to_pylist()
        return values


def choose_compared(view: View) -> Compared | None:
    """Draw the choice of runs and return them side by side; None when there are none."""
    ids = state.chosen_runs()
    if ids:
        table = compared_table(view, ids)
        names = distinct_names(ids, table.column("run_name").to_pylist())
        chosen_bar(ids, names)
        return _compared(view, table, names, matching=len(ids))
    chosen = filter_bar(view)
    deleted = chosen.deleted
    matching = view.ask(
        view.runs.count_runs, chosen.experiment, chosen.expression, only_deleted=deleted
    )
    found = view.ask(
        view.runs.search_runs_arrow,
        chosen.experiment,
        chosen.expression,
        limit=MOST_RUNS,
        only_deleted=deleted,
    )
    ids = found.column("run_id").to_pylist()
    if not ids:
        return None
    table = view.ask(view.runs.compare, ids)
    names = distinct_names(ids, table.column("run_name").to_pylist())
    return _compared(view, table, names, matching=matching)


def _compared(view: View, table: pa.Table, names: dict[str, str], *, matching: int) -> Compared:
    known = set(table.column_names)
    metrics = [n for n in view.ask(view.runs.metric_names) if f"metrics.{n}" in known]
    return Compared(table=table, names=names, metrics=metrics, matching=matching)


def compared_table(view: View, ids: list[str]) -> pa.Table:
    """Return the chosen runs side by side; those that are gone leave the choice."""
    try:
        return view.ask(view.runs.compare, ids)
    except RunNotFoundError as error:
        gone = error.facts.get("run_ids")
        state.choose_runs(i for i in ids if not isinstance(gone, list) or i not in gone)
        st.toast("Some of the chosen runs are gone.", icon=":material/info:")
        st.rerun()


def chosen_bar(ids: list[str], names: dict[str, str], *, on_compare_page: bool = True) -> None:
    """Draw which runs are chosen, and what can be done with the choice."""
    key = f"chosen-{state.choices_made()}-{'-'.join(run_id[-4:] for run_id in ids)}"
    few = len(ids) <= state.MOST_COMPARED
    with st.container(horizontal=True, vertical_alignment="bottom" if few else "center"):
        if few:
            st.multiselect(
                f"Compare {counted(len(ids), 'chosen run')}",
                ids,
                default=ids,
                format_func=lambda run_id: names.get(run_id, run_id),
                key=key,
                on_change=lambda: state.choose_runs(st.session_state[key]),
            )
        else:
            st.markdown(f"**{len(ids)} chosen runs**", width="stretch")
        if len(ids) == 1 and st.button("Open run", icon=":material/open_in_full:"):
            open_page("run", id=ids[0])
        if on_compare_page and st.button("Choose others", icon=":material/checklist:"):
            open_page("runs", run=ids)
        several = not on_compare_page and len(ids) > 1
        if several and st.button("Open in Compare", icon=":material/stacked_line_chart:"):
            open_page("compare", run=ids)
        st.button(
            "Clear",
            icon=":material/close:",
            on_click=state.choose_runs,
            args=([],),
            help="Compare all runs that match a filter" if on_compare_page else None,
        )
