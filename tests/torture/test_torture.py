"""A minute of torture: nothing acknowledged is ever missing, and nothing is there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.torture.run import Torture, torture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.torture.run import Outcome

pytestmark = [pytest.mark.slow, pytest.mark.torture]


def check(outcome: Outcome) -> None:
    """Complain about violations, and about a run in which too little happened to find any."""
    print(outcome.table())  # noqa: T201 - pytest -rP
    assert outcome.violations == []
    assert outcome.rows <= outcome.rows_found
    assert outcome.writers_killed > 10
    assert outcome.commits > 3
    assert all(report.snapshots > 3 for report in outcome.reports.values())


def test_a_lake_in_a_folder_survives_it(memory_path: Path) -> None:
    url, counters = str(memory_path / "lake"), memory_path / "counters"
    check(torture(Torture(url=url, counters=counters, seconds=60.0)))
