from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lake.compact import KEPT_MANIFESTS, collect, compact
from lake.errors import DamagedError
from lake.identity import IDENTITY
from lake.inventory import FOLDER, forget, last_inventory, take_inventory
from lake.lake import Lake
from lake.store import LocalStore
from lake.table import SENTINEL, Table
from lake.verify import Level, verify
from tests.lake.tables import METRICS, metrics_in, points

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """A table with two manifests, a data file and two segments, in a lake with a claim."""
    with Lake.open(tmp_path, settle=0) as lake:
        lake.claim("experiments", "risk", {"experiment_id": "1"})
    table = metrics_in(tmp_path)
    table.append(points(1))
    compact(table, minimum=1, settle=0)
    table.append(points(2))
    table.append(points(3))
    take_inventory(table.store)
    return table


def found(table: Table, level: Level = "structure") -> list[tuple[str, str]]:
    return [(problem.kind, problem.path) for problem in verify(table.store, [METRICS], level)]


def claim(table: Table) -> str:
    (entry,) = table.store.list("claims/experiments")
    return f"claims/experiments/{entry.name}"


def test_without_an_inventory_nothing_is_missed(tmp_path: Path) -> None:
    assert last_inventory(LocalStore(tmp_path)) is None
    assert verify(LocalStore(tmp_path), [METRICS], "content") == []


def test_what_is_gone_since_is_found(table: Table) -> None:
    segment, name = table.snapshot().tail[0], claim(table)
    table.store.delete(segment, name, IDENTITY, table.data_key(SENTINEL))
    assert sorted(found(table)) == [
        ("missing", name),
        ("missing", IDENTITY),
        ("missing", segment),
        ("sentinel", table.data_key(SENTINEL)),
    ]


def test_a_highest_manifest_that_is_gone_is_found(table: Table) -> None:
    table.store.delete(table.log.key(1))
    assert found(table) == [("log", table.log.key(1))]
    table.store.delete(table.log.spare_key(1))
    assert found(table) == [("log", table.log.key(1))]


def test_a_claim_with_another_content_is_found(table: Table) -> None:
    key = claim(table)
    table.store.put(key, table.store.get(key).replace(b'"1"', b'"2"'))
    assert found(table) == []
    assert found(table, "content") == [("content", key)]


def test_where_the_last_inventory_is_damaged_the_one_before_it_counts(table: Table) -> None:
    key, newest = claim(table), take_inventory(table.store)
    said, listed = table.store.get(key), table.store.get(newest)
    table.store.put(key, listed)
    table.store.put(newest, said)  # two files that changed places
    assert sorted({*found(table, "content")}) == [("content", key), ("inventory", newest)]


def test_what_compactions_took_away_is_not_missed(table: Table) -> None:
    for step in range(4, 8):
        table.append(points(step))
        compact(table, minimum=1, settle=0)
        collect(table, grace=0)
        assert found(table, "content") == []


def test_after_too_many_manifests_nothing_is_said_about_segments(table: Table) -> None:
    segment = table.snapshot().tail[0]
    table.store.delete(segment)
    for step in range(KEPT_MANIFESTS + 3):
        table.append(points(step))
        compact(table, minimum=1, settle=0)
    assert found(table) == [("missing", segment)]
    collect(table, grace=0)
    assert found(table) == []


def test_an_oldest_manifest_that_should_be_there_is_missed(table: Table) -> None:
    table.store.delete(table.log.key(0))
    assert found(table) == [("log", table.log.key(0))]


def test_a_sentinel_that_was_widened_since_is_fine(table: Table) -> None:
    key = table.tail_key(SENTINEL)
    table.store.put(key, table.store.get(table.data_key(SENTINEL)) + b"")
    path = table.store.local_path(key)
    later = path.stat().st_mtime + 1
    os.utime(path, (later, later))
    assert found(table, "content") == []


def test_what_is_known_to_be_gone_is_not_missed_again(table: Table) -> None:
    gone = [table.snapshot().tail[0], claim(table)]
    table.store.delete(*gone)
    forget(table.store, gone)
    assert found(table, "content") == []


def test_the_last_two_are_kept(table: Table) -> None:
    keys = [take_inventory(table.store) for _ in range(3)]
    assert [f"{FOLDER}/{entry.name}" for entry in table.store.list(FOLDER)] == keys[1:]


def test_a_damaged_one_says_so(table: Table) -> None:
    key = take_inventory(table.store)
    table.store.put(key, table.store.get(key).replace(b"claims", b"claimz"))
    with pytest.raises(DamagedError):
        last_inventory(table.store)
    assert found(table) == [("inventory", key)]
