"""Rows of jobs: how one writer's are merged, and how all of them make what a job is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENDS: Final = frozenset({"FINISHED", "FAILED", "CANCELLED"})
# what has ended stays so, as whoever was first has said
LATEST_JOBS: Final = """
select job_id, min(kind) as kind, min(title) as title, min(parameters) as parameters,
       coalesce(arg_min(state, event_at) filter (state in ('FINISHED', 'FAILED', 'CANCELLED')),
                max(state) filter (state = 'RUNNING'), 'QUEUED') as state,
       arg_max(progress, event_at) as progress, arg_max(message, event_at) as message,
       arg_min(result, event_at) as result, arg_min(error, event_at) as error,
       arg_max(host, event_at) as host, arg_max(pid, event_at) as pid,
       arg_max(process_mark, event_at) as process_mark, arg_min(actor, event_at) as actor,
       min(created_at) as created_at, min(started_at) as started_at, min(ended_at) as ended_at,
       min(cancel_requested_at) as cancel_requested_at, max(event_at) as last_sign_at
from {events} group by job_id
having min(kind) is not null
"""


def fold_jobs(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merge one writer's rows of each job: what it printed is joined, of the rest the last counts.

    >>> fold_jobs([{"job_id": "a", "state": "RUNNING", "log": "one ", "event_at": 1},
    ...            {"job_id": "a", "state": "FINISHED", "log": "two", "event_at": 2}])
    [{'job_id': 'a', 'state': 'FINISHED', 'log': 'one two', 'event_at': 2}]
    """
    folded: dict[str, dict[str, Any]] = {}
    for row in rows:
        job = folded.setdefault(row["job_id"], {})
        said = {name: value for name, value in row.items() if value is not None}
        if job.get("state") in _ENDS:
            said.pop("state", None)
        if "log" in job and "log" in said:
            said["log"] = job["log"] + said["log"]
        job.update(said)
    return list(folded.values())
