"""A process crashes, or the disk refuses, at every system call of every commit path.

After each nothing acknowledged is lost and nothing is there twice, another process goes on with
the work, `verify` finds the lake sound, and what was refused was said with its file and reason.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.crash.commit_paths import PATHS
from tests.crash.crashing import Crashing, check_errors
from tests.support.disk_calls import FAULTS, Fault

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", PATHS)
def test_a_path_waits_for_the_disk_as_often_as_it_must(memory_path: Path, name: str) -> None:
    crashing = Crashing(PATHS[name], memory_path / "work")
    crashing.renew()
    clean = crashing.run()
    assert (clean.code, clean.errors, clean.warnings) == (0, [], [])
    crashing.check(clean)
    syncs = [call for call in clean.calls if call.startswith(("fsync", "fdatasync"))]
    print(f"{name}: {len(clean.calls)} calls, {len(syncs)} of them wait")  # noqa: T201 - pytest -rP
    assert len(syncs) >= crashing.path.syncs, clean.calls
    assert len(clean.calls) >= crashing.path.points, clean.calls


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", PATHS)
def test_whatever_fails_nothing_acknowledged_is_lost_or_doubled(
    memory_path: Path, name: str, fault: Fault
) -> None:
    crashing = Crashing(PATHS[name], memory_path / "work")
    crashing.renew()
    calls = crashing.run().calls
    points = crashing.some_points(calls, fault)
    for point in points:
        print(f"{name}: {fault} at {point}, {calls[point - 1]}")  # noqa: T201 - pytest -rP
        crashing.renew()
        report = crashing.run(point, fault)
        if fault in {"kill", "torn"}:
            assert report.code == -signal.SIGKILL
        else:
            check_errors(report, fault, crashing.folder)
        crashing.check(report)
    print(f"{name}: {fault} at {len(points)} of {len(calls)} points")  # noqa: T201 - pytest -rP
