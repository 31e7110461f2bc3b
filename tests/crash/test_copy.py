"""A copy of the folder is a lake, whoever writes while it is made."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from lake.verify import verify
from tests.support.counters import Counters
from tests.support.processes import Child, wait_until
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]

WRITERS = 3


def copy_tree(lake: Path, copy: Path) -> None:
    with suppress(shutil.Error):  # names files that became segments meanwhile
        shutil.copytree(lake, copy)


def rsync(lake: Path, copy: Path) -> None:
    program = shutil.which("rsync")
    if program is None:
        pytest.skip("rsync is not installed")
    done = subprocess.run([program, "-a", f"{lake}/", str(copy)], check=False)
    assert done.returncode in {0, 24}, "24: some files vanished meanwhile"


COPIES = [copy_tree, rsync]


def write(pipe: Pipe, lake: Path, returned: Counters, place: int) -> None:
    """Log until told to end; some writers make many segments on the way, some none."""
    os.chdir(lake.parent)  # no repository, so git is not asked
    workbench = Workbench(lake)
    run = workbench.tracker.start_run("copied", run_name=str(place))
    while not pipe.poll(0):
        run.log_metrics({"loss": 0.5}, step=returned[place])
        returned[place] += 1
        if place and returned[place] % (50 * place) == 0:
            workbench.lake.flush()
    run.end()
    workbench.close()


def check(copy: Path) -> dict[str, list[int]]:
    """The points of a lake that is sound, and can be written."""
    with Workbench(copy, create=False) as workbench:
        workbench.lake.recover()
        assert list((copy / "journal").iterdir()) == []
        found = steps_by_run(workbench)
        with workbench.tracker.start_run("copied", run_name="in the copy") as run:
            run.log_metrics({"loss": 0.5}, step=1)
        workbench.lake.flush()
        assert steps_by_run(workbench) == {**found, "in the copy": [1]}
        assert verify(workbench.lake.store, workbench.lake.specs.values(), "content") == []
    return found


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_made_after_the_writers_ended_has_everything(
    memory_path: Path, copied: Callable[[Path, Path], None]
) -> None:
    lake = memory_path / "lake"
    with Counters(memory_path / "returned", WRITERS) as returned:
        writers = [Child(write, lake, returned, place) for place in range(WRITERS)]
        wait_until(lambda: min(returned.all()) > 200)
        writers[0].kill()  # its points are in a journal, and the copy has it
        for writer in writers[1:]:
            writer.tell("end")
            writer.end()
        for writer in writers:
            with writer:
                pass
        copied(lake, memory_path / "copy")
        steps = check(memory_path / "copy")
        assert len(steps["0"]) - returned[0] in {0, 1}
        expected = {str(place): list(range(returned[place])) for place in range(1, WRITERS)}
        assert steps == {"0": list(range(len(steps["0"]))), **expected}


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_made_while_writers_live_has_no_row_twice(
    memory_path: Path, copied: Callable[[Path, Path], None]
) -> None:
    lake = memory_path / "lake"
    with Counters(memory_path / "returned", WRITERS) as returned:
        writers = [Child(write, lake, returned, place) for place in range(WRITERS)]
        wait_until(lambda: min(returned.all()) > 200)
        for number in range(5):
            copied(lake, memory_path / f"copy {number}")
        for writer in writers:
            writer.tell("end")
        for writer in writers:
            with writer:
                writer.end()
        for number in range(5):
            for place, steps in check(memory_path / f"copy {number}").items():
                assert len(steps) == len(set(steps))
                assert set(steps) <= set(range(returned[int(place)]))


def test_a_copy_leaves_the_lake_it_was_made_of_alone(memory_path: Path) -> None:
    """The writer lives, and holds its journal: of the copy's nobody holds any."""
    lake = memory_path / "lake"
    with Workbench(lake) as workbench, workbench.tracker.start_run("risk", "one") as run:
        run.log_metrics({"loss": 0.5}, step=1)
        shutil.copytree(lake, memory_path / "copy")
        with Workbench(memory_path / "copy") as copy:
            assert [stale.run_id for stale in copy.runs.stale_runs()] == [run.run_id]
            assert steps_by_run(copy) == {"one": [1]}
        assert workbench.runs.stale_runs() == []
        run.log_metrics({"loss": 0.5}, step=2)
        assert steps_by_run(workbench) == {"one": [1, 2]}
