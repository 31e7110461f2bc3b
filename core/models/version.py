"""A version of a model, as it is found again, a model in one line, and a move of a version."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from core.models.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.models.names import Stage
    from core.models.signature import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One version: which bytes, of which run, made of what, and how far it got.

    `digest` is SHA-256 of its bytes, `format` what they were recognised as by their content: those
    with "(not loaded)" are never opened here. Times are aware UTC datetimes.
    """

    model_id: str
    model_name: str
    version: str
    model_type: str
    format: str
    artifact_id: str
    artifact_path: str
    digest: str
    size_bytes: int
    signature: Signature | None
    run_id: str
    created_at: datetime
    description: str = ""
    owner: str = ""
    dataset_version_ids: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    code_version: str = ""
    stage: Stage = "none"
    aliases: tuple[str, ...] = ()
    actor: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Model and version, as commands take them: ``risk@v3``."""
        return f"{self.model_name}@{self.version}"

    @property
    def is_loadable(self) -> bool:
        """Tell whether its bytes are data only, so that `load_model` opens them."""
        return not self.format.endswith("(not loaded)")

    @property
    def task(self) -> Task | None:
        """What it predicts, as its signature says."""
        return self.signature.task if self.signature else None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make a version of a row of the view `model_versions`."""
        signature = json.loads(row["signature"]) if row["signature"] else None
        return cls(
            model_id=row["model_id"],
            model_name=row["model_name"],
            version=row["version"],
            model_type=row["model_type"] or "",
            format=row["format"],
            artifact_id=row["artifact_id"],
            artifact_path=row["artifact_path"] or "",
            digest=row["digest"],
            size_bytes=row["size_bytes"] or 0,
            signature=Signature.from_dict(signature) if signature else None,
            run_id=row["run_id"],
            created_at=row["created_at"].replace(tzinfo=UTC),
            description=row["description"] or "",
            owner=row["owner"] or "",
            dataset_version_ids=tuple(json.loads(row["dataset_version_ids"] or "[]")),
            feature_names=tuple(json.loads(row["feature_names"] or "[]")),
            code_version=row["code_version"] or "",
            stage=row["stage"],
            aliases=tuple(row["aliases"]),
            actor=row["actor"] or "",
            metadata=json.loads(row["metadata"] or "{}"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """A model in one line: `version`, `stage`, `format` and the like are of its newest version.

    `production` is the label of the version in production, None when none is.
    """

    model_name: str
    versions: int
    version: str
    model_id: str
    stage: Stage
    production: str | None
    model_type: str
    format: str
    description: str
    owner: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make a summary of a row of the view `models`."""
        values: dict[str, Any] = {name: row[name] for name in cls.__dataclass_fields__}
        values |= {name: row[name] or "" for name in ("model_type", "description", "owner")}
        for name in ("created_at", "updated_at"):
            values[name] = row[name].replace(tzinfo=UTC)
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMove:
    """A move: of a version to a stage, or (`kind` "alias") of an alias to a version.

    `previous` is the stage before, or the id of the version the alias pointed to. `model_id` and
    `version` are empty for an alias that was taken away.
    """

    model_name: str
    model_id: str
    version: str
    kind: str
    label: str
    previous: str
    reason: str
    actor: str
    moved_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make a move of a row of the view `model_stages`."""
        texts = {n: row[n] or "" for n in cls.__dataclass_fields__ if n != "moved_at"}
        return cls(**texts, moved_at=row["moved_at"].replace(tzinfo=UTC))
