"""What a stock DuckDB sees of a lake, asked in a process that imports nothing of ours."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from catalog.descriptions import COLUMNS, VIEWS
from catalog.errors import CatalogError
from catalog.export import DATABASE, SCRIPT, export_catalog
from catalog.tables import SPECS
from core import Workbench
from lake.compact import collect, compact
from lake.verify import verify
from tests.support.sample_lake import make_sample_lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Rows = list[list[Any]]

OPEN_DATABASE = "connection = duckdb.connect(sys.argv[1], read_only=True)"
RUN_SCRIPT = "connection = duckdb.connect(); connection.execute(open(sys.argv[1]).read())"
STOCK = """\
import json, sys
import duckdb
{open}
answers = [connection.execute(query).fetchall() for query in sys.argv[2:]]
assert not {{'app', 'catalog', 'core', 'lake'}} & set(sys.modules)
print(json.dumps(answers))
"""
RUNS = """
select columns(* exclude (params, tags, metrics))::varchar,
       list_sort(map_entries(params))::varchar, list_sort(map_entries(tags))::varchar,
       list_sort(map_entries(metrics))::varchar
from {runs} order by run_id
"""
SAME = {
    "runs": RUNS.format(runs="(select {columns} from runs)"),
    **{
        view: f"select columns(*)::varchar from {view} order by all"
        for view in VIEWS
        if view != "runs"
    },
}
# what the library adds from the journals of living processes
RUN_COLUMNS = "* exclude (heartbeat_at)"
COUNTS = "select (select count(*) from runs), (select count(*) from metrics)"


def stock(path: Path, *queries: str, cwd: Path | None = None) -> list[Rows]:
    """Ask a DuckDB without any library of ours."""
    opening = OPEN_DATABASE if path.suffix == ".duckdb" else RUN_SCRIPT
    command = [sys.executable, "-c", STOCK.format(open=opening), str(path), *queries]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: list[Rows] = json.loads(done.stdout)
    return answers


def ours(wb: Workbench, query: str) -> Rows:
    return [list(row.values()) for row in wb.sql(query).to_pylist()]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of eleven runs: finished, failed, edited, resumed, and a deleted one."""
    folder = tmp_path_factory.mktemp("original") / "lake"
    sample = make_sample_lake(folder)
    with Workbench(folder, actor="ana") as found:
        found.tracker.set_tags({"stage": "x", "<i>tag</i>": None}, run_id=sample.evil)
        found.tracker.delete_run(log_run(found, "sleep", loss=float("nan")))
        raw = found.datasets.register_dataset({"q1": [1, 2]}, "raw", "form")
        with found.datasets.transform(inputs=[raw], code="select 1 as one", name="one") as one:
            pass
        found.datasets.tag("one", "stable", one.version.version)
        found.lake.flush()
    return folder


@pytest.fixture
def wb(tmp_path: Path, original: Path) -> Iterator[Workbench]:
    """A copy of that lake."""
    shutil.copytree(original, tmp_path / "lake")
    with Workbench(tmp_path / "lake", actor="ana") as found:
        found.lake.settle = 0.0
        yield found


def log_run(wb: Workbench, experiment: str, **metrics: float) -> str:
    with wb.tracker.start_run(experiment) as run:
        run.log_metrics(metrics, step=1)
    wb.tracker.wait()
    return run.run_id


def compact_tables(wb: Workbench, *, partition_rows: int) -> None:
    for name in SPECS:
        compact(wb.lake.table(name), minimum=1, settle=0, partition_rows=partition_rows)


@pytest.mark.parametrize("partition_rows", [None, 1, 1_000_000])
def test_a_stock_duckdb_sees_what_the_library_sees(
    wb: Workbench, partition_rows: int | None
) -> None:
    if partition_rows is not None:
        compact_tables(wb, partition_rows=partition_rows)
        folders = [f for f in wb.lake.store.folders("tables/metrics/data") if f != "rollup"]
        assert len(folders) == (2 if partition_rows == 1 else 0)
    database = export_catalog(wb.lake)
    queries = {view: query.replace("{columns}", "*") for view, query in SAME.items()}
    theirs = dict(zip(queries, stock(database, *queries.values()), strict=True))
    wanted = {
        view: ours(wb, query.replace("{columns}", RUN_COLUMNS)) for view, query in SAME.items()
    }
    assert theirs == wanted
    assert len(theirs["runs"]) == 10
    assert len(theirs["metrics"]) > 300
    assert len(theirs["data_lineage"]) == 1


def test_what_is_appended_and_compacted_later_is_seen_without_another_export(
    wb: Workbench,
) -> None:
    database = export_catalog(wb.lake)
    (((runs, points),),) = stock(database, COUNTS)
    for more in (1, 2, 3):
        log_run(wb, "later", auc=0.5, loss=0.1)
        wb.lake.flush()
        assert stock(database, COUNTS) == [[[runs + more, points + 2 * more]]]
        wb.lake.compact(minimum=1)
        assert stock(database, COUNTS) == [[[runs + more, points + 2 * more]]]
        for name in SPECS:
            collect(wb.lake.table(name), grace=0.0)
        assert stock(database, COUNTS) == [[[runs + more, points + 2 * more]]]


