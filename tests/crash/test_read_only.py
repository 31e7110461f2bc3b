"""A lake that may be read and not written: by another user, or from a medium without writing."""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - whom nobody is may not import it any more
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from lake.errors import StoreError
from lake.lake import Lake
from tests.support.processes import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    Pipe = Connection[Any, Any]

NOBODY = 65534


@pytest.fixture
def lake() -> Iterator[Path]:
    """A lake with a run in segments and one in the journal of a dead process, not to be written."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own may not be entered by others
        root = Path(folder) / "lake"
        with Workbench(root) as workbench, workbench.tracker.start_run("risk", "sealed") as run:
            run.log_metrics({"loss": 0.5}, step=1)
        with Child(log_and_vanish, root) as child:
            assert child.exit_code() == 0
        paths = [Path(folder), root, *root.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield root
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)


def log_and_vanish(_: Pipe, root: Path) -> None:
    workbench = Workbench(root)
    run = workbench.tracker.start_run("risk", "in a journal")
    run.log_metrics({"loss": 0.25}, step=1)
    workbench.tracker.wait()
    os._exit(0)


def as_nobody(pipe: Pipe, work: Callable[[Path], object], root: Path) -> None:
    """Do what root, for whom everything is writable, cannot show."""
    if not os.geteuid():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        pipe.send(work(root))
    except StoreError as error:
        pipe.send(error)


def done_by_nobody(work: Callable[[Path], object], root: Path) -> Any:
    with Child(as_nobody, work, root) as child:
        answer = child.hear()
        child.end()
    return answer


def read(root: Path) -> object:
    with Workbench(root, create=False) as workbench:
        runs = workbench.tracker.search_runs("risk", "metrics.loss > 0", ["metrics.loss"])
        return [(run.run_name, run.status, run.is_stale, run.metrics) for run in runs]


def test_a_lake_that_may_not_be_written_is_read_all_the_same(lake: Path) -> None:
    files = sorted(lake.rglob("*"))
    assert done_by_nobody(read, lake) == [
        ("in a journal", "RUNNING", True, {"loss": [(0.25, 1)]}),
        ("sealed", "FINISHED", False, {"loss": [(0.5, 1)]}),
    ]
    assert sorted(lake.rglob("*")) == files


def log_to_a_known_experiment(root: Path) -> object:
    return Workbench(root, create=False).tracker.start_run("risk")


def log_to_a_new_experiment(root: Path) -> object:
    return Workbench(root, create=False).tracker.start_run("another")


def recover(root: Path) -> object:
    return Workbench(root, create=False).lake.recover()


def compact(root: Path) -> object:
    return Workbench(root, create=False).lake.compact(minimum=1)


def make_a_lake_inside(root: Path) -> object:
    return Lake.open(root / "inner").lake_id


@pytest.mark.parametrize(
    "work",
    [log_to_a_known_experiment, log_to_a_new_experiment, recover, compact, make_a_lake_inside],
)
def test_what_writes_says_that_permission_is_missing_and_where(
    lake: Path, work: Callable[[Path], object]
) -> None:
    files = sorted(lake.rglob("*"))
    refused = done_by_nobody(work, lake)
    assert isinstance(refused, StoreError)
    assert refused.hint == "Permission is missing: check who owns the folder."
    assert str(refused.path).startswith(str(lake))
    assert sorted(lake.rglob("*")) == files
