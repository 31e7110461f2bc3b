"""What the parts of a repair share: where to look for good bytes, and what was done so far."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from lake.digest import digest_file
from lake.errors import DamagedError, NotFoundError, StoreError
from lake.quarantine import Quarantine
from lake.store import refusals

if TYPE_CHECKING:
    from pathlib import Path

    from lake.problem import Problem
    from lake.store import Store


class Workshop:
    """One repair: the lake, another copy of it if there is one, and a quarantine."""

    def __init__(self, store: Store, mirror: Store | None) -> None:
        self.store = store
        self.mirror = mirror
        self.quarantine = Quarantine(store)
        self.restored: list[str] = []
        self.rebuilt: list[str] = []
        self.set_aside: list[str] = []
        self.given_up: dict[str, str] = {}
        self.left: dict[str, str] = {}

    def restore(self, key: str, digest: str) -> bool:
        """Put bytes whose SHA-256 begins so in the place of a file, when there are any.

        Raises StoreError when they cannot be written, DamagedError when the mirror cannot be read:
        a file must not be given up for either.
        """
        found = self._own_copy(key, digest) or self._copy_in_mirror(key, digest)
        if found is None:
            return False
        path, whole = found
        self.store.put(key, path, digest=whole)
        self.restored.append(key)
        return True

    def _own_copy(self, key: str, digest: str) -> tuple[Path, str] | None:
        """Look among the local copies of what a bucket holds, or held."""
        with contextlib.suppress(NotFoundError, DamagedError, StoreError):
            return _good(self.store, key, digest)
        return None

    def _copy_in_mirror(self, key: str, digest: str) -> tuple[Path, str] | None:
        try:
            return None if self.mirror is None else _good(self.mirror, key, digest)
        except (NotFoundError, DamagedError):
            return None
        except StoreError as error:
            message = f"the mirror cannot be read: {error.message}"
            raise DamagedError(message, hint=error.hint, path=key) from error

    def give_up(self, key: str, reason: str) -> None:
        """Take a file out of the lake; its bytes stay in the quarantine."""
        self.quarantine.keep(key)
        self.note(key, reason)
        self.store.delete(key)

    def note(self, key: str, reason: str) -> None:
        """Write down that a file is given up, before anything is taken away for it."""
        self.given_up[key] = reason
        self.quarantine.report(self.given_up)

    def put_aside(self, key: str) -> None:
        """Take a file that nobody needs out of the lake; its bytes stay in the quarantine."""
        self.quarantine.move(key)
        self.set_aside.append(key)

    def leave(self, problem: Problem, why: str) -> None:
        """Change nothing about a file."""
        self.left[problem.path] = f"{problem.detail}; {why}"


def _good(store: Store, key: str, digest: str) -> tuple[Path, str] | None:
    path = store.local_path(key)
    with refusals(path):
        found = digest_file(path)
    return (path, found) if found.startswith(digest) else None
