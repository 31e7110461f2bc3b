"""Repair a lake until nothing more can be done, and prove it again."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from catalog.catalog import Catalog
from catalog.dataset_search import VersionRows
from catalog.export import SCRIPT, export_catalog
from catalog.tables import SPECS
from core.datasets.places import VersionPlaces
from core.datasets.versions import Versions
from core.datasets.views import DatasetViews
from core.maintenance.proof import VerifyReport, claim_file, verify_lake
from lake.digest import digest_bytes
from lake.errors import DamagedError, LakeError
from lake.identity import IDENTITY, read_identity
from lake.inventory import last_inventory
from lake.lake import Lake
from lake.problem import Problem
from lake.repair import RepairReport, repair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.maintenance.proof import HasLake
    from lake.store import Store
    from lake.verify import Level, Progress

# A manifest that is whole again shows what else is missing; then an object may be missed.
_ROUNDS: Final = 4
# what a claim holds beside the name, as columns of an experiment's row
_EXPERIMENTS: Final = {
    "claims/experiments": ("experiment_id", "experiment_name", "created_at"),
    "claims/listed_experiments": (),
}
_PREFIXED: Final = re.compile(rb"create or replace view (\w+)runs as\nfrom runs;", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What a repair did, and what is still wrong."""

    report: RepairReport
    after: VerifyReport


def repair_lake(
    source: HasLake | Lake,
    *,
    level: Level = "content",
    mirror: Store | None = None,
    progress: Progress | None = None,
) -> Mended:
    """Verify and repair a lake, from a mirror: a backup, or another copy.

    What nobody has good bytes for is moved to quarantine/, and the lake does without. Readers and
    writers may go on meanwhile; what is interrupted is gone on with by the next call.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     repair_lake(wb).after.problems
    ()
    """
    lake = source if isinstance(source, Lake) else source.lake
    lake.define(*SPECS.values())
    report = RepairReport()
    for last in (*[False] * _ROUNDS, True):
        found = verify_lake(lake, level=level, progress=progress)
        if last:
            break
        rebuilt = tuple(p.path for p in found.problems if _rebuild_claim(lake, p.path))
        rebuilt += _export_again(lake, [p.path for p in found.problems if p.kind == "export"])
        problems = [problem for problem in found.problems if problem.path not in rebuilt]
        specs = lake.specs.values()
        done = repair(lake.store, specs, problems, source=mirror, writer=lake.writer)
        report = _together(report, done, rebuilt)
        if not (done.restored or done.rebuilt or done.set_aside or done.given_up or rebuilt):
            break  # what was found is what is left
    return Mended(report=report, after=found)


def repair_identity(store: Store, *, mirror: Store | None = None) -> str:
    """Give a lake its lake.json again, without which it does not open; return its id.

    Where neither an inventory nor the mirror knows the id, it gets a new one: for its earlier
    copies it is another lake then.
    """
    problem = Problem(kind="identity", path=IDENTITY, detail="absent or damaged")
    repair(store, (), [problem], source=mirror)
    return str(read_identity(store, "this place")["lake_id"])


def _together(first: RepairReport, second: RepairReport, rebuilt: tuple[str, ...]) -> RepairReport:
    return RepairReport(
        restored=(*first.restored, *second.restored),
        rebuilt=(*first.rebuilt, *second.rebuilt, *rebuilt),
        set_aside=(*first.set_aside, *second.set_aside),
        given_up=first.given_up | second.given_up,
        left=second.left,
        quarantine=second.quarantine or first.quarantine,
    )


def _export_again(lake: Lake, keys: list[str]) -> tuple[str, ...]:
    """Make the exported catalog again when something of it is damaged; the keys that are sound."""
    if keys:
        with contextlib.suppress(LakeError):  # a table is damaged: the next round may do it
            versions = Versions(VersionRows(Catalog(lake)), VersionPlaces(lake))
            export_catalog(
                lake,
                view_prefix=_exported_prefix(lake),
                datasets=DatasetViews(versions).exported,
            )
            return tuple(keys)
    return ()


def _exported_prefix(lake: Lake) -> str:
    """Read the prefix of further names out of what is left of the exported views."""
    with contextlib.suppress(LakeError):
        found = _PREFIXED.search(lake.store.get(SCRIPT))
        if found:
            return found[1].decode()
    return ""


def _rebuild_claim(lake: Lake, key: str) -> bool:
    """Write an experiment's claim again from its first row, as its holder did; whether it is."""
    folder, _, name = key.rpartition("/")
    if folder not in _EXPERIMENTS:
        return False
    digest = ""
    with contextlib.suppress(DamagedError):
        inventory = last_inventory(lake.store)
        digest = inventory.claims.get(key, "") if inventory else ""
    for row in _experiments(lake):
        if claim_file(row["experiment_name"]) == name:
            payload = {column: row[column] for column in _EXPERIMENTS[folder]}
            body = json.dumps({"name": row["experiment_name"], **payload}, sort_keys=True).encode()
            if digest in {"", digest_bytes(body)}:
                lake.store.put(key, body)
                return True
    return False


def _experiments(lake: Lake) -> Iterator[dict[str, Any]]:
    from lake.segment import decode  # with Arrow

    table = lake.table("experiments")
    for path in table.snapshot().files:
        try:
            rows = decode(lake.checked.path(path), table.spec)
        except LakeError:
            continue  # damaged, which the proof has found: other files may have the row
        whole_numbers = rows.set_column(
            rows.schema.get_field_index("created_at"),
            "created_at",
            rows["created_at"].cast("int64"),
        )
        yield from whole_numbers.sort_by("event_at").to_pylist()
