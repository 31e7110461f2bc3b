"""Rows in the order of their predictions, and sums along it for many resamples at once.

predictions   .1 .1 .2 .3 .3 .4 .6 .7 .9
events                *     *     *            starts at every value that an event has, and at bins
segments      |-----|--|-----|-----|-----|

What a figure asks for is summed over segments first: of 20,000 rows with 2,000 events, a tenth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.intp]
    Flags = npt.NDArray[np.bool_]

BINS: Final = 200  # of a smooth curve: with fewer different predictions, it is exact


@dataclass(frozen=True)
class Ranked:
    """Where segments start, from the least prediction to the greatest, and what is in them."""

    order: Codes
    in_order: bool  # the rows are given in their order, and need not be moved
    starts: Codes
    event_rows: Codes
    event_starts: Codes
    event_segments: Codes
    bin_starts: Codes

    @classmethod
    def of(cls, scores: Numbers, events: Flags, weights: Numbers) -> Self:
        """Order rows; equal predictions stay together."""
        order = np.argsort(scores, kind="stable")
        ordered = scores[order]
        fresh = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        bins = fresh
        if len(fresh) > BINS:  # of about equal weight
            before = (np.cumsum(weights[order]) - weights[order])[fresh]
            wanted = np.linspace(0, float(weights.sum()), BINS, endpoint=False)
            bins = fresh[np.unique(np.searchsorted(before, wanted))]
        tie = np.searchsorted(fresh, np.arange(len(order)), side="right") - 1
        places = np.flatnonzero(events[order])
        group = fresh[tie[places]]
        starts = np.union1d(bins, group)
        event_starts = np.flatnonzero(np.append(True, group[1:] != group[:-1])[: len(group)])
        return cls(
            order=order,
            in_order=bool((order == np.arange(len(order))).all()),
            starts=starts,
            event_rows=order[places],
            event_starts=event_starts,
            event_segments=np.searchsorted(starts, group[event_starts]),
            bin_starts=np.searchsorted(starts, bins),
        )

    def sums(self, weights: npt.NDArray[Any]) -> tuple[Numbers, Numbers]:
        """Return the weights of all rows and of events in each segment, a line for each resample.

        `weights` has a line for each resample, too.
        """
        ordered = weights if self.in_order else weights[:, self.order]
        every = np.add.reduceat(ordered, self.starts, axis=1, dtype=np.float64)
        found = np.zeros_like(every)
        if len(self.event_rows):
            of_events = weights[:, self.event_rows]
            sums = np.add.reduceat(of_events, self.event_starts, axis=1, dtype=np.float64)
            found[:, self.event_segments] = sums
        return every, found

    def binned(self, sums: Numbers) -> Numbers:
        """Return sums over bins from those over segments."""
        return np.asarray(np.add.reduceat(sums, self.bin_starts, axis=1))


def average_precision(every: Numbers, events: Numbers) -> Numbers:
    """Return the mean precision at events, for each line: the area that scikit-learn has.

    NaN where there are no events.
    """
    above = np.cumsum(every[:, ::-1], axis=1)
    hits = np.cumsum(events[:, ::-1], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(above > 0, hits / above, 0.0)
        found = (precision * events[:, ::-1]).sum(axis=1) / hits[:, -1]
    return np.asarray(found)
