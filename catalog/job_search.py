"""Finds jobs: rows of the view `jobs`, and what they have printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from catalog.records import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.catalog import Catalog

_JOBS: Final = """
select * from jobs
where (len($states) = 0 or state in (select unnest($states::varchar[])))
  and ($kind is null or kind = $kind) and ($job_id is null or job_id = $job_id)
order by created_at desc, job_id desc limit $limit
"""
_LOG: Final = """
select coalesce(string_agg(log, '' order by event_at), '')
from events_jobs where job_id = $job_id and log is not null
"""


class JobRows:
    """Asks the catalog for jobs. What is asked again while nothing is new costs no query."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._answers: tuple[int, dict[str, list[dict[str, Any]]]] = (-1, {})

    def jobs(
        self,
        *,
        states: Sequence[str] = (),
        kind: str | None = None,
        job_id: str | None = None,
        limit: int = 1000,
    ) -> list[dict[str, Any]]:
        """Return the rows that fit all that is given, the newest first."""
        asked = {"states": [*states], "kind": kind, "job_id": job_id, "limit": limit}
        # before the question: what comes in meanwhile makes the answer newer than it is said to be
        version, answers = self._catalog.refresh(), self._answers
        if answers[0] != version:
            answers = self._answers = (version, {})
        kept = answers[1].get(repr(asked))
        if kept is None:
            kept = records(self._catalog, _JOBS, asked)
            answers[1][repr(asked)] = kept
        return [dict(row) for row in kept]

    def log(self, job_id: str) -> str:
        """Return what a job has printed."""
        with self._catalog.cursor() as cursor:
            (text,) = cursor.execute(_LOG, {"job_id": job_id}).fetchall()[0]
        return str(text)
