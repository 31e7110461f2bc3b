"""One look for every chart that is drawn outside the browser page.

Inside it, Streamlit applies the theme of .streamlit/config.toml, which has the same colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.charts.palette import Mode, palette

if TYPE_CHECKING:
    from core.charts.palette import Palette

Spec = dict[str, Any]
FONT: Final = "Inter, Helvetica, Arial, sans-serif"


def themed(spec: Spec, mode: Mode = "light") -> Spec:
    """Return the chart with fonts and colours of a mode.

    >>> themed({"mark": "bar"}, "dark")["background"]
    '#0e1420'
    """
    colours = palette(mode)
    look = {"background": colours.background, "padding": 16, "config": configured(colours)}
    return {**spec, **look}


def configured(colours: Palette) -> Spec:
    """Return the `config` of a chart: its fonts and colours."""
    text = {"labelColor": colours.muted, "titleColor": colours.muted}
    fonts = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 11, "titleFontSize": 12}
    return {
        "font": FONT,
        "title": {
            "color": colours.ink,
            "font": FONT,
            "fontSize": 15,
            "anchor": "start",
            "offset": 14,
        },
        "axis": {
            **text,
            **fonts,
            "gridColor": colours.grid,
            "domainColor": colours.grid,
            "tickColor": colours.grid,
            "titleFontWeight": 400,
            "titlePadding": 12,
            "labelPadding": 6,
        },
        "legend": {**text, **fonts, "titleFontWeight": 500},
        "view": {"stroke": None},
        "range": {
            "category": list(colours.categorical),
            "ramp": list(colours.sequential),
            "heatmap": list(colours.sequential),
            "diverging": list(colours.diverging),
        },
        "bar": {"color": colours.primary, "cornerRadiusEnd": 3},
        "area": {"color": colours.primary},
        "line": {"color": colours.primary, "strokeWidth": 2},
        "point": {"color": colours.primary},
        "rule": {"color": colours.muted},
    }
