"""Local files whose bytes were found to be those that were stored.

A flipped bit is silent in every reader of Parquet, whatever the defaults. So each file whose name
says its digest is read once, in pieces, before a process uses it for the first time (about 1 GB a
second), and again when it is another file by then:

    key of the store --> local file --> same inode, size and time as when it was checked?
                                          yes --> its path
                                          no  --> SHA-256 --> as the name says --> its path
                                                          --> another          --> DamagedError

What a disk does to a file afterwards, `mhras verify` finds, and the next process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lake.digest import content_digest, digest_file
from lake.errors import DamagedError
from lake.store import refusals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lake.store import Store

REPAIR: Final = "Run `mhras verify --repair`, with `--from` a copy of the lake if there is one."
_Identity = tuple[int, int, int]


class CheckedFiles:
    """The files of a store, as paths to read. Safe to use from many threads.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from lake.digest import digest_bytes
    >>> from lake.store import LocalStore
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = LocalStore(Path(folder))
    ...     store.put(digest_bytes(b"weights"), b"weighty")
    ...     CheckedFiles(store).path(digest_bytes(b"weights"))
    Traceback (most recent call last):
    ...
    lake.errors.DamagedError: 9a12... is damaged: its SHA-256 is not the one in its name. Run ...
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._checked: dict[str, _Identity] = {}

    def path(self, key: str) -> Path:
        """Return a local file with what was stored. Raises NotFoundError and DamagedError."""
        return self.paths([key])[0]

    def paths(self, keys: Sequence[str]) -> list[Path]:
        """Return a local file for every key. Raises NotFoundError and DamagedError.

        A name without a digest proves nothing: such a file is not checked.
        """
        paths = self._store.local_paths(keys)
        for key, path in zip(keys, paths, strict=True):
            digest = content_digest(key)
            if digest:
                self._check(key, path, digest)
        return paths

    def _check(self, key: str, path: Path, digest: str) -> None:
        with refusals(path):
            stat = path.stat()
            identity = stat.st_ino, stat.st_size, stat.st_mtime_ns
            if self._checked.get(key) == identity:
                return
            found = digest_file(path)
        if not found.startswith(digest):
            message = f"{key} is damaged: its SHA-256 is not the one in its name."
            raise DamagedError(message, hint=REPAIR, path=key)
        self._checked[key] = identity
