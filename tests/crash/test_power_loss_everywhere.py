"""The power goes at every system call of every commit path, on a real file system.

What was acknowledged is there when it is back, once, and `verify` finds the lake sound.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.crash.commit_paths import PATHS
from tests.crash.crashing import Crashing
from tests.support.disks import RealDisk, real_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def disk(memory_path: Path) -> Iterator[RealDisk]:
    """A disk in memory: cutting its power is what counts, not its speed."""
    with real_disk(memory_path / "disk") as disk:
        yield disk


@pytest.mark.parametrize("name", PATHS)
def test_whenever_the_power_goes_nothing_acknowledged_is_lost_or_doubled(
    disk: RealDisk, name: str
) -> None:
    crashing = Crashing(PATHS[name], disk.folder / "work")
    crashing.renew()
    calls = crashing.run().calls
    points = crashing.some_points(calls)
    for point in points:
        print(f"{name}: power lost at {point}, {calls[point - 1]}")  # noqa: T201 - pytest -rP
        crashing.renew()
        disk.settle()
        report = crashing.run(point, at_point=disk.cut_power)
        assert report.code == -signal.SIGKILL
        disk.mount_again()
        crashing.check(report)
    crashing.renew()
    disk.settle()
    report = crashing.run(at_end=disk.cut_power)
    assert report.code == 0
    disk.mount_again()
    crashing.check(report)
    print(f"{name}: power lost at {len(points)} of {len(calls)} points")  # noqa: T201 - as above
