"""Calibration in one picture: tenths, a smooth curve, and where the predictions are.

columns: kind (tenth, curve or range), predicted, observed, low, high (0 ... 1), rows, until

A tenth has all but `until`. A point of the curve has no rows; a range has only the rows that are
predicted from `predicted` until `until`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.charts.palette import LIGHT

if TYPE_CHECKING:
    from core.charts.theme import Spec

TENTH = "tenth"
CURVE = "curve"
RANGE = "range"
_QUIET = "#8a94a3"
_POINTS = LIGHT.categorical[1]
_LOW = 6  # the bars take so many times less of the height


def reliability_chart(title: str, *, most: int, highest: float = 1.0, height: int = 340) -> Spec:
    """Describe observed against predicted risk, from 0 to `highest`, above a histogram.

    `most` are the rows of the longest bar.

    >>> reliability_chart("2017-18", most=90)["description"].split(". ")[0]
    'Calibration plot: 2017-18'
    """
    scale = {"domain": [0, highest], "nice": False}
    across = {
        "field": "predicted",
        "type": "quantitative",
        "title": "Predicted risk",
        "scale": scale,
        "axis": {"format": "%", "grid": False},
    }
    observed = _number("observed", "Observed share of events")
    low, high = _number("low", "95 % interval from"), _number("high", "95 % interval to")
    up = {"scale": {**scale, "clamp": True}, "axis": {"format": "%"}, "title": observed["title"]}
    told = [{**field, "format": ".1%"} for field in (across, observed, low, high)]
    told = [_without_axis(field) for field in told]
    rows = {**_number("rows", "Rows"), "format": ","}
    band = {"y": {**low, **up}, "y2": {"field": "high"}}
    judged: list[Spec] = [
        _diagonal(highest),
        {**_only(CURVE), "mark": {"type": "area", "opacity": 0.18}, "encoding": band},
        {**_only(CURVE), "mark": {"type": "line"}, "encoding": {"y": {**observed, **up}}},
        {**_only(TENTH), "mark": {"type": "rule", "color": _POINTS}, "encoding": band},
        {
            **_only(TENTH),
            "mark": {"type": "point", "filled": True, "size": 60, "color": _POINTS, "opacity": 1},
            "encoding": {"y": {**observed, **up}, "tooltip": [*told, rows]},
        },
    ]
    return {
        "title": title,
        "description": (
            f"Calibration plot: {title}. Observed share of events by predicted risk: tenths of the"
            " rows and a smooth curve, with 95 % intervals. The dashed line is perfect calibration;"
            " the bars below count rows by predicted risk."
        ),
        "height": height,
        "encoding": {"x": across},
        "layer": [_bars(most, rows), {"layer": judged}],
        "resolve": {"scale": {"y": "independent"}},
    }


def _bars(most: int, rows: dict[str, Any]) -> Spec:
    until = {**_number("until", "to"), "format": ".1%"}
    start = {**_number("predicted", "Predicted risk"), "format": ".1%"}
    scale = {"domain": [0, _LOW * max(1, most)], "nice": False}
    return {
        **_only(RANGE),
        "mark": {
            "type": "bar",
            "color": _QUIET,
            "opacity": 0.35,
            "binSpacing": 1,
            "cornerRadiusEnd": 1,
        },
        "encoding": {
            "x2": {"field": "until"},
            "y": {**rows, "scale": scale, "axis": None},
            "y2": {"datum": 0},
            "tooltip": [start, until, rows],
        },
    }


def _diagonal(highest: float) -> Spec:
    line = [{"predicted": 0, "observed": 0}, {"predicted": highest, "observed": highest}]
    mark = {"type": "line", "strokeDash": [5, 5], "color": _QUIET, "strokeWidth": 1.5}
    y = {"field": "observed", "type": "quantitative"}
    return {"data": {"values": line}, "mark": mark, "encoding": {"y": y}}


def _only(kind: str) -> Spec:
    return {"transform": [{"filter": {"field": "kind", "equal": kind}}]}


def _number(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title}


def _without_axis(field: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in field.items() if name not in {"axis", "scale"}}
