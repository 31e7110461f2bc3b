"""What the analyses on request found: plain values that a report carries and JSON holds.

Everything on request is judged at one fifth of the 0.05 of the columns: p values are adjusted for
how many there are and divided by 0.2, intervals that decide are of 99 %. A report in which all is
asked for is hardly more often a false alarm than one in which nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ALPHA: Final = 0.05
PART: Final = 0.2  # of ALPHA, which each analysis on request may spend


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationDrift:
    """How the correlation of two columns changed; `difference` is current less reference."""

    columns: tuple[str, str]
    reference: float
    current: float
    difference: float
    p_value: float
    p_adjusted: float
    threshold: float
    drifted: bool
    reference_rows: int
    current_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationDrifts:
    """All pairs of numeric columns, the largest change first.

    `method` is spearman or pearson. `untested` says in sentences what was left out and why.
    """

    method: str
    pairs: tuple[CorrelationDrift, ...]
    untested: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether any correlation drifted."""
        return any(pair.drifted for pair in self.pairs)
