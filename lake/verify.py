"""Prove that a lake holds what it says it holds.

structure   manifests follow each other, what they name is there with the right size, and so is
            what was there when the lake was last found sound (lake/inventory.py)
footers     also: every Parquet file opens and has the rows it should have
content     also: the SHA-256 of every file and object, about 1 GB a second, and what lies beside
            them (lake/verify_beside.py)
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from multiprocessing.pool import ThreadPool
from typing import TYPE_CHECKING, Final, Literal

from lake.copy_journals import FOLDER as COPIES, digest_in_copy
from lake.digest import is_digest
from lake.errors import DamagedError, FormatError, NotFoundError, StoreError
from lake.identity import IDENTITY, read_identity
from lake.inventory import differences
from lake.objects import FOLDER as OBJECTS
from lake.problem import Problem
from lake.segment import footer
from lake.table import Table, digest_in, is_segment, is_sentinel
from lake.verify_beside import verify_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lake.manifest import Manifest
    from lake.spec import TableSpec
    from lake.store import Store

    Progress = Callable[[str, float], None]

__all__ = ["Level", "Problem", "Proof", "prove", "verify"]

Level = Literal["structure", "footers", "content"]
_DEPTH: Final = {"structure": 0, "footers": 1, "content": 2}
# SHA-256 of a file leaves Python's lock to others, and a bucket is slow to answer
_AT_ONCE: Final = max(4, os.cpu_count() or 1)
_TABLES_SHARE: Final = 0.1  # of the time, when contents are read too


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Everything that is wrong, and of how many files with how many bytes the content was read."""

    problems: tuple[Problem, ...]
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Content:
    """A file to read to its end: how its SHA-256 begins, how many bytes it has."""

    key: str
    digest: str
    bytes: int


@dataclass(frozen=True, slots=True)
class _Task:
    """How deep to look; the contents to read are collected first, and read at the end."""

    depth: int
    contents: list[_Content] = field(default_factory=list)

    def looks_at(self, level: Level) -> bool:
        return self.depth >= _DEPTH[level]


def verify(
    lake_store: Store, specs: Iterable[TableSpec], level: Level = "structure"
) -> list[Problem]:
    """Return everything that is wrong with a lake; nothing when it is sound.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from lake.objects import Objects, object_key
    >>> from lake.store import LocalStore
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = LocalStore(Path(folder))
    ...     digest = Objects(store).put(b"weights")
    ...     _ = (Path(folder) / object_key(digest)).write_bytes(b"weighty")
    ...     [problem.kind for problem in verify(store, [], level="content")]
    ['content']
    """
    return list(prove(lake_store, specs, level).problems)


def prove(
    lake_store: Store,
    specs: Iterable[TableSpec],
    level: Level = "structure",
    *,
    progress: Progress | None = None,
) -> Proof:
    """Look for everything that is wrong with a lake, and say how much was read for it.

    Appends and compactions may go on meanwhile. What a crash leaves behind and nobody reads is
    not a problem. Nothing is written, so it may be interrupted at any time.
    """
    tell = progress or (lambda _what, _share: None)
    task = _Task(_DEPTH[level])
    problems = list(_verify_identity(lake_store))
    tables = [Table(lake_store, spec, writer="verify") for spec in specs]
    share = _TABLES_SHARE if task.looks_at("content") else 1.0
    for place, table in enumerate(tables):
        tell(f"table {table.spec.name}", share * place / len(tables))
        problems += _verify_table(table, task)
    if task.looks_at("content"):
        task.contents.extend(_objects(lake_store))
        task.contents.extend(_copied_journals(lake_store))
        problems += _verify_contents(lake_store, task.contents, tell)
        problems += verify_beside(lake_store, tables)
    named = {problem.path for problem in problems}
    changed = differences(lake_store, content=task.looks_at("content"))
    problems += [problem for problem in changed if problem.path not in named]
    return Proof(
        problems=tuple(problems),
        files=len(task.contents),
        bytes=sum(content.bytes for content in task.contents),
    )


def _verify_identity(store: Store) -> Iterator[Problem]:
    try:
        read_identity(store, "this place")
    except NotFoundError:
        return  # a lake that had it has an inventory that says so
    except (DamagedError, FormatError, StoreError) as error:
        yield Problem(kind="identity", path=IDENTITY, detail=error.message)