def test_a_row_is_seen_once_it_is_in_a_segment(wb: Workbench) -> None:
    database = export_catalog(wb.lake)
    log_run(wb, "hot", auc=0.5)
    query = "select count(*) from runs where experiment_name = 'hot'"
    assert stock(database, query) == [[[0]]]
    wb.lake.flush()
    assert stock(database, query) == [[[1]]]


@pytest.mark.parametrize("table", ["runs", "metrics", "artifacts", "experiments"])
def test_once_old_files_are_deleted_a_plain_glob_holds_every_row_once(
    wb: Workbench, table: str
) -> None:
    rows = wb.lake.table(table).read().num_rows
    wb.lake.compact(minimum=1)
    collect(wb.lake.table(table), grace=0.0)
    wb.lake.table(table).ensure_sentinels()
    with closing(duckdb.connect()) as connection:
        files = f"read_parquet('{wb.lake.root}/tables/{table}/**/*.parquet')"
        assert connection.execute(f"select count(*) from {files}").fetchall() == [(rows,)]


@pytest.mark.parametrize("name", ["ana's lake", "lake [2]", "site=a", "x{a,b}*?", "Ähre %20;--"])
def test_a_lake_may_be_anywhere(tmp_path: Path, name: str) -> None:
    with Workbench(tmp_path / name) as wb:
        log_run(wb, "risk", auc=0.5)
        wb.lake.settle = 0.0
        wb.lake.flush()
        wb.lake.compact(minimum=1)
        log_run(wb, "risk", auc=0.6)
        wb.lake.flush()
        database = export_catalog(wb.lake)
    assert stock(database, COUNTS) == [[[2, 2]]]
    assert stock(database.with_name(SCRIPT), COUNTS, cwd=database.parent) == [[[2, 2]]]


def test_the_script_still_works_when_the_lake_has_moved(wb: Workbench, tmp_path: Path) -> None:
    export_catalog(wb.lake)
    moved = shutil.copytree(wb.lake.root, tmp_path / "elsewhere" / "lake")
    shutil.rmtree(wb.lake.root / "tables")
    assert stock(moved / SCRIPT, "select count(*) from runs", cwd=moved) == [[[10]]]


def test_views_may_be_written_into_another_folder(wb: Workbench, tmp_path: Path) -> None:
    database = export_catalog(wb.lake, folder=tmp_path / "shared")
    assert database == tmp_path / "shared" / DATABASE
    assert not (wb.lake.root / DATABASE).exists()
    wanted = ours(wb, COUNTS)
    assert stock(database, COUNTS) == stock(database.with_name(SCRIPT), COUNTS) == [wanted]


def test_an_empty_lake_has_all_views_without_rows(tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as wb:
        database = export_catalog(wb.lake)
        assert verify(wb.lake.store, SPECS.values(), "content") == []
    queries = [f"select count(*) from {view}" for view in VIEWS]
    assert stock(database, *queries) == [[[0]]] * len(VIEWS)


def test_a_lake_stays_sound_when_it_is_exported_before_its_first_compaction(
    wb: Workbench,
) -> None:
    export_catalog(wb.lake)
    wb.lake.compact(minimum=1)
    assert verify(wb.lake.store, SPECS.values(), "content") == []


def test_views_and_columns_say_what_they_mean(wb: Workbench) -> None:
    database = export_catalog(wb.lake)
    views, columns = stock(
        database,
        "select view_name, comment from duckdb_views() where not internal",
        "select table_name, column_name, comment from duckdb_columns()"
        " where not internal and comment is not null",
    )
    assert dict(views) == VIEWS
    assert sorted(columns) == sorted(
        [view, column, text] for view, texts in COLUMNS.items() for column, text in texts.items()
    )


def test_versions_before_two_can_open_the_database(wb: Workbench) -> None:
    header = export_catalog(wb.lake).read_bytes()[:20]
    # the format of DuckDB 1.0: its version number follows a checksum and these letters
    assert (header[8:12], struct.unpack("<Q", header[12:])) == (b"DUCK", (64,))


def test_exporting_again_leaves_an_open_reader_alone(wb: Workbench) -> None:
    with closing(duckdb.connect(export_catalog(wb.lake), read_only=True)) as reader:
        before = reader.execute(COUNTS).fetchall()
        export_catalog(wb.lake)
        assert reader.execute(COUNTS).fetchall() == before


def test_a_database_somebody_writes_into_is_not_replaced(wb: Workbench) -> None:
    database = export_catalog(wb.lake)
    content = database.read_bytes()
    database.with_name(f"{DATABASE}.wal").write_bytes(b"somebody's view")
    with pytest.raises(CatalogError, match=r"catalog\.duckdb\.wal is beside it"):
        export_catalog(wb.lake)
    assert database.read_bytes() == content


def test_an_export_leaves_no_other_file_behind(wb: Workbench) -> None:
    before = {path.name for path in wb.lake.root.iterdir()}
    export_catalog(wb.lake)
    assert {path.name for path in wb.lake.root.iterdir()} - before == {DATABASE, SCRIPT}
    assert [p for p in (wb.lake.root / "tmp").iterdir() if p.suffix != ".lock"] == []
