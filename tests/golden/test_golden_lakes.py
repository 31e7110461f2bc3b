"""Lakes that earlier versions wrote open, are read and are written to. None is ever made again."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from catalog.export import export_catalog
from catalog.tables import SPECS
from core import Workbench
from core.maintenance import collect_garbage, repair_lake, verify_lake
from lake.backup import backup
from lake.compact import compact
from lake.errors import FormatError
from lake.lake import Lake
from lake.segment import footer, from_rows
from lake.spec import TableSpec
from lake.store import LocalStore
from lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parent
LAKES = sorted(path for path in GOLDEN.iterdir() if (path / "lake.json").exists())
# what a newer version may add, and what an older one did not have yet
CARD = {"card": "string"}


@pytest.fixture(params=LAKES, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    shutil.copytree(request.param, tmp_path / "lake")
    return tmp_path / "lake"


@pytest.fixture
def bench(folder: Path) -> Iterator[Workbench]:
    with Workbench(folder, actor="ben", create=False) as found:
        found.lake.settle = 0
        yield found


def rows(bench: Workbench, *, tables: tuple[str, ...] = tuple(SPECS)) -> dict[str, list[str]]:
    """Return all rows of the tables, maps and NaN in a form that can be compared."""
    return {name: sorted(map(repr, bench.lake.table(name).read().to_pylist())) for name in tables}


@pytest.mark.parametrize("path", LAKES, ids=lambda path: path.name)
def test_the_files_are_still_those_that_were_made(path: Path) -> None:
    lines = (GOLDEN / f"{path.name}.sha256").read_text(encoding="utf8").splitlines()
    made = {name: digest for digest, name in (line.split() for line in lines)}
    files = {p.relative_to(path).as_posix(): p for p in path.rglob("*") if p.is_file()}
    assert {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in files.items()} == made
    assert sum(p.stat().st_size for p in files.values()) < 200_000


def test_it_opens_and_has_the_runs_it_was_made_with(bench: Workbench) -> None:
    found = bench.tracker.search_runs(include_deleted=True, order_by=["start_time"])
    assert [(run.run_id, run.status, run.deleted) for run in found] == [
        ("run-1", "FINISHED", False),
        ("run-2", "FAILED", True),
        ("run-3", "FINISHED", False),
        ("run-4", "FINISHED", False),
        ("run-5", "RUNNING", False),
    ]
    first, second, third = found[:3]
    assert (first.params, first.tags) == (
        {"depth": 1, "model": "rf"},
        {"stage": "prod", "a b": "é"},
    )
    assert (second.error, third.note) == ("ValueError: no", "Try *more*.")
    assert first.inputs == ["dataset-version-1"]
    assert bench.runs.environment("run-1") == {"host": "golden", "python": "3.11.7"}


def test_its_points_are_those_that_were_logged(bench: Workbench) -> None:
    history = {
        run_id: [
            (row["step"], row["value"])
            for row in bench.tracker.get_metric_history(run_id, "auc").to_pylist()
        ]
        for run_id in ("run-1", "run-2", "run-3", "run-5")
    }
    assert [step for step, _ in history["run-1"]] == [0, 1, 2]
    assert math.isnan(history["run-1"][1][1])
    assert history["run-2"] == [(0, math.inf), (1, -math.inf), (None, 0.2)]
    assert history["run-3"] == [(step, step / 64) for step in range(20)]
    assert [step for step, _ in history["run-5"]] == [0, 1]  # the third line is torn


def test_its_artifacts_have_their_bytes(bench: Workbench) -> None:
    found = bench.sql("select path, artifact_id from artifacts order by all").to_pylist()
    assert {row["path"]: len(bench.runs.read_artifact(row["artifact_id"])) for row in found} == {
        "data/table.bin": 5120,
        "model.bin": 20,
        "same.bin": 5120,
    }


def test_it_is_extended(bench: Workbench) -> None:
    with bench.tracker.start_run("sleep", "new") as run:
        run.log_params({"depth": 6})
        run.log_metrics({"auc": 0.9}, step=0)
    with bench.tracker.start_run("phq9 risk", run_id="run-1") as resumed:
        resumed.log_metrics({"auc": 0.8}, step=3)
    assert [found.run_id for found in bench.tracker.search_runs("sleep", "metrics.auc > 0.5")] == [
        run.run_id
    ]
    assert run.experiment_id == "e-2"
    assert bench.tracker.get_run("run-1").last_metrics == {"auc": 0.8}
    assert {stale.run_id for stale in bench.tracker.close_stale_runs()} == {"run-5"}
    bench.tracker.restore_run("run-2")
    assert len(bench.tracker.search_runs()) == 6


def test_it_compacts_without_losing_a_row_and_verifies_clean(bench: Workbench) -> None:
    bench.lake.recover()
    before = rows(bench)
    assert {name: len(found) for name, found in before.items() if found} == {
        "experiments": 2,
        "runs": 8,
        "metrics": 28,
        "artifacts": 3,
    }
    for name in SPECS:
        compact(bench.lake.table(name), minimum=1, settle=0, partition_rows=1)
        assert bench.lake.table(name).snapshot().tail == ()
    assert bench.lake.store.folders("tables/metrics/data") == ["experiment_id=e-2", "rollup"]
    assert rows(bench) == before
    report = verify_lake(bench, level="content")
    assert (report.problems, report.recorded) == ((), True)


def test_it_verifies_clean_as_it_is(bench: Workbench) -> None:
    assert verify_lake(bench, level="content").problems == ()


def test_it_is_collected_copied_and_repaired(
    bench: Workbench, folder: Path, tmp_path: Path
) -> None:
    bench.lake.recover()
    expected = rows(bench)
    mirror = LocalStore(tmp_path / "mirror")
    backup(LocalStore(folder), mirror)
    assert not collect_garbage(bench).held
    for key in bench.lake.table("runs").snapshot().data:
        bench.lake.store.put(key, b"damaged")
    assert repair_lake(bench, mirror=mirror).after.problems == ()
    assert rows(bench) == expected


def test_outsiders_see_its_rows(bench: Workbench) -> None:
    bench.lake.recover()
    with duckdb.connect(export_catalog(bench.lake), read_only=True) as outside:
        for view in ("runs", "metrics", "artifacts", "experiments"):
            count = f"select count(*) from {view}"
            assert outside.execute(count).fetchone() == tuple(
                bench.sql(count).to_pylist()[0].values()
            )


def newer(name: str) -> TableSpec:
    return replace(SPECS[name], columns={**SPECS[name].columns, **CARD})


def test_a_column_of_a_newer_version_is_kept_through_compaction(bench: Workbench) -> None:
    spec = newer("runs")
    table = Table(bench.lake.store, spec, writer="newer")
    table.append(from_rows([{"run_id": "run-4", "card": "digest of a card"}], spec))
    ours = bench.lake.table("runs")
    compact(ours, minimum=1, settle=0)
    assert ours.snapshot().tail == ()
    assert "card" not in ours.read().column_names
    cards = table.read(["run_id", "card"]).to_pylist()
    assert {"run_id": "run-4", "card": "digest of a card"} in cards
    assert sum(row["card"] is not None for row in cards) == 1
    assert bench.tracker.get_run("run-4").status == "FINISHED"
    assert verify_lake(bench, level="content").problems == ()


def test_a_sentinel_of_a_newer_version_is_not_narrowed(bench: Workbench) -> None:
    table = Table(bench.lake.store, newer("runs"), writer="newer")
    table.ensure_sentinels()
    ours = bench.lake.table("runs")
    ours.ensure_sentinels()
    for key in (ours.tail_key("0000-schema.parquet"), ours.data_key("0000-schema.parquet")):
        assert "card" in footer(bench.lake.store.local_path(key))[0].names


def test_columns_that_an_older_version_did_not_have_are_null(bench: Workbench) -> None:
    kept = ("run_id", "run_name", "status", "start_time", "event_at", "kind")
    columns = {name: SPECS["runs"].columns[name] for name in kept}
    older = TableSpec(name="runs", columns=columns)
    row: dict[str, Any] = {
        "run_id": "old",
        "run_name": "old",
        "status": "FINISHED",
        "kind": "start",
    }
    at = 1_700_000_000_000_000
    rows_of_old = from_rows([{**row, "start_time": at, "event_at": at}], older)
    Table(bench.lake.store, older, writer="older").append(rows_of_old)
    found = bench.tracker.get_run("old")
    assert (found.status, found.params, found.note, found.git_commit) == (
        "FINISHED",
        {},
        None,
        None,
    )
    compact(bench.lake.table("runs"), minimum=1, settle=0)
    assert bench.tracker.get_run("old").run_name == "old"
    assert len(bench.tracker.search_runs()) == 5


@pytest.mark.parametrize("version", [2, 99])
def test_a_newer_format_is_refused(folder: Path, version: int) -> None:
    identity = json.loads((folder / "lake.json").read_bytes())
    (folder / "lake.json").write_text(json.dumps({**identity, "format": version}))
    with pytest.raises(FormatError, match="Update mhras-workbench") as caught:
        Lake.open(folder)
    assert caught.value.format == version
    with pytest.raises(FormatError):
        backup(LocalStore(folder), LocalStore(folder.parent / "copy"))
    assert not (folder.parent / "copy").exists()
