"""A journal's lines as rows of Arrow tables.

{"t":"metrics","run_id":"0193...","value":0.73}     flat: parsed by Arrow as it stands, once its
                                                    checksum is found right and taken away
{"t":"runs","params":{"depth":"4"}}                 with maps, and merged by its table's rule
\x00\x00rbage                                       damaged
{"t":"surveys","text":"..."}                        strange: of a newer version's table
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lake.errors import SchemaError
from lake.journal import CHECKSUM, without_checksum

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from lake.spec import TableSpec


@dataclass(slots=True, kw_only=True)
class Lines:
    """A journal's complete lines, sorted by table: flat ones as bytes, the others as rows.

    ``strange`` are rows of tables this program does not know, and ``damaged`` what is no row.
    """

    flat: dict[str, list[bytes]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    strange: dict[str, list[bytes]] = field(default_factory=dict)
    damaged: list[bytes] = field(default_factory=list)


def split_lines(data: bytes, specs: Mapping[str, TableSpec]) -> Lines:
    """Sort the complete lines of a journal by table."""
    lines = Lines()
    waiting = _whole(data, lines)
    for spec in (spec for spec in specs.values() if spec.flat):
        # nearly all are points of metrics: a loop over them takes twice as long, in which no
        # other thread can log
        start = f'{{"t":"{spec.name}",'.encode()
        if found := [line for line in waiting if line.startswith(start)]:
            lines.flat[spec.name] = found
            waiting = [line for line in waiting if not line.startswith(start)]
    for line in waiting:
        try:
            row = json.loads(line)
            table = str(row.pop("t"))
        except (ValueError, KeyError, TypeError, AttributeError):
            lines.damaged.append(line)
            continue
        if table in specs:
            lines.rows.setdefault(table, []).append(row)
        else:
            lines.strange.setdefault(table, []).append(line)
    return lines


def _whole(data: bytes, lines: Lines) -> list[bytes]:
    """Return the lines that are as they were written, without their checksums."""
    written = data.split(b"\n")[:-1]
    if CHECKSUM not in data:
        return written  # of a version that gave them none
    found = []
    for line in written:
        row = without_checksum(line)
        if row is None or row is line:  # all lines of a journal have a checksum, or none has
            lines.damaged.append(line)
        else:
            found.append(row)
    return found


def by_table(
    lines: Lines, specs: Mapping[str, TableSpec], *, fold: bool = False
) -> dict[str, list[bytes]]:
    """The lines of each table as Arrow can parse them; ``fold`` merges rows by the table's rule."""
    parts = dict(lines.flat)
    for name, rows in lines.rows.items():
        spec = specs[name]
        folded = _folded(rows, spec) if fold else rows
        parts[name] = [_with_entries(row, spec) for row in folded]
    return parts


def _folded(rows: list[dict[str, Any]], spec: TableSpec) -> list[dict[str, Any]]:
    if spec.fold is None:
        return rows
    try:
        return spec.fold(rows)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"A journal's rows do not fit the table {spec.name}: {error!r}"
        raise SchemaError(message) from error


def _with_entries(row: dict[str, Any], spec: TableSpec) -> bytes:
    """A row as a line again, its maps written as lists of key and value."""
    maps = [column for column, kind in spec.columns.items() if kind.startswith("map<")]
    entries = {
        name: [{"key": key, "value": value} for key, value in row[name].items()]
        for name in maps
        if isinstance(row.get(name), dict)
    }
    return json.dumps(row | entries).encode()


def parse(parts: list[bytes], spec: TableSpec, *, strict: bool) -> pa.Table:
    """Parse lines in C++.

    Building arrays of Python lists instead would import pandas where it is installed (half a
    second), which must not happen when an interpreter ends and its last rows are written.
    """
    import pyarrow as pa
    import pyarrow.json

    written = pa.schema(
        [pa.field("t", pa.string()), *(pa.field(f.name, _written(f.type)) for f in spec.schema)]
    )
    options = pyarrow.json.ParseOptions(
        explicit_schema=written, unexpected_field_behavior="error" if strict else "ignore"
    )
    block = max(4 * 1024 * 1024, max(map(len, parts)) + 1)
    source = pa.BufferReader(b"\n".join(parts) + b"\n")
    try:
        table = pyarrow.json.read_json(source, pyarrow.json.ReadOptions(block_size=block), options)
    except pa.ArrowInvalid as error:
        message = f"A journal's rows do not fit the table {spec.name}: {error}"
        raise SchemaError(message, table=spec.name) from error
    columns = [_as_stored(table[f.name], f.type) for f in spec.schema]
    return pa.Table.from_arrays(columns, schema=spec.schema)


def _written(kind: pa.DataType) -> pa.DataType:
    """How a journal line writes a type."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_map(kind):
        entry = [pa.field("key", kind.key_type), pa.field("value", kind.item_type)]
        return pa.list_(pa.struct(entry))
    return kind


def _as_stored(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    import pyarrow as pa

    if not pa.types.is_map(kind):
        return column.cast(kind)
    lists = column.combine_chunks()
    entries = lists.values
    return pa.MapArray.from_arrays(
        lists.offsets, entries.field(0), entries.field(1), type=kind, mask=lists.is_null()
    )


def fitting(parts: list[bytes], spec: TableSpec) -> list[bytes]:
    """The lines that are rows of the table, found by halving."""
    try:
        parse(parts, spec, strict=False)
    except SchemaError:
        middle = len(parts) // 2
        return fitting(parts[:middle], spec) + fitting(parts[middle:], spec) if middle else []
    return parts
