"""Keeps what following models found, so that nobody has to look at all predictions again.

    object    the whole report as JSON, named by its digest
    row       what to do and why, of how many predictions (model_reports in SQL)

A report never changes: it says what was so when it was made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from core.errors import ModelError
from core.ids import new_id
from lake.clock import now_us, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.model_search import ModelRows
    from core.models.live.report import Action, Followed
    from core.models.version import ModelVersion
    from lake.lake import Durability, Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """A kept report in one line: `alerts` lasted when it was made, `since` and `until` are days."""

    report_id: str
    model_id: str
    model_name: str
    version: str
    every: str
    action: Action
    reasons: tuple[str, ...]
    alerts: int
    predictions: int
    outcomes: int
    since: str
    until: str
    digest: str
    created_at: datetime
    actor: str

    @property
    def name(self) -> str:
        """The version that was followed: ``risk@v3``."""
        return f"{self.model_name}@{self.version}"

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make it of a row of the view `model_reports`."""
        fields = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(
            **{
                **fields,
                "reasons": tuple(json.loads(row["reasons"])),
                "created_at": row["created_at"].replace(tzinfo=UTC),
                "actor": row["actor"] or "",
            }
        )


class KeptReports:
    """The reports of a lake on its models in service."""

    def __init__(
        self, lake: Lake, rows: ModelRows, *, actor: str | None, durability: Durability
    ) -> None:
        self._lake = lake
        self._rows = rows
        self._actor = actor
        self._durability: Durability = durability

    def keep(self, found: Followed) -> KeptReport:
        """Keep a report."""
        document = json.dumps(found.to_dict(), sort_keys=True, allow_nan=False).encode()
        row = {
            "report_id": new_id(),
            "model_id": found.model_id,
            "model_name": found.model_name,
            "version": found.version,
            "every": found.every,
            "action": found.action,
            "reasons": json.dumps(found.reasons),
            "alerts": len(found.active),
            "predictions": sum(chunk.rows for chunk in found.chunks),
            "outcomes": sum(chunk.outcomes for chunk in found.chunks),
            "since": found.chunks[0].time,
            "until": found.chunks[-1].time,
            "digest": self._lake.objects.put(document),
            "created_at": to_us(found.generated_at),
            "actor": self._actor,
            "event_at": now_us(),
            "writer": self._lake.writer,
        }
        self._lake.append("model_reports", [row], durability=self._durability)
        return self.get(str(row["report_id"]))

    def of_version(self, version: ModelVersion, *, limit: int | None = None) -> list[KeptReport]:
        """Return the reports on a version, the newest first."""
        rows = self._rows.reports(model_id=version.model_id, number=limit)
        return [KeptReport.from_row(row) for row in rows]

    def all(self, model_name: str | None = None, *, limit: int | None = None) -> list[KeptReport]:
        """Return the reports on all versions of a model, or on all models, the newest first."""
        rows = self._rows.reports(name=model_name, number=limit)
        return [KeptReport.from_row(row) for row in rows]

    def get(self, report_id: str) -> KeptReport:
        """Find a report by its id. Raises ModelError."""
        row = self._rows.report(report_id)
        if row is None:
            hint = 'List them with wb.models.reports.all(), or `mhras sql "from model_reports"`.'
            message = f"There is no report on a model {report_id!r}."
            raise ModelError(message, hint=hint, report=report_id)
        return KeptReport.from_row(row)

    def load(self, kept: KeptReport) -> Followed:
        """Read the whole of a report. Raises ModelError, DamagedError."""
        from core.models.live.report import Followed  # with what logging does not need

        try:
            plain = json.loads(self._lake.objects.get(kept.digest))
        except ValueError as error:
            raise ModelError(f"The report {kept.report_id} is no JSON: {error}.") from error
        return Followed.from_dict(plain)
