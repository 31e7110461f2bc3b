"""Colours can be told apart by everybody, and seen on their ground."""

from __future__ import annotations

import itertools
import math

import pytest

from core.charts.palette import DARK, LIGHT, Palette

# Machado, Oliveira, Fernandes 2009: full deficiency, on linear RGB
SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def times(matrix: tuple[tuple[float, ...], ...], vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def lab(colour: str, sight: str) -> tuple[float, float, float]:
    seen = [min(1.0, max(0.0, part)) for part in times(SIGHTS[sight], linear(colour))]
    x, y, z = (
        part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
        for part in (v / w for v, w in zip(times(TO_XYZ, seen), WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def contrast(one: str, other: str) -> float:
    low, high = sorted(times(TO_XYZ, linear(colour))[1] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_categories_are_told_apart(palette: Palette, sight: str) -> None:
    pairs = itertools.combinations(palette.categorical, 2)
    closest = min(pairs, key=lambda pair: math.dist(lab(pair[0], sight), lab(pair[1], sight)))
    assert math.dist(lab(closest[0], sight), lab(closest[1], sight)) >= 24, closest


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_drawn_is_seen_on_its_ground(palette: Palette) -> None:
    drawn = (palette.primary, *palette.categorical)
    assert [c for c in drawn if contrast(c, palette.background) < 3] == []
    assert contrast(palette.ink, palette.background) >= 7
    assert contrast(palette.muted, palette.background) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_sequence_grows_evenly_darker_or_lighter(palette: Palette) -> None:
    lightness = [lab(colour, "normal")[0] for colour in palette.sequential]
    assert lightness in (sorted(lightness), sorted(lightness, reverse=True))
    assert len(palette.sequential) == len(palette.diverging) == 10
