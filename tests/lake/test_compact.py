from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from lake.compact import CompactionResult, collect, compact
from lake.errors import AlreadyExistsError
from lake.manifest import EMPTY
from lake.segment import decode, from_rows
from lake.store import LocalStore
from lake.table import SENTINEL, Table, TableSpec, journal_of
from lake.verify import verify
from tests.lake.processes import ended, exit_code, forked
from tests.lake.tables import METRICS, metrics_in, points, steps_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return metrics_in(tmp_path)


def _compact(table: Table, **options: Any) -> CompactionResult:
    result = compact(table, **{"minimum": 1, "settle": 0.0, **options})
    assert result is not None
    return result


def _fill(table: Table, *steps: int) -> list[str]:
    return [table.append(points(step)) for step in steps]


def _names(table: Table, folder: str) -> list[str]:
    listing = table.store.list(f"{table.folder}/{folder}")
    return [entry.name for entry in listing if entry.name != SENTINEL]


def test_segments_become_one_sorted_file(table: Table) -> None:
    _fill(table, 5, 3, 4, 1, 2)
    result = _compact(table)
    snapshot = table.snapshot()
    assert (result.version, result.rows, result.segments, result.data_files) == (1, 5, 5, 0)
    assert snapshot.files == (table.data_key(result.path),)
    found = decode(table.store.local_path(snapshot.data[0]), METRICS, columns=["step"])
    assert found.column("step").to_pylist() == [1, 2, 3, 4, 5]


def test_few_segments_are_left_alone(table: Table) -> None:
    assert compact(table) is None
    _fill(table, *range(9))
    assert compact(table, minimum=10, settle=0) is None
    assert table.snapshot().version == 0


def test_a_small_data_file_is_merged_with_what_is_new(table: Table) -> None:
    _fill(table, 1, 2)
    _compact(table)
    _fill(table, 3)
    assert _compact(table).data_files == 1
    assert len(table.snapshot().data) == 1
    assert steps_in(table) == [1, 2, 3]


def test_a_file_that_is_large_beside_what_is_new_is_not_written_again(table: Table) -> None:
    table.append(points(*range(100)))
    first = _compact(table)
    table.append(points(*range(100, 110)))
    assert _compact(table).data_files == 0
    table.append(points(*range(110, 125)))
    assert _compact(table).data_files == 2
    assert table.data_key(first.path) not in table.snapshot().files
    assert steps_in(table) == list(range(125))


def test_a_file_of_the_target_size_is_never_written_again(table: Table) -> None:
    table.append(points(*range(20)))
    first = _compact(table, target_rows=20)
    for start in (20, 30, 40):
        table.append(points(*range(start, start + 10)))
        _compact(table, target_rows=20)
    assert table.data_key(first.path) in table.snapshot().data
    assert len(table.snapshot().data) == 3
    assert steps_in(table) == list(range(50))


def test_one_call_does_a_bounded_piece_of_work(table: Table) -> None:
    names = [table.append(points(2 * n, 2 * n + 1)) for n in range(10)]
    assert _compact(table, target_rows=8).segments == 4
    assert table.snapshot().tail == tuple(map(table.tail_key, names[4:]))
    assert steps_in(table) == list(range(20))


def test_equal_rows_stay_as_many_as_they_are(table: Table) -> None:
    for _ in range(2):
        table.append(points(*range(20)))
        _compact(table, target_rows=20)
    assert len(set(table.snapshot().data)) == 2
    assert steps_in(table) == sorted([*range(20), *range(20)])


def test_columns_of_a_newer_version_survive_a_compaction_by_an_older_one(table: Table) -> None:
    newer = TableSpec(name="metrics", columns={**METRICS.columns, "epoch": "int64"})
    grown = Table(table.store, newer, writer="newer")
    grown.append(from_rows([{"step": 2, "epoch": 9}], newer))
    _fill(table, 1)
    _compact(table)
    assert grown.read(["step", "epoch"]).sort_by("step").to_pydict() == {
        "step": [1, 2],
        "epoch": [None, 9],
    }


def test_a_damaged_segment_stays_and_the_others_are_merged(table: Table) -> None:
    names = _fill(table, 1, 2, 3)
    path = table.store.local_path(table.tail_key(names[1]))
    data = bytearray(path.read_bytes())
    data[60] ^= 1
    path.write_bytes(data)
    result = _compact(table)
    assert result.damaged == (table.tail_key(names[1]),)
    assert result.rows == 2
    assert table.snapshot().tail == (table.tail_key(names[1]),)


