"""Which storage artifacts go to, and how those elsewhere are still found.

EXPERIMENT_ARTIFACTS_PATH    new artifacts          artifacts of the past
not set                      the lake               the lake
a folder, s3://...           there                  there and in the lake, each by its URI
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tracking.storage import (
    SCHEME,
    FileBackend,
    FileSystemStorage,
    LakeStorage,
    S3Storage,
)
from lake.address import folder_of, is_folder

if TYPE_CHECKING:
    from pathlib import Path

    from core.tracking.storage import StorageBackend
    from lake.lake import Lake


def artifact_storage(lake: Lake, place: str | None) -> StorageBackend:
    """The storage of a lake's artifacts: the lake itself, or a place of their own.

    >>> import tempfile
    >>> from lake.lake import Lake
    >>> with tempfile.TemporaryDirectory() as folder, Lake.open(folder + "/lake") as lake:
    ...     before = artifact_storage(lake, None).save_artifact(b"tree", "run/model.bin")
    ...     outside = artifact_storage(lake, folder + "/artifacts")
    ...     after = outside.save_artifact(b"forest", "run/model.bin")
    ...     outside.load_artifact(before), outside.load_artifact(after)
    (b'tree', b'forest')
    """
    inside = LakeStorage(lake)
    if place is None:
        return inside
    if is_folder(place):
        return OutsideStorage(FileSystemStorage(str(folder_of(place))), inside)
    return OutsideStorage(S3Storage(place), inside)


class OutsideStorage:
    """Keeps new artifacts outside the lake, and finds those inside it as before."""

    def __init__(self, outside: StorageBackend, inside: LakeStorage) -> None:
        self._outside = outside
        self._inside = inside

    def save_artifact(self, artifact: bytes, path: str) -> str:
        """Keep the bytes outside, under a relative name; the URI to load them by."""
        return self._outside.save_artifact(artifact, path)

    def save_file(self, source: Path, path: str) -> str:
        """Keep a file's content outside; the URI to load it by."""
        if isinstance(self._outside, FileBackend):
            return self._outside.save_file(source, path)
        return self._outside.save_artifact(source.read_bytes(), path)

    def load_artifact(self, uri: str) -> bytes:
        """The bytes of a URI, wherever it leads. Raises ArtifactError."""
        return self._of(uri).load_artifact(uri)

    def delete_artifact(self, uri: str) -> None:
        """Let go of the bytes. Absent is fine."""
        self._of(uri).delete_artifact(uri)

    def _of(self, uri: str) -> StorageBackend:
        return self._inside if uri.startswith(SCHEME) else self._outside
