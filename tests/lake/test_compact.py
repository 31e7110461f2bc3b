from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import duckdb
import pytest

from lake.compact import collect, compact, replaced
from lake.manifest import EMPTY
from lake.segment import decode, from_rows
from lake.spec import TableSpec
from lake.table import Table, journal_of
from lake.verify import verify
from tests.lake.tables import METRICS, compacted, fill, metrics_in, names_in, points, steps_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return metrics_in(tmp_path)


def test_segments_become_one_sorted_file(table: Table) -> None:
    fill(table, 5, 3, 4, 1, 2)
    result = compacted(table)
    snapshot = table.snapshot()
    assert (result.version, result.rows, result.segments, result.data_files) == (1, 5, 5, 0)
    assert snapshot.files == (table.data_key(result.paths[0]),)
    found = decode(table.store.local_path(snapshot.data[0]), METRICS, columns=["step"])
    assert found.column("step").to_pylist() == [1, 2, 3, 4, 5]


def test_few_segments_are_left_alone(table: Table) -> None:
    assert compact(table) is None
    fill(table, *range(9))
    assert compact(table, minimum=10, settle=0) is None
    assert table.snapshot().version == 0


def test_a_small_data_file_is_merged_with_what_is_new(table: Table) -> None:
    fill(table, 1, 2)
    compacted(table)
    fill(table, 3)
    assert compacted(table).data_files == 1
    assert len(table.snapshot().data) == 1
    assert steps_in(table) == [1, 2, 3]


def test_a_file_that_is_large_beside_what_is_new_is_not_written_again(table: Table) -> None:
    table.append(points(*range(100)))
    first = compacted(table)
    table.append(points(*range(100, 110)))
    assert compacted(table).data_files == 0
    table.append(points(*range(110, 125)))
    assert compacted(table).data_files == 2
    assert table.data_key(first.paths[0]) not in table.snapshot().files
    assert steps_in(table) == list(range(125))


def test_a_file_of_the_target_size_is_never_written_again(table: Table) -> None:
    table.append(points(*range(20)))
    first = compacted(table, target_rows=20)
    for start in (20, 30, 40):
        table.append(points(*range(start, start + 10)))
        compacted(table, target_rows=20)
    assert table.data_key(first.paths[0]) in table.snapshot().data
    assert len(table.snapshot().data) == 3
    assert steps_in(table) == list(range(50))


def test_one_call_does_a_bounded_piece_of_work(table: Table) -> None:
    names = [table.append(points(2 * n, 2 * n + 1)) for n in range(10)]
    assert compacted(table, target_rows=8).segments == 4
    assert table.snapshot().tail == tuple(map(table.tail_key, names[4:]))
    assert steps_in(table) == list(range(20))


def test_equal_rows_stay_as_many_as_they_are(table: Table) -> None:
    for _ in range(2):
        table.append(points(*range(20)))
        compacted(table, target_rows=20)
    assert len(set(table.snapshot().data)) == 2
    assert steps_in(table) == sorted([*range(20), *range(20)])


def test_columns_of_a_newer_version_survive_a_compaction_by_an_older_one(table: Table) -> None:
    newer = TableSpec(name="metrics", columns={**METRICS.columns, "epoch": "int64"})
    grown = Table(table.store, newer, writer="newer")
    grown.append(from_rows([{"step": 2, "epoch": 9}], newer))
    fill(table, 1)
    compacted(table)
    assert grown.read(["step", "epoch"]).sort_by("step").to_pydict() == {
        "step": [1, 2],
        "epoch": [None, 9],
    }


def test_a_damaged_segment_stays_and_the_others_are_merged(table: Table) -> None:
    names = fill(table, 1, 2, 3)
    path = table.store.local_path(table.tail_key(names[1]))
    # Parquet's own checksums do not cover the footer, in which the writer's name is.
    path.write_bytes(path.read_bytes().replace(b"parquet-cpp", b"parquet-cpq"))
    result = compacted(table)
    assert result.damaged == (table.tail_key(names[1]),)
    assert result.rows == 2
    assert table.snapshot().tail == (table.tail_key(names[1]),)