def test_manifests_name_the_one_before(table: Table) -> None:
    for step in range(3):
        _fill(table, step)
        _compact(table)
    first, second, third = (table.log.read(version) for version in (1, 2, 3))
    assert first.manifest.previous_sha256 == ""
    assert second.manifest.previous_sha256 == first.sha256
    assert third.manifest.previous_sha256 == second.sha256
    assert table.log.head() == third


def test_collecting_waits_for_the_grace_to_be_over(table: Table) -> None:
    names = _fill(table, 1, 2)
    first = _compact(table)
    _fill(table, 3)
    _compact(table)
    assert collect(table, grace=60) == ()
    deleted = collect(table, grace=0)
    assert set(map(table.tail_key, names)) < set(deleted)
    assert table.data_key(first.path) in deleted
    assert _names(table, "tail") == []
    assert len(_names(table, "data")) == 1
    assert steps_in(table) == [1, 2, 3]
    assert collect(table, grace=0) == ()


def test_a_consumed_name_is_forgotten_only_when_a_listing_shows_it_gone(table: Table) -> None:
    (name,) = _fill(table, 1)
    _compact(table)
    _fill(table, 2)
    _compact(table)
    assert name in table.snapshot().consumed
    collect(table, grace=0)
    _fill(table, 3)
    _compact(table)
    assert name not in table.snapshot().consumed
    assert steps_in(table) == [1, 2, 3]


def test_a_consumed_name_is_remembered_while_its_journal_is_there(table: Table) -> None:
    """Otherwise whoever finds the journal would make the segment, and its rows, again."""
    name = table.append(points(1), journal_id="0006413a5c2f8000-host.7.5d-0")
    journal = f"journal/{journal_of(name)}.jsonl"
    table.store.put(journal, b"")
    for step in (2, 3, 4):
        _compact(table)
        collect(table, grace=0)
        _fill(table, step)
    assert name not in _names(table, "tail")
    assert name in table.snapshot().consumed
    table.store.delete(journal)
    _compact(table)
    assert name not in table.snapshot().consumed


def test_the_last_twenty_manifests_are_kept(table: Table) -> None:
    for step in range(25):
        _fill(table, step)
        _compact(table)
    collect(table, grace=0)
    assert table.log.versions() == list(range(6, 26))
    assert verify(table.store, [METRICS], "content") == []


def test_a_data_file_nobody_names_is_deleted_after_a_day(table: Table) -> None:
    _fill(table, 1)
    _compact(table)
    for name in ("old.parquet", "new.parquet"):
        table.store.put(table.data_key(name), b"")
    a_day_ago = time.time() - 86_500
    os.utime(table.store.local_path(table.data_key("old.parquet")), (a_day_ago, a_day_ago))
    assert collect(table, grace=0) == (
        table.tail_key(next(iter(table.snapshot().consumed))),
        table.data_key("old.parquet"),
    )


class _Rival(LocalStore):
    """A store whose lock keeps nobody out, and under which others act at a given put."""

    def __init__(
        self, root: Path, at: str, act: Callable[[], object], *, lock: str = "rival"
    ) -> None:
        super().__init__(root)
        self.at, self.act, self.own_lock = at, act, lock

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        with super().lock(f"{name}-{self.own_lock}") as free:
            yield free

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        if self.at in key and SENTINEL not in key:
            self.at, act = "nowhere", self.act
            act()
        super().put(key, data, exclusive=exclusive, digest=digest)


@pytest.mark.parametrize("at", ["/data/", "/log/"])
def test_of_two_compactions_one_wins_and_the_other_clears_away(
    table: Table, tmp_path: Path, at: str
) -> None:
    _fill(table, 1, 2, 3)
    rival = Table(_Rival(tmp_path, at, lambda: _compact(table)), METRICS, writer="rival")
    assert compact(rival, minimum=1, settle=0) is None
    assert len(_names(table, "data")) == 1
    assert table.snapshot().version == 1
    assert steps_in(table) == [1, 2, 3]


def test_inputs_that_vanish_make_a_compaction_start_over(table: Table, tmp_path: Path) -> None:
    _fill(table, 1, 2, 3)

    class Vanishing(LocalStore):
        calm = True

        def local_path(self, key: str) -> Path:
            if self.calm and "/tail/" in key:
                self.calm = False
                with_rival = _Rival(tmp_path, "nowhere", list)
                rival = Table(with_rival, METRICS, writer="rival")
                _compact(rival)
                collect(rival, grace=0)
                _fill(rival, 4)
            return super().local_path(key)

    result = _compact(Table(Vanishing(tmp_path), METRICS, writer="test"))
    assert (result.version, result.segments) == (2, 1)
    assert steps_in(table) == [1, 2, 3, 4]


