"""What every storage of artifacts must do. Inherit the class, give the fixture `storage`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

    from core import StorageBackend


class StorageContract:
    """Tests of `StorageBackend`, and of `save_file` where there is one."""

    def test_loads_what_was_saved(self, storage: StorageBackend) -> None:
        assert storage.load_artifact(storage.save_artifact(b"\x00tree\xff", "a/b.bin")) == (
            b"\x00tree\xff"
        )

    def test_keeps_empty_content(self, storage: StorageBackend) -> None:
        assert storage.load_artifact(storage.save_artifact(b"", "empty")) == b""

    def test_names_with_spaces_and_umlauts_come_back(self, storage: StorageBackend) -> None:
        uri = storage.save_artifact(b"x", "Größe und Alter/100 %.txt")
        assert storage.load_artifact(uri) == b"x"

    @pytest.mark.parametrize("name", ["ab" * 32, "0-host-0-0123456789abcdef.parquet"])
    def test_a_name_that_looks_like_a_digest_is_a_name(
        self, storage: StorageBackend, name: str
    ) -> None:
        assert storage.load_artifact(storage.save_artifact(b"x", name)) == b"x"

    def test_a_deleted_artifact_is_not_there(self, storage: StorageBackend) -> None:
        uri = storage.save_artifact(b"gone", "gone.txt")
        storage.delete_artifact(uri)
        with pytest.raises(ArtifactError, match="no artifact"):
            storage.load_artifact(uri)

    def test_deleting_twice_is_fine(self, storage: StorageBackend) -> None:
        uri = storage.save_artifact(b"gone", "gone.txt")
        storage.delete_artifact(uri)
        storage.delete_artifact(uri)
        with pytest.raises(ArtifactError):
            storage.load_artifact(uri)

    def test_deleting_one_of_two_equal_artifacts_keeps_the_other(
        self, storage: StorageBackend
    ) -> None:
        first = storage.save_artifact(b"same", "one.txt")
        second = storage.save_artifact(b"same", "two.txt")
        storage.delete_artifact(first)
        assert storage.load_artifact(second) == b"same"

    @pytest.mark.parametrize("path", ["../out", "/etc/passwd", "a/../../b", "", "a\x00b", "a\\b"])
    def test_refuses_names_that_lead_out(self, storage: StorageBackend, path: str) -> None:
        with pytest.raises(ArtifactError):
            storage.save_artifact(b"x", path)

    @pytest.mark.parametrize("uri", ["file:///etc/passwd", "http://example.org/x", "nonsense"])
    def test_refuses_uris_of_others(self, storage: StorageBackend, uri: str) -> None:
        with pytest.raises(ArtifactError):
            storage.load_artifact(uri)

    def test_streams_a_file(self, storage: StorageBackend, tmp_path: Path) -> None:
        source = tmp_path / "large.bin"
        source.write_bytes(b"0123456789" * 300_000)
        save_file = getattr(storage, "save_file")  # noqa: B009 - not all storages have it
        assert storage.load_artifact(save_file(source, "large.bin")) == source.read_bytes()
