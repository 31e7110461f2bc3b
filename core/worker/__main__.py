"""Take the oldest job that waits in a lake, do it, and see to the next one.

Each job has a process of its own, so that what one leaves in memory is no burden for the next.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import JobCancelledError, JobError
from core.jobs.processes import free_slot, host_name, process_mark, start_worker
from core.jobs.records import JobRecords
from core.settings import Settings
from core.workbench import Workbench
from core.worker.watch import Watch
from core.worker.work import WORK
from lake.clock import now_us
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from core.jobs.job import Job

NICENESS = 10
_MOST_WAITING = 10_000


@dataclass
class _Stopped(BaseException):
    """The system, or whoever runs it, ends this process."""

    number: int


def main(given: str) -> int:
    """Do one job that waits, if there is one and this machine has a place to work."""
    os.nice(NICENESS)
    settings = Settings(**json.loads(given))
    done = False
    with Workbench(settings=settings, create=False) as wb:
        with free_slot(wb.lake) as free:
            job = _next_job(wb) if free else None
            if job is not None:
                done = True
                with _named(wb, job.actor) as named:
                    _do(named, job)
        # only now is the place free, so that nobody who came in between is left waiting
        if done and _waits(wb):
            start_worker(settings)
    return 0


def _next_job(wb: Workbench) -> Job | None:
    records = JobRecords(wb.lake)
    for job in _waiting_here(wb):
        if records.take(job.job_id):
            return job
    return None


def _waits(wb: Workbench) -> bool:
    records = JobRecords(wb.lake)
    return any(records.holder(job.job_id) is None for job in _waiting_here(wb))


def _waiting_here(wb: Workbench) -> list[Job]:
    """Return what waits and can be done on this machine, the oldest first."""
    queued = wb.jobs.list_jobs(states=("QUEUED",), limit=_MOST_WAITING)
    return [job for job in reversed(queued) if job.host in ("", host_name())]


@contextlib.contextmanager
def _named(wb: Workbench, actor: str) -> Iterator[Workbench]:
    """Give the lake as it is for who asked for the work, in whose name it is done."""
    if wb.actor == actor:
        yield wb
        return
    with Workbench(settings=wb.settings.given(actor=actor), create=False) as named:
        yield named


def _do(wb: Workbench, job: Job) -> None:
    """Do a job, and record what came of it."""
    records = JobRecords(wb.lake)
    records.record(
        job.job_id,
        state="RUNNING",
        progress=0.0,
        message="started",
        host=host_name(),
        pid=os.getpid(),
        process_mark=process_mark(os.getpid()),
        started_at=now_us(),
    )
    with Watch(wb, job.job_id) as watch:
        outcome = _outcome(wb, job, watch)
    records.end(job.job_id, **outcome)


def _outcome(wb: Workbench, job: Job, watch: Watch) -> dict[str, Any]:
    try:
        signal.signal(signal.SIGTERM, _stop)
        result = WORK[job.kind](wb, job.parameters, watch.progress)
    except JobCancelledError:
        return {"state": "CANCELLED", "message": "cancelled"}
    except _Stopped:
        if watch.cancelled:
            return {"state": "CANCELLED", "message": "cancelled"}
        return {"state": "FAILED", "error": "The process was told to end (SIGTERM)."}
    except MhrasError as error:
        return {"state": "FAILED", "error": str(error)}
    except Exception as error:  # noqa: BLE001 - the boundary: whoever asked is told here
        traceback.print_exc()
        return {"state": "FAILED", "error": f"{type(error).__name__}: {error}"}
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what came of it is recorded all the same
    return {
        "state": "FINISHED",
        "progress": 1.0,
        "message": "done",
        "result": json.dumps(result, sort_keys=True),
    }


def _stop(number: int, _frame: FrameType | None) -> None:
    raise _Stopped(number)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    if len(sys.argv) != 2:
        message = "This is started by `wb.jobs.submit`, with the settings of a lake."
        raise JobError(message)
    sys.exit(main(sys.argv[1]))
