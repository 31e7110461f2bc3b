"""A minute of torture: nothing acknowledged is ever missing, and nothing is there twice.

In CI, and with MHRAS_TEST_EVERY_POINT=1: a minute, and a third of one in a bucket; half of it else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.thorough import IN_FULL
from tests.torture.run import Torture, torture
from tests.torture.work import Pace, Place

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.torture]
SECONDS = 60.0 if IN_FULL else 25.0
SECONDS_IN_A_BUCKET = 20.0 if IN_FULL else 12.0


def check(plan: Torture) -> None:
    """Complain about violations, and about a run in which too little happened to find any."""
    outcome = torture(plan)
    print(outcome.table())  # noqa: T201 - pytest -rP
    assert outcome.violations == []
    assert outcome.rows <= outcome.rows_found
    assert outcome.writers_killed >= plan.kills
    assert outcome.commits >= plan.commits
    assert all(report.snapshots > 1 for report in outcome.reports.values())


def test_a_lake_in_a_folder_survives_it(memory_path: Path) -> None:
    place = Place(str(memory_path / "lake"))
    counters = memory_path / "counters"
    check(Torture(place=place, counters=counters, seconds=SECONDS, kills=10, commits=4))


def test_a_lake_in_a_bucket_survives_it(bucket: str, memory_path: Path) -> None:
    place = Place(f"{bucket}/lake", (memory_path / "here", memory_path / "elsewhere"))
    plan = Torture(
        place=place,
        counters=memory_path / "counters",
        seconds=SECONDS_IN_A_BUCKET,
        kills=5,
        commits=1,
        kills_a_second=1.0,  # a process needs a second to find its way to the bucket
        # Views in SQL need more time to settle, but none is here. The server is Python's, and slow.
        pace=Pace(settle=0.3, pause=0.25, minimum=2),
    )
    check(plan)
