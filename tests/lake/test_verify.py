from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lake.compact import collect, compact
from lake.errors import DamagedError
from lake.objects import Objects, object_key
from lake.store import LocalStore
from lake.table import SENTINEL, Table
from lake.verify import Level, Problem, verify
from tests.lake.tables import METRICS, metrics_in, points

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """A table with three manifests, two data files and a segment; and an object."""
    table = metrics_in(tmp_path)
    Objects(table.store).put(b"weights")
    for first in (0, 100, 103):
        table.append(points(*range(first, first + 3 + 97 * (first == 0))))
        compact(table, minimum=1, settle=0)
    table.append(points(200, 201))
    return table


def _data(table: Table, number: int = 0) -> str:
    return table.snapshot().data[number]


def _look(table: Table, level: Level = "content") -> list[tuple[str, str]]:
    return [(problem.kind, problem.path) for problem in verify(table.store, [METRICS], level)]


def _damage(table: Table, key: str, place: int) -> None:
    path = table.store.local_path(key)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_a_sound_lake_has_no_problems(table: Table) -> None:
    assert len(table.snapshot().data) == 2
    assert verify(table.store, [METRICS], "content") == []


def test_a_lake_that_was_collected_is_sound(table: Table) -> None:
    collect(table, grace=0)
    assert _look(table) == []


def test_an_empty_lake_is_sound(tmp_path: Path) -> None:
    assert verify(LocalStore(tmp_path), [METRICS], "content") == []


def test_every_flipped_bit_is_found_in_the_content(table: Table) -> None:
    snapshot = table.snapshot()
    for key in (*snapshot.files, object_key(next(Objects(table.store).all()))):
        size = table.store.local_path(key).stat().st_size
        for place in range(0, size, max(1, size // 9)):
            _damage(table, key, place)
            assert ("content", key) in _look(table)
            _damage(table, key, place)
    assert _look(table) == []


def test_a_truncated_data_file_is_found_in_the_structure(table: Table) -> None:
    path = table.store.local_path(_data(table))
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-10])
    assert verify(table.store, [METRICS]) == [
        Problem(kind="size", path=_data(table), detail=f"has {size - 10} bytes instead of {size}")
    ]


def test_a_truncated_segment_is_found_in_the_footers(table: Table) -> None:
    (key,) = table.snapshot().tail
    path = table.store.local_path(key)
    path.write_bytes(path.read_bytes()[:-10])
    assert _look(table, "structure") == []
    assert _look(table, "footers") == [("footer", key)]
    path.write_bytes(b"")
    assert _look(table, "structure") == [("size", key)]


def test_a_deleted_data_file_is_missing(table: Table) -> None:
    key = _data(table)
    table.store.delete(key)
    assert _look(table, "structure") == [("missing", key)]


def test_a_data_file_with_other_rows_than_recorded_is_found(table: Table) -> None:
    head = table.log.head()
    first, *others = head.manifest.files
    wrong = replace(head.manifest, files=(replace(first, rows=101), *others))
    table.store.put(table.log.key(3), wrong.to_json())
    assert _look(metrics_in(table.store.local_path("tables").parent), "footers") == [
        ("rows", table.data_key(head.manifest.files[0].path))
    ]


def test_a_gap_in_the_log_is_found(table: Table) -> None:
    table.store.delete(table.log.key(2))
    assert ("log", table.log.key(2)) in _look(table, "structure")


def test_a_changed_manifest_breaks_the_chain(table: Table) -> None:
    changed = replace(table.log.read(2).manifest, writer="somebody else")
    table.store.put(table.log.key(2), changed.to_json())
    assert _look(table, "structure") == [("chain", table.log.key(3))]


def test_a_manifest_of_another_table_is_damage(table: Table) -> None:
    head = table.log.head()
    assert head.manifest.table == "metrics"
    stranger = replace(head.manifest, table="runs", version=3)
    table.store.put(table.log.key(3), stranger.to_json())
    again = metrics_in(table.store.local_path("tables").parent)
    with pytest.raises(DamagedError, match=f"{table.log.key(3)} is damaged.* of the table runs"):
        again.log.head()
    assert _look(again, "structure") == [("manifest", table.log.key(3))]


def test_a_manifest_of_an_early_lake_does_not_say_whose_it_is(table: Table) -> None:
    head = table.log.head()
    early = replace(head.manifest, table="")
    assert b'"table"' not in early.to_json()
    table.store.put(table.log.key(early.version), early.to_json())
    again = metrics_in(table.store.local_path("tables").parent)
    assert again.log.head().manifest == early
    assert again.log.amend(lambda now: now, writer="w").table == "metrics"


def test_a_manifest_that_is_no_json_is_found(table: Table) -> None:
    table.store.put(table.log.key(3), b'{"v": 3')
    assert _look(table, "structure") == [("manifest", table.log.key(3))]


def test_a_manifest_under_another_version_is_found(table: Table) -> None:
    table.store.put(table.log.key(4), table.store.get(table.log.key(3)))
    assert ("manifest", table.log.key(4)) in _look(table, "structure")


def test_a_file_of_another_origin_in_the_tail_is_found(table: Table) -> None:
    (key,) = table.snapshot().tail
    table.store.put(table.tail_key("mine.parquet"), table.store.get(key))
    assert _look(table) == [("name", table.tail_key("mine.parquet"))]


def test_a_broken_sentinel_is_found(table: Table) -> None:
    table.store.put(table.tail_key(SENTINEL), b"broken")
    table.store.put(table.data_key(SENTINEL), table.store.get(table.snapshot().tail[0]))
    assert _look(table, "structure") == [
        ("sentinel", table.tail_key(SENTINEL)),
        ("sentinel", table.data_key(SENTINEL)),
    ]


def test_what_a_crash_leaves_behind_is_no_problem(table: Table, tmp_path: Path) -> None:
    (tmp_path / "tmp" / "1-2").write_bytes(b"half a fi")
    table.store.put(table.data_key("ab" * 32 + ".parquet"), b"orphan")
    assert _look(table) == []
