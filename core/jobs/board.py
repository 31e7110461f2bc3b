"""The jobs of a lake: ask for long work, look at it, end it; from any session or script.

Rows of the table `jobs` are all there is, so a job outlives whoever asked for it. A worker takes
the oldest that waits, and a claim decides between two that reach for the same one. Nothing waits
for ever: a worker that finds both places taken goes away, and whoever frees a place looks once more
for what came in the meantime.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from catalog.job_search import JobRows
from core.errors import JobError, JobNotFoundError
from core.ids import new_id
from core.jobs.job import ORPHANED, Job, JobState
from core.jobs.kinds import KINDS, checked_parameters, title_of
from core.jobs.processes import host_name, is_working, kill, start_worker
from core.jobs.records import JobRecords
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from catalog.catalog import Catalog
    from core.settings import Settings

# a worker looks every second whether it shall end; it asks its work to, and then its own process
KILL_AFTER_SECONDS: Final = 15.0
# of a worker on another machine, which gives a sign every 15 s and nobody here can ask
LOST_AFTER_SECONDS: Final = 300.0
_START_AGAIN_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.2
_MOST_UNDER_WAY: Final = 10_000


class Jobs:
    """Long work on one lake. Threads may share one.

    `settings` are those the workers open the lake with; `start` starts a worker.
    """

    def __init__(
        self,
        db_connection: Catalog,
        settings: Settings,
        *,
        start: Callable[[Settings], None] = start_worker,
    ) -> None:
        self._rows = JobRows(db_connection)
        self._records = JobRecords(db_connection.lake)
        self._settings = settings
        self._start_worker = start
        self._started_at = 0.0

    def submit(self, kind: str, parameters: Mapping[str, Any], *, title: str = "") -> Job:
        """Ask for work and return at once; the same work that has not ended yet is the same job.

        core/jobs/kinds.py says what there is and what it takes. Raises JobError.

        >>> import tempfile
        >>> from core import Workbench
        >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
        ...     job = wb.jobs.submit("compaction", {})
        ...     wb.jobs.wait(job.job_id).state
        'FINISHED'
        """
        text = checked_parameters(kind, parameters)
        host = host_name() if KINDS[kind].local else None
        for row in self._rows.jobs(states=("QUEUED", "RUNNING"), kind=kind):
            same = row["parameters"] == text and host in (None, row["host"])
            if same and row["cancel_requested_at"] is None:
                return _job(row)
        job_id = new_id()
        self._records.record(
            job_id,
            kind=kind,
            title=title or title_of(kind, parameters),
            parameters=text,
            state="QUEUED",
            host=host,
            created_at=now_us(),
            actor=self._settings.actor,
        )
        self._start()
        return self.get(job_id)

    def get(self, job_id: str) -> Job:
        """Return one job as it is now. Raises JobNotFoundError."""
        rows = self._rows.jobs(job_id=job_id)
        if not rows:
            message = f"There is no job {job_id!r}."
            raise JobNotFoundError(message, hint="`mhras jobs` lists them.", job_id=job_id)
        return _job(rows[0])

    def list_jobs(
        self, *, states: tuple[JobState, ...] = (), kind: str | None = None, limit: int = 100
    ) -> list[Job]:
        """Return jobs, the newest first: in one of these states and of this kind, or all."""
        return [_job(row) for row in self._rows.jobs(states=states, kind=kind, limit=limit)]

    def log(self, job_id: str) -> str:
        """Return what a job has printed so far. Raises JobNotFoundError."""
        self.get(job_id)
        return self._rows.log(job_id)

    def report(
        self, kind: str, parameters: Mapping[str, Any], *, algorithm: int
    ) -> dict[str, Any] | None:
        """Return the report that a job of this kind kept; None when none was asked for just this.

        `algorithm` is the number of what makes such reports now: those of other ones are passed
        over, and a new job makes it anew. Raises JobError, and StoreError when it cannot be read.
        """
        text = checked_parameters(kind, parameters)
        for row in self._rows.jobs(states=("FINISHED",), kind=kind):
            result = json.loads(row["result"] or "{}")
            if row["parameters"] == text and result.get("algorithm") == algorithm:
                found: dict[str, Any] = json.loads(self._records.read(result["report"]))
                return found
        return None

    def cancel(self, job_id: str) -> Job:
        """Ask a job to end; one that waits has ended when this returns.

        Work ends within a second where it says how far it is, and within 15 s wherever it is.
        Raises JobNotFoundError, and JobError for a job that has ended.
        """
        job = self.get(job_id)
        if job.is_over:
            message = f"{job.title} has ended already: {job.state}."
            raise JobError(message, hint="Only what waits or runs can be cancelled.", job_id=job_id)
        self._records.record(job_id, cancel_requested_at=now_us())
        if job.state == "QUEUED" and self._records.take(job_id):
            self._records.end(job_id, "CANCELLED", message="cancelled before it began")
        return self.get(job_id)

    def again(self, job_id: str) -> Job:
        """Ask anew for work that failed, was cancelled, or lost its process; return the new job.

        Raises JobNotFoundError, and JobError for a job that finished or has not ended.
        """
        job = self.get(job_id)
        if job.state not in ("FAILED", "CANCELLED"):
            message = f"{job.title} cannot be done again: it is {job.state}."
            hint = "Only what failed or was cancelled can; submit asks for other work."
            raise JobError(message, hint=hint, job_id=job_id)
        return self.submit(job.kind, job.parameters, title=job.title)

    def wait(self, job_id: str, *, seconds: float | None = None) -> Job:
        """Wait until a job has ended, or for so many seconds, and return it as it is then."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            self.tend()
            job = self.get(job_id)
            if job.is_over or (until is not None and time.monotonic() >= until):
                return job
            time.sleep(_LOOK_SECONDS)

    def tend(self) -> list[Job]:
        """End jobs whose process died, kill what will not end, start what waits; what was ended.

        Whoever looks at jobs calls it: it costs a query when nothing is under way.
        """
        ended, waiting = [], False
        for job in self.list_jobs(states=("QUEUED", "RUNNING"), limit=_MOST_UNDER_WAY):
            holder = (job.host, job.pid, job.process_mark)
            if job.state == "QUEUED":
                claimed = self._records.holder(job.job_id)
                if claimed is None:
                    here = job.host in ("", host_name())
                    waiting = waiting or (here and _ago(job.created_at) > _START_AGAIN_SECONDS)
                    continue
                holder = claimed
            fate = _fate(job, *holder)
            if fate is not None:
                state, why = fate
                failed = state == "FAILED"
                said = {"error": why, "message": ORPHANED} if failed else {"message": why}
                self._records.end(job.job_id, state, **said)
                ended.append(self.get(job.job_id))
        if (ended or waiting) and time.monotonic() - self._started_at > _START_AGAIN_SECONDS:
            self._start()
        return ended

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self._start_worker(self._settings)


