"""Take rows out of a table for good.

    data: A, b, C     tail: s, t        rows to erase are in b and t only
    data: A, C, b'    tail: s           b' has the rest of both; manifest k+1 consumed t, retired b

What is replaced is deleted like after a compaction, once its grace is over (lake/compact.py). Rows
that are appended meanwhile stay, and so do rows in the journals of living writers.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lake.clock import now_us
from lake.data_file import write_data_file
from lake.digest import digest_file
from lake.errors import DamagedError, LakeError, NotFoundError
from lake.partition import SHARED
from lake.segment import decode
from lake.store import refusals
from lake.table import digest_in

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from lake.manifest import DataFile, Head
    from lake.table import Table

_TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What an erasure did: rows taken out, and files replaced by how many others."""

    version: int
    rows: int
    replaced: int
    written: int


@dataclass(frozen=True, slots=True)
class _Rest:
    """What remains of a file, and how many rows do not."""

    rows: pa.Table
    erased: int


@dataclass(slots=True)
class _Found:
    """The files that hold rows to erase, and the files written with the other rows in them."""

    segments: list[str] = field(default_factory=list)
    retired: list[DataFile] = field(default_factory=list)
    written: list[DataFile] = field(default_factory=list)
    rows: int = 0


def erase(
    table: Table, doomed: Callable[[pa.Table], pa.Array], *, settle: float = 2.0
) -> Erasure | None:
    """Erase the rows for which `doomed` has true; None when there are none.

    `doomed` gets the rows of one file after the other. Raises DamagedError when a file cannot be
    read, and LakeError when compactions were faster time and again; nothing is erased then.
    """
    table.log.check_head()
    table.log.begin()
    for _ in range(_TRIES):
        head, found = table.log.head(), _Found()
        try:
            _find(table, head, doomed, found)
            if not found.rows:
                return None
            time.sleep(settle)  # as in a compaction, for readers that list before they read the log
            erasure = _commit(table, head, found)
        except NotFoundError:
            erasure = None  # a compaction took a file away
        except LakeError:
            _drop(table, found)
            raise
        if erasure is not None:
            return erasure
        _drop(table, found)
    message = f"The table {table.spec.name} was compacted again and again meanwhile."
    raise LakeError(message, hint="Nothing was erased: repeat it.", table=table.spec.name)


def _find(table: Table, head: Head, doomed: Callable[[pa.Table], pa.Array], found: _Found) -> None:
    """Write what remains of the files that hold rows to erase, one data file for another."""
    rests = []
    for key in table.snapshot().tail:
        name = key.rpartition("/")[2]
        rest = _rest(table, key, digest_in(name), doomed)
        if rest is not None:
            found.segments.append(name)
            rests.append(rest)
    _write(table, rests, found, folder=SHARED)
    for file in head.manifest.files:
        rest = _rest(table, table.data_key(file.path), file.sha256, doomed)
        if rest is not None:
            found.retired.append(file)
            _write(table, [rest], found, folder=file.folder)


def _rest(
    table: Table, key: str, digest: str, doomed: Callable[[pa.Table], pa.Array]
) -> _Rest | None:
    """Return the other rows of a file that holds rows to erase."""
    import pyarrow.compute as pc  # 100 ms that only readers need

    path = table.store.local_path(key)
    rows = decode(path, table.spec, keep_unknown=True)
    mask = pc.fill_null(doomed(rows), fill_value=False)
    erased = int(pc.sum(mask).as_py() or 0)
    if not erased:
        return None
    with refusals(path):
        if not digest_file(path).startswith(digest):
            message = f"{key} is damaged, and its other rows would become permanent."
            raise DamagedError(message, hint="Run `mhras verify --repair` first.", path=key)
    return _Rest(rows.filter(pc.invert(mask)), erased)


def _write(table: Table, rests: list[_Rest], found: _Found, *, folder: str) -> None:
    import pyarrow as pa  # as above

    found.rows += sum(rest.erased for rest in rests)
    tables = [rest.rows for rest in rests if rest.rows.num_rows]
    if tables:
        rows = pa.concat_tables(tables, promote_options="permissive")
        found.written.append(write_data_file(table, rows, folder=folder))


def _drop(table: Table, found: _Found) -> None:
    """Delete what was written in vain, unless the head shows that it was not."""
    named = table.log.head().manifest.named
    paths = [path for file in found.written for path in file.paths]
    keys = [table.data_key(path) for path in paths if path not in named]
    if keys:
        table.store.delete(*keys)


def _commit(table: Table, head: Head, found: _Found) -> Erasure | None:
    """Make the next manifest; None when another one was faster."""
    before, now = head.manifest, max(now_us(), head.manifest.created_at + 1)
    retired = {path for file in found.retired for path in file.paths}
    manifest = replace(
        before,
        version=before.version + 1,
        created_at=now,
        writer=table.writer,
        nonce=secrets.token_hex(16),
        previous_sha256=head.sha256,
        files=(*(file for file in before.files if file.path not in retired), *found.written),
        consumed={**before.consumed, **dict.fromkeys(found.segments, now)},
        retired={**before.retired, **dict.fromkeys(retired, now)},
        rewritten=before.version + 1,
        table=table.log.table_name,
    )
    if not table.log.commit(manifest):
        return None
    return Erasure(
        version=manifest.version,
        rows=found.rows,
        replaced=len(found.segments) + len(found.retired),
        written=len(found.written),
    )
