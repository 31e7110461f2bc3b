"""Prove that a lake holds what it says it holds.

structure   manifests follow each other, what they name is there with the right size, and so is
            what was there when the lake was last found sound (lake/inventory.py)
footers     also: every Parquet file opens and has the rows it should have
content     also: the SHA-256 of every file and object, about 1 GB a second
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from lake.digest import digest_file
from lake.errors import DamagedError, FormatError, NotFoundError, StoreError
from lake.identity import IDENTITY, read_identity
from lake.inventory import differences
from lake.objects import Objects, object_key
from lake.problem import Problem
from lake.segment import footer
from lake.table import SENTINEL, Table, digest_in, is_segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lake.manifest import Manifest
    from lake.spec import TableSpec
    from lake.store import Store

__all__ = ["Level", "Problem", "verify"]

Level = Literal["structure", "footers", "content"]
_DEPTH: Final = {"structure": 0, "footers": 1, "content": 2}


def verify(
    lake_store: Store, specs: Iterable[TableSpec], level: Level = "structure"
) -> list[Problem]:
    """Return everything that is wrong with a lake; nothing when it is sound.

    Appends and compactions may go on meanwhile. What a crash leaves behind and nobody reads is
    not a problem.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from lake.store import LocalStore
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = LocalStore(Path(folder))
    ...     digest = Objects(store).put(b"weights")
    ...     _ = (Path(folder) / object_key(digest)).write_bytes(b"weighty")
    ...     [problem.kind for problem in verify(store, [], level="content")]
    ['content']
    """
    depth = _DEPTH[level]
    problems = list(_verify_identity(lake_store))
    for spec in specs:
        problems += _verify_table(Table(lake_store, spec, writer="verify"), depth)
    if depth >= _DEPTH["content"]:
        problems += _verify_objects(lake_store)
    named = {problem.path for problem in problems}
    changed = differences(lake_store, content=depth >= _DEPTH["content"])
    return problems + [problem for problem in changed if problem.path not in named]


def _verify_identity(store: Store) -> Iterator[Problem]:
    try:
        read_identity(store, "this place")
    except NotFoundError:
        return  # a lake that had it has an inventory that says so
    except (DamagedError, FormatError, StoreError) as error:
        yield Problem(kind="identity", path=IDENTITY, detail=error.message)


def _verify_table(table: Table, depth: int) -> Iterator[Problem]:
    yield from _verify_sentinels(table)
    yield from _verify_log(table)
    try:
        manifest = table.log.head().manifest
    except (DamagedError, StoreError):
        return  # reported with the log; without its head nothing is known about the data files
    yield from _verify_data(table, manifest, depth)
    yield from _verify_tail(table, manifest, depth)


def _verify_sentinels(table: Table) -> Iterator[Problem]:
    for key in (table.tail_key(SENTINEL), table.data_key(SENTINEL)):
        try:
            rows = footer(table.store.local_path(key))[1]
        except NotFoundError:
            continue  # views need it, the rows do not
        except (DamagedError, StoreError) as error:
            yield Problem(kind="sentinel", path=key, detail=error.message)
            continue
        if rows:
            yield Problem(kind="sentinel", path=key, detail=f"has {rows} rows instead of none")


def _verify_log(table: Table) -> Iterator[Problem]:
    log = table.log
    versions = log.versions()
    # The oldest are deleted in time, so only what lies between the first and the last must be.
    for version in sorted({*range(versions[0], versions[-1])} - {*versions}) if versions else ():
        yield Problem(kind="log", path=log.key(version), detail="absent, but later ones exist")
    for version in log.spares():
        if version > max(log.versions(), default=-1):
            detail = "absent, but its spare copy exists"
            yield Problem(kind="log", path=log.key(version), detail=detail)
    before = ""
    for version in versions:
        key = log.key(version)
        try:
            head = log.read(version)
        except NotFoundError:
            before = ""
            continue  # deleted since the listing
        except (DamagedError, StoreError) as error:
            yield Problem(kind="manifest", path=key, detail=error.message)
            before = ""
            continue
        if before and version - 1 in versions and head.manifest.previous_sha256 != before:
            detail = "does not name the manifest before it: one of the two was changed"
            yield Problem(kind="chain", path=key, detail=detail)
        before = head.sha256


def _verify_data(table: Table, manifest: Manifest, depth: int) -> Iterator[Problem]:
    sizes = {entry.name: entry.size for entry in table.data_entries()}
    for file in manifest.files:
        key = table.data_key(file.path)
        if file.path not in sizes:
            if key in table.snapshot().files:  # and not replaced and deleted since
                detail = f"absent, with {file.rows} rows"
                yield Problem(kind="missing", path=key, detail=detail)
            continue
        if sizes[file.path] != file.bytes:
            detail = f"has {sizes[file.path]} bytes instead of {file.bytes}"
            yield Problem(kind="size", path=key, detail=detail)
            continue
        if depth >= _DEPTH["footers"]:
            yield from _verify_file(table.store, key, file.rows, file.sha256, depth)


def _verify_tail(table: Table, manifest: Manifest, depth: int) -> Iterator[Problem]:
    for entry in table.store.list(f"{table.folder}/tail"):
        if not is_segment(entry.name) or entry.name in manifest.consumed:
            continue
        key = table.tail_key(entry.name)
        sha16 = digest_in(entry.name)
        if not sha16:
            detail = "not named like a segment: its rows count, but nothing proves them"
            yield Problem(kind="name", path=key, detail=detail)
        if not entry.size:
            yield Problem(kind="size", path=key, detail="has no bytes")
        elif depth >= _DEPTH["footers"]:
            yield from _verify_file(table.store, key, None, sha16, depth)


def _verify_file(
    store: Store, key: str, rows: int | None, digest: str, depth: int
) -> Iterator[Problem]:
    try:
        path = store.local_path(key)
        found = footer(path)[1]
        if rows is not None and found != rows:
            yield Problem(kind="rows", path=key, detail=f"has {found} rows instead of {rows}")
    except NotFoundError:
        return  # consumed and deleted since the listing
    except DamagedError as error:
        yield Problem(kind="footer", path=key, detail=error.message)
    except StoreError as error:
        yield Problem(kind="unreadable", path=key, detail=error.message)
        return
    if depth >= _DEPTH["content"]:
        yield from _verify_content(store, key, digest)


def _verify_content(store: Store, key: str, digest: str) -> Iterator[Problem]:
    try:
        found = digest_file(store.local_path(key))
    except (NotFoundError, FileNotFoundError):
        return  # deleted since the listing
    except DamagedError as error:  # a bucket's bytes are checked on their way here
        yield Problem(kind="content", path=key, detail=error.message)
        return
    except OSError as error:
        yield Problem(kind="unreadable", path=key, detail=str(error))
        return
    if not found.startswith(digest):
        detail = f"has the digest {found[: len(digest)]} instead of {digest}"
        yield Problem(kind="content", path=key, detail=detail)


def _verify_objects(store: Store) -> Iterator[Problem]:
    for digest in Objects(store).all():
        yield from _verify_content(store, object_key(digest), digest)
