"""Rows of large partitions get files of their own, and the number of files stays small."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings, strategies as st

from lake.backup import backup
from lake.compact import collect, compact
from lake.erase import erase
from lake.errors import SchemaError
from lake.partition import folder_of
from lake.repair import repair
from lake.segment import decode
from lake.spec import TableSpec
from lake.store import LocalStore, check_key
from lake.table import Table
from lake.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lake.compact import CompactionResult

POINTS = TableSpec(
    name="points",
    columns={"experiment": "string", "step": "int64"},
    sort_by=("step",),
    partition_by="experiment",
)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(LocalStore(tmp_path / "lake"), POINTS, writer="test")


def rows(*experiments: str | None, start: int = 0) -> pa.Table:
    steps = range(start, start + len(experiments))
    columns = {"experiment": pa.array(experiments, pa.string()), "step": pa.array(steps)}
    return pa.table(columns)


def compacted(
    table: Table, *, partition_rows: int = 3, target_rows: int = 1000
) -> CompactionResult:
    result = compact(
        table, minimum=1, settle=0, target_rows=target_rows, partition_rows=partition_rows
    )
    assert result is not None
    return result


def contents(table: Table) -> dict[str, list[tuple[str, int]]]:
    """Return the rows of the data files by the folder they are in."""
    found: dict[str, list[tuple[str, int]]] = {}
    for file in table.log.head().manifest.files:
        points = decode(table.store.local_path(table.data_key(file.path)), POINTS)
        found.setdefault(file.folder, []).extend(
            (row["experiment"], row["step"]) for row in points.to_pylist()
        )
    return found


def steps_in(table: Table) -> list[int]:
    return sorted(table.read(["step"]).column("step").to_pylist())


def test_many_rows_of_a_partition_get_a_file_and_few_share_one(table: Table) -> None:
    table.append(rows("a", "b", "a", "c", "a", "b", None, ""))
    result = compacted(table)
    assert contents(table) == {
        "experiment=a": [("a", 0), ("a", 2), ("a", 4)],
        "": [("b", 1), ("c", 3), ("b", 5), (None, 6), ("", 7)],
    }
    assert [path.rpartition("/")[0] for path in result.paths] == ["experiment=a", ""]
    assert (result.version, result.rows) == (1, 8)
    assert verify(table.store, [POINTS], "content") == []


def test_a_table_without_partitions_has_one_file(tmp_path: Path) -> None:
    whole = TableSpec(name="points", columns=POINTS.columns, sort_by=("step",))
    table = Table(LocalStore(tmp_path), whole, writer="test")
    table.append(rows(*"aaaabbbb"))
    assert len(compacted(table).paths) == 1


def test_a_partition_that_has_grown_moves_out_of_the_shared_file(table: Table) -> None:
    table.append(rows("a", "a", "b"))
    assert contents(table) == {}
    compacted(table)
    assert list(contents(table)) == [""]
    table.append(rows("a", "c", start=3))
    compacted(table)
    assert contents(table) == {
        "experiment=a": [("a", 0), ("a", 1), ("a", 3)],
        "": [("b", 2), ("c", 4)],
    }
    collect(table, grace=0)
    assert steps_in(table) == list(range(5))
    assert verify(table.store, [POINTS], "content") == []


def test_files_of_a_partition_are_merged_when_they_are_small_beside_what_is_new(
    table: Table,
) -> None:
    for turn in range(3):
        table.append(rows(*("a" * 30), start=30 * turn))
        compacted(table)
        assert len(table.snapshot().data) == 1
    table.append(rows(*("a" * 5), *("b" * 5), start=90))
    compacted(table)
    manifest = table.log.head().manifest
    assert sorted((file.folder, file.rows) for file in manifest.files) == [
        ("", 10),
        ("experiment=a", 90),
    ]


def test_all_files_of_a_compaction_are_named_by_one_manifest(table: Table) -> None:
    table.append(rows(*("a" * 5), *("b" * 5), "c"))
    compacted(table)
    assert [len(table.log.read(version).manifest.files) for version in (0, 1)] == [0, 3]


@settings(max_examples=60)
@given(st.text(max_size=80) | st.text("./\\%ä", max_size=80), st.text(max_size=3))
def test_any_text_is_safe_as_a_folder(value: str, other: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return  # half a character is no text: Arrow takes none
    folder = folder_of("experiment", value)
    if folder:
        assert check_key(f"tables/points/data/{folder}/file.parquet")
        assert folder.isascii()
        assert len(folder) <= 200
        assert folder.count("/") == 0
        assert other == value or folder_of("experiment", other) != folder
    else:
        assert len(value.encode()) * 3 > 180


@pytest.mark.parametrize("name", ["../..", "a/b", "a b", "é*?[x]", "%2F", ".", "CON:"])
def test_strange_names_are_partitions_like_others(table: Table, name: str) -> None:
    table.append(rows(*[name] * 4, "other"))
    compacted(table)
    assert sorted(map(len, contents(table).values())) == [1, 4]
    collect(table, grace=0)
    assert steps_in(table) == [0, 1, 2, 3, 4]
    assert verify(table.store, [POINTS], "content") == []


def test_a_name_too_long_for_a_folder_shares_a_file(table: Table) -> None:
    table.append(rows(*["x" * 300] * 10))
    compacted(table)
    assert list(contents(table)) == [""]


def zipfian(experiments: int, count: int, seed: int) -> Iterable[str]:
    chance = random.Random(seed)  # noqa: S311 - which experiment logs next
    weights = [1 / (rank + 1) for rank in range(experiments)]
    return (f"e{n}" for n in chance.choices(range(experiments), weights, k=count))


def even(experiments: int, count: int, seed: int) -> Iterable[str]:
    return (f"e{(seed * count + n) % experiments}" for n in range(count))


def one_after_the_other(experiments: int, count: int, seed: int) -> Iterable[str]:
    return (f"e{(seed * count + n) // 20 % experiments}" for n in range(count))


@pytest.mark.parametrize("names", [zipfian, even, one_after_the_other])
def test_of_three_thousand_experiments_there_are_few_files(
    table: Table, names: Callable[[int, int, int], Iterable[str]]
) -> None:
    turns, count = 24, 2500
    for turn in range(turns):
        table.append(rows(*names(3000, count, turn), start=turn * count))
        compacted(table, partition_rows=10, target_rows=10_000)
        assert len(table.snapshot().data) <= 60
    manifest = table.log.head().manifest
    assert len({file.folder for file in manifest.files}) > 1 or names is not zipfian
    assert sum(file.rows for file in manifest.files) == turns * count
    assert steps_in(table) == list(range(turns * count))


def test_a_row_is_written_as_often_as_the_logarithm_of_the_table(table: Table) -> None:
    written, turns, count = 0, 64, 40
    for turn in range(turns):
        names = zipfian(30, count, turn)
        table.append(rows(*names, start=turn * count))
        written += compacted(table, partition_rows=20, target_rows=100_000).rows
    amplification = written / (turns * count)
    assert amplification < 2 * 6  # 64 turns: 6 doublings
    assert steps_in(table) == list(range(turns * count))
    assert len(table.snapshot().data) <= 60


@pytest.fixture
def divided(table: Table) -> Table:
    """Steps 0 to 3 in the folder of a, 4 to 7 in that of b, 8 and 9 shared."""
    table.append(rows(*"aaaabbbb", "c", "d"))
    compacted(table)
    assert list(contents(table)) == ["experiment=a", "experiment=b", ""]
    return table


def test_a_file_in_a_folder_that_nobody_names_is_deleted_after_a_day(divided: Table) -> None:
    collect(divided, grace=0)
    for name in ("old", "new"):
        divided.store.put(divided.data_key(f"experiment=a/{name}.parquet"), b"")
    old = divided.data_key("experiment=a/old.parquet")
    first = divided.log.key(0)  # of a log that is younger the file cannot be
    for key, age in ((old, 86_500), (first, 86_600)):
        moment = time.time() - age
        os.utime(divided.store.local_path(key), (moment, moment))
    assert collect(divided, grace=0) == (old,)


def test_a_replaced_file_in_a_folder_is_deleted(divided: Table) -> None:
    before = set(divided.snapshot().data)
    divided.append(rows(*"aaaabbbbcd", start=10))
    compacted(divided)
    deleted = collect(divided, grace=0)
    assert before < set(deleted)
    assert steps_in(divided) == list(range(20))
    assert not set(deleted) & set(divided.snapshot().files)


def test_what_remains_after_an_erasure_stays_in_its_partition(divided: Table) -> None:
    erase(divided, lambda found: pc.equal(pc.bit_wise_and(found["step"], 1), 0), settle=0)
    assert contents(divided) == {
        "experiment=a": [("a", 1), ("a", 3)],
        "experiment=b": [("b", 5), ("b", 7)],
        "": [("d", 9)],
    }
    assert verify(divided.store, [POINTS], "content") == []


@pytest.mark.parametrize("damage", ["missing", "size", "content"])
def test_a_damaged_file_of_a_partition_is_found_and_restored(
    divided: Table, tmp_path: Path, damage: str
) -> None:
    copy = LocalStore(tmp_path / "copy")
    divided.store.put("lake.json", b'{"format": 1, "lake_id": "x", "created_at": 0}')
    backup(divided.store, copy)
    key = next(key for key in divided.snapshot().data if "experiment=b" in key)
    path = divided.store.local_path(key)
    data = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(data[:-1] if damage == "size" else data[:-1] + bytes([data[-1] ^ 1]))
    problems = verify(divided.store, [POINTS], "content")
    assert {problem.path for problem in problems} == {key}
    report = repair(divided.store, [POINTS], problems, source=copy)
    assert report.restored == (key,)
    assert verify(divided.store, [POINTS], "content") == []
    assert steps_in(Table(divided.store, POINTS, writer="next")) == list(range(10))


def test_a_lost_file_of_a_partition_is_given_up_and_comes_back(
    divided: Table, tmp_path: Path
) -> None:
    copy = LocalStore(tmp_path / "copy")
    divided.store.put("lake.json", b'{"format": 1, "lake_id": "x", "created_at": 0}')
    backup(divided.store, copy)
    key = next(key for key in divided.snapshot().data if "experiment=b" in key)
    divided.store.local_path(key).write_bytes(b"damaged")
    report = repair(divided.store, [POINTS], verify(divided.store, [POINTS]))
    assert list(report.given_up) == [key]
    assert steps_in(Table(divided.store, POINTS, writer="next")) == [0, 1, 2, 3, 8, 9]
    repair(divided.store, [POINTS], [], source=copy)
    assert steps_in(Table(divided.store, POINTS, writer="next")) == list(range(10))


@pytest.mark.usefixtures("divided")
def test_plain_sql_finds_the_rows_of_every_folder(tmp_path: Path) -> None:
    glob = str(tmp_path / "lake/tables/points/data/**/*.parquet")
    query = "select step from read_parquet(?, hive_partitioning=false) order by step"
    with duckdb.connect() as connection:
        found = connection.execute(query, [glob]).fetchall()
    assert found == [(step,) for step in range(10)]


def test_a_column_to_divide_by_must_hold_text() -> None:
    with pytest.raises(SchemaError, match="partitioned by step, which is not a column of text"):
        TableSpec(name="points", columns=POINTS.columns, partition_by="step")
