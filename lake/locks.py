"""Advisory locks of open files, which end with the process that holds them."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELD: Final[set[int]] = set()


@contextlib.contextmanager
def locked(descriptor: int) -> Iterator[bool]:
    """Hold the lock of an open file and tell whether it was free; the file is closed at the end."""
    _HELD.add(descriptor)
    try:
        yield _take(descriptor)
    finally:
        if descriptor in _HELD:
            _HELD.remove(descriptor)
            os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: they only save work
    return True


def _let_go_after_fork() -> None:
    """In a forked child: it shares its parent's locks, and would hold them when the parent ends."""
    while _HELD:
        os.close(_HELD.pop())


os.register_at_fork(after_in_child=_let_go_after_fork)
