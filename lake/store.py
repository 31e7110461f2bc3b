"""Where bytes live: a Store, and the one that keeps them in a local folder.

Everything the lake makes durable goes through here. A file gets its name last:

    tmp/<unique>   create, write, fsync      a crash leaves a nameless file, invisible
        |          link (exclusive) or rename
    <key>          fsync of its folder       now it is there, whole, also after a power loss
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from lake.digest import digest_file
from lake.errors import (
    AlreadyExistsError,
    DamagedError,
    InvalidNameError,
    NotFoundError,
    StoreError,
)
from lake.file_names import make_folder, rename_if_absent, sync_folder
from lake.locks import locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TMP: Final = "tmp"
_PIECE: Final = 1024 * 1024
_NO_HARD_LINKS: Final = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
_HINTS: Final = {
    errno.ENOSPC: "The disk is full: free some space, then repeat.",
    errno.EDQUOT: "The disk quota is used up: free some space, then repeat.",
    errno.EROFS: "The file system is read only: mount it writable, or use another folder.",
    errno.EACCES: "Permission is missing: check who owns the folder.",
    errno.EPERM: "Permission is missing: check who owns the folder.",
    errno.EIO: "The disk failed: check it, then run `mhras verify`.",
    errno.EMFILE: "Too many files are open: raise the limit with `ulimit -n`.",
    errno.EXDEV: "The whole lake must be on one file system: no mounts or links inside.",
    errno.ENAMETOOLONG: "The name is too long for the file system: use a shorter one.",
    errno.ENOTSUP: "The file system cannot create a name exclusively: use another one.",
    errno.ENOTDIR: "A file is where a folder should be.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file in a listing: its name within the folder, bytes, seconds since 1970 UTC."""

    name: str
    size: int
    modified_at: float


class Store(Protocol):
    """Named bytes that never change once they are there. Threads and processes may share one.

    Keys are relative names with "/" between their parts; a wrong one raises InvalidNameError.
    Every method raises StoreError when the disk or the network refuses.
    """

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        """Store bytes, or a file's content; durable, and visible only whole, when it returns.

        With `exclusive`, raise AlreadyExistsError when the key is there: of any number of callers
        one wins. With `digest`, raise DamagedError, and store nothing, when the content differs.
        """

    def get(self, key: str) -> bytes:
        """Return the bytes. Raises NotFoundError."""

    def size(self, key: str) -> int:
        """Return the number of bytes, without reading them. Raises NotFoundError."""

    def copy(self, key: str, target: str) -> None:
        """Store what is under a key, whatever it is, under another too. Raises NotFoundError."""

    def digest(self, key: str) -> str:
        """Return the SHA-256 of what is there now, and not in a copy. Raises NotFoundError."""

    def local_path(self, key: str) -> Path:
        """Return a local file with these bytes, to be read only. Raises NotFoundError."""

    def local_paths(self, keys: Sequence[str]) -> list[Path]:
        """Return a local file for every key, all fetched at once. Raises NotFoundError."""

    def list(self, prefix: str) -> list[Entry]:
        """Return the files directly in a folder, sorted by name; none when it is not there."""

    def below(self, prefix: str) -> Sequence[Entry]:
        """Return the files in a folder and in those it has, sorted; a name then has "/" in it."""

    def file_names(self, prefix: str) -> Sequence[str]:
        """Return the names in a folder that has files only, in any order: `list` for many."""

    def folders(self, prefix: str) -> Sequence[str]:
        """Return the names of the folders directly in a folder, sorted; empty ones may lack."""

    def delete(self, key: str, *more: str) -> None:
        """Remove files for good, also after a power loss; absent ones are fine."""


def check_key(key: str) -> str:
    """Return the key when it is one, so that no name from outside leaves the lake.

    >>> check_key("objects/ab/cd")
    'objects/ab/cd'
    >>> check_key("../etc/passwd")
    Traceback (most recent call last):
    ...
    lake.errors.InvalidNameError: '../etc/passwd' is not a key. Use a relative name ...
    """
    bad_character = "\\" in key or not key.isprintable()
    if bad_character or any(part in {"", ".", ".."} for part in key.split("/")):
        message = f"{key!r} is not a key."
        hint = 'Use a relative name with "/" between parts, none empty, "." or "..".'
        raise InvalidNameError(message, hint=hint, key=key)
    return key


