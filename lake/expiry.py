"""What those who store objects and those who delete them agree through: lists and leases.

    gc/<time>-<writer>-<nonce>.json     a list: objects that may be deleted later (lake/gc.py)
    gc/<nonce>.lease                    a deletion under way, which ends before the lease does

A time t stands for what happens then, X for an object.

    mark     X gets onto a list; it was last stored `keep` before, and no visible row names it
    put      a writer finds X there and wants to name it
    commit   the writer's row becomes visible, less than `keep` after put
    look     `keep` after mark or later, a collection that has a lease and has seen that still no
             row names X looks when X was last stored
    delete   and deletes X if that is what its list says, before the lease ends

X is on no list at put. Then put < mark, as far as deletions after put go, so commit < look, and
the look comes after a row that names X. Deletions before put are noticed: X is looked for once
more after the lists were.

X is on a list at put. Then it is stored again, which changes when it was last stored. Where that
comes before look, X stays. Where it comes between look and delete, there is a lease: the writer
waits for its end, sees that X is gone, and stores it again. A look after that sees the new time.

No clock is compared with another machine's but for `keep`, which is an hour at least.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import time
from typing import TYPE_CHECKING, Final

from lake.errors import NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lake.store import Store

FOLDER: Final = "gc"
LIST_SUFFIX: Final = ".json"
LEASE_SUFFIX: Final = ".lease"
LEASE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.02
_ended: Final[set[str]] = set()
"""Leases of this process that have ended, while the disk did not let go of their files."""


def keys_of(store: Store, suffix: str) -> list[str]:
    """Return the keys of all lists, or of all leases."""
    return [f"{FOLDER}/{e.name}" for e in store.list(FOLDER) if e.name.endswith(suffix)]


def is_marked(store: Store, digest: str) -> bool:
    """Tell whether an object is on a list of those that may be deleted."""
    for key in keys_of(store, LIST_SUFFIX):
        try:
            if digest.encode() in store.get(key):
                return True
        except NotFoundError:
            continue  # worked off since the listing: what it deleted is gone by now
    return False


def store_object(store: Store, digest: str, folder: str, put: Callable[[], None]) -> None:
    """Call `put`, which stores an object, until no deletion that was under way took it away."""
    put()
    while wait_for_leases(store):
        if any(entry.name == digest for entry in store.list(folder)):
            return
        put()


def wait_for_leases(store: Store, *, seconds: float = LEASE_SECONDS) -> bool:
    """Wait for the deletions that are under way now; whether there were any.

    One that is still there after the longest time a lease lasts has crashed, and is removed.
    """
    waited_for = set(keys_of(store, LEASE_SUFFIX))
    if not waited_for:
        return False
    if left := waited_for & _ended:
        store.delete(*left)
        waited_for -= left
    end = time.monotonic() + seconds
    rest = waited_for
    while rest and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
        rest = waited_for.intersection(keys_of(store, LEASE_SUFFIX))
    if rest:
        store.delete(*rest)
    return True


@contextlib.contextmanager
def lease(store: Store) -> Iterator[float]:
    """Hold the only lease; until when, on the monotonic clock: at once where another holds one."""
    wait_for_leases(store)
    # half of it for what cannot be interrupted: one deletion of a batch
    end = time.monotonic() + LEASE_SECONDS / 2
    key = f"{FOLDER}/{secrets.token_hex(8)}{LEASE_SUFFIX}"
    try:
        store.put(key, b"", exclusive=True)
    except StoreError:
        _ended.add(key)  # it may be there all the same, and nobody is to wait a minute for it
        raise
    try:
        yield end if keys_of(store, LEASE_SUFFIX) == [key] else -math.inf
    finally:
        _ended.add(key)
        store.delete(key)
        _ended.discard(key)
