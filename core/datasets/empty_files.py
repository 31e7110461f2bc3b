"""Files with the columns of stored objects, and no rows.

A DuckDB that makes a view looks into the files the view reads. Of a lake in a bucket that would be
a request for each of them, for what is known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from core.datasets.encodings import encode
from core.datasets.patch_files import patch_columns
from core.storable import stored_type
from lake.objects import object_key

if TYPE_CHECKING:
    from core.datasets.layout import Layout

    Columns = dict[str, pa.DataType]


class EmptyFiles:
    """Gathers the columns of the objects that versions are made of."""

    def __init__(self) -> None:
        self._columns: dict[str, Columns] = {}

    def add(self, layout: Layout) -> None:
        """Take in the objects of a version."""
        for part in layout.parts:
            for piece in part.pieces:
                known = self._columns.setdefault(piece.object, {})
                for name in piece.columns:
                    known[name] = stored_type(layout.schema.field(name).type)
        self._columns |= patch_columns(layout)

    def by_key(self) -> dict[str, bytes]:
        """Return the files, by the keys of the objects."""
        made: dict[tuple[tuple[str, pa.DataType], ...], bytes] = {}
        found = {}
        for digest, columns in self._columns.items():
            schema = tuple(columns.items())
            if schema not in made:
                made[schema] = encode(pa.schema([*schema]).empty_table(), {}, "none")
            found[object_key(digest)] = made[schema]
        return found
