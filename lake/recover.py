"""Reading journals, and turning them into segments exactly once.

A journal's rows are read from its file while it is there, from the segment named after it once
that exists. Readers therefore look at the journals BEFORE they list a table's segments: a row is
then in the one, in the other, or in both, never in neither, and the segment's name says which
journal's rows to drop.

    write rows ... close | segment per table | delete the file
                         ^ crash: whoever gets the file's lock goes on here; a table that has
                           the journal's segment, or whose manifest consumed it, is skipped
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lake.errors import SchemaError
from lake.journal import SUFFIX
from lake.store import as_store_error, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from lake.lake import Lake
    from lake.table import TableSpec


@dataclass(slots=True, kw_only=True)
class Lines:
    """A journal's complete lines, sorted by table: flat ones as bytes, the others as rows."""

    flat: dict[str, list[bytes]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What the journals hold beyond the last look.

    Each table's rows carry the journal they come from in a further column, ``journal_id``;
    ``gone`` are the journals whose file is no longer there.
    """

    tables: Mapping[str, pa.Table]
    gone: frozenset[str]


def split_lines(data: bytes, specs: Mapping[str, TableSpec]) -> Lines:
    """Sort the complete lines of a journal by table.

    Raises SchemaError for a line that is not a row of a known table: the journal was written by
    a newer version, or damaged, and must stay as it is.
    """
    lines = Lines()
    flat_starts = {f'{{"t":"{s.name}",'.encode(): s.name for s in specs.values() if s.flat}
    unknown: set[str] = set()
    for line in data.split(b"\n")[:-1]:
        name = flat_starts.get(line[: line.find(b",") + 1])
        if name is not None:
            lines.flat.setdefault(name, []).append(line)
            continue
        try:
            row = json.loads(line)
            table = str(row.pop("t"))
        except (ValueError, KeyError, AttributeError) as error:
            message = f"A journal line is not a row: {line[:80]!r}."
            hint = "Keep the file and run `mhras verify`."
            raise SchemaError(message, hint=hint) from error
        if table not in specs:
            unknown.add(table)
        lines.rows.setdefault(table, []).append(row)
    if unknown:
        message = f"The journal has rows of tables this program does not know: {sorted(unknown)}."
        hint = "Update mhras-workbench: a newer version wrote them."
        raise SchemaError(message, hint=hint, tables=sorted(unknown))
    return lines


def decode(lines: Lines, specs: Mapping[str, TableSpec], *, fold: bool) -> dict[str, pa.Table]:
    """Make Arrow tables of sorted lines; ``fold`` merges rows as each table's rule says."""
    tables = {name: _parse(parts, specs[name]) for name, parts in lines.flat.items()}
    for name, rows in lines.rows.items():
        spec = specs[name]
        maps = [column for column, kind in spec.columns.items() if kind.startswith("map<")]
        folded = spec.fold(rows) if fold and spec.fold else rows
        tables[name] = _parse([_with_entries(row, maps) for row in folded], spec)
    return tables


def _with_entries(row: dict[str, Any], maps: list[str]) -> bytes:
    """A row as a line again, its maps written as lists of key and value."""
    entries = {
        name: [{"key": key, "value": value} for key, value in row[name].items()]
        for name in maps
        if row.get(name) is not None
    }
    return json.dumps(row | entries).encode()


def _parse(parts: list[bytes], spec: TableSpec) -> pa.Table:
    """Parse lines in C++.

    Building arrays of Python lists instead would import pandas where it is installed (half a
    second), which must not happen when an interpreter ends and its last rows are written.
    """
    import pyarrow as pa
    import pyarrow.json

    written = pa.schema(
        [pa.field("t", pa.string()), *(pa.field(f.name, _written(f.type)) for f in spec.schema)]
    )
    options = pyarrow.json.ParseOptions(explicit_schema=written, unexpected_field_behavior="error")
    block = max(4 * 1024 * 1024, max(map(len, parts)) + 1)
    source = pa.BufferReader(b"\n".join(parts) + b"\n")
    try:
        table = pyarrow.json.read_json(source, pyarrow.json.ReadOptions(block_size=block), options)
    except pa.ArrowInvalid as error:
        message = f"A journal's rows do not fit the table {spec.name}: {error}"
        raise SchemaError(message, hint="A newer version may have written them.") from error
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


class JournalReader:
    """Reads what is new in the journals of a lake, whoever writes them. Not thread-safe."""

    def __init__(self, folder: Path, specs: Mapping[str, TableSpec]) -> None:
        self._folder = folder
        self._specs = specs
        self._offsets: dict[str, int] = {}

    def poll(self) -> Update:
        """The rows that were added since the last call, of all journals together."""
        sizes = _journal_sizes(self._folder)
        gone = frozenset(self._offsets.keys() - sizes.keys())
        for journal_id in gone:
            del self._offsets[journal_id]
        fresh: dict[str, Lines] = {}
        for journal_id, size in sorted(sizes.items()):
            start = self._offsets.setdefault(journal_id, 0)
            if size > start:
                data = read_lines(self._folder / f"{journal_id}{SUFFIX}", start)
                fresh[journal_id] = split_lines(data, self._specs)
                self._offsets[journal_id] = start + len(data)
        return Update(tables=_decode_together(fresh, self._specs), gone=gone)


def _decode_together(
    fresh: Mapping[str, Lines], specs: Mapping[str, TableSpec]
) -> dict[str, pa.Table]:
    """Decode many journals at once: one call per table, not one per journal and table."""
    together = Lines()
    origins: dict[str, list[str]] = {}
    for journal_id, lines in fresh.items():
        for name, parts in lines.flat.items():
            together.flat.setdefault(name, []).extend(parts)
            origins.setdefault(name, []).extend([journal_id] * len(parts))
        for name, rows in lines.rows.items():
            together.rows.setdefault(name, []).extend(rows)
            origins.setdefault(name, []).extend([journal_id] * len(rows))
    if not origins:
        return {}
    import pyarrow as pa  # only where there are rows

    return {
        name: rows.append_column("journal_id", pa.array(origins[name], pa.string()))
        for name, rows in decode(together, specs, fold=False).items()
    }


def _journal_sizes(folder: Path) -> dict[str, int]:
    sizes = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX):
                    try:
                        sizes[entry.name.removesuffix(SUFFIX)] = entry.stat().st_size
                    except FileNotFoundError:
                        continue  # it became a segment between the listing and here
    except FileNotFoundError:
        return {}
    return sizes


