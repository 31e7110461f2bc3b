"""What is said of versions after they were registered.

Each change is an event, a newer row. The data of a version, its label and its id never change.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.errors import DataVersionError
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.datasets.version import DatasetVersion
    from lake.lake import Durability, Lake


class Annotations:
    """Writes the events."""

    def __init__(self, lake: Lake, *, durability: Durability) -> None:
        self._lake = lake
        self._durability: Durability = durability

    def describe(
        self,
        version: DatasetVersion,
        texts: Mapping[str, str | None] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Say something else of a version. Raises DataVersionError for what JSON cannot hold."""
        row: dict[str, Any] = {n: text for n, text in (texts or {}).items() if text is not None}
        if metadata is not None:
            merged = {**version.metadata, **metadata}
            row["metadata"] = as_json({n: v for n, v in merged.items() if v is not None})
        if row:
            row |= {"version_id": version.version_id, "event_at": now_us()}
            row["writer"] = self._lake.writer
            self._lake.append("dataset_versions", [row], durability=self._durability)


def as_json(metadata: Mapping[str, Any]) -> str:
    """Return metadata as it is stored. Raises DataVersionError for what JSON cannot hold.

    >>> as_json({"wave": 1})
    '{"wave": 1}'
    """
    try:
        return json.dumps(dict(metadata), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = f"The metadata cannot be kept as JSON: {error}."
        hint = "Use texts, finite numbers, true, false, lists and dictionaries with texts as keys."
        raise DataVersionError(message, hint=hint) from error
