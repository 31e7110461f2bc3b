"""The power goes: what was acknowledged as durable is there, on a real file system."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from lake.journal import Journal, encode_row
from lake.recover import read_lines
from lake.verify import verify
from tests.support.disks import RealDisk, real_disk
from tests.support.processes import Child
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[RealDisk]:
    with real_disk(tmp_path / "disk") as disk:
        yield disk


def write_journal(pipe: Pipe, folder: Path, *, commit: bool) -> None:
    journal = Journal(folder)
    for number in range(10):
        journal.append(encode_row("numbers", {"number": number}), commit=commit)
    pipe.send("written")
    pipe.recv()


def lines_after_power_loss(disk: RealDisk, *, commit: bool) -> int:
    folder = disk.folder / "journal"
    with Child(write_journal, folder, commit=commit) as writer:
        writer.hear()
        disk.cut_power()
        writer.kill()
    disk.mount_again()
    return sum(read_lines(path).count(b"\n") for path in folder.iterdir())


def test_rows_that_were_committed_survive_a_power_loss(disk: RealDisk) -> None:
    assert lines_after_power_loss(disk, commit=True) == 10


def test_rows_that_were_not_may_be_lost(disk: RealDisk) -> None:
    """Shows that this disk forgets: the other tests would pass on one that does not."""
    assert lines_after_power_loss(disk, commit=False) == 0


def log(pipe: Pipe, lake: Path, stage: str) -> None:
    """Log up to a stage, say what was acknowledged as durable by then, and wait for the end."""
    os.chdir(lake.parents[1])  # no repository, so git is not asked
    workbench = Workbench(lake)
    workbench.lake.settle = 0.0
    with workbench.tracker.start_run("risk", run_name="before") as run:
        run.log_metrics({"loss": 0.5}, step=1)
        run.log_bytes(b"weights", "model.bin")
    if stage in {"flushed", "compacted", "closed"}:
        workbench.lake.flush()
    if stage == "compacted":
        workbench.lake.compact(minimum=1)
    if stage == "closed":
        workbench.close()
    workbench.tracker.wait()
    pipe.send("durable")
    pipe.recv()


@pytest.mark.parametrize("stage", ["ended", "flushed", "compacted", "closed"])
def test_a_run_that_ended_survives_a_power_loss(disk: RealDisk, stage: str) -> None:
    lake = disk.folder / "lake"
    with Child(log, lake, stage) as logger:
        logger.hear()
        disk.cut_power()
        logger.kill()
    disk.mount_again()
    with Workbench(lake, create=False) as workbench:
        (run,) = workbench.tracker.search_runs("risk", "status = 'FINISHED'")
        assert run.last_metrics == {"loss": 0.5}
        assert run.duration is not None
        (artifact,) = run.artifacts
        assert workbench.runs.read_artifact(artifact.artifact_id) == b"weights"
        assert steps_by_run(workbench) == {"before": [1]}
        assert workbench.tracker.start_run("risk").experiment_id == run.experiment_id
        assert verify(workbench.lake.store, workbench.lake.specs.values(), "content") == []
