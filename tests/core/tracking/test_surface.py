"""A surface between runs is what SciPy's griddata gives, and is nowhere else."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from scipy.interpolate import griddata

from core.tracking.surface import LEVELS, Surface, is_enough, places_of, surface

CHANCE = random.Random(7)  # noqa: S311 - the same every time
RATES = [10 ** CHANCE.uniform(-4, 0) for _ in range(40)]
DEPTHS = [float(CHANCE.randint(2, 16)) for _ in range(40)]
AUCS = [0.8 - 0.02 * math.log10(r) ** 2 + 0.01 * d for r, d in zip(RATES, DEPTHS, strict=True)]


@pytest.fixture(scope="module")
def found() -> Surface:
    made = surface(places_of(RATES, DEPTHS, AUCS), logarithmic=(True, False))
    assert made is not None
    return made


def expected(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Interpolate as SciPy does; NaN is outside of the runs."""
    points = np.column_stack([np.log10(RATES), DEPTHS])
    at = np.column_stack([np.log10(x), y])
    return np.asarray(griddata(points, AUCS, at, method="linear", rescale=True))


def test_strips_have_the_step_that_griddata_gives_in_their_middle(found: Surface) -> None:
    left, bottom, right, top, value = np.array(found.strips).T
    middle = expected(np.sqrt(left * right), (bottom + top) / 2)
    half = (max(AUCS) - min(AUCS)) / LEVELS / 2
    assert not np.isnan(middle).any()
    assert np.abs(middle - value).max() <= half * (1 + 1e-9)


def test_lines_have_their_height_all_along(found: Surface) -> None:
    x, y, x2, y2, level = np.array(found.lines).T
    middle = expected(np.sqrt(x * x2), (y + y2) / 2)
    inside = ~np.isnan(middle)  # rounding puts a middle on the rim outside
    assert inside.mean() > 0.95
    assert middle[inside] == pytest.approx(level[inside], abs=1e-9)
    low, high = found.reach
    steps = (level - low) / (high - low) * LEVELS
    assert steps == pytest.approx(steps.round())


def test_runs_at_one_place_count_with_their_mean() -> None:
    (place,) = places_of([1, 1, 1, None], [2, 2, 2, 2], [0.5, 0.75, math.inf, 1])
    assert (place.value, place.rows) == (0.625, (0, 1))


def test_a_line_of_runs_and_a_plain_have_no_surface() -> None:
    ten = [float(i) for i in range(10)]
    assert surface(places_of(ten, [3 * value for value in ten], ten)) is None
    assert surface(places_of(ten, [value % 3 for value in ten], [0.5] * 10)) is None


def test_it_takes_ten_places_and_three_values_of_each_param() -> None:
    ten = [float(i) for i in range(10)]
    assert is_enough(places_of(ten, [value % 3 for value in ten], ten))
    assert not is_enough(places_of(ten[:9], ten[:9], ten[:9]))
    assert not is_enough(places_of(ten, [value % 2 for value in ten], ten))
