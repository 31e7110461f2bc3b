"""A small lake with everything in it, among it the rows of a living and of a dead writer."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Any

from catalog.export import export_catalog
from catalog.tables import SPECS
from core import Workbench
from core.maintenance import verify_lake
from lake.compact import collect, compact
from tests.support.commands import log_and_die
from tests.support.processes import Child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _log(bench: Workbench, number: int) -> str:
    experiment = ("risk", "sleep")[number % 2]
    with bench.tracker.start_run(experiment, f"run {number}", tags={"stage": "dev"}) as run:
        run.log_params({"depth": number, "rate": 0.1, "model": "rf"})
        for step in range(12):
            run.log_metrics({"auc": 0.5 + step / 40, "loss": 1 / (number + step + 1)}, step=step)
        run.log_metrics({"best": float("nan") if number == 3 else number / 7})
        run.log_bytes(f'{{"depth": {number}}}', "settings.json", "data")
        run.log_bytes(bytes(range(number, 200)) * 5, "model.bin", "model")
    return run.run_id


def _compact(bench: Workbench) -> None:
    bench.lake.flush()
    for name in SPECS:
        compact(bench.lake.table(name), minimum=1, settle=0, partition_rows=20)


@contextlib.contextmanager
def full_lake(folder: Path) -> Iterator[Workbench]:
    """Make the lake and give its living writer, whose rows are in a journal.

    Three manifests a table with data files in folders of their own and roll-ups, segments, files
    that wait for their deletion, spare manifests, claims, a deleted run, the exported catalog, and
    two inventories.
    """
    with Workbench(folder, actor="ana", durability="process") as bench:
        for number in range(3):
            _log(bench, number)
        _compact(bench)
        _log(bench, 3)
        _log(bench, 4)
        _compact(bench)
        for name in SPECS:
            collect(bench.lake.table(name), grace=0)
        first, second = _log(bench, 5), _log(bench, 6)
        bench.lake.flush()
        compact(bench.lake.table("artifacts"), minimum=1, settle=0)  # and nothing is collected
        bench.tracker.set_note("Try **deeper** trees.", run_id=first)
        bench.comments.add("run", first, "How deep?")
        bench.tracker.delete_run(second)
        bench.lake.flush()
        export_catalog(bench.lake)
    with (
        Child(log_and_die, folder) as child,
        Workbench(folder, actor="ben", durability="process") as bench,
        bench.tracker.start_run("risk", "living") as run,
    ):
        child.hear()
        for step in range(30):
            run.log_metrics({"auc": 0.5 + step / 100}, step=step)
        bench.tracker.wait()
        for _ in range(2):
            assert verify_lake(bench.lake, level="content").recorded
        child.kill()  # after the last question to the lake, which would make segments of its rows
        yield bench


def linked_copy(original: Path, folder: Path) -> None:
    """Copy a lake by hard links: a journal's copy is as alive as the journal."""
    shutil.copytree(original, folder, copy_function=_link)


def _link(source: str, target: str, **_options: Any) -> str:
    os.link(source, target)
    return target
