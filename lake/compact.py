"""Merge a table's fresh segments into sorted files, and delete what was merged later.

    tail: s1 s2 s3 ... s64      data: small, BIG             manifest k
            \\  |  |    /               |
             divide by partition, sort <+                     s1..s64 and small still rule
             data/<sha256>, data/<partition>/<sha256> ...    written, durable, nobody reads them
             wait `settle` seconds                           a listing taken now contains them
             log/k+1, created exclusively                    now they rule, and the others do not
    collect, `grace` seconds later: delete s1..s64 and small

Crash anywhere: before log/k+1 nothing has happened, after it everything has. Of compactions at the
same time one gets log/k+1; the others delete their files, which bear names of their own because a
nonce is in them. The lock only spares them the work.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lake.clock import now_us
from lake.errors import NotFoundError
from lake.manifest import Manifest
from lake.partition import PARTITION_ROWS, TARGET_BYTES, TARGET_ROWS
from lake.presence import open_journals
from lake.rewrite import Rewrite
from lake.store import LocalStore
from lake.table import is_segment, is_sentinel, journal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lake.manifest import DataFile, Head
    from lake.store import Entry
    from lake.table import Table

__all__ = ["TARGET_BYTES", "TARGET_ROWS", "CompactionResult", "collect", "compact", "replaced"]

TAIL_BYTES: Final = 32 * 1024 * 1024  # so much is worth merging however few the segments are
KEPT_MANIFESTS: Final = 20
GRACE: Final = 600.0
ORPHAN_AGE: Final = 86_400.0
_TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactionResult:
    """What a compaction did: the files it wrote, with their rows and bytes, and what they replace.

    `damaged` are files whose bytes were wrong; they were left where they are.
    """

    version: int
    paths: tuple[str, ...]
    rows: int
    bytes: int
    segments: int
    data_files: int
    damaged: tuple[str, ...]


def compact(
    table: Table,
    *,
    minimum: int = 64,
    settle: float = 2.0,
    target_rows: int = TARGET_ROWS,
    partition_rows: int = PARTITION_ROWS,
    pause: Callable[[float], object] = time.sleep,
) -> CompactionResult | None:
    """Merge the tail, and data files small beside it, into one sorted file per large partition.

    Does one bounded piece of work: about `target_rows` rows, the oldest segments first. Returns
    None when fewer than `minimum` segments wait (and less than 32 MB), or when another compaction
    was faster. `settle` is how many seconds the new files are on disk before a manifest names them:
    what SQL views need, which list the files before they read the manifest. `pause` is called with
    them, and with 0 between two steps: what it raises ends the compaction, and nothing has changed.
    A partition with fewer than `partition_rows` rows gets no file of its own.
    """
    with _alone(table) as free:
        for _ in range(_TRIES if free else 0):
            # NotFoundError: another compaction took a file, and its grace was over.
            with contextlib.suppress(NotFoundError):
                rewrite = Rewrite(
                    table=table,
                    target_rows=target_rows,
                    partition_rows=partition_rows,
                    pause=pause,
                )
                return _compact(rewrite, minimum, settle)
    return None


def _alone(table: Table) -> contextlib.AbstractContextManager[bool]:
    if isinstance(table.store, LocalStore):
        return table.store.lock(f"compact-{table.spec.name}")
    return contextlib.nullcontext(True)


def _compact(rewrite: Rewrite, minimum: int, settle: float) -> CompactionResult | None:
    table = rewrite.table
    table.log.check_head()
    # The head before the listings: a consumed name that is absent from them is gone for good.
    head = table.log.head()
    listing = table.store.list(f"{table.folder}/tail")
    waiting = unmerged(listing, head.manifest)
    if not is_worth_it(waiting, minimum):
        return None
    table.ensure_sentinels()
    if not head.stored:  # the log has only now begun
        return _compact(rewrite, minimum, settle)
    committed = False
    try:
        rewrite.run(head.manifest, waiting)
        if not rewrite.segments:
            return None
        rewrite.pause(settle)
        manifest = _successor(rewrite, head, {entry.name for entry in listing})
        for file in rewrite.written:
            table.store.size(table.data_key(file.path))  # still there after a long sleep
        committed = table.log.commit(manifest)
    finally:
        if not committed:
            _drop(table, rewrite.written)
    return _result(rewrite, manifest) if committed else None


def _result(rewrite: Rewrite, manifest: Manifest) -> CompactionResult:
    return CompactionResult(
        version=manifest.version,
        paths=tuple(file.path for file in rewrite.written),
        rows=sum(file.rows for file in rewrite.written),
        bytes=sum(file.bytes for file in rewrite.written),
        segments=len(rewrite.segments),
        data_files=len(rewrite.merged),
        damaged=tuple(rewrite.damaged),
    )


def unmerged(listing: Iterable[Entry], manifest: Manifest) -> list[Entry]:
    """Choose the segments of a tail that no compaction has merged yet."""
    return [e for e in listing if is_segment(e.name) and e.name not in manifest.consumed]


def is_worth_it(waiting: Sequence[Entry], minimum: int = 64) -> bool:
    """Tell whether so many segments wait, or so many bytes, that merging them is worth it."""
    return len(waiting) >= max(minimum, 1) or sum(e.size for e in waiting) >= TAIL_BYTES


def _successor(rewrite: Rewrite, head: Head, listed: set[str]) -> Manifest:
    table = rewrite.table
    before, now = head.manifest, max(now_us(), head.manifest.created_at + 1)
    is_open = open_journals(table.store)
    on_disk = {entry.name for entry in table.data_entries()}
    # A segment that is gone while its journal is not would be made, and its rows counted, again.
    consumed = {
        name: at
        for name, at in before.consumed.items()
        if name in listed or is_open(journal_of(name))
    }
    retired = {name: at for name, at in before.retired.items() if name in on_disk}
    merged = {path for file in rewrite.merged for path in file.paths}
    return Manifest(
        version=before.version + 1,
        created_at=now,
        writer=table.writer,
        nonce=secrets.token_hex(16),
        previous_sha256=head.sha256,
        files=(*(file for file in before.files if file.path not in merged), *rewrite.written),
        consumed=consumed | dict.fromkeys(rewrite.segments, now),
        retired=retired | dict.fromkeys(merged, now),
        rewritten=before.rewritten,
        lost=before.lost,
        table=table.log.table_name,
    )


def _drop(table: Table, written: Iterable[DataFile]) -> None:
    """Delete the files of a lost race, unless a later manifest shows that it was none."""
    named = table.log.head().manifest.named
    paths = [path for file in written for path in file.paths]
    keys = [table.data_key(path) for path in paths if path not in named]
    if keys:
        table.store.delete(*keys)


def collect(table: Table, *, grace: float = GRACE) -> tuple[str, ...]:
    """Delete what compactions replaced more than `grace` seconds ago; return the deleted keys.

    Also data files and roll-ups no manifest names, a day after their compaction crashed, and
    manifests that have 20 successors. A reader that still wants one of these files takes a newer
    snapshot.
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
    data = table.data_entries()
    old_data = [
        *_over(manifest.retired, data, oldest),
        *_orphans(manifest, data, max(grace, ORPHAN_AGE), _beginning(table)),
    ]
    return {
        **{table.tail_key(e.name): e.size for e in _over(manifest.consumed, tail, oldest)},
        **{table.data_key(e.name): e.size for e in old_data},
        **{f"{table.log.folder}/{e.name}": e.size for e in _old_manifests(table, grace)},
    }


def _over(names: Mapping[str, int], listing: Iterable[Entry], oldest: int) -> list[Entry]:
    return [entry for entry in listing if names.get(entry.name, oldest + 1) <= oldest]


def _beginning(table: Table) -> float:
    """When the log began, as far as it still says: a file from before is no compaction's of it.

    A log that somebody deleted begins again, empty, and names none of the files that count.
    """
    entries = table.store.list(table.log.folder)
    first = entries[:1] and entries[0].name == table.log.key(0).rpartition("/")[2]
    return entries[0].modified_at if first else (0.0 if entries else math.inf)


def _orphans(
    manifest: Manifest, data: Iterable[Entry], age: float, beginning: float
) -> list[Entry]:
    limit, named = time.time() - age, manifest.named
    old = (e for e in data if e.name not in named and not is_sentinel(e.name))
    return [entry for entry in old if beginning <= entry.modified_at < limit]


def _old_manifests(table: Table, grace: float) -> list[Entry]:
    """Find the manifests to delete, the oldest first: what is left has no gap."""
    limit = time.time() - grace
    surplus = table.store.list(table.log.folder)[:-KEPT_MANIFESTS]
    return [entry for entry in surplus if entry.modified_at < limit]
