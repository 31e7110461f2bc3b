"""ROC and precision-recall curves of classifiers.

columns: series (text), x, y (numbers from 0 to 1)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.charts.theme import Spec


def roc_curve(areas: Mapping[str, float], *, height: int = 320) -> Spec:
    """Describe ROC curves; `areas` maps each series to the area under it.

    >>> roc_curve({"test": 0.731})["title"]
    'ROC curve, area 0.731'
    """
    return _curve(
        "ROC curve",
        areas,
        area="area",
        x="False positive rate (1 - specificity)",
        y="True positive rate (sensitivity)",
        chance=[{"x": 0, "y": 0}, {"x": 1, "y": 1}],
        height=height,
    )


def precision_recall_curve(
    precisions: Mapping[str, float], *, prevalence: float, height: int = 320
) -> Spec:
    """Describe precision-recall curves; the dashed line is what guessing gives.

    >>> precision_recall_curve({"test": 0.4}, prevalence=0.1)["title"]
    'Precision-recall curve, average precision 0.400'
    """
    return _curve(
        "Precision-recall curve",
        precisions,
        area="average precision",
        x="Recall (sensitivity)",
        y="Precision (positive predictive value)",
        chance=[{"x": 0, "y": prevalence}, {"x": 1, "y": prevalence}],
        height=height,
    )


def _curve(
    title: str,
    areas: Mapping[str, float],
    *,
    area: str,
    x: str,
    y: str,
    chance: list[dict[str, float]],
    height: int,
) -> Spec:
    across = {"field": "x", "type": "quantitative", "title": x, "scale": {"domain": [0, 1]}}
    up = {"field": "y", "type": "quantitative", "title": y, "scale": {"domain": [0, 1]}}
    rounded = [f"{name} {value:.3f}" for name, value in areas.items()]
    if len(areas) == 1:
        title = f"{title}, {area} {next(iter(areas.values())):.3f}"
    colour: dict[str, Any] = {
        "field": "series",
        "type": "nominal",
        "sort": list(areas),
        "scale": {"domain": list(areas)},
        "legend": {"title": None, "orient": "bottom"} if len(areas) > 1 else None,
    }
    tooltip = [
        {"field": "series", "type": "nominal", "title": "Series"},
        {**across, "format": ".3f"},
        {**up, "format": ".3f"},
    ]
    return {
        "title": title,
        "description": f"{title}; {area}: {', '.join(rounded)}. The dashed line is chance.",
        "height": height,
        "encoding": {"x": across, "y": up},
        "layer": [
            {
                "data": {"values": chance},
                "mark": {
                    "type": "line",
                    "strokeDash": [5, 5],
                    "color": "#8a94a3",
                    "strokeWidth": 1.5,
                },
            },
            {
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {"color": colour, "order": {"field": "x"}, "tooltip": tooltip},
            },
        ],
    }
