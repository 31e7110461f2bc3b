"""The part of the page of comparison that shows how a metric spreads within groups of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.draw import draw
from app.layout import empty, plain
from app.wording import counted, param_text
from catalog.direction import lower_is_better
from core.charts.intervals import box_plot
from core.tracking.spread import LEAST_IN_BOX, MOST_GROUPS, grouped, splits, spread

if TYPE_CHECKING:
    from app.compare_choice import Compared

_AXIS = 84  # pixels
_KINDS = ("params.", "tags.")


def boxes_part(compared: Compared, metric: str | None) -> None:
    """Draw a box for each group of runs, and a dot for each run."""
    if metric is None:
        empty("Nothing to draw", "These runs logged no metrics.")
        return
    labels = [n for n in compared.table.column_names if n.startswith(_KINDS)]
    options = splits({label: compared.values(label) for label in labels})
    options += splits({name: compared.values(name) for name in ("experiment_name", "status")})
    if not options:
        empty(
            "Nothing parts these runs",
            f"No param or tag has between 2 and {MOST_GROUPS} different values here.",
        )
        return
    label = st.selectbox(
        "Group by",
        options,
        key="box_by",
        bind="query-params",
        width=260,
        format_func=lambda option: option.replace("_name", ""),
        help=f"Params and tags with 2 to {MOST_GROUPS} values; first what parts the runs best.",
    )
    label = label or options[0]
    values = compared.values(f"metrics.{metric}")
    groups = grouped(compared.values(label), values, lowest_first=lower_is_better(metric))
    if not groups:
        empty("Nothing to draw", f"None of these runs has {metric}.")
        return
    _draw(compared, metric, label, groups)


def _draw(compared: Compared, metric: str, label: str, groups: dict[str | None, list[int]]) -> None:
    import pyarrow as pa  # loaded already, by who made the table

    values, names = compared.values(f"metrics.{metric}"), list(compared.names.values())
    title = label.partition(".")[2] or label.replace("_name", "")
    rows: list[dict[str, Any]] = []
    for name, places in groups.items():
        told = _said(label, name)
        box = spread([values[place] for place in places])
        if box is not None:
            ends = {end: getattr(box, end) for end in ("low", "first", "median", "third", "high")}
            rows.append({"part": "box", "name": told, **ends})
        rows += [{"part": "dot", "name": told, "value": values[p], "run": names[p]} for p in places]
    spec = box_plot(f"{metric} by {title}", value=metric, count=len(groups), name=title, dots="Run")
    types = [*((name, pa.string()) for name in ("part", "name", "run"))]
    types += [(n, pa.float64()) for n in ("low", "first", "median", "third", "high", "value")]
    # in a page the height holds the axis and its title too
    height = max(spec["height"], 160) + _AXIS
    draw({**spec, "height": height}, pa.Table.from_pylist(rows, pa.schema(types)), key="boxes")
    drawn = sum(map(len, groups.values()))
    st.caption(_caption(metric, drawn, compared.table.num_rows))


def _said(label: str, name: str | None) -> str:
    if name is None:
        return "not set"
    kind, _, param = label.partition(".")
    return param_text(param, name) if kind == "params" else name


def _caption(metric: str, drawn: int, every: int) -> str:
    told = (
        "A box reaches from the first to the third quartile with a line at the median, its"
        " whiskers to the outermost runs within 1.5 times that; fewer than"
        f" {LEAST_IN_BOX} runs have dots only. Groups of numbers are in their order, others by"
        " their median, the best first."
    )
    if drawn < every:
        told += f" {counted(every - drawn, 'run')} without {plain(metric)} not drawn."
    return told
