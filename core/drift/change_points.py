"""When a series changed: two tests that look at each new value once.

    Page-Hinkley   m_t = sum of (x_i - mean of x_1 ... x_i - tolerance); the level rose when m_t is
                   more than the threshold above its least value so far, and rose since then. The
                   same with the sign turned for falls (Page 1954; Gama et al. 2014, section 3.2).
    ADWIN          a window of the newest chunks is cut where the means of its two parts differ by
                   e = sqrt(2 / m v ln(2 / d)) + 2 / (3 m) ln(2 / d) or more, 1 / m = 1 / n_0 +
                   1 / n_1, v the variance of the window; values are 0 ... 1. The oldest chunks are
                   dropped until no cut is left (Bifet and Gavalda 2007, section 3). d is the
                   confidence divided by the number of chunks: of the possible cuts.

Rows within a chunk have no order here, so that ADWIN cuts between chunks only; with chunks of one
row it is the paper's ADWIN0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Cut(NamedTuple):
    """Found at place `at` of a series; what is new began at place `since`."""

    at: int
    since: int


@dataclass(frozen=True, slots=True)
class Moments:
    """Of the values of one chunk: how many, their mean, and their variance (divided by n)."""

    rows: int
    mean: float
    variance: float


def page_hinkley(
    values: Sequence[float], *, tolerance: float, threshold: float, least: int = 1
) -> list[Cut]:
    """Return where the level of a series rose or fell; each find starts the test anew.

    Nothing is found within the first `least` values after a start.

    >>> page_hinkley([0.0] * 9 + [5.0] * 3, tolerance=0.5, threshold=5.0)
    [Cut(at=10, since=9)]
    """
    found: list[Cut] = []
    start = 0
    while start < len(values):
        cut = _first_rise_or_fall(values, start, tolerance, threshold, least)
        if cut is None:
            break
        found.append(cut)
        start = cut.at + 1
    return found


def _first_rise_or_fall(
    values: Sequence[float], start: int, tolerance: float, threshold: float, least: int
) -> Cut | None:
    total = 0.0
    sums, lowest, since = [0.0, 0.0], [0.0, 0.0], [start, start]
    for place in range(start, len(values)):
        total += values[place]
        distance = values[place] - total / (place - start + 1)
        for side, sign in enumerate((1, -1)):
            sums[side] += sign * distance - tolerance
            if sums[side] - lowest[side] > threshold and place - start + 1 >= least:
                return Cut(place, since[side])
            if sums[side] <= lowest[side]:
                lowest[side], since[side] = sums[side], place + 1
    return None


def adwin(chunks: Sequence[Moments], *, confidence: float = 0.002) -> list[Cut]:
    """Return where the mean of a series of chunks, of values 0 ... 1, changed.

    >>> level = [Moments(100, 0.2, 0.01)] * 5 + [Moments(100, 0.8, 0.01)] * 2
    >>> adwin(level)
    [Cut(at=5, since=5)]
    """
    found: list[Cut] = []
    start = 0
    for place in range(len(chunks)):
        since = kept = start
        while (cut := _clearest_cut(chunks[kept : place + 1], confidence)) is not None:
            since = since if kept > start else kept + cut
            kept += 1
        if kept > start:
            found.append(Cut(place, since))
            start = kept
    return found


def _clearest_cut(window: Sequence[Moments], confidence: float) -> int | None:
    """Return the cut whose means differ most, measured by their bound; None when none reaches it.

    The paper only asks whether there is one; the clearest is where the change most likely began.
    """
    clearest, clarity = None, 1.0
    if len(window) < 2:
        return None
    whole = _together(window)
    logarithm = math.log(2 * len(window) / confidence)
    older = Moments(0, 0.0, 0.0)
    for place, chunk in enumerate(window[:-1], start=1):
        older = _together([older, chunk])
        rows = whole.rows - older.rows
        newer = (whole.mean * whole.rows - older.mean * older.rows) / rows
        size = older.rows * rows / whole.rows
        bound = math.sqrt(2 / size * whole.variance * logarithm) + 2 / (3 * size) * logarithm
        if abs(older.mean - newer) / bound >= clarity:
            clearest, clarity = place, abs(older.mean - newer) / bound
    return clearest


def _together(chunks: Sequence[Moments]) -> Moments:
    rows = sum(chunk.rows for chunk in chunks)
    mean = sum(chunk.rows * chunk.mean for chunk in chunks) / rows
    squares = sum(c.rows * (c.variance + (c.mean - mean) ** 2) for c in chunks)
    return Moments(rows, mean, squares / rows)
