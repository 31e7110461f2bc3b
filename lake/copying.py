"""Copy files of a lake to another store, each proved by its digest on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lake.digest import digest_file, is_digest
from lake.errors import DamagedError, NotFoundError
from lake.objects import FOLDER as OBJECTS
from lake.store import refusals
from lake.table import digest_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from lake.store import Store


class Copying:
    """One copying from a store to another, and what it did so far."""

    def __init__(
        self, source: Store, target: Store, progress: Callable[[str, float], None] | None
    ) -> None:
        self.source = source
        self.target = target
        self.bytes = 0
        self.copied: set[str] = set()
        self.there: set[str] = set()
        self.damaged: dict[str, str] = {}
        self._progress = progress

    def tell(self, what: str, done: float) -> None:
        """Say what is being copied, and how much of everything is done, from 0 to 1."""
        if self._progress is not None:
            self._progress(what, done)

    def objects(self) -> None:
        """Copy the objects that the target lacks."""
        folders = self.source.folders(OBJECTS)
        for place, part in enumerate(folders):
            self.tell("objects", 0.8 * place / len(folders))
            folder = f"{OBJECTS}/{part}"
            for name in self.lacking(folder):
                if is_digest(name):
                    self.copy(f"{folder}/{name}", name)

    def claims(self) -> None:
        """Copy the names that were given, which never change."""
        there = {entry.name for entry in self.target.below("claims")}
        for entry in self.source.below("claims"):
            key = f"claims/{entry.name}"
            if entry.name in there:
                self.there.add(key)
            else:
                self.copy(key, "")

    def lacking(self, folder: str) -> list[str]:
        """Name the files of a folder that the target has not, or not with this size."""
        there = {entry.name: entry.size for entry in self.target.list(folder)}
        found = self.source.list(folder)
        lacking = [entry.name for entry in found if there.get(entry.name) != entry.size]
        self.there |= {f"{folder}/{name}" for name in there.keys() - lacking}
        return lacking

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
            self.copied.add(key)
            self.bytes += path.stat().st_size
        except NotFoundError:
            return False
        except DamagedError as error:
            self.damaged[key] = error.message
            return False
        return True

    def put(self, key: str, data: bytes, *, exclusive: bool = False) -> None:
        """Store a small file in the target."""
        self.target.put(key, data, exclusive=exclusive)
        self.copied.add(key)
        self.bytes += len(data)

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
