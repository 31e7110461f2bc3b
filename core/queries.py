"""Queries people keep, and those they asked: in the lake, so that a short link opens one again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from catalog.records import records
from core.errors import QueryNotFoundError, QueryNotKeptError
from core.ids import new_id
from lake.clock import now_us

if TYPE_CHECKING:
    from datetime import datetime

    from catalog.catalog import Catalog

TABLE: Final = "queries"
LONGEST: Final = 100_000  # letters of a query
_LONGEST_NAME: Final = 120
_FOUND: Final = """
select * from queries
where ($query_id is null or query_id = $query_id) and ($saved is null or (name <> '') = $saved)
order by created_at desc, query_id desc limit $limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query that was asked, or kept under a name. `error` says why it had no answer."""

    query_id: str
    sql: str
    name: str = ""
    rows: int | None = None
    seconds: float | None = None
    error: str = ""
    actor: str = ""
    created_at: datetime


class Queries:
    """Keeps queries. Threads may share one.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     kept = wb.queries.save("How many runs", "select count(*) from runs")
    ...     wb.queries.get(kept.query_id).name
    'How many runs'
    """

    def __init__(self, db_connection: Catalog, *, actor: str | None = None) -> None:
        self._catalog = db_connection
        self._lake = db_connection.lake
        self._actor = actor or ""

    def save(self, name: str, sql: str) -> Query:
        """Keep a query under a name. Raises QueryNotKeptError for a name or text that is none."""
        shown = " ".join(name.split())
        if not shown or len(shown) > _LONGEST_NAME or not sql.strip():
            message = "A query is kept under a name of up to 120 letters, and is not empty."
            raise QueryNotKeptError(message, hint="Give both.", name=name)
        return self._append(name=shown, sql=sql)

    def note(
        self, sql: str, *, rows: int | None = None, seconds: float | None = None, error: str = ""
    ) -> Query:
        """Remember that a query was asked, and what came of it."""
        return self._append(sql=sql, rows=rows, seconds=seconds, error=error)

    def get(self, query_id: str) -> Query:
        """Return a query by its id. Raises QueryNotFoundError."""
        found = self._find(query_id=query_id)
        if not found:
            message = f"There is no query {query_id!r}."
            raise QueryNotFoundError(message, hint="It may have been deleted.", query_id=query_id)
        return found[0]

    def saved(self, *, limit: int = 200) -> list[Query]:
        """Return the queries that are kept under a name, the newest first."""
        return self._find(saved=True, limit=limit)

    def history(self, *, limit: int = 50) -> list[Query]:
        """Return the queries that were asked, the newest first."""
        return self._find(saved=False, limit=limit)

    def delete(self, query_id: str) -> None:
        """Keep a query no longer. Raises QueryNotFoundError."""
        self.get(query_id)
        row = {"query_id": query_id, "deleted": True, "event_at": now_us()}
        self._lake.append(TABLE, [{**row, "writer": self._lake.writer}], durability="process")

    def _append(self, *, sql: str, **values: Any) -> Query:
        if len(sql) > LONGEST:
            message = f"A query of {len(sql):,} letters is not kept."
            raise QueryNotKeptError(message, hint=f"Up to {LONGEST:,} are.", letters=len(sql))
        query_id, at = new_id(), now_us()
        row = {"query_id": query_id, "sql": sql, "actor": self._actor, "created_at": at, **values}
        row |= {"event_at": at, "writer": self._lake.writer}
        self._lake.append(TABLE, [row], durability="process")
        return self.get(query_id)

    def _find(
        self, *, query_id: str | None = None, saved: bool | None = None, limit: int = 1
    ) -> list[Query]:
        asked = {"query_id": query_id, "saved": saved, "limit": limit}
        rows = records(self._catalog, _FOUND, asked)
        return [_query(row) for row in rows]


def _query(row: dict[str, Any]) -> Query:
    texts: dict[str, Any] = {
        name: row[name] or "" for name in ("query_id", "sql", "name", "error", "actor")
    }
    numbers: dict[str, Any] = {name: row[name] for name in ("rows", "seconds")}
    return Query(**texts, **numbers, created_at=row["created_at"].replace(tzinfo=UTC))
