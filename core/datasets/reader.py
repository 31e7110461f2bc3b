"""Read a version again: the same columns, types, values and order that were registered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from core.datasets.patch_files import read_patches
from core.datasets.patches import apply_patch
from core.datasets.stored_tables import read_object
from core.storable import as_types, from_stored, stored_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.datasets.layout import Layout, Piece
    from core.datasets.patches import Patch
    from lake.objects import Objects

_AHEAD: Final = 4  # parts


def read_pieces(objects: Objects, pieces: Sequence[Piece], schema: pa.Schema) -> pa.Table:
    """Return stored columns of one part, with the types that they were stored with."""
    columns = schema.names
    found: dict[str, pa.ChunkedArray] = {}
    for piece in pieces:
        wanted = [name for name in piece.columns if name in columns]
        if wanted:
            table = read_object(objects, piece.object, wanted)
            found |= {name: table[name] for name in wanted}
    return as_types(pa.table({name: found[name] for name in columns}), schema.types)


class VersionReader:
    """The parts of one version, in their order, each read when it is asked for."""

    def __init__(
        self, objects: Objects, layout: Layout, columns: Sequence[str] | None = None
    ) -> None:
        names = layout.schema.names
        self._objects = objects
        self._layout = layout
        self.columns = names if columns is None else list(columns)
        self._patches: Mapping[int, tuple[Patch, pa.Table]] = {}
        if layout.deletions or layout.insertions:
            self._patches = read_patches(objects, layout, self.columns)
        self._categories = {
            name: read_object(objects, digest)["category"].combine_chunks()
            for name, digest in layout.categories.items()
            if name in self.columns
        }

    @property
    def schema(self) -> pa.Schema:
        """The columns that are read, with the types they were given with."""
        fields = [self._layout.schema.field(name) for name in self.columns]
        return pa.schema(fields, self._layout.schema.metadata)

    def stored(self, place: int) -> pa.Table:
        """Return the rows of a part, with the types they are stored with."""
        part = self._layout.parts[place]
        table = read_pieces(self._objects, part.pieces, stored_schema(self.schema))
        if part.patched:
            table = apply_patch(table, *self._patches[place])
        return table

    def restore(self, table: pa.Table) -> pa.Table:
        """Return rows as they are stored with the types they were given with."""
        schema = self.schema  # made anew each time: of 10,000 columns, 10,000 times took minutes
        columns = [
            from_stored(column, field.type, self._categories.get(field.name))
            for column, field in zip(table.select(schema.names).columns, schema, strict=True)
        ]
        return pa.Table.from_arrays(columns, schema=schema)

    def parts(self, *, ahead: int = _AHEAD) -> Iterator[pa.Table]:
        """Yield the rows, part after part; a few are read ahead."""
        places = range(len(self._layout.parts))
        with ThreadPoolExecutor(ahead) as pool:
            waiting = []
            for place in places:
                waiting.append(pool.submit(self._restored, place))
                if len(waiting) > ahead:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()

    def _restored(self, place: int) -> pa.Table:
        return self.restore(self.stored(place))

    def table(self) -> pa.Table:
        """Return all rows."""
        return pa.concat_tables([self.schema.empty_table(), *self.parts()])


def stored_schema(schema: pa.Schema) -> pa.Schema:
    """Return the columns as they are stored."""
    return pa.schema([pa.field(field.name, stored_type(field.type)) for field in schema])
