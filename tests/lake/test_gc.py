from __future__ import annotations

import json
import os
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lake.digest import digest_bytes
from lake.errors import LakeError, StoreError
from lake.expiry import (
    FOLDER,
    LEASE_SECONDS,
    LEASE_SUFFIX,
    LIST_SUFFIX,
    is_marked,
    keys_of,
    lease,
    wait_for_leases,
)
from lake.gc import ObjectGarbage, collect_objects, old_temporary_files
from lake.objects import Objects, object_key
from lake.store import LocalStore
from tests.support.stopping_store import Stopped, StoppingStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lake.store import Store

DAY = 86_400.0
START = 1_700_000_000.0
WEEK = timedelta(days=7)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "lake")


def put_at(store: LocalStore, data: bytes, day: float) -> str:
    """Store an object as if on a day."""
    digest = Objects(store).put(data)
    moment = START + day * DAY
    os.utime(store.local_path(object_key(digest)), (moment, moment))
    return digest


def collect(
    store: Store, day: float, named: Iterable[str] = (), *, keep: timedelta = WEEK
) -> ObjectGarbage:
    return collect_objects(store, lambda: named, keep=keep, now=START + day * DAY)


def digests(objects: Iterable[object]) -> list[str]:
    return sorted(getattr(each, "digest") for each in objects)  # noqa: B009 - of any report


def present(store: Store) -> list[str]:
    return list(Objects(store).all())


def test_what_nothing_names_goes_in_two_calls_that_are_keep_apart(store: LocalStore) -> None:
    named, unnamed = put_at(store, b"named", 0), put_at(store, b"unnamed", 0)
    first = collect(store, 8, [named])
    assert (digests(first.marked), first.deleted) == ([unnamed], ())
    early = collect(store, 14.9, [named])
    assert (early.marked, digests(early.waiting), early.deleted) == ((), [unnamed], ())
    last = collect(store, 15, [named])
    assert (digests(last.deleted), last.deleted[0].bytes) == ([unnamed], 7)
    assert present(store) == [named]
    assert store.list(FOLDER) == []


def test_young_objects_are_not_marked(store: LocalStore) -> None:
    put_at(store, b"young", 2)
    assert collect(store, 8) == ObjectGarbage()


def test_what_is_named_again_in_time_stays(store: LocalStore) -> None:
    digest = put_at(store, b"wanted again", 0)
    collect(store, 8)
    assert collect(store, 16, [digest]) == ObjectGarbage()
    assert present(store) == [digest]
    assert store.list(FOLDER) == []


def test_what_is_stored_again_in_time_stays_though_nothing_names_it_yet(store: LocalStore) -> None:
    digest = put_at(store, b"stored again", 0)
    collect(store, 8)
    assert is_marked(store, digest)
    put_at(store, b"stored again", 10)
    assert collect(store, 16) == ObjectGarbage()
    assert present(store) == [digest]
    assert digests(collect(store, 17.1).marked) == [digest]


def test_an_object_on_no_list_is_not_stored_again(store: LocalStore) -> None:
    digest = put_at(store, b"weights", 0)
    before = store.local_path(object_key(digest)).stat()
    Objects(store).put(b"weights")
    after = store.local_path(object_key(digest)).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_object_on_a_list_is_stored_again_once(store: LocalStore) -> None:
    digest = put_at(store, b"weights", 0)
    collect(store, 8)
    Objects(store).put(b"weights")
    renewed = store.local_path(object_key(digest)).stat()
    assert renewed.st_mtime > START + 8 * DAY
    assert Objects(store).get(digest) == b"weights"


def test_a_dry_run_changes_nothing_and_says_what_would_go(store: LocalStore) -> None:
    digest = put_at(store, b"unnamed", 0)
    for day in (8, 16):
        before = {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()}
        would = collect_objects(store, list, keep=WEEK, now=START + day * DAY, dry_run=True)
        assert {p: p.read_bytes() for p in store.root.rglob("*") if p.is_file()} == before
        assert would == collect(store, day)
    assert digests(would.deleted) == [digest]
    assert present(store) == []


