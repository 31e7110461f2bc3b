from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from catalog.tables import SPECS
from core import Workbench
from core.errors import ArtifactError, RunNotFoundError
from core.maintenance import GarbageReport, collect_garbage, repair_lake, verify_lake
from core.tracking.storage import LakeStorage
from lake.backup import backup
from lake.compact import compact
from lake.errors import LakeError
from lake.objects import object_key
from lake.segment import from_rows
from lake.spec import TableSpec
from lake.store import LocalStore
from lake.table import Table
from tests.support.damage import damage
from tests.support.four_runs import CHANCE, digest_of, log_run

if TYPE_CHECKING:
    from pathlib import Path

WEEK = timedelta(days=7)


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def files(bench: Workbench) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in bench.lake.root.rglob("*") if p.is_file()}


def test_a_lake_in_use_has_none(bench: Workbench) -> None:
    for days in (0, 30, 60):
        report = collect_garbage(bench, now=later(days))
        assert report == GarbageReport(dry_run=False)


def test_what_nothing_names_goes_in_two_calls(bench: Workbench, runs: dict[str, str]) -> None:
    digest = bench.lake.objects.put(b"nobody names this")
    named = digest_of(bench, runs["a"])
    first = collect_garbage(bench, now=later(8))
    assert [garbage.key for garbage in first.marked] == [object_key(digest)]
    assert collect_garbage(bench, now=later(9)).waiting == first.marked
    last = collect_garbage(bench, now=later(16))
    assert (last.deleted, last.bytes) == (first.marked, 17)
    assert not bench.lake.objects.exists(digest)
    assert bench.lake.objects.get(named) == b"a"


def test_an_artifact_deleted_through_its_storage_goes(
    bench: Workbench, runs: dict[str, str]
) -> None:
    storage = LakeStorage(bench.lake)
    (artifact,) = [a for a in bench.runs.list_artifacts(runs["a"]) if a.path == "model.json"]
    shared = storage.save_artifact(b"b", "again.json")  # what run b has kept
    for uri in (artifact.uri, shared):
        storage.delete_artifact(uri)
    collect_garbage(bench, now=later(8))
    assert [g.key for g in collect_garbage(bench, now=later(16)).deleted] == [
        object_key(artifact.digest)
    ]
    with pytest.raises(ArtifactError):
        storage.load_artifact(artifact.uri)
    assert bench.lake.objects.get(digest_of(bench, runs["b"])) == b"b"


@pytest.mark.parametrize("days", [8, 16])
def test_a_dry_run_changes_nothing_and_says_what_would_go(
    bench: Workbench, runs: dict[str, str], days: int
) -> None:
    bench.tracker.delete_run(runs["a"])
    bench.lake.objects.put(b"nobody names this")
    bench.lake.store.put("tmp/left", b"half a fi")
    bench.lake.flush()
    if days > 8:
        collect_garbage(bench, now=later(8))
    bench.sql("from runs")  # what any reader does: journals of dead writers become segments
    before = files(bench)
    would = collect_garbage(bench, dry_run=True, purge_deleted=WEEK, now=later(days))
    assert files(bench) == before
    did = collect_garbage(bench, purge_deleted=WEEK, now=later(days))
    assert would.dry_run
    assert (would.deleted, would.marked, would.waiting, would.purged_runs) == (
        did.deleted,
        did.marked,
        did.waiting,
        did.purged_runs,
    )
    assert would.purged_runs == (runs["a"],)


def test_replaced_files_and_what_crashed_writers_left_go(bench: Workbench) -> None:
    tail = bench.lake.table("runs").snapshot().tail
    compact(bench.lake.table("runs"), minimum=1, settle=0)
    bench.lake.store.put("tmp/left", b"half a fi")
    os.utime(bench.lake.root / "tmp" / "left", (1e9, 1e9))
    report = collect_garbage(bench)
    assert [(g.key, g.kind) for g in report.deleted] == [("tmp/left", "temporary")]
    assert all((bench.lake.root / key).exists() for key in tail)  # not yet ten minutes ago