def _fate(job: Job, host: str, pid: int, mark: str) -> tuple[JobState, str] | None:
    """Say how a job has ended whose process cannot say so; None when it has not ended."""
    working = is_working(host, pid, mark)
    asked = job.cancel_requested_at
    if working:
        if asked is None or _ago(asked) < KILL_AFTER_SECONDS:
            return None
        kill(pid, mark)
        return "CANCELLED", "ended by force"
    if working is None and _ago(job.last_sign_at) < LOST_AFTER_SECONDS:
        return None
    if asked is not None:
        return "CANCELLED", "its process has ended"
    why = f"Process {pid} on {host} has ended without a word: it was killed, or it crashed."
    return "FAILED", why


def _ago(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()


def _job(row: Mapping[str, Any]) -> Job:
    times = ("created_at", "started_at", "ended_at", "last_sign_at", "cancel_requested_at")
    moments: dict[str, Any] = {name: row[name] and row[name].replace(tzinfo=UTC) for name in times}
    documents: dict[str, Any] = {
        name: json.loads(row[name] or "{}") for name in ("parameters", "result")
    }
    rest: dict[str, Any] = {
        name: row[name] or ""
        for name in (*("job_id", "kind", "title", "state", "message", "error"), "host", "actor")
    }
    return Job(
        **rest,
        **documents,
        **moments,
        progress=row["progress"] or 0.0,
        pid=row["pid"] or 0,
        process_mark=row["process_mark"] or "",
    )
