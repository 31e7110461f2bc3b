"""Where damaged bytes go when nobody has better ones: out of the way, but never away.

    quarantine/<time>/<key>          the bytes as they were found, under the key they had
               <time>/report.json    what was given up, why, and when

A report stays until somebody deletes its folder, and says so that the loss is accepted. Until then
garbage collection leaves all objects alone (core/maintenance.py): rows that were lost may have
named them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from lake.clock import now_us
from lake.digest import digest_file
from lake.errors import DamagedError, LakeError, NotFoundError, StoreError
from lake.identity import read_document
from lake.store import refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lake.problem import Problem
    from lake.store import Store

FOLDER: Final = "quarantine"
REPORT: Final = "report.json"


class Quarantine:
    """One repair's folder of damaged files."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.folder = f"{FOLDER}/{now_us():016x}"

    def keep(self, key: str) -> bool:
        """Copy a file here, and tell whether there was one.

        Raises DamagedError when it cannot be read, StoreError when it cannot be written.
        """
        try:
            source = self._store.local_path(key)
            with refusals(source):
                digest = digest_file(source)
        except NotFoundError:
            return False
        except DamagedError:  # a bucket's bytes are checked on their way here
            self._store.copy(key, f"{self.folder}/{key}")
            return True
        except StoreError as error:
            raise DamagedError(error.message, hint=error.hint, path=key) from error
        self._store.put(f"{self.folder}/{key}", source, digest=digest)
        return True

    def move(self, key: str) -> bool:
        """Take a file out of the lake and keep it here; whether there was one."""
        kept = self.keep(key)
        if kept:
            self._store.delete(key)
        return kept

    def report(self, given_up: Mapping[str, str]) -> None:
        """Write down what was given up: keys and reasons."""
        body = json.dumps({"at": now_us(), "given_up": given_up}, sort_keys=True, indent=1)
        self._store.put(f"{self.folder}/{REPORT}", body.encode())


def given_up(store: Store) -> dict[str, str]:
    """Return what repairs gave up and nobody has put back: keys and reasons."""
    found: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for name in store.folders(FOLDER):
        key = f"{FOLDER}/{name}/{REPORT}"
        try:
            report = read_document(store, key)
        except NotFoundError:
            continue  # nothing was given up: what nobody needs, or a repair that got no further
        except DamagedError as error:
            unknown[key] = f"nobody can tell what was given up: {error.message}"
        else:
            found |= report.get("given_up") or {}
    return {k: reason for k, reason in found.items() if not _is_there(store, k)} | unknown


def _is_there(store: Store, key: str) -> bool:
    try:
        store.size(key)
    except LakeError:
        return False
    return True


def without_given_up(store: Store, problems: Iterable[Problem]) -> list[Problem]:
    """Leave out the files that are known to be lost."""
    known: Any = given_up(store)
    return [problem for problem in problems if problem.path not in known]
