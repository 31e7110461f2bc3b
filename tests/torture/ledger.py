"""What each writer says about itself, readable at any moment, also after it was killed.

A writer that was killed is followed by another one: one such life is one run, whose points are
numbered from 0. Of each life there are three numbers, in memory that belongs to a file:

    attempted        points it was about to write: nothing above may ever be seen
    acknowledged     points whose call returned: every reader of the library sees them
    in_segments      of these, points a call made into segments: a stock DuckDB sees them, too
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.support.counters import Counters

NUMBERS: Final = 3


@dataclass(slots=True)
class Life:
    """The numbers of one writer's life, for itself to change."""

    counters: Counters
    number: int

    @property
    def run_id(self) -> str:
        """The run that it logs to."""
        return run_id(self.number)

    def attempt(self, points: int) -> None:
        """Say that it is about to write more points."""
        self.counters[NUMBERS * self.number + 1] += points

    def acknowledge(self) -> None:
        """Say that all calls have returned."""
        self.counters[NUMBERS * self.number + 2] = self.counters[NUMBERS * self.number + 1]

    def in_segments(self) -> None:
        """Say that all points are in segments."""
        self.counters[NUMBERS * self.number + 3] = self.counters[NUMBERS * self.number + 1]


def run_id(number: int) -> str:
    """Name the run of a life."""
    return f"life {number}"


def begin_life(counters: Counters) -> Life:
    """Count one more life."""
    counters[0] += 1
    return Life(counters, counters[0] - 1)


def attempted(counters: Counters) -> dict[str, int]:
    """Return how many points each life may have written at most."""
    return _column(counters, 1)


def acknowledged(counters: Counters) -> dict[str, int]:
    """Return how many points of each life must be there."""
    return _column(counters, 2)


def stored(counters: Counters) -> dict[str, int]:
    """Return how many points of each life must be in segments or data files."""
    return _column(counters, 3)


def _column(counters: Counters, column: int) -> dict[str, int]:
    return {run_id(n): counters[NUMBERS * n + column] for n in range(counters[0])}