def test_one_compaction_of_a_table_runs_at_a_time(table: Table, tmp_path: Path) -> None:
    _fill(table, 1)
    with LocalStore(tmp_path).lock("compact-metrics") as free:
        assert free
        assert compact(table, minimum=1, settle=0) is None
    _compact(table)


def test_a_commit_whose_answer_was_lost_is_recognised(table: Table, tmp_path: Path) -> None:
    class Forgetful(LocalStore):
        def put(
            self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
        ) -> None:
            super().put(key, data, exclusive=exclusive, digest=digest)
            if "/log/" in key:
                raise AlreadyExistsError("sent twice")

    _fill(table, 1)
    _compact(Table(Forgetful(tmp_path), METRICS, writer="test"))
    assert table.snapshot().version == 1
    assert steps_in(table) == [1]


def test_a_commit_to_a_version_long_gone_is_none(table: Table) -> None:
    for step in range(22):
        _fill(table, step)
        _compact(table)
    collect(table, grace=0)
    for version in (1, 2):
        late = replace(EMPTY, version=version, writer="asleep", nonce="n")
        assert not table.log.commit(late)
    assert table.log.versions() == list(range(3, 23))


class _Dying(LocalStore):
    """Ends the process before its n-th change."""

    def __init__(self, root: Path, changes: int) -> None:
        super().__init__(root)
        self.left = changes

    def _count(self) -> None:
        if not self.left:
            os._exit(9)
        self.left -= 1

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        self._count()
        super().put(key, data, exclusive=exclusive, digest=digest)

    def delete(self, key: str, *more: str) -> None:
        for one in (key, *more):
            self._count()
            super().delete(one)


def _killed_after(root: Path, changes: int) -> bool:
    def work() -> None:
        table = Table(_Dying(root, changes), METRICS, writer="dying")
        _fill(table, 1000 + changes)
        compact(table, minimum=1, settle=0)
        collect(table, grace=0)

    status = exit_code(forked(work))
    assert status in {0, 9}
    return status == 9


def test_killed_before_any_change_no_row_is_lost_or_doubled(table: Table, tmp_path: Path) -> None:
    expected = [0, 1, 2]
    _fill(table, *expected)
    changes, alive = 0, False
    while not alive:
        alive = not _killed_after(tmp_path, changes)
        expected += [1000 + changes] * (changes > 0)
        assert steps_in(table) == sorted(expected)
        assert verify(table.store, [METRICS], "content") == []
        changes += 1
    assert changes > 8
    _compact(table) if table.snapshot().tail else None
    assert steps_in(table) == sorted(expected)


def _append_until_compacted(root: Path, compactions: int) -> None:
    table = metrics_in(root, writer="appender")
    step = 0
    while table.log.head().manifest.version < compactions:
        table.append(points(step))
        step += 1
    table.store.put("done/appending", str(step).encode())


def _compact_until_done(root: Path, number: int) -> None:
    # Each has a lock of its own, so that they race for every manifest.
    store = _Rival(root, "nowhere", list, lock=str(number))
    table = Table(store, METRICS, writer=f"compactor.{number}")
    while not store.list("done"):
        compact(table, minimum=3, settle=0.01)
        collect(table, grace=0.2)


def test_two_processes_compact_while_a_third_appends(table: Table, tmp_path: Path) -> None:
    children = [
        forked(partial(_compact_until_done, tmp_path, 1)),
        forked(partial(_compact_until_done, tmp_path, 2)),
    ]
    appender = forked(partial(_append_until_compacted, tmp_path, 15))
    seen = 0
    while ended(appender) is None:
        steps = steps_in(table)
        assert steps == list(range(len(steps)))
        assert len(steps) >= seen
        seen = len(steps)
    assert [exit_code(child) for child in children] == [0, 0]
    assert steps_in(table) == list(range(int(table.store.get("done/appending"))))
    assert verify(table.store, [METRICS], "content") == []


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
    with duckdb.connect() as connection:
        for turn in range(3):
            _fill(table, 2 * turn)
            _compact(table)
            _fill(table, 2 * turn + 1)
            found = [step for (step,) in connection.execute(query).fetchall()]
            assert found == list(range(2 * turn + 2))
        collect(table, grace=0)
        assert len(connection.execute(query).fetchall()) == 6