def as_store_error(error: OSError, path: Path) -> StoreError:
    """Say where the operating system refused, why, and what to do about it."""
    number = error.errno or 0
    reason = os.strerror(number) if number else str(error)
    hint = _HINTS.get(number, "")
    return StoreError(f"{path}: {reason}.", hint=hint, path=str(path), errno=number)


@contextlib.contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Raise what the operating system says about a file as NotFoundError or StoreError."""
    try:
        yield
    except StoreError:
        raise  # it names its own file
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.", path=str(path)) from None
    except OSError as error:
        raise as_store_error(error, path) from error


class LocalStore:
    """Keeps bytes in a folder, which is made with the first file.

    `hard_links=False` is for file systems without them (FAT, some FUSE); it is also noticed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = LocalStore(Path(folder))
    ...     store.put("notes/first.txt", b"hello")
    ...     store.get("notes/first.txt"), [entry.name for entry in store.list("notes")]
    (b'hello', ['first.txt'])
    """

    def __init__(self, root: Path, *, hard_links: bool = True) -> None:
        self.root = Path(root).absolute()
        self.folder: Path | None = self.root
        self.url = str(self.root)
        self._hard_links = hard_links

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        """Store bytes, or a file's content; durable, and visible only whole, when it returns."""
        target = self._path(key)
        fresh = self.root / TMP / f"{os.getpid()}-{secrets.token_hex(8)}"
        with refusals(target):
            try:
                self._write(fresh, data, digest)
                self._name(fresh, target, exclusive=exclusive)
                sync_folder(target.parent)
            except FileExistsError:
                message = f"{key} exists already."
                raise AlreadyExistsError(message, key=key, path=str(target)) from None
            finally:
                fresh.unlink(missing_ok=True)

    def get(self, key: str) -> bytes:
        """Return the bytes. Raises NotFoundError."""
        path = self._path(key)
        with refusals(path):
            return path.read_bytes()

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`, fewer at the end. Raises NotFoundError."""
        path = self._path(key)
        with refusals(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                return os.pread(descriptor, end - start, start)
            finally:
                os.close(descriptor)

    def size(self, key: str) -> int:
        """Return the number of bytes. Raises NotFoundError."""
        path = self._path(key)
        with refusals(path):
            return path.stat().st_size

    def copy(self, key: str, target: str) -> None:
        """Store a file under another name too. Raises NotFoundError."""
        self.put(target, self._path(key))

    def digest(self, key: str) -> str:
        """Return the SHA-256 of the file. Raises NotFoundError."""
        path = self._path(key)
        with refusals(path):
            return digest_file(path)

    def local_path(self, key: str) -> Path:
        """Return the file itself. Raises NotFoundError."""
        path = self._path(key)
        with refusals(path):
            path.stat()
        return path

    def local_paths(self, keys: Sequence[str]) -> list[Path]:
        """Return the files themselves. Raises NotFoundError."""
        return [self.local_path(key) for key in keys]

    def copies(self, keys: Sequence[str]) -> Sequence[Path | None]:
        """Return the files themselves. Raises NotFoundError."""
        return self.local_paths(keys)

    def list(self, prefix: str) -> list[Entry]:
        """Return the files directly in a folder, sorted by name; none when it is not there."""
        return sorted(self._entries(self._path(prefix)), key=lambda entry: entry.name)

    def _entries(self, folder: Path, begin: str = "") -> Iterator[Entry]:
        with contextlib.suppress(NotFoundError), refusals(folder), os.scandir(folder) as listing:
            for item in listing:
                with contextlib.suppress(FileNotFoundError):  # deleted a moment ago
                    if item.is_file():
                        stat = item.stat()
                        name, size = f"{begin}{item.name}", stat.st_size
                        yield Entry(name=name, size=size, modified_at=stat.st_mtime)

    def below(self, prefix: str) -> Sequence[Entry]:
        """Return the files in a folder and in those it has, sorted; a name then has "/" in it."""
        return self._below(self._path(prefix))

    def _below(self, top: Path) -> Sequence[Entry]:
        found: list[Entry] = []
        inside = [""]
        while inside:
            begin = inside.pop()
            found += self._entries(top / begin, begin)
            inside += [f"{begin}{name}/" for name in self._folders(top / begin)]
        return sorted(found, key=lambda entry: entry.name)

    def file_names(self, prefix: str) -> Sequence[str]:
        """Return the names in a folder that has files only, in any order."""
        folder = f"{self.url}/{check_key(prefix)}"
        try:
            # Every look at a lake asks this of every table: a Path would take as long as the list.
            # And not scandir: of ten thousand files, 4 ms instead of 5, and 40 with their sizes.
            return os.listdir(folder)  # noqa: PTH208
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise as_store_error(error, Path(folder)) from error

    def folders(self, prefix: str) -> Sequence[str]:
        """Return the names of the folders directly in a folder, sorted."""
        return self._folders(self._path(prefix))

    def _folders(self, folder: Path) -> Sequence[str]:
        found: Sequence[str] = ()
        with contextlib.suppress(NotFoundError), refusals(folder), os.scandir(folder) as listing:
            found = sorted(item.name for item in listing if item.is_dir())
        return found

    def delete(self, key: str, *more: str) -> None:
        """Remove files for good, also after a power loss; absent ones are fine."""
        folders = set()
        for path in map(self._path, (key, *more)):
            with contextlib.suppress(NotFoundError), refusals(path):
                path.unlink()
                folders.add(path.parent)
        # A deleted file that comes back after a power loss could bring its rows back with it.
        for folder in folders:
            with refusals(folder):
                sync_folder(folder)

    def names(self) -> Sequence[str]:
        """Return the names at the root of the store, folders with a "/"."""
        if not self.root.exists():
            return ()
        with refusals(self.root):
            return sorted(f"{p.name}/" if p.is_dir() else p.name for p in self.root.iterdir())

    def everything(self) -> Sequence[Entry]:
        """Return all files of the store; their names are keys."""
        return self._below(self.root)

    def now(self) -> float:
        """Return the time by the clock of this machine."""
        return time.time()

    def require_exclusive_create(self) -> None:
        """Do nothing: the kernel gives no name twice, and says so when it cannot tell."""

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Hold an advisory lock and tell whether it was free; it ends with the process."""
        path = self._path(f"{TMP}/{name}.lock")
        with refusals(path):
            make_folder(path.parent)
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        with locked(descriptor) as free:
            yield free

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _write(self, fresh: Path, data: bytes | Path, digest: str) -> None:
        descriptor = self._create(fresh)
        try:
            found = _fill(descriptor, data, hashed=bool(digest))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if found != digest:
            message = f"The content is not the one announced, {digest}, but {found}."
            hint = "Store a file only when nobody writes it any more."
            raise DamagedError(message, hint=hint, path=str(data) if isinstance(data, Path) else "")

    def _create(self, path: Path) -> int:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o644)
        except FileNotFoundError:
            make_folder(path.parent)
            return os.open(path, flags, 0o644)

    def _name(self, fresh: Path, target: Path, *, exclusive: bool) -> None:
        try:
            self._move(fresh, target, exclusive=exclusive)
        except FileNotFoundError:  # looking for the folder first would cost every other put
            make_folder(target.parent)
            self._move(fresh, target, exclusive=exclusive)

    def _move(self, fresh: Path, target: Path, *, exclusive: bool) -> None:
        if not exclusive:
            fresh.replace(target)
            return
        if self._hard_links:
            try:
                target.hardlink_to(fresh)
            except OSError as error:
                if error.errno not in _NO_HARD_LINKS:
                    raise
                self._hard_links = False
            else:
                return
        rename_if_absent(fresh, target)


def _fill(descriptor: int, data: bytes | Path, *, hashed: bool) -> str:
    """Write everything; return the digest of what was written when `hashed`, else nothing."""
    state = hashlib.sha256()
    for piece in _pieces(data):
        if hashed:
            state.update(piece)
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    return state.hexdigest() if hashed else ""


def _pieces(data: bytes | Path) -> Iterator[bytes]:
    if not isinstance(data, Path):
        yield data
        return
    with refusals(data), data.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
