"""The table of runs: one page of rows, with a bar for the first metric and a curve for each run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app import state
from app.layout import name_width
from app.link_column import click_column
from app.nav import open_page
from app.wording import param_text
from catalog.direction import lower_is_better

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from app.run_filters import RunColumns

STATUS_WORDS: Final = ("FINISHED", "FAILED", "RUNNING", "STALE")
STATUS_COLOURS: Final = ("green", "red", "blue", "orange")
ROW_HEIGHT: Final = 35  # pixels
TALLEST: Final = 14  # rows; half a row more shows that there are others below
_UNITS: Final = ((3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTable:
    """What the table shows besides the runs themselves."""

    columns: RunColumns
    curve: str | None = None
    sparklines: Mapping[str, Sequence[float]] = field(default_factory=dict)
    with_experiment: bool = True


def run_table(runs: pa.Table, shown: RunTable, *, key: str, selectable: bool = True) -> None:
    """Draw a page of runs; a click on a name opens the run, a tick chooses it for comparison."""
    ids = runs.column("run_id").to_pylist()
    width = name_width(runs.column("run_name").to_pylist())
    names = click_column("Run", ids, _open, key=f"{key}-open", width=width, pinned=True)
    settings = _column_settings(runs, shown, names)
    # the chosen rows are positions, so another page of runs is another widget
    mark = hashlib.sha256("".join(ids).encode()).hexdigest()[:12]
    widget = f"{key}-{mark}-{state.choices_made()}"
    chosen = set(state.chosen_runs()) if selectable else set()
    rows = [row for row, run_id in enumerate(ids) if run_id in chosen]
    choosing: dict[str, Any] = {}
    if selectable:
        choosing = {
            "on_select": partial(state.take_rows, widget, ids),
            "selection_mode": "multi-row",
            "selection_default": {"selection": {"rows": rows}},
        }
    place = st.container(key=f"{key}-table")
    place.dataframe(
        _rows(runs, shown),
        key=widget,
        column_config=settings,
        hide_index=True,
        height="content" if len(ids) <= TALLEST else (TALLEST + 1) * ROW_HEIGHT + ROW_HEIGHT // 2,
        row_height=ROW_HEIGHT,
        placeholder="",
        **choosing,
        alt=f"{len(ids)} runs",
    )


def _open(run_id: str) -> None:
    open_page("run", id=run_id)


def status_column() -> Any:
    """Return the settings of a column that shows states of runs as coloured chips."""
    return st.column_config.MultiselectColumn(
        "Status", options=STATUS_WORDS, color=STATUS_COLOURS, width=100
    )


def _rows(runs: pa.Table, shown: RunTable) -> pa.Table:
    import pyarrow as pa  # loaded already, by who made the table

    stale = runs.column("is_stale").to_pylist()
    status = runs.column("status").to_pylist()
    words = ["STALE" if old else word for word, old in zip(status, stale, strict=True)]
    columns: dict[str, Any] = {"run": runs.column("run_name")}
    if shown.with_experiment:
        columns["experiment"] = runs.column("experiment_name")
    columns["status"] = pa.array(words)
    columns["started"] = runs.column("start_time").cast(pa.timestamp("us", tz="UTC"))
    columns["duration"] = pa.array(_in_unit(runs.column("duration").to_pylist())[0], pa.float64())
    chosen = shown.columns
    metrics = [f"metrics.{name}" for name in chosen.metrics]
    columns |= {label: runs.column(label) for label in metrics[:1]}
    if shown.curve is not None:  # beside the value it led to, where narrow windows show it too
        ids = runs.column("run_id").to_pylist()
        curves = [list(shown.sparklines.get(run_id, ())) for run_id in ids]
        columns["curve"] = pa.array(curves, pa.list_(pa.float64()))
    others = [f"params.{name}" for name in chosen.params] + [f"tags.{n}" for n in chosen.tags]
    columns |= {label: runs.column(label) for label in (*metrics[1:], *others)}
    for name in chosen.params:
        texts = runs.column(f"params.{name}").to_pylist()
        said = [None if text is None else param_text(name, text) for text in texts]
        columns[f"params.{name}"] = pa.array(said, pa.string())
    columns["actor"] = runs.column("actor")
    return pa.table(columns)


def _column_settings(runs: pa.Table, shown: RunTable, names: Any) -> dict[str, Any]:
    column = st.column_config
    unit = _in_unit(runs.column("duration").to_pylist())[1]
    settings: dict[str, Any] = {
        "run": names,
        "experiment": column.TextColumn("Experiment", width=130),
        "status": status_column(),
        "started": column.DatetimeColumn("Started", format="distance", width=125),
        "duration": column.NumberColumn(f"Took ({unit})", format="%.2f", width=90),
        "actor": column.TextColumn("Who"),
    }
    for place, name in enumerate(shown.columns.metrics):
        label = f"metrics.{name}"
        settings[label] = column.NumberColumn(name, format="%.5g")
        low, high = _bounds(runs.column(label))
        if place == 0 and low is not None and 0 <= low <= high <= 1 and not lower_is_better(name):
            settings[label] = column.ProgressColumn(
                name, min_value=0, max_value=1, format="%.3f", width=150
            )
    settings |= {f"params.{name}": column.TextColumn(name) for name in shown.columns.params}
    settings |= {f"tags.{name}": column.TextColumn(name) for name in shown.columns.tags}
    if shown.curve is not None:
        settings["curve"] = column.LineChartColumn(
            "By step", width=130, help=f"{shown.curve} along the steps of the run"
        )
    return settings


def _bounds(values: pa.ChunkedArray) -> tuple[float | None, float]:
    known = [value for value in values.to_pylist() if value is not None]
    return (min(known), max(known)) if known else (None, 0.0)


def _in_unit(seconds: Sequence[float | None]) -> tuple[list[float | None], str]:
    """Give the durations of a page in the unit that suits the longest, and its name.

    >>> _in_unit([30.0, None, 600.0])
    ([0.5, None, 10.0], 'min')
    """
    longest = max((value for value in seconds if value is not None), default=0)
    divisor, unit = next((row for row in _UNITS if longest >= 3 * row[0]), _UNITS[-1])
    return [None if value is None else value / divisor for value in seconds], unit
