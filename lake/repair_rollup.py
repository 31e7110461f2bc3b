"""Repair a roll-up: make it again from its data file, or let the table do without it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lake.digest import digest_file
from lake.errors import LakeError
from lake.rollup import write_rollup
from lake.segment import decode
from lake.store import refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from lake.manifest import DataFile, Manifest, RollupFile
    from lake.table import Table
    from lake.workshop import Workshop


def repair_rollup(workshop: Workshop, table: Table, key: str) -> None:
    """Make a damaged or missing roll-up again. No row is lost with one, so nothing is kept."""
    for file in table.log.head().manifest.files:
        if file.rollup is not None and table.data_key(file.rollup.path) == key:
            fresh = _made_again(table, file)
            if fresh != file.rollup:
                table.log.amend(_naming(file, fresh), writer=table.writer)
                workshop.store.delete(key)
            workshop.rebuilt.append(key)


def _made_again(table: Table, file: DataFile) -> RollupFile | None:
    """Store the roll-up of a data file once more; None when that cannot be read either."""
    try:
        path = table.store.local_path(table.data_key(file.path))
        with refusals(path):
            intact = digest_file(path) == file.sha256
        rows = decode(path, table.spec, keep_unknown=True)
    except LakeError:
        return None
    return write_rollup(table, rows, of=file.sha256) if intact else None


def _naming(file: DataFile, rollup: RollupFile | None) -> Callable[[Manifest], Manifest]:
    """Return the change that names another roll-up beside a data file."""

    def change(head: Manifest) -> Manifest:
        files = (replace(f, rollup=rollup) if f.path == file.path else f for f in head.files)
        return replace(head, files=tuple(files))

    return change
