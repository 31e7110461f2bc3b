"""Tables of numbers as tables of colours.

columns of a heat map:        first, second (text), value (number, may be missing)
columns of a missing matrix:  name (text), start, end (row numbers), share (0 ... 1)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.charts.theme import Spec

_CELL = 22  # pixels; names beside smaller ones would run into each other
_TALLEST = 640


def heat_map(title: str, *, measure: str, names: Sequence[str], signed: bool = True) -> Spec:
    """Describe every pair of names; `signed` from -1 to 1, else from 0 to 1.

    >>> heat_map("Associations", measure="Spearman", names=["a", "b"])["description"]
    'Heat map: Associations. Spearman of each pair of 2 columns.'
    """
    side = {"type": "nominal", "sort": list(names), "title": None}
    label = {"labelLimit": 120, "domain": False, "ticks": False}
    scheme = "diverging" if signed else "ramp"
    value = {"field": "value", "type": "quantitative", "title": measure}
    scale = {"domain": [-1 if signed else 0, 1], "range": scheme}
    legend = {"orient": "bottom", "gradientLength": 220, "title": measure}
    return {
        "title": title,
        "description": f"Heat map: {title}. {measure} of each pair of {len(names)} columns.",
        "height": min(_TALLEST, 40 + _CELL * len(names)),
        "mark": {"type": "rect", "cornerRadius": 1},
        "encoding": {
            "x": {**side, "field": "first", "axis": {**label, "labelAngle": -45}},
            "y": {**side, "field": "second", "axis": label},
            "color": {**value, "scale": scale, "legend": legend},
            "tooltip": [
                {"field": "first", "type": "nominal", "title": "Column"},
                {"field": "second", "type": "nominal", "title": "and"},
                {**value, "format": ".3f"},
            ],
        },
    }


def missing_matrix(title: str, *, names: Sequence[str]) -> Spec:
    """Describe where in the table values are missing: rows run from left to right.

    >>> missing_matrix("Missing values", names=["age"])["description"][:54]
    'Missing matrix: Missing values. One line for each of 1'
    """
    share = {"field": "share", "type": "quantitative", "title": "Missing"}
    start = {"field": "start", "type": "quantitative", "title": "From row"}
    end = {"field": "end", "type": "quantitative", "title": "to row"}
    axis = {"title": "Row", "grid": False, "format": "~s"}
    return {
        "title": title,
        "description": (
            f"Missing matrix: {title}. One line for each of {len(names)} columns, rows from left"
            " to right, the darker the more values are missing there."
        ),
        "height": min(_TALLEST, 40 + _CELL * len(names)),
        "mark": {"type": "rect"},
        "encoding": {
            "x": {**start, "axis": axis, "scale": {"nice": False}},
            "x2": {"field": "end"},
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": list(names),
                "title": None,
                "axis": {"labelLimit": 160, "domain": False, "ticks": False},
            },
            "color": {
                **share,
                "scale": {"domain": [0, 1], "range": "ramp"},
                "legend": {"orient": "bottom", "format": "%", "gradientLength": 160},
            },
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "Column"},
                {**start, "format": ","},
                {**end, "format": ","},
                {**share, "format": ".1%"},
            ],
        },
    }
