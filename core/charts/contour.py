"""A measure over two others: steps of colour, lines of equal height, and the things themselves.

columns: part (one of PARTS), x, y, value
         of a strip and of a line also x2, y2: the opposite corner, the other end
         name: of a strip the values in it as text, else the thing
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.charts.matrix import steps

if TYPE_CHECKING:
    from core.charts.theme import Spec

PARTS: Final = ("strip", "line", "point", "best")
_INK: Final = "#1b2430"  # a dark rim around white is seen on every step of colour, light and dark
_WHITE: Final = "#ffffff"
_BEST: Final = "#d4572a"
_MARKS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "rect", "strokeWidth": 1.2},
    {"type": "rule", "color": _WHITE, "strokeWidth": 1, "opacity": 0.75},
    {"type": "point", "filled": True, "size": 50, "opacity": 1, "color": _WHITE}
    | {"stroke": _INK, "strokeWidth": 1.5},
    {"type": "point", "filled": True, "size": 170, "opacity": 1, "color": _BEST}
    | {"shape": "diamond", "stroke": _WHITE, "strokeWidth": 1.5},
)


def contour_plot(
    title: str,
    *,
    x: str,
    y: str,
    value: str,
    extent: tuple[tuple[float, float], tuple[float, float]],
    domain: tuple[float, float],
    logarithmic: tuple[bool, bool] = (False, False),
    name: str = "Run",
    height: int = 440,
) -> Spec:
    """Describe a contour plot; `extent` is what x and y reach, `domain` what the value reaches.

    >>> whole = {"extent": ((0, 1), (0, 1)), "domain": (0.5, 0.8)}
    >>> contour_plot("auc", x="rate", y="depth", value="auc", **whole)["description"]
    'Contour plot: auc. auc by rate and depth in ten steps from 0.5 to 0.8: a stronger colour is \
more. A dot is a run, the diamond the best one.'
    """
    axes = {
        "x": _axis("x", x, extent[0], logarithmic=logarithmic[0]),
        "y": _axis("y", y, extent[1], logarithmic=logarithmic[1]),
    }
    encodings = _encodings({"x": x, "y": y}, value, domain, name)
    low, high = domain
    return {
        "title": title,
        "description": (
            f"Contour plot: {title}. {value} by {x} and {y} in ten steps from {low:.4g} to"
            f" {high:.4g}: a stronger colour is more. A dot is a {name.lower()}, the diamond the"
            " best one."
        ),
        "height": height,
        "layer": [
            {
                "mark": mark,
                "transform": [{"filter": f"datum.part === '{part}'"}],
                "encoding": {**axes, **encoding},
            }
            for part, mark, encoding in zip(PARTS, _MARKS, encodings, strict=True)
        ],
    }


def _axis(
    channel: str, title: str, reach: tuple[float, float], *, logarithmic: bool
) -> dict[str, Any]:
    kind = "log" if logarithmic else "linear"
    return {
        "field": channel,
        "type": "quantitative",
        "title": title,
        "axis": {"title": title, "grid": False, "format": ".4~g", "tickCount": 8},
        "scale": {"type": kind, "domain": list(reach), "nice": False, "zero": False},
    }


def _encodings(
    axes: dict[str, str], value: str, domain: tuple[float, float], name: str
) -> tuple[dict[str, Any], ...]:
    """Say what each part shows besides its place."""
    ends = {
        f"{channel}2": {"field": f"{channel}2", "title": f"{said} to"}
        for channel, said in axes.items()
    }
    shade = steps("value", value, domain=domain, form=".4~g")
    shade["legend"] |= {"gradientLength": 320, "type": "gradient"}
    # a rim of their own colour, or the ground would shine through between strips
    rim = {**shade, "legend": None}
    named = {"field": "name", "type": "nominal", "title": name}
    numbers = {**axes, "value": value}.items()
    told = [
        {"field": field, "type": "quantitative", "title": said, "format": ".5~g"}
        for field, said in numbers
    ]
    return (
        {**ends, "fill": shade, "stroke": rim, "tooltip": [{**named, "title": value}]},
        ends,
        {"tooltip": [named, *told]},
        {"tooltip": [named, *told]},
    )
