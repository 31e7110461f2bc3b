"""How the values of one column are spread.

columns of a histogram: low, high, count, density (numbers; density may be missing)
columns of a box:       name (text), low, q1, middle, q3, high (numbers)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.charts.theme import Spec


def counted_ranges(
    title: str, *, value: str, smooth: bool = True, note: str = "", height: int = 180
) -> Spec:
    """Describe how many rows have a value in each range; a line for the smooth density.

    >>> counted_ranges("Age", value="Age (years)")["description"]
    'Histogram: Age. Number of rows by Age (years), with a smooth line.'
    """
    low = {"field": "low", "type": "quantitative", "title": f"{value} from"}
    high = {"field": "high", "type": "quantitative", "title": f"{value} to"}
    across = {
        **low,
        "axis": {"title": value, "grid": False},
        "scale": {"zero": False, "nice": False},
    }
    rows = {"field": "count", "type": "quantitative", "title": "Rows", "axis": {"tickCount": 4}}
    tooltip = [{**side, "format": ".6~g"} for side in (low, high)] + [{**rows, "format": ","}]
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "bar", "opacity": 0.75, "binSpacing": 0.5, "cornerRadiusEnd": 1},
            "encoding": {"x": across, "x2": {"field": "high"}, "y": rows, "tooltip": tooltip},
        }
    ]
    if smooth:
        middle = "(datum.low + datum.high) / 2"
        layers.append(
            {
                "transform": [{"calculate": middle, "as": "middle"}],
                "mark": {"type": "line", "interpolate": "monotone", "strokeWidth": 2},
                "encoding": {
                    "x": {"field": "middle", "type": "quantitative"},
                    "y": {"field": "density", "type": "quantitative"},
                    "color": {"value": "#f25e1e"},
                },
            }
        )
    line = ", with a smooth line" if smooth else ""
    more = f" {note}" if note else ""
    return {
        "title": title,
        "description": f"Histogram: {title}. Number of rows by {value}{line}.{more}",
        "height": height,
        "layer": layers,
    }


def boxes(title: str, *, name: str, value: str, count: int) -> Spec:
    """Describe `count` boxes from quartile to quartile, with whiskers.

    >>> boxes("Age by site", name="Site", value="Age (years)", count=2)["description"][:40]
    'Box plot: Age by site. Boxes from the lo'
    """
    across = {"type": "quantitative", "title": value, "scale": {"zero": False}}
    down = {"field": "name", "type": "nominal", "title": name, "sort": None}
    named = {
        "low": "Whisker from",
        "q1": "Quartile 1",
        "middle": "Median",
        "q3": "Quartile 3",
        "high": "Whisker to",
    }
    tooltip: list[dict[str, Any]] = [{"field": "name", "type": "nominal", "title": name}]
    tooltip += [
        {"field": field, "type": "quantitative", "title": text, "format": ".6~g"}
        for field, text in named.items()
    ]
    return {
        "title": title,
        "description": (
            f"Box plot: {title}. Boxes from the lower to the upper quartile of {value}, a line at"
            " the median, whiskers to the farthest values within 1.5 interquartile ranges."
        ),
        "height": 40 + 34 * count,
        "encoding": {"y": {**down, "axis": {"title": None}}, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "rule"},
                "encoding": {"x": {**across, "field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "bar", "size": 18, "cornerRadius": 2, "opacity": 0.8},
                "encoding": {"x": {**across, "field": "q1"}, "x2": {"field": "q3"}},
            },
            {
                "mark": {"type": "tick", "size": 18, "thickness": 2, "color": "#f25e1e"},
                "encoding": {"x": {**across, "field": "middle"}},
            },
        ],
    }
