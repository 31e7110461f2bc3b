"""Views of pages that people keep under a name: in the lake, for all who use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from catalog.records import records
from core.errors import SavedViewError, SavedViewNotFoundError
from core.ids import new_id
from lake.clock import now_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from catalog.catalog import Catalog

TABLE: Final = "saved_views"
LONGEST_NAME: Final = 120
LONGEST_QUERY: Final = 20_000  # letters; an address with hundreds of runs in it
_FOUND: Final = """
select * from saved_views
where ($view_id is null or view_id = $view_id) and ($page is null or page = $page)
order by lower(name), view_id limit $limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A page as it was seen: `query` is what follows the question mark in its address."""

    view_id: str
    name: str
    page: str
    query: str
    owner: str
    created_at: datetime
    changed_at: datetime
    changed_by: str


class SavedViews:
    """Keeps views of pages. Threads may share one.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     kept = wb.saved_views.save("Failed", "runs", "status=FAILED")
    ...     renamed = wb.saved_views.rename(kept.view_id, "Failed runs")
    ...     [(view.name, view.query) for view in wb.saved_views.of_page("runs")]
    [('Failed runs', 'status=FAILED')]
    """

    def __init__(self, db_connection: Catalog, *, actor: str | None = None) -> None:
        self._catalog = db_connection
        self._lake = db_connection.lake
        self._actor = actor or ""

    def save(self, name: str, page: str, query: str) -> SavedView:
        """Keep a view of a page. Raises SavedViewError for what cannot be kept so."""
        shown = self._checked(name, page)
        if not page or len(query) > LONGEST_QUERY:
            message = f"A view of {len(query):,} letters is not kept."
            raise SavedViewError(message, hint=f"Up to {LONGEST_QUERY:,} are.", page=page)
        view_id, at = new_id(), now_us()
        kept = {"page": page, "query": query, "owner": self._actor, "created_at": at}
        self._append(view_id, at, name=shown, **kept)
        return self.get(view_id)

    def rename(self, view_id: str, name: str) -> SavedView:
        """Give a view another name. Raises SavedViewNotFoundError, SavedViewError."""
        view = self.get(view_id)
        shown = self._checked(name, view.page, view_id)
        self._append(view_id, max(now_us(), to_us(view.changed_at) + 1), name=shown)
        return self.get(view_id)

    def delete(self, view_id: str) -> None:
        """Keep a view no longer. Raises SavedViewNotFoundError."""
        view = self.get(view_id)
        self._append(view_id, max(now_us(), to_us(view.changed_at) + 1), deleted=True)

    def get(self, view_id: str) -> SavedView:
        """Return a view by its id. Raises SavedViewNotFoundError."""
        found = self._find(view_id=view_id, limit=1)
        if not found:
            message = f"There is no saved view {view_id!r}."
            raise SavedViewNotFoundError(message, hint="It may be deleted.", view_id=view_id)
        return found[0]

    def of_page(self, page: str, *, limit: int = 200) -> list[SavedView]:
        """Return the views of a page, by name."""
        return self._find(page=page, limit=limit)

    def _checked(self, name: str, page: str, view_id: str = "") -> str:
        """Return the name as it is kept: no two views of a page have the same."""
        shown = " ".join(name.split())
        if not shown or len(shown) > LONGEST_NAME or not shown.isprintable():
            message = f"A view is kept under a name of 1 to {LONGEST_NAME} letters."
            raise SavedViewError(message, hint="Give it one.", name=name)
        for view in self.of_page(page):
            if view.name.lower() == shown.lower() and view.view_id != view_id:
                message = f"There is a view {view.name!r} of this page already."
                raise SavedViewError(message, hint="Choose another name.", view_id=view.view_id)
        return shown

    def _append(self, view_id: str, at: int, **values: Any) -> None:
        row = {"view_id": view_id, **values, "actor": self._actor, "event_at": at}
        self._lake.append(TABLE, [{**row, "writer": self._lake.writer}], durability="process")

    def _find(
        self, *, view_id: str | None = None, page: str | None = None, limit: int
    ) -> list[SavedView]:
        asked = {"view_id": view_id, "page": page, "limit": limit}
        rows = records(self._catalog, _FOUND, asked)
        return [_view(row) for row in rows]


def _view(row: dict[str, Any]) -> SavedView:
    texts: dict[str, Any] = {
        name: row[name] or ""
        for name in ("view_id", "name", "page", "query", "owner", "changed_by")
    }
    times: dict[str, Any] = {
        name: row[name].replace(tzinfo=UTC) for name in ("created_at", "changed_at")
    }
    return SavedView(**texts, **times)
