"""Delete what nobody can see any more, and say what it was.

purge      rows of what was deleted long ago, only when asked
tables     files that compactions replaced, ten minutes ago or earlier; all but the last 20
           manifests of each table
objects    bytes that no row of any table names: in two calls, a week apart (lake/gc.py)
tmp/       what crashed writers left, after a day
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Protocol

from catalog.catalog import Catalog
from catalog.references import (
    analysis_objects,
    dataset_layouts,
    drift_objects,
    environments,
    job_objects,
    model_objects,
    stored_artifacts,
    transformation_code,
)
from core.datasets.layout import objects_of
from core.maintenance.purge import Doomed, find_doomed, purge, tombstones
from core.maintenance.understanding import why_not_understood
from core.tracking.storage import SCHEME, digest_of, reference_of
from lake.copy_journals import FOLDER as COPIES, digest_in_copy
from lake.copy_place import require_no_copy
from lake.gc import KEEP, collect_objects, old_temporary_files
from lake.objects import object_key
from lake.quarantine import FOLDER as QUARANTINE, given_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lake.gc import ObjectGarbage, StoredObject

Kind = Literal["object", "table", "temporary"]


class HasCatalog(Protocol):
    """A workbench, or whatever else has a catalog."""

    catalog: Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage:
    """A file that goes: its key in the lake, its bytes, what it is; objects: from when on."""

    key: str
    bytes: int
    kind: Kind
    due_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbageReport:
    """What a collection did, or with `dry_run` would have done.

    `deleted` are files that went. `marked` are objects that nothing names since now, and `waiting`
    those of earlier calls: they go in a later call, unless they are named again. Purged rows go
    with the files they are in, once these are replaced. `held` says why objects were left alone.
    """

    dry_run: bool
    deleted: tuple[Garbage, ...] = ()
    marked: tuple[Garbage, ...] = ()
    waiting: tuple[Garbage, ...] = ()
    purged_runs: tuple[str, ...] = ()
    purged_artifacts: tuple[str, ...] = ()
    purged_comments: tuple[str, ...] = ()
    held: str = ""

    @property
    def bytes(self) -> int:
        """How much was deleted."""
        return sum(garbage.bytes for garbage in self.deleted)


def collect_garbage(
    source: HasCatalog | Catalog,
    *,
    dry_run: bool = False,
    keep: timedelta = KEEP,
    purge_deleted: timedelta | None = None,
    now: datetime | None = None,
) -> GarbageReport:
    """Delete what nobody can see any more; with `dry_run` only say what that is.

    Objects that nothing names any more are deleted `keep` after a first call noticed it, an hour
    at least. `purge_deleted` erases runs, artifacts and comments that were deleted so long ago:
    they cannot be restored then. Raises LakeError for a shorter `keep` or the purge of a backup,
    DamagedError when the lake must be repaired first.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     collect_garbage(wb, dry_run=True).deleted
    ()
    """
    catalog = source if isinstance(source, Catalog) else source.catalog
    # by the clock that dates the objects
    moment = datetime.fromtimestamp(catalog.lake.store.now(), UTC) if now is None else now
    doomed = Doomed()
    if purge_deleted is not None:
        require_no_copy(catalog.lake.store)
        doomed = find_doomed(catalog, moment - purge_deleted)
        if not dry_run:
            purge(catalog.lake, doomed)
    deleted = list(_replaced_files(catalog, dry_run=dry_run))
    held = why_not_understood(catalog.lake) or _why_held(catalog)
    objects = None
    if not held:
        objects = collect_objects(
            catalog.lake.store,
            lambda: _named_objects(catalog, doomed),
            keep=keep,
            now=moment.timestamp(),
            dry_run=dry_run,
            writer=catalog.lake.writer,
        )
        deleted += _garbage(objects.deleted)
    deleted += _temporary_files(catalog, dry_run=dry_run)
    return GarbageReport(
        dry_run=dry_run,
        deleted=tuple(deleted),
        marked=_garbage(objects.marked if objects else ()),
        waiting=_garbage(objects.waiting if objects else ()),
        purged_runs=doomed.runs,
        purged_artifacts=doomed.artifacts,
        purged_comments=doomed.comments,
        held=held or _why_busy(objects),
    )


def _named_objects(catalog: Catalog, doomed: Doomed) -> Iterator[str]:
    """Name every object that a row refers to, but for rows that are about to be purged."""
    runs, artifacts = set(doomed.runs), set(doomed.artifacts)
    gone = tombstones(catalog.lake)
    for run_id, digest in environments(catalog):
        if run_id not in runs:
            yield digest
    for artifact in stored_artifacts(catalog):
        if artifact.run_id in runs or artifact.artifact_id in artifacts:
            continue
        if reference_of(artifact.uri) not in gone:
            yield artifact.digest
    yield from drift_objects(catalog)
    yield from analysis_objects(catalog)
    yield from job_objects(catalog)
    yield from transformation_code(catalog)
    yield from model_objects(catalog)
    for uri in dataset_layouts(catalog):
        if not uri.startswith(SCHEME):
            continue  # its pieces are in another place
        layout = digest_of(uri)
        yield layout
        yield from objects_of(catalog.lake.objects.get(layout))


def _why_held(catalog: Catalog) -> str:
    if given_up(catalog.lake.store):
        return (
            "a repair has given files up, and rows in them may have named objects: put them back"
            f" with `mhras verify --repair --from`, or accept the loss by deleting {QUARANTINE}/"
        )
    if any(digest_in_copy(entry.name) for entry in catalog.lake.store.list(COPIES)):
        return "rows of writers that were living when this copy was made may name them"
    return ""


def _why_busy(objects: ObjectGarbage | None) -> str:
    return "another collection is deleting objects" if objects and objects.busy else ""


def _replaced_files(catalog: Catalog, *, dry_run: bool) -> Iterator[Garbage]:
    from lake.compact import collect, replaced  # with Arrow's types, as the catalog

    for name in sorted(catalog.lake.specs):
        table = catalog.lake.table(name)
        sizes = replaced(table)
        gone = sizes if dry_run else collect(table)
        yield from (Garbage(key=key, bytes=sizes.get(key, 0), kind="table") for key in gone)


def _garbage(objects: Iterable[StoredObject]) -> tuple[Garbage, ...]:
    return tuple(
        Garbage(
            key=object_key(each.digest),
            bytes=each.bytes,
            kind="object",
            due_at=datetime.fromtimestamp(each.due_at, UTC),
        )
        for each in objects
    )


def _temporary_files(catalog: Catalog, *, dry_run: bool) -> list[Garbage]:
    store = catalog.lake.store
    found = old_temporary_files(store)
    if found and not dry_run:
        store.delete(*found)
    return [Garbage(key=key, bytes=size, kind="temporary") for key, size in found.items()]
