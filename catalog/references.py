"""What the rows of a lake refer to, and which rows were deleted long ago.

For maintenance only: it looks at the events themselves, not at what the views make of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from catalog.catalog import Catalog

# of every event, also of runs that are deleted: they can be restored
_ENVIRONMENTS: Final = """
select run_id, environment from events_runs where environment is not null group by all
"""
_ARTIFACTS: Final = "select artifact_id, run_id, digest, uri from artifacts"
# of every event, as for runs
_LAYOUTS: Final = """
select distinct storage_uri from events_dataset_versions where storage_uri is not null order by all
"""
# but for those that were deleted, which nobody restores: who asks again makes another one
_REPORTS: Final = """
with kept as (
  from events_drift_reports where report_id not in (
    select report_id from events_drift_reports
    group by report_id having coalesce(arg_max(deleted, event_at), false)))
select digest from kept where digest is not null
union select unnest(map_values(attachments)) from kept order by all
"""
_ANALYSES: Final = """
select distinct digest from events_eda_reports where digest is not null order by all
"""
_JOBS: Final = """
select distinct json_extract_string(result, '$.report') as digest
from events_jobs where json_exists(result, '$.report') order by all
"""
# of every event, as for runs
_MODELS: Final = """
select digest from events_model_versions where digest is not null
union select digest from events_model_evaluations where digest is not null
union select digest from events_model_reports where digest is not null
union select digest from events_model_cards where digest is not null order by all
"""
_CODE: Final = """
select distinct transformation_code from events_data_lineage
where transformation_code is not null order by all
"""
# A purge reaches segments only. What deletes there must not go while a journal holds other rows
# of the same thing: when they become a segment, it would be back.
_WAITING: Final = """
bool_or(journal_id is not null and not coalesce(deleted, false))
and bool_or(journal_id is null and coalesce(deleted, false))
"""
# what deletes and what restores says so; the last one counts, and since when
_DELETED_RUNS: Final = f"""
select deletions.run_id, all_runs.writer
from (select run_id from events_runs where deleted is not null
      group by run_id having arg_max(deleted, event_at) and max(event_at) < $before) deletions
anti join (select run_id from events_runs group by run_id having {_WAITING}) waiting using (run_id)
join run_rows all_runs on all_runs.run_id = deletions.run_id
where all_runs.status <> 'RUNNING'
order by all
"""
_DELETED_ARTIFACTS: Final = f"""
select artifact_id from events_artifacts
group by artifact_id
having coalesce(arg_max(deleted, event_at), false) and max(event_at) < $before
       and not ({_WAITING})
order by all
"""
# for good: nobody restores one. Those on a run that goes are worth nothing without it.
_DOOMED_COMMENTS: Final = f"""
select comment_id from events_comments
group by comment_id
having ((coalesce(bool_or(deleted), false) and max(event_at) < $before and not ({_WAITING}))
        or (min(subject_kind) = 'run'
            and min(subject_id) in (select unnest($runs::varchar[]))))
order by all
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArtifact:
    """An artifact that was not deleted: whose it is, and which object holds its bytes."""

    artifact_id: str
    run_id: str
    digest: str
    uri: str


def environments(catalog: Catalog) -> list[tuple[str, str]]:
    """Return every run with the digest of the object that describes its surroundings."""
    with catalog.cursor() as cursor:
        return cursor.execute(_ENVIRONMENTS).fetchall()


def stored_artifacts(catalog: Catalog) -> list[StoredArtifact]:
    """Return the artifacts that have not been deleted."""
    with catalog.cursor() as cursor:
        rows = cursor.execute(_ARTIFACTS).fetchall()
    return [
        StoredArtifact(artifact_id=artifact_id, run_id=run_id, digest=digest or "", uri=uri or "")
        for artifact_id, run_id, digest, uri in rows
    ]


def dataset_layouts(catalog: Catalog) -> list[str]:
    """Return the URIs of the documents that say what dataset versions are made of."""
    with catalog.cursor() as cursor:
        return [uri for (uri,) in cursor.execute(_LAYOUTS).fetchall()]


def drift_objects(catalog: Catalog) -> list[str]:
    """Return the digests of the reports of drift there are, and of what is attached to them."""
    with catalog.cursor() as cursor:
        return [digest for (digest,) in cursor.execute(_REPORTS).fetchall()]


def analysis_objects(catalog: Catalog) -> list[str]:
    """Return the digests of the stored analyses."""
    with catalog.cursor() as cursor:
        return [digest for (digest,) in cursor.execute(_ANALYSES).fetchall()]


def job_objects(catalog: Catalog) -> list[str]:
    """Return the digests of the reports that jobs have kept."""
    with catalog.cursor() as cursor:
        return [digest for (digest,) in cursor.execute(_JOBS).fetchall()]


def model_objects(catalog: Catalog) -> list[str]:
    """Return the digests of the bytes of models, and of their evaluations, reports and cards."""
    with catalog.cursor() as cursor:
        return [digest for (digest,) in cursor.execute(_MODELS).fetchall()]


def transformation_code(catalog: Catalog) -> list[str]:
    """Return the digests of the objects that hold the code of transformations."""
    with catalog.cursor() as cursor:
        return [digest for (digest,) in cursor.execute(_CODE).fetchall()]


def runs_deleted_before(catalog: Catalog, moment: datetime) -> list[tuple[str, str]]:
    """Return the runs that were deleted before a moment and have ended, and their writers."""
    with catalog.cursor() as cursor:
        return cursor.execute(_DELETED_RUNS, {"before": moment.replace(tzinfo=None)}).fetchall()


def artifacts_deleted_before(catalog: Catalog, moment: datetime) -> list[str]:
    """Return the ids of the artifacts that were deleted before a moment."""
    with catalog.cursor() as cursor:
        rows = cursor.execute(_DELETED_ARTIFACTS, {"before": moment.replace(tzinfo=None)})
        return [artifact_id for (artifact_id,) in rows.fetchall()]


def comments_to_purge(catalog: Catalog, moment: datetime, runs: Sequence[str]) -> list[str]:
    """Return the ids of the comments that were deleted before a moment, or are on these runs."""
    asked = {"before": moment.replace(tzinfo=None), "runs": [*runs]}
    with catalog.cursor() as cursor:
        return [one for (one,) in cursor.execute(_DOOMED_COMMENTS, asked).fetchall()]
