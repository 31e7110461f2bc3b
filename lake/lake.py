"""The lake: one folder that holds tables, objects, names and journals.

<lake>/lake.json                what this is: format version, lake id, time of creation
       tables/<table>/          tail segments, compacted data, manifests   (lake/table.py)
       objects/<aa>/<sha256>    artifacts and documents, named by content  (lake/objects.py)
       claims/<kind>/<...>.json names that must be unique
       journal/*.jsonl          rows of living writers                     (lake/journal.py)
       tmp/                     files without a name yet; swept after a day
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from lake.checked import CheckedFiles
from lake.clock import now_us
from lake.errors import (
    AlreadyExistsError,
    LakeError,
    LakeNotFoundError,
    NotFoundError,
    StoreError,
)
from lake.identity import FORMAT, IDENTITY, read_document, read_identity
from lake.journal import Journal, encode_row
from lake.objects import Objects
from lake.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from lake.compact import CompactionResult
    from lake.spec import TableSpec
    from lake.table import Table

Durability = Literal["process", "commit"]
HEARTBEAT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 5.0
OLDEST_JOURNAL_SECONDS: Final = 300.0


class Lake:
    """Bytes, files and commits. Knows no SQL. Safe to use from many threads and processes."""

    def __init__(self, store: LocalStore, identity: Mapping[str, Any], *, settle: float) -> None:
        self.store = store
        self.root: Path = store.root
        self.lake_id: str = identity["lake_id"]
        self.settle = settle
        self.specs: dict[str, TableSpec] = {}
        self.objects = Objects(store)
        self.checked = CheckedFiles(store)
        self.journal = Journal(store.root / "journal")
        self._starting = threading.Lock()
        self._keeper: _Keeper | None = None
        self._closed = False

    @classmethod
    def open(
        cls,
        path_or_url: str | Path,
        create: bool = True,
        *,
        settle: float = 2.0,
    ) -> Self:
        """Open a lake, and make it when it is not there and ``create`` says so.

        ``settle`` is how many seconds a compacted file is on disk before a manifest names it.
        Raises LakeNotFoundError when there is none, LakeError when the folder holds something
        else, FormatError when a newer version wrote it.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, Lake.open(folder + "/lake") as lake:
        ...     lake.claim("experiments", "risk", {"experiment_id": "e1"})
        ({'experiment_id': 'e1', 'name': 'risk'}, True)
        """
        text = str(path_or_url)
        if "://" in text and not text.startswith("file://"):
            message = f"This version keeps a lake in a folder, not at {text}."
            raise LakeError(message, hint="Give a folder's path.", url=text)
        root = Path(text.removeprefix("file://")).expanduser().resolve()
        store = LocalStore(root)
        try:
            identity = read_identity(store, root)
        except NotFoundError:
            if not create:
                message = f"There is no lake at {root}."
                hint = "Name a lake's folder, or make one with `mhras init`."
                raise LakeNotFoundError(message, hint=hint, path=str(root)) from None
            identity = _create(store)
        return cls(store, identity, settle=settle)

    @property
    def url(self) -> str:
        """Where the lake is, as given to `Lake.open`."""
        return str(self.root)

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

        Raises NotFoundError when there is no such table.
        """
        name = self._spec(table).name
        lines = b"".join(encode_row(name, row) for row in rows)
        self.write_lines(lines, durability=durability)

    def write_lines(self, lines: bytes, *, durability: Durability) -> None:
        """Append rows that are journal lines already. Raises LakeError after `close`."""
        if self._keeper is None:
            self._start_writing()
        self.journal.append(lines, commit=durability == "commit")

    def claim(
        self, kind: str, name: str, payload: Mapping[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        """Take a name that must be unique: what its holder wrote, and whether that is us.

        Decided by one exclusive create, whoever asks at the same time. Durable when it returns.
        Raises DamagedError when what the holder wrote cannot be read.
        """
        key = f"claims/{kind}/{hashlib.sha256(name.encode()).hexdigest()[:40]}.json"
        try:
            return read_document(self.store, key), False
        except NotFoundError:
            body = json.dumps({"name": name, **payload}, sort_keys=True).encode()
        try:
            self.store.put(key, body, exclusive=True)
        except AlreadyExistsError:
            return read_document(self.store, key), False
        return dict(json.loads(body)), True

    def flush(self) -> None:
        """Make segments of all rows this process has logged so far.

        Raises StoreError when the disk refuses, and what else is wrong with a journal, after all
        journals were tried. The rows stay in them, where readers find them.
        """
        if self.journal.size or self._closed:
            self.journal.rotate(reopen=not self._closed)
        if self.journal.rotated():
            self._seal_rotated()

    def _seal_rotated(self) -> None:
        from lake.recover import seal, together  # with pyarrow, which logging does not need

        faults: list[LakeError] = []
        with _sealing:
            for journal_id in self.journal.rotated():
                again = False
                try:
                    seal(self, journal_id)
                except LakeError as error:
                    faults.append(error)
                    # what the disk refuses now it may take later; else anybody may try
                    again = isinstance(error, StoreError) and not self._closed
                finally:
                    if not again:
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

    def close(self) -> None:
        """Make segments of what is left and stop. Also done when the interpreter ends."""
        if self._closed:
            return
        self._closed = True
        if self._keeper is not None:
            self._keeper.stop()
            self._keeper = None
        self.flush()
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
            message = f"The lake at {self.root} is closed."
            raise LakeError(message, hint="Open it again to write.")
        _WRITING.add(self)  # before the lock, which a fork may leave taken
        with self._starting:
            if self._keeper is None:
                self._keeper = _Keeper(self)
                self._keeper.start()

    def _forget_after_fork(self) -> None:
        """In a forked child: the parent's threads and locks are not here."""
        self._starting = threading.Lock()
        self._keeper = None


class _Keeper(threading.Thread):
    """Touches the open journal, and turns full or old ones into segments."""

    def __init__(self, lake: Lake) -> None:
        super().__init__(name="lake-keeper", daemon=True)
        self._lake = lake
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End, after the present step."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """Look every second until the lake is closed; after a failure a little later."""
        touched_at = time.monotonic()
        pause = 1.0
        while not self._stopping.wait(pause):
            pause = 1.0
            if time.monotonic() - touched_at >= HEARTBEAT_SECONDS:
                touched_at = time.monotonic()
                self._lake.journal.heartbeat()
            try:
                self._look(self._lake)
            except LakeError as error:  # the rows are safe in the journal: try again later
                pause = RETRY_SECONDS
                _warn("journal not yet made into segments: %s", error)

    def _look(self, lake: Lake) -> None:
        journal = lake.journal
        age = (now_us() - journal.opened_at) / 1e6
        full = journal.journal_id is None and journal.rotated()
        # a process is seen to live by its open journal: after a full one it needs a new one
        if full or (journal.size and age > OLDEST_JOURNAL_SECONDS):
            journal.rotate()
        if journal.rotated():
            lake._seal_rotated()


def _warn(text: str, error: LakeError) -> None:
    import logging  # 5 ms of every program's start, and wanted once in a while

    logging.getLogger(__name__).warning(text, error)


def _create(store: LocalStore) -> dict[str, Any]:
    import uuid  # 2 ms, for a new lake only

    if store.root.exists() and any(store.root.iterdir()):
        others = sorted(p.name for p in store.root.iterdir())[:5]
        if set(others) - {"tmp", IDENTITY}:
            message = f"{store.root} is not a lake and not empty: it holds {', '.join(others)}."
            raise LakeError(message, hint="Name an empty or a new folder.", path=str(store.root))
    identity = {"format": FORMAT, "lake_id": str(uuid.uuid4()), "created_at": now_us()}
    try:
        store.put(IDENTITY, json.dumps(identity, sort_keys=True).encode(), exclusive=True)
    except AlreadyExistsError:
        return read_identity(store, store.root)  # another process made it a moment ago
    return identity


_WRITING: set[Lake] = set()


@atexit.register
def _close_all() -> None:
    for lake in list(_WRITING):
        try:
            lake.close()
        except LakeError as error:  # of one lake, which must not keep the others open
            _warn("the last rows stay in the journal, for others to recover: %s", error)


def _forget_after_fork() -> None:
    for lake in list(_WRITING):
        lake._forget_after_fork()
    _WRITING.clear()


os.register_at_fork(after_in_child=_forget_after_fork)

# One journal of a process becomes segments at a time. A fork waits for it: the child would
# inherit the locks of the modules that a thread of its parent is importing for it.
_sealing = threading.Lock()
os.register_at_fork(
    before=_sealing.acquire,
    after_in_parent=_sealing.release,
    after_in_child=_sealing.release,
)
