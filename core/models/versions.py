"""Find versions of models by what people call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ModelNotFoundError
from core.models.names import STAGES, split_reference
from core.models.version import ModelSummary, ModelVersion, StageMove

if TYPE_CHECKING:
    from catalog.model_search import ModelRows

_FEW = 20


class Versions:
    """The versions of models that a lake knows."""

    def __init__(self, rows: ModelRows) -> None:
        self._rows = rows

    def find(self, model: str | ModelVersion, version: str | None = None) -> ModelVersion:
        """Find a version by id, label, alias or stage; else the newest. Raises ModelNotFoundError.

        ``risk@v3`` and ``risk@production`` as the name alone say both.
        """
        if isinstance(model, ModelVersion):
            model, version = model.model_id, None
        row = self._rows.by_id(model) if version is None else None
        if row is None:
            name, wanted = split_reference(model, version)
            row = self._rows.find(name, wanted)
            if row is None:
                raise self._not_found(name, wanted)
        return ModelVersion.from_row(row)

    def by_id(self, model_id: str) -> ModelVersion | None:
        """Return the version with this id, unless it is not there, or deleted."""
        row = self._rows.by_id(model_id)
        return ModelVersion.from_row(row) if row else None

    def all(self, model_name: str) -> list[ModelVersion]:
        """Return the versions of a model, the newest first. Raises ModelNotFoundError."""
        found = [ModelVersion.from_row(row) for row in self._rows.newest(model_name)]
        if not found:
            raise self._not_found(model_name, None)
        return found

    def labels(self, model_name: str) -> set[str]:
        """Return the labels of a model's versions; none for an unknown model."""
        return {row["version"] for row in self._rows.newest(model_name)}

    def models(self) -> list[ModelSummary]:
        """Return every model in one line, by name."""
        return [ModelSummary.from_row(row) for row in self._rows.models()]

    def moves(self, model_name: str, model_id: str | None = None) -> list[StageMove]:
        """Return the moves of a model, or of one of its versions, the first one first."""
        return [StageMove.from_row(row) for row in self._rows.moves(model_name, model_id)]

    def _not_found(self, name: str, version: str | None) -> ModelNotFoundError:
        rows = self._rows.newest(name)
        if rows:
            message = f"The model {name} has no version {version!r}."
            if version in STAGES:
                message = f"No version of the model {name} is in the stage {version}."
            hint = f"Versions: {', '.join(row['version'] for row in rows[:_FEW])}."
        else:
            message = f"There is no model {name!r}."
            names = [row["model_name"] for row in self._rows.models()]
            hint = f"Models: {', '.join(names[:_FEW])}." if names else "None is registered yet."
        return ModelNotFoundError(message, hint=hint, model=name, version=version)
