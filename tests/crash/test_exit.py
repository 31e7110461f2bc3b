"""What is logged is kept, however a program ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from tests.support.processes import Child, run_script
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]

LOG = """
from core import Workbench
wb = Workbench("lake")
run = wb.tracker.start_run("risk", run_name="script")
for step in range(5):
    wb.tracker.log_metrics({"loss": step / 7}, step=step)
"""
# what ends the script, and whether that is an error
ENDS = {
    "by its last line": ("", False),
    "by exit": ("sys.exit(0)", False),
    "by an exception": ("raise ValueError('oh')", True),
    "by an interrupt": ("raise KeyboardInterrupt", True),
    "while a thread logs": (
        "import threading; threading.Thread(target=run.log_metrics, args=({'b': 1},)).start()",
        False,
    ),
    "after a search": ("print(wb.tracker.search_runs('risk'))", False),
    "with another lake": ("Workbench('other').tracker.start_run('risk')", False),
}


def tables_with_segments(lake: Path) -> set[str]:
    return {p.parts[-3] for p in lake.glob("tables/*/tail/*-*-*-*.parquet")}


@pytest.mark.parametrize("end", ENDS)
def test_a_script_that_ends_without_close_leaves_segments(memory_path: Path, end: str) -> None:
    text, error = ENDS[end]
    done = run_script(LOG + text, folder=memory_path)
    assert bool(done.returncode) == error, done.stderr
    assert "atexit" not in done.stderr
    assert tables_with_segments(memory_path / "lake") == {"experiments", "runs", "metrics"}
    assert list((memory_path / "lake" / "journal").iterdir()) == []
    with Workbench(memory_path / "lake", create=False) as workbench:
        assert steps_by_run(workbench) == {"script": [0, 1, 2, 3, 4]}
        (run,) = workbench.tracker.search_runs()
        assert (run.status, run.is_stale) == ("RUNNING", True)
        assert workbench.runs.environment(run.run_id)["python"]


def test_an_exception_in_a_run_ends_it_as_failed(memory_path: Path) -> None:
    text = LOG.replace("run = ", "with ", 1).replace('"script")', '"script"):', 1)
    text = text.replace("for step", " for step").replace("    wb", "     wb")
    done = run_script(text + " raise ValueError('oh')", folder=memory_path)
    assert done.returncode == 1
    with Workbench(memory_path / "lake", create=False) as workbench:
        (run,) = workbench.tracker.search_runs()
        assert (run.status, run.error, run.is_stale) == ("FAILED", "ValueError: oh", False)
        assert list(workbench.lake.journal.folder.iterdir()) == []


def test_a_script_killed_at_its_end_by_os_exit_leaves_a_journal(memory_path: Path) -> None:
    done = run_script(LOG + "import os; os._exit(0)", folder=memory_path)
    assert done.returncode == 0
    assert len(list((memory_path / "lake" / "journal").iterdir())) == 1
    with Workbench(memory_path / "lake", create=False) as workbench:
        assert steps_by_run(workbench) == {"script": [0, 1, 2, 3, 4]}


def log(_: Pipe, workbench: Workbench | Path, name: str) -> None:
    """Log without close; to a workbench that came along in a fork, or one of its own."""
    if not isinstance(workbench, Workbench):
        os.chdir(workbench.parent)
        workbench = Workbench(workbench)
    with workbench.tracker.start_run("risk", run_name=name) as run:
        for step in range(5):
            run.log_metrics({"loss": step / 7}, step=step)


def test_children_of_multiprocessing_need_no_close(memory_path: Path) -> None:
    lake = memory_path / "lake"
    Workbench(lake).close()
    methods = ["fork", "spawn", "forkserver"]
    children = [Child(log, lake, method, method=method) for method in methods]
    for child in children:
        with child:
            child.end()
    with Workbench(lake, create=False) as workbench:
        assert steps_by_run(workbench) == {method: [0, 1, 2, 3, 4] for method in methods}
        assert workbench.runs.stale_runs() == []
        workbench.lake.recover()
        assert list(workbench.lake.journal.folder.iterdir()) == []
        assert steps_by_run(workbench) == {method: [0, 1, 2, 3, 4] for method in methods}


def test_a_workbench_in_use_works_on_in_forked_children(memory_path: Path) -> None:
    with Workbench(memory_path / "lake") as workbench:
        log(None, workbench, "parent")  # type: ignore[arg-type] # there is no pipe
        assert list(steps_by_run(workbench)) == ["parent"]

        def work(pipe: Pipe, name: str) -> None:
            log(pipe, workbench, name)
            pipe.send(len(steps_by_run(workbench)))
            workbench.close()

        for number in range(5):
            with Child(work, f"child {number}") as child:
                assert child.hear() == number + 2
                child.end()
        log(None, workbench, "parent again")  # type: ignore[arg-type] # as above
        names = ["parent", *(f"child {number}" for number in range(5)), "parent again"]
        assert steps_by_run(workbench) == {name: [0, 1, 2, 3, 4] for name in sorted(names)}


FORK = """
import os
if {searched}:
    wb.tracker.search_runs()
child = os.fork()
name = "parent" if child else "child"
with wb.tracker.start_run("risk", run_name=name) as inner:
    inner.log_metrics({{"loss": 1.0}}, step=1)
if {searched}:
    wb.tracker.search_runs()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("searched", [False, True])
def test_both_sides_of_a_fork_leave_segments(memory_path: Path, searched: bool) -> None:
    for attempt in range(1 if searched else 4):  # a fork may meet any stage of a run's start
        folder = memory_path / str(attempt)
        folder.mkdir()
        done = run_script(LOG + FORK.format(searched=searched), folder=folder)
        assert done.returncode == 0, done.stderr
        assert list((folder / "lake" / "journal").iterdir()) == []
        with Workbench(folder / "lake", create=False) as workbench:
            steps = {"script": [0, 1, 2, 3, 4], "parent": [1], "child": [1]}
            assert steps_by_run(workbench) == steps


GARBAGE = """
import gc, os
gc.disable()
for number in range(3):
    Workbench(f"lake {number}").sql("from runs")
gc.enable()
gc.set_threshold(1)  # the child collects it with its first step
child = os.fork()
if not child:
    sys.exit()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_collects_garbage_of_its_parent(memory_path: Path) -> None:
    done = run_script("from core import Workbench" + GARBAGE, folder=memory_path)
    assert done.returncode == 0, done.stderr
