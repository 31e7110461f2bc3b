"""Keeping files with runs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import ArtifactError
from core.ids import new_id
from core.tracking.storage import SCHEME, FileBackend, artifact_path
from lake.clock import now_us
from lake.digest import digest_bytes, digest_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.tracking.storage import StorageBackend
    from lake.lake import Durability, Lake

PATCH_NAME: Final = "code/uncommitted.patch"
_TYPE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class ArtifactWriter:
    """Puts bytes into the storage and a row into the table `artifacts`."""

    def __init__(self, lake: Lake, storage: StorageBackend, *, durability: Durability) -> None:
        self._lake = lake
        self._storage = storage
        self._durability = durability

    def log_path(
        self,
        run_id: str,
        source: str | Path,
        artifact_type: str,
        *,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep a file, or every file of a folder, under the source's name or ``name``.

        Symbolic links that lead out of a folder are refused. Raises ArtifactError.
        """
        path = Path(source)
        check_type(artifact_type)
        if path.is_file():
            return self._log_file(run_id, path, name or path.name, artifact_type, metadata)
        if not path.is_dir():
            message = f"There is no file or folder {path}."
            raise ArtifactError(message, hint="Give the path of what to keep.", path=str(path))
        files = sorted(p for p in path.rglob("*") if p.is_file())
        root = path.resolve()
        outside = [str(p) for p in files if not p.resolve().is_relative_to(root)]
        if outside or not files:
            message = f"{path} holds links that lead out of it: {', '.join(outside[:5])}."
            if not files:
                message = f"The folder {path} holds no files."
            raise ArtifactError(message, hint="Keep the files themselves.", path=str(path))
        top = name or root.name
        uris = [
            self._log_file(run_id, p, f"{top}/{p.relative_to(path)}", artifact_type, metadata)
            for p in files
        ]
        return uris[0]

    def _log_file(
        self,
        run_id: str,
        path: Path,
        name: str,
        artifact_type: str,
        metadata: Mapping[str, Any] | None,
    ) -> str:
        key = f"{run_id}/{artifact_path(name)}"
        if isinstance(self._storage, FileBackend):
            uri = self._storage.save_file(path, key)
        else:
            uri = self._storage.save_artifact(path.read_bytes(), key)
        digest = uri[len(SCHEME) :][:64] if uri.startswith(SCHEME) else digest_file(path)
        content = _Content(uri=uri, digest=digest, size=path.stat().st_size)
        return self._row(run_id, name, artifact_type, content, metadata)

    def log_bytes(
        self,
        run_id: str,
        data: bytes,
        name: str,
        artifact_type: str,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep bytes under a name within the run. Raises ArtifactError."""
        check_type(artifact_type)
        uri = self._storage.save_artifact(data, f"{run_id}/{artifact_path(name)}")
        content = _Content(uri=uri, digest=digest_bytes(data), size=len(data))
        return self._row(run_id, name, artifact_type, content, metadata)

    def log_object(self, run_id: str, digest: str, size: int) -> str:
        """Note the patch of uncommitted code, which the lake holds already."""
        uri = f"{SCHEME}{digest}#{new_id()}/{run_id}/{PATCH_NAME}"
        content = _Content(uri=uri, digest=digest, size=size)
        return self._row(run_id, PATCH_NAME, "code", content, None)

    def _row(
        self,
        run_id: str,
        name: str,
        artifact_type: str,
        content: _Content,
        metadata: Mapping[str, Any] | None,
    ) -> str:
        at = now_us()
        row = {
            "artifact_id": new_id(),
            "run_id": run_id,
            "artifact_type": artifact_type,
            "path": artifact_path(name),
            "uri": content.uri,
            "digest": content.digest,
            "size_bytes": content.size,
            "created_at": at,
            "metadata": json.dumps(metadata, sort_keys=True) if metadata else None,
            "event_at": at,
            "writer": self._lake.writer,
        }
        self._lake.append("artifacts", [row], durability=self._durability)
        return content.uri


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    uri: str
    digest: str
    size: int


def check_type(artifact_type: str) -> None:
    """Refuse a type that is not one word. Raises ArtifactError.

    >>> check_type("model")
    """
    if not _TYPE.fullmatch(artifact_type):
        message = f"{artifact_type!r} is not a type of artifact."
        raise ArtifactError(message, hint="Use model, plot, data, report, code or file.")
