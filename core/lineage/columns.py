"""Which columns of its inputs each column of a query's answer is made of.

A column counts when it is part of the expression, as a value or as a condition of it. What decides
which rows there are (`where`, `join ... on`, `group by`) does not: it concerns all columns alike.
sqlglot reads the query, through subqueries, common table expressions and `select *`. Where it does
not understand one, the column is named with the reason rather than guessed.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlglot import exp
    from sqlglot.lineage import Node
    from sqlglot.optimizer.scope import Scope

_UNNAMED: Final = "_col_"  # what sqlglot calls a column without a name


@dataclass(frozen=True, slots=True)
class ColumnSources:
    """`columns`: output column to (table, column) of the inputs; `unresolved`: and why not."""

    columns: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    unresolved: Mapping[str, str] = field(default_factory=dict)


def column_sources(
    query: str, tables: Mapping[str, Sequence[str]], outputs: Sequence[str]
) -> ColumnSources:
    """Find what each of the `outputs` of a query in DuckDB's SQL is made of.

    `tables` are the inputs by the names the query has for them, with their columns.

    >>> column_sources("select a + b as total from t", {"t": ["a", "b"]}, ["total"]).columns
    {'total': (('t', 'a'), ('t', 'b'))}
    """
    from sqlglot.errors import SqlglotError  # 200 ms that only SQL transformations need

    with _silent():
        try:
            selects, scope = _selects(query, tables)
            return _Reader(selects, scope, tables).sources(outputs)
        except (SqlglotError, ValueError, RecursionError) as error:
            reason = f"the query is not understood: {_first_line(error)}"
            return ColumnSources({}, dict.fromkeys(outputs, reason))


@contextmanager
def _silent() -> Iterator[None]:
    """Keep sqlglot from warning of what the answer says anyway."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _selects(query: str, tables: Mapping[str, Sequence[str]]) -> tuple[list[exp.Expr], Scope]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    schema: dict[str, object] = {
        name: dict.fromkeys(columns, "unknown") for name, columns in tables.items()
    }
    tree = sqlglot.parse_one(query, dialect="duckdb")
    if not isinstance(tree, exp.Query):
        raise SqlglotError(f"{tree.key.upper()} is no SELECT")
    qualified = qualify(
        tree, schema=schema, dialect="duckdb", validate_qualify_columns=False, identify=False
    )
    scope = build_scope(qualified)
    if scope is None:
        raise SqlglotError("it selects nothing")
    return list(qualified.selects), scope


class _Reader:
    """Reads one query whose names have been made complete."""

    def __init__(
        self, selects: list[exp.Expr], scope: Scope, tables: Mapping[str, Sequence[str]]
    ) -> None:
        self._selects = selects
        self._scope = scope
        self._tables = {
            name.lower(): (name, {column.lower(): column for column in columns})
            for name, columns in tables.items()
        }

    def sources(self, outputs: Sequence[str]) -> ColumnSources:
        """Return the sources of each output: of the same name, or unnamed in the same place."""
        named = {select.alias_or_name.lower(): select.alias_or_name for select in self._selects}
        in_place = len(self._selects) == len(outputs)
        columns: dict[str, tuple[tuple[str, str], ...]] = {}
        unresolved: dict[str, str] = {}
        for place, output in enumerate(outputs):
            found = named.get(output.lower(), "")
            if not found and in_place:
                here = self._selects[place].alias_or_name
                found = here if here.startswith(_UNNAMED) else ""
            try:
                columns[output] = self._of(found)
            except _NotUnderstoodError as error:
                unresolved[output] = str(error)
        return ColumnSources(columns, unresolved)

    def _of(self, column: str) -> tuple[tuple[str, str], ...]:
        from sqlglot import exp, lineage
        from sqlglot.errors import SqlglotError

        if not column:
            raise _NotUnderstoodError("no column of this name is found in the query")
        query = self._scope.expression
        if any(each.args.get("by_name") for each in query.find_all(exp.SetOperation)):
            raise _NotUnderstoodError("union by name")
        try:
            node = lineage.lineage(
                column, query, schema={}, dialect="duckdb", scope=self._scope, trim_selects=False
            )
        except (SqlglotError, ValueError) as error:
            raise _NotUnderstoodError(_first_line(error)) from error
        found = {source for each in node.walk() for source in self._at(each)}
        return tuple(sorted(found))

    def _at(self, node: Node) -> Iterator[tuple[str, str]]:
        """Return the input's column that a node is, if it is one."""
        import sqlglot
        from sqlglot import exp

        if strange := _strange(node.expression):
            raise _NotUnderstoodError(strange)
        table = node.expression
        if node.downstream or not isinstance(table, exp.Table):
            return
        if not isinstance(table.this, exp.Identifier):  # range(3) and the like
            if table.find(exp.Column):
                raise _NotUnderstoodError(f"rows made of columns: {table.sql('duckdb')}")
            return
        name = sqlglot.parse_one(node.name).name
        given, columns = self._tables.get(table.name.lower(), (table.name, {}))
        if name.lower() not in columns:
            raise _NotUnderstoodError(f"{given}.{name} is no column of an input")
        yield given, columns[name.lower()]


class _NotUnderstoodError(Exception):
    """Where a column comes from cannot be told; the message says why."""


def _strange(expression: exp.Expr) -> str:
    """Name what is in an expression that sqlglot reads as if it were not there."""
    from sqlglot import exp

    if isinstance(expression, exp.Placeholder):
        return "a recursive query, or a table that is no input"
    if isinstance(expression, exp.Table):
        return "pivot" if expression.args.get("pivots") else ""
    if expression.find(exp.Columns):
        return "columns(...)"
    if expression.find(exp.TableColumn):
        return "a whole row as one value"
    if any(window.args.get("alias") for window in expression.find_all(exp.Window)):
        return "a window that is defined elsewhere"
    stars = expression.find_all(exp.Star)
    return "" if all(isinstance(star.parent, exp.Count) for star in stars) else "*"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
