from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import duckdb
import pytest

from lake.compact import collect, compact
from lake.errors import DamagedError, SchemaError
from lake.segment import footer, from_rows
from lake.spec import TableSpec
from lake.store import LocalStore
from lake.table import SENTINEL, Table, digest_in, journal_of
from tests.lake.processes import exit_code, forked
from tests.lake.tables import METRICS, metrics_in, points, steps_in

if TYPE_CHECKING:
    from pathlib import Path


JOURNAL: Final = "0006413a5c2f8000-host.7.5d-0"


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return metrics_in(tmp_path)


def test_an_append_is_one_segment_everybody_sees(table: Table, tmp_path: Path) -> None:
    name = table.append(points(1, 2))
    snapshot = metrics_in(tmp_path).snapshot()
    assert snapshot.tail == snapshot.files == (f"tables/metrics/tail/{name}",)
    assert snapshot.version == 0
    assert steps_in(metrics_in(tmp_path)) == [1, 2]


def test_segments_are_named_in_the_order_of_their_appends(table: Table) -> None:
    names = [table.append(points(step)) for step in range(12)]
    assert names == sorted(names)
    assert all(len(digest_in(name)) == 16 for name in names)


def test_the_same_rows_twice_are_twice_there(table: Table) -> None:
    table.append(points(1))
    table.append(points(1))
    assert steps_in(table) == [1, 1]


def test_no_rows_make_no_segment(table: Table) -> None:
    assert table.append(points()) == ""
    assert table.snapshot().files == ()


def test_an_empty_table_has_its_columns(table: Table) -> None:
    assert table.read() == METRICS.schema.empty_table()
    assert table.read(["step"]).schema.names == ["step"]


def test_rows_that_do_not_fit_are_not_stored(table: Table) -> None:
    with pytest.raises(SchemaError):
        table.append(points(1).rename_columns(["run", "name", "value", "step", "at"]))
    assert table.snapshot().files == ()


def test_a_journal_becomes_one_segment_however_often_it_is_tried(table: Table) -> None:
    first = table.append(points(1, 2), journal_id=JOURNAL)
    assert table.append(points(1, 2), journal_id=JOURNAL) == first
    assert journal_of(first) == JOURNAL
    assert table.snapshot().journals == {JOURNAL}
    assert steps_in(table) == [1, 2]


def test_a_consumed_journal_is_still_known(table: Table) -> None:
    table.append(points(1), journal_id=JOURNAL)
    compact(table, minimum=1, settle=0)
    snapshot = table.snapshot()
    assert snapshot.tail == ()
    assert snapshot.journals == {JOURNAL}
    assert snapshot.version == 1


def test_threads_append_through_one_table(table: Table) -> None:
    def append(start: int) -> None:
        for step in range(start, start + 10):
            table.append(points(step))

    threads = [threading.Thread(target=append, args=(10 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert steps_in(table) == list(range(40))


def test_forked_processes_with_one_writer_name_lose_nothing(table: Table) -> None:
    def append() -> None:
        for _ in range(20):
            table.append(points(7))

    assert [exit_code(child) for child in [forked(append) for _ in range(3)]] == [0, 0, 0]
    assert steps_in(table) == [7] * 60


class _Taken(LocalStore):
    """A store in which another process is always a moment earlier with the first name."""

    earlier = True

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        if self.earlier:
            self.earlier = False
            super().put(key, data)
        super().put(key, data, exclusive=exclusive, digest=digest)


def test_a_segment_whose_name_is_taken_gets_another(table: Table, tmp_path: Path) -> None:
    late = Table(_Taken(tmp_path), METRICS, writer="test")
    name = late.append(points(7))
    assert table.store.list("tables/metrics/tail")[1].name == name
    assert steps_in(table) == [7, 7]


class _Hasty(LocalStore):
    """A store whose listings miss a file and have a later one, as those of a busy folder may."""

    late = ""

    def file_names(self, prefix: str) -> list[str]:
        missed, self.late = self.late, ""
        return [name for name in super().file_names(prefix) if name != missed]


def test_no_append_is_seen_without_the_earlier_ones_of_its_writer(tmp_path: Path) -> None:
    store = _Hasty(tmp_path)
    table = Table(store, METRICS, writer="one")
    names = [table.append(points(step)) for step in range(3)]
    table_of_another = metrics_in(tmp_path, writer="two")
    table_of_another.append(points(9))
    store.late = names[2]
    assert steps_in(table) == [0, 1, 9]
    store.late = names[1]
    assert steps_in(table) == [0, 1, 2, 9]


class _Interrupted(LocalStore):
    """A store under which, at the first look at a segment, another process compacts."""

    calm = True

    def local_path(self, key: str) -> Path:
        if self.calm and SENTINEL not in key:
            self.calm = False
            other = metrics_in(self.root)
            compact(other, minimum=1, settle=0)
            collect(other, grace=0)
        return super().local_path(key)


def test_a_read_goes_on_when_a_compaction_takes_its_files_away(table: Table) -> None:
    for step in range(5):
        table.append(points(step))
    reader = Table(_Interrupted(table.store.local_path("tables").parent), METRICS, writer="reader")
    assert steps_in(reader) == [0, 1, 2, 3, 4]
    assert reader.snapshot().tail == ()


def test_a_file_that_is_missing_for_good_is_damage(table: Table) -> None:
    table.append(points(1))
    result = compact(table, minimum=1, settle=0)
    assert result is not None
    table.store.delete(table.data_key(result.paths[0]))
    with pytest.raises(DamagedError, match="is missing"):
        table.read()


def test_sentinels_let_a_view_read_an_empty_table(table: Table, tmp_path: Path) -> None:
    table.ensure_sentinels()
    glob = tmp_path / "tables/metrics/*/*.parquet"
    with duckdb.connect() as connection:
        found = connection.execute(f"describe from read_parquet('{glob}')").fetchall()
    assert [row[0] for row in found] == list(METRICS.columns)
    assert table.snapshot().files == ()


def test_sentinels_grow_with_the_table_and_never_shrink(table: Table) -> None:
    newer = TableSpec(name="metrics", columns={**METRICS.columns, "epoch": "int64"})
    path = table.store.local_path
    table.ensure_sentinels()
    Table(table.store, newer, writer="newer").ensure_sentinels()
    table.ensure_sentinels()
    for key in (table.tail_key(SENTINEL), table.data_key(SENTINEL)):
        assert footer(path(key)) == (newer.schema, 0)


def test_old_and_new_columns_are_read_together(table: Table) -> None:
    newer = TableSpec(name="metrics", columns={**METRICS.columns, "epoch": "int64"})
    table.append(points(1))
    grown = Table(table.store, newer, writer="newer")
    grown.append(from_rows([{"step": 2, "epoch": 9}], newer))
    assert grown.read(["step", "epoch"]).to_pylist() == [
        {"step": 1, "epoch": None},
        {"step": 2, "epoch": 9},
    ]
    assert steps_in(table) == [1, 2]
