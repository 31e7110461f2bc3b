from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import ArtifactError, FileSystemStorage, LakeStorage, S3Storage
from lake import DamagedError, InvalidNameError, Lake
from tests.contracts.storage import StorageContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class TestFileSystemStorage(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> FileSystemStorage:
        return FileSystemStorage(str(tmp_path / "artifacts"))

    def test_keeps_files_below_its_folder(self, tmp_path: Path) -> None:
        uri = FileSystemStorage(str(tmp_path)).save_artifact(b"x", "run/model.json")
        assert uri == (tmp_path / "run/model.json").as_uri()


class TestS3Storage(StorageContract):
    @pytest.fixture
    def storage(self, bucket: str) -> S3Storage:
        return S3Storage(bucket, prefix="artifacts")

    def test_a_bucket_has_a_name_or_a_url(self, bucket: str) -> None:
        name = bucket.removeprefix("s3://")
        by_url, by_both = S3Storage(f"{bucket}/a/b/"), S3Storage(bucket, "a/b")
        assert by_url.save_artifact(b"x", "run/model") == f"{bucket}/a/b/run/model"
        assert by_both.save_artifact(b"y", "other") == f"{bucket}/a/b/other"
        assert S3Storage(name).load_artifact(f"{bucket}/a/b/run/model") == b"x"
        assert S3Storage(name, "a/b").load_artifact(f"{bucket}/a/b/other") == b"y"

    @pytest.mark.parametrize("place", ["", "no", "gs://bucket", "s3://bucket/../x", "a::b"])
    def test_what_is_no_bucket_is_refused(self, place: str) -> None:
        with pytest.raises(InvalidNameError):
            S3Storage(place)

    def test_refuses_uris_that_lead_out_of_its_prefix(self, bucket: str) -> None:
        S3Storage(bucket).save_artifact(b"secret", "other")
        for uri in (f"{bucket}/other", f"{bucket}/a/../other", f"{bucket}/ab"):
            with pytest.raises(ArtifactError):
                S3Storage(bucket, "a").load_artifact(uri)


class TestLakeInABucket(StorageContract):
    @pytest.fixture
    def storage(self, bucket: str) -> Iterator[LakeStorage]:
        with Lake.open(f"{bucket}/lake") as lake:
            yield LakeStorage(lake)


class TestLakeStorage(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[LakeStorage]:
        with Lake.open(tmp_path / "lake") as lake:
            yield LakeStorage(lake)

    def test_equal_content_is_kept_once(self, tmp_path: Path) -> None:
        with Lake.open(tmp_path / "lake") as lake:
            storage = LakeStorage(lake)
            storage.save_artifact(b"same", "one")
            storage.save_artifact(b"same", "two")
            assert len(list(lake.objects.all())) == 1

    def test_changed_bytes_are_noticed(self, tmp_path: Path) -> None:
        with Lake.open(tmp_path / "lake") as lake:
            uri = LakeStorage(lake).save_artifact(b"right", "model")
            path = lake.objects.local_path(next(lake.objects.all()))
            path.write_bytes(b"wrong")
            with pytest.raises(DamagedError):
                LakeStorage(lake).load_artifact(uri)

    def test_an_unknown_digest_is_no_artifact(self, tmp_path: Path) -> None:
        with (
            Lake.open(tmp_path / "lake") as lake,
            pytest.raises(ArtifactError, match="no artifact"),
        ):
            LakeStorage(lake).load_artifact(f"lake://objects/{'ab' * 32}#x/y")
