"""A report has the colours of the workbench."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core.render.colours import DARK_SURFACE, LIGHT_SURFACE, VARIABLES, colour_style

CONFIG = Path(__file__).resolve().parents[3] / ".streamlit" / "config.toml"
THEMES = tomllib.loads(CONFIG.read_text(encoding="utf8"))["theme"]
LEVELS = {
    "neutral": "gray",
    "info": "blue",
    "good": "green",
    "warning": "orange",
    "bad": "red",
}
KEYS = {
    "page": "backgroundColor",
    "field": "secondaryBackgroundColor",
    "head": "dataframeHeaderBackgroundColor",
    "edge": "borderColor",
    "link": "linkColor",
    **{level: f"{colour}TextColor" for level, colour in LEVELS.items()},
    **{f"{level}-ground": f"{colour}BackgroundColor" for level, colour in LEVELS.items()},
}


@pytest.mark.parametrize(("mode", "surface"), [("light", LIGHT_SURFACE), ("dark", DARK_SURFACE)])
def test_surfaces_are_those_of_the_workbench(mode: str, surface: dict[str, str]) -> None:
    theme = THEMES[mode]
    sides = {"side": "backgroundColor", "side-edge": "borderColor"}
    assert surface == {
        **{name: theme[key] for name, key in KEYS.items()},
        **{name: theme["sidebar"][key] for name, key in sides.items()},
    }


def test_every_variable_of_charts_and_styles_is_set() -> None:
    style = colour_style()
    drawn = [VARIABLES.ink, VARIABLES.muted, VARIABLES.grid, VARIABLES.primary]
    drawn += [*VARIABLES.categorical, *VARIABLES.sequential, *VARIABLES.diverging]
    names = [colour.removeprefix("var(").removesuffix(")") for colour in drawn]
    assert [name for name in names if style.count(f"{name}:#") != 3] == []
