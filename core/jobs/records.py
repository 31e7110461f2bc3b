"""What is written of a job, by whoever asks for it, does it, or finds that its process died."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from core.jobs.processes import host_name, process_mark
from lake.clock import now_us

if TYPE_CHECKING:
    from core.jobs.job import JobState
    from lake.lake import Lake

TABLE: Final = "jobs"


class JobRecords:
    """Appends rows of the table `jobs`, and decides whose a job is."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def record(self, job_id: str, **values: Any) -> None:
        """Append what is new of a job; None says nothing."""
        row = {name: value for name, value in values.items() if value is not None}
        row |= {"job_id": job_id, "event_at": now_us(), "writer": self._lake.writer}
        self._lake.append(TABLE, [row], durability="process")
        self._lake.publish()

    def end(
        self,
        job_id: str,
        state: JobState,
        *,
        error: str | None = None,
        message: str | None = None,
        **values: Any,
    ) -> None:
        """Record that a job has ended."""
        ended = {"state": state, "error": error, "message": message, "ended_at": now_us()}
        self.record(job_id, **ended, **values)

    def take(self, job_id: str) -> bool:
        """Tell whether a job is this process's to do: only one ever gets it."""
        pid = os.getpid()
        me = {"host": host_name(), "pid": pid, "mark": process_mark(pid)}
        return self._lake.claim(TABLE, job_id, me)[1]

    def read(self, digest: str) -> bytes:
        """Return an object that a job has kept."""
        return self._lake.objects.get(digest)

    def holder(self, job_id: str) -> tuple[str, int, str] | None:
        """Return host, number and mark of the process that took a job; None when none did."""
        if not self._lake.is_claimed(TABLE, job_id):
            return None
        found, _ = self._lake.claim(TABLE, job_id, {})
        return str(found["host"]), int(found["pid"]), str(found["mark"])
