"""Columns of Arrow as arrays of NumPy and back, where pyarrow itself would first load pandas.

`pa.array`, `pa.scalar` and `Array.to_numpy` look whether they are given something of pandas, and
import it for that: 0.3 s of processor and 45 MB, a third of what a small table's analysis takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as is_a

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]


def valid(array: pa.Array) -> Flags:
    """Return where an array has a value.

    >>> valid(pa.array([7, None, 9])[1:]).tolist()
    [False, True]
    """
    bits = array.buffers()[0] if array.null_count else None
    if bits is None:  # also of an array of nothing but nulls, which has no bits
        return np.broadcast_to(np.bool_(not array.null_count), len(array))
    return _bits(bits, array.offset, len(array))


def flags(array: pa.Array) -> Flags:
    """Return truth values; what is missing is False."""
    if not len(array):
        return np.empty(0, bool)
    found = _bits(array.buffers()[1], array.offset, len(array))
    return found & valid(array) if array.null_count else found


def _bits(buffer: pa.Buffer, start: int, length: int) -> Flags:
    first = start // 8
    packed = np.frombuffer(buffer, np.uint8)[first : -(-(start + length) // 8)]
    found = np.unpackbits(packed, bitorder="little")[start - 8 * first :][:length]
    return found.view(np.bool_)


def whole(array: pa.Array, missing: int) -> npt.NDArray[Any]:
    """Return integers, dates and times in their own unit; without a copy when none is missing."""
    if not len(array):
        return np.empty(0, np.int64)
    size = array.type.bit_width // 8
    sign = "u" if is_a.is_unsigned_integer(array.type) else "i"
    found = _values(array, np.dtype(f"{sign}{size}"))
    return np.where(valid(array), found, found.dtype.type(missing)) if array.null_count else found


def floats(array: pa.Array) -> Numbers:
    """Return numbers as float64, missing ones as NaN; without a copy where they are that.

    >>> floats(pa.array([1, None])).tolist()
    [1.0, nan]
    """
    if not len(array):
        return np.empty(0)
    given = array if is_a.is_float64(array.type) else array.cast(pa.float64(), safe=False)
    found = _values(given, np.dtype(np.float64))
    if array.null_count:
        found = found.copy() if given is array else np.require(found, requirements=["O", "W"])
        found[~valid(array)] = np.nan
    return found


def _values(array: pa.Array, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    data = array.buffers()[1]
    if data is None:  # of an array of nulls
        return np.zeros(len(array), kind)
    return np.frombuffer(data, kind)[array.offset : array.offset + len(array)]


def places(numbers: npt.NDArray[np.int64]) -> pa.Array:
    """Return places of rows as Arrow takes them.

    >>> places(np.array([3, 1])).to_pylist()
    [3, 1]
    """
    given = np.ascontiguousarray(numbers, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(given), [None, pa.py_buffer(given)])


def chosen(where: Flags) -> pa.Array:
    """Return flags as Arrow takes them."""
    packed = np.packbits(where, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(where), [None, pa.py_buffer(packed)])


def texts(values: Sequence[str]) -> pa.Array:
    """Return texts as Arrow has them.

    >>> texts(["a", "Größe"]).to_pylist()
    ['a', 'Größe']
    """
    written = [value.encode("utf8", "surrogatepass") for value in values]
    ends = np.cumsum([0, *map(len, written)], dtype=np.int64)
    data = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(written))]
    return pa.Array.from_buffers(pa.large_string(), len(written), data)
