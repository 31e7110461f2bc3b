"""Curves of a metric, one line a run.

columns: run (text), step or hours (number) or time (timestamp), value, raw
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.charts.theme import Spec

Along = Literal["step", "hours", "time"]
_TITLES: Final = {"step": "Step", "hours": "Hours since start", "time": "Time (UTC)"}
_LEGEND: Final = ((4, 12), (3, 18), (2, 32), (1, 10**6))  # columns for names of so many letters
_NAMED: Final = 5  # more runs than this are counted in the description, not named


def metric_curves(
    metric: str,
    runs: Sequence[str],
    *,
    unit: str = "",
    along: Along = "step",
    logarithmic: bool = False,
    smoothed: bool = False,
    height: int = 280,
    marks: Sequence[tuple[float, str]] = (),
) -> Spec:
    """Describe the curves of a metric for some runs, in the order their colours come.

    `marks` are places on the axis below, and what is said of each: pins at the upper edge.

    >>> spec = metric_curves("auc", ["a", "b"])
    >>> spec["title"], spec["description"]
    ('auc by step', 'Curves of auc by step for 2 runs: a, b.')
    """
    name = f"{metric} ({unit})" if unit else metric
    by = _TITLES[along].split(" (")[0].lower()
    axis: dict[str, Any] = {
        "field": along,
        "type": "temporal" if along == "time" else "quantitative",
    }
    scale = {"type": "log"} if logarithmic else {"zero": False}
    encoding = {
        "x": {
            **axis,
            "title": _TITLES[along],
            "axis": {"grid": False, "tickMinStep": _whole(along)},
        },
        "y": {"field": "value", "type": "quantitative", "title": name, "scale": scale},
        "color": _colour(runs),
    }
    tooltip = [
        {"field": "run", "type": "nominal", "title": "Run"},
        {**axis, "title": _TITLES[along]},
        {"field": "value", "type": "quantitative", "title": name, "format": ".6~g"},
    ]
    layers: list[Spec] = [
        {"mark": {"type": "line", "interpolate": "linear", "strokeWidth": 2}},
        {
            "mark": {"type": "point", "filled": True, "size": 55},
            "encoding": {
                "opacity": {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0},
                "tooltip": tooltip,
            },
            "params": [{"name": "near", "select": _NEAREST}],
        },
    ]
    if smoothed:
        raw = {"y": {"field": "raw", "type": "quantitative", "title": name, "scale": scale}}
        layers.insert(
            0, {"mark": {"type": "line", "strokeWidth": 1, "opacity": 0.3}, "encoding": raw}
        )
    if marks:
        layers += _pins(along, marks)
    pinned = f" {len(marks)} marked: {'; '.join(text for _, text in marks)}." if marks else ""
    return {
        "title": f"{name} by {by}",
        "description": f"Curves of {name} by {by} for {_listed(runs)}.{pinned}",
        "height": height,
        "encoding": encoding,
        "layer": layers,
    }


def _pins(along: Along, marks: Sequence[tuple[float, str]]) -> list[Spec]:
    """Describe a line at each place, and a point on top of it that says what is said there."""
    x = {"field": along, "type": "quantitative", "title": _TITLES[along]}
    y = {"value": _PIN}
    data = {"values": [{along: place, "said": text} for place, text in marks]}
    colour = {"value": _PIN_COLOUR}
    line = {"type": "rule", "strokeDash": [3, 3], "strokeWidth": 1.5}
    point = {"type": "point", "filled": True, "size": 90, "opacity": 1}
    said = [{**x}, {"field": "said", "type": "nominal", "title": "Said"}]
    rule_y = {"y": y, "y2": {"value": "height"}}
    return [
        {"data": data, "mark": line, "encoding": {"x": x, **rule_y, "color": colour}},
        {
            "data": data,
            "mark": point,
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": said},
        },
    ]


_PIN: Final = 6  # pixels below the upper edge
_PIN_COLOUR: Final = "#d97706"  # 3:1 on both grounds
_NEAREST: Final = {
    "type": "point",
    "on": "pointerover",
    "clear": "pointerout",
    "nearest": True,
    "encodings": ["x", "color"],
}


def _whole(along: Along) -> int:
    # steps are whole numbers; a tick between two of them would say nothing
    return 1 if along == "step" else 0


def _colour(runs: Sequence[str]) -> dict[str, Any]:
    longest = max(map(len, runs), default=0)
    columns = next(count for count, letters in _LEGEND if longest <= letters)
    legend = {
        "title": None,
        "orient": "bottom",
        "columns": columns,
        "labelLimit": 420,
        "offset": 4,
    }
    return {
        "field": "run",
        "type": "nominal",
        "sort": list(runs),
        "scale": {"domain": list(runs)},
        "legend": legend if len(runs) > 1 else None,
    }


def _listed(runs: Sequence[str]) -> str:
    if len(runs) == 1:
        return f"run {runs[0]}"
    named = f": {', '.join(runs)}" if len(runs) <= _NAMED else ""
    return f"{len(runs)} runs{named}"
