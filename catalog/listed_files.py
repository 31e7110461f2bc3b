"""Files of a store for DuckDB, found by patterns too: what views for outsiders are made with.

A DuckDB that makes a view looks for the view's files. Without its extension httpfs it finds those
of a bucket here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from catalog.range_files import RangeFiles, Ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lake.store import Entry


class Listed(Ranges, Protocol):
    """Files that can be listed, and read in parts."""

    @property
    def url(self) -> str:
        """What their names begin with, before a "/" and the key."""

    def below(self, prefix: str) -> Sequence[Entry]:
        """Return the files in a folder and in those it has."""


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
