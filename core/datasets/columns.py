"""Read a version column after column: never all of it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.types as is_a

from core.datasets.reader import VersionReader
from core.storable import stored_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.datasets.layout import Layout
    from lake.objects import Objects

# Columns that are read together: each of the parts is then opened fewer times.
_TOGETHER: Final = 24 * 1024 * 1024


def read_columns(
    objects: Objects, layout: Layout, names: Sequence[str] | None = None
) -> Iterator[tuple[str, pa.Array]]:
    """Yield columns with their names, in this order, as they are stored (core/storable.py).

    A few of them are in memory at a time, and one when they are large.
    """
    waiting = list(layout.schema.names if names is None else names)
    sizes = _sizes(objects, layout, waiting)
    while waiting:
        number, size = 0, 0.0
        while number < len(waiting) and (not number or size + sizes[waiting[number]] <= _TOGETHER):
            size += sizes[waiting[number]]
            number += 1
        together, waiting = waiting[:number], waiting[number:]
        tables = _read(objects, layout, together)
        for name in together:
            yield name, tables.pop(name).combine_chunks()


def _sizes(objects: Objects, layout: Layout, names: Sequence[str]) -> dict[str, float]:
    """Estimate the bytes of columns by their types, or else by their first rows."""
    kinds = {name: stored_type(layout.schema.field(name).type) for name in names}
    found = {n: layout.rows * k.bit_width / 8 for n, k in kinds.items() if _has_width(k)}
    others = [name for name in names if name not in found]
    if others and layout.parts:
        first = VersionReader(objects, layout, others).stored(0)
        times = layout.rows / max(1, first.num_rows)
        found |= {name: first[name].nbytes * times for name in others}
    return {name: found.get(name, 0.0) for name in names}


def _has_width(kind: pa.DataType) -> bool:
    return bool(is_a.is_primitive(kind))  # numbers, flags and times


def _read(objects: Objects, layout: Layout, names: Sequence[str]) -> dict[str, pa.ChunkedArray]:
    reader = VersionReader(objects, layout, names)
    pieces = [reader.stored(place) for place in range(len(layout.parts))]
    kinds = {name: stored_type(layout.schema.field(name).type) for name in names}
    return {
        name: pa.chunked_array([chunk for p in pieces for chunk in p[name].chunks], kinds[name])
        for name in names
    }
