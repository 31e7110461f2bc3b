"""A table: rows appended by anybody at any time, read as whole snapshots.

    tail/   segments, a set that grows: every append is one file with a name of its own
    data/   compacted files, those named by the highest manifest in log/; a partition with many
            rows has a folder there                                            (lake/partition.py)

    snapshot = data files of manifest k  +  segments of the tail that manifest k has not consumed

Writers do not coordinate. A segment's name is <time>-<writer>-<sequence>-<sha16>.parquet; when it
was made from a journal, the part before <sha16> is the journal's id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from lake.checked import REPAIR, CheckedFiles
from lake.clock import now_us
from lake.digest import digest_bytes
from lake.errors import AlreadyExistsError, DamagedError, NotFoundError
from lake.manifest import ManifestLog
from lake.segment import decode, encode, fit, footer, widened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

    from lake.manifest import Manifest
    from lake.spec import TableSpec
    from lake.store import Entry, Store

SENTINEL: Final = "0000-schema.parquet"
ROLLUP_SENTINEL: Final = "0000-schema.rollup"
SUFFIX: Final = ".parquet"
_SEGMENT_NAME: Final = re.compile(
    r"(?P<journal>[0-9a-f]{16}-[a-z0-9._]+-[0-9a-z]+)-(?P<sha16>[0-9a-f]{16})\.parquet"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The files that hold a table's rows at one moment, each row once, as keys of the store.

    Who holds rows of an earlier snapshot with another `rewritten` reads all files again. `rollups`
    has, by the keys of data files, the keys of their roll-ups.
    """

    version: int
    data: tuple[str, ...]
    tail: tuple[str, ...]
    consumed: frozenset[str]
    rewritten: int = 0
    rollups: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """All files to read."""
        return self.data + self.tail

    @property
    def journals(self) -> frozenset[str]:
        """Ids of the journals whose rows are in these files; read elsewhere, they are doubles."""
        names = {key.rpartition("/")[2] for key in self.tail} | self.consumed
        return frozenset(map(journal_of, names))


def journal_of(segment: str) -> str:
    """Return the id of the journal a segment was made from, or that of its own append.

    >>> journal_of("0006413a5c2f8000-host.7.5d-0-0123456789abcdef.parquet")
    '0006413a5c2f8000-host.7.5d-0'
    """
    return segment.rpartition("-")[0]


def writer_of_segment(segment: str) -> str:
    return journal_of(segment).partition("-")[2].rpartition("-")[0]


def digest_in(segment: str) -> str:
    """Return the first 16 digits of a segment's SHA-256, as its name has them, else nothing."""
    match = _SEGMENT_NAME.fullmatch(segment)
    return match["sha16"] if match else ""


def without_later(
    segments: Mapping[str, Sequence[str]], known: Mapping[str, Iterable[str]]
) -> dict[str, Sequence[str]]:
    """Leave out, of each table, the segments a writer made after the newest that is known.

    Known are those of this table, and of the tables before it.
    """
    newest: dict[str, str] = {}
    found: dict[str, Sequence[str]] = {}
    for table, names in segments.items():
        for name in known[table]:
            writer = writer_of_segment(name)
            newest[writer] = max(journal_of(name), newest.get(writer, ""))
        found[table] = [
            name for name in names if journal_of(name) <= newest.get(writer_of_segment(name), "")
        ]
    return found


def is_sentinel(path: str) -> bool:
    """Tell whether a file in a tail or a data folder is there for its columns only."""
    return path.rpartition("/")[2] in {SENTINEL, ROLLUP_SENTINEL}


def is_segment(name: str) -> bool:
    """Tell whether a file in a tail holds rows."""
    return name.endswith(SUFFIX) and name != SENTINEL


