"""Read the columns an evaluation is given, whatever holds them, and remember what is wrong.

A list, an array of NumPy, a series of pandas or polars and a column of Arrow are all read by Arrow,
which tells missing values from others in each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pyarrow as pa

    Numbers = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.intp]
    Flags = npt.NDArray[np.bool_]

MISSING: Final = "missing"  # the group of rows that have none
_NAMED: Final = 5  # rows and values in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The group of each row, and what the groups are called, in the order of their names."""

    codes: Codes
    names: tuple[str, ...]


@dataclass
class Reading:
    """Reads columns of so many rows, and remembers what is wrong with them.

    What cannot be read is handed on as zeros, so that everything else is looked at as well.
    """

    rows: int
    faults: list[str] = field(default_factory=list)

    def column(self, name: str, given: Any) -> pa.Array:
        """Return a column as Arrow has it, missing values as nulls."""
        import pyarrow as pa  # 100 ms that only evaluations need

        try:
            found = as_arrow(given)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            self.faults.append(f"{name} is no column of values ({error})")
            return pa.array(np.zeros(self.rows))
        if pa.types.is_nested(found.type):
            self.faults.append(f"{name} holds values of the type {found.type}")
            return pa.array(np.zeros(self.rows))
        if len(found) != self.rows:
            self.faults.append(f"{name} has {len(found):,} rows, the outcome {self.rows:,}")
            return pa.array(np.zeros(self.rows))
        return found

    def numbers(self, name: str, given: Any) -> Numbers:
        """Return a column of finite numbers."""
        return self.finite(name, self.column(name, given))

    def finite(self, name: str, found: pa.Array) -> Numbers:
        """Return the numbers of a column, which must be finite."""
        import pyarrow as pa  # as above

        if pa.types.is_boolean(found.type):
            found = found.cast(pa.uint8())
        if not is_numeric(found.type):
            self.faults.append(f"{name} holds values of the type {found.type}, not numbers")
            return np.zeros(self.rows)
        values = found.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return self.checked(name, np.asarray(values, dtype=np.float64))

    def checked(self, name: str, values: Numbers) -> Numbers:
        """Return numbers that are finite, and 0 for those that are not, which is a fault."""
        wrong = ~np.isfinite(values)
        of_rows: Flags = np.asarray(wrong.any(axis=1)) if wrong.ndim > 1 else wrong
        self.refuse(name, of_rows, "missing or not finite")
        return np.where(wrong, 0.0, values)

    def refuse(self, name: str, wrong: Flags, why: str) -> None:
        """Remember which values of a column are wrong, when some are."""
        places = np.flatnonzero(wrong)
        if len(places):
            some = ", ".join(map(str, places[:_NAMED].tolist()))
            more = ", ..." if len(places) > _NAMED else ""
            word = "value is" if len(places) == 1 else "values are"
            self.faults.append(f"{name}: {len(places):,} {word} {why} (rows {some}{more})")

    def grouping(self, name: str, given: Any) -> Grouping:
        """Return the distinct values of a column as texts, and which of them each row has."""
        texts, codes = distinct(self.column(name, given))
        names, place = np.unique([*map(text_of, texts), MISSING], return_inverse=True)
        used, again = np.unique(place[codes], return_inverse=True)
        return Grouping(codes=again, names=tuple(str(names[code]) for code in used))

    def stop(self) -> None:
        """Raise EvaluationError when anything was wrong."""
        if self.faults:
            message = f"These predictions cannot be judged: {'; '.join(self.faults)}."
            missing = any("missing" in fault for fault in self.faults)
            hint = "Leave out the rows where a value is missing." if missing else ""
            raise EvaluationError(message, hint=hint, faults=tuple(self.faults))


def as_arrow(given: Any) -> pa.Array:
    """Return a column as Arrow has it. Raises what Arrow raises, TypeError or ValueError.

    >>> as_arrow(["a", None]).null_count
    1
    """
    import pyarrow as pa  # as above

    found = given.to_arrow() if hasattr(given, "to_arrow") else given
    if not isinstance(found, pa.Array | pa.ChunkedArray):
        found = pa.array(found, from_pandas=True)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    if pa.types.is_dictionary(found.type):
        found = found.dictionary_decode()
    if pa.types.is_floating(found.type) and found.null_count == 0:
        values = found.to_numpy(zero_copy_only=False)
        found = pa.array(values, from_pandas=True)  # NaN of Arrow and polars is missing as well
    return found


def is_numeric(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers, or nothing at all."""
    import pyarrow.types as is_a  # as above

    tests = (is_a.is_integer, is_a.is_floating, is_a.is_decimal, is_a.is_null)
    return any(test(kind) for test in tests)


def distinct(column: pa.Array) -> tuple[list[Any], Codes]:
    """Return the different values of a column, and the number of each row's; missing is the last.

    The numbers of missing values are as many as there are values.
    """
    import pyarrow as pa  # as above

    encoded = column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    codes = encoded.indices.cast(pa.int64()).fill_null(len(values))
    return values, np.asarray(codes, dtype=np.intp)


def text_of(value: Any) -> str:
    """Return what a class or a group is called: whole numbers without their point.

    >>> text_of(1.0), text_of(True), text_of("a")
    ('1', 'True', 'a')
    """
    plain = value.item() if hasattr(value, "item") else value
    whole = isinstance(plain, float) and plain.is_integer()
    return str(int(plain)) if whole else str(plain)


def listed(values: Sequence[str]) -> str:
    """Return the first few of some names.

    >>> listed("abcdefg")
    'a, b, c, d, e and 2 more'
    """
    more = len(values) - _NAMED
    return ", ".join(values[:_NAMED]) + (f" and {more} more" if more > 0 else "")