def test_a_shorter_keep_does_not_wait_for_the_list_of_a_longer_one(store: LocalStore) -> None:
    digest = put_at(store, b"unnamed", 0)
    collect(store, 8)
    hour = timedelta(hours=1)
    assert digests(collect(store, 8.1, keep=hour).marked) == [digest]
    assert digests(collect(store, 8.2, keep=hour).deleted) == [digest]


def test_less_than_an_hour_is_refused(store: LocalStore) -> None:
    with pytest.raises(LakeError, match="an hour at least"):
        collect(store, 8, keep=timedelta(minutes=59))


def test_a_damaged_list_deletes_nothing_and_goes(store: LocalStore) -> None:
    digest = put_at(store, b"unnamed", 0)
    collect(store, 8)
    (key,) = keys_of(store, LIST_SUFFIX)
    store.put(key, store.get(key)[:-9])
    again = collect(store, 16)
    assert (again.deleted, digests(again.marked)) == ((), [digest])
    assert len(keys_of(store, LIST_SUFFIX)) == 1


def test_a_list_with_another_time_deletes_nothing(store: LocalStore) -> None:
    put_at(store, b"unnamed", 0)
    collect(store, 8)
    (key,) = keys_of(store, LIST_SUFFIX)
    document = json.loads(store.get(key))
    document["objects"][0]["modified_at"] += 0.5
    store.put(key, json.dumps(document).encode())
    assert collect(store, 16).deleted == ()


def test_many_objects_go_in_batches(store: LocalStore) -> None:
    unnamed = [put_at(store, str(number).encode(), 0) for number in range(150)]
    collect(store, 8)
    assert digests(collect(store, 15).deleted) == sorted(unnamed)


@pytest.mark.parametrize("changes", range(12))
def test_a_collection_that_is_killed_is_gone_on_with(store: LocalStore, changes: int) -> None:
    named = put_at(store, b"named", 0)
    for number in range(3):
        put_at(store, str(number).encode(), 0)
    for day in (8, 15, 16):
        try:
            collect(StoppingStore(store, changes=changes), day, [named])
        except Stopped:
            for key in keys_of(store, LEASE_SUFFIX):  # it runs out after a minute
                store.delete(key)
            collect(store, day, [named])
    collect(store, 24, [named])
    assert present(store) == [named]
    assert Objects(store).get(named) == b"named"


def test_of_two_collections_at_once_one_deletes(store: LocalStore) -> None:
    digest = put_at(store, b"unnamed", 0)
    collect(store, 8)
    other: list[ObjectGarbage] = []

    def at_the_same_time(method: str, key: str) -> None:
        if method == "put" and key.endswith(LEASE_SUFFIX) and not other:
            other.append(ObjectGarbage())
            store.put(f"{FOLDER}/other{LEASE_SUFFIX}", b"")

    found = collect(StoppingStore(store, before=at_the_same_time), 15)
    assert (found.busy, found.deleted) == (True, ())
    assert present(store) == [digest]
    store.delete(f"{FOLDER}/other{LEASE_SUFFIX}")
    assert digests(collect(store, 15).deleted) == [digest]


def test_an_ended_lease_that_could_not_be_removed_holds_nobody_of_its_process_up(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_keys: str) -> None:
        raise StoreError("tmp: Input/output error.")

    with monkeypatch.context() as patch, pytest.raises(StoreError), lease(store):
        patch.setattr(store, "delete", fails)
    assert len(keys_of(store, LEASE_SUFFIX)) == 1
    began = time.monotonic()
    assert wait_for_leases(store)
    assert (keys_of(store, LEASE_SUFFIX), time.monotonic() - began < LEASE_SECONDS / 2) == (
        [],
        True,
    )


