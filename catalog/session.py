"""The DuckDB that a catalog asks: in memory, offline, in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    import pyarrow as pa

SQL_TYPES: Final = {
    "string": "varchar",
    "double": "double",
    "int64": "bigint",
    "bool": "boolean",
    "timestamp": "timestamp",
    "map<string,string>": "map(varchar, varchar)",
    "map<string,double>": "map(varchar, double)",
}
_OFFLINE: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_SETTINGS: Final = (
    "set timezone = 'UTC'",
    # segments never change, so what was learnt about a file stays true
    "set parquet_metadata_cache = true",
    # it would stand in what a program prints
    "set enable_progress_bar = false",
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


def ask(
    cursor: duckdb.DuckDBPyConnection,
    query: str,
    params: Sequence[Any] | Mapping[str, Any] | None = None,
) -> pa.Table:
    """Run a query that may take long, as Arrow; an interrupt (Ctrl-C) stops it.

    DuckDB 2.0 makes an Arrow table without looking for signals, so a thread of its own asks, and
    this one waits where signals are seen.
    """
    from concurrent.futures import ThreadPoolExecutor  # 5 ms that logging does not need

    with ThreadPoolExecutor(1, "query") as thread:
        answer = thread.submit(lambda: cursor.sql(query, params=params).to_arrow_table())
        try:
            return answer.result()
        except BaseException:
            cursor.interrupt()  # does nothing when the query itself failed
            raise
