"""Datasets are overdue by what they promise, else by their habit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from core.datasets.freshness import freshness

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400_000_000


def registered(folder: Path, days: list[float], metadata: dict[str, Any]) -> Workbench:
    """Make a lake whose dataset has had versions on these days of 1970."""
    bench = Workbench(folder)
    rows = [
        {"version_id": f"v{place}", "dataset_name": "diary", "version": f"v{place}",
         "metadata": json.dumps(metadata), "created_at": int(day * DAY),
         "event_at": int(day * DAY)}
        for place, day in enumerate(days, 1)
    ]  # fmt: skip
    bench.lake.append("dataset_versions", rows, durability="process")
    return bench


@pytest.mark.parametrize(
    ("days", "metadata", "within"),
    [
        ([0, 7, 14, 28], {}, 14),
        ([0, 7], {}, None),
        ([0, 0.1, 0.2], {}, 2),
        ([0, 7, 14], {"fresh_within_days": 30}, 30),
        ([0], {"fresh_within_days": 0.5}, 0.5),
        ([0], {"fresh_within_days": "soon"}, None),
        ([0], {"fresh_within_days": True}, None),
        ([0], {"fresh_within_days": -1}, None),
        ([0], {"fresh_within_days": 1e300}, None),
    ],
)
def test_a_dataset_may_get_as_old_as_it_promises_else_twice_as_usual(
    tmp_path: Path, days: list[float], metadata: dict[str, Any], within: float | None
) -> None:
    with registered(tmp_path / "lake", days, metadata) as bench:
        (found,) = freshness(bench.catalog)
    allowed = None if within is None else timedelta(days=within)
    assert (found.newest, found.within) == (f"v{len(days)}", allowed)
    newest = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days[-1])
    if allowed is not None:
        assert not found.is_stale(newest + allowed)
        assert found.is_stale(newest + allowed + timedelta(seconds=1))
    else:
        assert not found.is_stale(datetime.now(UTC))
