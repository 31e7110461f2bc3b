"""Keeps evaluations of models: the figures in a row, all of them in an object of the lake."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.errors import ModelError
from core.ids import new_id
from lake.clock import now_us

if TYPE_CHECKING:
    from catalog.dataset_search import VersionRows
    from catalog.model_search import ModelRows
    from core.models.evaluated import Evaluation
    from core.models.version import ModelVersion
    from lake.lake import Durability, Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvaluation:
    """An evaluation of a version, what it was done on, and when."""

    evaluation_id: str
    model_id: str
    name: str
    dataset_version_id: str
    evaluation: Evaluation
    created_at: datetime
    actor: str = ""


class EvaluationLog:
    """The evaluations of models in a lake."""

    def __init__(
        self,
        lake: Lake,
        rows: ModelRows,
        datasets: VersionRows,
        *,
        actor: str | None,
        durability: Durability,
    ) -> None:
        self._lake = lake
        self._rows = rows
        self._datasets = datasets
        self._actor = actor
        self._durability: Durability = durability

    def save(
        self, version: ModelVersion, evaluation: Evaluation, dataset: str | None, name: str
    ) -> str:
        """Keep an evaluation and return its id. Raises ModelError for an unknown dataset."""
        document = json.dumps(evaluation.to_dict(), sort_keys=True).encode()
        values = {key: found.value for key, found in evaluation.metrics.items()}
        at = now_us()
        row: dict[str, Any] = {
            "evaluation_id": new_id(),
            "model_id": version.model_id,
            "model_name": version.model_name,
            "version": version.version,
            "name": name,
            "dataset_version_id": self._dataset_id(dataset),
            "task": evaluation.task,
            "num_rows": evaluation.rows,
            "events": evaluation.events,
            "metrics": {key: value for key, value in values.items() if math.isfinite(value)},
            "digest": self._lake.objects.put(document),
            "created_at": at,
            "actor": self._actor,
            "event_at": at,
            "writer": self._lake.writer,
        }
        self._lake.append("model_evaluations", [row], durability=self._durability)
        return str(row["evaluation_id"])

    def all(self, version: ModelVersion) -> list[StoredEvaluation]:
        """Return the evaluations of a version, the newest first."""
        from core.models.evaluated import Evaluation  # with numpy, which logging does not need

        return [
            StoredEvaluation(
                evaluation_id=row["evaluation_id"],
                model_id=row["model_id"],
                name=row["name"],
                dataset_version_id=row["dataset_version_id"] or "",
                evaluation=Evaluation.from_dict(json.loads(self._lake.objects.get(row["digest"]))),
                created_at=row["created_at"].replace(tzinfo=UTC),
                actor=row["actor"] or "",
            )
            for row in self._rows.evaluations(version.model_id)
        ]

    def _dataset_id(self, dataset: str | None) -> str | None:
        if dataset is None:
            return None
        name, _, version = dataset.rpartition("@")
        row = self._datasets.find(name, version) if name else self._datasets.by_id(dataset)
        if row is None:
            message = f"There is no dataset version {dataset!r}."
            hint = "Give an id, or a name such as phq9@v3: `mhras datasets` lists them."
            raise ModelError(message, hint=hint, dataset=dataset)
        return str(row["version_id"])
