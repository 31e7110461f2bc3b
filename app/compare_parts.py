"""The parts of the page of comparison that are tables and charts of the runs themselves."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.compare_rows import BEST, NOT_SET, difference_rows
from app.draw import draw, mode
from app.layout import card, empty, name_width, plain, table as show_table
from app.state import MOST_COMPARED
from app.wording import counted
from catalog.direction import lower_is_better
from core.charts.axes import Axis, axis_of
from core.charts.parallel import parallel
from core.charts.points import scatter
from core.tracking.repeats import is_seed

if TYPE_CHECKING:
    from app.compare_choice import Compared

_USUAL_AXES: Final = 5
_COLOURS: Final = 8  # that the palette has
_WORDS: Final = ("status", "experiment_name")
_NONE: Final = "one colour"


def differences_part(compared: Compared, metric: str | None) -> None:
    """Draw a line for everything that differs, a column for each run, against a baseline."""
    table, names = compared.table, list(compared.names.values())
    places = best_places(compared, metric)
    names = [names[place] for place in places]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        baseline = st.selectbox("Baseline", names, key="baseline", bind="query-params", width=300)
        rare = st.toggle(
            "Rows that tell little",
            key="rare",
            bind="query-params",
            help="Params, tags and metrics that fewer than half of these runs have, or that are"
            " the same in all that have them",
        )
    shown, start = table.take(places), names.index(baseline or names[0])
    rows = difference_rows(shown, baseline=start, first=metric)
    every = len(rows)
    if not rare and len(names) > 2:
        rows = difference_rows(shown, baseline=start, first=metric, least=(len(names) + 1) // 2)
    if not every:
        empty("Nothing differs", "These runs have the same params, tags and metrics.")
        return
    columns: dict[str, list[str]] = {"": [label for label, _ in rows]}
    columns |= {name: [texts[place] for _, texts in rows] for place, name in enumerate(names)}
    show_table(
        columns,
        key="differences",
        alt=f"What differs between {counted(len(names), 'run')}",
        settings={"": st.column_config.TextColumn(" ", pinned=True, width=name_width(columns[""]))},
        height="content",
    )
    told = (
        f"{BEST} is the best of these runs; in brackets, how far from {plain(baseline or names[0])}"
        f" (= is the same). {NOT_SET.capitalize()}: a run without this param or tag; -: without"
        " this metric."
    )
    if len(rows) < every:
        told += f" {counted(every - len(rows), 'row')} that tell little left out."
    if len(places) < table.num_rows:
        told += f" Shown are the best {len(places)} of {table.num_rows:,} by {plain(metric or '')}."
    st.caption(told)


def best_places(compared: Compared, metric: str | None) -> list[int]:
    """Return the rows that have a column: all of a few, else the best by the metric."""
    places = list(range(compared.table.num_rows))
    if len(places) <= MOST_COMPARED or metric is None:
        return places[:MOST_COMPARED]
    values = compared.values(f"metrics.{metric}")
    sign = 1 if lower_is_better(metric) else -1
    places.sort(key=lambda p: float("inf") if values[p] is None else sign * values[p])
    return places[:MOST_COMPARED]


def parallel_part(compared: Compared, metric: str | None) -> None:
    """Draw a line for each run across axes of params and metrics, coloured by the metric."""
    if metric is None:
        empty("Nothing to draw", "These runs logged no metrics.")
        return
    last = f"metrics.{metric}"
    options = [label for label in compared.labels if label != last]
    usual = [f"params.{name}" for name in compared.params if not is_seed(name)][:_USUAL_AXES]
    others = [label for label in options if label.startswith("metrics.")]
    chosen = st.multiselect(
        "Axes", options, default=usual or [*others[:2], "duration"], key="axes", bind="query-params"
    )
    axes = [_axis(compared, label) for label in (*chosen, last)]
    lower = lower_is_better(metric)
    option = parallel(axes, list(compared.names.values()), lower_is_better=lower, mode=mode())
    lines = option["series"][0]["data"]
    if not lines:
        empty("Nothing to draw", f"Choose an axis on which runs with {metric} have a value.")
        return
    count = counted(len(lines), "run")
    with card(f"{count}, coloured by {metric}"):
        words = ", ".join(axis.label for axis in axes)
        alt = f"Parallel coordinates of {count}: one line for each across {words}."
        st.echarts_chart(option, height=440, key="parallel", theme=None, alt=alt)
        st.caption(
            f"The stronger the colour, the better: {'lower' if lower else 'higher'} {plain(metric)}"
            " is taken as better. Drag along an axis to keep only the lines that pass there; click"
            " the axis to let go. A line skips an axis on which its run has no value."
        )


def scatter_part(compared: Compared, metric: str | None) -> None:
    """Draw one point for each run by any two of params and metrics, coloured by a third."""
    axes = {label: _axis(compared, label) for label in compared.labels}
    filled = [label for label, axis in axes.items() if any(v is not None for v in axis.values)]
    numeric = [label for label in filled if axes[label].kind != "category"]
    if not numeric:
        empty("Nothing to draw", "These runs have no numbers yet.")
        return
    shades = [_NONE, *_WORDS, *filled]
    with st.container(horizontal=True):
        x = st.selectbox("Across", filled, key="x", bind="query-params", width=240)
        wanted = f"metrics.{metric}"
        at = numeric.index(wanted) if wanted in numeric else 0
        y = st.selectbox("Up", numeric, at, key="y", bind="query-params", width=240)
        shade = st.selectbox("Colour", shades, 1, key="shade", bind="query-params", width=240)
    across, up = axes[x or filled[0]], axes[y or numeric[at]]
    columns: dict[str, list[Any]] = {
        "name": list(compared.names.values()),
        "x": list(across.values),
        "y": list(up.values),
    }
    coloured = shade not in (None, _NONE)
    measured = coloured and shade in numeric
    if coloured and shade is not None:
        values = list(axes[shade].values) if measured else _few(compared.values(shade))
        columns["group"] = values
    keep = [
        p for p in range(len(columns["name"])) if None not in (columns["x"][p], columns["y"][p])
    ]
    if not keep:
        empty("Nothing to draw", f"No run has both {across.label} and {up.label}.")
        return
    spec = scatter(
        f"{up.label} by {across.label}",
        x=across.label,
        y=up.label,
        group=_short(shade) if coloured and shade is not None else None,
        measured=measured,
        discrete=across.kind == "category",
        logarithmic=across.kind == "log",
        height=420,
    )
    import pyarrow as pa  # loaded already, by who made the table

    draw(spec, pa.table(columns).take(keep), key="scatter")
    if len(keep) < compared.table.num_rows:
        gone = compared.table.num_rows - len(keep)
        st.caption(
            f"{counted(gone, 'run')} without both values {'is' if gone == 1 else 'are'} not drawn."
        )


def _axis(compared: Compared, label: str) -> Axis:
    return axis_of(_short(label), compared.values(label))


def _short(label: str) -> str:
    """Say a label as an axis does.

    >>> _short("params.model.depth"), _short("duration"), _short("experiment_name")
    ('model.depth', 'duration (s)', 'experiment')
    """
    kind, _, name = label.partition(".")
    return name or {"duration": "duration (s)"}.get(kind, kind.removesuffix("_name"))


def _few(values: list[Any]) -> list[str]:
    """Give names for as many colours as there are: the rarest names become one.

    >>> _few(["a", None])
    ['a', 'not set']
    """
    texts = ["not set" if value is None else str(value) for value in values]
    counts = Counter(texts)
    if len(counts) <= _COLOURS:
        return texts
    common = {text for text, _ in counts.most_common(_COLOURS - 1)}
    return [text if text in common else "others" for text in texts]
