"""Copy a table to another store, so that the copy is right at every moment.

    1  data files and segments     nobody reads a data file that no manifest names; a segment holds
                                   rows that count from then on, as in the source
    2  the highest manifest        one create: from then on the copy is as new as the source
    3  the others, which readers do not need

The copy may have segments that the source has merged and deleted long ago, and whose names its
manifest no longer has. Under that manifest their rows would count twice. Deleted before, they would
not count for a moment, and for good after a crash. So the manifest first gets a form of its own,
in which these segments are consumed too; then they are deleted; then it gets the bytes it has in
the source. What is told from a segment that the source has lost by the manifests in between: one
that none of them consumed stays, and counts, as its rows may be nowhere else.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lake.clock import now_us
from lake.copying import digest_of
from lake.digest import digest_bytes
from lake.errors import AlreadyExistsError, LakeError, NotFoundError
from lake.manifest import Manifest, ManifestLog
from lake.spec import TableSpec
from lake.table import SENTINEL, Table, is_segment, journal_of

if TYPE_CHECKING:
    from collections.abc import Container

    from lake.copying import Copying
    from lake.manifest import DataFile, Head, RollupFile
    from lake.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCapture:
    """What a table of the source is at one moment: its head, its live segments, its whole tail."""

    name: str
    head: Head
    live: tuple[str, ...]
    tail: frozenset[str]

    @property
    def data(self) -> list[tuple[str, DataFile | RollupFile]]:
        """Data files and their roll-ups, with their keys."""
        parts = self.head.manifest.parts
        return [(f"tables/{self.name}/data/{part.path}", part) for part in parts]


def capture_table(source: Store, name: str) -> TableCapture:
    """Look at a table. Raises DamagedError when its highest manifest is damaged or gone."""
    table = Table(source, TableSpec(name=name, columns={}), writer="backup")
    table.log.check_head()
    while True:
        snapshot = table.snapshot()
        listing = source.list(f"{table.folder}/tail")
        head = table.log.head()
        if head.manifest.version == snapshot.version:
            return TableCapture(
                name=name,
                head=head,
                live=tuple(key.rpartition("/")[2] for key in snapshot.tail),
                tail=frozenset(entry.name for entry in listing if is_segment(entry.name)),
            )


def copy_files(copying: Copying, table: TableCapture) -> bool:
    """Copy what the table consists of; False when some of it was compacted away meanwhile."""
    folder = f"tables/{table.name}"
    there = {e.name: e.size for e in copying.target.list(f"{folder}/tail")}
    complete = True
    for name in table.live:
        if name in there:
            copying.there.add(f"{folder}/tail/{name}")
        else:
            key = f"{folder}/tail/{name}"
            complete &= copying.copy(key, digest_of(name)) or key in copying.damaged
    for key, file in table.data:
        if _size(copying.target, key) == file.bytes:
            copying.there.add(key)
        else:
            complete &= copying.copy(key, file.sha256) or key in copying.damaged
    return complete


def _size(store: Store, key: str) -> int:
    try:
        return store.size(key)
    except NotFoundError:
        return -1


def check_history(copying: Copying, table: TableCapture, recorded: Container[str]) -> None:
    """Refuse a target that somebody has compacted, or made segments in from copied journals.

    `recorded` are the digests of the highest manifests that earlier copyings left there.
    """
    log = ManifestLog(copying.target, f"tables/{table.name}/log")
    shared = False
    for version in log.versions():
        key = log.key(version)
        theirs, ours = (copying.present(s, key) for s in (copying.target, copying.source))
        shared |= ours is not None
        if ours is not None and theirs is not None and theirs != ours:
            form, head = Manifest.from_json(theirs), Manifest.from_json(ours)
            if replace(form, consumed=head.consumed) != head:  # left by a copying that crashed
                raise diverged(key)
    if log.versions() and not shared and log.head().sha256 not in recorded:
        raise diverged(log.key(log.versions()[-1]))
    _check_journals(copying.target, table)


def _check_journals(target: Store, table: TableCapture) -> None:
    made = {journal_of(name): name for name in table.live}
    for entry in target.list(f"tables/{table.name}/tail"):
        name = made.get(journal_of(entry.name), entry.name)
        if name != entry.name:
            raise diverged(f"tables/{table.name}/tail/{entry.name}")


def diverged(key: str) -> LakeError:
    """Say that somebody has worked on the copy."""
    message = f"The copy has been changed by itself: its {key} is not the source's."
    hint = "Make a new copy elsewhere, and work on a restored lake instead of a backup."
    return LakeError(message, hint=hint, path=key)


def copy_manifests(copying: Copying, table: TableCapture) -> None:
    """Make the copy as new as the source was when it was looked at; its files are there."""
    log = ManifestLog(copying.target, f"tables/{table.name}/log")
    source_log = ManifestLog(copying.source, log.folder)
    _copy_sentinels(copying, table.name)
    version = table.head.manifest.version
    if not table.head.sha256:
        return
    data = copying.source.get(source_log.key(version))
    if digest_bytes(data) != table.head.sha256:
        raise diverged(source_log.key(version))
    known = log.head()
    if known.manifest.version > version:
        raise diverged(log.key(known.manifest.version))
    _put_head(copying, table, log, data, known)
    _copy_older(copying, source_log, log, version)
    log.keep_spare(version, data)


def _put_head(
    copying: Copying, table: TableCapture, log: ManifestLog, data: bytes, known: Head
) -> None:
    head = table.head.manifest
    key = log.key(head.version)
    if known.sha256 and known.manifest.version == head.version:
        form = known.manifest
    else:
        merged = _merged_since(copying, table, known.manifest)
        form = replace(head, consumed={**head.consumed, **dict.fromkeys(merged, now_us())})
        body = form.to_json() if merged else data
        try:
            copying.put(key, body, exclusive=True)
        except AlreadyExistsError:
            if copying.target.get(key) != body:
                raise diverged(key) from None
    extra = form.consumed.keys() - head.consumed.keys()
    if extra:
        copying.target.delete(*(f"tables/{table.name}/tail/{name}" for name in sorted(extra)))
        copying.put(key, data)


def _merged_since(copying: Copying, table: TableCapture, known: Manifest) -> list[str]:
    """Name the copy's segments that the source merged and deleted since the last copying."""
    head = table.head.manifest
    listing = copying.target.list(f"tables/{table.name}/tail")
    gone = [
        entry.name
        for entry in listing
        if is_segment(entry.name)
        and entry.name not in table.tail
        and entry.name not in head.consumed
    ]
    if not gone:
        return []
    log = ManifestLog(copying.source, f"tables/{table.name}/log")
    between = [v for v in log.versions() if known.version < v <= head.version]
    if len(between) < head.version - known.version:
        return gone  # too many manifests ago to tell
    consumed = set(known.consumed)
    for version in between:
        with contextlib.suppress(LakeError):
            consumed.update(log.read(version).manifest.consumed)
    return [name for name in gone if name in consumed]


def _copy_older(copying: Copying, source_log: ManifestLog, log: ManifestLog, head: int) -> None:
    """Copy the manifests before the highest, and let go of those before a gap."""
    for version in source_log.versions():
        data = copying.present(copying.source, source_log.key(version))
        if version < head and data is not None:
            there = copying.present(copying.target, log.key(version))
            if there != data:
                copying.put(log.key(version), data)
    versions = log.versions()
    run = head
    while run - 1 in versions:
        run -= 1
    old = [log.key(version) for version in versions if version < run]
    if old:
        copying.target.delete(*old)


def _copy_sentinels(copying: Copying, name: str) -> None:
    for part in ("tail", "data"):
        key = f"tables/{name}/{part}/{SENTINEL}"
        data = copying.present(copying.source, key)
        if data is not None and copying.present(copying.target, key) != data:
            copying.put(key, data)
