"""The two objects that hold all patches of a version (core/datasets/patches.py).

    deletions     part, object, position      a row for each row that is left out
    insertions    part, position, ...         a row for each row that is put in, with its columns

The names of the first columns get underscores until they are not among the dataset's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from core.datasets.encodings import encode
from core.datasets.patches import Patch
from core.datasets.stored_tables import read_object
from core.storable import as_types
from lake.digest import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.datasets.encodings import Compression
    from core.datasets.layout import Layout
    from lake.objects import Objects

PART: Final = "part"
OBJECT: Final = "object"
POSITION: Final = "position"


def free_name(name: str, taken: list[str]) -> str:
    """Return a name that is not taken.

    >>> free_name("part", ["part", "age"])
    '_part'
    """
    while name in taken:
        name = f"_{name}"
    return name


class PatchFiles:
    """Gathers the patches of a version, and stores them together."""

    def __init__(self, objects: Objects, layout: Layout, compression: Compression) -> None:
        self._objects = objects
        self._names = layout.schema.names
        self._encodings = layout.encodings
        self._compression = compression
        self._deletions: list[pa.Table] = []
        self._insertions: list[pa.Table] = []

    def add(self, part: int, base: str, patch: Patch, inserted: pa.Table) -> None:
        """Take in the patch of a part."""
        if len(patch.deleted):
            whose = pa.array([base]).dictionary_encode()
            columns = {
                PART: pa.array(np.full(len(patch.deleted), part, dtype=np.int32)),
                OBJECT: whose.take(pa.array(np.zeros(len(patch.deleted), dtype=np.int8))),
                POSITION: pa.array(patch.deleted),
            }
            self._deletions.append(pa.table(columns))
        if len(patch.inserted):
            part_name = free_name(PART, self._names)
            position = free_name(POSITION, self._names)
            columns = {
                part_name: pa.array(np.full(len(patch.inserted), part, dtype=np.int32)),
                position: pa.array(patch.inserted),
                **{name: inserted[name] for name in self._names},
            }
            self._insertions.append(pa.table(columns))

    def store(self) -> tuple[str, str, int]:
        """Store what was gathered; both digests, empty where there is nothing, and new bytes."""
        deletions, fresh = self._put(self._deletions, {})
        insertions, more = self._put(self._insertions, self._encodings)
        return deletions, insertions, fresh + more

    def _put(self, tables: list[pa.Table], encodings: Mapping[str, str]) -> tuple[str, int]:
        if not tables:
            return "", 0
        table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
        return put_new(self._objects, encode(table, encodings, self._compression))


def patch_columns(layout: Layout) -> dict[str, dict[str, pa.DataType]]:
    """Return the columns of the objects that hold a version's patches, by digest."""
    names = layout.schema.names
    found: dict[str, dict[str, pa.DataType]] = {}
    if layout.deletions:
        base = pa.dictionary(pa.int32(), pa.string())
        found[layout.deletions] = {PART: pa.int32(), OBJECT: base, POSITION: pa.int64()}
    if layout.insertions:
        own = {free_name(PART, names): pa.int32(), free_name(POSITION, names): pa.int64()}
        rows = _no_rows(layout, names).schema
        found[layout.insertions] = {**own, **dict(zip(names, rows.types, strict=True))}
    return found


def put_new(objects: Objects, data: bytes) -> tuple[str, int]:
    """Store an object; its digest, and how many bytes were not there before."""
    fresh = 0 if objects.exists(digest_bytes(data)) else len(data)
    return objects.put(data), fresh


def read_patches(
    objects: Objects, layout: Layout, names: list[str] | None = None
) -> dict[int, tuple[Patch, pa.Table]]:
    """Return the patch of every patched part, and the rows it inserts, with these columns."""
    wanted = layout.schema.names if names is None else names
    deleted, inserted, rows = {}, {}, {}
    if layout.deletions:
        table = read_object(objects, layout.deletions, [PART, POSITION])
        deleted = {p: np.asarray(t[POSITION].combine_chunks()) for p, t in _split(table, PART)}
    empty = _no_rows(layout, wanted)
    if layout.insertions:
        part = free_name(PART, layout.schema.names)
        position = free_name(POSITION, layout.schema.names)
        table = read_object(objects, layout.insertions, [part, position, *wanted])
        for place, piece in _split(table, part):
            inserted[place] = np.asarray(piece[position].combine_chunks())
            rows[place] = as_types(piece.select(wanted), empty.schema.types)
    nothing = np.empty(0, dtype=np.int64)
    return {
        place: (
            Patch(deleted.get(place, nothing), inserted.get(place, nothing)),
            rows.get(place, empty),
        )
        for place, part_ in enumerate(layout.parts)
        if part_.patched
    }


def _no_rows(layout: Layout, names: list[str]) -> pa.Table:
    from core.storable import stored_type

    fields = [pa.field(name, stored_type(layout.schema.field(name).type)) for name in names]
    return pa.schema(fields).empty_table()


def _split(table: pa.Table, name: str) -> list[tuple[int, pa.Table]]:
    """Return the rows of each part; they stand together."""
    parts = np.asarray(table[name].combine_chunks())
    starts = np.flatnonzero(np.diff(parts, prepend=-1))
    ends = [*starts[1:], len(parts)]
    return [(int(parts[s]), table.slice(s, e - s)) for s, e in zip(starts, ends, strict=True)]
