"""What a column holds, in one number, however Arrow holds it.

    sha256( type | rows | which rows are null, a bit each | values, zero where null )
    text and lists: the lengths, then the elements; structs: field after field

Two columns with the same digest have the same type and values, bit by bit: NaN is equal to the same
NaN, and -0.0 is not 0.0. Offsets, slices, unused bytes and what lies under a null do not count.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

if TYPE_CHECKING:
    from hashlib import _Hash


def column_digest(column: pa.Array) -> str:
    """Return the digest of a stored column (core/datasets/storable.py).

    >>> column_digest(pa.array([1, 2])) == column_digest(pa.array([0, 1, 2]).slice(1))
    True
    """
    state = hashlib.sha256(str(column.type).encode())
    _feed(state, column)
    return state.hexdigest()


def _feed(state: _Hash, array: pa.Array) -> None:
    state.update(len(array).to_bytes(8, "little"))
    nulls = array.null_count
    state.update(b"n" if nulls else b"-")
    if nulls:
        state.update(np.packbits(np.asarray(array.is_valid())).data)
    kind = array.type
    if is_a.is_struct(kind):
        for field in array.flatten():
            _feed(state, field)
    elif is_a.is_map(kind):
        _feed_list(state, array.cast(pa.large_list(pa.struct([kind.key_field, kind.item_field]))))
    elif is_a.is_large_list(kind) or is_a.is_fixed_size_list(kind):
        _feed_list(state, array)
    elif is_a.is_large_string(kind) or is_a.is_large_binary(kind):
        _feed_texts(state, array)
    elif is_a.is_boolean(kind):
        state.update(np.packbits(np.asarray(pc.fill_null(array, False))).data)
    elif not is_a.is_null(kind):
        _feed_fixed(state, array)


def _feed_list(state: _Hash, array: pa.Array) -> None:
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    state.update(np.ascontiguousarray(lengths, dtype="<i8").data)
    _feed(state, array.flatten())


def _feed_texts(state: _Hash, array: pa.Array) -> None:
    if array.null_count:
        array = pc.fill_null(array, b"" if is_a.is_large_binary(array.type) else "")
    if not len(array):
        return
    offsets = np.frombuffer(array.buffers()[1], dtype="<i8")[array.offset :][: len(array) + 1]
    state.update(np.ascontiguousarray(np.diff(offsets)).data)
    data = array.buffers()[2]
    if data is not None:
        state.update(memoryview(data)[offsets[0] : offsets[-1]])


def _feed_fixed(state: _Hash, array: pa.Array) -> None:
    width = array.type.byte_width
    buffer = array.buffers()[1]
    if not len(array) or buffer is None:
        return
    data = memoryview(buffer)[array.offset * width : (array.offset + len(array)) * width]
    if array.null_count:
        values = np.frombuffer(data, dtype=np.uint8).reshape(-1, width).copy()
        values[np.asarray(array.is_null())] = 0
        data = values.data.cast("B")
    state.update(data)
