"""Copies that are interrupted, and copies of a lake that goes on."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from lake.backup import backup, restore
from lake.errors import AlreadyExistsError
from lake.identity import IDENTITY
from lake.lake import Lake
from lake.store import LocalStore
from lake.verify import verify
from tests.lake.copied_lake import Source, restored
from tests.lake.tables import METRICS, steps_in
from tests.support.stopping_store import Stopped, StoppingStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    with Lake.open(tmp_path / "lake", settle=0) as lake:
        lake.define(METRICS)
        yield Source(lake)


@pytest.fixture
def target(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "copy")


@pytest.mark.parametrize("changes", range(22))
def test_no_crash_of_a_copying_takes_away_what_was_copied_before(
    source: Source, target: LocalStore, tmp_path: Path, changes: int
) -> None:
    """The copying has segments to delete that the source has merged and forgotten."""
    for work in (source.append, source.append, source.log, source.lake.flush):
        work()
    source.log()
    backup(source.store, target)
    for _ in range(2):
        source.lake.flush()
        source.append()
        source.compact()
        source.collect()
    source.log()
    try:
        backup(source.store, StoppingStore(target, changes=changes))
    except Stopped:
        found = restored(target, tmp_path / "again")
        assert len(found) == len(set(found))
        assert set(range(12)) <= set(found)
    backup(source.store, target)
    assert restored(target, tmp_path / "again") == list(range(source.rows))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_crashes_a_copy_has_each_row_once_and_none_of_the_last_one_lost(
    source: Source, target: LocalStore, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same ones every time
    steps = [source.log, source.append, source.lake.flush, source.compact, source.collect]
    copied = 0
    for _ in range(8):
        for step in chance.choices(steps, weights=[4, 2, 3, 3, 3], k=chance.randint(1, 6)):
            step()
        changes = chance.choice([None, chance.randint(0, 12)])
        try:
            backup(source.store, StoppingStore(target, changes=changes))
            copied = source.rows
        except Stopped:
            pass
        if (target.root / IDENTITY).exists():
            found = restored(target, tmp_path / "again")
            assert len(found) == len(set(found))
            assert set(range(copied)) <= set(found) <= set(range(source.rows))
    backup(source.store, target)
    assert restored(target, tmp_path / "again") == list(range(source.rows))
    assert verify(target, [METRICS], "content") == []


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_made_while_the_source_goes_on_has_each_row_once(
    source: Source, target: LocalStore, tmp_path: Path, seed: int
) -> None:
    """Between any two steps of the copying others append, compact and delete."""
    chance = random.Random(seed)  # noqa: S311 - as above
    steps = [source.log, source.append, source.lake.flush, source.compact, source.collect]
    left = 0

    def meanwhile(_method: str, key: str) -> None:
        nonlocal left
        if left > 0 and not key.startswith("objects") and chance.random() < 0.4:
            left -= 1
            chance.choices(steps, weights=[4, 2, 3, 3, 1])[0]()

    for _ in range(6):
        source.log()
        known, left = source.rows, 8
        backup(StoppingStore(source.store, before=meanwhile), target)
        left = 0
        found = restored(target, tmp_path / "again")
        assert len(found) == len(set(found))
        assert set(range(known)) <= set(found) <= set(range(source.rows))


@pytest.mark.parametrize("changes", range(18))
def test_a_restore_that_crashed_is_gone_on_with(
    source: Source, target: LocalStore, tmp_path: Path, changes: int
) -> None:
    source.append()
    source.compact()
    source.append()
    source.log()
    backup(source.store, target)
    place = LocalStore(tmp_path / "again")
    try:
        restore(target, StoppingStore(place, changes=changes))
    except Stopped:
        with suppress(AlreadyExistsError):  # all but the last step was done
            restore(target, place)
    with Lake.open(tmp_path / "again", settle=0) as lake:
        lake.define(METRICS)
        lake.recover()
        assert steps_in(lake.table("metrics")) == list(range(9))
