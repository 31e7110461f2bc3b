"""The table that is looked at: any frame, file or dataset version, held as lean as it goes.

Texts are kept as codes of a dictionary, which is what is counted of them, and a tenth as large.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.datasets.sources import open_source
from core.datasets.variable_labels import labels_of
from core.eda.mixed import one_type_each
from core.eda.thinned import Whole, thinned
from core.errors import EDAError
from core.frames import FrameError
from core.memory import give_back
from core.profile import vectors
from core.profile.measured import MeasuredColumn, in_one_piece, is_number, is_text
from core.storable import stored_type, to_stored, unstorable

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int32]
    Places = npt.NDArray[np.int64]

_ALL: Final = slice(None)
MOST_BYTES: Final = 2 * 1024**3
_INDEX: Final = "__index_level_"  # what pandas calls an index without a name


@dataclass(frozen=True)
class Column:
    """One column. `values` are as they were given, or dictionary-encoded texts."""

    name: str
    given_type: pa.DataType
    values: pa.ChunkedArray

    @property
    def stored(self) -> pa.Array:
        """Return the values in one piece, of a type that can be counted; texts as codes."""
        return self.measured.column

    @cached_property
    def measured(self) -> MeasuredColumn:
        """What is counted of it: once, for all who ask."""
        return MeasuredColumn(in_one_piece(self.values))

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers to calculate with."""
        return is_number(self.values.type)

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return self.measured.family == "text" or is_a.is_dictionary(self.values.type)

    def numbers(self, rows: Places | slice = _ALL) -> Numbers:
        """Return some or all values as float64; missing ones are NaN."""
        found = self.measured
        if is_a.is_boolean(self.values.type):
            found = MeasuredColumn(found.column.cast(pa.int8()))
        return found.floats[rows]

    def codes(self, rows: Places | slice = _ALL) -> tuple[Codes, int]:
        """Return a number for each value, 0 ... n - 1, and n; missing values are -1."""
        found = self._encoded
        return found.codes[rows], len(found.column.dictionary)

    def labelled(self, rows: Places) -> tuple[Codes, tuple[str, ...]]:
        """Return a number for each of some values, as `codes` does, and what they stand for."""
        found = self._encoded
        codes = found.codes[rows]
        used = np.unique(codes[codes >= 0])
        numbered = np.full(len(found.column.dictionary) + 1, -1, np.int32)  # the last is missing
        numbered[used] = np.arange(len(used), dtype=np.int32)
        words = found.column.dictionary.take(vectors.places(used.astype(np.int64))).cast(
            pa.string()
        )
        return numbered[codes], tuple(words.to_pylist())

    @cached_property
    def _encoded(self) -> MeasuredColumn:
        if is_a.is_dictionary(self.stored.type):
            return self.measured
        return MeasuredColumn(self.stored.dictionary_encode())


@dataclass(frozen=True)
class PieceByPiece:
    """The numbers of a column, of which only those asked for are in memory as float64."""

    column: pa.Array

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, rows: slice) -> Numbers:
        start, end, _ = rows.indices(len(self))
        return vectors.floats(self.column.slice(start, end - start))


@dataclass(frozen=True)
class Data:
    """A table with a name, and what reading it left out."""

    name: str
    table: pa.Table
    types: dict[str, pa.DataType]
    whole: Whole | None = None  # what is known of a table that is too large to be here
    mixed: dict[str, dict[str, int]] = field(default_factory=dict)  # types of values of a column
    labels: dict[str, str] = field(default_factory=dict)  # what columns are called in words

    @property
    def rows(self) -> int:
        """How many rows are looked at."""
        return int(self.table.num_rows)

    @property
    def all_rows(self) -> int:
        """How many rows there are."""
        return self.rows if self.whole is None else self.whole.rows

    @property
    def names(self) -> list[str]:
        """The names of the columns, in their order."""
        return [*self.types]

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return Column(name, self.types[name], self.table[name])


