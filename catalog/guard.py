"""A closed DuckDB for questions of anybody: it can read what it was given, and do nothing else.

What holds it shut, each alone enough for most attempts:

    one SELECT         anything else is refused before it runs: COPY, ATTACH, SET, PRAGMA, INSTALL,
                       CREATE, CALL, EXPORT, EXPLAIN ANALYZE of these, several statements
    no access          no file but the listed Parquet files of the lake, no network, no extension
    locked settings    nothing above can be undone in SQL
    its own process    with no variables of the environment, which cannot write a file of a byte,
                       cannot take more memory than its limit, and is killed when its time is up

The last is needed: `repeat('x', 3000000000)` takes 6 GB and 50 s in a DuckDB that was told to take
512 MB and to stop after 5 s (measured, 2.0). The process is catalog/guard_process.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from catalog.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    import pyarrow as pa

_HINT: Final = "Ask with one SELECT; the views are listed beside the editor."
_LOCKED_OUT: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
_BATCH: Final = 2048
# what has no plain value in a table of a page or a file
_AS_TEXT: Final = ("INTERVAL", "UNION", "BIT", "TIME WITH TIME ZONE", "VARIANT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one question may take: seconds, rows and bytes of the answer, and bytes of memory."""

    seconds: float = 30.0
    rows: int = 10_000
    answer_bytes: int = 64 * 1024**2
    memory_bytes: int = 1024**3
    threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and what may be read for it.

    `files` are all that DuckDB may open. `views` are statements that make views of them, in this
    order. Tables are handed over beside it.
    """

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    explain: bool = False
    files: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Read it again."""
        return cls(**{**document, "limits": Limits(**document["limits"])})


def closed_duckdb(question: Question, tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB that knows these tables and views, and shut it behind us."""
    import duckdb  # as in catalog.session

    connection = duckdb.connect(":memory:", config=dict(_LOCKED_OUT))
    limits = question.limits
    for setting in (
        "set timezone = 'UTC'",
        "set enable_progress_bar = false",
        "set python_enable_replacements = false",
        "set temp_directory = ''",
        "set secret_directory = ''",
        "set home_directory = ''",
        f"set memory_limit = '{limits.memory_bytes} B'",
        f"set threads = {limits.threads}",
    ):
        connection.execute(setting)
    for name, table in tables.items():
        connection.register(name, table)
    connection.execute("set allowed_paths = $1", [list(question.files)])
    for view in question.views:
        connection.execute(view)
    # in this order: what is allowed cannot be added to once access is off
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def check_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse everything but one SELECT. Raises QueryError, also for what cannot be read."""
    import duckdb  # as above

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(str(error), query=sql) from None
    kinds = [_kind_of(statement) for statement in statements]
    if kinds != ["SELECT"]:
        found = " and ".join(kinds[:3]) + (" ..." if len(kinds) > 3 else "")
        message = f"This is {found or 'nothing'}. Only one SELECT can be asked here."
        raise QueryError(message, hint=_HINT, query=sql)


def _kind_of(statement: duckdb.Statement) -> str:
    try:
        return statement.type.name
    except ValueError:  # of a kind that DuckDB knows and its Python does not: UPDATE EXTENSIONS
        return "no question"


def answer(connection: duckdb.DuckDBPyConnection, question: Question) -> tuple[pa.Table, bool]:
    """Return the first rows of the answer, and whether there are more. Raises QueryError."""
    import duckdb  # as above
    import pyarrow as pa  # as above

    check_statement(connection, question.sql)
    sql = f"explain analyze {question.sql}" if question.explain else question.sql
    parameters = dict(question.parameters) or None
    try:
        if question.explain:
            rows = connection.execute(sql, parameters).fetchall()
            return pa.table({"plan": [str(row[1]) for row in rows]}), False
        relation = connection.sql(sql, params=parameters)
        if relation is None:
            raise QueryError("This has no answer.", hint=_HINT, query=question.sql)
        return _first_rows(_plain(relation), question.limits)
    except pa.ArrowMemoryError as error:
        raise MemoryError from error
    except (duckdb.Error, pa.ArrowException, OverflowError, OSError) as error:
        raise QueryError(_message(error), query=question.sql) from None


def _plain(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Turn columns that have no plain values into text; names that occur twice get a number."""
    kinds = [str(kind) for kind in relation.types]
    names = distinct(relation.columns)
    odd = [any(word in kind for word in _AS_TEXT) for kind in kinds]
    if not any(odd) and names == relation.columns:
        return relation
    columns = [
        f"#{place}{'::varchar' if as_text else ''} as {quoted(name)}"
        for place, (name, as_text) in enumerate(zip(names, odd, strict=True), 1)
    ]
    return relation.project(", ".join(columns))


def _first_rows(relation: duckdb.DuckDBPyRelation, limits: Limits) -> tuple[pa.Table, bool]:
    import pyarrow as pa  # as above

    reader = relation.to_arrow_reader(_BATCH)
    batches, rows, size = [], 0, 0
    for batch in reader:
        kept = batch.slice(0, limits.rows - rows)
        # a batch may be far larger than all that was asked for: half of its rows, until it fits
        while kept.num_rows and size + kept.get_total_buffer_size() > limits.answer_bytes:
            if kept.num_rows == 1:
                kept = kept.slice(0, 0)
                break
            kept = pa.record_batch(kept.slice(0, kept.num_rows // 2).to_pydict(), kept.schema)
        batches.append(kept)
        rows, size = rows + kept.num_rows, size + kept.nbytes
        if kept.num_rows < batch.num_rows:
            if not rows:
                message = f"The first row alone takes more than {limits.answer_bytes:,} bytes."
                raise QueryError(message, hint="Select fewer or shorter values.")
            return pa.Table.from_batches(batches, reader.schema), True
    return pa.Table.from_batches(batches, reader.schema), False


def _message(error: Exception) -> str:
    text = str(error).strip()
    return text.partition("\n\nPossible solutions")[0] if "Out of Memory" in text else text


def distinct(names: Sequence[str]) -> list[str]:
    """Number columns of the same name, as SQL and tables know no difference of case.

    >>> distinct(["a", "b", "A"])
    ['a', 'b', 'A_2']
    """
    taken: dict[str, str] = {}
    for name in names:
        candidate, number = name, 1
        while candidate.lower() in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken[candidate.lower()] = candidate
    return list(taken.values())


def quoted(name: str) -> str:
    """Return a name as SQL writes it.

    >>> quoted("a b")
    '"a b"'
    """
    return '"' + name.replace('"', '""') + '"'
