"""A process's hot appends: rows as JSON lines, safe from a killed process when the call returns.

    journal/<microseconds>-<writer>-<sequence>.jsonl

    {"t":"metrics","run_id":"0193...","metric_name":"auc","value":0.73,...,"crc32":3819709648}\\n
    {"t":"runs","run_id":"0193...","status":"FINISHED",...,"crc32":911827364}\\n
    {"t":"metrics","run_id":"01                  <- torn: no newline, so never acknowledged

A line's checksum tells a flipped bit, before the row is made permanent. What it is of is all that
is before it.

One ``os.write`` of whole lines puts them into the page cache: they survive the process. With
``commit=True`` the call also waits for the disk: they survive the machine. The open file holds
an exclusive ``flock`` for the writer's life, so whoever gets that lock knows the writer is dead
and may recover the file (lake/recover.py). Standard library only: logging a metric must not wait
for pyarrow to be imported.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import threading
import weakref
from typing import TYPE_CHECKING, Any
from zlib import crc32

from lake.clock import now_us
from lake.file_names import make_folder, sync_folder
from lake.store import as_store_error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUFFIX = ".jsonl"
CHECKSUM = b',"crc32":'
_CHECKED_LINE = b"%b" + CHECKSUM + b"%d}\n"
LIMIT = 16 * 1024 * 1024
_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_OPEN_FLAGS = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


def new_writer() -> str:
    """Name this process among all that write a lake: machine, process number and chance.

    >>> new_writer().count(".")
    2
    """
    # not socket.gethostname(): importing socket takes 2 ms of every program's start
    machine = "".join(c for c in os.uname().nodename.lower() if c.isascii() and c.isalnum())
    return f"{machine[:24] or 'host'}.{os.getpid()}.{secrets.token_hex(4)}"


def writer_of(journal_id: str) -> str:
    """Return who wrote a journal.

    >>> writer_of("0006413a5c2f8000-host.7.5d-000000")
    'host.7.5d'
    """
    return journal_id.split("-")[1]


def encode_row(table: str, row: Mapping[str, Any]) -> bytes:
    """One row as a journal line; absent values are left out, NaN and infinities kept.

    >>> encode_row("metrics", {"metric_name": "auc", "value": float("nan"), "step": None})
    b'{"t":"metrics","metric_name":"auc","value":NaN}\\n'
    """
    present = {name: value for name, value in row.items() if value is not None}
    text = _JSON.encode({"t": table, **present})
    # half a character (a surrogate, as in undecodable file names) is no text: no reader takes it
    return text.encode("utf8", "replace") + b"\n"


def with_checksums(lines: bytes) -> bytes:
    """Return lines, each with a checksum of all that is before it: CRC-32, at its end.

    >>> with_checksums(b'{"t":"metrics","value":0.73}\\n')
    b'{"t":"metrics","value":0.73,"crc32":3819709648}\\n'
    """
    if lines.count(b"\n") == 1:  # nearly always, and in half the time
        return _with_checksum(lines[:-1])
    return b"".join([_with_checksum(line) for line in lines.split(b"\n")[:-1]])


def _with_checksum(line: bytes) -> bytes:
    row = line.removesuffix(b"}")
    return _CHECKED_LINE % (row, crc32(row))


def without_checksum(line: bytes) -> bytes | None:
    """Return a line as it was given to `with_checksums`; None when it is another by now.

    Lines that never had a checksum are returned as they are.
    """
    row, mark, checksum = line.rpartition(CHECKSUM)
    if not mark:
        return line
    return row + b"}" if checksum == b"%d}" % crc32(row) else None


class Journal:
    """The journal files of one process, one open at a time. Safe to use from many threads."""

    def __init__(self, folder: Path, *, limit: int = LIMIT) -> None:
        self.folder = folder
        self.writer = new_writer()
        self._limit = limit
        self._forget()
        _JOURNALS.add(self)

    def _forget(self) -> None:
        """Start without a file: at first, and in a child process after a fork."""
        self._lock = threading.Lock()
        self._commit_lock = threading.Lock()
        self._descriptor = -1
        self._journal_id: str | None = None
        self._size = 0
        self._synced = 0
        self._opened_at = 0
        self._waiting_since = 0
        self._sequence = 0
        self._rotated: dict[str, int] = {}
        self._unsure: dict[str, OSError] = {}

    @property
    def journal_id(self) -> str | None:
        """Name of the file that is open, None before the first append."""
        return self._journal_id

    @property
    def opened_at(self) -> int:
        """When the open file was made, in microseconds since 1970 UTC."""
        return self._opened_at

    @property
    def waiting_since(self) -> int:
        """When the first row of the open file came, in microseconds since 1970 UTC."""
        return self._waiting_since

    @property
    def size(self) -> int:
        """Bytes in the open file."""
        return self._size

    def append(self, lines: bytes, *, commit: bool = False) -> None:
        """Append whole lines; they survive this process when the call returns.

        ``commit`` also waits until they survive a power loss. Threads that commit at the same
        time share one wait. Raises StoreError when the disk is full or refuses; what the failed
        call wrote is cut off again, so that earlier and later rows stay whole.
        """
        with self._lock:
            if self._descriptor < 0:
                self._open()
            if not self._size:
                self._waiting_since = now_us()
            descriptor = self._descriptor
            written = 0
            try:
                while written < len(lines):
                    written += os.write(descriptor, lines[written:])
            except OSError as error:
                path = self.path(self._journal_id or "")
                if written:
                    self._take_back(descriptor, path)
                raise as_store_error(error, path) from error
            self._size += written
            journal_id, end = self._journal_id, self._size
            if end >= self._limit:
                self._rotate()
        if commit:
            self._commit(journal_id or "", descriptor, end)

    def _take_back(self, descriptor: int, path: Path) -> None:
        """Cut off what a failed call wrote, and let go of the file.

        Readers may have seen whole lines of it: they notice that the file became shorter, but
        not that other lines took their place.
        """
        with contextlib.suppress(OSError):  # the error of the write says what happened
            os.ftruncate(descriptor, self._size)
        if self._size:
            self._rotate()
        else:
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(descriptor)
            self._descriptor, self._journal_id = -1, None

    def _commit(self, journal_id: str, descriptor: int, end: int) -> None:
        with self._commit_lock:
            if journal_id == self._journal_id and self._synced >= end:
                return  # another thread's wait covered these rows
            if journal_id in self._unsure:
                error = self._unsure[journal_id]
                raise as_store_error(error, self.path(journal_id)) from error
            size = self._size if journal_id == self._journal_id else end
            if journal_id == self._journal_id or journal_id in self._rotated:
                try:
                    os.fdatasync(descriptor)
                except OSError as error:
                    self._give_up(journal_id, error)
                    raise as_store_error(error, self.path(journal_id)) from error
            if journal_id == self._journal_id:
                self._synced = size

    def _give_up(self, journal_id: str, error: OSError) -> None:
        """Write no more into a file that the disk did not take.

        Linux forgets what it could not write, and says so once: asked again it would tell the
        next thread that its rows are safe. What was committed before is, and becomes segments.
        """
        self._unsure[journal_id] = error
        with self._lock:
            if journal_id == self._journal_id:
                self._rotate()

    def _open(self) -> None:
        try:
            make_folder(self.folder)
            while True:
                at = now_us()
                journal_id = f"{at:016x}-{self.writer}-{self._sequence:06d}"
                self._sequence += 1
                path = self.path(journal_id)
                descriptor = os.open(path, _OPEN_FLAGS, 0o644)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                # a recovering process may have taken the empty file between the two calls
                if os.fstat(descriptor).st_nlink:
                    break
                os.close(descriptor)
            sync_folder(self.folder)
        except OSError as error:
            raise as_store_error(error, self.folder) from error
        self._descriptor, self._journal_id, self._opened_at = descriptor, journal_id, at
        self._size = self._synced = 0

    def path(self, journal_id: str) -> Path:
        """The file of a journal."""
        return self.folder / f"{journal_id}{SUFFIX}"

    def rotate(self, *, reopen: bool = True) -> None:
        """Close the open file for writing and open the next one.

        The closed file keeps its lock until `release`. An open file, even an empty one, is what
        tells other processes that this one lives.
        """
        with self._lock:
            if self._descriptor >= 0:
                self._rotate()
            if reopen:
                self._open()

    def reopen(self) -> None:
        """Open the next file where the last one was full and closed; leave an open one alone."""
        with self._lock:
            if self._descriptor < 0 and self._rotated:
                self._open()

    def _rotate(self) -> None:
        self._rotated[self._journal_id or ""] = self._descriptor
        self._descriptor, self._journal_id, self._size = -1, None, 0

    def rotated(self) -> list[str]:
        """Journals that are closed and wait to become segments, oldest first."""
        return sorted(self._rotated)

    def release(self, journal_id: str) -> None:
        """Let go of a closed journal's lock, after it was made into segments or given up.

        What is given up may hold rows whose commit waits behind this call for the disk.
        """
        with self._commit_lock:
            descriptor = self._rotated.pop(journal_id)
            try:
                if os.fstat(descriptor).st_nlink:
                    os.fdatasync(descriptor)
            except OSError as error:
                self._unsure[journal_id] = error
                raise as_store_error(error, self.path(journal_id)) from error
            finally:
                os.close(descriptor)

    def heartbeat(self) -> None:
        """Show other processes that this one lives: touch the open file."""
        with self._lock:
            if self._descriptor >= 0:
                os.utime(self._descriptor)


_JOURNALS: weakref.WeakSet[Journal] = weakref.WeakSet()


def _forget_after_fork() -> None:
    """In a forked child: leave the parent's files and locks to the parent.

    Closing the inherited descriptors does not release the locks, which belong to the open file
    that parent and child share.
    """
    for journal in list(_JOURNALS):
        for descriptor in (journal._descriptor, *journal._rotated.values()):
            if descriptor >= 0:
                os.close(descriptor)
        journal.writer = new_writer()
        journal._forget()


os.register_at_fork(after_in_child=_forget_after_fork)
