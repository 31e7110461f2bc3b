"""A number for each row, by which a table is cut into chunks and rows are found again.

    fixed width     its bytes, eight at a time, mixed
    text, list      the sum of its elements' numbers, each mixed with its position, and the length
    struct          its fields' numbers, mixed one after the other
    null            a number of its own

The mixing is splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
The numbers are stored, so they must never change: the hashes of DuckDB, polars and Python differ
between their releases, and are not used here. Equal numbers do not prove equal rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_NULL: Final = np.uint64(0x2545F4914F6CDD1D)


def hash_rows(columns: Sequence[pa.Array]) -> Hashes:
    """Return a uint64 for each row of equally long columns.

    >>> [hex(number) for number in hash_rows([pa.array([1, None])])]
    ['0x910a2dec89025cc1', '0x2545f4914f6cdd1d']
    """
    hashes = _hash(columns[0])
    for column in columns[1:]:
        hashes = _mix(hashes + _hash(column))
    return hashes


def smallest(hashes: Hashes, number: int = 8) -> tuple[int, ...]:
    """Return the smallest of the numbers, in order.

    >>> smallest(np.array([7, 2, 9, 4], dtype=np.uint64), 2)
    (2, 4)
    """
    if len(hashes) > number:
        hashes = np.partition(hashes, number)[:number]
    return tuple(np.sort(hashes).tolist())


def _mix(words: Hashes) -> Hashes:
    mixed = words + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)


def _hash(array: pa.Array) -> Hashes:
    if is_a.is_null(array.type):
        return np.full(len(array), _NULL)
    if is_a.is_dictionary(array.type):
        array = array.dictionary_decode()
    hashes = _hash_nested(array) if is_a.is_nested(array.type) else _hash_flat(array)
    if array.null_count:
        hashes[np.asarray(array.is_null())] = _NULL
    return hashes


def _hash_nested(array: pa.Array) -> Hashes:
    kind = array.type
    if is_a.is_struct(kind):
        fields = array.flatten()  # a null row has null fields
        hashes = _mix(np.full(len(array), len(fields), dtype=np.uint64))
        for field in fields:
            hashes = _mix(hashes + _hash(field))
        return hashes
    if is_a.is_map(kind):
        array = array.cast(pa.list_(pa.struct([kind.key_field, kind.item_field])))
    elif is_a.is_fixed_size_list(kind):
        array = array.cast(pa.large_list(kind.value_field))
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    return _sums(_hash(array.flatten()), np.asarray(lengths, dtype=np.int64))


def _hash_flat(array: pa.Array) -> Hashes:
    kind = array.type
    if is_a.is_string(kind) or is_a.is_large_string(kind):
        return _hash_texts(array.cast(pa.large_string()))
    if is_a.is_binary(kind) or is_a.is_large_binary(kind):
        return _hash_texts(array.cast(pa.large_binary()))
    return _hash_fixed(array)


def _hash_fixed(array: pa.Array) -> Hashes:
    """Mix the bytes of values that all have the same width."""
    words = fixed_words(array)
    hashes = _mix(words[:, 0])
    for place in range(1, words.shape[1]):
        hashes = _mix(hashes + words[:, place])
    return hashes


def fixed_words(array: pa.Array) -> Hashes:
    """Return values of a fixed width as uint64 words, a row each; what nulls hold is undefined."""
    if is_a.is_boolean(array.type):
        bits = np.asarray(pc.fill_null(array, False).cast(pa.uint8()))
        return bits.astype(np.uint64).reshape(-1, 1)
    width = array.type.byte_width
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.zeros((len(array), max(1, -(-width // 8))), dtype=np.uint64)
    start = array.offset * width
    data = np.frombuffer(buffer, dtype=np.uint8)[start : start + len(array) * width]
    if width in {1, 2, 4, 8}:
        return data.view(f"<u{width}").astype(np.uint64).reshape(-1, 1)
    padded = np.zeros((len(array), -(-width // 8) * 8), dtype=np.uint8)
    padded[:, :width] = data.reshape(-1, width)
    return padded.view("<u8")


def _hash_texts(array: pa.Array) -> Hashes:
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset :][: len(array) + 1]
    lengths = np.diff(offsets)
    if array.null_count:
        lengths = np.where(np.asarray(array.is_null()), 0, lengths)
    data = array.buffers()[2]
    if data is None or not lengths.any():
        return _sums(np.empty(0, dtype=np.uint64), lengths)
    # null texts may hold bytes: the elements are picked out where there are some
    values = np.frombuffer(data, dtype=np.uint8)
    if array.null_count:
        starts = np.repeat(offsets[:-1], lengths)
        values = values[starts + _positions(lengths)]
    else:
        values = values[offsets[0] : offsets[-1]]
    return _sums(values.astype(np.uint64), lengths)


def _sums(elements: Hashes, lengths: npt.NDArray[np.int64]) -> Hashes:
    """Mix rows of elements: the same elements in another order give another number."""
    found = _mix(lengths.astype(np.uint64))
    filled = lengths > 0
    if filled.any():
        places = _positions(lengths).astype(np.uint64)
        ends = np.cumsum(lengths[filled])
        totals = np.add.reduceat(_mix(elements + _mix(places)), ends - lengths[filled])
        found[filled] = _mix(found[filled] + totals)
    return found


def _positions(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return 0, 1, 2 ... for each row's elements."""
    ends = np.cumsum(lengths)
    starts = np.repeat(ends - lengths, lengths)
    return np.arange(len(starts), dtype=np.int64) - starts
