"""Parallel coordinates: one line a thing, across one axis a measure.

Vega-Lite has no axes that can be brushed side by side, so this one is an option dict of Apache
ECharts, which Streamlit brings along. It holds its data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.charts.palette import palette
from core.charts.theme import FONT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.charts.axes import Axis
    from core.charts.palette import Mode

_MANY: Final = 60  # lines; more of them are drawn thinner
_LONGEST_WORD: Final = 96  # pixels


def parallel(
    axes: Sequence[Axis],
    names: Sequence[str],
    *,
    lower_is_better: bool = False,
    mode: Mode = "light",
) -> dict[str, Any]:
    """Describe lines that are coloured by the last axis: the stronger, the better.

    Things without a value on the last axis, or without two values, are left out; on the other axes
    a line passes where it has none. Lines of better things lie on top. A last axis of words, or of
    a single value, colours nothing.

    >>> from core.charts.axes import axis_of
    >>> axes = [axis_of("depth", ["2", "4"]), axis_of("auc", [0.7, 0.8])]
    >>> [line["value"] for line in parallel(axes, ["a", "b"])["series"][0]["data"]]
    [[2.0, 0.7], [4.0, 0.8]]
    """
    colours = palette(mode)
    last = axes[-1]
    drawn = [
        place
        for place, value in enumerate(last.values)
        if value is not None and sum(axis.values[place] is not None for axis in axes) > 1
    ]
    numbers = [float(v) for v in (last.values[p] for p in drawn) if isinstance(v, float)]
    coloured = len(set(numbers)) > 1
    if coloured:
        drawn.sort(key=lambda place: float(last.values[place] or 0), reverse=lower_is_better)
    many = len(drawn) > _MANY
    data = [
        {"name": names[place], "value": [_on(axis.values[place]) for axis in axes]}
        for place in drawn
    ]
    line = {"width": 1.2 if many else 2, "opacity": 0.55 if many else 0.85}
    option: dict[str, Any] = {
        "animation": False,
        "parallel": {"left": 48, "right": 84 if coloured else 64, "top": 48, "bottom": 24},
        "parallelAxis": [_axis(dim, axis, mode) for dim, axis in enumerate(axes)],
        "series": [
            {
                "type": "parallel",
                "smooth": 0.15,
                "lineStyle": {**line, "color": colours.primary},
                "inactiveOpacity": 0.04,
                "activeOpacity": 1,
                "data": data,
            }
        ],
        "tooltip": {"show": True, "formatter": "{b}"},
    }
    if coloured:
        # the palest three of the ramp are hardly seen as lines
        ramp = list(colours.sequential[3:])
        option["visualMap"] = {
            "show": False,
            "type": "continuous",
            "dimension": len(axes) - 1,
            "min": min(numbers),
            "max": max(numbers),
            "inRange": {"color": ramp[::-1] if lower_is_better else ramp},
        }
    return option


def _on(value: float | str | None) -> float | str:
    return "-" if value is None else value  # ECharts' sign for no value


def _axis(dim: int, axis: Axis, mode: Mode) -> dict[str, Any]:
    colours = palette(mode)
    label: dict[str, Any] = {
        "color": colours.muted,
        "fontSize": 11,
        "textBorderColor": colours.background,
        "textBorderWidth": 4,
        "fontFamily": FONT,
    }
    found: dict[str, Any] = {
        "dim": dim,
        "name": axis.label,
        "nameLocation": "end",
        "nameGap": 16,
        "nameTextStyle": {"color": colours.ink, "fontSize": 12, "fontFamily": FONT},
        "type": {"linear": "value", "log": "log", "category": "category"}[axis.kind],
        "axisLine": {"lineStyle": {"color": colours.muted}},
        "axisTick": {"lineStyle": {"color": colours.muted}},
        "areaSelectStyle": {
            "color": colours.primary,
            "borderColor": colours.primary,
            "opacity": 0.25,
        },
        "axisLabel": label,
    }
    if axis.kind == "category":
        found["data"] = axis.words
        label |= {"width": _LONGEST_WORD, "overflow": "truncate"}
    else:
        found["scale"] = True
    return found
