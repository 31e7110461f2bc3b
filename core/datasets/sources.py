"""Rows from anywhere, a piece at a time: frames, queries that are still to run, and files.

    pandas, polars, Arrow                    as they are
    polars LazyFrame, DuckDB relation        run by their engine, a batch at a time
    .parquet .csv .tsv .jsonl .ndjson .arrow .feather .xpt     (also .csv.gz and the like)
    several of these files                   their rows, one file after the other

A file of any size is read in pieces: only one of them is in memory.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from core.datasets.variable_labels import with_labels
from core.frames import FrameError, to_arrow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import duckdb
    import pandas as pd

BATCH_ROWS: Final = 65_536
# Left to itself DuckDB skips first lines that do not fit the others, and those that begin with "#":
# rows would be lost, and nobody told.
_CSV: Final = "select * from read_csv($path, sample_size = -1, skip = 0, comment = '')"
_BEGINNING: Final = "select SkipRows, len(Columns) from sniff_csv($path)"
_FIELDS: Final = (
    "select count(*) from read_csv($path, delim = $mark, header = true, skip = 0, comment = '')"
)
_JSON_LINES: Final = """
select * from read_json($path, sample_size = -1, format = 'newline_delimited')
"""
_ZERO_OF_IBM: Final = 16.0**-65
# To find out the types DuckDB would keep all of the file in memory (2.0: 2.2 GB of one of 2 GB),
# unless it may not. What many columns or long lines need more for gets more.
_MEMORY_LIMITS: Final = ("128MB", "1GB", "8GB")
_HINT: Final = "Name a .parquet, .csv, .tsv, .jsonl, .arrow, .feather or .xpt file."


@dataclass(frozen=True, slots=True)
class Source:
    """Columns, and rows in pieces; the rows can be taken once. `described` is the file's name."""

    schema: pa.Schema
    pieces: Iterable[pa.Table]
    described: str = ""


def open_source(data: Any) -> Source:
    """Return the rows of any table or file. Raises FrameError."""
    if isinstance(data, str | Path):
        return _open_file(Path(data).expanduser())
    if isinstance(data, list | tuple) and data and all(isinstance(d, str | Path) for d in data):
        from core.datasets.several_files import open_files  # which opens each by this function

        return open_files([Path(path).expanduser() for path in data])
    if isinstance(data, pa.RecordBatchReader):
        return Source(data.schema, _batches(data))
    if hasattr(data, "collect_batches"):  # a polars LazyFrame
        return _from_frames(data.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True), data)
    if hasattr(data, "to_arrow_reader"):  # a DuckDB relation
        return open_source(data.to_arrow_reader(BATCH_ROWS))
    table = to_arrow(data)
    return Source(table.schema, _slices(table))


def read_all(data: Any) -> pa.Table:
    """Return all rows of any table or file at once. Raises FrameError.

    >>> read_all({"age": [30, 41]}).num_rows
    2
    """
    source = open_source(data)
    return pa.concat_tables([pa.Table.from_batches([], source.schema), *source.pieces])


def _slices(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, BATCH_ROWS):
        yield table.slice(start, BATCH_ROWS)


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    for batch in reader:
        yield pa.Table.from_batches([batch], reader.schema)


def _from_frames(frames: Iterable[Any], query: Any) -> Source:
    """Take polars frames, the first of which says the types."""
    rest = iter(frames)
    first = next(rest, None)
    empty = query.head(0).collect() if first is None else first
    schema = pa.table(empty).schema

    def pieces() -> Iterator[pa.Table]:
        if first is not None:
            yield pa.table(first)
        for frame in rest:
            yield pa.table(frame)

    return Source(schema, pieces())


def _open_file(path: Path) -> Source:
    if not _is_there(path):
        message = f"There is no file {path}."
        raise FrameError(message, hint=_HINT, path=str(path))
    suffix = next((s for s in reversed(path.suffixes) if s.lower() in _READERS), "").lower()
    if not suffix:
        message = f"{path.name} is of no type that can be read."
        raise FrameError(message, hint=_HINT, path=str(path))
    try:
        source = _READERS[suffix](path)
    except (pa.ArrowException, ValueError) as error:
        raise _unreadable(path, error) from error
    return Source(source.schema, _readable(path, source.pieces), path.name)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # of a name that no file can have: it is too long
        return False