def test_deleted_runs_keep_their_artifacts_until_they_are_purged(
    bench: Workbench, runs: dict[str, str]
) -> None:
    digest = digest_of(bench, runs["a"])
    bench.tracker.delete_run(runs["a"])
    for days in (8, 16):
        assert collect_garbage(bench, now=later(days)).marked == ()
    bench.tracker.restore_run(runs["a"])
    assert bench.lake.objects.get(digest) == b"a"


def test_a_purge_erases_runs_from_all_tables_and_from_open_catalogs(
    bench: Workbench, runs: dict[str, str]
) -> None:
    with Workbench(bench.lake.root) as other:
        assert len(other.tracker.search_runs(include_deleted=True)) == 4
        for name in ("a", "d"):
            bench.tracker.delete_run(runs[name])
        bench.lake.flush()
        report = collect_garbage(bench, purge_deleted=WEEK, now=later(8))
        assert report.purged_runs == tuple(sorted((runs["a"], runs["d"])))
        for reader in (bench, other):
            found = reader.tracker.search_runs(include_deleted=True)
            assert {run.run_id for run in found} == {runs["b"], runs["c"]}
            for table in ("metrics", "artifacts", "metric_summary"):
                rows = reader.sql(f"select distinct run_id from {table}").to_pylist()
                assert {row["run_id"] for row in rows} == {runs["b"], runs["c"]}
    with pytest.raises(RunNotFoundError):
        bench.tracker.restore_run(runs["a"])
    assert verify_lake(bench, level="content").problems == ()
    assert len(report.marked) == 2


def test_only_what_was_deleted_long_enough_ago_is_purged(
    bench: Workbench, runs: dict[str, str]
) -> None:
    bench.tracker.delete_run(runs["a"])
    bench.tracker.delete_run(runs["b"])
    bench.tracker.restore_run(runs["b"])
    assert collect_garbage(bench, purge_deleted=WEEK, now=later(6)).purged_runs == ()
    bench.lake.flush()
    report = collect_garbage(bench, purge_deleted=WEEK, now=later(8))
    assert report.purged_runs == (runs["a"],)
    assert {run.run_id for run in bench.tracker.search_runs()} == set(runs.values()) - {runs["a"]}


def test_runs_of_a_living_process_are_not_purged(bench: Workbench) -> None:
    run_id = log_run(bench, "e")
    bench.tracker.delete_run(run_id)
    assert collect_garbage(bench, purge_deleted=WEEK, now=later(8)).purged_runs == ()
    bench.tracker.restore_run(run_id)
    assert bench.tracker.get_run(run_id).last_metrics == {"auc": 0.7, "loss": 0.3}


def test_purged_artifacts_are_those_deleted_through_their_storage(
    bench: Workbench, runs: dict[str, str]
) -> None:
    (artifact,) = [a for a in bench.runs.list_artifacts(runs["a"]) if a.path == "model.json"]
    LakeStorage(bench.lake).delete_artifact(artifact.uri)
    report = collect_garbage(bench, purge_deleted=WEEK, now=later(8))
    assert report.purged_artifacts == (artifact.artifact_id,)
    assert [a.path for a in bench.runs.list_artifacts(runs["a"]) if a.path == "model.json"] == []


def test_less_than_an_hour_is_refused(bench: Workbench) -> None:
    with pytest.raises(LakeError):
        collect_garbage(bench, keep=timedelta(minutes=5))


