"""A gate: what let a question be asked, and whether that explains what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from core.eda.quality.conditions import listed, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.eda.quality.examined import ExaminedColumn, Flags

PRESENT: Final = 50  # values without which a gate is luck
SKIPPED: Final = 20
_EXPLAINED: Final = 0.8


@dataclass(frozen=True)
class Gate:
    """Where a question was asked: `skipped` are rows without a value that the gate explains."""

    columns: tuple[ExaminedColumn, ...]  # any of which lets through
    asked: str  # for the reader
    sql: str  # of the rows that were not asked
    distance: int  # in columns
    skipped: int = 0
    explained: float = 0.0
    kept: float = 0.0  # share of the gate's open rows that have a value

    @property
    def name(self) -> str:
        """The column, or the columns, that decide."""
        return listed([column.name for column in self.columns])

    @property
    def said(self) -> str:
        """When the question was asked, as a part of a sentence."""
        any_of_them = "any of " if len(self.columns) > 1 else ""
        return f"{any_of_them}{self.name} {self.asked}"

    @property
    def rank(self) -> tuple[float, ...]:
        """The best gate explains most, then keeps its promise best, then stands nearest before."""
        return (-round(self.explained, 2), -round(self.kept, 2), self.distance)


def judged(gate: Gate, present: Flags, is_open: Flags, known: Flags) -> Gate | None:
    """Return the gate with what it explains, if that is enough; `known` is where it was answered.

    Where the gate is missing too, one event may have taken both.
    """
    missing_rows = int((~present).sum())
    skipped = int((~is_open).sum())
    closed, lost = int((known & ~is_open).sum()), int((known & ~present).sum())
    if skipped < SKIPPED or skipped < _EXPLAINED * missing_rows:
        return None
    if closed < SKIPPED or closed < _EXPLAINED * lost:
        return None
    kept = float(present[is_open].mean())
    return replace(gate, skipped=skipped, explained=skipped / missing_rows, kept=kept)


def written(kind: float | str | bool) -> str:
    """Write an answer as SQL has it."""
    if isinstance(kind, bool):
        return str(kind).lower()
    return text(kind) if isinstance(kind, str) else number(kind)


def one_of(answers: Sequence[str]) -> str:
    """List answers of which one is given.

    >>> one_of(["1"]), one_of(["1", "2"]), one_of(["1", "2", "3"])
    ('1', '1 or 2', '1, 2 or 3')
    """
    *first, last = answers
    return f"{', '.join(first)} or {last}" if first else last
