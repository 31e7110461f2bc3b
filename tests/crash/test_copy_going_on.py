"""Copies of a lake that others write, compact and collect, made by processes that are killed."""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from catalog.tables import SPECS
from core import Workbench
from core.maintenance import collect_garbage, verify_lake
from lake.backup import backup, restore
from lake.compact import collect, compact
from lake.errors import AlreadyExistsError
from lake.store import LocalStore
from tests.support.counters import Counters
from tests.support.processes import Child
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]

WRITERS = 2
KILLS = 6
CHANCE = random.Random(0)  # noqa: S311 - the same every time


def write(pipe: Pipe, lake: Path, returned: Counters, place: int) -> None:
    """Log points and artifacts for ever; what is told again and again is stored once."""
    os.chdir(lake.parent)  # no repository, so git is not asked
    workbench = Workbench(lake)
    run = workbench.tracker.start_run("copied", run_name=str(place))
    pipe.send(run.run_id)
    step = 0
    while not pipe.poll(0):
        run.log_metrics({"loss": 0.5}, step=step)
        step += 1
        returned[place] = step
        if step % 40 == 0:
            run.log_bytes(f"model {step % 7}", f"{step}.json", "model")
            workbench.lake.objects.put(f"nobody names {step}".encode())
            workbench.lake.flush()
    run.end()
    workbench.close()


def tidy(pipe: Pipe, lake: Path) -> None:
    """Compact and collect for ever, without any grace but that of objects."""
    pipe.send("begun")
    with Workbench(lake) as workbench:
        workbench.lake.settle = 0.05
        days = 0.0
        while not pipe.poll(0):
            for name in SPECS:
                table = workbench.lake.table(name)
                compact(table, minimum=4, settle=0.05)
                collect(table, grace=0.5)
            days += 0.5
            collect_garbage(workbench, now=datetime.now(UTC) + timedelta(days=days))


def copy(_pipe: Pipe, source: Path, target: Path) -> None:
    backup(LocalStore(source), LocalStore(target))


def bring_back(_pipe: Pipe, source: Path, target: Path) -> None:
    restore(LocalStore(source), LocalStore(target))


def killed(work: Any, source: Path, target: Path) -> None:
    """Do the work again and again in processes that do not come to their end."""
    for _ in range(KILLS):
        with Child(work, source, target) as child:
            time.sleep(CHANCE.uniform(0.0, 0.4))
            child.kill()


def test_no_row_is_lost_or_doubled_by_copies_that_are_killed(tmp_path: Path) -> None:
    lake, target, again = (tmp_path / name for name in ("lake", "copy", "again"))
    Workbench(lake).close()
    with Counters(tmp_path / "returned", WRITERS) as returned, Child(tidy, lake) as tidying:
        tidying.hear()
        children = [Child(write, lake, returned, place) for place in range(WRITERS)]
        for child in children:
            child.hear()
        killed(copy, lake, target)
        known = returned.all()
        backup(LocalStore(lake), LocalStore(target))
        for child in (*children, tidying):
            child.tell("end")
            child.end()
    killed(bring_back, target, again)
    with suppress(AlreadyExistsError):  # when one of them came to its end
        restore(LocalStore(target), LocalStore(again))
    with Workbench(again, create=False) as restored:
        report = verify_lake(restored, level="content")
        found = steps_by_run(restored)
    assert (report.problems, report.given_up) == ((), {})
    for place in range(WRITERS):
        steps = found[str(place)]
        assert steps == list(range(len(steps)))
        assert len(steps) >= known[place]
