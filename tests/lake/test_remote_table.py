"""A table whose files are in a bucket: what test_table and test_compact show, once more there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from lake.compact import collect, compact
from lake.errors import DamagedError
from lake.objects import Objects
from lake.segment import footer
from lake.spec import TableSpec
from lake.table import SENTINEL, Table
from lake.verify import verify
from tests.lake.processes import exit_code, forked
from tests.lake.remote_stores import opened
from tests.lake.tables import METRICS, points, steps_in
from tests.support.fault_proxy import fault_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.fault_proxy import Fault
    from tests.support.s3_server import S3Server

JOURNAL: Final = "0006413a5c2f8000-host.7.5d-0"


@pytest.fixture
def table(bucket: str, tmp_path: Path) -> Iterator[Table]:
    with opened(f"{bucket}/lake", tmp_path / "copies") as store:
        yield Table(store, METRICS, writer="test")


@pytest.fixture
def elsewhere(bucket: str, tmp_path: Path) -> Iterator[Table]:
    """Give the same table as another machine has it."""
    with opened(f"{bucket}/lake", tmp_path / "copies of another machine") as store:
        yield Table(store, METRICS, writer="elsewhere")


def test_rows_are_seen_by_everybody_through_a_whole_life(table: Table, elsewhere: Table) -> None:
    names = [table.append(points(step)) for step in (5, 3, 4)]
    elsewhere.append(points(1, 2))
    assert steps_in(table) == steps_in(elsewhere) == [1, 2, 3, 4, 5]
    result = compact(elsewhere, minimum=1, settle=0)
    assert result is not None
    assert (result.version, result.rows, result.segments) == (1, 5, 4)
    table.append(points(6))
    for each in (table, elsewhere):
        snapshot = each.snapshot()
        assert snapshot.data == (table.data_key(result.paths[0]),)
        assert len(snapshot.tail) == 1
        assert snapshot.consumed > set(names)
        assert steps_in(each) == [1, 2, 3, 4, 5, 6]
    assert len(collect(table, grace=0)) == 4
    assert compact(table, minimum=1, settle=0) is not None
    assert collect(table, grace=0) != ()
    assert steps_in(elsewhere) == [1, 2, 3, 4, 5, 6]
    assert table.log.versions() == [0, 1, 2]
    for each in (table, elsewhere):
        assert verify(each.store, [METRICS], "content") == []


def test_partitions_are_folders_of_the_bucket(bucket: str, tmp_path: Path) -> None:
    with opened(f"{bucket}/lake", tmp_path / "copies") as store:
        divided = Table(store, replace(METRICS, partition_by="run_id"), writer="test")
        for run in ("a", "b/c", "d"):
            divided.append(points(1, 2, run_id=run))
        compact(divided, minimum=1, settle=0, partition_rows=1)
        names = [entry.name.rpartition("/")[0] for entry in divided.data_entries()]
        assert names == ["", "run_id=a", "run_id=b%2Fc", "run_id=d"]
        assert steps_in(divided) == [1, 1, 1, 2, 2, 2]
        assert len(collect(divided, grace=0)) == 3
        assert verify(store, [divided.spec], "content") == []


def test_a_journal_becomes_one_segment_whoever_tries(table: Table, elsewhere: Table) -> None:
    first = table.append(points(1, 2), journal_id=JOURNAL)
    assert elsewhere.append(points(1, 2), journal_id=JOURNAL) == first
    assert elsewhere.snapshot().journals == {JOURNAL}
    assert steps_in(elsewhere) == [1, 2]


def test_many_threads_and_processes_append_without_losing_a_row(table: Table) -> None:
    def append(start: int) -> None:
        for step in range(start, start + 5):
            table.append(points(step))

    children = [forked(lambda start=start: append(start)) for start in (20, 25)]  # type: ignore[misc]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(0, 20, 5)))
    assert [exit_code(child) for child in children] == [0, 0]
    assert steps_in(table) == list(range(30))


def test_of_compactions_at_the_same_time_one_wins_and_no_row_is_lost(
    table: Table, elsewhere: Table
) -> None:
    for step in range(6):
        table.append(points(step))
    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(compact, each, minimum=1, settle=0.2) for each in (table, elsewhere)]
    won = [result for each in results if (result := each.result()) is not None]
    assert len(won) == 1
    assert steps_in(table) == steps_in(elsewhere) == list(range(6))
    files = [e.name for e in table.store.list(f"{table.folder}/data") if e.name != SENTINEL]
    assert files == [*won[0].paths]


@pytest.mark.parametrize("fault", ["lose", "fail", "reset"])
def test_commits_whose_answers_are_lost_are_made_once(
    bucket: str, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    with fault_proxy(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        with opened(bucket, tmp_path / "copies") as store:
            table = Table(store, METRICS, writer="test")
            for step in range(4):
                proxy.order(fault, "PUT .*/tail/", times=step)
                table.append(points(step))
            proxy.order(fault, "PUT .*/log/0*1.json", times=2)
            result = compact(table, minimum=1, settle=0)
            assert result is not None
            assert (result.version, result.rows, result.segments) == (1, 4, 4)
            assert steps_in(table) == [0, 1, 2, 3]


def test_sentinels_grow_with_the_table(table: Table, elsewhere: Table) -> None:
    table.ensure_sentinels()
    key = table.tail_key(SENTINEL)
    assert footer(elsewhere.store.local_path(key)) == (METRICS.schema, 0)
    newer = TableSpec(name="metrics", columns={**METRICS.columns, "epoch": "int64"})
    Table(table.store, newer, writer="newer").ensure_sentinels()
    assert footer(elsewhere.store.local_path(key)) == (newer.schema, 0)


def test_a_file_that_is_missing_for_good_is_damage(table: Table, elsewhere: Table) -> None:
    name = table.append(points(1))
    assert steps_in(table) == [1]
    result = compact(table, minimum=1, settle=0)
    assert result is not None
    table.store.delete(table.data_key(result.paths[0]), table.tail_key(name))
    with pytest.raises(DamagedError, match="is missing"):
        elsewhere.read()


def test_objects_are_stored_once_and_read_back(table: Table, tmp_path: Path) -> None:
    objects = Objects(table.store)
    source = tmp_path / "model"
    source.write_bytes(b"weights" * 100_000)
    digests = {objects.put(source), objects.put(source.read_bytes()), objects.put(b"")}
    assert len(digests) == 2
    for digest in digests:
        assert objects.exists(digest)
        assert objects.size(digest) == len(objects.get(digest))
        with objects.open(digest) as file:
            assert file.read() == objects.get(digest)
    assert set(objects.all()) == digests
