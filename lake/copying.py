"""Copy files of a lake to another store, each proved by its digest on the way."""

from __future__ import annotations

from multiprocessing.pool import ThreadPool
from typing import TYPE_CHECKING, Final

from lake.digest import digest_file, is_digest
from lake.errors import DamagedError, NotFoundError
from lake.objects import FOLDER as OBJECTS
from lake.store import refusals
from lake.table import digest_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from lake.store import Store

_AT_ONCE: Final = 4
_OBJECTS_SHARE: Final = 0.8  # of the time, as they are most of the bytes


class Copying:
    """One copying from a store to another, and what it did so far."""

    def __init__(
        self, source: Store, target: Store, progress: Callable[[str, float], None] | None
    ) -> None:
        self.source = source
        self.target = target
        self.copied: dict[str, int] = {}
        self.there: set[str] = set()
        self.damaged: dict[str, str] = {}
        self._progress = progress

    def tell(self, what: str, done: float) -> None:
        """Say what is being copied, and how much of everything is done, from 0 to 1."""
        if self._progress is not None:
            self._progress(what, done)

    def objects(self) -> None:
        """Copy the objects that the target lacks, or has with another size, some at once."""
        there = {entry.name: entry.size for entry in self.target.below(OBJECTS)}
        self.there |= {f"{OBJECTS}/{name}" for name in there}
        lacking = [
            (f"{OBJECTS}/{entry.name}", digest)
            for entry in self.source.below(OBJECTS)
            if is_digest(digest := entry.name.rpartition("/")[2])
            and there.get(entry.name) != entry.size
        ]
        if not lacking:
            return
        with ThreadPool(_AT_ONCE) as pool:  # a disk and a bucket are waited for, not worked for
            copied = pool.imap(lambda task: self.copy(*task), lacking)
            for place, _ in enumerate(copied):
                self.tell("objects", _OBJECTS_SHARE * place / len(lacking))

    def claims(self) -> None:
        """Copy the names that were given, which never change."""
        there = {entry.name for entry in self.target.below("claims")}
        for entry in self.source.below("claims"):
            key = f"claims/{entry.name}"
            if entry.name in there:
                self.there.add(key)
            else:
                self.copy(key, "")

    def copy(self, key: str, digest: str) -> bool:
        """Copy one file whose SHA-256 begins with these digits; whether it is there now.

        One that is damaged is noted, and not copied: a good copy from before stays. One that is
        gone since it was listed is not there.
        """
        try:
            path = self.source.local_path(key)
            with refusals(path):
                found = digest_file(path)
            if not found.startswith(digest):
                self.damaged[key] = f"has the digest {found[:16]} instead of {digest[:16]}"
                return False
            self.target.put(key, path, digest=found)
            self.copied[key] = path.stat().st_size
        except NotFoundError:
            return False
        except DamagedError as error:
            self.damaged[key] = error.message
            return False
        return True

    def put(self, key: str, data: bytes, *, exclusive: bool = False) -> None:
        """Store a small file in the target."""
        self.target.put(key, data, exclusive=exclusive)
        self.copied[key] = len(data)

    def present(self, store: Store, key: str) -> bytes | None:
        """Return a small file's bytes, None when it is not there."""
        try:
            return store.get(key)
        except NotFoundError:
            return None


def digest_of(name: str) -> str:
    """Return what a data file's or a segment's name says of its SHA-256.

    >>> digest_of("ab" * 32 + ".parquet") == "ab" * 32
    True
    """
    stem = name.rpartition("/")[2].partition(".")[0]
    return stem if is_digest(stem) else digest_in(name.rpartition("/")[2])
