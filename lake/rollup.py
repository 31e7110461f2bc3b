"""A roll-up: what readers want of a data file most of the time, in far fewer rows.

    data/<sha256>.parquet                     points of runs
    data/rollup/<name>/<sha256>.rollup        one row per run and metric: last, min, max ...

It is made with its data file, from the rows in it, and the manifest names it beside that file. Who
does not find one, or finds it damaged, reads the data file. Roll-ups are Parquet under a name that
`data/**/*.parquet` does not match, as they hold no rows of the table.

What the rows are is the table's business (`TableSpec.rollup`).
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Final

from lake.digest import digest_bytes
from lake.errors import LakeError
from lake.manifest import RollupFile
from lake.segment import ROW_GROUP, encode, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from lake.checked import CheckedFiles
    from lake.table import Table

SUFFIX: Final = ".rollup"
_log = logging.getLogger(__name__)


def write_rollup(
    table: Table,
    rows: pa.Table,
    *,
    of: str,
    pause: Callable[[float], object] = lambda _seconds: None,
) -> RollupFile | None:
    """Store the roll-up of a data file's rows, which are in order; None for a table without one.

    `of` is the data file's SHA-256: the same rows in another file have another roll-up. `pause` is
    called with 0 between two steps.
    """
    rollup = table.spec.rollup
    if rollup is None:
        return None
    import pyarrow as pa  # 100 ms that only compactions need

    made = []
    for piece in _pieces(rows, table.spec.sort_by[:1], rollup.spec.sort_by[:1]):
        made.append(fit(rollup.make(piece), rollup.spec))
        pause(0)
    together = pa.concat_tables(made)
    data = encode(together, rollup.spec, compacted=True, nonce=of, pause=pause)
    sha256 = digest_bytes(data)
    path = f"{rollup.folder}/{sha256}{SUFFIX}"
    table.store.put(table.data_key(path), data)
    return RollupFile(path=path, rows=together.num_rows, bytes=len(data), sha256=sha256)


def _pieces(rows: pa.Table, order: Sequence[str], groups: Sequence[str]) -> Iterator[pa.Table]:
    """Divide rows, where their order is that of the groups, so that each group stays whole."""
    import pyarrow.compute as pc  # as above

    if not rows.num_rows or not groups or order != groups:
        yield rows
        return
    ends = pc.run_end_encode(rows[groups[0]].combine_chunks()).run_ends.to_numpy()
    start = 0
    while start < rows.num_rows:
        end = int(ends[min(ends.searchsorted(start + ROW_GROUP), len(ends) - 1)])
        yield rows.slice(start, end - start)
        start = end


def sound_rollups(files: CheckedFiles, rollups: Mapping[str, str]) -> dict[str, Path]:
    """Return local files of those roll-ups that are there and whole, by their data files' keys.

    `rollups` has the key of each. Of the others a warning is logged.
    """
    with contextlib.suppress(LakeError):
        files.paths(list(rollups.values()))  # all at once
    found = {}
    for data_key, key in rollups.items():
        try:
            found[data_key] = files.path(key)
        except LakeError as error:
            _log.warning("the points are read instead of their summary: %s", error)
    return found