def test_manifests_name_the_one_before(table: Table) -> None:
    for step in range(3):
        fill(table, step)
        compacted(table)
    empty, first, second, third = (table.log.read(version) for version in range(4))
    assert empty.manifest == EMPTY
    assert first.manifest.previous_sha256 == empty.sha256
    assert second.manifest.previous_sha256 == first.sha256
    assert third.manifest.previous_sha256 == second.sha256
    assert table.log.head() == third


def test_collecting_waits_for_the_grace_to_be_over(table: Table) -> None:
    names = fill(table, 1, 2)
    first = compacted(table)
    fill(table, 3)
    compacted(table)
    assert collect(table, grace=60) == ()
    deleted = collect(table, grace=0)
    assert set(map(table.tail_key, names)) < set(deleted)
    assert table.data_key(first.paths[0]) in deleted
    assert names_in(table, "tail") == []
    assert len(names_in(table, "data")) == 1
    assert steps_in(table) == [1, 2, 3]
    assert collect(table, grace=0) == ()


def test_a_consumed_name_is_forgotten_only_when_a_listing_shows_it_gone(table: Table) -> None:
    (name,) = fill(table, 1)
    compacted(table)
    fill(table, 2)
    compacted(table)
    assert name in table.snapshot().consumed
    collect(table, grace=0)
    fill(table, 3)
    compacted(table)
    assert name not in table.snapshot().consumed
    assert steps_in(table) == [1, 2, 3]


def test_a_consumed_name_is_remembered_while_its_journal_is_there(table: Table) -> None:
    """Otherwise whoever finds the journal would make the segment, and its rows, again."""
    name = table.append(points(1), journal_id="0006413a5c2f8000-host.7.5d-0")
    journal = f"journal/{journal_of(name)}.jsonl"
    table.store.put(journal, b"")
    for step in (2, 3, 4):
        compacted(table)
        collect(table, grace=0)
        fill(table, step)
    assert name not in names_in(table, "tail")
    assert name in table.snapshot().consumed
    table.store.delete(journal)
    compacted(table)
    assert name not in table.snapshot().consumed


def test_the_last_twenty_manifests_are_kept(table: Table) -> None:
    for step in range(25):
        fill(table, step)
        compacted(table)
    collect(table, grace=0)
    assert table.log.versions() == list(range(6, 26))
    assert verify(table.store, [METRICS], "content") == []


def test_a_data_file_nobody_names_is_deleted_after_a_day(table: Table) -> None:
    fill(table, 1)
    compacted(table)
    for name in ("old.parquet", "new.parquet"):
        table.store.put(table.data_key(name), b"")
    a_day_ago = time.time() - 86_500
    os.utime(table.store.local_path(table.data_key("old.parquet")), (a_day_ago, a_day_ago))
    assert table.data_key("old.parquet") not in replaced(table, grace=0)  # older than the log
    os.utime(table.store.local_path(table.log.key(0)), (a_day_ago - 1, a_day_ago - 1))
    assert collect(table, grace=0) == (
        table.tail_key(next(iter(table.snapshot().consumed))),
        table.data_key("old.parquet"),
    )


VIEW = """
with m as materialized (
  from read_json('{root}/log/*.json', format='unstructured',
                 columns={{v: 'bigint', live: 'varchar[]', dead: 'varchar[]'}})
  order by v desc limit 1)
select step from read_parquet('{root}/data/*.parquet', union_by_name=true, filename=true)
where filename in (select '{root}/data/' || unnest(live) from m)
union all
select step from read_parquet('{root}/tail/*.parquet', union_by_name=true, filename=true)
where filename not in (select '{root}/tail/' || unnest(dead) from m)
order by step
"""


def test_plain_sql_over_the_files_sees_every_row_once(table: Table, tmp_path: Path) -> None:
    query = VIEW.format(root=tmp_path / "tables/metrics")
    table.ensure_sentinels()
    with duckdb.connect() as connection:
        assert connection.execute(query).fetchall() == []
        for turn in range(3):
            fill(table, 2 * turn)
            compacted(table)
            fill(table, 2 * turn + 1)
            found = [step for (step,) in connection.execute(query).fetchall()]
            assert found == list(range(2 * turn + 2))
        collect(table, grace=0)
        assert len(connection.execute(query).fetchall()) == 6
