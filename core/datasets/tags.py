"""Names that point to versions, and may point to others later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.datasets.names import NUMBERED, check_names
from core.errors import DataVersionError
from lake.clock import now_us

if TYPE_CHECKING:
    from core.datasets.versions import Versions
    from lake.lake import Durability, Lake


class Tags:
    """The tags of the versions in a lake."""

    def __init__(self, lake: Lake, versions: Versions, *, durability: Durability) -> None:
        self._lake = lake
        self._versions = versions
        self._durability: Durability = durability

    def put(self, dataset_name: str, tag: str, version: str) -> None:
        """Let a tag point to a version. Raises DataVersionError, DatasetNotFoundError."""
        check_names(dataset_name, tag)
        found = self._versions.find(dataset_name, version)
        labels = [row["version"] for row in self._versions.newest(dataset_name)]
        if tag in labels or NUMBERED.fullmatch(tag):
            message = f"{tag} is, or may become, the label of a version of {dataset_name}."
            raise DataVersionError(message, hint="Versions do not move: use another name.")
        self._write(dataset_name, tag, found.version_id)

    def remove(self, dataset_name: str, tag: str) -> None:
        """Let a tag point to nothing."""
        self._write(dataset_name, tag, "")

    def _write(self, dataset_name: str, tag: str, version_id: str) -> None:
        row = {
            "dataset_name": dataset_name,
            "tag": tag,
            "version_id": version_id,
            "event_at": now_us(),
            "writer": self._lake.writer,
        }
        self._lake.append("dataset_tags", [row], durability=self._durability)
