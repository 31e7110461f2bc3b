from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest

from lake.backup import BackupReport, backup, restore
from lake.compact import compact
from lake.copy_journals import FOLDER as STATES, STATE
from lake.errors import AlreadyExistsError, LakeError, LakeNotFoundError
from lake.identity import IDENTITY
from lake.lake import Lake
from lake.objects import Objects, object_key
from lake.store import LocalStore
from lake.table import Table
from lake.verify import verify
from tests.lake.copied_lake import Source, restored
from tests.lake.tables import METRICS, points, steps_in
from tests.support.damage import damage
from tests.support.stopping_store import Stopped, StoppingStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


CHANCE = random.Random(0)  # noqa: S311 - the same every time


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    with Lake.open(tmp_path / "lake", settle=0) as lake:
        lake.define(METRICS)
        yield Source(lake)


@pytest.fixture
def target(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "copy")


def test_a_copy_has_everything_and_restores_to_it(
    source: Source, target: LocalStore, tmp_path: Path
) -> None:
    source.append()
    source.compact()
    source.append()
    source.log()
    report = backup(source.store, target)
    assert (report.versions, report.journals, report.damaged) == ({"metrics": 1}, 1, {})
    assert verify(target, [METRICS], "content") == []
    assert sorted(Objects(target).all()) == sorted(source.lake.objects.all())
    assert restored(target, tmp_path / "again") == list(range(9))
    again = LocalStore(tmp_path / "again")
    assert sorted(Objects(again).all()) == sorted(source.lake.objects.all())
    assert again.get(IDENTITY) == source.store.get(IDENTITY)
    assert not again.folders(STATES)
    with Lake.open(tmp_path / "again") as lake:
        assert lake.claim("experiments", "name 0", {}) == ({"id": 0, "name": "name 0"}, False)


def test_a_second_copying_copies_only_what_is_new(source: Source, target: LocalStore) -> None:
    source.append()
    source.compact()
    first = backup(source.store, target)
    again = backup(source.store, target)
    assert (first.there, again.files, again.bytes) == (0, 0, 0)
    assert again.there == 3  # an object, a claim, a data file
    source.append()
    more = backup(source.store, target)
    assert more.files == 3  # an object, a claim, a segment


def test_progress_is_told(source: Source, target: LocalStore) -> None:
    source.append()
    told: list[tuple[str, float]] = []
    backup(source.store, target, progress=lambda what, done: told.append((what, done)))
    assert {what for what, _ in told} == {"objects", "metrics", "manifests", "done"}
    assert told[-1] == ("done", 1.0)
    assert all(0 <= done <= 1 for _, done in told)


def test_until_it_is_complete_a_copy_is_no_lake(
    source: Source, target: LocalStore, tmp_path: Path
) -> None:
    source.append()
    with pytest.raises(Stopped):
        backup(source.store, StoppingStore(target, changes=4))
    with pytest.raises(LakeError, match="not a lake"):
        Lake.open(tmp_path / "copy")
    with pytest.raises(LakeNotFoundError):
        restore(target, LocalStore(tmp_path / "again"))
    backup(source.store, target)
    assert restored(target, tmp_path / "again") == [0, 1, 2]


def test_segments_merged_and_deleted_in_the_source_count_once_in_the_copy(
    source: Source, target: LocalStore, tmp_path: Path
) -> None:
    for _ in range(3):
        source.append()
        backup(source.store, target)
        source.compact()
        source.collect()
    source.append()
    source.compact()  # by now the first names have left the manifest
    backup(source.store, target)
    assert steps_in(Table(target, METRICS, writer="test")) == list(range(12))
    assert restored(target, tmp_path / "again") == list(range(12))
    assert target.get(source.table.log.key(4)) == source.store.get(source.table.log.key(4))
    assert verify(target, [METRICS], "content") == []


def test_a_segment_the_source_has_lost_stays_in_the_copy(
    source: Source, target: LocalStore
) -> None:
    source.append()
    source.append()
    backup(source.store, target)
    source.store.delete(source.table.snapshot().tail[0])
    source.compact()
    source.collect()
    backup(source.store, target)
    assert steps_in(source.table) == [3, 4, 5]
    assert steps_in(Table(target, METRICS, writer="test")) == list(range(6))


def test_a_log_with_a_gap_is_not_left_behind(source: Source, target: LocalStore) -> None:
    source.append()
    source.compact()
    backup(source.store, target)
    for _ in range(25):
        source.append(1)
        source.compact()
        source.collect()
    backup(source.store, target)
    assert verify(target, [METRICS], "content") == []
    assert steps_in(Table(target, METRICS, writer="test")) == list(range(28))


