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
from lake.table import without_later

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lake.lake import Lake
    from lake.manifest import Manifest
    from lake.table import Snapshot, Table

    Names = Mapping[str, Sequence[str]]

TABLES: Final = "tables"
# A page asks ten questions while it is drawn. In a folder a listing costs 0.1 ms, from a bucket 30
# to 100 ms: within this time all get the same answer. What this process wrote is never missing.
REUSED_SECONDS: Final = 0.5


class Snapshots:
    """Takes snapshots of some tables of a lake, in the order of their definition. One thread."""

    def __init__(self, lake: Lake, names: Iterable[str]) -> None:
        self._lake = lake
        self.tables = {name: lake.table(name) for name in names}
        self._taken: Mapping[str, Snapshot] = {}
        self._listed: Names = {}  # what `_taken` was made of, where that left nothing out
        self._taken_at = 0.0
        self._seals = 0

    def take(self, *, anew: bool = False) -> Mapping[str, Snapshot]:
        """Return a snapshot per table: the very same mapping while nothing has changed.

        Of a lake in a bucket they may be half a second old, unless this process has made segments
        since, or the caller wants them `anew`, who saw a journal go, which is a segment by now.
        """
        fresh = self._lake.publishes and monotonic() - self._taken_at < REUSED_SECONDS
        if anew or not fresh or self._seals != self._lake.seals:
            seals, at = self._lake.seals, monotonic()
            self._taken = self._look()
            self._seals, self._taken_at = seals, at
        return self._taken

    def _look(self) -> Mapping[str, Snapshot]:
        while True:
            first, second = self._list(), self._list(manifests=True)
            still = all(first[folder] == second[folder] for folder in first)
            if still and second == self._listed:
                return self._taken
            with contextlib.suppress(NotFoundError):  # a manifest that has been outlived meanwhile
                heads = {n: _head(table, second) for n, table in self.tables.items()}
                if not self._missed(first, second, heads):
                    self._listed = second if still else {}
                    return self._fitting(first, second, heads)

    def _missed(self, first: Names, second: Names, heads: Mapping[str, Manifest]) -> bool:
        """Tell whether segments were merged and deleted after the manifests were listed."""
        for name, table in self.tables.items():
            gone = set(first[table.tail_folder]).difference(second[table.tail_folder])
            if not gone <= heads[name].consumed.keys():
                return True
        return False

    def _fitting(
        self, first: Names, second: Names, heads: Mapping[str, Manifest]
    ) -> Mapping[str, Snapshot]:
        segments = {name: second[table.tail_folder] for name, table in self.tables.items()}
        known = {name: set(first[table.tail_folder]) for name, table in self.tables.items()}
        if any(not known[name].issuperset(segments[name]) for name in segments):
            segments = without_later(segments, known)
        return {
            name: table.snapshot_of(segments[name], heads[name])
            for name, table in self.tables.items()
        }

    def _list(self, *, manifests: bool = False) -> Names:
        """List the tails, and then the manifests: names by folder."""
        tables = self.tables.values()
        folders = [table.tail_folder for table in tables]
        if manifests:
            folders += [table.log.folder for table in tables]
        store = self._lake.store
        if not self._lake.publishes:
            return {folder: store.file_names(folder) for folder in folders}
        found: dict[str, list[str]] = {folder: [] for folder in folders}
        for entry in store.below(TABLES):
            folder, _, name = f"{TABLES}/{entry.name}".rpartition("/")
            if folder in found:
                found[folder].append(name)
        return found


def _head(table: Table, listed: Names) -> Manifest:
    names = (name.removesuffix(SUFFIX) for name in listed[table.log.folder])
    version = max((int(name) for name in names if name.isdecimal()), default=None)
    return EMPTY if version is None else table.log.head_at(version).manifest
