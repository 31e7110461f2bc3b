"""Which Arrow types can be stored, as what, and how they are made again.

given                             stored in Parquet
string, string_view               large_string: text is text, however it was held
dictionary, run_end_encoded       the values; categories are kept beside them, unused ones too
date64, timestamp[s], time32[s]   date32, milliseconds: Parquet has no such units
extension types                   what is under them
union, month_day_nano_interval,   nothing: Parquet cannot hold them, or Arrow cannot make them
list_view, a struct without fields    again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def stored_type(kind: pa.DataType) -> pa.DataType:
    """Return the type a column is stored as. Raises TypeError when there is none.

    >>> stored_type(pa.list_(pa.dictionary(pa.int8(), pa.string())))
    LargeListType(large_list<item: large_string>)
    """
    if isinstance(kind, pa.BaseExtensionType):
        return stored_type(kind.storage_type)
    if is_a.is_dictionary(kind) or is_a.is_run_end_encoded(kind):
        return stored_type(kind.value_type)
    return _stored_nested_type(kind) if is_a.is_nested(kind) else _stored_flat_type(kind)


def _stored_nested_type(kind: pa.DataType) -> pa.DataType:
    stored: pa.DataType | None = None
    if is_a.is_struct(kind) and kind.num_fields:
        stored = pa.struct([_stored_field(field) for field in kind])
    elif is_a.is_map(kind):
        stored = pa.map_(_stored_field(kind.key_field), _stored_field(kind.item_field))
    elif is_a.is_fixed_size_list(kind):
        stored = pa.list_(_stored_field(kind.value_field), kind.list_size)
    elif is_a.is_list(kind) or is_a.is_large_list(kind):
        stored = pa.large_list(_stored_field(kind.value_field))
    if stored is None:
        raise TypeError(f"{kind} cannot be stored")
    return stored


def _stored_field(field: pa.Field) -> pa.Field:
    if is_a.is_run_end_encoded(field.type) or isinstance(field.type, pa.BaseExtensionType):
        raise TypeError(f"{field.type} inside another type cannot be stored")
    return field.with_type(stored_type(field.type))


def _stored_flat_type(kind: pa.DataType) -> pa.DataType:
    stored = kind
    if is_a.is_interval(kind):
        raise TypeError(f"{kind} cannot be stored")
    if is_a.is_string(kind) or is_a.is_string_view(kind):
        stored = pa.large_string()
    elif is_a.is_binary(kind) or is_a.is_binary_view(kind):
        stored = pa.large_binary()
    elif is_a.is_date64(kind):
        stored = pa.date32()
    elif is_a.is_timestamp(kind) and kind.unit == "s":
        stored = pa.timestamp("ms", kind.tz)
    elif is_a.is_time32(kind):
        stored = pa.time32("ms")
    elif is_a.is_decimal(kind) and not is_a.is_decimal256(kind):
        stored = pa.decimal128(kind.precision, kind.scale)
    return stored


def as_types(table: pa.Table, types: Sequence[pa.DataType]) -> pa.Table:
    """Return a table as it was stored: Parquet may say otherwise what in a list can be missing.

    What elements are called is no matter to Arrow. A table whose columns are of other types stays
    as it is: values are never converted.

    >>> never_null = pa.list_(pa.field("item", pa.int64(), nullable=False))
    >>> as_types(pa.table({"x": pa.array([[1]], never_null)}), [pa.list_(pa.int64())]).schema.types
    [ListType(list<item: int64>)]
    >>> as_types(pa.table({"x": [1.5]}), [pa.int64()]).schema.types
    [DataType(double)]
    """
    pairs = list(zip(table.schema.types, types, strict=True))
    if all(a == b for a, b in pairs) or not all(_same_but_names(a, b) for a, b in pairs):
        return table
    return table.cast(pa.schema(list(zip(table.column_names, types, strict=True))))


def _same_but_names(kind: pa.DataType, other: pa.DataType) -> bool:
    """Tell whether types differ at most in what can be missing within lists, maps and structs."""
    if kind == other:
        return True
    if kind.id != other.id or not is_a.is_nested(kind) or kind.num_fields != other.num_fields:
        return False
    if is_a.is_fixed_size_list(kind) and kind.list_size != other.list_size:
        return False
    fields = [(kind.field(place), other.field(place)) for place in range(kind.num_fields)]
    if is_a.is_struct(kind) and any(a.name != b.name for a, b in fields):
        return False
    return all(_same_but_names(a.type, b.type) for a, b in fields)


def unstorable(schema: pa.Schema) -> Iterator[str]:
    """Say what is wrong with the columns that cannot be stored."""
    for field in schema:
        try:
            empty = pa.chunked_array([pa.nulls(0, field.type)], field.type)
            from_stored(to_stored(empty), field.type)
        except (TypeError, pa.ArrowNotImplementedError) as error:
            yield f"{field.name}: {error}"


def to_stored(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as it is stored, in one piece. Raises pa.ArrowException."""
    wanted = stored_type(column.type)
    array = _joined(column) if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # too large for the offsets of its type, or see there
        array = pa.concat_arrays([to_stored(piece) for piece in array.chunks])
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if is_a.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    if is_a.is_dictionary(array.type):  # its values first: of some types Arrow cannot decode them
        values = array.dictionary.cast(wanted)
        array = pa.DictionaryArray.from_arrays(array.indices, values).dictionary_decode()
    return array if array.type == wanted else array.cast(wanted)


