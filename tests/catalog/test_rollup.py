"""Summaries made at compaction: the same as those of the points, and never trusted blindly."""

from __future__ import annotations

import logging
import math
import struct
import tempfile
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings, strategies as st

from catalog.catalog import Catalog
from catalog.export import view_statements
from catalog.rollup import METRIC_SUMMARY, summarise_points
from catalog.tables import METRICS, SPECS
from catalog.views import MERGE_SUMMARIES, SUMMARISE
from lake import Lake
from lake.backup import backup
from lake.compact import collect, compact
from lake.erase import erase
from lake.repair import repair
from lake.segment import from_rows
from lake.spec import ROLLUPS, Rollup, TableSpec
from lake.store import LocalStore
from lake.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lake.table import Table

SUMMARY = "select * from metric_summary order by run_id, metric_name"
Row = dict[str, Any]


def point(at: int, value: float, step: int | None, run_id: str = "a", name: str = "auc") -> Row:
    row = {"run_id": run_id, "experiment_id": run_id, "metric_name": name}
    return {**row, "value": value, "step": step, "logged_at": at}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with Lake.open(tmp_path / "lake", settle=0) as found:
        found.define(*SPECS.values())
        yield found


@pytest.fixture
def table(lake: Lake) -> Table:
    """Points of two runs, compacted, and some that are not."""
    found = lake.table("metrics")
    add(found, *(point(at, at / 7, at, run_id) for run_id in "ab" for at in range(5)))
    compact(found, minimum=1, settle=0)
    add(found, point(9, 0.9, 9))
    return found


def add(table: Table, *rows: Row) -> None:
    table.append(from_rows(rows, METRICS))


def in_library(lake: Lake) -> list[Row]:
    found: list[Row] = Catalog(lake).sql(SUMMARY).to_pylist()
    return found


def in_stock_sql(lake: Lake) -> list[Row]:
    for name in SPECS:
        lake.table(name).ensure_sentinels()
    with duckdb.connect(config={"threads": 2}) as connection:
        for statement in view_statements(str(lake.root)):
            connection.execute(statement)
        return asked(connection, SUMMARY)


