"""What happens at a threshold: how much is found, how much of the alerts is right.

columns: measure (text), threshold (0 ... 1), value, low, high (0 ... 1)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.charts.theme import Spec


def operating_chart(title: str, *, measures: Sequence[str], height: int = 320) -> Spec:
    """Describe shares by threshold, a line for each of `measures`, in the order of their colours.

    >>> operating_chart("Thresholds", measures=["PPV"])["description"]
    'Lines: Thresholds. PPV by threshold, each with its 95 % interval.'
    """
    across = {
        "field": "threshold",
        "type": "quantitative",
        "title": "Threshold",
        "axis": {"format": "~%", "grid": False},
    }
    value, low, high = (
        _share(name, said)
        for name, said in (
            ("value", "Share"),
            ("low", "95 % interval from"),
            ("high", "95 % interval to"),
        )
    )
    up = {"scale": {"domain": [0, 1]}, "axis": {"format": "%"}, "title": "Share"}
    measure = {
        "field": "measure",
        "type": "nominal",
        "title": "Measure",
        "sort": list(measures),
        "scale": {"domain": list(measures)},
        "legend": {"title": None, "orient": "bottom", "symbolOpacity": 1},
    }
    told = [{**_share("threshold", "Threshold"), "format": ".1%"}]
    told += [{**field, "format": ".1%"} for field in (value, low, high)]
    name = {"field": "measure", "type": "nominal", "title": "Measure"}
    return {
        "title": title,
        "description": (
            f"Lines: {title}. {', '.join(measures)} by threshold, each with its 95 % interval."
        ),
        "height": height,
        "encoding": {"x": across, "color": measure},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.12},
                "encoding": {"y": {**low, **up}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"y": {**value, **up}}},
            {
                "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
                "encoding": {"y": {**value, **up}, "tooltip": [name, *told]},
            },
        ],
    }


def _share(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title}
