"""Merge a table's fresh segments into sorted files, and delete what was merged later.

    tail: s1 s2 s3 ... s64      data: small, BIG             manifest k
            \\  |  |    /               |
             sort together  <----------+                     s1..s64 and small still rule
             data/<sha256>                                   written, durable, nobody reads it
             wait `settle` seconds                           a listing taken now contains it
             log/k+1, created exclusively                    now it rules, and they do not
    collect, `grace` seconds later: delete s1..s64 and small

Crash anywhere: before log/k+1 nothing has happened, after it everything has. Of compactions at the
same time one gets log/k+1; the others delete their file, which bears a name of its own because a
nonce is in it. The lock only spares them the work.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lake.clock import now_us
from lake.digest import digest_bytes, digest_file
from lake.errors import DamagedError, NotFoundError
from lake.manifest import DataFile, Manifest
from lake.segment import decode, encode
from lake.store import LocalStore, refusals
from lake.table import SENTINEL, SUFFIX, digest_in, is_segment, journal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from lake.manifest import Head
    from lake.store import Entry
    from lake.table import Table

TARGET_ROWS: Final = 1_000_000
TARGET_BYTES: Final = 128 * 1024 * 1024
TAIL_BYTES: Final = 32 * 1024 * 1024  # so much is worth merging however few the segments are
MEMORY_BYTES: Final = 512 * 1024 * 1024
# A data file is written again only with at least a quarter of its rows beside it: each row is then
# rewritten a number of times that grows with the logarithm of the table, not with the table.
GROWTH: Final = 4
KEPT_MANIFESTS: Final = 20
GRACE: Final = 600.0
ORPHAN_AGE: Final = 86_400.0
_TRIES: Final = 5
_JOURNALS: Final = "journal"
_JOURNAL_SUFFIX: Final = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactionResult:
    """What a compaction did: the file it wrote, and what that replaces.

    `damaged` are files whose bytes were wrong; they were left where they are.
    """

    version: int
    path: str
    rows: int
    bytes: int
    segments: int
    data_files: int
    damaged: tuple[str, ...]


@dataclass(slots=True)
class _Gathered:
    """What one compaction has read so far."""

    pieces: list[pa.Table] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    merged: list[DataFile] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    rows: int = 0
    memory: int = 0

    def add(self, piece: pa.Table) -> None:
        self.pieces.append(piece)
        self.rows += piece.num_rows
        self.memory += piece.nbytes

    def has_room(self, target_rows: int) -> bool:
        return self.rows < target_rows and self.memory < MEMORY_BYTES


def compact(
    table: Table, *, minimum: int = 64, settle: float = 2.0, target_rows: int = TARGET_ROWS
) -> CompactionResult | None:
    """Merge the tail, and data files small beside it, into one sorted file of the table.

    Does one bounded piece of work: about `target_rows` rows, the oldest segments first. Returns
    None when fewer than `minimum` segments wait (and less than 32 MB), or when another compaction
    was faster. `settle` is how many seconds the new file is on disk before a manifest names it:
    what SQL views need, which list the files before they read the manifest.
    """
    with _alone(table) as free:
        for _ in range(_TRIES if free else 0):
            # NotFoundError: another compaction took a file, and its grace was over.
            with contextlib.suppress(NotFoundError):
                return _compact(table, minimum, settle, target_rows)
    return None


def _alone(table: Table) -> contextlib.AbstractContextManager[bool]:
    if isinstance(table.store, LocalStore):
        return table.store.lock(f"compact-{table.spec.name}")
    return contextlib.nullcontext(True)


def _compact(
    table: Table, minimum: int, settle: float, target_rows: int
) -> CompactionResult | None:
    table.log.check_head()
    # The head before the listings: a consumed name that is absent from them is gone for good.
    head = table.log.head()
    listing = table.store.list(f"{table.folder}/tail")
    waiting = [e for e in listing if is_segment(e.name) and e.name not in head.manifest.consumed]
    if not waiting or (len(waiting) < minimum and sum(e.size for e in waiting) < TAIL_BYTES):
        return None
    table.ensure_sentinels()
    if not head.sha256:  # the log has only now begun
        return _compact(table, minimum, settle, target_rows)
    gathered = _gather(table, waiting, head.manifest.files, target_rows)
    if not gathered.segments:
        return None
    written = _write(table, gathered)
    time.sleep(settle)
    manifest = _successor(table, head, {entry.name for entry in listing}, gathered, written)
    table.store.local_path(table.data_key(written.path))  # still there after a long sleep
    if not table.log.commit(manifest):
        _drop(table, written)
        return None
    return CompactionResult(
        version=manifest.version,
        path=written.path,
        rows=written.rows,
        bytes=written.bytes,
        segments=len(gathered.segments),
        data_files=len(gathered.merged),
        damaged=tuple(gathered.damaged),
    )


def _gather(
    table: Table, waiting: list[Entry], files: tuple[DataFile, ...], target_rows: int
) -> _Gathered:
    """Read the oldest segments, then the data files that are small beside what has been read."""
    gathered = _Gathered()
    for entry in waiting:
        if not gathered.has_room(target_rows):
            break
        if _read(table, gathered, table.tail_key(entry.name), digest_in(entry.name)):
            gathered.segments.append(entry.name)
    for file in sorted(files, key=lambda file: file.rows):
        small = file.rows < target_rows and file.bytes < TARGET_BYTES
        worth_it = file.rows <= GROWTH * gathered.rows
        if not (small and worth_it and gathered.has_room(target_rows)):
            break
        if _read(table, gathered, table.data_key(file.path), file.sha256):
            gathered.merged.append(file)
    return gathered


def _read(table: Table, gathered: _Gathered, key: str, digest: str) -> bool:
    """Read one file, unless its bytes are not those that were written."""
    path = table.store.local_path(key)
    try:
        with refusals(path):
            # Merging makes rows permanent: the last chance to notice that a bit has flipped.
            intact = digest_file(path).startswith(digest)
        if intact:
            gathered.add(decode(path, table.spec, keep_unknown=True))
    except DamagedError:
        intact = False
    if not intact:
        gathered.damaged.append(key)
    return intact


def _write(table: Table, gathered: _Gathered) -> DataFile:
    import pyarrow as pa  # 100 ms that only readers need

    rows = pa.concat_tables(gathered.pieces, promote_options="permissive")
    data = encode(rows, table.spec, compacted=True, nonce=secrets.token_hex(16))
    sha256 = digest_bytes(data)
    written = DataFile(path=f"{sha256}{SUFFIX}", rows=rows.num_rows, bytes=len(data), sha256=sha256)
    table.store.put(table.data_key(written.path), data)
    return written


def _successor(
    table: Table, head: Head, listed: set[str], gathered: _Gathered, written: DataFile
) -> Manifest:
    before, now = head.manifest, max(now_us(), head.manifest.created_at + 1)
    journals = {
        entry.name.removesuffix(_JOURNAL_SUFFIX)
        for entry in table.store.list(_JOURNALS)
        if entry.name.endswith(_JOURNAL_SUFFIX)
    }
    on_disk = {entry.name for entry in table.store.list(f"{table.folder}/data")}
    # A segment that is gone while its journal is not would be made, and its rows counted, again.
    consumed = {
        name: at
        for name, at in before.consumed.items()
        if name in listed or journal_of(name) in journals
    }
    retired = {name: at for name, at in before.retired.items() if name in on_disk}
    merged = {file.path for file in gathered.merged}
    return Manifest(
        version=before.version + 1,
        created_at=now,
        writer=table.writer,
        nonce=secrets.token_hex(16),
        previous_sha256=head.sha256,
        files=(*(file for file in before.files if file.path not in merged), written),
        consumed=consumed | dict.fromkeys(gathered.segments, now),
        retired=retired | dict.fromkeys(merged, now),
        rewritten=before.rewritten,
        lost=before.lost,
    )


def _drop(table: Table, written: DataFile) -> None:
    """Delete the file of a lost race, unless a later manifest shows that it was none."""
    manifest = table.log.head().manifest
    named = {file.path for file in manifest.files} | set(manifest.retired)
    if written.path not in named:
        table.store.delete(table.data_key(written.path))


def collect(table: Table, *, grace: float = GRACE) -> tuple[str, ...]:
    """Delete what compactions replaced more than `grace` seconds ago; return the deleted keys.

    Also data files no manifest names, a day after their compaction crashed, and manifests that
    have 20 successors. A reader that still wants one of these files takes a newer snapshot.
    """
    keys = tuple(replaced(table, grace=grace))
    if keys:
        table.store.delete(*keys)
    return keys


def replaced(table: Table, *, grace: float = GRACE) -> dict[str, int]:
    """Name the files that `collect` would delete, with their bytes."""
    table.log.check_head()
    manifest = table.log.head().manifest
    oldest = now_us() - round(grace * 1e6)
    tail = table.store.list(f"{table.folder}/tail")
    data = table.store.list(f"{table.folder}/data")
    old_data = [
        *_over(manifest.retired, data, oldest),
        *_orphans(manifest, data, max(grace, ORPHAN_AGE)),
    ]
    return {
        **{table.tail_key(e.name): e.size for e in _over(manifest.consumed, tail, oldest)},
        **{table.data_key(e.name): e.size for e in old_data},
        **{f"{table.log.folder}/{e.name}": e.size for e in _old_manifests(table, grace)},
    }


def _over(names: Mapping[str, int], listing: list[Entry], oldest: int) -> list[Entry]:
    return [entry for entry in listing if names.get(entry.name, oldest + 1) <= oldest]


def _orphans(manifest: Manifest, data: list[Entry], age: float) -> list[Entry]:
    named = {SENTINEL, *manifest.retired, *(file.path for file in manifest.files)}
    limit = time.time() - age
    return [e for e in data if e.name not in named and e.modified_at < limit]


def _old_manifests(table: Table, grace: float) -> list[Entry]:
    """Find the manifests to delete, the oldest first: what is left has no gap."""
    limit = time.time() - grace
    surplus = table.store.list(table.log.folder)[:-KEPT_MANIFESTS]
    return [entry for entry in surplus if entry.modified_at < limit]
