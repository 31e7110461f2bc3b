"""Look into the rows of a version: some of them, by a condition, in an order, a page at a time.

Conditions and queries are SQL that a reader wrote. They are asked in a DuckDB of their own, which
knows one table, `data`, may open the files of this version and nothing else, and is stopped when it
takes too long.

    data      the rows as Parquet holds them (core/datasets/version_sql.py)
    position  which of the rows it is, from 0: what sorting leaves equal stays in that order
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb
    import pyarrow as pa

    from core.datasets.column_profile import ColumnProfile
    from core.datasets.version import DatasetVersion
    from core.datasets.versions import Versions

SECONDS: Final = 20.0
_MEMORY: Final = "1GB"
_POSITION: Final = "position"
_LOCKED: Final = ("set enable_external_access = false", "set lock_configuration = true")
_PAGE: Final = "select {columns} from {rows} where ({where}\n){order} limit $limit offset $offset"
_COUNT: Final = "select count(*) from data where ({where}\n)"
_ALONE: Final = "select 1 from data where {where}"
_NUMBERED: Final = "(select *, row_number() over () - 1 as {position} from data)"
_NTH: Final = (
    "select {columns} from"
    " (select *, row_number() over () - 1 as {position} from data) where {position} % $step = 0"
)
_ORDER: Final = " order by {column} {way} nulls last, {position}"
_FOUND: Final = "contains(lower(concat_ws(chr(31), {texts})), lower($search))"
_HINT: Final = "Write a condition in SQL, such as \"age >= 65 and sex = 'f'\"."


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPage:
    """Some rows, and how many there are of which it is a page."""

    rows: pa.Table
    matching: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowQuery:
    """Which rows, and in what order.

    `where` is a condition in SQL over the columns, `search` a text that any column of a row holds,
    whatever its case. Without `order` rows come as they were registered; rows that a version
    changed come last.
    """

    where: str = ""
    search: str = ""
    order: str = ""
    descending: bool = False


class DatasetBrowser:
    """Shows rows and columns of versions to who looks around."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    def versions(self) -> list[str]:
        """Return every version as ``name@version``, by dataset, the newest of each first."""
        return self._versions.labels()

    def page(
        self,
        version: str,
        wanted: RowQuery | None = None,
        *,
        columns: Sequence[str] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> RowPage:
        """Return a page of the rows that are wanted, and how many they are.

        A version is given by id or as ``name@version``. Raises DatasetNotFoundError, and
        DataVersionError for unknown columns, a bad condition, or one that takes too long.
        """
        found = self._versions.by_reference(version)
        asked = wanted or RowQuery()
        _check(found, [*(columns or ()), *([asked.order] if asked.order else [])])
        names = [*(columns or found.schema)]
        with self._asking(found) as cursor:
            return _page(cursor, found, asked, names, (limit, offset))

    def sample(self, version: str, columns: Sequence[str], *, rows: int = 2_000) -> pa.Table:
        """Return some columns of every n-th row, so that there are about so many rows.

        Raises DatasetNotFoundError, and DataVersionError for unknown columns.
        """
        from core.datasets.patch_files import free_name  # with Arrow, as in versions
        from core.datasets.retrieval import quoted

        found = self._versions.by_reference(version)
        _check(found, columns)
        query = _NTH.format(
            columns=", ".join(map(quoted, columns)),
            position=quoted(free_name(_POSITION, list(found.schema))),
        )
        step = max(1, -(-found.num_rows // rows))
        with self._asking(found) as cursor, _explained(cursor, ""):
            return cursor.sql(query, params={"step": step}).to_arrow_table()

    def affected(self, version: str, query: str, *, limit: int = 100) -> pa.Table:
        """Return the first rows that a query selects from `data`: those behind an issue.

        Raises DatasetNotFoundError and DataVersionError.
        """
        found = self._versions.by_reference(version)
        with self._asking(found) as cursor, _explained(cursor, query):
            return cursor.sql(_one_query(cursor, query)).limit(limit).to_arrow_table()

    def columns(self, version: str) -> tuple[ColumnProfile, ...]:
        """Return what is known of each column, from what was counted at registration.

        Raises DatasetNotFoundError, NotFoundError and DamagedError.
        """
        from core.datasets.column_profile import column_profiles  # with Arrow, as in versions
        from core.datasets.sketches import read_sketches

        found = self._versions.by_reference(version)
        return column_profiles(found, read_sketches(*self._versions.stored(found)))

    @contextmanager
    def _asking(self, version: DatasetVersion) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a DuckDB in which `data` is the version, and that sees nothing else."""
        from catalog.session import connect
        from core.datasets.version_sql import version_sql  # with Arrow, as in versions

        objects, layout = self._versions.stored(version)
        paths: dict[str, None] = {}

        def locate(digest: str) -> str:
            path = str(objects.local_path(digest))
            paths[path] = None
            return path

        query = version_sql(layout, locate)
        connection = connect()
        try:
            connection.execute("set allowed_paths = $1", [list(paths)])
            connection.execute(f"set memory_limit = '{_MEMORY}'")
            for setting in _LOCKED:
                connection.execute(setting)
            connection.execute(f"create view data as {query}")
            yield connection
        finally:
            connection.close()


def _page(
    cursor: duckdb.DuckDBPyConnection,
    version: DatasetVersion,
    asked: RowQuery,
    names: Sequence[str],
    part: tuple[int, int],
) -> RowPage:
    from core.datasets.patch_files import free_name  # with Arrow, as in versions
    from core.datasets.retrieval import quoted

    where, values = asked.where.strip() or "true", {"limit": part[0], "offset": part[1]}
    searched: dict[str, str] = {}
    if asked.search:
        texts = ", ".join(f"{quoted(name)}::varchar" for name in version.schema)
        where, searched = f"({where}\n) and {_FOUND.format(texts=texts)}", {"search": asked.search}
    rows, order = "data", ""
    if asked.order:
        position = quoted(free_name(_POSITION, list(version.schema)))
        way = "desc" if asked.descending else "asc"
        rows = _NUMBERED.format(position=position)
        order = _ORDER.format(column=quoted(asked.order), way=way, position=position)
    columns = ", ".join(map(quoted, names))
    query = _PAGE.format(columns=columns, rows=rows, where=where, order=order)
    with _explained(cursor, asked.where):
        if asked.where.strip():  # by itself: a bracket too many would let it out of ours
            cursor.extract_statements(_ALONE.format(where=asked.where))
        matching = version.num_rows
        if asked.where.strip() or asked.search:
            count = _one_query(cursor, _COUNT.format(where=where))
            ((matching,),) = cursor.execute(count, searched).fetchall()
        found = cursor.sql(_one_query(cursor, query), params={**values, **searched})
        return RowPage(rows=found.to_arrow_table(), matching=matching)


def _check(version: DatasetVersion, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in version.schema]
    if unknown:
        message = f"There are no columns {', '.join(unknown)}."
        hint = f"Columns: {', '.join(version.schema)}."
        raise DataVersionError(message, hint=hint, columns=unknown)


def _one_query(cursor: duckdb.DuckDBPyConnection, query: str) -> str:
    """Return a query that is one SELECT. Raises DataVersionError for anything else."""
    kinds = [statement.type.name for statement in cursor.extract_statements(query)]
    if kinds != ["SELECT"]:
        found = " and ".join(kinds) or "nothing"
        message = f"This is {found}: a condition on rows is asked here, which changes nothing."
        raise DataVersionError(message, hint=_HINT)
    return query


@contextmanager
def _explained(cursor: duckdb.DuckDBPyConnection, where: str) -> Iterator[None]:
    """Stop what takes too long, and say what DuckDB does not understand."""
    import duckdb  # as in catalog.session

    clock = threading.Timer(SECONDS, cursor.interrupt)
    clock.start()
    try:
        yield
    except duckdb.InterruptException as error:
        message = f"This was stopped: it took longer than {SECONDS:g} seconds."
        raise DataVersionError(message, hint="Ask for less at once.", where=where) from error
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]  # what follows shows our own query
        message = f"The condition {where!r} cannot be answered: {reason}"
        raise DataVersionError(message, hint=_HINT, where=where) from error
    finally:
        clock.cancel()
