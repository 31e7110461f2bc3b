from __future__ import annotations

import contextlib
import os
import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lake.backup import backup
from lake.compact import collect, compact
from lake.errors import DamagedError, LakeError, MhrasError, StoreError
from lake.expiry import LEASE_SUFFIX
from lake.identity import IDENTITY
from lake.inventory import take_inventory
from lake.lake import Lake
from lake.objects import Objects, object_key
from lake.problem import Problem
from lake.quarantine import FOLDER as QUARANTINE, given_up
from lake.repair import RepairReport, repair
from lake.segment import from_rows
from lake.store import LocalStore
from lake.table import SENTINEL, Table
from lake.verify import verify
from tests.lake.tables import EVERYTHING, METRICS, points, steps_in
from tests.support.damage import Kind, damage, injuries
from tests.support.stopping_store import Stopped, StoppingStore

if TYPE_CHECKING:
    from pathlib import Path

    from lake.store import Store

SPECS = (METRICS, EVERYTHING)
CONTENTS = [f"object {number}".encode() * 20 for number in range(6)]
CHANCE = random.Random(0)  # noqa: S311 - the same every time


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two tables with several manifests, data files and segments, found sound."""
    folder = tmp_path_factory.mktemp("original") / "lake"
    with Lake.open(folder, settle=0) as lake:
        lake.define(*SPECS)
        for content in CONTENTS:
            lake.objects.put(content)
        for name in ("risk", "sleep"):
            lake.claim("experiments", name, {"experiment_id": name})
        metrics, everything = lake.table("metrics"), lake.table("everything")
        for first in (0, 400, 410, 420):
            metrics.append(points(*range(first, first + 10 + 390 * (first == 0))))
            rows = [{"text": "é", "whole": first + n, "tags": {"a": str(n)}} for n in range(5)]
            everything.append(from_rows(rows, EVERYTHING))
            if first < 420:
                for table in (metrics, everything):
                    compact(table, minimum=1, settle=0)
                    collect(table, grace=0)
        for table in (metrics, everything):
            collect(table, grace=0)
    store = LocalStore(folder)
    assert verify(store, SPECS, "content") == []
    take_inventory(store)
    return folder


@pytest.fixture(scope="module")
def mirror(original: Path) -> LocalStore:
    store = LocalStore(original.parent / "mirror")
    backup(LocalStore(original), store)
    return store


@pytest.fixture
def store(original: Path, tmp_path: Path) -> LocalStore:
    shutil.copytree(original, tmp_path / "lake")
    return LocalStore(tmp_path / "lake")


def table(store: Store, name: str = "metrics") -> Table:
    return Table(store, METRICS if name == "metrics" else EVERYTHING, writer="test")


def content_of(store: Store) -> dict[str, Any]:
    """All that is in a lake. Raises what readers raise."""
    found: dict[str, Any] = {
        spec.name: sorted(map(repr, Table(store, spec, writer="test").read().to_pylist()))
        for spec in SPECS
    }
    objects = Objects(store)
    return found | {digest: objects.get(digest) for digest in objects.all()}


def paths(problems: list[Problem]) -> set[str]:
    return {problem.path for problem in problems}


def mend(store: Store, *, source: Store | None = None) -> RepairReport:
    return repair(store, SPECS, verify(store, SPECS, "content"), source=source)


def missing_objects(store: Store, expected: dict[str, Any]) -> list[Problem]:
    """What a layer above adds, which knows what rows name."""
    gone = {d for d in expected if d not in {"metrics", "everything"}} - {*Objects(store).all()}
    return [Problem(kind="missing", path=object_key(digest), detail="absent") for digest in gone]


@pytest.mark.parametrize("seed", range(10))
def test_every_injury_is_found_and_healed_from_an_intact_backup(
    original: Path, mirror: LocalStore, tmp_path: Path, seed: int
) -> None:
    expected = content_of(LocalStore(original))
    for injury in injuries(original, tmp_path / "lake", seed=seed, count=25):
        store = LocalStore(tmp_path / "lake")
        problems = verify(store, SPECS, "content") + missing_objects(store, expected)
        assert injury.key in paths(problems), injury
        report = repair(store, SPECS, problems, source=mirror)
        assert verify(store, SPECS, "content") == [], injury
        assert content_of(store) == expected, injury
        assert (report.given_up, report.left, report.set_aside) == ({}, {}, ()), injury
        assert not store.folders(QUARANTINE), injury


@pytest.mark.parametrize("seed", range(4))
def test_readers_of_an_injured_lake_say_what_is_wrong(
    original: Path, tmp_path: Path, seed: int
) -> None:
    for injury in injuries(original, tmp_path / "lake", seed=100 + seed, count=60):
        try:
            with Lake.open(tmp_path / "lake", create=False) as lake:
                lake.claim("experiments", "risk", {"experiment_id": "risk"})
                content_of(lake.store)
        except MhrasError as error:
            assert error.message, injury  # noqa: PT017 - whether there is one is chance


@pytest.mark.parametrize("seed", range(4))
def test_without_a_copy_the_rest_of_an_injured_lake_is_readable_again(
    original: Path, mirror: LocalStore, tmp_path: Path, seed: int
) -> None:
    expected = content_of(LocalStore(original))
    for injury in injuries(original, tmp_path / "lake", seed=200 + seed, count=15):
        store = LocalStore(tmp_path / "lake")
        before = {key: (store.root / key).read_bytes() for key in _keys(store)}
        report = mend(store)
        if not report.left:
            assert verify(store, SPECS, "content") == [], injury
            found = content_of(store)
            assert all(set(found[name]) <= set(expected[name]) for name in found), injury
        kept = {(store.root / key).read_bytes() for key in _keys(store)}
        lost = {key for key, data in before.items() if data not in kept}
        assert lost <= {injury.key} & {*report.rebuilt, *report.restored}, injury
        assert set(report.given_up) <= {injury.key}, injury
        again = repair(store, SPECS, missing_objects(store, expected), source=mirror)
        assert not again.given_up, injury
        if not report.left:
            assert content_of(store) == expected, injury
            assert given_up(store) == {}, injury


def _keys(store: LocalStore) -> set[str]:
    root = store.root
    files = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
    return {key for key in files if key.partition("/")[0] not in {"inventory", "tmp"}}


def test_a_lost_data_file_leaves_the_table_and_comes_back(
    store: LocalStore, mirror: LocalStore
) -> None:
    steps = steps_in(table(store))
    file = table(store).log.head().manifest.files[0]
    key = table(store).data_key(file.path)
    store.delete(key)
    report = mend(store)
    assert report.given_up == {key: f"absent, with {file.rows} rows"}
    head = table(store).log.head().manifest
    assert [(lost.path, lost.rows, lost.sha256) for lost in head.lost] == [
        (key, file.rows, file.sha256)
    ]
    assert len(steps_in(table(store))) == len(steps) - file.rows
    assert given_up(store).keys() == {key}
    assert repair(store, SPECS, [], source=mirror).restored == (key,)
    assert steps_in(table(store)) == steps
    assert table(store).log.head().manifest.lost == ()
    assert given_up(store) == {}


def test_a_lost_segment_is_told_from_a_merged_one(store: LocalStore, mirror: LocalStore) -> None:
    (key,) = table(store).snapshot().tail
    compact(table(store), minimum=1, settle=0)
    collect(table(store), grace=0)
    assert verify(store, SPECS) == []
    table(store).append(points(500))
    take_inventory(store)
    (key,) = table(store).snapshot().tail
    store.delete(key)
    assert [(problem.kind, problem.path) for problem in verify(store, SPECS)] == [("missing", key)]
    assert mend(store, source=mirror).given_up.keys() == {key}
    assert verify(store, SPECS) == []


def test_compactions_keep_the_note_of_what_was_lost(store: LocalStore) -> None:
    (key,) = table(store).snapshot().tail
    damage(store.root / key, "truncated", CHANCE)
    mend(store)
    table(store).append(points(600))
    compact(table(store), minimum=1, settle=0)
    assert [lost.path for lost in table(store).log.head().manifest.lost] == [key]


def test_a_segment_made_again_from_its_journal_does_not_come_back_as_well(
    store: LocalStore, mirror: LocalStore
) -> None:
    (key,) = table(store).snapshot().tail
    store.delete(key)
    mend(store)
    journal_id = key.rpartition("/")[2].rpartition("-")[0]
    table(store).append(points(*range(420, 430)), journal_id=journal_id)
    steps = steps_in(table(store))
    assert repair(store, SPECS, [], source=mirror).restored == ()
    assert steps_in(table(store)) == steps


@pytest.mark.parametrize("kind", ["flipped", "truncated", "deleted"])
def test_the_highest_manifest_is_rebuilt_from_its_spare_copy(store: LocalStore, kind: Kind) -> None:
    expected = content_of(store)
    key = table(store).log.key(table(store).log.versions()[-1])
    damage(store.root / key, kind, CHANCE)
    assert key in paths(verify(store, SPECS))
    assert mend(store).restored == (key,)
    assert verify(store, SPECS, "content") == []
    assert content_of(store) == expected


def test_nobody_writes_after_a_manifest_that_is_gone(store: LocalStore) -> None:
    log = table(store).log
    store.delete(log.key(log.versions()[-1]))
    for work in (compact, collect):
        with pytest.raises(DamagedError, match="verify --repair"):
            work(table(store))


def test_without_any_copy_of_the_highest_manifest_nothing_is_deleted(
    store: LocalStore, mirror: LocalStore
) -> None:
    log = table(store).log
    version = log.versions()[-1]
    only_there = {file.path for file in log.head().manifest.files}
    only_there -= {file.path for file in log.read(version - 1).manifest.files}
    store.delete(log.spare_key(version))
    damage(store.root / log.key(version), "truncated", CHANCE)
    expected = content_of(mirror)
    mend(store)
    mend(store)
    assert verify(store, SPECS, "content") == []
    kept = {path.name for path in (store.root / QUARANTINE).rglob("*")}
    assert only_there | {f"{version:012d}.json"} <= kept
    assert set(content_of(store)["metrics"]) < set(expected["metrics"])


def test_older_manifests_nobody_has_are_set_aside(store: LocalStore) -> None:
    log = table(store).log
    versions = log.versions()
    damage(store.root / log.key(versions[1]), "truncated", CHANCE)
    report = mend(store)
    assert report.set_aside == (log.key(versions[0]), log.key(versions[1]))
    assert (report.given_up, verify(store, SPECS, "content")) == ({}, [])
    assert log.versions() == versions[2:]


def test_a_mirror_that_is_damaged_too_is_no_help(store: LocalStore, tmp_path: Path) -> None:
    bad = LocalStore(tmp_path / "bad")
    digest = next(Objects(store).all())
    bad.put(object_key(digest), b"other bytes")
    damage(store.root / object_key(digest), "flipped", CHANCE)
    damaged = (store.root / object_key(digest)).read_bytes()
    report = mend(store, source=bad)
    assert report.given_up.keys() == {object_key(digest)}
    assert store.get(f"{report.quarantine}/{object_key(digest)}") == damaged
    assert not Objects(store).exists(digest)


def test_lake_json_comes_from_the_inventory(store: LocalStore) -> None:
    identity = store.get(IDENTITY)
    for kind in ("truncated", "deleted"):
        damage(store.root / IDENTITY, kind, CHANCE)
        assert paths(verify(store, SPECS, "content")) == {IDENTITY}
        with pytest.raises(LakeError):
            Lake.open(store.root)
        assert mend(store).rebuilt == (IDENTITY,)
        assert store.get(IDENTITY) == identity


def test_a_sentinel_is_written_again_with_the_columns_of_all_files(store: LocalStore) -> None:
    key = table(store).tail_key(SENTINEL)
    before = store.get(key)
    damage(store.root / key, "truncated", CHANCE)
    assert mend(store).rebuilt == (key,)
    assert store.get(key) == before


def test_a_file_of_another_origin_is_left(store: LocalStore) -> None:
    key = table(store).tail_key("mine.parquet")
    store.put(key, store.get(table(store).snapshot().tail[0]))
    assert mend(store).left.keys() == {key}
    assert store.size(key)


def test_an_inventory_that_is_damaged_is_removed(store: LocalStore) -> None:
    (path,) = (store.root / "inventory").iterdir()
    damage(path, "flipped", CHANCE)
    key = f"inventory/{path.name}"
    assert paths(verify(store, SPECS)) == {key}
    assert mend(store).rebuilt == (key,)
    assert verify(store, SPECS, "content") == []


def test_a_repair_that_was_done_twice_changes_nothing_the_second_time(store: LocalStore) -> None:
    (key,) = table(store).snapshot().tail
    damage(store.root / key, "truncated", CHANCE)
    mend(store)
    files = {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()}
    assert mend(store) == RepairReport()
    assert {p: p.read_bytes() for p in store.root.rglob("*") if p.is_file()} == files


def test_a_copy_of_another_lake_repairs_nothing(store: LocalStore, tmp_path: Path) -> None:
    with Lake.open(tmp_path / "other") as other:
        pass
    key = table(store).snapshot().tail[0]
    store.delete(key)
    with pytest.raises(LakeError, match="another lake"):
        mend(store, source=other.store)


def test_nothing_is_given_up_because_a_mirror_cannot_be_read(
    store: LocalStore, mirror: LocalStore
) -> None:
    (key,) = table(store).snapshot().tail
    object_ = object_key(Objects(store).put(CONTENTS[0]))
    before = {key: store.get(key), object_: b"damaged"}
    store.delete(key)
    store.put(object_, b"damaged")

    def refuse(method: str, name: str) -> None:
        if method == "local_path" and name in before:
            raise StoreError("the network is down")

    problems = verify(store, SPECS, "content")
    report = mend(store, source=StoppingStore(mirror, before=refuse))
    assert paths(problems) == set(report.left) == set(before)
    assert report.given_up == {}
    assert mend(store, source=mirror).left == {}
    assert store.get(key) == before[key]


def test_an_object_that_was_stored_again_meanwhile_is_not_taken_away(store: LocalStore) -> None:
    key = object_key(Objects(store).put(CONTENTS[0]))
    damage(store.root / key, "truncated", CHANCE)
    problems = verify(store, SPECS, "content")

    def store_again(method: str, name: str) -> None:
        if method == "put" and name.endswith(LEASE_SUFFIX):
            store.put(key, CONTENTS[0])

    report = repair(StoppingStore(store, before=store_again), SPECS, problems)
    assert (report.given_up, store.get(key)) == ({}, CONTENTS[0])


@pytest.mark.parametrize("copies", [True, False])
def test_a_log_that_is_gone_as_a_whole_is_noticed_and_nothing_deleted_for_it(
    store: LocalStore, mirror: LocalStore, copies: bool
) -> None:
    expected = content_of(store)
    data = {path.name for path in (store.root / table(store).folder / "data").rglob("*.parquet")}
    for folder in ("log", "spare"):
        shutil.rmtree(store.root / table(store).folder / folder)
    shutil.rmtree(store.root / "inventory")
    for path in (store.root / table(store).folder / "data").rglob("*.parquet"):
        os.utime(path, (1e9, 1e9))
    if not copies:
        compact(table(store), minimum=1, settle=0)  # by somebody who has not noticed
        collect(table(store), grace=0)
        for folder in ("log", "spare"):
            shutil.rmtree(store.root / table(store).folder / folder)
    assert paths(verify(store, SPECS)) == {table(store).log.key(0)}
    report = mend(store, source=mirror if copies else None)
    mend(store, source=mirror if copies else None)
    assert verify(store, SPECS, "content") == []
    everywhere = {path.name for path in store.root.rglob("*.parquet")}
    assert data <= everywhere
    assert (content_of(store) == expected, bool(report.given_up)) == (copies, not copies)


@pytest.mark.parametrize("changes", range(8))
def test_what_is_given_up_is_written_down_before_it_is_taken_away(
    store: LocalStore, changes: int
) -> None:
    lost = [table(store).snapshot().tail[0], object_key(Objects(store).put(CONTENTS[0]))]
    for key in lost:
        damage(store.root / key, "truncated", CHANCE)
    problems = verify(store, SPECS, "content")
    with contextlib.suppress(Stopped):
        repair(StoppingStore(store, changes=changes), SPECS, problems)
    gone = {key for key in lost if not (store.root / key).exists()}
    assert gone <= given_up(store).keys()


def test_what_a_newer_version_wrote_gets_no_identity_of_this_one(store: LocalStore) -> None:
    shutil.rmtree(store.root / "inventory")
    newer = store.get(IDENTITY).replace(b'"format": 1', b'"format": 2')
    store.put(IDENTITY, newer)
    problems = [problem for problem in verify(store, SPECS) if problem.path == IDENTITY]
    assert repair(store, SPECS, problems).left.keys() == {IDENTITY}
    assert store.get(IDENTITY) == newer
