"""Erase what was deleted long ago, from the tables themselves.

A deleted run is a row that says so; a deleted artifact too, or a file beside the lake's claims when
it was deleted through a storage backend. Both can be undone until they are purged. Comments go with
their run, and when they were deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from catalog.references import (
    artifacts_deleted_before,
    comments_to_purge,
    runs_deleted_before,
    stored_artifacts,
)
from core.tracking.storage import TOMBSTONES, reference_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import pyarrow as pa

    from catalog.catalog import Catalog
    from lake.lake import Lake

# What refers to a run goes before the run itself: after a crash the rest is found again.
_TABLES_OF_RUNS: Final = ("metrics", "artifacts", "runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """Ids of the runs, artifacts and comments to purge."""

    runs: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


def tombstones(lake: Lake) -> dict[str, float]:
    """Return the references that a storage backend has deleted, and when, in seconds."""
    found = {}
    for name in lake.store.folders(TOMBSTONES):
        for entry in lake.store.list(f"{TOMBSTONES}/{name}"):
            found[name] = entry.modified_at
    return found


def find_doomed(catalog: Catalog, before: datetime) -> Doomed:
    """Find the runs, artifacts and comments that were deleted before a moment.

    Runs whose process still lives are left: its later runs may name the same objects.
    """
    living = catalog.lake.presence.look().living
    runs = [run for run, writer in runs_deleted_before(catalog, before) if writer not in living]
    gone = tombstones(catalog.lake)
    limit = before.timestamp()
    artifacts = set(artifacts_deleted_before(catalog, before))
    artifacts |= {
        artifact.artifact_id
        for artifact in stored_artifacts(catalog)
        if gone.get(reference_of(artifact.uri), limit) < limit
    }
    gone_runs = tuple(sorted(set(runs)))
    comments = tuple(comments_to_purge(catalog, before, gone_runs))
    return Doomed(runs=gone_runs, artifacts=tuple(sorted(artifacts)), comments=comments)


def purge(lake: Lake, doomed: Doomed) -> None:
    """Erase rows for good. A run that is restored in the same moment may keep nothing but that."""
    from lake.erase import erase  # with Arrow's types, as the catalog

    wanted = (
        ("comments", "comment_id", doomed.comments),
        ("artifacts", "artifact_id", doomed.artifacts),
        *((name, "run_id", doomed.runs) for name in _TABLES_OF_RUNS),
    )
    for name, column, ids in wanted:
        if ids:
            erase(lake.table(name), partial(_is_in, column=column, ids=ids), settle=lake.settle)


def _is_in(rows: pa.Table, column: str, ids: Iterable[str]) -> pa.Array:
    import pyarrow as pa  # 100 ms that only purges need
    import pyarrow.compute as pc

    return pc.is_in(rows[column], value_set=pa.array(ids, pa.string()))
