"""A minute of torture: nothing acknowledged is ever missing, and nothing is there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.torture.run import Torture, torture
from tests.torture.work import Pace, Place

if TYPE_CHECKING:
    from pathlib import Path

    from tests.torture.run import Outcome

pytestmark = [pytest.mark.slow, pytest.mark.torture]


def check(outcome: Outcome, *, kills: int, commits: int) -> None:
    """Complain about violations, and about a run in which too little happened to find any."""
    print(outcome.table())  # noqa: T201 - pytest -rP
    assert outcome.violations == []
    assert outcome.rows <= outcome.rows_found
    assert outcome.writers_killed >= kills
    assert outcome.commits >= commits
    assert all(report.snapshots > 1 for report in outcome.reports.values())


def test_a_lake_in_a_folder_survives_it(memory_path: Path) -> None:
    place = Place(str(memory_path / "lake"))
    counters = memory_path / "counters"
    check(torture(Torture(place=place, counters=counters, seconds=60.0)), kills=10, commits=4)


def test_a_lake_in_a_bucket_survives_it(bucket: str, memory_path: Path) -> None:
    place = Place(f"{bucket}/lake", (memory_path / "here", memory_path / "elsewhere"))
    plan = Torture(
        place=place,
        counters=memory_path / "counters",
        seconds=20.0,
        kills_a_second=1.0,  # a process needs a second to find its way to the bucket
        # Views in SQL need more time to settle, but none is here. The server is Python's, and slow.
        pace=Pace(settle=0.3, pause=0.25, minimum=2),
    )
    check(torture(plan), kills=5, commits=1)
