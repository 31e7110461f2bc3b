"""The same column of two tables, and what kind of column it is.

number        many values: their distribution
category      text, true or false, and numbers of which there are few: how often each occurs
identifier    text that is nearly all distinct: nothing but how much is missing
time          moves by itself: nothing but how much is missing, and how far it reaches
other         lists and the like: nothing but how much is missing
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.profile.column import is_number, sorted_numbers

if TYPE_CHECKING:
    import numpy.typing as npt

Kind = Literal["number", "category", "identifier", "time", "other"]
Family = Literal["number", "text", "flag", "time", "other", "nothing"]
FEW: Final = 20  # distinct whole numbers are codes, not measurements
_IDENTIFIER_SHARE: Final = 0.5
_IDENTIFIER_ROWS: Final = 100


@dataclass(frozen=True)
class Side:
    """A column of one table."""

    column: pa.Array

    @cached_property
    def family(self) -> Family:
        """What its values are, whatever their width."""
        kind = self.column.type
        tests: tuple[tuple[Family, bool], ...] = (
            ("nothing", is_a.is_null(kind) or self.rows == self.column.null_count),
            ("flag", is_a.is_boolean(kind)),
            ("number", is_number(kind)),
            ("text", is_a.is_large_string(kind)),
            ("time", is_a.is_temporal(kind)),
        )
        return next((name for name, is_so in tests if is_so), "other")

    @property
    def rows(self) -> int:
        """Number of rows, missing values included."""
        return len(self.column)

    @cached_property
    def values(self) -> npt.NDArray[np.float64]:
        """The numbers, ascending; of times, their distance from 1970 in the column's unit."""
        column = self.column
        if is_a.is_temporal(column.type):
            column = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())
        if not is_number(column.type):
            return np.empty(0)
        return sorted_numbers(column)

    @property
    def missing(self) -> int:
        """Number of nulls and NaN."""
        if self.family in {"number", "time"}:
            return self.rows - len(self.values)
        return int(self.column.null_count)

    @cached_property
    def is_coded(self) -> bool:
        """Whether its numbers are few and whole."""
        values = self.values
        steps = np.count_nonzero(values[1:] != values[:-1])
        whole = np.isfinite(values).all() and (values == np.round(values)).all()
        return bool(steps < FEW and whole)

    @cached_property
    def categories(self) -> dict[str, int]:
        """How often each value occurs, by its text."""
        if self.family == "number":
            found, counts = np.unique(self.values, return_counts=True)
            return {f"{value:g}": int(n) for value, n in zip(found, counts, strict=True)}
        counted = pc.value_counts(self.column.drop_null())
        texts = counted.field("values").cast(pa.large_string()).to_pylist()
        return dict(zip(texts, counted.field("counts").to_pylist(), strict=True))


@dataclass(frozen=True)
class Pair:
    """The same column of the reference and of the current table."""

    name: str
    reference: Side
    current: Side

    @cached_property
    def kind(self) -> Kind:
        """What is compared."""
        families = {self.reference.family, self.current.family} - {"nothing"}
        if len(families) != 1:
            return "other"
        family = families.pop()
        if family == "number":
            coded = self.reference.is_coded and self.current.is_coded
            return "category" if coded else "number"
        if family == "text":
            return "identifier" if self._is_identifier() else "category"
        return {"flag": "category", "time": "time"}.get(family, "other")  # type: ignore[return-value]

    def _is_identifier(self) -> bool:
        present = self.reference.rows - self.reference.missing
        distinct = len(self.reference.categories)
        return present > _IDENTIFIER_ROWS and distinct > _IDENTIFIER_SHARE * present

    @property
    def changed_type(self) -> bool:
        """Whether one holds numbers and the other texts, or the like."""
        families = {self.reference.family, self.current.family} - {"nothing"}
        return len(families) > 1

    def counts(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """How often each category occurs in both, in one order."""
        before, after = self.reference.categories, self.current.categories
        names = sorted({*before, *after})
        return (
            np.array([before.get(name, 0) for name in names], dtype=np.int64),
            np.array([after.get(name, 0) for name in names], dtype=np.int64),
        )
