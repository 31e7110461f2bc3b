"""Read fresh segments, and write their rows into data files with others beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lake.data_file import write_data_file
from lake.digest import digest_file
from lake.errors import DamagedError
from lake.partition import SHARED, Partitions, small_beside
from lake.segment import decode
from lake.store import refusals
from lake.table import digest_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pyarrow as pa

    from lake.manifest import DataFile, Manifest
    from lake.store import Entry
    from lake.table import Table

MEMORY_BYTES: Final = 512 * 1024 * 1024


@dataclass(slots=True)
class _Pile:
    """Rows that were read, and are written together."""

    pieces: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    memory: int = 0

    def add(self, piece: pa.Table) -> None:
        self.pieces.append(piece)
        self.rows += piece.num_rows
        self.memory += piece.nbytes

    def together(self) -> pa.Table:
        import pyarrow as pa  # 100 ms that only readers need

        return pa.concat_tables(self.pieces, promote_options="permissive")


@dataclass(slots=True, kw_only=True)
class Rewrite:
    """What one compaction reads and writes. Nothing of it counts until a manifest says so.

    `pause` is called with 0 between two steps, each of which takes some tenths of a second.
    """

    table: Table
    target_rows: int
    partition_rows: int
    pause: Callable[[float], object]
    segments: list[str] = field(default_factory=list)
    merged: list[DataFile] = field(default_factory=list)
    written: list[DataFile] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def run(self, manifest: Manifest, waiting: Sequence[Entry]) -> None:
        """Write the rows of the oldest segments, each partition with the files small beside it."""
        fresh = _Pile()
        for entry in waiting:
            if fresh.rows >= self.target_rows or fresh.memory >= MEMORY_BYTES:
                break
            if self._read(fresh, self.table.tail_key(entry.name), digest_in(entry.name)):
                self.segments.append(entry.name)
        if self.segments:
            self._write(fresh.together(), self._partitions(manifest))

    def _partitions(self, manifest: Manifest) -> Partitions:
        return Partitions(
            column=self.table.spec.partition_by,
            files=manifest.files,
            target_rows=self.target_rows,
            least_rows=self.partition_rows,
        )

    def _write(self, rows: pa.Table, partitions: Partitions) -> None:
        rows = self._with_shared(rows, partitions)
        for folder, part in partitions.split(rows, partitions.large(rows)):
            pile = _Pile()
            pile.add(part)
            if folder != SHARED:
                self._merge(pile, partitions.of(folder), beside=part.num_rows)
            if pile.rows:
                self.pause(0)
                written = write_data_file(
                    self.table, pile.together(), folder=folder, pause=self.pause
                )
                self.written.append(written)

    def _with_shared(self, rows: pa.Table, partitions: Partitions) -> pa.Table:
        """Add the shared files that are small beside those of the rows that will be shared too.

        With them some more partitions may be large.
        """
        *_, (_, rest) = partitions.split(rows, partitions.large(rows))
        pile = _Pile()
        pile.add(rows)
        self._merge(pile, partitions.of(SHARED), beside=rest.num_rows)
        return pile.together()

    def _merge(self, pile: _Pile, files: Iterable[DataFile], *, beside: int) -> None:
        for file in small_beside(files, beside, self.target_rows):
            if pile.memory >= MEMORY_BYTES:
                return
            if self._read(pile, self.table.data_key(file.path), file.sha256):
                self.merged.append(file)

    def _read(self, pile: _Pile, key: str, digest: str) -> bool:
        """Read one file, unless its bytes are not those that were written."""
        self.pause(0)
        path = self.table.store.local_path(key)
        try:
            with refusals(path):
                # Merging makes rows permanent: the last chance to notice that a bit has flipped.
                intact = digest_file(path).startswith(digest)
            if intact:
                pile.add(decode(path, self.table.spec, keep_unknown=True))
        except DamagedError:
            intact = False
        if not intact:
            self.damaged.append(key)
        return intact
