"""The view "Charts" of the runs page: how a metric lies over runs and params."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.draw import draw
from app.layout import empty
from app.run_choices import param_choices
from core.charts.axes import axis_of
from core.charts.bars import bars, histogram
from core.charts.points import scatter

if TYPE_CHECKING:
    import pyarrow as pa

    from app.run_filters import RunFilter
    from app.session import View

MOST_DRAWN: Final = 2000
_FEW: Final = 12  # words of a param that are still worth a bar each


def run_charts(view: View, chosen: RunFilter, metric: str | None) -> None:
    """Draw the newest runs that match: metric by param, its distribution, runs per value."""
    params = param_choices(view, chosen.experiment)
    if metric is None:
        empty("Nothing to draw", "These runs logged no metrics yet.")
        return
    param = None
    if params:
        param = st.selectbox("Param", params, key="param", bind="query-params", width=220)
    runs = view.ask(
        view.runs.search_runs_arrow,
        chosen.experiment,
        chosen.expression,
        metrics=(metric,),
        params=(param,) if param else (),
        limit=MOST_DRAWN,
        only_deleted=chosen.deleted,
    )
    if not _known(runs, metric):
        empty("Nothing to draw", "No run that matches has this metric.")
        return
    left, right = st.columns(2)
    with left:
        if param is not None:
            _by_param(runs, metric, param)
    with left if param is None else right:
        draw(
            histogram(f"Distribution of {metric}", value=metric, height=300),
            runs.select([f"metrics.{metric}"]).rename_columns(["value"]),
            key="distribution",
        )
    if param is not None:
        _counts(runs, param)


def _known(runs: pa.Table, metric: str) -> bool:
    return any(value is not None for value in runs.column(f"metrics.{metric}").to_pylist())


def _by_param(runs: pa.Table, metric: str, param: str) -> None:
    import pyarrow as pa  # loaded already, by who made the table

    texts = runs.column(f"params.{param}").to_pylist()
    values = runs.column(f"metrics.{metric}").to_pylist()
    rows = list(zip(runs.column("run_name").to_pylist(), texts, values, strict=True))
    rows = [row for row in rows if None not in row]
    axis = axis_of(param, [text for _, text, _ in rows])
    spec = scatter(
        f"{metric} by {param}",
        x=param,
        y=metric,
        discrete=axis.kind == "category",
        logarithmic=axis.kind == "log",
    )
    columns = {
        "name": [name for name, _, _ in rows],
        "x": axis.values,
        "y": [value for _, _, value in rows],
    }
    draw(spec, pa.table(columns), key="by-param")


def _counts(runs: pa.Table, param: str) -> None:
    import pyarrow as pa  # loaded already, by who made the table

    counts: dict[str, int] = {}
    for text in runs.column(f"params.{param}").to_pylist():
        counts[text or "not set"] = counts.get(text or "not set", 0) + 1
    if len(counts) > _FEW:
        return
    table = pa.table({"name": list(counts), "value": list(counts.values())})
    draw(bars(f"Runs by {param}", name=param, value="Runs"), table, key="counts")
