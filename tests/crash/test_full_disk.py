"""The disk is full: calls say so, nothing that was taken is lost, and it goes on afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import Workbench
from lake.errors import StoreError
from lake.verify import verify
from tests.support.disks import SmallDisk, small_disk
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.tracking.active import ActiveRun


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=4) as disk:
        yield disk


def log_until_refused(run: ActiveRun) -> tuple[int, StoreError]:
    """Log many metrics a call: how many calls returned, and what was raised in the end."""
    names = ["loss", *(f"metric {number}" for number in range(50))]
    for step in range(10_000):
        try:
            run.log_metrics(dict.fromkeys(names, step / 7), step=step)
        except StoreError as error:
            return step, error
    raise AssertionError


def test_a_run_on_a_full_disk_keeps_whole_calls_and_goes_on_with_space(disk: SmallDisk) -> None:
    lake = disk.folder / "lake"
    with Workbench(lake) as workbench:
        run = workbench.tracker.start_run("risk", run_name="full")
        workbench.tracker.wait()
        disk.fill(leave=256 * 1024)
        returned, error = log_until_refused(run)
        assert error.hint == "The disk is full: free some space, then repeat."
        with pytest.raises(StoreError, match="free some space"):
            run.log_bytes(b"x" * 1024 * 1024, "model.bin")
        with pytest.raises(StoreError, match="free some space"):
            workbench.lake.flush()
        assert steps_by_run(workbench) == {"full": list(range(returned))}
        disk.free()
        run.log_metrics({"loss": 0.0}, step=returned)
        run.log_bytes(b"x" * 1024 * 1024, "model.bin")
        run.end()
        workbench.lake.flush()
        assert steps_by_run(workbench) == {"full": list(range(returned + 1))}
    with Workbench(lake) as fresh:
        counts = fresh.sql("select count(*) as n from metrics where metric_name <> 'loss'")
        assert counts["n"].to_pylist() == [50 * returned]
        (found,) = fresh.tracker.search_runs("risk")
        assert found.status == "FINISHED"
        assert [a.path for a in found.artifacts if a.artifact_type != "code"] == ["model.bin"]
        assert list(fresh.lake.journal.folder.iterdir()) == []
        assert verify(fresh.lake.store, fresh.lake.specs.values(), "content") == []
