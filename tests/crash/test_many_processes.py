"""Many processes log into one lake while it is compacted and read."""

from __future__ import annotations

import os
from statistics import median
from typing import TYPE_CHECKING, Any

from catalog.catalog import Catalog
from core import Workbench
from lake.lake import Lake
from lake.verify import verify
from tests.support.counters import Counters
from tests.support.processes import Child, wait_until
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]

WRITERS = 64
POINTS = 1_000
LOOKS = 5  # of a reader, however soon the writers are done
READABLE_SECONDS = 5.0  # one when nothing else runs; this machine may be busy

_COUNTS = """
select r.run_name, count(*) as points, count(distinct m.step) as steps, max(m.step) + 1 as next
from metrics m join runs r using (run_id) group by all
"""


def write(pipe: Pipe, lake: Path, returned: Counters, place: int) -> None:
    os.chdir(lake.parent)  # no repository, so git is not asked
    os.nice(10)  # so that those who read and compact get a look in
    workbench = Workbench(lake)
    pipe.recv()
    run = workbench.tracker.start_run("busy", run_name=str(place))
    for step in range(POINTS):
        workbench.tracker.log_metrics({"loss": step / 7}, step=step)
        returned[place] = step + 1
        if step % 400 == 399:
            workbench.lake.flush()
    run.end()
    if place % 8:
        workbench.close()
    else:  # gone without a word: another process recovers its journal
        workbench.tracker.wait()
        os._exit(0)


def compact(pipe: Pipe, folder: Path) -> None:
    lake = Lake.open(folder, settle=0.05)
    Catalog(lake)
    compactions = 0
    while not pipe.poll(0.01):
        compactions += len(lake.compact(minimum=8))
    pipe.send(compactions)


def read(pipe: Pipe, folder: Path, returned: Counters) -> None:
    """Check again and again what every reader may rely on."""
    looks = 0
    before = dict.fromkeys(range(WRITERS), 0)
    with Workbench(folder) as workbench:
        over = False
        while not over:
            over = pipe.poll(0.01) and looks >= LOOKS
            expected = returned.all()
            found = dict.fromkeys(range(WRITERS), 0)
            for row in workbench.sql(_COUNTS).to_pylist():
                assert row["points"] == row["steps"] == row["next"], f"a hole or a double: {row}"
                found[int(row["run_name"])] = row["points"]
            for place in range(WRITERS):
                assert found[place] >= expected[place], f"{place} lacks acknowledged points"
                assert found[place] >= before[place], f"{place} went down"
            before = found
            looks += 1
    pipe.send((looks, before))


def test_every_acknowledged_point_is_there_once_at_every_moment(memory_path: Path) -> None:
    lake = memory_path / "lake"
    Workbench(lake).close()
    with (
        Counters(memory_path / "returned", WRITERS) as returned,
        Child(compact, lake) as compactor,
        Child(read, lake, returned) as reader,
    ):
        writers = [Child(write, lake, returned, place) for place in range(WRITERS)]
        for writer in writers:
            writer.tell("go")
        for writer in writers:
            with writer:
                writer.end()
        compactor.tell("end")
        assert compactor.hear() > 0
        compactor.end()
        reader.tell("end")
        looks, seen = reader.hear()
        reader.end()
    assert looks > LOOKS
    assert seen == dict.fromkeys(range(WRITERS), POINTS)
    with Workbench(lake) as fresh:
        fresh.lake.recover()
        steps = list(range(POINTS))
        assert steps_by_run(fresh) == {str(place): steps for place in range(WRITERS)}
        statuses = fresh.sql("select status, count(*) as runs from runs group by all").to_pylist()
        assert statuses == [{"status": "FINISHED", "runs": WRITERS}]
        assert verify(fresh.lake.store, fresh.lake.specs.values(), "content") == []


def log_when_told(pipe: Pipe, lake: Path) -> None:
    run = Workbench(lake).tracker.start_run("prompt")
    pipe.send(run.run_id)
    while True:
        run.log_metrics({"loss": 0.5}, step=pipe.recv())
        pipe.send("returned")


def test_a_point_is_readable_elsewhere_within_a_second(memory_path: Path) -> None:
    lake = memory_path / "lake"
    with Workbench(lake) as workbench, Child(log_when_told, lake) as writer:
        run_id = writer.hear()

        def count() -> int:
            return len(workbench.tracker.get_run(run_id).metrics.get("loss", []))

        waits = []
        for step in range(20):
            writer.tell(step)
            writer.hear()
            waits.append(wait_until(lambda: count() == step + 1))  # noqa: B023
    print(f"readable {1000 * max(waits):.0f} ms after the call at the latest")  # noqa: T201 - pytest -rP
    assert median(waits) < READABLE_SECONDS
