"""Take a dataset in: find out how to cut it, and store what is new of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from core.datasets.anchor import as_key, find_anchor
from core.datasets.boundaries import average_rows
from core.datasets.encodings import choose_encodings
from core.datasets.layout import Layout
from core.datasets.sources import open_source
from core.datasets.writer import VersionWriter
from core.errors import DataVersionError
from core.storable import to_stored, unstorable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.datasets.encodings import Compression
    from lake.objects import Objects


def take_in(
    objects: Objects,
    dataset: Any,
    earlier: Sequence[Layout] = (),
    *,
    key: str | Sequence[str] | None = None,
    compression: Compression = "zstd",
    observe: Callable[[pa.Table], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Layout:
    """Store any table's rows as chunks, and return the layout that names them.

    Raises DataVersionError naming every column that cannot be stored, and FrameError.
    """
    opened = open_source(dataset)
    schema = opened.schema
    _check(schema)
    pieces = iter(opened.pieces)
    first = next(pieces, schema.empty_table())
    start = _start(schema, first, earlier, as_key(key, schema.names), compression)
    writer = VersionWriter(
        objects, start, compression=compression, earlier=earlier, observe=observe
    )
    rows = 0
    piece: pa.Table | None = first
    while piece is not None:
        writer.add(piece)
        rows += piece.num_rows
        if progress is not None:
            progress(rows)
        piece = next(pieces, None)
    return writer.finish()


def _check(schema: pa.Schema) -> None:
    faults = [
        f"{name}: the name of {n} columns" for name, n in Counter(schema.names).items() if n > 1
    ]
    if not len(schema):
        faults.append("it has no columns")
    faults += unstorable(schema)
    if faults:
        message = f"The dataset cannot be stored: {'; '.join(faults)}."
        raise DataVersionError(message, hint="Rename, cast or drop these columns.", faults=faults)


def _start(
    schema: pa.Schema,
    first: pa.Table,
    earlier: Sequence[Layout],
    key: tuple[str, ...],
    compression: Compression,
) -> Layout:
    """Cut as the version before did where that is possible: else nothing would be shared."""
    sample = pa.table({name: to_stored(first[name]) for name in schema.names})
    start = Layout(schema=schema, anchor=key, average=average_rows(sample), encodings={})
    if earlier:
        before = earlier[0]
        start = replace(start, average=before.average, encodings=_still_valid(before, schema))
        if not key and set(before.anchor) <= set(schema.names):
            start = replace(start, anchor=before.anchor)
    if not start.anchor:
        start = replace(start, anchor=find_anchor(sample))
    new = [name for name in schema.names if name not in start.encodings]
    chosen = choose_encodings(sample.select(new), compression)
    return replace(start, encodings={**start.encodings, **chosen})


def _still_valid(before: Layout, schema: pa.Schema) -> dict[str, str]:
    """Return the encodings of columns that kept their type."""
    same = {
        field.name
        for field in schema
        if field.name in before.schema.names and before.schema.field(field.name).type == field.type
    }
    return {name: encoding for name, encoding in before.encodings.items() if name in same}
