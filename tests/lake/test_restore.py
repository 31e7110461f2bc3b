"""What a restore takes for its place, and what a copy says of itself."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from lake.backup import RESTORING, backup, restore
from lake.copy_journals import FOLDER as COPIES, digest_in_copy
from lake.errors import AlreadyExistsError, LakeError, StoreError
from lake.identity import IDENTITY
from lake.lake import Lake
from lake.store import LocalStore
from lake.verify import verify
from tests.lake.copied_lake import Source, restored
from tests.lake.tables import METRICS, points, steps_in
from tests.support.damage import files_of
from tests.support.disks import small_disk
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
def copy(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "copy")


def rows_of(folder: Path) -> list[int]:
    """Open a folder as a lake; the numbers of its rows."""
    with Lake.open(folder, create=False, settle=0) as lake:
        lake.define(METRICS)
        lake.recover()
        assert verify(lake.store, [METRICS], "content") == []
        return steps_in(lake.table("metrics"))


def test_a_restored_lake_is_written_to_and_copied_again(
    source: Source, copy: LocalStore, tmp_path: Path
) -> None:
    source.append()
    source.log()
    backup(source.store, copy)
    assert restored(copy, tmp_path / "again") == list(range(6))
    with Lake.open(tmp_path / "again", settle=0) as lake:
        lake.define(METRICS)
        again = Source(lake, rows=6)
        again.append()
        again.log()
        again.compact()
        again.collect()
        backup(again.store, LocalStore(tmp_path / "second"))
    assert restored(LocalStore(tmp_path / "second"), tmp_path / "third") == list(range(12))


def test_the_ruins_of_a_lake_are_not_restored_into(source: Source, copy: LocalStore) -> None:
    source.append()
    backup(source.store, copy)
    source.append()
    source.store.delete(IDENTITY)
    before = files_of(source.store.root)
    with pytest.raises(LakeError, match="is not empty: it holds"):
        restore(copy, source.store)
    assert files_of(source.store.root) == before


def test_a_restore_of_another_lake_is_not_gone_on_with(
    source: Source, copy: LocalStore, tmp_path: Path
) -> None:
    source.append()
    backup(source.store, copy)
    place = LocalStore(tmp_path / "again")
    with pytest.raises(Stopped):
        restore(copy, StoppingStore(place, changes=4))
    with Lake.open(tmp_path / "other", settle=0) as other:
        other.define(METRICS)
        other.table("metrics").append(points(1))
        with pytest.raises(LakeError, match="A restore of another lake"):
            restore(other.store, place)
    restore(copy, place)
    assert rows_of(place.root) == [0, 1, 2]
    assert not (place.root / RESTORING).exists()


@pytest.mark.parametrize("changes", [6, 8, 10, 12, 14, 16])
def test_an_interrupted_restore_goes_on_from_a_newer_backup(
    source: Source, copy: LocalStore, tmp_path: Path, changes: int
) -> None:
    """The rows of the journal are in a merged segment by then, whose name is forgotten."""
    source.append()
    source.log()
    backup(source.store, copy)
    place = LocalStore(tmp_path / "again")
    with suppress(Stopped):
        restore(copy, StoppingStore(place, changes=changes))
    for _ in range(2):
        source.lake.flush()
        source.append()
        source.compact()
        source.collect()
    backup(source.store, copy)
    with suppress(AlreadyExistsError):
        restore(copy, place)
        assert rows_of(place.root) == list(range(source.rows))


def test_nothing_is_written_to_the_source(source: Source, copy: LocalStore) -> None:
    source.append()
    source.compact()
    source.append()
    source.log()
    report = backup(StoppingStore(source.store, changes=0), copy)
    assert (report.versions, report.journals) == ({"metrics": 1}, 1)
    place = LocalStore(copy.root.with_name("again"))
    assert restore(StoppingStore(copy, changes=0), place).journals == 1
    assert rows_of(place.root) == list(range(9))


def test_a_copied_journal_that_is_damaged_is_named_and_not_restored(
    source: Source, copy: LocalStore, tmp_path: Path
) -> None:
    source.append()
    source.log()
    backup(source.store, copy)
    (name,) = [e.name for e in copy.list(COPIES) if digest_in_copy(e.name)]
    key = f"{COPIES}/{name}"
    copy.put(key, copy.get(key).replace(b"0.5", b"0.7"))
    assert [problem.path for problem in verify(copy, [METRICS], "content")] == [key]
    report = restore(copy, LocalStore(tmp_path / "again"))
    assert (list(report.damaged), rows_of(tmp_path / "again")) == ([key], [0, 1, 2])


def test_two_do_not_copy_to_one_place_at_once(
    source: Source, copy: LocalStore, tmp_path: Path
) -> None:
    source.append()
    with copy.lock("backup"), pytest.raises(LakeError, match="Somebody else is copying"):
        backup(source.store, copy)
    backup(source.store, copy)
    assert restored(copy, tmp_path / "again") == [0, 1, 2]


def test_a_full_disk_is_said_and_the_copying_gone_on_with_when_there_is_space(
    source: Source, tmp_path: Path
) -> None:
    for _ in range(20):
        source.append()
    source.lake.objects.put(bytes(600_000))
    with small_disk(tmp_path / "disk") as disk:
        place = LocalStore(disk.folder / "copy")
        disk.fill(leave=300_000)
        with pytest.raises(StoreError, match="The disk is full"):
            backup(source.store, place)
        assert not place.root.joinpath(IDENTITY).exists()
        disk.free()
        backup(source.store, place)
        disk.fill(leave=100_000)
        with pytest.raises(StoreError, match="The disk is full"):
            restore(place, LocalStore(disk.folder / "again"))
        disk.free()
        assert verify(place, [METRICS], "content") == []
        assert restored(place, tmp_path / "again") == list(range(60))