def test_damage_is_not_copied(source: Source, target: LocalStore) -> None:
    source.append()
    source.append()
    digest = next(source.lake.objects.all())
    key = source.table.snapshot().tail[0]
    damage(source.store.root / object_key(digest), "flipped", CHANCE)
    damage(source.store.root / key, "truncated", CHANCE)
    report = backup(source.store, target)
    assert report.damaged.keys() == {object_key(digest), key}
    assert steps_in(Table(target, METRICS, writer="test")) == [3, 4, 5]
    assert not Objects(target).exists(digest)


def test_a_good_copy_is_not_replaced_by_what_was_damaged_since(
    source: Source, target: LocalStore, tmp_path: Path
) -> None:
    source.append()
    backup(source.store, target)
    source.compact()
    source.log()
    damage(source.store.root / source.table.snapshot().data[0], "truncated", CHANCE)
    report = backup(source.store, target)
    assert report.damaged.keys() == {source.table.snapshot().data[0], "tables/metrics"}
    assert steps_in(Table(target, METRICS, writer="test")) == [0, 1, 2]
    assert verify(target, [METRICS], "content") == []
    assert restored(target, tmp_path / "again") == [0, 1, 2]


def test_a_damaged_manifest_keeps_the_copy_of_its_table_as_it_was(
    source: Source, target: LocalStore
) -> None:
    source.append()
    source.compact()
    backup(source.store, target)
    damage(source.store.root / source.table.log.key(1), "truncated", CHANCE)
    assert backup(source.store, target).damaged.keys() == {"tables/metrics"}
    assert steps_in(Table(target, METRICS, writer="test")) == [0, 1, 2]


def test_a_copy_of_another_lake_is_refused(
    source: Source, target: LocalStore, tmp_path: Path
) -> None:
    source.append()
    with Lake.open(tmp_path / "other", settle=0) as other:
        other.define(METRICS)
        other.table("metrics").append(points(1))
        backup(other.store, target)
        for place in (target, other.store):
            with pytest.raises(LakeError, match="another lake"):
                backup(source.store, place)


def test_a_copy_that_was_compacted_by_itself_is_refused(source: Source, target: LocalStore) -> None:
    source.append()
    backup(source.store, target)
    compact(Table(target, METRICS, writer="test"), minimum=1, settle=0)
    for _ in range(2):
        source.append()
        source.compact()
        with pytest.raises(LakeError, match="changed by itself"):
            backup(source.store, target)


def test_a_journal_made_into_a_segment_by_the_copy_is_refused(
    source: Source, target: LocalStore
) -> None:
    source.log()
    journal_id = str(source.lake.journal.journal_id)
    backup(source.store, target)
    Table(target, METRICS, writer="test").append(points(0, 1), journal_id=journal_id)
    source.lake.flush()
    with pytest.raises(LakeError, match="changed by itself"):
        backup(source.store, target)


@pytest.mark.parametrize("work", [backup, restore])
def test_a_folder_with_other_things_is_not_copied_into(
    source: Source, target: LocalStore, work: Callable[[LocalStore, LocalStore], object]
) -> None:
    target.root.mkdir()
    (target.root / "thesis.tex").touch()
    with pytest.raises(LakeError, match=r"is not empty: it holds thesis\.tex"):
        work(source.store, target)
    assert [path.name for path in target.root.iterdir() if path.name != "tmp"] == ["thesis.tex"]


@pytest.mark.parametrize("place", ["lake", "lake/copy", ".", "link"])
def test_a_copy_into_the_lake_or_around_it_is_refused(
    source: Source, tmp_path: Path, place: str
) -> None:
    source.append()
    (tmp_path / "link").symlink_to("lake")
    with pytest.raises(LakeError, match="at one place, or one is inside the other"):
        backup(source.store, LocalStore(tmp_path / place))
    assert not source.store.folders("backup")


def test_a_lake_is_not_restored_over(source: Source, target: LocalStore) -> None:
    backup(source.store, target)
    with pytest.raises(AlreadyExistsError):
        restore(target, source.store)


def test_an_rsync_copy_is_taken_over(source: Source, target: LocalStore, tmp_path: Path) -> None:
    source.append()
    source.log()
    shutil.copytree(source.store.root, target.root)
    source.lake.flush()
    source.append()
    backup(source.store, target)
    assert restored(target, tmp_path / "again") == list(range(9))


def test_a_copy_of_a_copy_has_the_rows_of_living_writers(
    source: Source, target: LocalStore, tmp_path: Path
) -> None:
    source.append()
    source.log()
    backup(source.store, target)
    third = LocalStore(tmp_path / "third")
    assert backup(target, third).journals == 1
    assert restored(third, tmp_path / "again") == list(range(6))


def test_an_empty_lake_is_copied(source: Source, target: LocalStore, tmp_path: Path) -> None:
    report = backup(source.store, target)
    assert report == BackupReport(files=1, bytes=report.bytes, there=0, versions={}, journals=0)
    assert restored(target, tmp_path / "again") == []
    assert target.size(STATE)