def read_lines(path: Path, start: int = 0) -> bytes:
    """The complete lines of a journal file from a byte offset on; nothing when it is gone."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read()
    except FileNotFoundError:
        return b""
    return data[: data.rfind(b"\n") + 1]


def seal(lake: Lake, journal_id: str) -> dict[str, int]:
    """Make a journal into one segment per table, then delete it; the rows made, per table.

    The caller holds the journal's lock. Safe to repeat after a crash at any point: a table that
    has the journal's segment, or whose manifest has consumed it, is left alone.
    """
    path = lake.journal.path(journal_id)
    made = {}
    tables = decode(split_lines(read_lines(path), lake.specs), lake.specs, fold=True)
    for name, rows in tables.items():
        table = lake.table(name)
        if journal_id not in table.snapshot().journals:
            table.append(rows, journal_id=journal_id)
            made[name] = rows.num_rows
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise as_store_error(error, path) from error
    return made


def recover(lake: Lake) -> dict[str, dict[str, int]]:
    """Seal every journal whose writer is dead; rows made per journal and table."""
    recovered = {}
    for journal_id, descriptor in _abandoned(lake.journal.folder):
        try:
            recovered[journal_id] = seal(lake, journal_id)
        finally:
            os.close(descriptor)
    return recovered


def _abandoned(folder: Path) -> Iterator[tuple[str, int]]:
    """Journals nobody writes, each with a descriptor that holds its lock."""
    for journal_id in sorted(_journal_sizes(folder)):
        path = folder / f"{journal_id}{SUFFIX}"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # somebody else recovered it
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino
        except BlockingIOError:
            ours = False
        if ours:
            yield journal_id, descriptor
        else:
            os.close(descriptor)


def living_writers(folder: Path) -> set[str]:
    """The writers that hold a journal open now, on any machine that shares the folder's locks."""
    living = set()
    for journal_id in _journal_sizes(folder):
        try:
            descriptor = os.open(folder / f"{journal_id}{SUFFIX}", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # its writer has just ended
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            living.add(journal_id.split("-")[1])
        finally:
            os.close(descriptor)
    return living


def last_heartbeats(folder: Path) -> dict[str, float]:
    """When each writer last touched a journal of its own, in seconds since 1970 UTC."""
    beats: dict[str, float] = {}
    for journal_id in _journal_sizes(folder):
        try:
            touched = (folder / f"{journal_id}{SUFFIX}").stat().st_mtime
        except FileNotFoundError:
            continue  # its writer has just ended
        writer = journal_id.split("-")[1]
        beats[writer] = max(touched, beats.get(writer, 0.0))
    return beats
