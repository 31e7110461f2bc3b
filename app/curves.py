"""Curves of metrics on a page: how they are drawn, and the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import streamlit as st

from app.draw import draw
from core.charts.curves import curve_rows
from core.charts.lines import Along, metric_curves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from app.session import View

_ALONG: Final = {"Step": "step", "Hours": "hours", "Time": "time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveOptions:
    """How curves are drawn."""

    along: Along = "step"
    weight: float = 0.0
    logarithmic: bool = False


def curve_options() -> CurveOptions:
    """Draw the choices for all curves of a page."""
    with st.popover("Curves", icon=":material/show_chart:", help="How curves are drawn"):
        along = st.segmented_control(
            "Along", list(_ALONG), default="Step", required=True, key="along", bind="query-params"
        )
        weight = st.slider(
            "Smoothing",
            *(0.0, 0.99, 0.0, 0.01),
            key="smooth",
            bind="query-params",
            help="Exponential moving average; the weight of the past. The raw curve stays visible.",
        )
        logarithmic = st.toggle("Logarithmic values", key="log", bind="query-params")
    return CurveOptions(
        along=cast("Along", _ALONG[along or "Step"]), weight=weight, logarithmic=logarithmic
    )


def curves(
    view: View,
    names: Mapping[str, str],
    metric: str,
    options: CurveOptions,
    *,
    key: str,
    height: int = 280,
    marks: Sequence[tuple[int, str]] = (),
) -> bool:
    """Draw a metric of some runs (id to name); False when none has two points to join.

    `marks` are steps and what is said of each.
    """
    histories = view.ask(view.runs.metric_histories, list(names), metric)
    if not _joinable(histories):
        return False
    rows = curve_rows(
        histories,
        names,
        along=options.along,
        weight=options.weight,
        logarithmic=options.logarithmic,
    )
    drawn = set(rows.column("run").to_pylist())
    spec = metric_curves(
        metric,
        [name for name in names.values() if name in drawn],
        along=options.along,
        logarithmic=options.logarithmic,
        smoothed=options.weight > 0,
        height=height,
        marks=marks if options.along == "step" else (),
    )
    draw(spec, rows, key=key)
    return True


def distinct_names(ids: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Return a name for each id; runs of the same name get the end of their id.

    >>> distinct_names(["0197-aaaa", "0197-bbbb", "0197-cccc"], ["forest", "forest", "linear"])
    {'0197-aaaa': 'forest aaaa', '0197-bbbb': 'forest bbbb', '0197-cccc': 'linear'}
    """
    return {
        run_id: name if names.count(name) == 1 else f"{name} {run_id[-4:]}"
        for run_id, name in zip(ids, names, strict=True)
    }


def _joinable(histories: pa.Table) -> bool:
    ids = histories.column("run_id").to_pylist()
    return len(ids) > len(set(ids))
