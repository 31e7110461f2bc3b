"""Delete objects that nothing refers to any more: in two phases, without a lock.

    phase 1   gc/<time>-<writer>-<nonce>.json: a list of objects that nothing refers to, stored
              `keep` ago or earlier
    phase 2   `keep` later, by anybody: those on the list that still nothing refers to, and that
              nobody stored again meanwhile, are deleted, and then the list

Each call does both: it works off the lists whose time has come, and writes a new one. Why nothing
that somebody still wants is lost, lake/expiry.py proves. Whatever crashes, a list that is left is
worked off by the next call.
"""

from __future__ import annotations

import contextlib
import json
import math
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from lake.digest import is_digest
from lake.errors import LakeError, NotFoundError
from lake.expiry import (
    FOLDER,
    LIST_SUFFIX,
    keys_of,
    lease,
)
from lake.objects import FOLDER as OBJECTS, object_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lake.address import Place
    from lake.store import Entry, Store

KEEP: Final = timedelta(days=7)
SHORTEST_KEEP: Final = timedelta(hours=1)
OLD_TEMPORARY_SECONDS: Final = 86_400.0
_BATCH: Final = 64  # so few are deleted well within a lease


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as a listing shows it, and from when on it may go. Seconds since 1970 UTC.

    Two are equal when the listings are: what is on no list may go never.
    """

    digest: str
    bytes: int
    modified_at: float
    due_at: float = field(default=math.inf, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectGarbage:
    """What a collection found: deleted now, put onto a list now, on a list since an earlier call.

    `busy` says that another collection was deleting, so that this one deleted nothing or not all.
    """

    deleted: tuple[StoredObject, ...] = ()
    marked: tuple[StoredObject, ...] = ()
    waiting: tuple[StoredObject, ...] = ()
    busy: bool = False


@dataclass(frozen=True, slots=True)
class _List:
    """What one phase 1 found, and from when on it may be deleted."""

    key: str
    due_at: float
    stored_at: dict[str, float]


def collect_objects(
    store: Store,
    references: Callable[[], Iterable[str]],
    *,
    keep: timedelta = KEEP,
    now: float | None = None,
    dry_run: bool = False,
    writer: str = "gc",
) -> ObjectGarbage:
    """Delete the objects whose time has come, and put those that nothing refers to onto a list.

    `references` gives the digest of every object that a visible row refers to. `now` is in seconds
    since 1970 UTC. With `dry_run` nothing changes, and the answer is what would. Raises LakeError
    for a `keep` of less than an hour, and what `references` raises.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from lake.objects import Objects
    >>> from lake.store import LocalStore
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = LocalStore(Path(folder))
    ...     named, unnamed = Objects(store).put(b"named"), Objects(store).put(b"unnamed")
    ...     for days in (1, 8, 16):
    ...         found = collect_objects(store, lambda: [named], now=time.time() + days * 86_400)
    ...         print(len(found.marked), len(found.deleted), len(list(Objects(store).all())))
    0 0 2
    1 0 2
    0 1 1
    """
    if keep < SHORTEST_KEEP:
        message = f"Objects are not deleted {keep} after they were stored."
        raise LakeError(message, hint="Keep them for an hour at least: writers need that time.")
    now = time.time() if now is None else now
    lists = list(_lists(store))
    named = frozenset(references())
    unnamed = (stored for stored in _stored(store) if stored.digest not in named)
    found = [replace(stored, due_at=_due_at(stored, lists)) for stored in unnamed]
    soon = now + keep.total_seconds()
    oldest = now - keep.total_seconds()
    doomed = tuple(s for s in found if s.due_at <= now)
    waiting = tuple(s for s in found if now < s.due_at <= soon)
    fresh = (s for s in found if s.due_at > soon and s.modified_at <= oldest)
    marked = tuple(replace(stored, due_at=soon) for stored in fresh)
    if dry_run:
        return ObjectGarbage(deleted=doomed, marked=marked, waiting=waiting)
    deleted, done = _delete(store, doomed)
    if done:
        worked_off = [each.key for each in lists if each.due_at <= now]
        if worked_off:
            store.delete(*worked_off)
    if marked:
        name = f"{round(now * 1e6):016x}-{writer}-{secrets.token_hex(4)}{LIST_SUFFIX}"
        store.put(f"{FOLDER}/{name}", _as_json(marked, due_at=soon), exclusive=True)
    return ObjectGarbage(deleted=tuple(deleted), marked=marked, waiting=waiting, busy=not done)


def _stored(store: Store) -> Iterator[StoredObject]:
    for folder in store.folders(OBJECTS):
        for entry in store.list(f"{OBJECTS}/{folder}"):
            if is_digest(entry.name):
                yield _as_stored(entry)


def _as_stored(entry: Entry) -> StoredObject:
    return StoredObject(digest=entry.name, bytes=entry.size, modified_at=entry.modified_at)


def _due_at(stored: StoredObject, lists: Sequence[_List]) -> float:
    """From when on an object may be deleted: never, where it was stored again since its list."""
    times = [e.due_at for e in lists if e.stored_at.get(stored.digest) == stored.modified_at]
    return min(times, default=math.inf)


def _as_json(marked: Iterable[StoredObject], *, due_at: float) -> bytes:
    objects = [{k: v for k, v in asdict(s).items() if k != "due_at"} for s in marked]
    return json.dumps({"due_at": due_at, "objects": objects}).encode()


def _lists(store: Store) -> Iterator[_List]:
    for key in keys_of(store, LIST_SUFFIX):
        with contextlib.suppress(NotFoundError):  # worked off since the listing
            yield _read_list(key, store.get(key))


def _read_list(key: str, data: bytes) -> _List:
    try:
        document = json.loads(data)
        stored_at = {str(o["digest"]): float(o["modified_at"]) for o in document["objects"]}
        return _List(key, float(document["due_at"]), stored_at)
    except (ValueError, KeyError, TypeError):
        return _List(key, -math.inf, {})  # damaged: nothing is deleted for it, and it goes


def _delete(store: Store, doomed: Sequence[StoredObject]) -> tuple[list[StoredObject], bool]:
    """Delete objects in batches; which ones, and whether all had their turn."""
    deleted: list[StoredObject] = []
    for start in range(0, len(doomed), _BATCH):
        batch = doomed[start : start + _BATCH]
        with lease(store) as end:
            folders = sorted({f"{OBJECTS}/{stored.digest[:2]}" for stored in batch})
            there = {_as_stored(entry) for folder in folders for entry in store.list(folder)}
            unchanged = [stored for stored in batch if stored in there]
            if time.monotonic() >= end:
                return deleted, False
            if unchanged:
                store.delete(*(object_key(stored.digest) for stored in unchanged))
            deleted += unchanged
    return deleted, True


def old_temporary_files(
    place: Place, *, older_than: float = OLD_TEMPORARY_SECONDS
) -> dict[str, int]:
    """Name the files that crashed writers left in tmp/, with their bytes; ages are in seconds.

    A younger one may be on its way to a name: its age is told by the clock that dated it.
    """
    limit = place.now() - older_than
    files = [entry for entry in place.list("tmp") if not entry.name.endswith(".lock")]
    return {f"tmp/{entry.name}": entry.size for entry in files if entry.modified_at < limit}
