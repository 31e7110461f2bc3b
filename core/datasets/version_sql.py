"""A version as SQL over its stored objects, which any DuckDB from 1.5 on reads.

    whole chunks     read_parquet of their objects
    overlays         the objects of the first columns, beside those of the others: the same rows
                     stand at the same positions
    patched chunks   the rows of the stored chunk without the deleted ones, and the inserted ones

Types are those that Parquet holds (core/storable.py): categories are text, spans are whole numbers.
Rows come in no order that could be relied on.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.types as is_a

from core.datasets.patch_files import PART, POSITION, free_name
from core.datasets.retrieval import quoted
from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from core.datasets.layout import Layout, Part

    Locate = Callable[[str], str]  # of an object's digest: where it is

# what DuckDB calls the place of a row, unless a column is called so
_FILE: Final = "file_index"
_ROW: Final = "file_row_number"
_FROM: Final = "select {columns} from read_parquet({files}, union_by_name = true)"
_BESIDE: Final = "select {columns} from ({sources})"
_KEPT: Final = """\
select {columns} from read_parquet({files}, union_by_name = true) b
where not exists (
  from (select list_position({parts}, {part}) - 1 as f, {position} as p
        from read_parquet({deletions})) d
  where d.f = b.file_index and d.p = b.file_row_number)"""
_INSERTED: Final = "select {columns} from read_parquet({insertions})"


def version_sql(layout: Layout, locate: Locate) -> str:
    """Return a query for the rows of a version. Raises DataVersionError where there can be none."""
    _check_names(layout)
    names = layout.schema.names
    if not layout.parts:
        return _no_rows(layout)
    columns = ", ".join(map(quoted, names))
    groups: dict[tuple[tuple[str, ...], ...], list[Part]] = defaultdict(list)
    patched = []
    for number, part in enumerate(layout.parts):
        if part.patched:
            patched.append((number, part))
        else:
            groups[tuple(piece.columns for piece in part.pieces)].append(part)
    queries = [_stored(parts, columns, locate) for parts in groups.values()]
    if patched:
        queries += _patched(layout, patched, columns, locate)
    return "\nunion all\n".join(queries)


def _stored(parts: Sequence[Part], columns: str, locate: Locate) -> str:
    """Read parts that are put together in the same way."""
    sources = []
    for place, piece in enumerate(parts[0].pieces):
        files = _texts(locate(part.pieces[place].object) for part in parts)
        wanted = ", ".join(map(quoted, piece.columns))
        sources.append(_FROM.format(columns=wanted, files=files))
    if len(sources) == 1:
        return _FROM.format(
            columns=columns, files=_texts(locate(p.pieces[0].object) for p in parts)
        )
    beside = "\n  positional join ".join(f"({source})" for source in sources)
    return _BESIDE.format(columns=columns, sources=f"from {beside}")


def _patched(
    layout: Layout, parts: Sequence[tuple[int, Part]], columns: str, locate: Locate
) -> list[str]:
    """Read patched parts: a stored chunk that two of them stand on is named twice."""
    files = _texts(locate(part.pieces[0].object) for _, part in parts)
    if layout.deletions:
        kept = _KEPT.format(
            columns=columns,
            files=files,
            parts="[" + ", ".join(str(number) for number, _ in parts) + "]",
            part=PART,
            position=POSITION,
            deletions=_text(locate(layout.deletions)),
        )
    else:
        kept = _FROM.format(columns=columns, files=files)
    if not layout.insertions:
        return [kept]
    return [kept, _INSERTED.format(columns=columns, insertions=_text(locate(layout.insertions)))]


def _no_rows(layout: Layout) -> str:
    import duckdb  # not needed where there are rows

    from core.datasets.reader import stored_schema

    fields = [
        # as which DuckDB reads what has more digits than any of its types
        field.with_type(pa.float64()) if is_a.is_decimal256(field.type) else field
        for field in stored_schema(layout.schema)
    ]
    with duckdb.connect() as connection:
        try:
            connection.register("empty", pa.schema(fields).empty_table())
        except duckdb.Error as error:
            message = f"This version cannot be asked for in SQL: {error}"
            raise DataVersionError(message, hint="Read it with get_dataset.") from error
        kinds = connection.table("empty").types
    columns = [
        f"null::{kind} as {quoted(name)}"
        for name, kind in zip(layout.schema.names, kinds, strict=True)
    ]
    return f"select {', '.join(columns)} where false"


def _check_names(layout: Layout) -> None:
    """Refuse names that DuckDB cannot tell apart, or takes for its own."""
    seen: dict[str, str] = {}
    faults = []
    for name in layout.schema.names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            faults.append(f"{other} and {name} are the same name in SQL")
        if name.lower() in {_FILE, _ROW} and any(part.patched for part in layout.parts):
            faults.append(f"{name} is DuckDB's own name")
        if not name:
            faults.append("a column has no name")
    taken = {free_name(name, layout.schema.names).lower() for name in (PART, POSITION)}
    faults += [f"{name} is taken by the patches" for n, name in seen.items() if n in taken]
    if faults:
        message = f"This version cannot be asked for in SQL: {'; '.join(faults)}."
        hint = "Read it with get_dataset, or rename the columns."
        raise DataVersionError(message, hint=hint, faults=tuple(faults))


def _texts(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(_text, texts)) + "]"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