def asked(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found: list[Row] = connection.sql(query).to_arrow_table().to_pylist()
    return found


def of_points(rows: list[Row]) -> list[Row]:
    """Summarise points directly, without files."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("points", from_rows(rows, METRICS))
        query = MERGE_SUMMARIES.format(parts=f"({SUMMARISE.format(points='points')})")
        return asked(connection, f"{query} order by all")


def rollups(table: Table) -> list[Path]:
    return [table.store.local_path(key) for key in table.snapshot().rollups.values()]


def exact(value: object) -> object:
    """Tell -0.0 from 0.0, and NaN equal to itself."""
    return struct.pack("<d", value) if isinstance(value, float) else value


def is_same(found: list[Row], wanted: list[Row], points: list[Row]) -> bool:
    """Compare bit by bit; where points have the same value any of their steps may be named."""
    for ours, theirs in zip(found, wanted, strict=True):
        of_run = [
            p
            for p in points
            if (p["run_id"], p["metric_name"]) == (ours["run_id"], ours["metric_name"])
        ]
        for name in ("min", "max"):
            steps = [p["step"] for p in of_run if p["value"] == ours[name]]
            if ours[name] != theirs[name]:
                return False
            if steps and ours[f"{name}_step"] not in steps:
                return False
        kept = [n for n in ours if n.removesuffix("_step") not in {"min", "max"}]
        if [exact(ours[n]) for n in kept] != [exact(theirs[n]) for n in kept]:
            return False
    return True


EDGES = [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, -1.7e308]
VALUES = st.sampled_from(EDGES) | st.floats()
STEPS = st.none() | st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63)])
POINTS = st.lists(st.tuples(VALUES, STEPS, st.sampled_from("ab"), st.sampled_from("xy")))


@settings(max_examples=15, deadline=None)
@given(
    layers=st.lists(st.tuples(POINTS, st.sampled_from([None, 1, 5])), min_size=1, max_size=4),
    first_at=st.sampled_from([-5, 0, 1_700_000_000_000_000]),
)
def test_any_mix_of_rollups_files_and_segments_gives_what_the_points_give(
    layers: list[tuple[list[tuple[float, int | None, str, str]], int | None]], first_at: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, Lake.open(f"{folder}/lake") as lake:
        lake.define(*SPECS.values())
        table, points = lake.table("metrics"), list[Row]()
        for layer, partition_rows in layers:
            at = first_at + len(points)
            fresh = [point(at + n, *layer[n]) for n in range(len(layer))]
            add(table, *fresh)
            points += fresh
            if partition_rows is not None:  # else it stays in the tail
                compact(table, minimum=1, settle=0, partition_rows=partition_rows, target_rows=12)
        wanted = of_points(points)
        assert is_same(in_library(lake), wanted, points)
        assert is_same(in_stock_sql(lake), wanted, points)


def test_every_data_file_has_a_rollup_with_a_row_per_run_and_metric(table: Table) -> None:
    (file,) = table.log.head().manifest.files
    assert file.rollup is not None
    assert (file.rows, file.rollup.rows) == (10, 2)
    assert file.rollup.path.startswith(f"{METRIC_SUMMARY.folder}/")
    assert verify(table.store, [METRICS], "content") == []


def of_one_point(points: pa.Table) -> pa.Table:
    return summarise_points(points.slice(0, 1))


def test_the_points_of_compacted_files_are_not_read_for_a_summary(lake: Lake) -> None:
    """Made wrong on purpose, a roll-up shows that it is what is asked."""
    table = lake.table("metrics")
    table.spec = replace(METRICS, rollup=replace(METRIC_SUMMARY, make=of_one_point))
    add(table, *(point(at, 0.5, at) for at in range(5)))
    compact(table, minimum=1, settle=0)
    assert [row["points"] for row in in_library(lake)] == [1]
    assert [row["points"] for row in in_stock_sql(lake)] == [1]
    assert len(table.read()) == 5


def test_summaries_of_no_points_are_none() -> None:
    assert summarise_points(METRICS.schema.empty_table()).num_rows == 0


@pytest.mark.parametrize("damage", ["flip", "cut", "missing"])
def test_a_damaged_rollup_is_noticed_found_and_made_again(
    lake: Lake, table: Table, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = in_library(lake)
    (path,) = rollups(table)
    data = path.read_bytes()
    path.unlink()
    if damage != "missing":
        middle = len(data) // 3
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        path.write_bytes(flipped if damage == "flip" else data[:middle])
    with caplog.at_level(logging.WARNING):
        assert in_library(lake) == wanted
    assert "the points are read instead of their summary" in caplog.text
    problems = verify(lake.store, [METRICS], "content")
    assert [(problem.kind, problem.path.rpartition("/")[2]) for problem in problems] == [
        ({"flip": "content", "cut": "size", "missing": "missing"}[damage], path.name)
    ]
    report = repair(lake.store, [METRICS], problems)
    assert (report.rebuilt, report.given_up, report.left) == ((problems[0].path,), {}, {})
    assert path.read_bytes() == data
    assert verify(lake.store, [METRICS], "content") == []


def test_stock_sql_reads_the_points_where_a_rollup_is_gone(lake: Lake, table: Table) -> None:
    wanted = in_stock_sql(lake)
    for path in rollups(table):
        path.unlink()
    assert in_stock_sql(lake) == wanted


def test_a_rollup_of_a_lost_file_is_no_longer_named(lake: Lake, table: Table) -> None:
    paths = [*rollups(table), table.store.local_path(table.snapshot().data[0])]
    for path in paths:
        path.write_bytes(b"damaged")
    repair(lake.store, [METRICS], verify(lake.store, [METRICS]))
    assert verify(lake.store, [METRICS], "content") == []
    assert [row["points"] for row in in_library(lake)] == [1]


def test_files_of_an_older_version_have_none_and_get_one_when_merged(lake: Lake) -> None:
    older = Lake.open(lake.root, settle=0)
    older.define(replace(METRICS, rollup=None))
    add(older.table("metrics"), *(point(at, 1.0, at) for at in range(4)))
    compact(older.table("metrics"), minimum=1, settle=0)
    table = lake.table("metrics")
    assert rollups(table) == []
    add(table, point(9, 2.0, 9, "b"))
    assert in_library(lake) == in_stock_sql(lake)
    compact(table, minimum=1, settle=0)
    assert len(rollups(table)) == 1
    assert [row["points"] for row in in_stock_sql(lake)] == [4, 1]


def test_a_rollup_made_in_another_way_is_not_taken_for_ours(lake: Lake, table: Table) -> None:
    wanted = in_library(lake)
    other = Rollup(
        spec=TableSpec(name="another_summary", columns={"run_id": "string"}),
        make=lambda rows: rows.select(["run_id"]),
    )
    newer = lake.table("metrics")
    newer.spec = replace(METRICS, rollup=other)
    add(newer, *(point(at, 0.5, at, "c") for at in range(20)))
    compact(newer, minimum=1, settle=0)
    assert table.snapshot().rollups == {}
    found = in_library(lake)
    assert found[:2] == wanted
    assert found == in_stock_sql(lake)


def test_a_rollup_is_deleted_with_its_data_file(table: Table) -> None:
    before = {*table.snapshot().data, *table.snapshot().rollups.values()}
    add(table, *(point(at, 0.1, at) for at in range(20, 30)))
    compact(table, minimum=1, settle=0)
    assert collect(table, grace=60) == ()
    assert before < set(collect(table, grace=0))
    left = [entry.name for entry in table.data_entries() if entry.name.startswith(ROLLUPS)]
    assert len(left) == 2  # one, and the one without rows


class _Stop(Exception):  # noqa: N818 - nothing is wrong
    """The process is about to end."""


def test_a_compaction_that_is_stopped_between_two_steps_leaves_nothing(table: Table) -> None:
    add(table, *(point(at, 0.1, at, run_id) for run_id in "abc" for at in range(20, 40)))
    before = {entry.name for entry in table.data_entries()}
    steps = count()

    def stop_at(last: int) -> None:
        def pause(_seconds: float) -> None:
            if next(steps) == last:
                raise _Stop

        compact(table, minimum=1, settle=0, partition_rows=2, pause=pause)

    for last in range(100):
        steps = count()
        try:
            stop_at(last)
        except _Stop:
            assert {entry.name for entry in table.data_entries()} == before
            assert table.snapshot().version == 1
        else:
            break
    assert last > 15
    assert len(table.snapshot().data) == 4
    assert verify(table.store, [METRICS], "content") == []


def test_nothing_of_an_erased_run_stays_in_a_rollup(lake: Lake, table: Table) -> None:
    erase(table, lambda rows: pc.equal(rows["run_id"], "a"), settle=0)
    collect(table, grace=0)
    assert [row["run_id"] for row in in_library(lake)] == ["b"]
    assert [pa.parquet.read_table(p)["run_id"].to_pylist() for p in rollups(table)] == [["b"]]
    assert verify(lake.store, [METRICS], "content") == []


def test_a_copy_has_the_rollups_too(lake: Lake, table: Table, tmp_path: Path) -> None:
    copy = LocalStore(tmp_path / "copy")
    backup(lake.store, copy)
    assert verify(copy, [METRICS], "content") == []
    with Lake.open(copy.root, create=False) as restored:
        restored.define(*SPECS.values())
        assert len(rollups(restored.table("metrics"))) == len(rollups(table)) == 1
        assert in_library(restored) == in_library(lake)


def test_plain_globs_do_not_read_rollups(lake: Lake, table: Table) -> None:
    compact(table, minimum=1, settle=0)
    collect(table, grace=0)
    glob = f"{lake.root}/tables/metrics/**/*.parquet"
    with duckdb.connect() as connection:
        count = connection.execute("select count(*) from read_parquet(?)", [glob]).fetchall()
    assert count == [(11,)]
