"""Parquet objects of a lake as Arrow tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lake.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from lake.objects import Objects


def read_object(objects: Objects, digest: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the columns of a stored table, in this order.

    Raises NotFoundError when the object is gone, DamagedError when it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = objects.local_path(digest)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            wanted = None if columns is None else list(columns)
            # several objects are read at once, not several columns: each thread keeps memory
            table = file.read(columns=wanted, use_threads=False)
            return table if wanted is None else table.select(wanted)
    except (OSError, pa.ArrowException, KeyError) as error:
        message = f"The object {digest} is damaged: {error}"
        raise DamagedError(message, hint="Run `mhras verify --repair`.", path=str(path)) from error
