"""A column whose values are looked at several ways, each time from what was found before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.profile import vectors
from core.profile.distribution import Sample
from core.storable import to_stored

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]

Family = Literal["number", "text", "flag", "time", "other", "nothing"]
FEW: Final = 20  # distinct whole numbers are codes, not measurements


@dataclass(frozen=True)
class MeasuredColumn:
    """A column as it is stored (core/storable.py), or texts as codes of a dictionary."""

    column: pa.Array

    @cached_property
    def family(self) -> Family:
        """What its values are, whatever their width."""
        kind = self.column.type
        tests: tuple[tuple[Family, bool], ...] = (
            ("nothing", is_a.is_null(kind) or self.rows == self.column.null_count),
            ("flag", is_a.is_boolean(kind)),
            ("number", is_number(kind)),
            ("text", is_a.is_large_string(kind) or is_a.is_dictionary(kind)),
            ("time", is_a.is_temporal(kind)),
        )
        return next((name for name, is_so in tests if is_so), "other")

    @property
    def rows(self) -> int:
        """Number of rows, missing values included."""
        return len(self.column)

    @cached_property
    def floats(self) -> Numbers:
        """The numbers in the order of rows, missing ones as NaN; of times, those of `values`."""
        column = self.column
        if is_a.is_temporal(column.type):
            column = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())
        return vectors.floats(column) if is_number(column.type) else np.empty(0)

    @cached_property
    def values(self) -> Numbers:
        """The numbers, ascending; of times, their distance from 1970 in the column's unit."""
        ordered = np.sort(self.floats)  # NaN comes last
        return ordered[: np.searchsorted(ordered, np.nan)]

    @cached_property
    def runs(self) -> tuple[Numbers, Counts]:
        """The different numbers, ascending, and how often each is there."""
        return runs_of(self.values)

    @property
    def finite_range(self) -> tuple[int, int]:
        """Where among `values` those begin and end that are not infinite."""
        first, last = np.searchsorted(self.values, -np.inf, "right"), len(self.values)
        if last and self.values[-1] == np.inf:
            last = int(np.searchsorted(self.values, np.inf, "left"))
        return int(first), last

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
            found, times = self.runs
            return number_texts(found), times
        if is_a.is_dictionary(self.column.type):
            return self._listed_codes()
        counted = pc.value_counts(self.column.drop_null())
        texts = counted.field("values").cast(pa.large_string())
        return texts, np.asarray(counted.field("counts"), dtype=np.int64)

    @cached_property
    def codes(self) -> npt.NDArray[np.int32]:
        """The place of each row's text in the dictionary; -1 where there is none."""
        indices = self.column.indices
        found = vectors.whole(indices, -1)
        return found.astype(np.int32, copy=False)

    def _listed_codes(self) -> tuple[pa.Array, Counts]:
        words, codes = self.column.dictionary.cast(pa.large_string()), self.codes
        # one place for what is missing, so that no row must be left out
        counts = np.bincount(codes + np.int32(1), minlength=len(words) + 1)[1:]
        used = counts > 0
        return (words, counts) if used.all() else (words.filter(vectors.chosen(used)), counts[used])

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


def in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as it is stored, texts as codes of one dictionary where they are given so."""
    if not is_a.is_dictionary(column.type):
        return to_stored(column)
    whole = column.unify_dictionaries() if column.num_chunks > 1 else column
    if not whole.num_chunks or not is_text(column.type.value_type):
        return to_stored(column)
    if whole.chunk(0).dictionary.null_count:  # two ways to say that one is missing
        return to_stored(column).dictionary_encode()
    return whole.combine_chunks() if whole.num_chunks > 1 else whole.chunk(0)


def is_text(kind: pa.DataType) -> bool:
    """Tell whether the values of a type are texts."""
    return bool(is_a.is_string(kind) or is_a.is_large_string(kind))


def runs_of(ordered: Numbers) -> tuple[Numbers, Counts]:
    """Return the different ones of ascending numbers, and how often each is there.

    >>> [found.tolist() for found in runs_of(np.array([1.0, 2.0, 2.0]))]
    [[1.0, 2.0], [1, 2]]
    """
    changes = ordered[1:] != ordered[:-1]  # not by difference: inf - inf is no number
    if changes.all():  # nothing is copied of numbers that all differ
        return ordered, np.broadcast_to(np.int64(1), len(ordered))
    starts = np.flatnonzero(np.append(True, changes))
    return ordered[starts], np.diff(starts, append=len(ordered))


def number_texts(values: Numbers) -> Any:
    """Return whole numbers as texts, in their order; -0 is 0."""
    return vectors.texts([f"{value + 0.0:.15g}" for value in values.tolist()])
