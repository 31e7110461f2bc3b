"""The DuckDB that a catalog asks: in memory, offline, in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb

_OFFLINE: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_SETTINGS: Final = (
    "set timezone = 'UTC'",
    # segments never change, so what was learnt about a file stays true
    "set parquet_metadata_cache = true",
)


def connect() -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that installs nothing and looks nothing up.

    One connection carries one query at a time: take a `cursor()` of it for each.

    >>> connect().execute("select current_setting('TimeZone')").fetchall()
    [('UTC',)]
    """
    import duckdb  # 80 ms that the logging path does not need

    connection = duckdb.connect(":memory:", config=dict(_OFFLINE))
    for setting in _SETTINGS:
        connection.execute(setting)
    return connection
