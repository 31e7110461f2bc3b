"""Store a table as a version: what of it is stored already is not stored again.

Each chunk (core/datasets/boundaries.py) goes one of five ways, the first that fits:

    reuse      every column is in one object, under its digest         nothing is written
    inherit    it was patched so in an earlier version                 its rows in the patch files
    patch      a few rows differ from a stored chunk                   those rows in the patch files
    overlay    at most half of its columns are new                     an object of the new columns
    full                                                               an object of all columns
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pyarrow as pa

from core.datasets.boundaries import Boundaries
from core.datasets.digests import column_digest
from core.datasets.encodings import encode
from core.datasets.hashing import hash_rows, smallest
from core.datasets.known import Known
from core.datasets.layout import Layout, Part, Piece
from core.datasets.patch_files import PatchFiles, put_new
from core.datasets.patches import find_patch
from core.datasets.reader import read_pieces
from core.storable import Categories, to_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.datasets.encodings import Compression
    from core.datasets.hashing import Hashes
    from lake.objects import Objects

Way = Literal["reuse", "inherit", "patch", "overlay", "full"]
# A chunk put together of more objects than this is written anew.
_MOST_PIECES: Final = 6


class VersionWriter:
    """Takes the rows of one version in pieces of any size.

    `start` says the columns and how to cut; `earlier` are layouts of versions that may share
    chunks, the most recent first. `observe` is given each chunk, with its columns as they are
    stored. `ways` counts how the chunks were stored, `written` the bytes that were new.
    """

    def __init__(
        self,
        objects: Objects,
        start: Layout,
        *,
        compression: Compression = "zstd",
        earlier: Sequence[Layout] = (),
        observe: Callable[[pa.Table], None] | None = None,
    ) -> None:
        self._objects = objects
        self._start = start
        self._compression = compression
        self._observe = observe
        self._known = Known(objects, earlier)
        self._boundaries = Boundaries(start.average)
        self._categories = Categories()
        self._patches = PatchFiles(objects, start, compression)
        self._parts: list[Part] = []
        self._open: list[pa.Table] = []
        self._open_hashes: list[Hashes] = []
        self.ways: Counter[Way] = Counter()
        self.written = 0

    def add(self, table: pa.Table) -> None:
        """Take in the next rows, with the columns as they were given."""
        for name in table.column_names:
            self._categories.add(name, table[name])
        stored = pa.table({name: to_stored(table[name]) for name in table.column_names})
        if not stored.num_rows:
            return
        names = self._start.anchor
        hashes = hash_rows([stored[name].combine_chunks() for name in names])
        start = 0
        for cut in self._boundaries.cuts(hashes):
            self._gather(stored.slice(start, cut - start), hashes[start:cut])
            self._complete()
            start = cut
        self._gather(stored.slice(start), hashes[start:])

    def finish(self) -> Layout:
        """Return the layout of all rows; everything it names is stored."""
        self._complete()
        categories = {
            name: self._put(encode(pa.table({"category": values}), {}, self._compression))
            for name, values in self._categories.known().items()
        }
        deletions, insertions, written = self._patches.store()
        self.written += written
        return replace(
            self._start,
            parts=tuple(self._parts),
            categories=categories,
            deletions=deletions,
            insertions=insertions,
        )

    def _gather(self, table: pa.Table, hashes: Hashes) -> None:
        if table.num_rows:
            self._open.append(table)
            self._open_hashes.append(hashes)

    def _complete(self) -> None:
        if not self._open:
            return
        chunk = pa.concat_tables(self._open).combine_chunks()
        hashes = np.concatenate(self._open_hashes)
        self._open, self._open_hashes = [], []
        if self._observe is not None:
            self._observe(chunk)
        self._parts.append(self._store(chunk, hashes))

    def _store(self, chunk: pa.Table, hashes: Hashes) -> Part:
        digests = {name: column_digest(_whole(chunk[name])) for name in chunk.column_names}
        part = Part(
            rows=chunk.num_rows,
            stored_rows=chunk.num_rows,
            pieces=(),
            digests=digests,
            first=int(hashes[0]),
            last=int(hashes[-1]),
            least=smallest(hashes),
        )
        pieces = self._known.pieces(digests)
        missing = [name for name in digests if not any(name in p.columns for p in pieces)]
        if not missing and len(pieces) == 1:
            return self._as("reuse", replace(part, pieces=pieces))
        patched = self._inherit(part) or self._patch(part, chunk) if missing else None
        if patched is not None:
            return patched
        if len(missing) > len(digests) // 2 or len(pieces) >= _MOST_PIECES:
            way: Way = "full"
            pieces, missing = (), list(digests)
        else:
            way = "overlay"
        if missing:
            fresh = self._put(
                encode(chunk.select(missing), self._start.encodings, self._compression)
            )
            pieces = (*pieces, Piece(object=fresh, columns=tuple(missing)))
        part = replace(part, pieces=pieces)
        self._known.add(part)
        return self._as(way, part)

    def _as(self, way: Way, part: Part) -> Part:
        self.ways[way] += 1
        return part

    def _inherit(self, part: Part) -> Part | None:
        earlier = self._known.patched(part.digests)
        if earlier is None:
            return None
        base, patch, inserted = earlier
        self._patches.add(len(self._parts), base.pieces[0].object, patch, inserted)
        return self._as("inherit", self._as_patched(part, base))

    def _patch(self, part: Part, chunk: pa.Table) -> Part | None:
        base = self._known.base(part)
        if base is None:
            return None
        stored = read_pieces(self._objects, base.pieces, chunk.schema)
        patch = find_patch(stored, chunk, self._start.anchor)
        if patch is None:
            return None
        inserted = chunk.take(pa.array(patch.inserted))
        self._patches.add(len(self._parts), base.pieces[0].object, patch, inserted)
        return self._as("patch", self._as_patched(part, base))

    def _as_patched(self, part: Part, base: Part) -> Part:
        columns = tuple(part.digests)
        pieces = (Piece(object=base.pieces[0].object, columns=columns),)
        return replace(part, pieces=pieces, stored_rows=base.stored_rows, patched=True)

    def _put(self, data: bytes) -> str:
        digest, fresh = put_new(self._objects, data)
        self.written += fresh
        return digest


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
