"""Read the columns and rows of a version that are wanted, and no others."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from core.datasets.patch_files import POSITION, free_name
from core.datasets.reader import VersionReader, stored_schema
from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from core.datasets.layout import Layout
    from lake.objects import Objects

_LOCKED: Final = ("set enable_external_access = false", "set lock_configuration = true")
_MATCHING: Final = "select {position} from chunk where ({where}\n) order by {position}"
_PARSED: Final = "select json_serialize_sql(?)"
_HINT: Final = "Write a condition in SQL, such as \"age >= 65 and sex = 'f'\"."


def read_version(
    objects: Objects,
    layout: Layout,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
) -> pa.Table:
    """Return rows of a version. Raises DataVersionError for unknown columns or a bad condition."""
    names = layout.schema.names
    missing = [name for name in columns or () if name not in names]
    if missing:
        message = f"There are no columns {', '.join(missing)}."
        raise DataVersionError(message, hint=f"Columns: {', '.join(names)}.", columns=missing)
    reader = VersionReader(objects, layout, columns)
    if where is None:
        return reader.table()
    matching = _matching(objects, layout, reader, where)
    return pa.concat_tables([reader.schema.empty_table(), *matching])


def _matching(
    objects: Objects, layout: Layout, reader: VersionReader, where: str
) -> list[pa.Table]:
    condition = Condition(where, layout.schema)
    asked = VersionReader(objects, layout, condition.columns)
    found = []
    with condition:
        for place in range(len(layout.parts)):
            rows = condition.rows(asked.stored(place))
            if len(rows):
                found.append(reader.restore(reader.stored(place).take(rows)))
    return found


class Condition:
    """A condition in SQL over the columns of a dataset. Raises DataVersionError where it is none.

    It is asked in a DuckDB of its own that sees nothing but the rows it is given.
    """

    def __init__(self, where: str, schema: pa.Schema) -> None:
        from catalog.session import connect

        self._where = where
        self._names: list[str] = schema.names
        self._position = free_name(POSITION, schema.names)
        self._query = _MATCHING.format(position=quoted(self._position), where=where)
        self._connection: duckdb.DuckDBPyConnection = connect()
        for setting in _LOCKED:
            self._connection.execute(setting)
        with self._explained():
            self.columns = self._find_columns()
            self.rows(stored_schema(schema).empty_table().select(self.columns))

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _find_columns(self) -> list[str]:
        """Return the columns it speaks of, by what DuckDB's parser makes of it."""
        statements = self._connection.extract_statements(self._query)
        parsed = self._connection.execute(_PARSED, [self._query]).fetchall()
        tree: dict[str, Any] = json.loads(parsed[0][0])
        if len(statements) != 1 or tree.get("error"):
            message = f"{self._where!r} is not a condition: {tree.get('error_message', '')}"
            raise DataVersionError(message, hint=_HINT, where=self._where)
        nodes = list(_nodes(tree["statements"][0]["node"]["where_clause"]))
        if any(node.get("class") == "STAR" for node in nodes):
            return list(self._names)
        spoken = {node["column_names"][0].lower() for node in nodes if "column_names" in node}
        found = [name for name in self._names if name.lower() in spoken]
        return found or self._names[:1]  # a table without columns has no rows

    def rows(self, table: pa.Table) -> pa.Array:
        """Return the positions of the rows for which it is true, in their order."""
        numbers = pa.array(range(table.num_rows), pa.int64())
        asked = table.append_column(self._position, numbers)
        cursor = self._connection
        with self._explained():
            cursor.register("chunk", asked)
            try:
                return cursor.sql(self._query).to_arrow_table().column(0).combine_chunks()
            finally:
                cursor.unregister("chunk")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            message = f"The condition {self._where!r} cannot be answered: {error}"
            hint = f"{_HINT} Columns: {', '.join(self._names)}."
            raise DataVersionError(message, hint=hint, where=self._where) from error


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for child in children:
        yield from _nodes(child)


def quoted(name: str) -> str:
    """Return a column's name as SQL writes it.

    >>> quoted('24" screen')
    '"24"" screen"'
    """
    return '"' + name.replace('"', '""') + '"'
