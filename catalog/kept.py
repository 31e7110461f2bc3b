"""What people keep of their work in the workbench: queries, and views of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lake.spec import TableSpec

if TYPE_CHECKING:
    from collections.abc import Callable

QUERIES = TableSpec(
    name="queries",
    columns={
        "query_id": "string",
        "name": "string",
        "sql": "string",
        "rows": "int64",
        "seconds": "double",
        "error": "string",
        "actor": "string",
        "created_at": "timestamp",
        "deleted": "bool",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("event_at", "query_id"),
)

SAVED_VIEWS = TableSpec(
    name="saved_views",
    columns={
        "view_id": "string",
        "name": "string",
        "page": "string",
        "query": "string",
        "owner": "string",
        "created_at": "timestamp",
        "actor": "string",
        "deleted": "bool",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("event_at", "view_id"),
)

KEPT_TABLES: Final = (QUERIES, SAVED_VIEWS)

_QUERIES: Final = """
select query_id, coalesce(min(name), '') as name, min(sql) as sql, min(rows) as rows,
       min(seconds) as seconds, min(error) as error, min(actor) as actor,
       min(created_at) as created_at
from {events} group by query_id
having not coalesce(bool_or(deleted), false) and min(sql) is not null
"""
_SAVED_VIEWS: Final = """
select view_id, arg_max(name, event_at) as name, min(page) as page,
       arg_max(query, event_at) as query, min(owner) as owner, min(created_at) as created_at,
       max(event_at) as changed_at, arg_max(actor, event_at) as changed_by
from {events} group by view_id
having not coalesce(bool_or(deleted), false) and min(page) is not null
"""

KEPT_VIEWS: Final = {
    "queries": "One row per query that was kept under a name, or asked in the workbench.",
    "saved_views": "One row per view of a page of the workbench that was kept under a name.",
}
KEPT_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "queries": {
        "query_id": "UUIDv7; sorts by time",
        "name": "empty for one that was asked, and not kept",
        "rows": "of the answer, as far as it was let through",
        "seconds": "that it took",
        "error": "why there was no answer",
        "created_at": "UTC",
        "actor": "who asked",
    },
    "saved_views": {
        "view_id": "UUIDv7; sorts by time of creation",
        "page": "which page of the workbench: runs, compare, drift ...",
        "query": "what follows the question mark in its address",
        "owner": "who saved it",
        "created_at": "UTC",
        "changed_at": "UTC; when it was renamed last",
        "changed_by": "who did that",
    },
}


def kept_views(events: Callable[[str], str]) -> dict[str, str]:
    """Return the queries of the views by name; `events` returns what a table is selected from.

    >>> list(kept_views(str.upper))
    ['queries', 'saved_views']
    """
    return {
        "queries": _QUERIES.format(events=events("queries")),
        "saved_views": _SAVED_VIEWS.format(events=events("saved_views")),
    }
