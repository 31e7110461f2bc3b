"""One point a thing, two measures.

columns: name (text), x, y (numbers), group (text or number, optional)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.charts.theme import Spec


def scatter(
    title: str,
    *,
    x: str,
    y: str,
    name: str = "Run",
    group: str | None = None,
    measured: bool = False,
    logarithmic: bool = False,
    discrete: bool = False,
    height: int = 300,
) -> Spec:
    """Describe a scatter plot; `discrete` when x holds words, `group` colours the points.

    `measured` when the group is a number, and not a name.

    >>> scatter("auc by depth", x="depth", y="auc")["description"]
    'Scatter plot: auc by depth. One point for each run.'
    """
    scale: dict[str, Any] = {"type": "log"} if logarithmic else {"zero": False}
    across: dict[str, Any] = {"field": "x", "type": "quantitative", "title": x, "scale": scale}
    if discrete:
        across = {"field": "x", "type": "nominal", "title": x, "axis": {"labelAngle": 0}}
    up = {"field": "y", "type": "quantitative", "title": y, "scale": {"zero": False}}
    encoding: dict[str, Any] = {
        "x": across,
        "y": up,
        "tooltip": [
            {"field": "name", "type": "nominal", "title": name},
            {**across, "format": ".6~g"} if not discrete else across,
            {**up, "format": ".6~g"},
        ],
    }
    if group is not None:
        kind = "quantitative" if measured else "nominal"
        shade = {"field": "group", "type": kind, "title": group}
        encoding |= {"color": {**shade, "legend": {"orient": "bottom"}}}
        encoding["tooltip"].append(shade)
    return {
        "title": title,
        "description": f"Scatter plot: {title}. One point for each {name.lower()}.",
        "height": height,
        "mark": {"type": "point", "filled": True, "size": 45, "opacity": 0.7},
        "encoding": encoding,
    }
