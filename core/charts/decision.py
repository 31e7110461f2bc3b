"""What acting on a prediction is worth, at every threshold.

columns: series (text), threshold (0 ... 1), benefit, low, high (true positives a row)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.charts.theme import Spec

MODEL = "Model"
TREAT_ALL = "Act on all"
TREAT_NONE = "Act on none"


def decision_curve(title: str, *, height: int = 320) -> Spec:
    """Describe net benefit by threshold: of the model with its interval, of all, and of none.

    >>> decision_curve("2017-18")["description"].split(", ")[0]
    'Decision curve: 2017-18. Net benefit by threshold of risk'
    """
    across = {
        "field": "threshold",
        "type": "quantitative",
        "title": "Threshold of risk",
        "axis": {"format": "%", "grid": False},
    }
    benefit = {"field": "benefit", "type": "quantitative", "title": "Net benefit"}
    low = {"field": "low", "type": "quantitative", "title": "95 % interval from"}
    high = {"field": "high", "type": "quantitative", "title": "95 % interval to"}
    series = {
        "field": "series",
        "type": "nominal",
        "title": "Policy",
        "sort": [MODEL, TREAT_ALL, TREAT_NONE],
        "legend": {"title": None, "orient": "bottom", "symbolOpacity": 1},
    }
    told = [{**field, "format": ".4f"} for field in (benefit, low, high)]
    tooltip = [series, {**across, "format": ".1%"}, *told]
    return {
        "title": title,
        "description": (
            f"Decision curve: {title}. Net benefit by threshold of risk, of the model with its"
            " 95 % interval, of acting on all and on none."
        ),
        "height": height,
        "encoding": {"x": across, "color": series},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.18},
                "encoding": {"y": {**low, "title": "Net benefit"}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line"}, "encoding": {"y": benefit, "tooltip": tooltip}},
        ],
    }