def test_a_lease_that_failed_when_it_was_there_holds_nobody_of_its_process_up(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = store.put

    def fails_afterwards(key: str, data: bytes, **more: Any) -> None:
        put(key, data, **more)
        raise StoreError("tmp: Input/output error.")

    with monkeypatch.context() as patch:
        patch.setattr(store, "put", fails_afterwards)
        with pytest.raises(StoreError), lease(store):
            pytest.fail("nobody holds it")
    assert len(keys_of(store, LEASE_SUFFIX)) == 1
    began = time.monotonic()
    assert wait_for_leases(store)
    assert time.monotonic() - began < LEASE_SECONDS / 2
    assert keys_of(store, LEASE_SUFFIX) == []


def test_a_lease_that_is_left_is_removed_when_it_has_run_out(store: LocalStore) -> None:
    store.put(f"{FOLDER}/dead{LEASE_SUFFIX}", b"")
    assert wait_for_leases(store, seconds=0.05)
    assert keys_of(store, LEASE_SUFFIX) == []
    assert not wait_for_leases(store)


class Moments:
    """Names the moments of a collection, and does something at one of them."""

    def __init__(self, folder: str, wanted: int, act: Callable[[], None]) -> None:
        self._folder = folder
        self._wanted = wanted
        self._act = act
        self._seen = 0

    def __call__(self, _method: str, key: str) -> None:
        if key.startswith((FOLDER, f"objects/{self._folder}")):
            if self._seen == self._wanted:
                self._seen += 1
                self._act()
            self._seen += 1


@pytest.mark.parametrize("moment", range(16))
@pytest.mark.parametrize("day", [8, 16])
def test_a_writer_at_any_moment_of_a_collection_keeps_what_it_stored(
    store: LocalStore, day: float, moment: int
) -> None:
    """The writer runs in a thread of its own: it may have to wait for the lease."""
    digest = put_at(store, b"wanted", 0)
    if day > 8:
        collect(store, 8)
    rows: list[str] = []

    def write() -> None:
        rows.append(Objects(store).put(b"wanted"))

    writer = threading.Thread(target=write)

    def act() -> None:
        writer.start()
        writer.join(0.2)  # when it waits for the collection, that goes on

    collecting = StoppingStore(store, before=Moments(digest[:2], moment, act))
    collect(collecting, day)
    if writer.ident is None:
        writer.start()  # the collection has fewer moments
    writer.join()
    assert rows == [digest]
    assert Objects(store).get(digest) == b"wanted"
    later = collect(store, day + 8, rows)
    assert later.deleted == ()
    assert Objects(store).get(digest) == b"wanted"


@pytest.mark.parametrize("days", [[8, 15.5], [8, 9, 15, 16], [7.5, 14.6, 21.7, 28.8]])
def test_writers_that_come_back_to_expiring_objects_never_lose_one(
    store: LocalStore, days: list[float]
) -> None:
    """Every object is stored again somewhere between the collections, its row comes a day later."""
    contents = [f"object {number}".encode() for number in range(40)]
    for content in contents:
        put_at(store, content, 0)
    events = sorted(
        [(day, "collect", b"") for day in days]
        + [(7 + number * 0.55, "put", content) for number, content in enumerate(contents)]
    )
    put: dict[str, float] = {}
    for day, what, content in events:
        if what == "put":
            known = is_marked(store, digest_bytes(content))
            missing = digest_bytes(content) not in present(store)
            digest = Objects(store).put(content)
            if known or missing:
                put_at(store, content, day)
            put[digest] = day
        else:
            collect(store, day, [digest for digest, at in put.items() if at + 0.9 < day])
        assert set(put) <= set(present(store))
    collect(store, 60, list(put))
    assert set(put) <= set(present(store))


def test_old_temporary_files_are_found(store: LocalStore) -> None:
    store.put("tmp/old", b"12345")
    store.put("tmp/new", b"")
    os.utime(store.local_path("tmp/old"), (START, START))
    assert old_temporary_files(store) == {"tmp/old": 5}
    assert old_temporary_files(store, older_than=time.time() - START + 10) == {}
