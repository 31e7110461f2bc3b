"""Snapshots of several tables that fit together, with as few questions as the store allows.

A journal becomes one segment per table, in the reverse of the order in which the tables are defined
(lake/recover.py): who sees that a run has ended sees its metrics. Readers must keep to that. They
list everything twice, as no listing shows one moment:

    first    which segments there are
    second   what is read: of each writer, the segments of the tables up to its newest in the first
             listing among those of this table and of tables that are written after it

What was in the first listing was preceded by all its writer wrote before; that was there when the
second began. Neither order nor speed of what happens within one listing matters then.
"""

from __future__ import annotations

import contextlib
from time import monotonic
from typing import TYPE_CHECKING, Final

from lake.errors import NotFoundError
from lake.manifest import EMPTY, SUFFIX
from lake.table import is_segment, journal_of, writer_of_segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lake.lake import Lake
    from lake.manifest import Manifest
    from lake.table import Snapshot, Table

TABLES: Final = "tables"
# A page asks ten questions while it is drawn. In a folder a listing costs 0.1 ms, from a bucket 30
# to 100 ms: within this time all get the same answer. What this process wrote is never missing.
REUSED_SECONDS: Final = 0.5
Names = dict[str, list[str]]


class Snapshots:
    """Takes snapshots of some tables of a lake, in the order of their definition. One thread."""

    def __init__(self, lake: Lake, names: Iterable[str]) -> None:
        self._lake = lake
        self.tables = {name: lake.table(name) for name in names}
        self._taken: dict[str, Snapshot] = {}
        self._taken_at = 0.0
        self._seals = 0

    def take(self, *, anew: bool = False) -> Mapping[str, Snapshot]:
        """Return a snapshot per table.

        Of a lake in a bucket they may be half a second old, unless this process has made segments
        since, or the caller wants them `anew`, who saw a journal go, which is a segment by now.
        """
        fresh = self._lake.publishes and monotonic() - self._taken_at < REUSED_SECONDS
        if anew or not fresh or self._seals != self._lake.seals:
            self._seals, self._taken_at = self._lake.seals, monotonic()
            self._taken = dict(self._look())
        return self._taken

    def _look(self) -> Mapping[str, Snapshot]:
        while True:
            first, second = self._list(), self._list(manifests=True)
            with contextlib.suppress(NotFoundError):  # a manifest that has been outlived meanwhile
                heads = {n: _head(table, second) for n, table in self.tables.items()}
                if not self._missed(first, second, heads):
                    return self._fitting(first, second, heads)

    def _missed(self, first: Names, second: Names, heads: Mapping[str, Manifest]) -> bool:
        """Tell whether segments were merged and deleted after the manifests were listed."""
        return any(
            set(first[table.tail_folder]) - set(second[table.tail_folder]) - set(heads[n].consumed)
            for n, table in self.tables.items()
        )

    def _fitting(
        self, first: Names, second: Names, heads: Mapping[str, Manifest]
    ) -> Mapping[str, Snapshot]:
        newest: dict[str, str] = {}
        found = {}
        for name, table in self.tables.items():
            for segment in first[table.tail_folder]:
                writer = writer_of_segment(segment)
                newest[writer] = max(journal_of(segment), newest.get(writer, ""))
            segments = [
                segment
                for segment in second[table.tail_folder]
                if journal_of(segment) <= newest.get(writer_of_segment(segment), "")
            ]
            found[name] = table.snapshot_of(segments, heads[name])
        return found

    def _list(self, *, manifests: bool = False) -> Names:
        """List the tails, and then the manifests: names by folder, sorted."""
        tables = self.tables.values()
        folders = [table.tail_folder for table in tables]
        if manifests:
            folders += [table.log.folder for table in tables]
        store = self._lake.store
        found: Names = {folder: [] for folder in folders}
        if not self._lake.publishes:
            names = [f"{folder}/{entry.name}" for folder in folders for entry in store.list(folder)]
        else:
            names = [f"{TABLES}/{entry.name}" for entry in store.below(TABLES)]
        for name in names:
            folder, _, last = name.rpartition("/")
            if folder in found and (is_segment(last) or last.endswith(SUFFIX)):
                found[folder].append(last)
        return found


def _head(table: Table, listed: Names) -> Manifest:
    names = (name.removesuffix(SUFFIX) for name in listed[table.log.folder])
    versions = [int(name) for name in names if name.isdecimal()]
    return table.log.head_at(versions[-1]).manifest if versions else EMPTY
