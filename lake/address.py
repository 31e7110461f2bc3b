"""Where a lake may be: a folder, or a prefix of a bucket. Nothing else is ever opened.

    lakes/risk    /data/risk    ~/risk    file:///data/risk       a folder
    s3://bucket/lakes/risk                                        a prefix of a bucket

An address may come from a command line, a variable or a page. It is judged as text before anything
is asked: libraries that take any URL connect to other hosts while they only look at one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import unquote

from lake.errors import InvalidNameError
from lake.store import Entry, LocalStore, Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lake.cache import ObjectCache

_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_FILE: Final = "file://"
_ALLOWED: Final = "Give a folder's path, file:///folder or s3://bucket/prefix."


class Place(Store, Protocol):
    """A store that a lake can be in: one that has an address, and a clock."""

    @property
    def url(self) -> str:
        """Where it is, as `open_store` takes it."""

    @property
    def folder(self) -> Path | None:
        """The folder that it is; None when its files are elsewhere than on this machine's disks."""

    def names(self) -> Sequence[str]:
        """Return some names at the root of the store, folders with a "/"; none when it is empty."""

    def everything(self) -> Sequence[Entry]:
        """Return all files there are; their names are keys."""

    def copies(self, keys: Sequence[str]) -> Sequence[Path | None]:
        """Return local files as `local_paths`; None for what is better read where it is."""

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`. Raises NotFoundError."""

    def now(self) -> float:
        """Return the time by the clock that `Entry.modified_at` comes from, seconds since 1970."""

    def require_exclusive_create(self) -> None:
        """Raise StoreError when a taken name is given away a second time."""


def open_store(place: str | Path, *, cache: ObjectCache | None = None) -> Place:
    """Return the store at an address; nothing is asked of it, nor made, before it is used.

    `cache` holds the local copies of what is in a bucket; without one they are below
    $XDG_CACHE_HOME. Raises InvalidNameError for what is neither a folder nor a bucket's prefix.

    >>> open_store("http://host/lake")
    Traceback (most recent call last):
    ...
    lake.errors.InvalidNameError: A lake cannot be at 'http://host/lake': http is not ...
    """
    if isinstance(place, Path):
        return _local(place)
    found = _SCHEME.match(place)
    scheme = found["scheme"] if found else ""
    if "::" in place or not place.strip() or not place.isprintable():
        raise _refusal(place, "it is not the name of one place")
    if scheme == "s3":
        from lake.remote import S3Store  # only lakes in a bucket need it

        return S3Store(place, cache=cache)
    if scheme not in {"", "file"}:
        raise _refusal(place, f"{scheme} is not a kind of place that is known")
    return _local(_folder(place))


def is_folder(place: str | Path) -> bool:
    """Tell whether an address names a folder of this machine, without looking at it.

    >>> is_folder("lakes/risk"), is_folder("s3://bucket/risk")
    (True, False)
    """
    return isinstance(place, Path) or not place.startswith("s3://")


def is_within(place: str | Path, outer: str | Path) -> bool:
    """Tell whether what is at an address is also at or below another one.

    >>> is_within("s3://research/risk/old", "s3://research/risk"), is_within("risk", "s3://risk")
    (True, False)
    """
    if is_folder(place) and is_folder(outer):
        return folder_of(place).is_relative_to(folder_of(outer))
    return f"{place}/".startswith(f"{str(outer).rstrip('/')}/")


def folder_of(place: str | Path) -> Path:
    """Return the folder that an address names.

    >>> folder_of("file:///data/risk").as_posix()
    '/data/risk'
    """
    path = place if isinstance(place, Path) else _folder(place)
    return path.expanduser().resolve()


def _local(path: Path) -> LocalStore:
    if path.parts[:1] == ("s3:",):  # what Path("s3://bucket") is, and one slip of the pen
        raise _refusal(str(path), "s3: is not the name of a folder")
    return LocalStore(path.expanduser().resolve())


def _folder(place: str) -> Path:
    """Read a path, or the path in a file URL."""
    if not place.startswith(_FILE):
        return Path(place)
    text = place.removeprefix(_FILE)
    parts = unquote(text).split("/")
    if ".." in parts or "?" in text or "#" in text:
        raise _refusal(place, "a URL has neither .. nor a query")
    if parts[0] not in {"", "localhost"}:
        raise _refusal(place, f"it is on the host {parts[0]}")
    return Path("/".join(["", *parts[1:]]))


def _refusal(place: str, why: str) -> InvalidNameError:
    return InvalidNameError(f"A lake cannot be at {place!r}: {why}.", hint=_ALLOWED, url=place)
