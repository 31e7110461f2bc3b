"""Estimates with their uncertainty, and the spread of values.

columns of a forest plot:   name (text), value, low, high, note (text)
columns of a box plot:      name (text), low, first, median, third, high
  with dots:                also part ("box" or "dot"), value, run (text) of the dots
columns of a band:          x, value, low, high, series (text, when there are several)
columns of a calibration:   predicted, observed, low, high (0 ... 1), rows
columns of a density:       low, high, share, density (share of one range)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from core.charts.theme import Spec

_ROW: Final = 26  # pixels of a line of a forest plot
_QUIET: Final = "#8a94a3"  # lines of reference, on light and on dark


def forest_plot(
    title: str,
    *,
    value: str,
    count: int,
    name: str = "Group",
    reference: float | None = None,
    interval: str = "95 % interval",
) -> Spec:
    """Describe an estimate with its interval for each of `count` names, in the order given.

    `reference` is drawn as a dashed line: no difference, or the value of all together.

    >>> forest_plot("AUROC by sex", value="AUROC", count=2)["description"]
    'Forest plot: AUROC by sex. AUROC with its 95 % interval for each group.'
    """
    estimate = _number("value", value)
    low, high = _number("low", f"{interval} from"), _number("high", f"{interval} to")
    labels = {"title": None, "ticks": False, "domain": False, "labelLimit": 220}
    named = {"field": "name", "type": "nominal", "title": name, "sort": None}
    note = {"field": "note", "type": "nominal", "title": "Note"}
    tooltip = [named, *({**field, "format": ".4~g"} for field in (estimate, low, high)), note]
    across = {"axis": {"title": value, "tickCount": 6}, "scale": {"zero": False}}
    lines = {"y": {**named, "axis": labels}, "tooltip": tooltip}
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {**lines, "x": {**low, **across}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
            "encoding": {**lines, "x": {**estimate, **across}},
        },
    ]
    if reference is not None:
        layers.insert(0, _dashed({"x": {"datum": reference}}))
    return {
        "title": title,
        "description": (
            f"Forest plot: {title}. {value} with its {interval} for each {name.lower()}."
        ),
        "height": max(60, _ROW * count),
        "layer": layers,
    }


def box_plot(
    title: str,
    *,
    value: str,
    count: int,
    name: str = "Group",
    unit: str = "",
    dots: str | None = None,
) -> Spec:
    """Describe the quartiles and the reach of values for each of `count` names.

    `dots` is what is drawn as a dot over its box, for example "Run".

    >>> box_plot("Sleep by site", value="Sleep", unit="h", name="Site", count=3)["description"]
    'Box plot: Sleep by site. Median, quartiles and reach of Sleep (h) for each site.'
    """
    measure = f"{value} ({unit})" if unit else value
    ends = {"low": "Low end", "first": "First quartile", "median": "Median"}
    ends |= {"third": "Third quartile", "high": "High end"}
    fields = {end: _number(end, said) for end, said in ends.items()}
    named = {"field": "name", "type": "nominal", "title": name, "sort": None}
    across = {"axis": {"title": measure}, "scale": {"zero": False}}
    marks: tuple[tuple[str, str | None, dict[str, Any]], ...] = (
        ("low", "high", {"type": "rule", "strokeWidth": 1.5}),
        ("first", "third", {"type": "bar", "height": {"band": 0.55}, "cornerRadius": 2}),
        (
            "median",
            None,
            {"type": "tick", "thickness": 2, "color": "white", "height": {"band": 0.55}},
        ),
    )
    layers = [
        {
            "mark": mark,
            "encoding": {
                "x": {**fields[start], **across},
                **({"x2": {"field": end}} if end is not None else {}),
            },
        }
        for start, end, mark in marks
    ]
    labels = {"title": None, "ticks": False, "domain": False, "labelLimit": 220}
    tooltip = [named, *({**field, "format": ".6~g"} for field in fields.values())]
    said = f"Median, quartiles and reach of {measure} for each {name.lower()}"
    if dots is not None:
        layers = [*_only_boxes(layers), _dots(measure, dots, named, across)]
        said += f", and a dot for each {dots.lower()}"
    return {
        "title": title,
        "description": f"Box plot: {title}. {said}.",
        "height": max(60, (_ROW + 8) * count),
        "encoding": {"y": {**named, "axis": labels}, "tooltip": tooltip},
        "layer": layers,
    }


def _only_boxes(layers: list[Spec]) -> list[Spec]:
    """Draw boxes of rows that are boxes, so pale that dots are seen on them."""
    colours: tuple[dict[str, Any], ...] = ({}, {"opacity": 0.3}, {"color": _QUIET, "thickness": 3})
    return [
        {
            **layer,
            "mark": {**layer["mark"], **colour},
            "transform": [{"filter": "datum.part === 'box'"}],
        }
        for layer, colour in zip(layers, colours, strict=True)
    ]


def _dots(measure: str, dots: str, named: dict[str, Any], across: dict[str, Any]) -> Spec:
    value = _number("value", measure)
    run = {"field": "run", "type": "nominal", "title": dots}
    return {
        "mark": {"type": "point", "filled": True, "size": 45, "opacity": 0.85},
        "transform": [{"filter": "datum.part === 'dot'"}],
        "encoding": {
            "x": {**value, **across},
            "tooltip": [run, named, {**value, "format": ".6~g"}],
        },
    }


def line_with_band(
    title: str,
    *,
    x: str,
    y: str,
    several: bool = False,
    interval: str = "95 % interval",
    height: int = 260,
) -> Spec:
    """Describe a line and the interval around it; `several` when there are series.

    >>> line_with_band("Drift by week", x="Week", y="Distance")["description"]
    'Line with band: Drift by week. Distance by Week, with its 95 % interval.'
    """
    series = {"field": "series", "type": "nominal", "title": "Series"}
    across = {**_number("x", x), "axis": {"grid": False}, "scale": {"zero": False}}
    low, high = _number("low", f"{interval} from"), _number("high", f"{interval} to")
    up = {"axis": {"title": y}, "scale": {"zero": False}}
    told = [_number("x", x), _number("value", y), low, high, *([series] if several else [])]
    legend = {"legend": {"title": None, "orient": "bottom", "symbolOpacity": 1}}
    return {
        "title": title,
        "description": f"Line with band: {title}. {y} by {x}, with its {interval}.",
        "height": height,
        "encoding": {"x": across, **({"color": {**series, **legend}} if several else {})},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.18},
                "encoding": {"y": {**low, **up}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line"}, "encoding": {"y": {**_number("value", y), **up}}},
            {
                "mark": {"type": "point", "filled": True, "size": 45},
                "encoding": {"y": {**_number("value", y), **up}, "tooltip": told},
            },
        ],
    }


def calibration_plot(title: str, *, highest: float = 1.0, height: int = 320) -> Spec:
    """Describe observed against predicted risk; the dashed line is perfect calibration.

    `highest` is the end of both axes, for risks that are all small.

    >>> calibration_plot("Calibration")["description"].split(". ")[1]
    'Observed share of events by predicted risk, with 95 % intervals'
    """
    whole = {"scale": {"domain": [0, highest], "clamp": True}}
    predicted, observed = _number("predicted", "Predicted"), _number("observed", "Observed")
    low, high = _number("low", "95 % interval from"), _number("high", "95 % interval to")
    across = {**predicted, **whole, "axis": {"title": "Predicted risk"}}
    up = {**whole, "axis": {"title": "Observed share of events"}}
    shares = [{**field, "format": ".1%"} for field in (predicted, observed, low, high)]
    tooltip = [*shares, {**_number("rows", "Rows"), "format": ","}]
    line = {"values": [{"x": 0, "y": 0}, {"x": highest, "y": highest}]}
    ideal = {
        **_dashed({"x": {**_number("x", ""), **whole}, "y": {**_number("y", ""), **whole}}, "line"),
        "data": line,
    }
    return {
        "title": title,
        "description": (
            f"Calibration plot: {title}. Observed share of events by predicted risk, with 95 %"
            " intervals. The dashed line is perfect calibration."
        ),
        "height": height,
        "layer": [
            ideal,
            {
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {"x": across, "y": {**low, **up}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "point": {"filled": True, "size": 55}},
                "encoding": {"x": across, "y": {**observed, **up}, "tooltip": tooltip},
            },
        ],
    }


def histogram_with_density(
    title: str, *, value: str, unit: str = "", smooth: bool = True, height: int = 220
) -> Spec:
    """Describe ranges that are counted already, and the smooth curve through their middles.

    >>> histogram_with_density("Sleep", value="Sleep", unit="h")["description"]
    'Histogram: Sleep. Share of rows by Sleep (h), with a smooth curve.'
    """
    measure = f"{value} ({unit})" if unit else value
    low, high = _number("low", f"{measure} from"), _number("high", f"{measure} to")
    share = {**_number("share", "Share of rows"), "axis": {"format": "%", "tickCount": 5}}
    across = {"axis": {"title": measure, "grid": False, "tickCount": 8}}
    tooltip = [*({**field, "format": ".6~g"} for field in (low, high)), {**share, "format": ".2%"}]
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "cornerRadiusEnd": 1, "binSpacing": 1},
            "encoding": {
                "x": {**low, **across, "scale": {"zero": False, "nice": False}},
                "x2": {"field": "high"},
                "y": share,
                "y2": {"datum": 0},
                "tooltip": tooltip,
            },
        }
    ]
    if smooth:
        middle = {"calculate": "(datum.low + datum.high) / 2", "as": "middle"}
        curve = {"x": _number("middle", measure), "y": _number("density", "Share of rows")}
        mark = {"type": "line", "interpolate": "monotone", "color": _QUIET, "strokeWidth": 2}
        layers.append({"transform": [middle], "mark": mark, "encoding": curve})
    curve_said = ", with a smooth curve" if smooth else ""
    return {
        "title": title,
        "description": f"Histogram: {title}. Share of rows by {measure}{curve_said}.",
        "height": height,
        "layer": layers,
    }


def _number(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title}


def _dashed(encoding: dict[str, Any], kind: str = "rule") -> Spec:
    mark = {"type": kind, "strokeDash": [5, 5], "color": _QUIET, "strokeWidth": 1.5}
    return {"mark": mark, "encoding": encoding}
