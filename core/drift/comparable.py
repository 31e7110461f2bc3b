"""Columns of every Arrow type, as a comparison takes them.

what can be stored (core/storable.py)     its values
union, list_view, intervals and such,     an empty value wherever there is one: how much is missing
texts that are not UTF-8                      is compared, and nothing else, as of all lists
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as is_a

from core.frames import FrameError
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Sequence


def comparable(table: pa.Table, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a table whose columns, or those that are named, have values that can be read.

    Columns of usual types are not copied. Raises FrameError when two columns have one name.

    >>> days = pa.array([(0, 1, 0), None], pa.month_day_nano_interval())
    >>> comparable(pa.table({"age": [30, 41], "every": days})).schema.types
    [DataType(int64), DataType(large_binary)]
    """
    names = table.column_names
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        message = f"More than one column is called {', '.join(twice)}."
        raise FrameError(message, hint="Give every column a name of its own.", columns=twice)
    wanted = names if columns is None else [name for name in names if name in columns]
    unusual = [name for name in wanted if not _is_usual(table[name])]
    if not unusual:
        return table
    return pa.table({n: comparable_column(table[n]) if n in unusual else table[n] for n in wanted})


def comparable_column(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as it is stored, or where it has values when it cannot be."""
    try:
        stored = to_stored(column)
        if is_a.is_large_string(stored.type):
            stored.validate(full=True)
    except (TypeError, pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return _present(column)
    return stored


def _is_usual(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if is_a.is_string(kind) or is_a.is_large_string(kind):
        return _is_valid(column)
    if is_a.is_interval(kind):
        return False
    return bool(is_a.is_primitive(kind) or is_a.is_decimal(kind) or is_a.is_null(kind))


def _is_valid(column: pa.ChunkedArray) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _present(column: pa.ChunkedArray) -> pa.Array:
    """Return an empty value for each value."""
    missing = column.is_null().combine_chunks()
    values = [None if is_missing else b"" for is_missing in missing.to_pylist()]
    return pa.array(values, pa.large_binary())
