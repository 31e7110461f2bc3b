"""Answers of the catalog as records: each row by the names of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection


class CursorSource(Protocol):
    """What gives cursors: a catalog, or one moment of it."""

    def cursor(self) -> AbstractContextManager[DuckDBPyConnection]:
        """Return a cursor to ask with."""


def records(
    source: CursorSource, query: str, values: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """Return the answer to a query, its values bound to ``$name``."""
    with source.cursor() as cursor:
        return records_of(cursor, query, values)


def records_of(
    cursor: DuckDBPyConnection, query: str, values: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """Return the answer to a query that is asked beside others of the same moment."""
    answer = cursor.execute(query, values)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
