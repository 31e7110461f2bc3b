"""The same measure twice: what was, and what is.

columns of ranges: low, high (numbers), reference, current (shares)
columns of names:  name (text), reference, current (shares)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from core.charts.theme import Spec

_SHARE: Final = ".1%"
_BAR: Final = 11  # pixels of one of the two bars of a name
_LEGEND: Final = {
    "title": None,
    "orient": "top",
    "labelLimit": 260,
    "symbolType": "square",
    "symbolOpacity": 1,
    "symbolStrokeWidth": 0,
}


def paired_ranges(
    title: str,
    *,
    value: str,
    names: tuple[str, str],
    unit: str = "",
    beyond: bool = False,
    height: int = 200,
) -> Spec:
    """Describe two histograms over the same ranges: bars for the first, steps for the second.

    `beyond` when the outer ranges also hold all values that are farther out.

    >>> paired_ranges("Sleep", value="Sleep", unit="h", names=("2013", "2015"))["description"]
    'Histograms: Sleep. Share of rows by Sleep (h), in 2013 as bars and in 2015 as a line.'
    """
    measure = f"{value} ({unit})" if unit else value
    low = {"field": "low", "type": "quantitative", "title": f"{measure} from"}
    high = {"field": "high", "type": "quantitative", "title": f"{measure} to"}
    outer = "the outer ranges hold all beyond"
    axis_title = f"{measure} ({outer})" if beyond else measure
    axis = {"title": axis_title, "grid": False, "labelOverlap": "greedy", "tickCount": 8}
    across = {**low, "axis": axis, "scale": {"zero": False, "nice": False}}
    tooltip = [{**low, "format": ".6~g"}, {**high, "format": ".6~g"}, *_told(names)]
    layers = [
        {
            "mark": {"type": "bar", "opacity": 0.55, "cornerRadiusEnd": 1, "binSpacing": 1},
            "encoding": {
                "y": _share("reference", names[0]),
                "y2": {"datum": 0},  # without it, Vega-Lite takes ranges for lying bars
                "color": _side(names, 0),
            },
        },
        {
            "mark": {"type": "rule", "strokeWidth": 2.5},
            "encoding": {"y": _share("current", names[1]), "color": _side(names, 1)},
        },
        {  # so that a pointer finds a range wherever it is
            "mark": {"type": "bar", "opacity": 0},
            "encoding": {"y": {"value": 0}, "y2": {"value": height}, "tooltip": tooltip},
        },
    ]
    return {
        "title": title,
        "description": (
            f"Histograms: {title}. Share of rows by {measure}, in {names[0]} as bars and in"
            f" {names[1]} as a line{'; ' + outer if beyond else ''}."
        ),
        "height": height,
        "encoding": {"x": across, "x2": {"field": "high"}},
        "layer": layers,
    }


def paired_names(title: str, *, value: str, names: tuple[str, str], count: int) -> Spec:
    """Describe two bars for each of `count` names, in the order they are given.

    >>> paired_names("Site", value="Site", names=("a", "b"), count=5)["description"]
    'Bar chart: Site. Share of rows of each site, in a and in b.'
    """
    named = {
        "field": "name",
        "type": "nominal",
        "title": value,
        "sort": None,
        "axis": {"title": None, "labelLimit": 150, "ticks": False, "domain": False},
        "scale": {"paddingInner": 0.25},
    }
    tooltip = [{"field": "name", "type": "nominal", "title": value}, *_told(names)]
    layers = [
        {
            "mark": {"type": "bar", "cornerRadiusEnd": 2},
            "encoding": {
                "x": _share(side, names[place]),
                "yOffset": {"datum": names[place], "scale": {"domain": list(names)}},
                "color": _side(names, place),
                "tooltip": tooltip,
            },
        }
        for place, side in enumerate(("reference", "current"))
    ]
    return {
        "title": title,
        "description": (
            f"Bar chart: {title}. Share of rows of each {value.lower()}, in {names[0]} and in"
            f" {names[1]}."
        ),
        "height": max(60, count * (2 * _BAR + 8)),
        "encoding": {"y": named},
        "layer": layers,
    }


def _share(field: str, title: str) -> dict[str, Any]:
    axis = {"title": "Share of rows", "format": "%", "tickCount": 5}
    return {"field": field, "type": "quantitative", "title": title, "axis": axis}


def _side(names: tuple[str, str], place: int) -> dict[str, Any]:
    return {"datum": names[place], "scale": {"domain": list(names)}, "legend": _LEGEND}


def _told(names: tuple[str, str]) -> list[dict[str, Any]]:
    sides = zip(("reference", "current"), names, strict=True)
    return [
        {"field": field, "type": "quantitative", "title": name, "format": _SHARE}
        for field, name in sides
    ]