def as_data(data: Any, name: str = "", *, most_bytes: int = MOST_BYTES) -> Data:
    """Read any frame or file; of one that would take more than `most_bytes`, every n-th row.

    Raises FrameError, and EDAError naming columns that cannot be read.

    >>> as_data({"site": ["a", "a", None]}, "visits").column("site").codes()[0].tolist()
    [0, 0, -1]
    """
    title = name or (Path(data).name if isinstance(data, str | Path) else "table")
    if isinstance(data, str | Path) and Path(data).suffix.lower() == ".parquet":
        found = _read_parquet(title, Path(data).expanduser(), most_bytes)
        if found is not None:
            return found
    data, mixed = one_type_each(data)
    source = open_source(data)
    names = _checked(source.schema)
    table, whole = thinned(source.schema, source.pieces, names, most_bytes)
    rows, given = table.num_rows, dict(zip(names, table.columns, strict=True))
    del table
    columns = {column: _lean(given.pop(column)) for column in names}  # none is there twice but one
    give_back()
    types = {column: source.schema.field(column).type for column in names}
    return Data(title, _table(columns, rows), types, whole, mixed, labels_of(source.schema))


def _table(columns: dict[str, pa.ChunkedArray], rows: int) -> pa.Table:
    return pa.table(columns) if columns else pa.table({"": pa.nulls(rows)}).select([])


def _checked(schema: pa.Schema) -> list[str]:
    """Return the names of the columns, an index without a name left out."""
    counted = Counter(schema.names).items()
    faults = [f"{name}: the name of {n} columns" for name, n in counted if n > 1]
    faults += unstorable(schema)
    if faults:
        message = f"The table cannot be analyzed: {'; '.join(faults)}."
        raise EDAError(message, hint="Rename, cast or drop these columns.", faults=faults)
    return [name for name in schema.names if not name.startswith(_INDEX)]


def _read_parquet(title: str, path: Path, most_bytes: int) -> Data | None:
    """Read a column at a time, so that none is in memory twice but one; None of what is larger."""
    import pyarrow.parquet as pq  # only for files

    if not path.is_file():
        raise FrameError(f"There is no file {path}.", path=str(path))
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            groups = range(file.metadata.num_row_groups)
            if sum(file.metadata.row_group(n).total_byte_size for n in groups) > most_bytes:
                return None
        texts = [field.name for field in schema if is_text(field.type)]
        names = _checked(schema)
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            columns = {
                name: _lean(file.read(columns=[name], use_threads=False)[name], checked=True)
                for name in names
            }
        give_back()
    except (pa.ArrowException, OSError) as error:
        raise FrameError(f"{path} cannot be read: {error}", path=str(path)) from error
    types = {name: schema.field(name).type for name in names}
    return Data(title, _table(columns, rows), types, labels=labels_of(schema))


def _lean(column: pa.ChunkedArray, *, checked: bool = False) -> pa.ChunkedArray:
    """Return texts as codes; anything else as it is stored. `checked`: no text is in it twice."""
    if is_a.is_dictionary(column.type) and is_text(column.type.value_type):
        return _unified(column, checked=checked)
    kind = stored_type(column.type)
    stored = column if kind == column.type else pa.chunked_array([to_stored(column)], kind)
    if is_a.is_integer(stored.type):
        return _narrowed(stored)
    return stored.dictionary_encode() if is_text(stored.type) else stored


def _narrowed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return whole numbers in the fewest bytes that hold them: codes and counts in an eighth."""
    bounds = pc.min_max(column).as_py()
    if bounds["min"] is None:
        return column
    for kind, most in ((pa.int8(), 2**7), (pa.int16(), 2**15), (pa.int32(), 2**31)):
        if (
            kind.bit_width < column.type.bit_width
            and -most <= bounds["min"] <= bounds["max"] < most
        ):
            return column.cast(kind)
    return column


def _unified(column: pa.ChunkedArray, *, checked: bool) -> pa.ChunkedArray:
    """Return texts as codes of one dictionary, in which each text is once and none is missing."""
    whole = column.unify_dictionaries() if column.num_chunks > 1 else column
    words = whole.chunk(0).dictionary if whole.num_chunks else None
    if words is None or words.null_count or (not checked and len(pc.unique(words)) < len(words)):
        kind = stored_type(column.type)
        return pa.chunked_array([to_stored(column)], kind).dictionary_encode()
    return whole
