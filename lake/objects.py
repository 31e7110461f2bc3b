"""Things named by their content: artifacts, documents, pieces of datasets.

    objects/<first two digits>/<sha256>

The same content stored twice is stored once. Names have no extension: what an object is, is
recorded where it is referred to.
"""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from lake.checked import REPAIR, CheckedFiles
from lake.digest import digest_bytes, digest_file, is_digest
from lake.errors import DamagedError, InvalidNameError, NotFoundError
from lake.expiry import is_marked, store_object
from lake.store import refusals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lake.store import Store

FOLDER: Final = "objects"


class Objects:
    """Stores and finds bytes by digest. Safe to use from many threads and processes.

    >>> import tempfile
    >>> from lake.store import LocalStore
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     objects = Objects(LocalStore(Path(folder)))
    ...     digest = objects.put(b"weights")
    ...     objects.get(digest), objects.size(digest), list(objects.all()) == [digest]
    (b'weights', 7, True)
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._checked = CheckedFiles(store)

    def put(self, data: bytes | Path) -> str:
        """Store bytes or a file and return the digest; content that is there is not written again.

        A file is read in pieces, whatever its size: once to name it, and once more to copy it when
        it is new. Raises DamagedError when it changes in between.
        """
        digest, size = _describe(data)
        key = object_key(digest)
        # A wrong size is damage, which storing it again repairs. lake/expiry.py says why it also is
        # stored again when it may be deleted soon, and is looked for twice.
        if self._size(key) != size or is_marked(self._store, digest) or self._size(key) != size:
            put = partial(self._store.put, key, data, digest=digest)
            store_object(self._store, digest, key.rpartition("/")[0], put)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes, checked against their digest.

        Raises NotFoundError, and DamagedError when the disk gives other bytes than were stored.
        """
        key = object_key(digest)
        with _absence(digest):
            data = self._store.get(key)
        if digest_bytes(data) != digest:
            message = f"{key} is damaged: its SHA-256 is not the one in its name."
            raise DamagedError(message, hint=REPAIR, path=key)
        return data

    def open(self, digest: str) -> BinaryIO:
        """Open an object to read a piece at a time. Raises NotFoundError and DamagedError.

        The bytes are checked as `local_path` does.
        """
        path = self.local_path(digest)
        with refusals(path):
            return path.open("rb")

    def exists(self, digest: str) -> bool:
        """Tell whether the lake has this object."""
        return self._size(object_key(digest)) is not None

    def size(self, digest: str) -> int:
        """Return the number of bytes. Raises NotFoundError."""
        size = self._size(object_key(digest))
        if size is None:
            raise _absent(digest)
        return size

    def local_path(self, digest: str) -> Path:
        """Return a local file with the bytes, to be read only. Raises NotFoundError, DamagedError.

        It is read once to check it, in pieces, before it is handed out the first time.
        """
        key = object_key(digest)
        with _absence(digest):
            return self._checked.path(key)

    def all(self) -> Iterator[str]:
        """Name every object, in order."""
        for folder in self._store.folders(FOLDER):
            for entry in self._store.list(f"{FOLDER}/{folder}"):
                if is_digest(entry.name):
                    yield entry.name

    def _size(self, key: str) -> int | None:
        try:
            return self._store.size(key)  # of the store itself: a local copy outlives an object
        except NotFoundError:
            return None


@contextlib.contextmanager
def _absence(digest: str) -> Iterator[None]:
    """Say of what a store does not find that it is an object, and what to do."""
    try:
        yield
    except NotFoundError:
        raise _absent(digest) from None


def _absent(digest: str) -> NotFoundError:
    return NotFoundError(f"The lake has no object {digest}.", hint=REPAIR, digest=digest)


def object_key(digest: str) -> str:
    """Return where an object lies in the store.

    >>> object_key("ab" * 32)[:14]
    'objects/ab/aba'
    """
    if not is_digest(digest):
        message = f"{digest!r} is not a digest."
        raise InvalidNameError(message, hint="Give 64 lower-case hex digits.", digest=digest)
    return f"{FOLDER}/{digest[:2]}/{digest}"


def _describe(data: bytes | Path) -> tuple[str, int]:
    if not isinstance(data, Path):
        return digest_bytes(data), len(data)
    with refusals(data):
        return digest_file(data), data.stat().st_size
