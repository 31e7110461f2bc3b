"""Jobs that are done where the test is, not by a process of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.jobs.board import Jobs
from core.jobs.records import JobRecords
from core.worker.work import WORK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core import Workbench
    from core.jobs.job import Job


def do_here(bench: Workbench, kind: str, parameters: Mapping[str, str]) -> Job:
    """Ask for a job, do it, and return it as it is when it has ended."""
    job = Jobs(bench.catalog, bench.settings, start=lambda _settings: None).submit(kind, parameters)
    result = WORK[kind](bench, job.parameters, lambda _text, _share: None)
    JobRecords(bench.lake).end(job.job_id, "FINISHED", result=json.dumps(result))
    return bench.jobs.get(job.job_id)
