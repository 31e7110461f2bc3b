from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import ArtifactError, FileSystemStorage, LakeStorage
from lake import DamagedError, Lake
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