def _readable(path: Path, pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    try:
        yield from pieces
    except (pa.ArrowException, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> FrameError:
    hint = "Mend the file, or write it again from where it came."
    reason = str(error).strip().removesuffix(".")
    return FrameError(f"{path} cannot be read: {reason}.", hint=hint, path=str(path))


def _read_parquet(path: Path) -> Source:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    batches = file.iter_batches(BATCH_ROWS)
    return Source(schema, (pa.Table.from_batches([batch], schema) for batch in batches))


def _read_arrow(path: Path) -> Source:
    file = pa.ipc.open_file(path)
    numbers = range(file.num_record_batches)
    tables = (pa.Table.from_batches([file.get_batch(n)], file.schema) for n in numbers)
    return Source(file.schema, (piece for table in tables for piece in _slices(table)))


def _read_text(query: str, path: Path) -> Source:
    """Let DuckDB find out the types, from all rows, and read what does not fit in memory."""
    import duckdb

    from catalog.session import connect

    if not path.stat().st_size:
        message = "it is empty"
        raise ValueError(message)
    connection = connect()
    try:
        batches = _opened(connection, query, path)
    except duckdb.Error as error:
        raise ValueError(_reason(error)) from error

    def pieces() -> Iterator[pa.Table]:
        try:
            yield from _batches(batches)
        except duckdb.Error as error:
            raise ValueError(_reason(error)) from error
        finally:
            connection.close()

    return Source(batches.schema, pieces())


def _reason(error: duckdb.Error) -> str:
    """Return what DuckDB says is wrong, without its settings and how to change them."""
    return " ".join(str(error).partition("\nPossible")[0].split())


def _opened(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> pa.RecordBatchReader:
    """Find out the types in little memory, in more where that is too little."""
    import duckdb

    connection.execute("set threads = 2")
    *less, most = _MEMORY_LIMITS
    for limit in less:
        connection.execute(f"set memory_limit = '{limit}'")
        with contextlib.suppress(duckdb.OutOfMemoryException):
            return connection.sql(query, params={"path": str(path)}).to_arrow_reader(BATCH_ROWS)
    connection.execute(f"set memory_limit = '{most}'")
    return connection.sql(query, params={"path": str(path)}).to_arrow_reader(BATCH_ROWS)


def _read_csv(path: Path) -> Source:
    source = _read_text(_CSV, path)
    if len(source.schema) == 1:
        _check_fields(path, source.schema.names[0])
    return source


def _check_fields(path: Path, header: str) -> None:
    """Refuse what DuckDB takes for one column of whole lines because they do not fit together."""
    import duckdb

    from catalog.session import connect

    mark = next((mark for mark in ",;\t|" if mark in header), "")
    with contextlib.closing(connect()) as connection:
        if not mark:
            _check_beginning(connection, path)
            return
        try:
            connection.execute(_FIELDS, {"path": str(path), "mark": mark})
        except duckdb.Error as error:
            fields = header.count(mark) + 1
            message = f"its first line has {fields} fields, and others have more or fewer"
            raise ValueError(message) from error


def _check_beginning(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a table that has lines before it: what they say would be lost."""
    skipped, columns = connection.execute(_BEGINNING, {"path": str(path)}).fetchall()[0]
    if columns > 1:
        message = f"its table seems to begin in line {skipped + 1}; take out the lines before it"
        raise ValueError(message)


def _read_json(path: Path) -> Source:
    return _read_text(_JSON_LINES, path)


def _read_transport(path: Path) -> Source:
    """Read a SAS transport file (XPORT), as the surveys of the CDC come, with its labels."""
    with _open_transport(path) as chunks:
        labels = {_text(field["name"]): _text(field["label"]) for field in chunks.fields}
        first = next((_as_table(chunk) for chunk in chunks), pa.table({}))
    schema = with_labels(first.schema.remove_metadata(), labels)

    def pieces() -> Iterator[pa.Table]:
        with _open_transport(path) as chunks:
            yield from (_as_table(chunk).cast(schema) for chunk in chunks)

    return Source(schema, pieces())


def _open_transport(path: Path) -> Any:
    import pandas as pd

    return pd.read_sas(path, format="xport", chunksize=BATCH_ROWS, encoding="latin-1")


def _as_table(chunk: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(_as_meant(chunk), preserve_index=False)


def _text(label: str | bytes) -> str:
    text = label.decode("latin-1") if isinstance(label, bytes) else label
    return " ".join(text.replace("\0", " ").split())


def _as_meant(chunk: pd.DataFrame) -> pd.DataFrame:
    """Give back the zeros: pandas 2.3 takes IBM's, whose bits are all zero, for 16 ** -65.

    A text of blanks is how SAS writes that one is missing.
    """
    numbers, texts = chunk.select_dtypes("number"), chunk.select_dtypes("object")
    chunk[numbers.columns] = numbers.mask(numbers.abs() == _ZERO_OF_IBM, 0.0)
    chunk[texts.columns] = texts.astype("string").mask(texts == "")
    return chunk


_READERS: Final[dict[str, Callable[[Path], Source]]] = {
    ".arrow": _read_arrow,
    ".csv": _read_csv,
    ".feather": _read_arrow,
    ".jsonl": _read_json,
    ".ndjson": _read_json,
    ".parquet": _read_parquet,
    ".tsv": _read_csv,
    ".xpt": _read_transport,
}
