"""Machines that write one lake in a bucket at the same time, while it is compacted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from catalog.catalog import Catalog
from lake.compact import collect, compact
from lake.verify import verify
from tests.support.machines import Machine, log, steps_of
from tests.support.processes import Child

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

ROWS = 24
KILLED_AFTER = 8


def write(pipe: Connection[Any, Any], machine: Machine, url: str, place: int) -> None:
    """Log rows one by one, some of them sent to the bucket at once, and say which were."""
    with machine.open(url) as lake:
        for step in range(place * 1000, place * 1000 + ROWS):
            log(lake, step)
            pipe.send(step)
            if step % 5 == place % 5:
                lake.flush()
            time.sleep(0.02)
    pipe.send(-1)


def compact_for_ever(_: Connection[Any, Any], machine: Machine, url: str) -> None:
    lake = machine.open(url)
    while True:
        compact(lake.table("metrics"), minimum=2, settle=0)
        collect(lake.table("metrics"), grace=0.5)


def heard(child: Child, *, killed: bool) -> set[int]:
    """Return what a writer said until it was done, or killed."""
    steps: set[int] = set()
    while True:
        try:
            step = child.hear()
        except AssertionError:
            assert killed
            return steps
        if step < 0:
            return steps
        steps.add(step)


def test_no_row_is_lost_or_doubled_by_machines_that_write_at_once(
    bucket: str, tmp_path: Path
) -> None:
    url = f"{bucket}/lake"
    here, there = (Machine(tmp_path / name, publish_seconds=0.1) for name in ("here", "there"))
    acknowledged: set[int] = set()
    with here.lake(url) as lake:
        catalog, seen = Catalog(lake), 0
        machines = [here, here, there, there]
        children = [Child(write, each, url, place) for place, each in enumerate(machines, 1)]
        compactors = [Child(compact_for_ever, each, url) for each in (here, there)]
        try:
            while (step := children[0].hear()) >= 0:
                acknowledged.add(step)
                rows = catalog.sql("select step from metrics")["step"].to_pylist()
                assert len(rows) == len(set(rows)) >= seen
                seen = len(rows)
                if len(acknowledged) == KILLED_AFTER:
                    children[2].kill()
            for child in children[1:]:
                acknowledged |= heard(child, killed=child is children[2])
        finally:
            for child in (*children, *compactors):
                child.kill()
        for machine in (here, there):
            with machine.lake(url) as recovering:
                recovering.recover()
        found = steps_of(lake)
        assert len(found) == len(set(found))
        assert acknowledged <= set(found)
        assert verify(lake.store, lake.specs.values(), "content") == []
        assert lake.store.list("journal") == []
