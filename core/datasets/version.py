"""A version of a dataset, as it is found again, and a dataset in one line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, Self

from core.datasets.variable_labels import labels_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion:
    """One version: what was registered, where from, and what was counted of it then.

    `schema` maps columns to Arrow types. `statistics` maps columns to what was counted.
    `content_digest` is SHA-256 of names, types and values: versions of a dataset that have the same
    one are the same version. Times are aware UTC datetimes.
    """

    version_id: str
    dataset_name: str
    version: str
    source: str
    num_rows: int
    num_columns: int
    schema: Mapping[str, str]
    statistics: Mapping[str, Mapping[str, Any]]
    storage_uri: str
    created_at: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)
    parent_version_id: str | None = None
    content_digest: str = ""
    size_bytes: int = 0
    key: tuple[str, ...] = ()
    description: str = ""
    owner: str = ""
    licence: str = ""
    actor: str = ""
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Dataset and version, as commands and SQL take them: ``phq9@v3``."""
        return f"{self.dataset_name}@{self.version}"

    @property
    def labels(self) -> dict[str, str]:
        """What columns are called in words, where that is known, by name."""
        return labels_in(self.metadata)

    @property
    def is_inside(self) -> bool:
        """Tell whether its pieces are in the lake, and not in a place of their own."""
        return self.storage_uri.startswith("lake://")

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make a version of a row that the catalog found."""
        return cls(
            version_id=row["version_id"],
            dataset_name=row["dataset_name"],
            version=row["version"],
            source=row["source"] or "",
            num_rows=row["num_rows"],
            num_columns=row["num_columns"],
            schema=dict(json.loads(row["schema"])),
            statistics=json.loads(row["statistics"] or "{}"),
            storage_uri=row["storage_uri"],
            created_at=row["created_at"].replace(tzinfo=UTC),
            metadata=json.loads(row["metadata"] or "{}"),
            parent_version_id=row["parent_version_id"],
            content_digest=row["content_digest"],
            size_bytes=row["size_bytes"] or 0,
            key=tuple(json.loads(row["key"] or "[]")),
            description=row["description"] or "",
            owner=row["owner"] or "",
            licence=row["licence"] or "",
            actor=row["actor"] or "",
            tags=tuple(row["tags"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSummary:
    """A dataset in one line: rows, columns and bytes are of its newest version.

    `newest` is the label of that version, `tags` maps the tags to the labels they point to.
    `column_names`, `description`, `owner`, `source` and `actor` are the newest version's, too;
    `rows_by_version` has one number for each version, the oldest first.
    """

    dataset_name: str
    versions: int
    newest: str
    num_rows: int
    num_columns: int
    size_bytes: int
    created_at: datetime
    tags: Mapping[str, str]
    column_names: tuple[str, ...] = ()
    description: str = ""
    owner: str = ""
    source: str = ""
    actor: str = ""
    rows_by_version: tuple[int, ...] = ()

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make a summary of a row that the catalog found."""
        return cls(
            dataset_name=row["dataset_name"],
            versions=row["versions"],
            newest=row["version"],
            num_rows=row["num_rows"],
            num_columns=row["num_columns"],
            size_bytes=row["size_bytes"] or 0,
            created_at=row["created_at"].replace(tzinfo=UTC),
            tags=dict(row["tags"]),
            column_names=tuple(dict(json.loads(row["schema"]))),
            description=row["description"] or "",
            owner=row["owner"] or "",
            source=row["source"] or "",
            actor=row["actor"] or "",
            rows_by_version=tuple(row["rows_by_version"]),
        )
