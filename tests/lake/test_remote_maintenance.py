"""Collecting, copying and repairing a lake whose files are in a bucket."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lake.backup import backup, restore
from lake.compact import collect, compact
from lake.digest import digest_bytes
from lake.expiry import LIST_SUFFIX, is_marked, keys_of
from lake.gc import collect_objects
from lake.identity import IDENTITY
from lake.inventory import take_inventory
from lake.objects import Objects, object_key
from lake.problem import Problem
from lake.remote import S3Store
from lake.repair import repair
from lake.store import LocalStore
from lake.table import Table
from lake.verify import verify
from tests.lake.remote_stores import opened
from tests.lake.tables import METRICS, points, steps_in
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


DAY = 86_400.0
IDENTITY_BYTES = json.dumps({"format": 1, "lake_id": "one", "created_at": 0}).encode()


@pytest.fixture
def remote(bucket: str, tmp_path: Path) -> Iterator[S3Store]:
    with opened(f"{bucket}/lake", tmp_path / "copies") as store:
        yield store


@pytest.fixture
def local(tmp_path: Path) -> LocalStore:
    """A small lake in a folder: rows in data files and segments, an object, a claim."""
    store = LocalStore(tmp_path / "lake")
    store.put(IDENTITY, IDENTITY_BYTES)
    Objects(store).put(b"weights")
    store.put("claims/experiments/risk.json", b'{"name": "risk"}')
    grow(store, 0)
    return store


def table(store: LocalStore | S3Store) -> Table:
    return Table(store, METRICS, writer="test")


def grow(store: LocalStore | S3Store, first: int) -> None:
    for step in (first, first + 1):
        table(store).append(points(step))
    compact(table(store), minimum=1, settle=0)
    collect(table(store), grace=0)
    table(store).append(points(first + 2))


def test_a_folder_is_copied_to_a_bucket_and_restored(
    local: LocalStore, remote: S3Store, tmp_path: Path
) -> None:
    backup(local, remote)
    assert steps_in(table(remote)) == [0, 1, 2]
    grow(local, 3)
    grow(local, 6)
    backup(local, remote)
    again = LocalStore(tmp_path / "again")
    restore(remote, again)
    assert steps_in(table(again)) == steps_in(table(local)) == steps_in(table(remote))
    assert again.get(IDENTITY) == IDENTITY_BYTES
    assert verify(again, [METRICS], "content") == verify(remote, [METRICS], "content") == []
    assert list(Objects(again).all()) == list(Objects(local).all())


def test_a_bucket_is_copied_to_a_folder(local: LocalStore, remote: S3Store, tmp_path: Path) -> None:
    restore(local, remote)
    grow(remote, 3)
    copy = LocalStore(tmp_path / "copy")
    backup(remote, copy)
    grow(remote, 6)
    assert backup(remote, copy).there > 0
    assert steps_in(table(copy)) == list(range(9))
    assert verify(copy, [METRICS], "content") == []


def stored_at(store: S3Store, digest: str) -> float:
    (entry,) = store.list(f"objects/{digest[:2]}")
    return entry.modified_at


def test_objects_of_a_bucket_go_in_two_phases(remote: S3Store) -> None:
    objects = Objects(remote)
    named, unnamed, wanted = (objects.put(data) for data in (b"named", b"unnamed", b"wanted"))
    start = time.time()

    def collected(days: float, *names: str) -> int:
        now = start + days * DAY
        found = collect_objects(remote, lambda: names, keep=timedelta(days=7), now=now)
        return len(found.deleted)

    assert collected(8, named) == 0
    assert is_marked(remote, wanted)
    before = stored_at(remote, wanted)
    # S3 knows whole seconds only, and what is marked was stored an hour ago at least.
    wait_until(lambda: objects.put(b"wanted") and stored_at(remote, wanted) > before)
    assert collected(16, named, wanted) == 1
    assert sorted(objects.all()) == sorted((named, wanted))
    assert keys_of(remote, LIST_SUFFIX) == []
    assert objects.put(b"unnamed") == unnamed  # though a copy of it is in the local cache
    assert objects.exists(unnamed)


def test_a_bucket_is_repaired_from_a_copy(local: LocalStore, remote: S3Store) -> None:
    restore(local, remote)
    take_inventory(remote)
    digest = next(Objects(remote).all())
    log = table(remote).log
    gone = [
        table(remote).snapshot().tail[0],
        table(remote).snapshot().data[0],
        log.key(log.versions()[-1]),
        "claims/experiments/risk.json",
        IDENTITY,
    ]
    remote.delete(*gone)
    remote.put(object_key(digest), b"damaged")
    for _ in range(2):
        repair(remote, [METRICS], verify(remote, [METRICS], "content"), source=local)
    assert verify(remote, [METRICS], "content") == []
    assert steps_in(table(remote)) == [0, 1, 2]


def test_proof_of_a_bucket_does_not_believe_local_copies_but_repair_uses_them(
    remote: S3Store,
) -> None:
    objects = Objects(remote)
    digests = [objects.put(data) for data in (b"weights", b"a plot")]
    for digest in digests:
        assert objects.get(digest)  # now there are local copies
    changed, gone = map(object_key, digests)
    S3Store(remote.url).put(changed, b"wrong bytes")
    S3Store(remote.url).delete(gone)
    found = verify(remote, [], "content")
    assert [(problem.kind, problem.path) for problem in found] == [("content", changed)]
    problems = [*found, Problem(kind="missing", path=gone, detail="absent")]
    assert repair(remote, [], problems).restored == (changed, gone)
    assert [remote.digest(key) for key in (changed, gone)] == digests
    assert verify(remote, [], "content") == []


def test_what_is_damaged_in_a_bucket_and_nowhere_whole_goes_to_quarantine(remote: S3Store) -> None:
    for step in (1, 2):
        table(remote).append(points(step))
    segment = table(remote).snapshot().tail[0]
    object_ = object_key(Objects(remote).put(b"weights"))
    for key in (segment, object_):
        remote.put(key, b"damaged")
    report = repair(remote, [METRICS], verify(remote, [METRICS], "content"))
    assert (sorted(report.given_up), report.left) == (sorted([segment, object_]), {})
    kept = {remote.digest(f"{report.quarantine}/{key}") for key in report.given_up}
    assert kept == {digest_bytes(b"damaged")}
    assert verify(remote, [METRICS], "content") == []
    assert steps_in(table(remote)) == [2]
