"""A look at a lake that has not changed makes nothing anew, and misses nothing that is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lake.compact import collect
from lake.lake import Lake
from lake.snapshots import Snapshots
from lake.store import LocalStore
from tests.lake.tables import METRICS, compacted, fill, metrics_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lake.table import Table


@pytest.fixture
def others(tmp_path: Path) -> Table:
    return metrics_in(tmp_path / "lake", writer="others")


@pytest.fixture
def snapshots(tmp_path: Path) -> Iterator[Snapshots]:
    with Lake.open(tmp_path / "lake") as lake:
        lake.define(METRICS)
        yield Snapshots(lake, [METRICS.name])


def names(snapshots: Snapshots) -> set[str]:
    """The segments that wait, without their folder."""
    return {key.rpartition("/")[2] for key in snapshots.take()[METRICS.name].tail}


def test_the_same_snapshots_are_given_until_something_is_new(
    snapshots: Snapshots, others: Table
) -> None:
    assert names(snapshots) == set()
    first = {*fill(others, 1, 2)}
    taken = snapshots.take()
    assert snapshots.take() is taken
    assert names(snapshots) == first
    more = {*fill(others, 3)}
    assert snapshots.take() is not taken
    assert names(snapshots) == first | more


def test_a_compaction_and_what_it_deletes_are_new(snapshots: Snapshots, others: Table) -> None:
    fill(others, 1, 2)
    assert snapshots.take() is snapshots.take()
    compacted(others)
    merged = snapshots.take()
    assert len(merged[METRICS.name].data) == 1
    assert snapshots.take() is merged
    collect(others, grace=0)
    assert snapshots.take() is not merged
    assert snapshots.take()[METRICS.name].data == merged[METRICS.name].data


@pytest.mark.parametrize("place", [1, 2, 3])
def test_what_came_between_two_listings_is_there_at_the_next_look(
    snapshots: Snapshots, others: Table, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """It may be left out now, but not for ever after, though nothing changes any more."""
    before = {*fill(others, 1)}
    listed = LocalStore.file_names
    listings = 0
    came: set[str] = set()

    def disturbed(store: LocalStore, prefix: str) -> Sequence[str]:
        nonlocal listings
        listings += 1
        if listings == place:
            came.update(fill(others, 2))
        return listed(store, prefix)

    monkeypatch.setattr(LocalStore, "file_names", disturbed)
    assert before <= names(snapshots)
    assert len(came) == 1
    assert names(snapshots) == before | came
    assert snapshots.take() is snapshots.take()
