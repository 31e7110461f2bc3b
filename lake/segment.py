"""Rows as Parquet, and back.

    fresh       a few rows, written at once: no dictionary, no statistics for a single row
    many fresh  as compacted, but not sorted, and without dictionaries of what hardly repeats
    compacted   many rows, sorted: strings by dictionary (sorted, so as runs), whole numbers and
                times as differences, floating point split by byte; zstd; checksum on every page

The Arrow schema is not stored in the file: it would double the size of a one-row segment.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from lake.errors import DamagedError, NotFoundError, SchemaError
from lake.store import as_store_error

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from lake.spec import TableSpec

_FEW_ROWS: Final = 10_000
ROW_GROUP: Final = 122_880  # DuckDB's own size: one thread works on one group
# What may become what; never text a number, nor a number true or false.
_ACCEPTED: Final[Mapping[str, frozenset[str]]] = {
    "bool": frozenset({"bool"}),
    "double": frozenset({"whole", "floating"}),
    "int64": frozenset({"whole", "floating"}),
    "map<string,double>": frozenset({"map"}),
    "map<string,string>": frozenset({"map"}),
    "string": frozenset({"text"}),
    "timestamp": frozenset({"time", "whole"}),
}


def arrow_type(text: str) -> pa.DataType:
    """Return the Arrow type of a column's type text; times are UTC microseconds without a zone.

    >>> str(arrow_type("map<string,double>")), str(arrow_type("timestamp"))
    ('map<string, double>', 'timestamp[us]')
    """
    import pyarrow as pa  # 100 ms that only readers and sealed journals need

    types: dict[str, Callable[[], pa.DataType]] = {
        "bool": pa.bool_,
        "double": pa.float64,
        "int64": pa.int64,
        "map<string,double>": lambda: pa.map_(pa.string(), pa.float64()),
        "map<string,string>": lambda: pa.map_(pa.string(), pa.string()),
        "string": pa.string,
        "timestamp": lambda: pa.timestamp("us"),
    }
    return types[text]()


def schema_of(columns: Mapping[str, str]) -> pa.Schema:
    """Return the Arrow schema of columns given as name and type text."""
    return _schema(tuple(columns.items()))


@lru_cache(maxsize=256)
def _schema(columns: tuple[tuple[str, str], ...]) -> pa.Schema:
    import pyarrow as pa  # as above

    return pa.schema([(name, arrow_type(text)) for name, text in columns])


def fit(table: pa.Table, spec: TableSpec) -> pa.Table:
    """Cast rows to the table's schema, absent columns null. Raises SchemaError with all faults.

    Numbers are cast only without loss, text is never read as a number; times finer than
    microseconds are cut, times with a zone become UTC.
    """
    return _fit(table, spec.name, spec.columns)


def _fit(table: pa.Table, name: str, wanted: Mapping[str, str]) -> pa.Table:
    import pyarrow as pa  # as above

    schema = schema_of(wanted)
    given = table.column_names
    faults = [f"{column}: not a column of the table" for column in given if column not in wanted]
    faults += [f"{column}: given twice" for column in wanted if given.count(column) > 1]
    columns = []
    for field in schema:
        if given.count(field.name) != 1:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        try:
            columns.append(_cast(table.column(field.name), field.type, wanted[field.name]))
        except (pa.ArrowException, TypeError) as error:
            faults.append(f"{field.name}: {_first_line(error)}")
    if faults:
        raise _misfit(name, wanted, faults)
    return pa.Table.from_arrays(columns, schema=schema)


def _misfit(name: str, wanted: Mapping[str, str], faults: list[str]) -> SchemaError:
    message = f"The rows do not fit the table {name}: {'; '.join(faults)}."
    hint = f"Its columns: {', '.join(f'{column} {kind}' for column, kind in wanted.items())}."
    return SchemaError(message, hint=hint, table=name, faults=tuple(faults))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _cast(column: pa.ChunkedArray, kind: pa.DataType, text: str) -> pa.ChunkedArray:
    import pyarrow.compute as pc  # as above

    if column.type == kind:
        return column
    family = _family(column.type)
    if family != "null" and family not in _ACCEPTED[text]:
        raise TypeError(f"{column.type} given, {text} wanted")
    if text == "timestamp" and family == "whole":
        column = column.cast("int64")
    return column.cast(options=pc.CastOptions(kind, allow_time_truncate=True))


def _family(kind: pa.DataType) -> str:
    import pyarrow.types as is_a  # as above

    if is_a.is_dictionary(kind):
        return _family(kind.value_type)
    tests: tuple[tuple[str, tuple[Callable[[Any], bool], ...]], ...] = (
        ("null", (is_a.is_null,)),
        ("text", (is_a.is_string, is_a.is_large_string, is_a.is_string_view)),
        ("bool", (is_a.is_boolean,)),
        ("whole", (is_a.is_integer,)),
        ("floating", (is_a.is_floating, is_a.is_decimal)),
        ("time", (is_a.is_timestamp, is_a.is_date)),
        ("map", (is_a.is_map,)),
    )
    return next((name for name, any_of in tests if any(test(kind) for test in any_of)), "other")


def from_rows(rows: Sequence[Mapping[str, Any]], spec: TableSpec) -> pa.Table:
    """Make a table of Python rows; absent values are null. Raises SchemaError with all faults."""
    import pyarrow as pa  # as above

    strange = {name for row in rows for name in row if name not in spec.columns}
    faults = [f"{name}: not a column of the table" for name in sorted(strange)]
    columns = []
    for field in spec.schema:
        try:
            columns.append(pa.array([row.get(field.name) for row in rows], field.type))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            faults.append(f"{field.name}: {_first_line(error)}")
    if faults:
        raise _misfit(spec.name, spec.columns, faults)
    return pa.Table.from_arrays(columns, schema=spec.schema)


def in_order(table: pa.Table, spec: TableSpec) -> pa.Table:
    """Return rows in the table's order."""
    keys = [(name, "ascending") for name in spec.sort_by]
    return table.sort_by(keys) if keys else table


