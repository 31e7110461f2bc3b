"""A job as everybody sees it: what was asked for, how far it is, what came of it.

    QUEUED ──> RUNNING ──┬─> FINISHED    with a result
       │          │      ├─> FAILED      with an error, also when its process died
       └──────────┴──────┴─> CANCELLED

What has ended stays so: of two ends that were recorded at once, the earlier one counts. A job is
orphaned when its process died without a word; like all that did not finish it can be done again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

JobState = Literal["QUEUED", "RUNNING", "FINISHED", "FAILED", "CANCELLED"]
ORPHANED: Final = "its process died"
STATES: Final[tuple[JobState, ...]] = ("QUEUED", "RUNNING", "FINISHED", "FAILED", "CANCELLED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Long work. `progress` is a share from 0 to 1, `result` what the kind of work returns.

    `host`, `pid` and `process_mark` say which process does it; the mark tells that process from a
    later one of the same number. `last_sign_at` is when anything was last heard of it.
    """

    job_id: str
    kind: str
    title: str
    state: JobState
    parameters: Mapping[str, Any] = field(default_factory=dict)
    progress: float = 0.0
    message: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    cancel_requested_at: datetime | None = None
    host: str = ""
    pid: int = 0
    process_mark: str = ""
    actor: str = ""
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    last_sign_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state not in ("QUEUED", "RUNNING")

    @property
    def is_orphaned(self) -> bool:
        """Whether it has failed because its process died and nobody knows why."""
        return self.state == "FAILED" and self.message == ORPHANED

    @property
    def cancelling(self) -> bool:
        """Whether it was asked to end, and has not yet."""
        return self.cancel_requested_at is not None and not self.is_over

    @property
    def seconds(self) -> float | None:
        """How long it took, or has been running; None before it began."""
        if self.started_at is None:
            return None
        return ((self.ended_at or self.last_sign_at) - self.started_at).total_seconds()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, times in ISO 8601."""
        times = ("created_at", "started_at", "ended_at", "last_sign_at", "cancel_requested_at")
        moments = {name: getattr(self, name) for name in times}
        return {
            "job_id": self.job_id,
            "kind": self.kind,
            "title": self.title,
            "state": self.state,
            "parameters": dict(self.parameters),
            "progress": self.progress,
            "message": self.message,
            "result": dict(self.result),
            "error": self.error,
            "host": self.host,
            "pid": self.pid,
            "actor": self.actor,
            **{name: moment and moment.isoformat() for name, moment in moments.items()},
        }
