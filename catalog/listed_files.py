"""Files of a store for DuckDB, found by patterns too: what views for outsiders are made with.

A DuckDB that makes a view looks for the view's files. Without its extension httpfs it finds those
of a bucket here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from catalog.range_files import RangeFiles, Ranges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lake.store import Entry


class Listed(Ranges, Protocol):
    """Files that can be listed, and read in parts."""

    @property
    def url(self) -> str:
        """What their names begin with, before a "/" and the key."""

    def below(self, prefix: str) -> Sequence[Entry]:
        """Return the files in a folder and in those it has."""


class WithoutRows:
    """A store of which some files are given here, instead of being read from it."""

    def __init__(self, store: Listed, files: Mapping[str, bytes]) -> None:
        self._store = store
        self._files = files
        self.url = store.url

    def below(self, prefix: str) -> Sequence[Entry]:
        """Return the files in a folder and in those it has, as the store does."""
        return self._store.below(prefix)

    def size(self, key: str) -> int:
        """Return the number of bytes. Raises NotFoundError."""
        given = self._files.get(key)
        return self._store.size(key) if given is None else len(given)

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`. Raises NotFoundError."""
        given = self._files.get(key)
        return self._store.read_range(key, start, end) if given is None else given[start:end]


class ListedFiles(RangeFiles):
    """The files below a URL, by their names or by patterns with `*` and `**`."""

    def __init__(self, store: Listed) -> None:
        super().__init__(store, store.url)
        self._store = store

    def glob(self, path: str, **_options: Any) -> list[str]:
        """Return the files that match, in order."""
        before, star, _ = path.partition("*")
        if not star:
            return super().glob(path)
        folder = before.rpartition("/")[0]
        names = [f"{folder}/{entry.name}" for entry in self._store.below(self._key(folder))]
        return [name for name in names if as_expression(path).fullmatch(name)]


def as_expression(pattern: str) -> re.Pattern[str]:
    """Return what matches the same paths as a pattern of DuckDB.

    >>> [bool(as_expression("a/**/*.b").fullmatch(path)) for path in ("a/x.b", "a/c/x.b", "x.b")]
    [True, True, False]
    """
    literal = re.escape(pattern)
    for shell, expression in (("/**/", "/(?:.*/)?"), ("*", "[^/]*")):
        literal = literal.replace(re.escape(shell), expression)
    return re.compile(literal)
