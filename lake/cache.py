"""Local copies of what a bucket holds, so that reading again costs no request.

    <folder>/<store>/<key>                 content that its name proves: kept, checked, shared
    <folder>/<store>/mutable/<sha256>...   anything else: fetched every time
    <folder>/tmp/<unique>                  arriving

<store> is a digest of the store's URL. A copy is checked when a process first hands it out; one
that is damaged is fetched again. The least recently used go when the folder is over its limit,
never one that was handed out in the last ten minutes. Any number of processes share a folder:
nothing in it changes once it has its name, and everything in it may go at any time.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
import os
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from lake.digest import content_digest, digest_file
from lake.store import as_store_error

if TYPE_CHECKING:
    from collections.abc import Iterator

Identity = tuple[int, int, int]
LIMIT_BYTES: Final = 10 * 1024**3
RECENT_SECONDS: Final = 600.0
_TOUCH_SECONDS: Final = 60.0
_LEFT_BEHIND_SECONDS: Final = 86_400.0
_FULL_ENOUGH: Final = 0.9  # of the limit is kept, so that not every new copy drives out another
_TMP: Final = "tmp"
_MUTABLE: Final = "mutable"
_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """Return where this user's copies are: below $XDG_CACHE_HOME, else ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "mhras" / "objects"


class LocalFileError(Exception):
    """A copy cannot be written here; the cause says why."""


class ObjectCache:
    """A folder of copies, for any number of stores. Safe to use from many threads."""

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = Path(folder).absolute()
        self.limit_bytes = limit_bytes
        self._checked: dict[Path, Identity] = {}
        self._spare: dict[int, Path] = {}  # by process: a forked child needs its own
        self._trimming = threading.Lock()
        self._added = limit_bytes  # unknown, so the first copy makes us look

    def find(self, url: str, key: str) -> Path | None:
        """Return the copy of what a store holds under a key, None when it must be fetched."""
        digest = content_digest(key)
        if digest:
            for root in self._roots():
                path = _place(root, url, key)
                if self._is_good(path, digest):
                    return path
        return None

    @contextlib.contextmanager
    def arriving(self, url: str, key: str) -> Iterator[Arrival]:
        """Open a file for a copy. It is gone after the block unless the arrival was kept.

        Raises LocalFileError when it cannot be written here; trying again, it will be elsewhere:
        in a folder of this process only. Raises StoreError when there is no such place either.
        """
        root = self._roots()[-1]
        path = root / _TMP / f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with writing_locally():
                file = _create(path)
            with file:
                yield Arrival(cache=self, root=root, url=url, key=key, file=file)
        except LocalFileError as error:
            self._retreat(root, error)
            raise
        finally:
            with contextlib.suppress(OSError):
                path.unlink()

    def forget(self, url: str, *keys: str) -> None:
        """Delete copies, because the store no longer has them."""
        for root in self._roots():
            for key in keys:
                with contextlib.suppress(OSError):
                    _place(root, url, key).unlink()

    def trim(self) -> None:
        """Delete the least recently used copies when there are too many.

        The folder is looked through once a process, and when a twentieth of the limit was added.
        """
        if self._added * 20 < self.limit_bytes or not self._trimming.acquire(blocking=False):
            return
        try:
            self._added = 0
            _trim(self._roots()[-1], self.limit_bytes)
        finally:
            self._trimming.release()

    def _is_good(self, path: Path, digest: str) -> bool:
        try:
            stat = path.stat()
            if self._checked.get(path) != _identity(stat):
                if not digest_file(path).startswith(digest):
                    _log.warning("the local copy %s was damaged and is fetched again", path)
                    path.unlink()
                    return False
                self._checked[path] = _identity(stat)
        except OSError:
            return False  # absent, deleted by another process just now, or not to be read
        if time.time() - stat.st_atime > _TOUCH_SECONDS:
            with contextlib.suppress(OSError):  # a read-only folder is used all the same
                os.utime(path, ns=(time.time_ns(), stat.st_mtime_ns))
        return True

    def _keep(self, arrival: Arrival, digest: str) -> Path:
        name = arrival.key
        if not content_digest(name):
            name = f"{_MUTABLE}/{digest}{Path(name).suffix}"
        path = _place(arrival.root, arrival.url, name)
        with writing_locally():
            path.parent.mkdir(parents=True, exist_ok=True)
            arrival.file.flush()
            stat = os.fstat(arrival.file.fileno())
            Path(arrival.file.name).replace(path)
        self._checked[path] = _identity(stat)
        self._added += stat.st_size
        return path

    def _roots(self) -> list[Path]:
        """Return where copies are looked for, the last of them for new ones."""
        spare = self._spare.get(os.getpid())
        return [self.folder] if spare is None else [self.folder, spare]

    def _retreat(self, root: Path, error: LocalFileError) -> None:
        cause = error.__cause__
        if not isinstance(cause, OSError):
            raise error
        if root != self.folder:
            raise as_store_error(cause, root) from cause
        import tempfile  # 10 ms that only a full disk needs

        try:
            fresh = Path(tempfile.mkdtemp(prefix="mhras-cache-"))
        except OSError as refused:
            raise as_store_error(refused, Path(tempfile.gettempdir())) from refused
        _SPARE.append((os.getpid(), fresh))
        if self._spare.setdefault(os.getpid(), fresh) == fresh:
            reason = as_store_error(cause, root)
            _log.warning("copies of the bucket go to %s until this process ends: %s", fresh, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A copy on its way: a file to write the content into, then to keep."""

    cache: ObjectCache
    root: Path
    url: str
    key: str
    file: BinaryIO

    def keep(self, digest: str) -> Path:
        """Give the complete copy its name; the digest is that of its content."""
        return self.cache._keep(self, digest)


def _place(root: Path, url: str, key: str) -> Path:
    return root / hashlib.sha256(url.encode()).hexdigest()[:16] / key


def _identity(stat: os.stat_result) -> Identity:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _create(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileNotFoundError:
        # Closed to others: what is in a bucket may not be for everybody on this machine.
        path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(exist_ok=True)
        return path.open("xb")


@contextlib.contextmanager
def writing_locally() -> Iterator[None]:
    """Tell what a local file refuses from what a bucket does: raise LocalFileError for it."""
    try:
        yield
    except OSError as error:
        raise LocalFileError from error


def _trim(root: Path, limit: int) -> None:
    now, copies = time.time(), []
    for folder, _, names in os.walk(root):
        for path in map(Path(folder).joinpath, names):
            with contextlib.suppress(OSError):  # another process does the same
                stat = path.stat()
                if path.parent != root / _TMP:
                    copies.append((stat.st_atime, stat.st_size, path))
                elif now - stat.st_mtime > _LEFT_BEHIND_SECONDS:
                    path.unlink()
    surplus = sum(size for _, size, _ in copies)
    if surplus <= limit:
        return
    surplus -= round(limit * _FULL_ENOUGH)
    for used_at, size, path in sorted(copies):
        if surplus <= 0 or now - used_at < RECENT_SECONDS:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            surplus -= size


_SPARE: list[tuple[int, Path]] = []


@atexit.register
def _remove_spare_folders() -> None:
    for process, folder in _SPARE:
        if process == os.getpid():  # and not a forked child of the owner
            import shutil  # as above

            shutil.rmtree(folder, ignore_errors=True)
