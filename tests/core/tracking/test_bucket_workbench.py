"""The workbench on a lake in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lake.presence
import lake.snapshots
from catalog.catalog import Catalog
from core import ExperimentTracker, S3Storage, Workbench
from lake.lake import Lake
from tests.support.processes import Child, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path


@pytest.fixture
def here(bucket: str) -> Iterator[Workbench]:
    with Workbench(f"{bucket}/lake", actor="ana") as bench:
        yield bench


@pytest.fixture
def elsewhere(
    here: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workbench]:
    """Give the same lake as another machine has it, which looks anew every time."""
    monkeypatch.setattr(lake.snapshots, "REUSED_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "other state"))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path / "other cache"))
        bench = Workbench(here.lake.url, actor="ben", create=False)
    with bench:
        yield bench


def log_and_wait(pipe: Connection[Any, Any], url: str) -> None:
    bench = Workbench(url)
    run = bench.tracker.start_run("risk", "killed")
    run.log_metrics({"auc": 0.5}, step=1)
    bench.lake.flush()
    pipe.send(run.run_id)
    pipe.recv()


def test_what_is_done_on_one_machine_is_seen_on_another(
    here: Workbench, elsewhere: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights" * 9)
    with here.tracker.start_run("risk", "forest", tags={"stage": "dev"}) as run:
        run.log_params({"depth": 4})
        run.log_metrics({"auc": 0.7}, step=1)
        run.log_metrics({"auc": 0.75}, step=2)
        uri = run.log_artifact(tmp_path / "model.bin", "model")
    wait_until(lambda: elsewhere.runs.count_runs("risk", "status = 'FINISHED'") == 1)
    (found,) = elsewhere.tracker.search_runs("risk", "metrics.auc > 0.7 and params.depth = 4")
    assert (found.run_name, found.actor, found.is_stale) == ("forest", "ana", False)
    assert found.metrics == {"auc": [(0.7, 1), (0.75, 2)]}
    models = [a for a in found.artifacts if a.artifact_type == "model"]
    assert [(a.path, a.uri, a.size_bytes) for a in models] == [("model.bin", uri, 63)]
    elsewhere.tracker.set_tags({"stage": "candidate"}, run_id=run.run_id)
    elsewhere.tracker.delete_run(run.run_id)
    elsewhere.lake.flush()
    wait_until(lambda: here.tracker.get_run(run.run_id).deleted)
    assert here.tracker.get_run(run.run_id).tags == {"stage": "candidate"}
    assert set(here.storage_bytes()) >= {"claims", "lake.json", "objects", "tables", "writers"}


def test_a_running_run_is_seen_to_live_on_another_machine(
    here: Workbench, elsewhere: Workbench
) -> None:
    run = here.tracker.start_run("risk")
    wait_until(lambda: elsewhere.runs.count_runs("risk") == 1)
    assert not elsewhere.tracker.get_run(run.run_id).is_stale
    assert elsewhere.tracker.close_stale_runs() == []
    run.end()
    wait_until(lambda: elsewhere.tracker.get_run(run.run_id).status == "FINISHED")


def test_a_run_of_a_machine_that_is_gone_becomes_stale(
    here: Workbench, elsewhere: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Child(log_and_wait, here.lake.url) as child:
        run_id = child.hear()
        child.kill()
    assert not elsewhere.tracker.get_run(run_id).is_stale  # its machine was heard of just now
    monkeypatch.setattr(lake.presence, "LOST_SECONDS", 0.0)
    wait_until(lambda: elsewhere.tracker.get_run(run_id).is_stale)
    assert [run.run_id for run in elsewhere.tracker.close_stale_runs()] == [run_id]
    assert elsewhere.tracker.get_run(run_id).status == "FAILED"


def test_the_same_is_seen_at_once_on_its_own_machine(here: Workbench, elsewhere: Workbench) -> None:
    with Child(log_and_wait, here.lake.url) as child:
        run_id = child.hear()
        child.kill()
    here.lake.recover()
    for bench in (here, elsewhere):
        wait_until(lambda bench=bench: bench.tracker.get_run(run_id).is_stale)  # type: ignore[misc]
        assert bench.tracker.get_run(run_id).metrics == {"auc": [(0.5, 1)]}


def test_a_tracker_built_by_hand_keeps_its_artifacts_in_a_bucket(bucket: str) -> None:
    with Lake.open(f"{bucket}/lake") as opened:
        storage = S3Storage(bucket, prefix="artifacts")
        tracker = ExperimentTracker(storage, Catalog(opened))
        with tracker.start_run("risk") as run:
            uri = run.log_bytes(b"weights", "model.bin", "model")
        tracker.wait()
        assert uri == f"{bucket}/artifacts/{run.run_id}/model.bin"
        kept = tracker.get_run(run.run_id).artifacts
        (artifact,) = [each for each in kept if each.artifact_type == "model"]
        assert (artifact.uri, artifact.size_bytes) == (uri, 7)
        assert storage.load_artifact(uri) == b"weights"


def test_artifacts_go_to_a_bucket_that_the_settings_name(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPERIMENT_STORAGE_BACKEND", "s3")
    monkeypatch.setenv("EXPERIMENT_ARTIFACTS_PATH", f"{bucket}/artifacts")
    with Workbench(tmp_path / "lake") as bench, bench.tracker.start_run("risk") as run:
        uri = run.log_bytes(b"weights", "model.bin", "model")
        assert uri.startswith(f"{bucket}/artifacts/")
        assert S3Storage(bucket, "artifacts").load_artifact(uri) == b"weights"


def test_many_runs_are_imported_at_once(here: Workbench, elsewhere: Workbench) -> None:
    import pyarrow as pa

    runs = pa.table({"experiment_name": ["risk"] * 3, "run_name": ["a", "b", "c"]})
    assert here.tracker.import_runs(runs) == 3
    here.lake.flush()
    assert elsewhere.runs.count_runs("risk") == 3
    assert len(here.lake.table("runs").snapshot().tail) == 1
