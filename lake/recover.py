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

import contextlib
import fcntl
import json
import logging
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lake.errors import DamagedError, LakeError, SchemaError
from lake.file_names import sync_folder
from lake.journal import SUFFIX, writer_of
from lake.lines import by_table, fitting, parse, split_lines
from lake.presence import forget
from lake.store import as_store_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from lake.lake import Lake
    from lake.spec import TableSpec

_NAME: Final = re.compile(rf"[0-9a-f]{{16}}-[a-z0-9.]+-\d+{re.escape(SUFFIX)}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What the journals hold beyond the last look.

    Each table's rows carry the journal they come from in a further column, ``journal_id``.
    ``gone`` are the journals of which earlier rows hold no longer: the file is not there any
    more, or was cut shorter and has been read from its beginning again.
    """

    tables: Mapping[str, pa.Table]
    gone: frozenset[str]


class JournalReader:
    """Reads what is new in the journals of a lake, whoever writes them. Not thread-safe."""

    def __init__(self, folder: Path, specs: Mapping[str, TableSpec]) -> None:
        self._folder = folder
        self._specs = specs
        self._offsets: dict[str, int] = {}

    def poll(self) -> Update:
        """The rows that were added since the last call, of all journals together.

        What is damaged, or written by a newer version for tables and columns this one does not
        know, is passed over: it stays in its journal, and the other rows can be read.
        """
        sizes = journal_sizes(self._folder)
        gone = {j for j, start in self._offsets.items() if sizes.get(j, -1) < start}
        for journal_id in gone:
            del self._offsets[journal_id]
        fresh: dict[str, dict[str, list[bytes]]] = {}
        for journal_id, size in sorted(sizes.items()):
            start = self._offsets.setdefault(journal_id, 0)
            if size > start:
                data = read_lines(self._folder / f"{journal_id}{SUFFIX}", start)
                lines = split_lines(data, self._specs)
                fresh[journal_id] = by_table(lines, self._specs)
                self._offsets[journal_id] = start + len(data)
                _warn(journal_id, lines.damaged)
        return Update(tables=self._decode(fresh), gone=frozenset(gone))

    def _decode(self, fresh: dict[str, dict[str, list[bytes]]]) -> dict[str, pa.Table]:
        try:
            return _decode_together(fresh, self._specs)
        except SchemaError:
            for journal_id, parts in fresh.items():
                fit = {name: fitting(parts[name], self._specs[name]) for name in parts}
                _warn(journal_id, [p for name in parts for p in set(parts[name]) - set(fit[name])])
                fresh[journal_id] = fit
            return _decode_together(fresh, self._specs)


def _warn(journal_id: str, lines: list[bytes]) -> None:
    if lines:
        text = "%d lines of the journal %s are passed over; the first: %r"
        _log.warning(text, len(lines), journal_id, lines[0][:80])


def _decode_together(
    fresh: Mapping[str, Mapping[str, list[bytes]]], specs: Mapping[str, TableSpec]
) -> dict[str, pa.Table]:
    """Decode many journals at once: one call per table, not one per journal and table."""
    together: dict[str, list[bytes]] = {}
    origins: dict[str, list[str]] = {}
    for journal_id, parts in fresh.items():
        for name, lines in parts.items():
            if lines:
                together.setdefault(name, []).extend(lines)
                origins.setdefault(name, []).extend([journal_id] * len(lines))
    if not origins:
        return {}
    import pyarrow as pa  # only where there are rows

    return {
        name: parse(lines, specs[name], strict=False).append_column(
            "journal_id", pa.array(origins[name], pa.string())
        )
        for name, lines in together.items()
    }


def journal_sizes(folder: Path) -> dict[str, int]:
    """The journals in a folder with their bytes; other files are none of ours."""
    sizes = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    try:
                        sizes[entry.name.removesuffix(SUFFIX)] = entry.stat().st_size
                    except FileNotFoundError:
                        continue  # it became a segment between the listing and here
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise as_store_error(error, folder) from error
    return sizes


def read_lines(path: Path, start: int = 0) -> bytes:
    """The complete lines of a journal file from a byte offset on; nothing when it is gone."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise as_store_error(error, path) from error
    return data[: data.rfind(b"\n") + 1]


def seal(lake: Lake, journal_id: str, *, first: bool = False) -> dict[str, int]:
    """Make a journal into one segment per table, then delete it; the rows made, per table.

    The caller holds the journal's lock. Safe to repeat after a crash at any point: a table that
    has the journal's segment, or whose manifest has consumed it, is left alone. At the `first` try
    there are none, and nobody needs to look. Raises DamagedError for a line that is no row and
    SchemaError for rows this version does not know; the journal then stays as it is.

    The tables come in the reverse of the order in which they were defined and are read: who sees
    that a run has ended sees its metrics, which are defined after the runs.
    """
    path = lake.journal.path(journal_id)
    made = make_segments(lake, journal_id, read_lines(path), origin=str(path), first=first)
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise as_store_error(error, path) from error
    return made


def make_segments(
    lake: Lake, journal_id: str, data: bytes, *, origin: str, first: bool = False
) -> dict[str, int]:
    """Make lines into one segment per table, as `seal` does; their origin is for errors."""
    made = {}
    tables = _all_rows(data, origin, lake.specs)
    for name in [name for name in reversed(lake.specs) if name in tables]:
        table = lake.table(name)
        if first or journal_id not in table.snapshot().journals:
            table.append(tables[name], journal_id=journal_id)
            made[name] = tables[name].num_rows
    return made


def _all_rows(data: bytes, origin: str, specs: Mapping[str, TableSpec]) -> dict[str, pa.Table]:
    """The rows of a journal by table, nothing passed over."""
    lines = split_lines(data, specs)
    if lines.damaged:
        raise _damage(origin, data, lines.damaged[0])
    hint = "Update mhras-workbench: a newer version wrote them."
    if lines.strange:
        names = ", ".join(sorted(lines.strange))
        message = f"{origin} has rows of tables this version does not know: {names}."
        raise SchemaError(message, hint=hint, path=origin, tables=names)
    try:
        parts = by_table(lines, specs, fold=True)
        return {name: parse(lines, specs[name], strict=True) for name, lines in parts.items()}
    except SchemaError as error:
        for line in (line for flat in lines.flat.values() for line in flat):
            if not _is_json(line):
                raise _damage(origin, data, line) from error
        raise SchemaError(f"{origin}: {error.message}", hint=hint, path=origin) from error


def _damage(origin: str, data: bytes, line: bytes) -> DamagedError:
    number = (
        data[: data.index(line.removesuffix(b"}"))].count(b"\n") + 1
    )  # with a checksum there, or without
    message = f"{origin} is damaged: line {number} is not a row: {line[:80]!r}."
    hint = "Its other rows can be read. Correct or remove the line, and they are made permanent."
    return DamagedError(message, hint=hint, path=origin, line=number)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def recover(lake: Lake) -> dict[str, dict[str, int]]:
    """Seal every journal whose writer is dead; rows made per journal and table.

    What is wrong with one does not keep the others from it: it is raised at the end, together.
    """
    recovered = {}
    faults: list[LakeError] = []
    for journal_id in sorted(journal_sizes(lake.journal.folder)):
        path = lake.journal.path(journal_id)
        try:
            with _taken(path) as ours:
                if ours:
                    recovered[journal_id] = seal(lake, journal_id)
        except LakeError as error:
            faults.append(error)
    if lake.publishes:
        from lake.stored_journals import recover_stored  # only a lake in a bucket has them

        left = {*map(writer_of, journal_sizes(lake.journal.folder))}
        forget(lake.store, {*map(writer_of, recovered)} - left)
        faults += recover_stored(lake, recovered)
    if faults:
        raise together(faults)
    return recovered


def together(faults: Sequence[LakeError]) -> LakeError:
    """One error that says everything several say; of their kind, when they are of one."""
    if len(faults) == 1:
        return faults[0]
    kinds = {type(fault) for fault in faults}
    kind = kinds.pop() if len(kinds) == 1 else LakeError
    message = " ".join(fault.message for fault in faults)
    hint = " ".join(dict.fromkeys(fault.hint for fault in faults if fault.hint))
    return kind(message, hint=hint, faults=tuple(map(str, faults)))


@contextlib.contextmanager
def _taken(path: Path) -> Iterator[bool]:
    """Hold a journal's lock, when nobody else does; whether we do, and the file is there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False  # somebody else recovered it
        return
    except OSError as error:
        raise as_store_error(error, path) from error
    try:
        # who holds the lock deletes the file: without a name it has been recovered
        yield _lock(descriptor, fcntl.LOCK_EX) and os.fstat(descriptor).st_nlink > 0
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def living_writers(folder: Path) -> set[str]:
    """The writers that hold a journal open now, on any machine that shares the folder's locks."""
    living = set()
    for journal_id in journal_sizes(folder):
        try:
            descriptor = os.open(folder / f"{journal_id}{SUFFIX}", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # its writer has just ended
        try:
            if not _lock(descriptor, fcntl.LOCK_SH):
                living.add(writer_of(journal_id))
        finally:
            os.close(descriptor)
    return living


def last_heartbeats(folder: Path) -> dict[str, float]:
    """When each writer last touched a journal of its own, in seconds since 1970 UTC."""
    beats: dict[str, float] = {}
    for journal_id in journal_sizes(folder):
        try:
            touched = (folder / f"{journal_id}{SUFFIX}").stat().st_mtime
        except FileNotFoundError:
            continue  # its writer has just ended
        writer = writer_of(journal_id)
        beats[writer] = max(touched, beats.get(writer, 0.0))
    return beats
