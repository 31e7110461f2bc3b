"""The proof that an exported catalog is what was written.

    catalog.sql      -- sha256 of the rest of this file: 0f3a...
                     -- sha256 of catalog.duckdb: 97c1...
                     create or replace view ...
    catalog.duckdb

What the views are is known to catalog/export.py only. They hold no rows, and the library does not
read them, but others do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lake.digest import digest_bytes, digest_file
from lake.errors import DamagedError, LakeError, NotFoundError
from lake.problem import Problem
from lake.store import refusals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lake.store import Store

DATABASE: Final = "catalog.duckdb"
SCRIPT: Final = "catalog.sql"
_PROOF: Final = b"-- sha256 of the rest of this file: %s\n-- sha256 of catalog.duckdb:       %s\n"
_PROVED: Final = re.compile(
    _PROOF.replace(b"%s", rb"([0-9a-f]{64})") + rb"(?P<rest>.*)", re.ASCII | re.DOTALL
)
_AGAIN: Final = "`mhras export catalog` makes it again"


def with_proof(script: str, database_digest: str) -> bytes:
    """Return the script with what proves it and its database at the top.

    >>> with_proof("select 1;", 64 * "0").decode().splitlines()[-1]
    'select 1;'
    """
    rest = script.encode()
    return _PROOF % (digest_bytes(rest).encode(), database_digest.encode()) + rest


def verify_exported(store: Store) -> Iterator[Problem]:
    """Yield what is wrong with the exported catalog of a lake, when there is one."""
    try:
        script = store.get(SCRIPT)
    except NotFoundError:
        return  # never exported, or deleted: it is made of the rest
    except LakeError as error:
        yield Problem(kind="export", path=SCRIPT, detail=error.message)
        return
    found = _PROVED.fullmatch(script)
    if found is None or digest_bytes(found["rest"]).encode() != found[1]:
        yield Problem(kind="export", path=SCRIPT, detail=f"is not what was exported; {_AGAIN}")
        return
    try:
        path = store.local_path(DATABASE)
        with refusals(path):
            fits = digest_file(path).encode() == found[2]
    except (NotFoundError, DamagedError) as error:
        yield Problem(kind="export", path=DATABASE, detail=f"{error.message} {_AGAIN}")
        return
    if not fits:
        yield Problem(kind="export", path=DATABASE, detail=f"is not what was exported; {_AGAIN}")
