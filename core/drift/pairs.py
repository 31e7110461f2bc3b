"""The same column of two tables, and what kind of column it is.

number        many values: their distribution
category      text, true or false, and numbers of which there are few: how often each occurs
identifier    text that is nearly all distinct, running numbers: nothing but how much is missing
time          moves by itself: nothing but how much is missing, and how far it reaches
other         lists and the like: nothing but how much is missing
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.profile.distribution import Sample
from core.profile.measured import MeasuredColumn

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.drift.distributions import Kind
    from core.profile.sketch import ColumnSketch

    Counts = npt.NDArray[np.int64]

Side = MeasuredColumn
OTHERS: Final = "all others"
_IDENTIFIER_SHARE: Final = 0.5
_IDENTIFIER_ROWS: Final = 100


@dataclass(frozen=True)
class Pair:
    """The same column of the reference and of the current table."""

    name: str
    reference: Side | ColumnSketch
    current: Side | ColumnSketch

    @cached_property
    def kind(self) -> Kind:
        """What is compared."""
        families = {self.reference.family, self.current.family} - {"nothing"}
        if len(families) != 1:
            return "other"
        family = families.pop()
        if family == "number":
            if self._is_running_number():
                return "identifier"
            coded = self.reference.is_coded and self.current.is_coded
            return "category" if coded else "number"
        if family == "text":
            return "identifier" if self._is_identifier() else "category"
        return {"flag": "category", "time": "time"}.get(family, "other")  # type: ignore[return-value]

    def _is_identifier(self) -> bool:
        present = self.reference.rows - self.reference.missing
        distinct = self.reference.distinct
        return present > _IDENTIFIER_ROWS and distinct > _IDENTIFIER_SHARE * present

    def _is_running_number(self) -> bool:
        """Tell whether rows are numbered, and the numbers of one table are none of the other."""
        first, second = (_running_range(side) for side in (self.reference, self.current))
        if first is None or second is None:
            return False
        return first[1] < second[0] or second[1] < first[0]

    @property
    def changed_type(self) -> bool:
        """Whether one holds numbers and the other texts, or the like."""
        families = {self.reference.family, self.current.family} - {"nothing"}
        return len(families) > 1

    @cached_property
    def category_names(self) -> list[str]:
        """The values of both, sorted; where not all are known, all others together at the end."""
        others = [OTHERS] if self.reference.unlisted[0] or self.current.unlisted[0] else []
        return [*self._names.to_pylist(), *others]

    @cached_property
    def _names(self) -> pa.Array:
        both = pa.concat_arrays([self.reference.listed[0], self.current.listed[0]]).unique()
        return both.take(pc.array_sort_indices(both))

    def counts(self) -> tuple[Counts, Counts]:
        """How often each of the category names occurs in both.

        A value that one side lists and the other does not, while it has unlisted ones, is taken to
        be one of those, and as frequent as makes the least difference: at most as frequent as the
        rarest that is listed.
        """
        sides = self.reference, self.current
        listed = [self._listed_counts(side) for side in sides]
        found = [
            _with_unlisted(listed[place], listed[1 - place], sides[place].unlisted)
            for place in (0, 1)
        ]
        if not any(side.unlisted[0] for side in sides):
            found = [counts[:-1] for counts in found]
        return found[0], found[1]

    def _listed_counts(self, side: Side | ColumnSketch) -> Counts:
        texts, counts = side.listed
        known = np.zeros(len(self._names), dtype=np.int64)
        known[np.asarray(pc.index_in(texts, value_set=self._names), dtype=np.int64)] = counts
        return known


def _with_unlisted(counts: Counts, others: Counts, unlisted: tuple[int, int]) -> Counts:
    """Guess counts that are not listed, and append the rows of all that remains."""
    number, rows = unlisted
    if not number:
        return np.append(counts, 0)
    absent = np.flatnonzero(counts == 0)
    absent = absent[np.argsort(-others[absent], kind="stable")][:number]
    same = np.rint(others[absent] * (counts.sum() + rows) / max(1, others.sum()))
    guessed = np.clip(same, 1, counts[counts > 0].min(initial=rows)).astype(np.int64)
    guessed = guessed[np.cumsum(guessed) <= rows]
    filled = counts.copy()
    filled[absent[: len(guessed)]] = guessed
    return np.append(filled, rows - guessed.sum())


def _running_range(side: Side | ColumnSketch) -> tuple[float, float] | None:
    """Return the least and greatest of whole numbers that occur once each, with few gaps."""
    numbers = side.numbers
    points = numbers.values if isinstance(numbers, Sample) else numbers.points
    if numbers.rows <= _IDENTIFIER_ROWS or not np.isfinite(points[[0, -1]]).all():
        return None
    least, greatest = float(points[0]), float(points[-1])
    if greatest - least >= 2 * numbers.rows:
        return None
    for some in (points[:_IDENTIFIER_ROWS], points):  # the first of them are nearly always enough
        if (some != np.round(some)).any():
            return None
    if isinstance(numbers, Sample):
        once = points[1:] > points[:-1]
    else:
        once = numbers.counts - numbers.least_counts == 1
    return (least, greatest) if once.all() else None
