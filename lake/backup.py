"""Copy a lake into another store, and back: incremental, proved, right at every moment.

    objects, claims                     first: rows that are visible name only what is there
    data files and segments             each proved by the digest in its name, and skipped where
                                        it is already
    backup/state.json, lines of         rows of living writers, which have no segment yet
    living writers' journals            (lake/copy_journals.py)
    manifests                           one create makes a table of the copy as new as the source
                                        (lake/copy_table.py)
    lake.json                           last: until then the copy is no lake

Writers, compactions and collections of the source may go on: what they take away during the copying
is looked for in a newer snapshot. A copying that crashed leaves the state before it, or parts of
the one after it, and the next one goes on from there. What is damaged in the source is named and
not copied, so that it never replaces a good copy. Nothing is deleted in the copy but segments whose
rows are in its data files by then; `mhras gc` on the copy removes what else is of no use.

A copy opens as a lake, for reading; nobody compacts it (lake/copy_place.py). Whoever wants to write
restores it first: a copy that has manifests of its own is not copied to again. It is a mirror for
`mhras verify --repair --from`, too.

What other copies are worth:

  - A snapshot of the file system or the disk is exact: everything becomes durable before it gets
    its name.
  - `cp` and rsync copy file after file. With only appends under way, into an empty folder, the
    result is a whole lake, journals included: rsync goes by the alphabet, and journal/ comes before
    tables/, as it must. With a compaction under way it may lack a data file that a manifest names,
    or have rows twice; so it may when it is repeated without --delete. Then `mhras verify` finds
    what is missing, but rows that count twice it cannot find.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lake.compact import GRACE
from lake.copy_journals import (
    JOURNALS,
    NO_VERSION,
    STATE,
    State,
    copy_journals,
    read_journals,
    read_states,
    restored_journals,
    write_states,
)
from lake.copy_place import alone, is_there, require_place
from lake.copy_table import (
    TableCapture,
    capture_table,
    check_history,
    copy_files,
    copy_manifests,
)
from lake.copying import Copying
from lake.errors import (
    AlreadyExistsError,
    DamagedError,
    LakeError,
    LakeNotFoundError,
    NotFoundError,
)
from lake.identity import IDENTITY, read_document, read_identity
from lake.manifest import DataFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lake.copy_place import Target
    from lake.store import Store

    Progress = Callable[[str, float], None]

RESTORING: Final = "restoring.json"
_TRIES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What was copied: files and their bytes, and how many were `there` already.

    `versions` are those of the tables, `journals` how many living writers' rows were copied.
    `damaged` are files of the source that were not copied, or tables that are not up to date for
    them, with the reasons.
    """

    files: int
    bytes: int
    there: int
    versions: Mapping[str, int]
    journals: int
    damaged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Capture:
    """What the source is at one moment: living writers' rows, then the tables."""

    journals: Mapping[str, bytes]
    tables: tuple[TableCapture, ...]


def backup(source: Store, target: Target, *, progress: Progress | None = None) -> BackupReport:
    """Copy a lake, or what is new in it since the last time, into another store.

    Raises LakeNotFoundError when the source is no lake, LakeError when the target is another lake's
    copy, was worked on or overlaps the source, StoreError when a disk or the network refuses.
    """
    lake_id = _lake_id(source)
    require_place(source, target, begun=STATE)
    copying = Copying(source, target, progress)
    with alone(target):
        states = _known_copy(copying, lake_id)
        known = set(target.folders("tables"))
        capture = _copy_contents(copying, states)
        journals = copy_journals(copying, capture.journals)
        held = _held(copying, capture, known)
        state = _state(capture, known - {t.name for t in capture.tables} | held, journals)
        # Until all manifests are copied, each table belongs to this state or to one before it.
        write_states(copying, lake_id, [*states, state])
        _copy_manifests(copying, capture, held)
        behind = NO_VERSION in state.versions.values()
        write_states(copying, lake_id, [*states, state] if behind else [state])
    return _report(copying, state)


def restore(source: Store, target: Target, *, progress: Progress | None = None) -> BackupReport:
    """Make a lake of a backup, in a store that holds none; a restore that crashed is gone on with.

    The rows of writers that were living then are in its journals, and become segments with the
    first use. Raises AlreadyExistsError when the target is a lake, LakeError when it holds parts
    of one, and what `backup` raises.
    """
    lake_id = _lake_id(source)
    require_place(source, target, begun=RESTORING)
    copying = Copying(source, target, progress)
    with alone(target):
        _begin_restore(target, lake_id)
        capture = _copy_contents(copying, [])
        for journal_id, lines in capture.journals.items():
            copying.put(f"{JOURNALS}/{journal_id}.jsonl", lines)
        _copy_manifests(copying, capture, set())
        target.delete(RESTORING)
    return _report(copying, _state(capture, set(), dict.fromkeys(capture.journals, "")))


