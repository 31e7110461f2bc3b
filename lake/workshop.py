"""What the parts of a repair share: where to look for good bytes, and what was done so far."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from lake.digest import digest_file
from lake.errors import DamagedError, NotFoundError, StoreError
from lake.quarantine import Quarantine
from lake.store import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lake.problem import Problem
    from lake.store import Store


class Workshop:
    """One repair: the lake, its mirrors in the order they are asked, and a quarantine."""

    def __init__(self, store: Store, mirrors: Iterable[Store]) -> None:
        self.store = store
        self.mirrors = tuple(mirrors)
        self.quarantine = Quarantine(store)
        self.restored: list[str] = []
        self.rebuilt: list[str] = []
        self.set_aside: list[str] = []
        self.given_up: dict[str, str] = {}
        self.left: dict[str, str] = {}

    def restore(self, key: str, is_good: Callable[[Path], bool]) -> bool:
        """Put a mirror's copy in the place of a file, when one has a good copy.

        Raises StoreError when it cannot be written: a file must not be given up for that.
        """
        for mirror in self.mirrors:
            try:
                path = mirror.local_path(key)
                with refusals(path):
                    digest = digest_file(path)
                    good = is_good(path)
            except (NotFoundError, StoreError, DamagedError):
                continue  # this mirror does not have it; what the lake's own disk refuses is raised
            with contextlib.suppress(NotFoundError, DamagedError):  # it has changed since
                if good:
                    self.store.put(key, path, digest=digest)
                    self.restored.append(key)
                    return True
        return False

    def give_up(self, key: str, reason: str) -> None:
        """Take a file out of the lake; its bytes stay in the quarantine."""
        self.quarantine.move(key)
        self.given_up[key] = reason

    def put_aside(self, key: str) -> None:
        """Take a file that nobody needs out of the lake; its bytes stay in the quarantine."""
        self.quarantine.move(key)
        self.set_aside.append(key)

    def leave(self, problem: Problem, why: str) -> None:
        """Change nothing about a file."""
        self.left[problem.path] = f"{problem.detail}; {why}"