def _verify_table(table: Table, task: _Task) -> Iterator[Problem]:
    yield from _verify_sentinels(table)
    yield from _verify_log(table)
    try:
        manifest = table.log.head().manifest
    except (DamagedError, StoreError):
        return  # reported with the log; without its head nothing is known about the data files
    yield from _verify_data(table, manifest, task)
    yield from _verify_tail(table, manifest, task)


def _verify_sentinels(table: Table) -> Iterator[Problem]:
    for key in table.sentinels():
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
    if not versions and any(not is_sentinel(entry.name) for entry in table.data_entries()):
        detail = "absent with all the others, but there are data files"
        yield Problem(kind="log", path=log.key(0), detail=detail)
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


def _verify_data(table: Table, manifest: Manifest, task: _Task) -> Iterator[Problem]:
    sizes = {entry.name: entry.size for entry in table.data_entries()}
    for file in manifest.parts:
        key = table.data_key(file.path)
        if file.path not in sizes:
            if file in table.log.head().manifest.parts:  # and not replaced and deleted since
                detail = f"absent, with {file.rows} rows"
                yield Problem(kind="missing", path=key, detail=detail)
            continue
        if sizes[file.path] != file.bytes:
            detail = f"has {sizes[file.path]} bytes instead of {file.bytes}"
            yield Problem(kind="size", path=key, detail=detail)
            continue
        content = _Content(key, file.sha256, file.bytes)
        yield from _verify_file(table.store, content, file.rows, task)


def _verify_tail(table: Table, manifest: Manifest, task: _Task) -> Iterator[Problem]:
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
        else:
            content = _Content(key, sha16, entry.size)
            yield from _verify_file(table.store, content, None, task)


def _verify_file(
    store: Store, content: _Content, rows: int | None, task: _Task
) -> Iterator[Problem]:
    if not task.looks_at("footers"):
        return
    key = content.key
    try:
        found = footer(store.local_path(key))[1]
        if rows is not None and found != rows:
            yield Problem(kind="rows", path=key, detail=f"has {found} rows instead of {rows}")
    except NotFoundError:
        return  # consumed and deleted since the listing
    except DamagedError as error:
        yield Problem(kind="footer", path=key, detail=error.message)
    except StoreError as error:
        yield Problem(kind="unreadable", path=key, detail=error.message)
        return
    if task.looks_at("content"):
        task.contents.append(content)


def _objects(store: Store) -> Iterator[_Content]:
    for folder in store.folders(OBJECTS):
        for entry in store.list(f"{OBJECTS}/{folder}"):
            if is_digest(entry.name):
                yield _Content(f"{OBJECTS}/{folder}/{entry.name}", entry.name, entry.size)


def _copied_journals(store: Store) -> Iterator[_Content]:
    for entry in store.list(COPIES):
        digest = digest_in_copy(entry.name)
        if digest:
            yield _Content(f"{COPIES}/{entry.name}", digest, entry.size)


def _verify_contents(store: Store, contents: list[_Content], tell: Progress) -> Iterator[Problem]:
    total = max(1, sum(content.bytes for content in contents))
    done = 0
    # not an executor: who interrupts a proof would have to wait for the end of large files
    with ThreadPool(_AT_ONCE) as pool:
        found = pool.imap(lambda each: _verify_content(store, each), contents)
        for content, problem in zip(contents, found, strict=True):
            done += content.bytes
            tell("contents", _TABLES_SHARE + (1 - _TABLES_SHARE) * done / total)
            if problem is not None:
                yield problem


def _verify_content(store: Store, content: _Content) -> Problem | None:
    key, digest = content.key, content.digest
    try:
        found = store.digest(key)
    except NotFoundError:
        return None  # deleted since the listing
    except (DamagedError, StoreError) as error:
        kind = "content" if isinstance(error, DamagedError) else "unreadable"
        return Problem(kind=kind, path=key, detail=error.message)
    if not found.startswith(digest):
        detail = f"has the digest {found[: len(digest)]} instead of {digest}"
        return Problem(kind="content", path=key, detail=detail)
    return None