@pytest.mark.parametrize("strange", ["table", "column", "journal", "journal column"])
def test_objects_stay_where_a_newer_version_may_name_them(bench: Workbench, strange: str) -> None:
    bench.lake.objects.put(b"named by rows of a newer version")
    columns = dict(SPECS["runs"].columns)
    if strange == "table":
        spec = TableSpec(name="surveys", columns={"digest": "string"})
        Table(bench.lake.store, spec, writer="new").append(from_rows([{"digest": "x"}], spec))
    elif strange == "column":
        spec = TableSpec(name="runs", columns=columns | {"card": "string"})
        rows = from_rows([{"run_id": "r", "card": "x"}], spec)
        Table(bench.lake.store, spec, writer="new").append(rows)
    else:
        line = '{"t":"surveys"}' if strange == "journal" else '{"t":"runs","card":"x"}'
        bench.lake.write_lines(f"{line}\n".encode(), durability="process")
    report = collect_garbage(bench, now=later(8))
    assert report.marked == ()
    assert "this version does not know, or cannot read, all of the lake: " in report.held
    (bench.lake.journal.folder / f"{bench.lake.journal.journal_id}.jsonl").unlink(missing_ok=True)


def test_objects_stay_while_rows_are_lost(bench: Workbench) -> None:
    bench.lake.objects.put(b"named by lost rows, perhaps")
    (key,) = bench.lake.table("artifacts").snapshot().tail
    damage(bench.lake.root / key, "truncated", CHANCE)
    assert "is damaged" in collect_garbage(bench, now=later(8)).held
    repair_lake(bench)
    report = collect_garbage(bench, now=later(8))
    assert (report.marked, "given files up" in report.held) == ((), True)
    (list_,) = bench.lake.root.glob("quarantine/*/report.json")
    damage(list_, "truncated", CHANCE)  # then nobody can tell what was lost
    report = collect_garbage(bench, now=later(8))
    assert (report.marked, "given files up" in report.held) == ((), True)
    shutil.rmtree(bench.lake.root / "quarantine")
    assert len(collect_garbage(bench, now=later(8)).marked) == 2


def test_objects_of_a_copy_stay_while_rows_of_living_writers_may_name_them(
    bench: Workbench, tmp_path: Path
) -> None:
    run = bench.tracker.start_run("risk", "going on")
    run.log_bytes(b"weights", "model.json", "model")
    backup(bench.lake.store, LocalStore(tmp_path / "copy"))
    run.end()
    with Workbench(tmp_path / "copy") as copy:
        report = collect_garbage(copy, now=later(8))
    assert report.marked == ()
    assert report.held == "rows of writers that were living when this copy was made may name them"


def test_what_was_deleted_does_not_come_back_from_a_journal(bench: Workbench) -> None:
    """Its rows are in the journal of one that lives, those that delete it are in segments."""
    row = {"artifact_id": "x", "run_id": "r", "digest": bench.lake.objects.put(b"x"), "path": "p"}
    bench.lake.append("artifacts", [{**row, "event_at": 1}])
    with Workbench(bench.lake.root) as other:
        other.lake.append("artifacts", [{**row, "deleted": True, "event_at": 2}])
        other.lake.flush()
        report = collect_garbage(other, purge_deleted=timedelta())
        assert report.purged_artifacts == ()
        assert other.sql("from artifacts where artifact_id = 'x'").num_rows == 0
        bench.lake.flush()
        report = collect_garbage(other, purge_deleted=timedelta())
        assert report.purged_artifacts == ("x",)
        for each in (bench, other):
            assert each.sql("from artifacts where artifact_id = 'x'").num_rows == 0
            assert "x" not in each.lake.table("artifacts").read()["artifact_id"].to_pylist()


def test_the_code_of_transformations_stays(bench: Workbench) -> None:
    datasets = bench.datasets
    datasets.register_dataset({"x": [1]}, "raw", "form")
    with datasets.transform(inputs=["raw@v1"], code="from raw", name="same") as transform:
        pass
    (edge,) = bench.lineage.graph(transform.version).edges
    assert edge.code in set(bench.lake.objects.all())
    assert edge.code not in {garbage.key[-64:] for garbage in collect_garbage(bench).marked}
    assert bench.lineage.code(edge) == "from raw"
