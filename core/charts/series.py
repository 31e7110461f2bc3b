"""Make long series short and rough ones smooth, on plain lists."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """Return the exponential moving average, corrected at the start so it does not pull to zero.

    `weight` is the share of the past, from 0 (nothing changes) to below 1. Values that are not
    finite stay as they are and do not enter the average.

    >>> smooth([1.0, 1.0, 4.0], 0.5)
    [1.0, 1.0, 2.7142857142857144]
    """
    if not 0 <= weight < 1:
        raise ValueError(f"A smoothing weight lies between 0 and 1, not at {weight}.")
    average, share, result = 0.0, 1.0, []
    for value in values:
        if not math.isfinite(value):
            result.append(value)
            continue
        average = weight * average + (1 - weight) * value
        share *= weight
        result.append(average / (1 - share))
    return result


def thin(values: Sequence[float], points: int) -> list[int]:
    """Return at most `points` (4 or more) positions that keep both ends, peaks and valleys.

    >>> thin([0, 9, 0, 0, 0, 0, -9, 0], 6)
    [0, 1, 2, 4, 6, 7]
    """
    count = len(values)
    if count <= points:
        return list(range(count))
    buckets = max(1, (points - 2) // 2)
    kept = {0, count - 1}
    for bucket in range(buckets):
        start = 1 + bucket * (count - 2) // buckets
        stop = 1 + (bucket + 1) * (count - 2) // buckets
        inside = [i for i in range(start, stop) if math.isfinite(values[i])]
        if inside:
            kept.add(min(inside, key=values.__getitem__))
            kept.add(max(inside, key=values.__getitem__))
    return sorted(kept)


def sparkline(values: Sequence[float], points: int = 30) -> list[float]:
    """Return at most `points` finite values that keep the shape of a curve.

    >>> sparkline([1.0, float("nan"), 3.0])
    [1.0, 3.0]
    """
    finite = [value for value in values if math.isfinite(value)]
    return [finite[i] for i in thin(finite, points)]
