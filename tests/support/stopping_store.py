"""A store that stops in the middle of something, as a process does that is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lake.copy_place import Target
    from lake.store import Entry, Store


class Stopped(Exception):  # noqa: N818 - nothing is wrong: the process is gone
    """The process was killed before it changed the store once more."""


class StoppingStore:
    """Passes everything on to another store, until `changes` were made.

    `before` is called with the name of every method and its key: what others do at that moment.
    """

    def __init__(
        self,
        store: Store,
        *,
        changes: int | None = None,
        before: Callable[[str, str], None] = lambda _method, _key: None,
    ) -> None:
        self._store = store
        self._target = cast("Target", store)
        self._left = changes
        self._before = before

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        """Store a file, or stop."""
        self._change("put", key)
        self._store.put(key, data, exclusive=exclusive, digest=digest)

    def delete(self, key: str, *more: str) -> None:
        """Delete files one by one, or stop between two."""
        for each in (key, *more):
            self._change("delete", each)
            self._store.delete(each)

    def get(self, key: str) -> bytes:
        """Read a file."""
        self._before("get", key)
        return self._store.get(key)

    def size(self, key: str) -> int:
        """Measure a file."""
        self._before("size", key)
        return self._store.size(key)

    def copy(self, key: str, target: str) -> None:
        """Copy a file, or stop."""
        self._change("put", target)
        self._store.copy(key, target)

    def digest(self, key: str) -> str:
        """Read a file through."""
        self._before("digest", key)
        return self._store.digest(key)

    def local_path(self, key: str) -> Path:
        """Find a file."""
        self._before("local_path", key)
        return self._store.local_path(key)

    def local_paths(self, keys: Sequence[str]) -> list[Path]:
        """Find files."""
        return [self.local_path(key) for key in keys]

    def below(self, prefix: str) -> Sequence[Entry]:
        """List files however deep."""
        self._before("below", prefix)
        return self._store.below(prefix)

    def folders(self, prefix: str) -> Sequence[str]:
        """List folders."""
        self._before("folders", prefix)
        return self._store.folders(prefix)

    def list(self, prefix: str) -> list[Entry]:
        """List files."""
        self._before("list", prefix)
        return self._store.list(prefix)

    def file_names(self, prefix: str) -> Sequence[str]:
        """List the names of files."""
        self._before("file_names", prefix)
        return self._store.file_names(prefix)

    @property
    def url(self) -> str:
        """Where it is."""
        return self._target.url

    def names(self) -> Sequence[str]:
        """List the root."""
        return self._target.names()

    def require_exclusive_create(self) -> None:
        """Trust it."""

    def _change(self, method: str, key: str) -> None:
        self._before(method, key)
        if self._left is not None:
            if self._left <= 0:
                raise Stopped
            self._left -= 1
