"""Moves of versions between stages, and of aliases between versions; each with who and why.

none ──> staging ──> production ──> archived       any move is allowed, none without a reason
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from core.errors import ModelError
from core.models.names import NUMBERED, STAGES, Stage, check_names
from lake.clock import now_us

if TYPE_CHECKING:
    from core.models.version import ModelVersion
    from core.models.versions import Versions
    from lake.lake import Durability, Lake


class Stages:
    """The stages and aliases of the versions in a lake."""

    def __init__(
        self, lake: Lake, versions: Versions, *, actor: str | None, durability: Durability
    ) -> None:
        self._lake = lake
        self._versions = versions
        self._actor = actor
        self._durability: Durability = durability

    def move(self, version: ModelVersion, stage: str, reason: str) -> ModelVersion:
        """Move a version. One is in production at most: what was there is archived by this.

        Raises ModelError for a stage that is none, no reason, or no move.
        """
        faults = []
        if stage not in get_args(Stage):
            faults.append(f"{stage!r} is not a stage")
        if not reason.strip():
            faults.append("a reason is missing")
        if stage == version.stage:
            faults.append(f"{version.name} is in the stage {stage} already")
        if faults:
            hint = f"Stages: {', '.join(STAGES)}; the reason is kept with the move."
            raise ModelError(f"{'; '.join(faults)}.", hint=hint, faults=tuple(faults))
        rows = []
        if stage == "production":
            others = self._versions.all(version.model_name)
            why = f"{version.version} took its place: {reason}"
            rows = [
                self._row(other, "stage", "archived", "production", why)
                for other in others
                if other.stage == "production"
            ]
        rows.append(self._row(version, "stage", stage, version.stage, reason))
        self._lake.append("model_stages", rows, durability=self._durability)
        return self._versions.find(version.model_id)

    def name(self, version: ModelVersion, alias: str, reason: str) -> ModelVersion:
        """Let an alias point to a version. Raises ModelError for one that is a version's label."""
        check_names(version.model_name, alias)
        if NUMBERED.fullmatch(alias) or alias in self._versions.labels(version.model_name):
            message = f"{alias} is, or may become, the label of a version of {version.model_name}."
            raise ModelError(message, hint="Versions do not move: use another name.")
        row = self._row(version, "alias", alias, self._holder(version.model_name, alias), reason)
        self._lake.append("model_stages", [row], durability=self._durability)
        return self._versions.find(version.model_id)

    def unname(self, model_name: str, alias: str, reason: str) -> None:
        """Let an alias point to nothing; one that is not there is fine."""
        holder = self._holder(model_name, alias)
        if holder:
            at = {"model_name": model_name, "model_id": "", "version": "", "kind": "alias"}
            row = {**at, "label": alias, "previous": holder, **self._event(reason)}
            self._lake.append("model_stages", [row], durability=self._durability)

    def _holder(self, model_name: str, alias: str) -> str:
        versions = self._versions.all(model_name)
        return next((each.model_id for each in versions if alias in each.aliases), "")

    def _row(
        self, version: ModelVersion, kind: str, label: str, previous: str, reason: str
    ) -> dict[str, object]:
        return {
            "model_name": version.model_name,
            "model_id": version.model_id,
            "version": version.version,
            "kind": kind,
            "label": label,
            "previous": previous,
            **self._event(reason),
        }

    def _event(self, reason: str) -> dict[str, object]:
        event = {"event_at": now_us(), "writer": self._lake.writer}
        return {"reason": reason, "actor": self._actor, **event}