def _joined(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Put the pieces of a column together; of one, Arrow would make a copy."""
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.num_chunks and _has_odd_dictionary(column.type):
        return column  # Arrow cannot put their dictionaries together
    return column.combine_chunks()


def _has_odd_dictionary(kind: pa.DataType) -> bool:
    if not is_a.is_dictionary(kind):
        return False
    return bool(is_a.is_nested(kind.value_type) or is_a.is_dictionary(kind.value_type))


def from_stored(
    stored: pa.Array | pa.ChunkedArray, kind: pa.DataType, categories: pa.Array | None = None
) -> pa.ChunkedArray:
    """Return a column of the type it was given as."""
    column = pa.chunked_array([stored]) if isinstance(stored, pa.Array) else stored
    if isinstance(kind, pa.BaseExtensionType):
        inner = from_stored(column, kind.storage_type)
        return pa.chunked_array([kind.wrap_array(piece) for piece in inner.chunks], kind)
    if is_a.is_dictionary(kind) and categories is not None:
        return _categorical(column, kind, categories)
    if is_a.is_run_end_encoded(kind):
        values = column.cast(kind.value_type)
        pieces = [pc.run_end_encode(p, run_end_type=kind.run_end_type) for p in values.chunks]
        return pa.chunked_array(pieces, kind)
    return column if column.type == kind else column.cast(kind)


def _categorical(
    column: pa.ChunkedArray, kind: pa.DictionaryType, categories: pa.Array
) -> pa.ChunkedArray:
    found = pc.index_in(column, value_set=categories, skip_nulls=True)
    values = categories.cast(kind.value_type)
    pieces = [
        pa.DictionaryArray.from_arrays(
            piece.cast(kind.index_type), values, ordered=bool(kind.ordered)
        )
        for piece in found.chunks
    ]
    return pa.chunked_array(pieces, kind)


class Categories:
    """Gathers the categories of a table's columns, in the order in which they come."""

    def __init__(self) -> None:
        self._known: dict[str, pa.Array] = {}

    def add(self, name: str, column: pa.ChunkedArray | pa.Array) -> None:
        """Take in a piece of a column, when it has categories."""
        if not is_a.is_dictionary(column.type):
            return
        pieces = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        for piece in pieces:
            fresh = to_stored(piece.dictionary).drop_null()
            known = self._known.setdefault(name, fresh)
            if known is not fresh and not known.equals(fresh):
                new = fresh.filter(pc.invert(pc.is_in(fresh, value_set=known)))
                self._known[name] = pa.concat_arrays([known, new])

    def known(self) -> dict[str, pa.Array]:
        """Return the categories by column, as they are stored."""
        return dict(self._known)
