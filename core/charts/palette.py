"""Colours of charts.

Neighbouring categories differ by at least 24 (CIE76) for normal sight and for simulated
protanopia, deuteranopia and tritanopia (Machado 2009), and each has 3:1 contrast to its
background; tests/core/charts/test_palette.py computes both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Mode = Literal["light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one mode."""

    background: str
    ink: str  # titles, values
    muted: str  # axis labels
    grid: str
    primary: str
    categorical: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]


LIGHT: Final = Palette(
    background="#ffffff",
    ink="#0b1220",
    muted="#4b5563",
    grid="#e4e8ee",
    primary="#0f766e",
    categorical=(
        *("#0f766e", "#f25e1e", "#6d28d9", "#c471e6"),
        *("#7f1814", "#12306b", "#410b22", "#c46c4f"),
    ),
    sequential=(
        *("#e6f4f2", "#c3e6e1", "#9fd7cf", "#78c5bb", "#4fb0a5"),
        *("#2c9a8e", "#138477", "#0f6c63", "#0d564f", "#0a3f3a"),
    ),
    diverging=(
        *("#8a3b12", "#b4531d", "#d6763c", "#eca673", "#f7d7bf"),
        *("#cfe5f5", "#93c3e4", "#5499cb", "#2a6fa6", "#144b7c"),
    ),
)
DARK: Final = Palette(
    background="#0e1420",
    ink="#e9eef6",
    muted="#aab6c6",
    grid="#232d3d",
    primary="#2dd4bf",
    categorical=(
        *("#2dd4bf", "#d9572f", "#a855f7", "#f2dc3c"),
        *("#8aa2f2", "#cfeeb0", "#ac398f", "#377254"),
    ),
    sequential=(
        *("#0d2b2a", "#0f3f3c", "#11564f", "#137065", "#178b7d"),
        *("#22a696", "#3fbfae", "#6bd3c4", "#9be5da", "#cdf5ef"),
    ),
    diverging=(
        *("#f2a26b", "#d6763c", "#a95524", "#74401f", "#43301f"),
        *("#1d3348", "#1f5078", "#3277ab", "#5a9fd2", "#9fcbee"),
    ),
)


def palette(mode: Mode) -> Palette:
    """Return the colours of a mode.

    >>> palette("dark").background
    '#0e1420'
    """
    return DARK if mode == "dark" else LIGHT
