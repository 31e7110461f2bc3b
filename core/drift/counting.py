"""Count the values of a column for a chart: see core/drift/distributions.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift.distributions import Distributions
from core.profile.distribution import Sample, Sketch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.drift.pairs import Pair

    Numbers = Sample | Sketch

RANGES: Final = 30
NAMES: Final = 15
_RARE: Final = 5  # rows; fewer may be the people themselves
_QUANTILES: Final = (0.005, 0.25, 0.75, 0.995)
_WHISKER: Final = 4.0  # in widths of the middle half; codes such as 999 are farther out
_STEPS: Final = (1, 2, 5, 10, 20)  # the last one for a power that is rounded down
_SMALLEST: Final = 1e-290  # a width that can still be divided
_LOOKED_AT: Final = 1000  # values, to tell whether all are whole


def count_values(pair: Pair) -> Distributions:
    """Count the values of a column; of one without values in a table, only the missing ones."""
    missing = (pair.reference.missing, pair.current.missing)
    if all(side.missing < side.rows for side in (pair.reference, pair.current)):
        if pair.kind == "number":
            return _of_numbers(pair, missing)
        if pair.kind == "category":
            return _of_categories(pair, missing)
    return Distributions(kind=pair.kind, missing=missing)


def _of_numbers(pair: Pair, missing: tuple[int, int]) -> Distributions:
    before, after = pair.reference.numbers.finite, pair.current.numbers.finite
    with np.errstate(all="ignore"):  # of huge values
        edges = round_edges([numbers for numbers in (before, after) if numbers.rows])
    if not edges:
        return Distributions(kind="number", missing=missing)
    return Distributions(
        kind="number",
        missing=missing,
        edges=edges,
        beyond=_is_beyond(before, edges) or _is_beyond(after, edges),
        reference=_count(before, edges),
        current=_count(after, edges),
    )


def round_edges(sides: Sequence[Numbers]) -> tuple[float, ...]:
    """Return at most 31 round numbers, evenly apart, around the middle of finite numbers.

    Ranges of whole numbers hold the same number of them each. There are no edges where there are
    no values, or where those are too far apart or too close together to divide the difference.

    >>> round_edges([Sample(np.arange(18.0, 80.0)), Sample(np.arange(20.0, 90.0))])[:4]
    (15.0, 20.0, 25.0, 30.0)
    """
    if not sides:
        return ()
    windows = [_window(numbers) for numbers in sides]
    low, high = min(low for low, _ in windows), max(high for _, high in windows)
    least = ((high - low) or abs(high) or 1.0) / (RANGES - 2)
    if not _SMALLEST < least < math.inf:
        return ()
    power = 10.0 ** math.floor(math.log10(least))
    step = next(step for factor in _STEPS if (step := factor * power) >= least)
    if step < 1 and all(map(_are_whole, sides)):
        step = 1.0
    start = math.floor(low / step)
    stop = math.floor(high / step) + 1
    digits = max(0, 1 - math.floor(math.log10(step)))
    return tuple(round(place * step, digits) for place in range(start, stop + 1))


def _window(numbers: Numbers) -> tuple[float, float]:
    """Return where nearly all values are, as a box plot would with long whiskers."""
    low, first, third, high = (float(value) for value in numbers.quantiles(_QUANTILES))
    whisker = _WHISKER * (third - first)
    if not 0 < whisker < math.inf:
        return low, high
    return max(low, first - whisker), min(high, third + whisker)


def _are_whole(numbers: Numbers) -> bool:
    values = numbers.points if isinstance(numbers, Sketch) else numbers.values
    some = values[:: max(1, len(values) // _LOOKED_AT)]
    return bool((some == np.round(some)).all())


def _count(numbers: Numbers, edges: tuple[float, ...]) -> tuple[int, ...]:
    if not numbers.rows:
        return (0,) * (len(edges) - 1)
    below = np.rint(numbers.below(np.asarray(edges[1:-1])))
    return tuple(int(n) for n in np.diff(below, prepend=0, append=numbers.rows))


def _is_beyond(numbers: Numbers, edges: tuple[float, ...]) -> bool:
    if not numbers.rows:
        return False
    first, last = numbers.below(np.asarray([edges[0], edges[-1]]))
    return bool(first > 0 or last < numbers.rows)


def _of_categories(pair: Pair, missing: tuple[int, int]) -> Distributions:
    names, (before, after) = pair.category_names, pair.counts()
    largest = np.maximum(before / max(1, before.sum()), after / max(1, after.sum()))
    largest[before + after < _RARE] = -1
    if pair.reference.unlisted[0] or pair.current.unlisted[0]:
        largest[-1] = -1  # which is all that a sketch does not list: OTHERS
    order = np.argsort(-largest, kind="stable")[:NAMES]
    chosen = order[largest[order] >= 0]
    rest = (int(before.sum() - before[chosen].sum()), int(after.sum() - after[chosen].sum()))
    return Distributions(
        kind="category",
        missing=missing,
        names=tuple(names[place] for place in chosen),
        reference=tuple(before[chosen].tolist()),
        current=tuple(after[chosen].tolist()),
        rest=rest,
    )
