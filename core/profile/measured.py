"""A column whose values are looked at several ways, each time from what was found before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.profile.distribution import Sample

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]

Family = Literal["number", "text", "flag", "time", "other", "nothing"]
FEW: Final = 20  # distinct whole numbers are codes, not measurements


@dataclass(frozen=True)
class MeasuredColumn:
    """A column as it is stored (core/storable.py)."""

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
    def values(self) -> Numbers:
        """The numbers, ascending; of times, their distance from 1970 in the column's unit."""
        column = self.column
        if is_a.is_temporal(column.type):
            column = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())
        if not is_number(column.type):
            return np.empty(0)
        return sorted_numbers(column)

    @cached_property
    def numbers(self) -> Sample:
        """How the numbers are distributed."""
        return Sample(self.values)

    @cached_property
    def missing(self) -> int:
        """Number of nulls and NaN."""
        if self.family == "number":
            return self.rows - len(self.values)
        return int(self.column.null_count)

    @cached_property
    def is_coded(self) -> bool:
        """Whether its numbers are few and whole."""
        values = self.values
        if np.count_nonzero(values[1:] != values[:-1]) >= FEW:
            return False
        return bool(np.isfinite(values).all() and (values == np.round(values)).all())

    @cached_property
    def listed(self) -> tuple[pa.Array, Counts]:
        """Each value as text, and how often it occurs."""
        if self.family == "number":
            found, counts = np.unique(self.values, return_counts=True)
            return number_texts(found), counts.astype(np.int64)
        counted = pc.value_counts(self.column.drop_null())
        texts = counted.field("values").cast(pa.large_string())
        return texts, np.asarray(counted.field("counts"), dtype=np.int64)

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(self.listed[0])

    @property
    def unlisted(self) -> tuple[int, int]:
        """How many values are not listed, and in how many rows they are: none."""
        return 0, 0

    @property
    def categories(self) -> dict[str, int]:
        """How often each value occurs, by its text."""
        texts, counts = self.listed
        return dict(zip(texts.to_pylist(), counts.tolist(), strict=True))


def is_number(kind: pa.DataType) -> bool:
    """Tell whether the values of a type are numbers to calculate with."""
    return bool(is_a.is_integer(kind) or is_a.is_floating(kind) or is_a.is_decimal(kind))


def sorted_numbers(column: pa.Array) -> Numbers:
    """Return the values as float64 in ascending order, infinite ones included, missing ones not."""
    present = column.drop_null() if column.null_count else column
    values = np.asarray(present.cast(pa.float64(), safe=False), dtype=np.float64)
    ordered = np.sort(values)  # NaN comes last
    return ordered[: np.searchsorted(ordered, np.nan)]


def number_texts(values: Numbers) -> Any:
    """Return whole numbers as texts, in their order."""
    return pa.array([f"{value:g}" for value in values.tolist()], pa.large_string())
