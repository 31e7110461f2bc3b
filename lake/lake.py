"""The lake: a folder, or a prefix of a bucket, that holds tables, objects, names and journals.

<lake>/lake.json                what this is: format version, lake id, time of creation
       tables/<table>/          tail segments, compacted data, manifests   (lake/table.py)
       objects/<aa>/<sha256>    artifacts and documents, named by content  (lake/objects.py)
       claims/<kind>/<...>.json names that must be unique
       journal/*.jsonl          rows of living writers                     (lake/journal.py);
                                of a bucket's lake they are on this machine  (lake/spool.py)
       writers/<writer>.json    in a bucket: who writes now               (lake/presence.py)
       tmp/                     files without a name yet; swept after a day
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from lake.address import open_store
from lake.checked import CheckedFiles
from lake.errors import (
    AlreadyExistsError,
    LakeError,
    LakeNotFoundError,
    NotFoundError,
    StoreError,
)
from lake.identity import IDENTITY, create_identity, read_document, read_identity
from lake.journal import Journal, encode_row, with_checksums
from lake.keeper import Keeper
from lake.objects import Objects
from lake.presence import Presence
from lake.row_types import check_rows
from lake.spool import BucketOptions, journal_folder
from lake.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

    from lake.address import Place
    from lake.compact import CompactionResult
    from lake.spec import TableSpec
    from lake.table import Table

Durability = Literal["process", "commit"]
_LOCAL: Final = BucketOptions()


class Lake:
    """Bytes, files and commits. Knows no SQL. Safe to use from many threads and processes.

    What a row that was appended survives, and who sees it:

    - In a folder: with ``"process"`` the end of this process, with ``"commit"`` a power loss, when
      the call returns. Every process sees it at once.
    - In a bucket: the same, on the disk of this machine (``lake.journal.folder``). Processes of
      this machine see it at once. It is in the bucket, for all to see and whatever happens to this
      machine, at most 2 seconds later as long as the bucket answers, and before `flush` and `close`
      return; `publish` starts that at once. A process that was killed leaves its rows here: the
      next one on this machine that opens the lake brings them to the bucket.
    """

    def __init__(
        self,
        place: Place,
        identity: Mapping[str, Any],
        *,
        settle: float = 2.0,
        compact: bool = True,
        options: BucketOptions = _LOCAL,
    ) -> None:
        self.store = place
        self.lake_id: str = identity["lake_id"]
        self.settle = settle
        self.publish_seconds = options.publish_seconds
        self.specs: dict[str, TableSpec] = {}
        self.objects = Objects(place)
        self.checked = CheckedFiles(place)
        self.journal = Journal(journal_folder(place, self.lake_id, options))
        self.presence = Presence(place, self.journal)
        self.seals = 0  # how often this handle has put rows into segments
        self._tried: set[str] = set()
        self._starting = threading.Lock()
        self._keeper: Keeper | None = None
        self._compacts = compact
        self._upkeep: Upkeep | None = None
        self._closed = False

    @classmethod
    def open(
        cls,
        path_or_url: str | Path,
        create: bool = True,
        *,
        settle: float = 2.0,
        compact: bool = True,
        options: BucketOptions = _LOCAL,
    ) -> Self:
        """Open a lake in a folder or at s3://bucket/prefix; make it when ``create`` says so.

        ``settle`` is how many seconds a compacted file is on disk before a manifest names it,
        ``compact`` whether this process merges small files in the background once it writes or
        asks, ``options`` how a lake in a bucket uses this machine. A bucket is reached by the AWS
        environment, and must refuse to give a name twice, which is tried out when a lake is made.

        Raises LakeNotFoundError when there is none, LakeError when the place holds something else,
        FormatError when a newer version wrote it, InvalidNameError for another kind of address.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, Lake.open(folder + "/lake") as lake:
        ...     lake.claim("experiments", "risk", {"experiment_id": "e1"})
        ({'experiment_id': 'e1', 'name': 'risk'}, True)
        """
        place = open_store(path_or_url, cache=options.cache())
        try:
            identity = read_identity(place, place.url)
        except NotFoundError:
            if not create:
                message = f"There is no lake at {place.url}."
                hint = "Name a lake's folder, or make one with `mhras init`."
                if place.folders("tables"):
                    message = f"There is no {IDENTITY} at {place.url}, but a lake's tables."
                    hint = "End the backup that makes this lake, or run `mhras verify --repair`."
                raise LakeNotFoundError(message, hint=hint, path=place.url) from None
            identity = create_identity(place)
        return cls(place, identity, settle=settle, compact=compact, options=options)

    @property
    def url(self) -> str:
        """Where the lake is, as `Lake.open` takes it."""
        return self.store.url

    @property
    def root(self) -> Path:
        """The folder the lake is. Raises LakeError for one in a bucket."""
        if self.store.folder is None:
            message = f"The lake at {self.url} is not in a folder."
            raise LakeError(message, hint="Ask its store for files.", url=self.url)
        return self.store.folder

    @property
    def publishes(self) -> bool:
        """Whether rows must become segments before other machines see them."""
        return self.store.folder is None

    @property
    def writer(self) -> str:
        """This process's name among the lake's writers."""
        return self.journal.writer

    def define(self, *specs: TableSpec) -> None:
        """Say which tables exist. Saying it twice changes nothing."""
        self.specs.update({spec.name: spec for spec in specs})

    def table(self, name: str) -> Table:
        """One table. Raises NotFoundError naming the tables there are."""
        from lake.table import Table  # not needed where rows only go through the journal

        return Table(self.store, self._spec(name), writer=self.writer)

    def _spec(self, name: str) -> TableSpec:
        if name not in self.specs:
            message = f"The lake has no table {name!r}."
            raise NotFoundError(message, hint=f"Tables: {', '.join(sorted(self.specs))}.")
        return self.specs[name]

    def append(
        self, table: str, rows: Sequence[Mapping[str, Any]], *, durability: Durability = "commit"
    ) -> None:
        """Append a few rows through the journal; readers of any process see them at once.

        Raises NotFoundError when there is no such table, and SchemaError when a row does not fit
        it: then none is kept.
        """
        spec = self._spec(table)
        check_rows(spec, rows)
        lines = b"".join(encode_row(spec.name, row) for row in rows)
        self.write_lines(lines, durability=durability)

    def append_segment(self, table: str, rows: pa.Table) -> str:
        """Append many rows at once as a segment of their own, for all readers; return its name.

        Raises NotFoundError when there is no such table, and what `Table.append` raises.
        """
        name = self.table(table).append(rows)
        self.seals += 1
        return name

    def write_lines(self, lines: bytes, *, durability: Durability) -> None:
        """Append rows that are journal lines already. Raises LakeError after `close`."""
        if self._keeper is None:
            self._start_writing()
        self.journal.append(with_checksums(lines), commit=durability == "commit")

    def claim(
        self, kind: str, name: str, payload: Mapping[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        """Take a name that must be unique: what its holder wrote, and whether that is us.

        Decided by one exclusive create, whoever asks at the same time. Durable when it returns.
        Raises DamagedError when what the holder wrote cannot be read.
        """
        key = _claim_key(kind, name)
        try:
            return read_document(self.store, key), False
        except NotFoundError:
            body = json.dumps({"name": name, **payload}, sort_keys=True).encode()
        try:
            self.store.put(key, body, exclusive=True)
        except AlreadyExistsError:
            return read_document(self.store, key), False
        return dict(json.loads(body)), True

    def publish(self) -> None:
        """Let other machines see what was logged so far as soon as can be, without waiting for it.

        There is nothing to do for a lake in a folder, whose journals everybody reads.
        """
        if self._keeper is not None and self.publishes:
            self._keeper.hurry()

    def is_claimed(self, kind: str, name: str) -> bool:
        """Tell whether somebody has taken a name."""
        try:
            self.store.size(_claim_key(kind, name))
        except NotFoundError:
            return False
        return True

    def flush(self) -> None:
        """Make segments of all rows this process has logged so far.

        Raises StoreError when the disk or the bucket refuses, and what else is wrong with a
        journal, after all journals were tried. The rows stay in them, where readers find them.
        """
        if self.journal.size or self._closed:
            self.journal.rotate(reopen=not self._closed)
        if self.journal.rotated():
            self.seal_rotated()

    def seal_rotated(self) -> None:
        """Make segments of this process's closed journals. Raises what `flush` raises."""
        from lake.recover import seal, together  # with pyarrow, which logging does not need

        faults: list[LakeError] = []
        with _sealing:
            for journal_id in self.journal.rotated():
                again = False
                first = journal_id not in self._tried
                self._tried.add(journal_id)
                try:
                    self.presence.announce()
                    seal(self, journal_id, first=first)
                    self.seals += 1
                except LakeError as error:
                    faults.append(error)
                    # what the disk refuses now it may take later; else anybody may try
                    again = isinstance(error, StoreError) and not self._closed
                finally:
                    if not again:
                        self._tried.discard(journal_id)
                        self.journal.release(journal_id)
        if faults:
            raise together(faults)

    def recover(self) -> dict[str, dict[str, int]]:
        """Make segments of the journals that dead writers left; rows per journal and table."""
        from lake.recover import recover  # as above

        return recover(self)

    def compact(self, *, minimum: int = 64) -> dict[str, CompactionResult]:
        """Merge the small segments of every table that has at least ``minimum`` of them.

        What earlier compactions replaced is deleted once its grace of ten minutes is over.
        """
        from lake.compact import collect, compact  # imports pyarrow

        results = {}
        for name in sorted(self.specs):
            table = self.table(name)
            result = compact(table, minimum=minimum, settle=self.settle)
            if result is not None:
                results[name] = result
            collect(table)
        return results

    def tend(self) -> None:
        """From now on compact in the background what needs it, unless told not to when opened."""
        with self._starting:
            if self._compacts and self._upkeep is None and not self._closed:
                _TENDED.add(self)
                self._upkeep = Upkeep(self)
                self._upkeep.start()

    def close(self) -> None:
        """Make segments of what is left and stop. Also done when the interpreter ends."""
        if self._closed:
            return
        self._closed = True
        if self._upkeep is not None:
            self._upkeep.stop()
        if self._keeper is not None:
            self._keeper.stop()
            self._keeper = None
        self.flush()
        self.presence.withdraw()
        _WRITING.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start_writing(self) -> None:
        if self._closed:
            message = f"The lake at {self.url} is closed."
            raise LakeError(message, hint="Open it again to write.")
        _WRITING.add(self)  # before the lock, which a fork may leave taken
        if self.publishes:  # at the end before the store, which was imported later, ends too
            atexit.unregister(_close_all)
            atexit.register(_close_all)
        with self._starting:
            if self._keeper is None:
                self._keeper = Keeper(self)
                self._keeper.start()
        self.tend()

    def _forget_after_fork(self) -> None:
        """In a forked child: the parent's threads and locks are not here."""
        self._starting = threading.Lock()
        self._keeper = self._upkeep = None
        self._tried.clear()
        self.presence.begin_anew()


def _claim_key(kind: str, name: str) -> str:
    return f"claims/{kind}/{hashlib.sha256(name.encode()).hexdigest()[:40]}.json"


_WRITING: set[Lake] = set()
_TENDED: weakref.WeakSet[Lake] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for lake in list(_WRITING):
        try:
            lake.close()
        except LakeError as error:  # of one lake, which must not keep the others open
            import logging  # 5 ms of every program's start, and wanted once in a while

            text = "the last rows stay in the journal, for others to recover: %s"
            logging.getLogger(__name__).warning(text, error)


def _forget_after_fork() -> None:
    for lake in {*_WRITING, *_TENDED}:
        lake._forget_after_fork()
    _WRITING.clear()
    _TENDED.clear()


os.register_at_fork(after_in_child=_forget_after_fork)

# One journal of a process becomes segments at a time. A fork waits for it: the child would
# inherit the locks of the modules that a thread of its parent is importing for it.
_sealing = threading.Lock()
os.register_at_fork(
    before=_sealing.acquire,
    after_in_parent=_sealing.release,
    after_in_child=_sealing.release,
)
