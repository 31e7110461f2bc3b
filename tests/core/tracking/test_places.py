"""Artifacts in a place of their own, outside the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import ArtifactError, Workbench
from core.settings import Settings
from core.tracking.places import OutsideStorage, artifact_storage
from lake import Lake
from lake.remote import S3Store
from tests.contracts.storage import StorageContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core import StorageBackend


class TestOutsideStorage(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[StorageBackend]:
        with Lake.open(tmp_path / "lake") as lake:
            storage = artifact_storage(lake, str(tmp_path / "artifacts"))
            assert isinstance(storage, OutsideStorage)
            yield storage


class TestOutsideStorageInABucket(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path, bucket: str) -> Iterator[StorageBackend]:
        with Lake.open(tmp_path / "lake") as lake:
            yield artifact_storage(lake, f"{bucket}/artifacts")


def settings(tmp_path: Path, place: str | None = None) -> Settings:
    path = None if place is None else str(tmp_path / place)
    return Settings(lake=str(tmp_path / "lake"), experiment_artifacts_path=path)


def log_model(workbench: Workbench, content: bytes) -> str:
    with workbench.tracker.start_run("risk") as run:
        run.log_bytes(content, "model.bin")
    return run.run_id


def models(workbench: Workbench, *run_ids: str) -> list[bytes]:
    found = [artifact for run_id in run_ids for artifact in workbench.runs.list_artifacts(run_id)]
    return [
        workbench.runs.read_artifact(artifact.artifact_id)
        for artifact in found
        if artifact.path == "model.bin"
    ]


def test_artifacts_go_to_their_place_and_those_of_the_lake_stay_readable(tmp_path: Path) -> None:
    with Workbench(settings=settings(tmp_path)) as inside:
        before = log_model(inside, b"tree")
    with Workbench(settings=settings(tmp_path, "artifacts")) as outside:
        after = log_model(outside, b"forest")
        assert models(outside, before, after) == [b"tree", b"forest"]
    assert (tmp_path / "artifacts" / after / "model.bin").read_bytes() == b"forest"


def test_what_is_outside_is_not_read_unless_the_settings_say_where(tmp_path: Path) -> None:
    with Workbench(settings=settings(tmp_path, "artifacts")) as outside:
        run_id = log_model(outside, b"forest")
    for place in (None, "elsewhere"):
        with (
            Workbench(settings=settings(tmp_path, place)) as other,
            pytest.raises(ArtifactError, match="EXPERIMENT_ARTIFACTS_PATH"),
        ):
            models(other, run_id)


@pytest.mark.parametrize("kept", ["lake", "folder", "bucket"])
def test_a_name_that_is_logged_twice_keeps_both(kept: str, tmp_path: Path, bucket: str) -> None:
    path = {"lake": None, "folder": str(tmp_path / "artifacts"), "bucket": f"{bucket}/artifacts"}
    wanted = Settings(lake=str(tmp_path / "lake"), experiment_artifacts_path=path[kept])
    with Workbench(settings=wanted) as wb:
        with wb.tracker.start_run("risk") as run:
            run.log_bytes(b"first", "model.bin")
            run.log_bytes(b"second", "model.bin")
        assert sorted(models(wb, run.run_id)) == [b"first", b"second"]


def test_a_lake_in_a_bucket_uses_the_folders_of_the_settings(tmp_path: Path, bucket: str) -> None:
    wanted = Settings(
        lake=f"{bucket}/lake",
        experiment_storage_backend="s3",
        state_folder=tmp_path / "here" / "state",
        cache_folder=tmp_path / "here" / "cache",
        cache_bytes=10**7,
    )
    with Workbench(settings=wanted) as wb:
        run_id = log_model(wb, b"tree")
        assert models(wb, run_id) == [b"tree"]
        assert wb.lake.journal.folder.is_relative_to(tmp_path / "here" / "state")
        store = wb.lake.store
        assert isinstance(store, S3Store)
        assert (store.cache.folder, store.cache.limit_bytes) == (wanted.cache_folder, 10**7)
    assert list((tmp_path / "here" / "cache").rglob("*.parquet"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]


def test_runs_imported_into_a_bucket_are_found_at_once(tmp_path: Path, bucket: str) -> None:
    """Answers about a bucket may be half a second old, but never lack what this process wrote."""
    wanted = Settings(
        lake=f"{bucket}/lake",
        experiment_storage_backend="s3",
        state_folder=tmp_path / "state",
        cache_folder=tmp_path / "cache",
    )
    with Workbench(settings=wanted) as wb:
        for count in (1, 2, 3):
            assert wb.tracker.import_runs({"experiment_name": ["risk"], "metrics.auc": [0.5]}) == 1
            runs = wb.tracker.search_runs("risk")
            assert [run.last_metrics for run in runs] == [{"auc": 0.5}] * count