def encode(
    table: pa.Table,
    spec: TableSpec,
    *,
    compacted: bool = False,
    ordered: bool = False,
    nonce: str = "",
    pause: Callable[[float], object] = lambda _seconds: None,
) -> bytes:
    """Return rows as a Parquet file, those of a compacted one in the table's order.

    `ordered` says that they are in that order already. `nonce` goes into the footer, so that no two
    compactions ever write the same bytes. `pause` is called with 0 after each row group.
    """
    import pyarrow as pa  # as above
    import pyarrow.parquet as pq

    if compacted and not ordered:
        table = in_order(table, spec)
    if compacted:
        options = _encodings(table.schema)
    elif table.num_rows > _FEW_ROWS:
        options = _encodings(table.schema, unless=_without_repeats(table))
    else:
        options = {"use_dictionary": table.num_rows > 1}
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        store_schema=False,
        write_page_checksum=True,
        write_statistics=_with_statistics(table),
        **options,
    ) as writer:
        for start in range(0, max(table.num_rows, 1), ROW_GROUP):
            writer.write_table(table.slice(start, ROW_GROUP), row_group_size=ROW_GROUP)
            pause(0)
        if nonce:
            writer.add_key_value_metadata({"nonce": nonce})
    return bytes(sink.getvalue().to_pybytes())


def _with_statistics(table: pa.Table) -> list[str] | bool:
    """Name the columns that get a minimum and a maximum: those of one scalar, but no floats.

    Statistics leave NaN out, and DuckDB 2.0 concludes from them that there is none (1.5 does not).
    """
    import pyarrow.types as is_a  # as above

    if table.num_rows < 2:
        return False
    scalars = [
        f.name for f in table.schema if not is_a.is_map(f.type) and not is_a.is_floating(f.type)
    ]
    return scalars or False


def _without_repeats(table: pa.Table) -> frozenset[str]:
    """Name the columns of text that hardly repeat: to try a dictionary takes longer than the rest.

    >>> import pyarrow as pa
    >>> names = [str(number) for number in range(9)]
    >>> sorted(_without_repeats(pa.table({"name": names, "ward": ["a"] * 9})))
    ['name']
    """
    import pyarrow.compute as pc  # as above
    import pyarrow.types as is_a

    first = table.slice(0, _FEW_ROWS)
    texts = [field.name for field in table.schema if is_a.is_string(field.type)]
    half = first.num_rows // 2
    return frozenset(name for name in texts if pc.count_distinct(first[name]).as_py() > half)


