"""Where a copy of a lake may go."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING, Protocol

from lake.address import is_within
from lake.copy_journals import STATE
from lake.errors import LakeError, NotFoundError
from lake.identity import IDENTITY
from lake.store import TMP, LocalStore, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Target(Store, Protocol):
    """A store that a copy can go to: one that can say what else is there."""

    @property
    def url(self) -> str:
        """Where it is, as `open_store` takes it."""

    def names(self) -> Sequence[str]:
        """Return some names at its root, folders with a "/"; none when it is empty."""

    def require_exclusive_create(self) -> None:
        """Raise StoreError when a taken name is given away a second time."""


def require_place(source: Store, target: Target, *, begun: str) -> None:
    """Refuse a place with other things, and a copy inside of what it copies, before a file is made.

    `begun` is there when a copying to the place was begun before.
    """
    if _overlap(getattr(source, "url", ""), target.url):
        raise _overlapping()
    others = [name.removesuffix("/") for name in target.names() if name != f"{TMP}/"]
    if others and not is_there(target, begun) and not is_there(target, IDENTITY):
        message = f"{target.url} is not empty: it holds {', '.join(others[:5])}."
        raise LakeError(message, hint="Name an empty or a new place.", path=target.url)
    if _is_same(source, target):
        raise _overlapping()


def _overlap(one: str, other: str) -> bool:
    return bool(one) and (is_within(one, other) or is_within(other, one))


def _overlapping() -> LakeError:
    message = "The lake and its copy are at one place, or one is inside the other."
    return LakeError(message, hint="Copy to a place of its own.")


def _is_same(source: Store, target: Target) -> bool:
    """Find out whether two addresses lead to one place."""
    probe = f"{TMP}/{secrets.token_hex(16)}"
    target.put(probe, b"")
    try:
        return is_there(source, probe)
    finally:
        target.delete(probe)


def is_copy(store: Store) -> bool:
    """Tell whether a lake is a copy of another one, which it would not be once it was compacted."""
    return is_there(store, STATE)


def require_no_copy(store: Store) -> None:
    """Raise LakeError for a copy: who changes it by itself can copy nothing to it any more."""
    if is_copy(store):
        message = "This is a backup: changed by itself it would be none any more."
        raise LakeError(message, hint="Restore it with `mhras restore`, and work on that lake.")


def is_there(store: Store, key: str) -> bool:
    """Tell whether a store has a file."""
    try:
        return store.size(key) >= 0
    except NotFoundError:
        return False


@contextlib.contextmanager
def alone(target: Store) -> Iterator[None]:
    """Keep others from copying to the same folder; in a bucket nobody can be kept from it."""
    if not isinstance(target, LocalStore):
        yield
        return
    with target.lock("backup") as free:
        if not free:
            message = "Somebody else is copying to this place now."
            raise LakeError(message, hint="Repeat it when that has ended.")
        yield
