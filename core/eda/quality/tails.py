"""How far the values of a column may reach by chance, judged by the column itself.

The outer twentieth of the values (at least 50 of them, at most a quarter) is taken for an
exponential tail. Normal, uniform and Poisson tails are lighter than that, so the fence

    u + scale * ln(k / alpha)      u: where the outer part starts, k: how many values are beyond it

is crossed by chance in fewer than alpha of all columns. The scale comes from the median distance
beyond u, which the far values themselves hardly move, and is at least a fifth of the interquartile
range and one step between neighbouring values. Alpha is 0.001, divided by the number of columns.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from core.profile.column import quantile

if TYPE_CHECKING:
    from core.eda.quality.examined import Counts, Numbers

ALPHA: Final = 0.001
FEWEST: Final = 20  # values without which nothing is said about a tail
_OUTER: Final = 0.05
_OUTER_VALUES: Final = 50
_LARGEST_OUTER: Final = 0.25
_SURE: Final = 50  # values before a gap; of fewer the fence is too rough for a code
_SETTLED: Final = 5  # rows at a value from which others are foretold


def upper_fence(ordered: Numbers, *, tests: int) -> float:
    """Return what is hardly passed by chance, for ascending values; infinite for a few values."""
    rows = len(ordered)
    if rows < FEWEST:
        return math.inf
    share = _outer_share(rows)
    ends = quantile(ordered, 1 - share), quantile(ordered, 1 - share / 2)
    return _fence(ordered, ends, ordered[int(rows * (1 - share)) :], tests)


def lower_fence(ordered: Numbers, *, tests: int) -> float:
    """Return what values are hardly below by chance."""
    rows = len(ordered)
    if rows < FEWEST:
        return -math.inf
    share = _outer_share(rows)
    ends = -quantile(ordered, share), -quantile(ordered, share / 2)
    return -_fence(ordered, ends, ordered[: rows - int(rows * (1 - share))], tests)


def _outer_share(rows: int) -> float:
    return max(_OUTER, min(_LARGEST_OUTER, _OUTER_VALUES / rows))


def _fence(ordered: Numbers, ends: tuple[float, float], outer: Numbers, tests: int) -> float:
    """Return the fence beyond the outer values, which begin and are half passed at the ends."""
    rows, (start, halfway) = len(ordered), ends
    spread = quantile(ordered, 0.75) - quantile(ordered, 0.25)
    steps = np.diff(outer)
    steps = steps[steps > 0]
    step = float(steps.min()) if len(steps) else 0.0
    with np.errstate(over="ignore"):
        scale = max((halfway - start) / math.log(2), 0.2 * spread, step)
        return float(start + scale * math.log(_outer_share(rows) * rows * tests / ALPHA))


def is_gap(values: Numbers, counts: Counts, place: int, *, tests: int) -> bool:
    """Tell whether what comes at `place` is farther from what is before than chance would put it.

    Of few whole values that follow each other, the counts before the gap are continued: log-concave
    distributions (normal, Poisson, uniform, geometric, binomial) fall at least as fast from step to
    step as they did last, and so many rows would have been expected in the gap. For one row beyond
    it, twice as many are asked. Of many values, the fence above is asked.
    """
    is_alone = counts[place:].sum() == 1
    before, after = values[place - 1], values[place]
    expected = _expected(values[:place], counts[:place], after)
    if expected >= math.log(tests / ALPHA) * (2 if is_alone else 1):
        return True
    ordered = np.repeat(values[:place], np.minimum(counts[:place], 10_000))
    if len(ordered) < _SURE:
        return False
    reach = float(before - values[0])
    fence = upper_fence(ordered, tests=tests)
    return bool(after > fence and after - before >= (0.5 if is_alone else 0.2) * reach)


def _expected(values: Numbers, counts: Counts, after: float) -> float:
    """Return how many rows should be between the last value and the one after the gap."""
    last, reach = float(counts[-1]), float(values[-1] - values[0])
    few = len(values) <= 20 and bool((values == np.round(values)).all())
    if not few or last < _SETTLED or len(values) < 0.5 * (reach + 1):
        return 0.0
    ratio = 1.0
    if len(values) >= 2 and values[-2] == values[-1] - 1:
        ratio = last / float(counts[-2])
        if len(values) >= 3 and values[-3] == values[-1] - 2:
            ratio = math.sqrt(last / float(counts[-3]))  # over two steps: one alone is noisy
    steps = int(min(after - values[-1] - 1, 50))
    return sum(last * min(1.0, ratio) ** step for step in range(1, steps + 1))