class Table:
    """One table of a lake. Safe to use from many threads and processes.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from lake.segment import from_rows
    >>> from lake.spec import TableSpec
    >>> from lake.store import LocalStore
    >>> spec = TableSpec(name="notes", columns={"text": "string", "stars": "int64"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Table(LocalStore(Path(folder)), spec, writer="ana")
    ...     _ = table.append(from_rows([{"text": "good"}, {"text": "better", "stars": 5}], spec))
    ...     table.read().to_pylist()
    [{'text': 'good', 'stars': None}, {'text': 'better', 'stars': 5}]
    """

    def __init__(self, store: Store, spec: TableSpec, *, writer: str) -> None:
        self.store = store
        self.spec = spec
        self.writer = writer
        self.folder = f"tables/{spec.name}"
        self.log = ManifestLog(store, f"{self.folder}/log")
        self._sequence = count()

    def append(self, rows: pa.Table, *, journal_id: str = "") -> str:
        """Store rows as one segment and return its name; durable when it returns.

        With `journal_id` the segment is named after it, and is stored once however often this is
        repeated with the same rows. Without rows nothing is stored and the name is empty. Raises
        SchemaError, and StoreError, after which the rows may or may not be there.
        """
        if not rows.num_rows:
            return ""
        data = encode(fit(rows, self.spec), self.spec)
        sha16 = digest_bytes(data)[:16]
        while True:
            name = f"{journal_id or self._new_id()}-{sha16}{SUFFIX}"
            try:
                self.store.put(self.tail_key(name), data, exclusive=True)
            except AlreadyExistsError:
                if not journal_id:
                    continue  # a forked process has the same writer and met the same microsecond
            return name

    def snapshot(self) -> Snapshot:
        """Return what the table holds now: what was appended before, and maybe what is just now.

        Of one writer's appends it never has a later one without the earlier ones.
        """
        # The tail first: what is appended and consumed meanwhile is in the manifest's data files.
        return self.snapshot_of(self._list_tail(), self.log.head().manifest)

    def snapshot_of(self, names: Sequence[str], manifest: Manifest) -> Snapshot:
        """Return what the names in the tail and a manifest say together."""
        waiting = sorted(set(names).difference(manifest.consumed, [SENTINEL]))
        folder = self.tail_key("")
        return Snapshot(
            version=manifest.version,
            data=tuple(self.data_key(file.path) for file in manifest.files),
            tail=tuple([f"{folder}{name}" for name in waiting if name.endswith(SUFFIX)]),
            consumed=frozenset(manifest.consumed),
            rewritten=manifest.rewritten,
            rollups=self._rollups(manifest),
        )

    def _rollups(self, manifest: Manifest) -> dict[str, str]:
        """Name the roll-ups that are made as this version makes them."""
        folder = "" if self.spec.rollup is None else f"{self.spec.rollup.folder}/"
        return {
            self.data_key(file.path): self.data_key(file.rollup.path)
            for file in manifest.files
            if folder and file.rollup is not None and file.rollup.path.startswith(folder)
        }

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all rows, or only some columns of them.

        Files that a compaction takes away meanwhile are looked for in a newer snapshot. Raises
        DamagedError when a file is missing for good or its bytes are broken.
        """
        import pyarrow as pa  # 100 ms that only readers need

        missing: set[str] = set()
        files = CheckedFiles(self.store)
        empty = self.spec.schema.empty_table()
        while True:
            tables = [empty if columns is None else empty.select(list(columns))]
            for key in self.snapshot().files:
                try:
                    tables.append(decode(files.path(key), self.spec, columns=columns))
                except NotFoundError:
                    if key in missing:
                        message = f"{key} is missing, but the table {self.spec.name} needs it."
                        raise DamagedError(message, hint=REPAIR, path=key) from None
                    missing.add(key)
                    break
            else:
                return pa.concat_tables(tables)

    def ensure_sentinels(self) -> None:
        """Write a file with all columns and no rows beside the others, or widen it.

        Views that read whole folders need one: it makes an empty table readable and shows columns
        that no other file has yet. For them too the log begins with an empty manifest. Raises
        SchemaError when a column's type has changed.
        """
        self.log.begin()
        for key, spec in self.sentinels().items():
            try:
                present = footer(self.store.local_path(key))[0]
            except NotFoundError:
                present = None
            wanted = spec.schema if present is None else widened(present, spec)
            if present is None or not wanted.equals(present):
                self.store.put(key, encode(wanted.empty_table(), spec))

    def sentinels(self) -> dict[str, TableSpec]:
        """Return the keys of the files without rows, with the columns of each."""
        found = {self.tail_key(SENTINEL): self.spec, self.data_key(SENTINEL): self.spec}
        if self.spec.rollup is not None:
            key = self.data_key(f"{self.spec.rollup.folder}/{ROLLUP_SENTINEL}")
            found[key] = self.spec.rollup.spec
        return found

    @property
    def tail_folder(self) -> str:
        """Return where the segments are stored."""
        return f"{self.folder}/tail"

    def tail_key(self, name: str) -> str:
        """Return where a segment is stored."""
        return f"{self.folder}/tail/{name}"

    def data_key(self, name: str) -> str:
        """Return where a data file is stored."""
        return f"{self.folder}/data/{name}"

    def data_entries(self) -> Sequence[Entry]:
        """List all data files and roll-ups by their paths in the data folder."""
        return self.store.below(f"{self.folder}/data")

    def _list_tail(self) -> Sequence[str]:
        """List the tail twice: a single listing may have a new file and lack one just before it."""
        before = self.store.file_names(self.tail_folder)
        names = self.store.file_names(self.tail_folder)
        if names == before:
            return names
        table = self.spec.name
        return without_later({table: names}, {table: before})[table]

    def _new_id(self) -> str:
        return f"{now_us():016x}-{self.writer}-{next(self._sequence)}"
