"""Repair a lake: good bytes from where there are some, the rest out of the way.

    problem (lake/verify.py)
       |  the same file in a bucket's local copies or the mirror, and its digest is right?
       +-- yes --> swapped in under its name, atomically              restored
       |  can it be made from what is there?
       +-- yes --> written anew: lake.json, a manifest from its       rebuilt
       |           spare copy, a table's file without rows
       +-- no ---> copied to quarantine/, and the lake does without   given up
                   it: a data file or segment leaves the table by a
                   new manifest that says so, an object is missed

Nothing is deleted but what has a verified copy elsewhere in the lake or in its quarantine. Readers
and writers may go on meanwhile. What an earlier repair gave up comes back when a mirror has it.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lake.clock import now_us
from lake.copy_journals import FOLDER as COPIES
from lake.digest import is_digest
from lake.errors import DamagedError, FormatError, LakeError, NotFoundError
from lake.expiry import lease
from lake.identity import FORMAT, IDENTITY, read_identity
from lake.inventory import FOLDER as INVENTORY, forget, last_inventory
from lake.objects import FOLDER as OBJECTS
from lake.quarantine import given_up
from lake.repair_log import repair_log
from lake.repair_table import bring_back, repair_table
from lake.spec import TableSpec
from lake.table import Table
from lake.verify_beside import JOURNALS
from lake.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lake.problem import Problem
    from lake.store import Store

_LOG_KINDS: Final = frozenset({"log", "manifest", "chain"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """What a repair did, by the keys of the files; `given_up` and `left` with the reasons.

    `set_aside` is in quarantine, and nobody needs it. `left` is as it was: it may be fine, or needs
    somebody who knows more.
    """

    restored: tuple[str, ...] = ()
    rebuilt: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    given_up: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    quarantine: str = ""


def repair(
    store: Store,
    specs: Iterable[TableSpec],
    problems: Iterable[Problem],
    *,
    source: Store | None = None,
    writer: str = "repair",
) -> RepairReport:
    """Repair what `verify` found, from another copy of the lake where there is one.

    Verify again afterwards: a highest manifest that is whole again shows what else is missing.
    Raises StoreError when the disk refuses to be written, LakeError for a copy of another lake.
    """
    if source is not None:
        _check_mirror(store, source)
    workshop = Workshop(store, source)
    by_path: dict[str, Problem] = {}
    for problem in problems:
        by_path.setdefault(problem.path, problem)
    tables = {spec.name: Table(store, spec, writer=writer) for spec in specs}
    for name in store.folders("tables"):
        if name not in tables:
            tables[name] = Table(store, TableSpec(name=name, columns={}), writer=writer)
    for table in tables.values():
        own = [p for key, p in by_path.items() if key.startswith(f"{table.folder}/")]
        logged = [problem for problem in own if problem.kind in _LOG_KINDS]
        repair_log(workshop, table, logged)
        repair_table(workshop, table, [problem for problem in own if problem not in logged])
        bring_back(workshop, table)
    for key, problem in by_path.items():
        if not key.startswith("tables/"):
            _repair_other(workshop, problem)
    _bring_back_objects(workshop)
    return _finish(workshop)


def _check_mirror(store: Store, mirror: Store) -> None:
    """Refuse another lake: where all manifests of a table are lost, its rows would come instead."""
    with contextlib.suppress(NotFoundError, DamagedError):  # then nothing says which lake it is
        ours, theirs = (read_identity(each, "this place") for each in (store, mirror))
        # Not one of them alone: what is damaged may be lake.json.
        if all(ours.get(fact) != theirs.get(fact) for fact in ("lake_id", "created_at")):
            message = "What is to be repaired from is a copy of another lake."
            raise LakeError(message, hint="Name a copy of this lake.", lake_id=theirs["lake_id"])


def _bring_back_objects(workshop: Workshop) -> None:
    """Put back objects that earlier repairs gave up, and a mirror has."""
    for key in given_up(workshop.store):
        digest = key.rpartition("/")[2]
        if key.startswith(f"{OBJECTS}/") and is_digest(digest):
            with contextlib.suppress(DamagedError):  # of the mirror: then the next time
                workshop.restore(key, digest)


def _finish(workshop: Workshop) -> RepairReport:
    moved = [*workshop.given_up, *workshop.set_aside]
    if moved:
        forget(workshop.store, moved)
    return RepairReport(
        restored=tuple(workshop.restored),
        rebuilt=tuple(workshop.rebuilt),
        set_aside=tuple(workshop.set_aside),
        given_up=workshop.given_up,
        left=workshop.left,
        quarantine=workshop.quarantine.folder if moved else "",
    )


def _repair_other(workshop: Workshop, problem: Problem) -> None:
    key = problem.path
    folder, _, name = key.partition("/")
    if key == IDENTITY:
        _repair_identity(workshop, problem)
    elif folder == OBJECTS:
        _repair_object(workshop, problem, name.rpartition("/")[2])
    elif folder == "claims":
        _repair_claim(workshop, problem)
    elif folder == INVENTORY:
        workshop.store.delete(key)  # it helps to find what is missing, and holds nothing itself
        workshop.rebuilt.append(key)
    elif folder == JOURNALS:
        workshop.leave(problem, "its other rows are read all the same: correct or remove the line")
    elif folder == COPIES:
        workshop.leave(problem, "rows of a writer that was living: back up again")
    else:
        workshop.leave(problem, "no part of a lake")


def _repair_identity(workshop: Workshop, problem: Problem) -> None:
    store = workshop.store
    with contextlib.suppress(DamagedError):
        inventory = last_inventory(store)
        if inventory is not None:
            store.put(IDENTITY, inventory.identity.encode())
            with contextlib.suppress(LakeError):
                read_identity(store, "this place")
                workshop.rebuilt.append(IDENTITY)
                return
    if workshop.mirror is not None:
        with contextlib.suppress(NotFoundError, DamagedError, FormatError):
            read_identity(workshop.mirror, "the mirror")
            store.put(IDENTITY, workshop.mirror.get(IDENTITY))
            workshop.restored.append(IDENTITY)
            return
    with contextlib.suppress(NotFoundError, DamagedError):
        try:
            read_identity(store, "this place")
        except FormatError as error:  # what a newer version means by the files nobody knows here
            workshop.leave(problem, error.hint)
            return
    # All rows are there, and without it nobody can open them: it gets an id of its own.
    identity = {"format": FORMAT, "lake_id": str(uuid.uuid4()), "created_at": now_us()}
    store.put(IDENTITY, json.dumps(identity, sort_keys=True).encode())
    workshop.rebuilt.append(IDENTITY)


def _repair_object(workshop: Workshop, problem: Problem, digest: str) -> None:
    if not is_digest(digest):
        workshop.leave(problem, "not named like an object")
        return
    try:
        # Whoever stores the object meanwhile waits for the lease, and looks for it once more.
        with lease(workshop.store) as end:
            if workshop.restore(problem.path, digest) or _is_whole(workshop.store, problem, digest):
                return
            if time.monotonic() < end:
                workshop.give_up(problem.path, problem.detail)
            else:
                workshop.leave(problem, "others delete objects now: repair again later")
    except DamagedError as error:  # the mirror cannot be read, or its own bytes cannot be had
        workshop.leave(problem, error.message)


def _is_whole(store: Store, problem: Problem, digest: str) -> bool:
    try:
        return store.digest(problem.path) == digest
    except LakeError:
        return False


def _repair_claim(workshop: Workshop, problem: Problem) -> None:
    with contextlib.suppress(DamagedError):
        inventory = last_inventory(workshop.store)
        known = {} if inventory is None else inventory.claims
        digest = known.get(problem.path, "")
        if digest and workshop.restore(problem.path, digest):
            return
    workshop.leave(problem, "no copy was found: a name it holds may be given again")
