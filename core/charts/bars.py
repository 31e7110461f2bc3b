"""Bars, of named things or of ranges.

columns of a bar chart: name (text), value (number)     of a histogram: value
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from core.charts.theme import Spec


def bars(
    title: str,
    *,
    name: str,
    value: str,
    unit: str = "",
    sort: Literal["-value", "given"] = "-value",
    height: int = 240,
) -> Spec:
    """Describe one bar for each name.

    >>> bars("Runs per model", name="Model", value="Runs")["description"]
    'Bar chart: Runs per model. One bar for each model, its height is runs.'
    """
    measure = f"{value} ({unit})" if unit else value
    x: dict[str, Any] = {
        "field": "name",
        "type": "nominal",
        "title": name,
        "sort": "-y" if sort == "-value" else None,
        "axis": {"labelAngle": 0, "labelLimit": 110, "labelOverlap": "greedy"},
    }
    y = {"field": "value", "type": "quantitative", "title": measure}
    return {
        "title": title,
        "description": (
            f"Bar chart: {title}. One bar for each {name.lower()}, its height is {measure.lower()}."
        ),
        "height": height,
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "width": {"band": 0.76}},
        "encoding": {
            "x": x,
            "y": y,
            "tooltip": [
                {"field": "name", "type": "nominal", "title": name},
                {"field": "value", "type": "quantitative", "title": measure, "format": ",.6~g"},
            ],
        },
    }


def histogram(
    title: str, *, value: str, unit: str = "", count: str = "Runs", height: int = 240
) -> Spec:
    """Describe how often values fall into each of at most 30 ranges.

    >>> histogram("Distribution of auc", value="auc")["encoding"]["y"]["title"]
    'Runs'
    """
    measure = f"{value} ({unit})" if unit else value
    binned = {"field": "value", "type": "quantitative", "bin": {"maxbins": 30}, "title": measure}
    axis = {"tickMinStep": 1}
    counted = {"aggregate": "count", "type": "quantitative", "title": count, "axis": axis}
    return {
        "title": title,
        "description": f"Histogram: {title}. Number of {count.lower()} by {measure}.",
        "height": height,
        "mark": {"type": "bar", "cornerRadiusEnd": 2, "binSpacing": 1},
        "encoding": {
            "x": {**binned, "axis": {"grid": False}},
            "y": counted,
            "tooltip": [binned, counted],
        },
    }


def counted_names(title: str, *, name: str, value: str = "Rows", count: int) -> Spec:
    """Describe one bar, from left to right, for each of `count` names in the order given.

    >>> counted_names("Site", name="Site", count=3)["description"]
    'Bar chart: Site. One bar for each site, its length is rows.'
    """
    down = {"field": "name", "type": "nominal", "title": name, "sort": None}
    axis = {"title": None, "labelLimit": 170, "domain": False, "ticks": False}
    measured = {"field": "value", "type": "quantitative", "title": value}
    return {
        "title": title,
        "description": (
            f"Bar chart: {title}. One bar for each {name.lower()}, its length is {value.lower()}."
        ),
        "height": max(60, 24 + 20 * count),
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": {**down, "axis": axis, "scale": {"paddingInner": 0.25}},
            "x": {**measured, "axis": {"tickCount": 4}},
            "tooltip": [down | {"sort": None}, {**measured, "format": ",.6~g"}],
        },
    }
