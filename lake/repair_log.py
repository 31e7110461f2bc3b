"""Repair the manifests of a table.

A copy of a manifest is good when its neighbours agree: it names the one before it by digest, and
the one after it names it. There is a spare copy of the last two, and a mirror has others. Where
no copy is left, an older one is not needed, as each manifest is complete: it goes to quarantine
with those before it, so that the log has no gap. Without the highest one the table goes back to
the one before. The data files that only the lost one named go to quarantine too: whether their
rows are in segments as well nobody can tell.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from lake.clock import now_us
from lake.digest import digest_bytes
from lake.errors import DamagedError, LakeError, NotFoundError
from lake.manifest import EMPTY, LostFile, Manifest, ManifestLog
from lake.table import is_sentinel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lake.manifest import Head
    from lake.problem import Problem
    from lake.table import Table
    from lake.workshop import Workshop


def repair_log(workshop: Workshop, table: Table, problems: Iterable[Problem]) -> None:
    """Restore manifests, or let the log begin after those nobody has."""
    problems = list(problems)
    if problems and not table.log.versions():
        _begin_again(workshop, table, problems[0].detail)
    for problem in sorted(problems, key=lambda problem: problem.path, reverse=True):
        version = int(problem.path.rpartition("/")[2].partition(".")[0])
        if problem.kind == "chain":  # either of the two may have been changed
            fixed = _restore(workshop, table, version - 1) or _restore(workshop, table, version)
            version -= 1
        else:
            fixed = _restore(workshop, table, version, changed=problem.kind == "manifest")
        if not fixed:
            _do_without(workshop, table, version, problem.detail)


def _restore(workshop: Workshop, table: Table, version: int, *, changed: bool = False) -> bool:
    """Put a good copy in place, unless what is there fits, and is not known to be changed."""
    key = table.log.key(version)
    present = None
    with contextlib.suppress(NotFoundError):
        present = workshop.store.get(key)
    if present is not None and not changed and _fits(table, version, present):
        return True
    for data in _copies(workshop, table, version):
        if data != present and _fits(table, version, data):
            workshop.store.put(key, data)
            workshop.restored.append(key)
            return True
    return False


def _copies(workshop: Workshop, table: Table, version: int) -> Iterator[bytes]:
    with contextlib.suppress(LakeError):
        yield workshop.store.get(table.log.spare_key(version))
    if workshop.mirror is not None:
        with contextlib.suppress(NotFoundError):
            yield workshop.mirror.get(table.log.key(version))
    if version == EMPTY.version:
        yield EMPTY.to_json()


def _fits(table: Table, version: int, data: bytes) -> bool:
    """Tell whether these are the bytes of a manifest, as far as its neighbours can say."""
    try:
        manifest = Manifest.from_json(data)
    except DamagedError:
        return False
    after, before = _neighbour(table, version + 1), _neighbour(table, version - 1)
    if after is not None and after[0].previous_sha256 != digest_bytes(data):
        return False
    if after is None and before is not None and manifest.previous_sha256 != before[1]:
        return False
    return manifest.version == version and table.log.may_be_ours(manifest)


def _neighbour(table: Table, version: int) -> tuple[Manifest, str] | None:
    try:
        head = table.log.read(version)
    except LakeError:
        return None
    return head.manifest, head.sha256


def _begin_again(workshop: Workshop, table: Table, reason: str) -> None:
    """Take the mirror's manifests for a log that is gone as a whole, or begin a new one.

    Data files that they do not name go to quarantine: left where they are they would soon be
    garbage.
    """
    if workshop.mirror is not None:
        theirs = ManifestLog(workshop.mirror, table.log.folder)
        for version in theirs.versions():
            table.store.put(table.log.key(version), workshop.mirror.get(theirs.key(version)))
            workshop.restored.append(table.log.key(version))
    head = _highest_left(workshop, table).manifest
    if _unnamed(table, head):
        _go_back(workshop, table, head.version + 1, reason)


def _unnamed(table: Table, head: Manifest) -> list[str]:
    paths = [entry.name for entry in table.data_entries() if not is_sentinel(entry.name)]
    return [table.data_key(path) for path in paths if path not in head.named]


def _do_without(workshop: Workshop, table: Table, version: int, reason: str) -> None:
    sound = [known for known in table.log.versions() if known > version]
    if sound:
        for older in [known for known in table.log.versions() if known < version]:
            workshop.put_aside(table.log.key(older))
        workshop.put_aside(table.log.key(version))
    else:
        _go_back(workshop, table, version, reason)


def _highest_left(workshop: Workshop, table: Table) -> Head:
    while True:
        try:
            return table.log.head()
        except DamagedError as error:
            workshop.give_up(str(error.facts["path"]), error.message)


def _go_back(workshop: Workshop, table: Table, version: int, reason: str) -> None:
    """Follow the highest manifest that is left by one that says what is lost."""
    key = table.log.key(version)
    workshop.give_up(key, reason)
    for unnamed in _unnamed(table, _highest_left(workshop, table).manifest):
        workshop.give_up(unnamed, f"only the manifest {key}, which is lost, may have named it")
    lost = LostFile(path=key, rows=-1, sha256="", at=now_us())
    table.log.amend(
        lambda head: replace(head, rewritten=head.version + 1, lost=(*head.lost, lost)),
        writer=table.writer,
    )
