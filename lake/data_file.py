"""Write rows as one compacted file of a table."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lake.digest import digest_bytes
from lake.manifest import DataFile
from lake.rollup import write_rollup
from lake.segment import encode, in_order
from lake.table import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from lake.table import Table


def write_data_file(
    table: Table,
    rows: pa.Table,
    *,
    folder: str,
    pause: Callable[[float], object] = lambda _seconds: None,
) -> DataFile:
    """Store rows, sorted, in the folder of a partition or the shared one, and their roll-up.

    No manifest names them yet. No other file of the table has their names, even with the same rows.
    `pause` is called with 0 between two steps.
    """
    rows = in_order(rows, table.spec)
    pause(0)
    nonce = secrets.token_hex(16)
    data = encode(rows, table.spec, compacted=True, ordered=True, nonce=nonce, pause=pause)
    sha256 = digest_bytes(data)
    path = f"{folder}/{sha256}{SUFFIX}" if folder else f"{sha256}{SUFFIX}"
    table.store.put(table.data_key(path), data)
    try:
        rollup = write_rollup(table, rows, of=sha256, pause=pause)
    except BaseException:
        table.store.delete(table.data_key(path))
        raise
    return DataFile(path=path, rows=rows.num_rows, bytes=len(data), sha256=sha256, rollup=rollup)