def _encodings(schema: pa.Schema, *, unless: Container[str] = ()) -> dict[str, Any]:
    """Return how columns are written; those in `unless` get no dictionary."""
    import pyarrow.types as is_a  # as above

    dictionary: list[str] = []
    encodings: dict[str, str] = {}
    for field in schema:
        paths = {field.name: field.type}
        if is_a.is_map(field.type):
            inside = f"{field.name}.key_value"
            paths = {f"{inside}.key": field.type.key_type, f"{inside}.value": field.type.item_type}
        for path, kind in paths.items():
            if is_a.is_integer(kind) or is_a.is_timestamp(kind):
                encodings[path] = "DELTA_BINARY_PACKED"
            elif is_a.is_floating(kind):
                encodings[path] = "BYTE_STREAM_SPLIT"
            elif not is_a.is_boolean(kind) and path not in unless:
                dictionary.append(path)
    return {"use_dictionary": dictionary or False, "column_encoding": encodings or None}


def decode(
    path: Path,
    spec: TableSpec,
    *,
    columns: Sequence[str] | None = None,
    keep_unknown: bool = False,
) -> pa.Table:
    """Read a Parquet file as rows of the table, or only some columns; absent ones are null.

    Columns a newer version added are left out, or kept at the end with `keep_unknown`. Raises
    NotFoundError, and DamagedError for anything the reader finds wrong with the bytes.
    """
    if columns is not None and (strange := sorted(set(columns) - set(spec.columns))):
        raise _misfit(spec.name, spec.columns, [f"{name}: no such column" for name in strange])
    chosen = spec.columns if columns is None else columns
    wanted = {name: spec.columns[name] for name in chosen}
    table = _read(path, None if keep_unknown else wanted)
    unknown = [name for name in table.column_names if name not in wanted]
    rows = _fit(table.drop_columns(unknown), spec.name, wanted)
    for name in unknown if keep_unknown else ():
        rows = rows.append_column(name, table.column(name))
    return rows


def _read(path: Path, wanted: Iterable[str] | None) -> pa.Table:
    import pyarrow.parquet as pq  # as above

    with _opened(path) as source, pq.ParquetFile(source, page_checksum_verification=True) as file:
        present = file.schema_arrow.names
        columns = None if wanted is None else [name for name in wanted if name in present]
        if columns == []:
            columns = present[:1]  # the reader loses the number of rows when it reads no column
        # handing a few rows to other threads takes longer than reading them
        threads = file.metadata.num_rows > _FEW_ROWS
        rows = file.read(columns=columns, use_threads=threads)
        return rows.replace_schema_metadata(None)


def footer(path: Path) -> tuple[pa.Schema, int]:
    """Return the columns and the number of rows that a Parquet file says it has.

    Raises NotFoundError and DamagedError.
    """
    import pyarrow.parquet as pq  # as above

    with _opened(path) as source, pq.ParquetFile(source) as file:
        return file.schema_arrow.remove_metadata(), int(file.metadata.num_rows)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[pa.NativeFile]:
    """Open a file for a Parquet reader, and make what the reader then raises a DamagedError."""
    import pyarrow as pa  # as above

    try:
        with pa.OSFile(str(path)) as source:
            yield source
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.", path=str(path)) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise as_store_error(error, path) from error
        # Broken bytes make the reader raise nearly anything: ValueError, OSError, MemoryError, ...
        message = f"{path} is damaged: {_first_line(error)}."
        hint = "Restore the file from a copy of the lake."
        raise DamagedError(message, hint=hint, path=str(path)) from error


def widened(present: pa.Schema, spec: TableSpec) -> pa.Schema:
    """Return a schema with all columns of both. Raises SchemaError where their types conflict."""
    import pyarrow as pa  # as above

    try:
        return pa.unify_schemas([present, spec.schema], promote_options="permissive")
    except pa.ArrowException as error:
        message = f"The table {spec.name} has files with columns of other types: {error}."
        hint = "Give a column of another type another name."
        raise SchemaError(message, hint=hint, table=spec.name) from error
