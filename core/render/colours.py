"""The colours of a report: those of the workbench, as variables that light and dark set.

Charts take them as `var(--...)` too, so that a page that turns dark, or is printed, draws nothing
anew. The values are those of .streamlit/config.toml (a test keeps the two equal).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.charts.palette import DARK, LIGHT, Palette

if TYPE_CHECKING:
    from collections.abc import Mapping

_RAMP: Final = range(len(LIGHT.sequential))
VARIABLES: Final = Palette(
    background="transparent",
    ink="var(--ink)",
    muted="var(--muted)",
    grid="var(--grid)",
    primary="var(--primary)",
    categorical=tuple(f"var(--category-{i})" for i in range(len(LIGHT.categorical))),
    sequential=tuple(f"var(--sequential-{i})" for i in _RAMP),
    diverging=tuple(f"var(--diverging-{i})" for i in _RAMP),
)
# the ground and the letters of a level, the ground of cards, of heads of tables, and their edges
LIGHT_SURFACE: Final = {
    "page": "#ffffff",
    "side": "#f8fafc",
    "field": "#f3f5f8",
    "head": "#f8fafc",
    "edge": "#d8dee6",
    "side-edge": "#e2e7ee",
    "link": "#0f6a63",
    "neutral": "#4b5563",
    "neutral-ground": "#eef0f3",
    "info": "#1d4ed8",
    "info-ground": "#e9f0fe",
    "good": "#0b6b46",
    "good-ground": "#e8f7ef",
    "warning": "#9a4a06",
    "warning-ground": "#fdf1e1",
    "bad": "#b42318",
    "bad-ground": "#fdeceb",
}
DARK_SURFACE: Final = {
    "page": "#0e1420",
    "side": "#090d16",
    "field": "#182132",
    "head": "#131b29",
    "edge": "#2b3648",
    "side-edge": "#1f2838",
    "link": "#5fd6c8",
    "neutral": "#b6c2d2",
    "neutral-ground": "#222c3b",
    "info": "#9dc0ff",
    "info-ground": "#172a4d",
    "good": "#6fdcae",
    "good-ground": "#0f3327",
    "warning": "#ffc07a",
    "warning-ground": "#3a2712",
    "bad": "#ff9d96",
    "bad-ground": "#3d1a1c",
}


def colour_style() -> str:
    """Return the style sheet that sets the variables: by the system, by the switch, for paper."""
    light, dark = _declared(LIGHT, LIGHT_SURFACE), _declared(DARK, DARK_SURFACE)
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
    )


def _declared(palette: Palette, surface: Mapping[str, str]) -> str:
    values = {
        "ink": palette.ink,
        "muted": palette.muted,
        "grid": palette.grid,
        "primary": palette.primary,
        **surface,
    }
    for name, colours in (
        ("category", palette.categorical),
        ("sequential", palette.sequential),
        ("diverging", palette.diverging),
    ):
        values |= {f"{name}-{i}": colour for i, colour in enumerate(colours)}
    return "".join(f"--{name}:{colour};" for name, colour in values.items())
