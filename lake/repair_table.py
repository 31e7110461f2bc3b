"""Repair the files of a table: data files, segments, and the ones without rows.

    damaged or missing, no copy     data/<sha256>.parquet     tail/<...>-<sha16>.parquet
    1  the bytes, if any            copied to quarantine      copied to quarantine
    2  the next manifest            no longer names it        -
                                    says that it is lost      says that it is lost
    3  the file                     deleted                   deleted

Readers take the new manifest, and hold no rows from the file any more. Crash anywhere: the file is
found again, and the same steps follow.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from lake.clock import now_us
from lake.errors import DamagedError, LakeError, NotFoundError, StoreError
from lake.manifest import DataFile, LostFile
from lake.repair_rollup import repair_rollup
from lake.segment import encode, footer
from lake.spec import ROLLUPS
from lake.table import digest_in, is_sentinel, journal_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from lake.manifest import Manifest
    from lake.problem import Problem
    from lake.table import Table
    from lake.workshop import Workshop


def repair_table(workshop: Workshop, table: Table, problems: Iterable[Problem]) -> None:
    """Restore files, or take them out of the table; make roll-ups again."""
    derived = table.data_key(f"{ROLLUPS}/")
    found = tuple(problems)
    rollups = [p.path for p in found if p.path.startswith(derived) and not is_sentinel(p.path)]
    _repair_files(workshop, table, [problem for problem in found if problem.path not in rollups])
    for key in rollups:
        repair_rollup(workshop, table, key)


def _repair_files(workshop: Workshop, table: Table, problems: Iterable[Problem]) -> None:
    lost: dict[str, LostFile] = {}
    for problem in problems:
        key = problem.path
        if is_sentinel(key):
            _write_sentinel(workshop, table, key)
            continue
        if problem.kind == "spare":
            _renew_spare(workshop, table, key)
            continue
        digest = _digest_of(table, key)
        if not digest and key.startswith(table.data_key("")):
            continue  # named by a manifest that was not the highest, as is known by now
        if not digest:
            workshop.leave(problem, "move it out of the lake unless you know where it comes from")
            continue
        try:
            if workshop.restore(key, digest):
                continue
            workshop.quarantine.keep(key)
        except DamagedError as error:  # the mirror cannot be read, or its own bytes cannot be had
            workshop.leave(problem, error.message)
            continue
        rows = _rows_of(table, key)
        lost[key] = LostFile(path=key, rows=rows, sha256=digest, at=now_us())
        workshop.note(key, problem.detail)
    if lost:
        table.log.amend(lambda head: _without(table, head, lost), writer=table.writer)
        workshop.store.delete(*lost)


def _renew_spare(workshop: Workshop, table: Table, key: str) -> None:
    """Copy the manifest again, or put a copy aside of which there is no manifest any more."""
    version = int(key.rpartition("/")[2].partition(".")[0])
    try:
        table.log.read(version)
        workshop.store.put(key, workshop.store.get(table.log.key(version)))
    except (NotFoundError, DamagedError):
        workshop.put_aside(key)
    else:
        workshop.rebuilt.append(key)


def _digest_of(table: Table, key: str) -> str:
    """Return what is known of a file's SHA-256: all of it, its first digits, or nothing."""
    name = key.removeprefix(table.data_key(""))
    if name == key:
        return digest_in(key.rpartition("/")[2])
    with contextlib.suppress(LakeError):
        for file in table.log.head().manifest.files:
            if file.path == name:
                return file.sha256
    return ""


def _rows_of(table: Table, key: str) -> int:
    with contextlib.suppress(LakeError):
        for file in table.log.head().manifest.files:
            if table.data_key(file.path) == key:
                return file.rows
        return footer(table.store.local_path(key))[1]
    return -1


def _without(table: Table, head: Manifest, lost: dict[str, LostFile]) -> Manifest:
    known = {file.path for file in head.lost}
    return replace(
        head,
        files=tuple(file for file in head.files if table.data_key(file.path) not in lost),
        rewritten=head.version + 1,
        lost=(*head.lost, *(file for key, file in lost.items() if key not in known)),
    )


def bring_back(workshop: Workshop, table: Table) -> None:
    """Put back what earlier repairs gave up, and a mirror has."""
    with contextlib.suppress(DamagedError):
        for lost in table.log.head().manifest.lost:
            known = lost.sha256 and lost.path not in workshop.given_up
            if known and _may_return(table, lost):
                _bring_back(workshop, table, lost)


def _may_return(table: Table, lost: LostFile) -> bool:
    """Tell whether a segment's rows are not there by another way: made from its journal again."""
    name = lost.path.rpartition("/")[2]
    return lost.path.startswith(table.data_key("")) or (
        journal_of(name) not in table.snapshot().journals
    )


def _bring_back(workshop: Workshop, table: Table, lost: LostFile) -> None:
    if not workshop.restore(lost.path, lost.sha256):
        return
    found: tuple[DataFile, ...] = ()
    name = lost.path.removeprefix(table.data_key(""))
    if name != lost.path:
        path = table.store.local_path(lost.path)
        rows, size = footer(path)[1], table.store.size(lost.path)
        found = (DataFile(path=name, rows=rows, bytes=size, sha256=lost.sha256),)
    table.log.amend(
        lambda head: replace(
            head,
            files=(*(file for file in head.files if file.path != name), *found),
            rewritten=head.version + 1,
            lost=tuple(file for file in head.lost if file.path != lost.path),
        ),
        writer=table.writer,
    )


def _write_sentinel(workshop: Workshop, table: Table, key: str) -> None:
    """Write the file without rows again, with the columns of all the others."""
    import pyarrow as pa  # 100 ms that only repairs need

    spec = table.sentinels().get(key, table.spec)
    schema: pa.Schema = spec.schema
    try:
        snapshot = table.snapshot()
        rollups = tuple(snapshot.rollups.values())
        files = snapshot.files if spec is table.spec else rollups
    except DamagedError:
        files = ()
    for file in files:
        with contextlib.suppress(DamagedError, NotFoundError, StoreError, pa.ArrowException):
            columns = footer(table.store.local_path(file))[0]
            schema = pa.unify_schemas([schema, columns], promote_options="permissive")
    workshop.store.put(key, encode(schema.empty_table(), spec))
    workshop.rebuilt.append(key)