def _begin_restore(target: Target, lake_id: str) -> None:
    """Take an empty place, or one where a restore of the same lake was interrupted."""
    try:
        begun = read_document(target, RESTORING).get("lake_id")
    except NotFoundError:
        begun = ""
    if is_there(target, IDENTITY):
        target.delete(RESTORING)  # it was the last thing to do
        message = "There is a lake already where the backup is to be restored."
        raise AlreadyExistsError(message, hint="Name an empty or a new folder.", key=IDENTITY)
    if begun not in {"", lake_id}:
        message = "A restore of another lake was begun there, and not ended."
        raise LakeError(message, hint="Name an empty or a new place.", lake_id=begun)
    if not begun:
        target.require_exclusive_create()
    target.put(RESTORING, json.dumps({"lake_id": lake_id}).encode())
    # Of an earlier attempt: by now the backup may have their rows in a segment.
    journals = [f"{JOURNALS}/{entry.name}" for entry in target.list(JOURNALS)]
    if journals:
        target.delete(*journals)


def _lake_id(source: Store) -> str:
    try:
        return str(read_identity(source, "the source")["lake_id"])
    except NotFoundError as error:
        message = f"The source is no lake, and no complete copy of one: {error.message}"
        hint = "Name a lake or a backup; one whose lake.json is lost needs `mhras verify --repair`."
        raise LakeNotFoundError(message, hint=hint) from None


def _known_copy(copying: Copying, lake_id: str) -> list[State]:
    """Return the states of earlier copyings to a target that is no other lake."""
    known, states = read_states(copying.target)
    found = known
    if not known:
        with contextlib.suppress(NotFoundError):
            found = read_identity(copying.target, "the target")["lake_id"]
    if found not in {"", lake_id}:
        message = "The target holds another lake, or a copy of one."
        raise LakeError(message, hint="Copy to an empty or a new place.", lake_id=found)
    if not known:
        write_states(copying, lake_id, [])
    return states


def _copy_contents(copying: Copying, states: list[State]) -> _Capture:
    """Copy all that a snapshot of the source names, and return that snapshot."""
    copying.objects()  # most of the bytes: what comes later is little
    for _ in range(_TRIES):
        capture = _look(copying)
        for table in capture.tables:
            check_history(copying, table, [state.heads.get(table.name, "") for state in states])
        copying.objects()
        copying.claims()
        complete = True
        for place, table in enumerate(capture.tables):
            copying.tell(table.name, 0.8 + 0.1 * place / len(capture.tables))
            complete &= copy_files(copying, table)
        if complete:
            return capture
    message = "The lake is compacted faster than it can be copied."
    raise LakeError(message, hint="Copy it when less is going on.")


def _look(copying: Copying) -> _Capture:
    """Look at the source: journals before tables, as whoever reads both must."""
    while True:
        start = time.monotonic()
        copied = restored_journals(copying.source, copying.damaged)
        journals = copied | read_journals(copying.source)
        tables = []
        for name in copying.source.folders("tables"):
            try:
                tables.append(capture_table(copying.source, name))
            except DamagedError as error:
                copying.damaged[f"tables/{name}"] = error.message
        # A journal may become a segment meanwhile, but its name must not be forgotten so soon.
        # Nor may somebody copy to the source, where that is a copy itself.
        soon = time.monotonic() - start < GRACE / 2
        if soon and copied == restored_journals(copying.source, {}):
            return _Capture(journals, tuple(tables))


def _held(copying: Copying, capture: _Capture, known: set[str]) -> set[str]:
    """Name the tables that are whole in an earlier copy, and damaged in the source by now."""
    held = set()
    for table in capture.tables:
        missing = [
            key
            for key, part in table.data
            if key in copying.damaged and isinstance(part, DataFile)  # a roll-up is not missed
        ]
        if missing and table.name in known:
            held.add(table.name)
            reason = f"not up to date in the copy, for {missing[0]} is damaged"
            copying.damaged[f"tables/{table.name}"] = reason
    return held


def _state(capture: _Capture, held: set[str], journals: Mapping[str, str]) -> State:
    """Describe what the copy is about to be; held tables belong to an earlier state."""
    heads = {table.name: table.head for table in capture.tables if table.name not in held}
    versions = {name: head.manifest.version for name, head in heads.items()}
    return State(
        versions=versions | dict.fromkeys(held, NO_VERSION),
        heads={name: head.sha256 for name, head in heads.items()},
        journals=journals,
    )


def _copy_manifests(copying: Copying, capture: _Capture, held: set[str]) -> None:
    """Make the copy as new as what was looked at, and a lake."""
    for place, table in enumerate(capture.tables):
        copying.tell("manifests", 0.9 + 0.1 * place / len(capture.tables))
        if table.name not in held:
            copy_manifests(copying, table)
    if copying.present(copying.target, IDENTITY) is None:
        copying.put(IDENTITY, copying.source.get(IDENTITY), exclusive=True)
    copying.tell("done", 1.0)


def _report(copying: Copying, state: State) -> BackupReport:
    return BackupReport(
        files=len(copying.copied),
        bytes=sum(copying.copied.values()),
        there=len(copying.there - copying.copied.keys()),
        versions={name: v for name, v in state.versions.items() if v != NO_VERSION},
        journals=len(state.journals),
        damaged=copying.damaged,
    )
